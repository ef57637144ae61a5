//! HTTP for topics.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::extract::{Json, Path, Query, present};
use kernel::ids::{ChannelId, TopicId};
use kernel::page::{Page, PageQuery, Position};
use kernel::{Event, Result, TenantTx, WorkspaceList};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Answerer, Daily, Filter, TopicDetails, TopicMessage, Topics, get, list, root, store, table};
use crate::Context;
use crate::topics::{jobs, store as finding, words};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_topics))
        .routes(routes!(list_topics_daily))
        .routes(routes!(refresh_topics))
        .routes(routes!(get_topic, update_topic))
        .routes(routes!(list_topic_messages))
        .routes(routes!(merge_topic))
        .routes(routes!(separate_topic))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct TopicRange {
    /// The first day, in the workspace's time zone; 29 days before the last unless given.
    from: Option<NaiveDate>,
    /// The last day; today unless given.
    to: Option<NaiveDate>,
    /// Messages on this channel alone.
    channel_id: Option<ChannelId>,
    /// Messages in this language alone, as `en`; `und`: not recognised.
    language: Option<String>,
    /// `csv` for a file.
    format: Option<String>,
    /// Also topics that somebody has hidden.
    include_hidden: Option<bool>,
}

impl TopicRange {
    async fn filter(&self, tx: &mut TenantTx) -> Result<Filter> {
        let today = store::state(tx).await?.today;
        Filter::new(today, self.from, self.to, self.channel_id, self.language.clone())
    }

    fn is_csv(&self, headers: &HeaderMap) -> bool {
        let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
        self.format.as_deref() == Some("csv")
            || accepted.is_some_and(|accepted| accepted.starts_with("text/csv"))
    }
}

/// What do visitors ask about? Topics that were asked about in these days, the most messages first; or as CSV.
#[utoipa::path(get, path = "/analytics/topics", operation_id = "list_topics", tag = "analytics", params(TopicRange),
    responses((status = 200, body = Topics), (status = 422, body = Problem)))]
async fn list_topics(
    State(ctx): State<Context>,
    member: Member,
    Query(range): Query<TopicRange>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let filter = range.filter(&mut tx).await?;
    let topics = list(&mut tx, &filter, range.include_hidden.unwrap_or(false)).await?;
    if range.is_csv(&headers) {
        return table::topics(&topics.items);
    }
    Ok(Json(topics).into_response())
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TopicDays {
    items: Vec<Daily>,
}

/// Read what was counted day by day: the rows of `topics_daily`, the newest first; or as CSV.
#[utoipa::path(get, path = "/analytics/topics/daily", operation_id = "list_topics_daily", tag = "analytics", params(TopicRange),
    responses((status = 200, body = TopicDays), (status = 422, body = Problem)))]
async fn list_topics_daily(
    State(ctx): State<Context>,
    member: Member,
    Query(range): Query<TopicRange>,
    headers: HeaderMap,
) -> Result<Response> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let filter = range.filter(&mut tx).await?;
    let items = store::daily(&mut tx, filter.from, filter.to).await?;
    if range.is_csv(&headers) {
        return table::daily(&items);
    }
    Ok(Json(TopicDays { items }).into_response())
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TopicsRefreshing {
    is_running: bool,
}

/// Look for topics now, today included. The list says when it is done.
#[utoipa::path(post, path = "/analytics/topics/refresh", operation_id = "refresh_topics", tag = "analytics",
    responses((status = 202, body = TopicsRefreshing)))]
async fn refresh_topics(
    State(ctx): State<Context>,
    member: Member,
) -> Result<(StatusCode, Json<TopicsRefreshing>)> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    finding::request(&mut tx).await?;
    jobs::enqueue(&mut tx, true).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(TopicsRefreshing { is_running: true })))
}

