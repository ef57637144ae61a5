//! Topics that have grown together become one, and one that speaks of two things by now becomes two. What people have
//! named or taken apart stays as it is.

use chrono::NaiveDate;
use kernel::Result;
use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::ids::TopicId;

use super::clustering::{self, ONE, dot};
use super::store::{self, Known};
use crate::Context;

/// The newest messages of a topic that are compared.
const MOST_COMPARED: i64 = 400;
/// Fewer say nothing about two things.
const FEWEST: usize = 20;

/// The days whose counts have changed by it.
pub async fn merge_and_split(ctx: &Context, proof: &JobTenant) -> Result<Vec<NaiveDate>> {
    let mut touched = merge(ctx, proof).await?;
    let topics = store::topics(&mut ctx.db.tenant_read(proof).await?).await?;
    for topic in &topics {
        let is_put_together =
            topic.merged_into.is_some() || topics.iter().any(|part| part.merged_into == Some(topic.id));
        if is_put_together || topic.stays_apart || topic.label_origin == "person" {
            continue;
        }
        touched.extend(split(ctx, proof, topic.id).await?);
    }
    Ok(touched)
}

async fn merge(ctx: &Context, proof: &JobTenant) -> Result<Vec<NaiveDate>> {
    let mut tx = ctx.db.tenant(proof).await?;
    let topics = store::topics(&mut tx).await?;
    let pairs = same(&topics);
    for (part, into) in &pairs {
        store::merge(&mut tx, *part, *into).await?;
    }
    let parts: Vec<TopicId> = pairs.iter().map(|(part, _)| *part).collect();
    let touched = store::days_of(&mut tx, &parts).await?;
    tx.commit().await?;
    Ok(touched)
}

/// Topics that are the same as an older one.
fn same(topics: &[Known]) -> Vec<(TopicId, TopicId)> {
    let mean = |topic: &Known| topic.centroid.as_ref().map(|centroid| centroid.to_vec());
    let whole: Vec<(&Known, Vec<f32>)> = topics
        .iter()
        .filter(|topic| topic.merged_into.is_none())
        .filter_map(|topic| Some((topic, mean(topic)?)))
        .collect();
    let mut pairs: Vec<(TopicId, TopicId)> = Vec::new();
    for (place, (topic, mean)) in whole.iter().enumerate() {
        if topic.stays_apart || topic.label_origin == "person" {
            continue;
        }
        let older = whole[..place]
            .iter()
            .filter(|(other, of_other)| {
                of_other.len() == mean.len() && !pairs.iter().any(|(part, _)| *part == other.id)
            })
            .map(|(other, of_other)| (other.id, dot(mean, of_other)));
        let nearest = older.max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((into, _)) = nearest.filter(|(_, near)| *near >= ONE) {
            pairs.push((topic.id, into));
        }
    }
    pairs
}

async fn split(ctx: &Context, proof: &JobTenant, topic: TopicId) -> Result<Vec<NaiveDate>> {
    let messages = store::of_topic(&mut ctx.db.tenant_read(proof).await?, topic, MOST_COMPARED).await?;
    if messages.len() < FEWEST {
        return Ok(Vec::new());
    }
    let vectors: Vec<Vec<f32>> = messages.iter().map(|message| message.vector.to_vec()).collect();
    let half = tokio::task::spawn_blocking(move || {
        let vectors: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        clustering::smaller_half(&vectors)
    });
    let Some(half) = half.await.map_err(internal)? else {
        return Ok(Vec::new());
    };
    let leaving: Vec<_> = half.into_iter().filter_map(|place| messages.get(place)).collect();
    let mut tx = ctx.db.tenant(proof).await?;
    let new = TopicId::new();
    store::insert_topic(&mut tx, new).await?;
    let ids: Vec<_> = leaving.iter().map(|message| message.id).collect();
    store::move_messages(&mut tx, &ids, &vec![new; ids.len()]).await?;
    store::renew_centroids(&mut tx, &[topic, new]).await?;
    tx.commit().await?;
    Ok(leaving.into_iter().map(|message| message.day).collect())
}