/// Read a topic: typical messages, open questions without an answer, and what the bot answers from.
#[utoipa::path(get, path = "/analytics/topics/{id}", operation_id = "get_topic", tag = "analytics",
    params(("id" = TopicId, Path), TopicRange),
    responses((status = 200, body = TopicDetails), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn get_topic(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TopicId>,
    Query(range): Query<TopicRange>,
) -> Result<Json<TopicDetails>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let filter = range.filter(&mut tx).await?;
    Ok(Json(get(&mut tx, id, &filter).await?))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct TopicMessageQuery {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    channel_id: Option<ChannelId>,
    language: Option<String>,
    /// Those alone that were replied to by `bot`, `declined`, `person` or `nobody`.
    #[param(inline)]
    answered: Option<Answerer>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List the messages about a topic, the newest first. `none` in place of an id: those that are about no topic.
#[utoipa::path(get, path = "/analytics/topics/{id}/messages", operation_id = "list_topic_messages", tag = "analytics",
    params(("id" = String, Path), TopicMessageQuery),
    responses((status = 200, body = Page<TopicMessage>), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn list_topic_messages(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<String>,
    Query(query): Query<TopicMessageQuery>,
) -> Result<Json<Page<TopicMessage>>> {
    member.require(Permission::ReadConversations)?;
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let (after, limit) = (page.after()?, page.limit());
    let mut tx = ctx.db.tenant_read(&member).await?;
    let today = store::state(&mut tx).await?.today;
    let filter = Filter::new(today, query.from, query.to, query.channel_id, query.language)?;
    let topic = match id.as_str() {
        "none" => None,
        id => {
            let id: TopicId = id.parse().map_err(|_| not_found("topic"))?;
            Some(root(&mut tx, id).await?)
        }
    };
    let messages = store::messages(&mut tx, &filter, topic, query.answered, after, limit + 1).await?;
    Ok(Json(Page::cut(messages, limit, |message| Position {
        at: message.sent_at,
        id: message.message_id.0,
    })))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TopicPatch {
    /// 1 to 80 characters, and it stays so; null: named by its keywords or the model again.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    label: Option<Option<String>>,
    is_hidden: Option<bool>,
}

const LONGEST_LABEL: usize = 80;

/// Rename or hide a topic.
#[utoipa::path(patch, path = "/analytics/topics/{id}", operation_id = "update_topic", tag = "analytics",
    params(("id" = TopicId, Path)), request_body = TopicPatch,
    responses((status = 200, body = TopicDetails), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_topic(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TopicId>,
    Json(patch): Json<TopicPatch>,
) -> Result<Json<TopicDetails>> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock(&mut tx).await?;
    let id = root(&mut tx, id).await?;
    if let Some(label) = patch.label {
        rename(&mut tx, id, label.as_deref()).await?;
    }
    if let Some(is_hidden) = patch.is_hidden {
        store::set_hidden(&mut tx, id, is_hidden).await?;
    }
    finish(&ctx, &member, tx, id).await
}

async fn rename(tx: &mut TenantTx, id: TopicId, label: Option<&str>) -> Result<()> {
    let named = store::named(tx, id).await?;
    let (label, origin) = match label.map(str::trim) {
        Some(label) if (1..=LONGEST_LABEL).contains(&label.chars().count()) => (label.to_owned(), "person"),
        Some(_) => return Err(invalid("bad_label", "A topic's name has 1 to 80 characters.")),
        None => (words::label(&named.keywords, named.number), "keywords"),
    };
    finding::set_words(tx, id, &named.keywords, &label, origin, &[]).await
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct TopicMerge {
    /// The topic that remains.
    into: TopicId,
}

/// Put a topic into another one: its messages count there from now on, those of the past too.
#[utoipa::path(post, path = "/analytics/topics/{id}/merge", operation_id = "merge_topic", tag = "analytics",
    params(("id" = TopicId, Path)), request_body = TopicMerge,
    responses((status = 200, body = TopicDetails), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn merge_topic(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TopicId>,
    Json(merge): Json<TopicMerge>,
) -> Result<Json<TopicDetails>> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock(&mut tx).await?;
    let (from, into) = (root(&mut tx, id).await?, root(&mut tx, merge.into).await?);
    if from == into {
        return Err(conflict("merged_already", "These two are one topic already."));
    }
    finding::merge(&mut tx, id, into).await?;
    count(&mut tx, id, into).await?;
    finish(&ctx, &member, tx, into).await
}

/// Take a topic out of the one that it was put into.
#[utoipa::path(post, path = "/analytics/topics/{id}/separate", operation_id = "separate_topic", tag = "analytics",
    params(("id" = TopicId, Path)),
    responses((status = 200, body = TopicDetails), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn separate_topic(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TopicId>,
) -> Result<Json<TopicDetails>> {
    member.require(Permission::ReplyToVisitors)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock(&mut tx).await?;
    let whole = root(&mut tx, id).await?;
    if !store::separate(&mut tx, id).await? {
        return Err(conflict("not_merged", "This topic is part of no other one."));
    }
    count(&mut tx, id, whole).await?;
    finish(&ctx, &member, tx, id).await
}

/// The days of both are counted anew.
async fn count(tx: &mut TenantTx, one: TopicId, other: TopicId) -> Result<()> {
    let parts = store::parts(tx, Some(other))
        .await?
        .into_iter()
        .map(|part| part.id);
    let topics: Vec<TopicId> = [one, other].into_iter().chain(parts).collect();
    let days = finding::days_of(tx, &topics).await?;
    finding::count_days(tx, &days).await
}

async fn finish(ctx: &Context, member: &Member, mut tx: TenantTx, id: TopicId) -> Result<Json<TopicDetails>> {
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Topics,
    });
    tx.commit().await?;
    let mut tx = ctx.db.tenant_read(member).await?;
    let filter = TopicRange::default().filter(&mut tx).await?;
    Ok(Json(get(&mut tx, id, &filter).await?))
}
