//! The job that turns chats into proposals: exchanges, vectors, clusters. Each step is committed, so that a stop loses at
//! most one batch of vectors, and open dashboards see how far it is.

use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::ids::{ConversationId, TranscriptId};
use kernel::{Result, TenantProof, TenantTx};
use queue::{Attempt, Job, Options};
use serde::{Deserialize, Serialize};

use super::mining::clustering::{self, CASE_SPECIFIC, Draft, Item, PERSONAL_DATA};
use super::mining::{MOST_EXCHANGES, exchanges};
use super::proposals::{self, NewProposal};
use super::read::Chat;
use super::store::{self, NewExchange};
use super::{Source, Status, tell};
use crate::{Context, embedding};

/// Finds what one import proposes.
#[derive(Debug, Serialize, Deserialize)]
pub struct MineTranscript {
    pub tenant: JobTenant,
    pub transcript: TranscriptId,
}

impl Job for MineTranscript {
    const NAME: &'static str = "mine_transcript";
    const MAX_ATTEMPTS: u16 = 5;
}

const BATCH: i64 = 64;
/// What one import proposes: those that were asked most.
const MOST_PROPOSALS: usize = 1_000;

impl MineTranscript {
    /// Queues the work in the caller's transaction. A tenant's imports take turns.
    pub async fn enqueue(tx: &mut TenantTx, transcript: TranscriptId) -> Result<()> {
        let job = Self {
            tenant: JobTenant::of(tx),
            transcript,
        };
        let options = Options::default().in_series(format!("mine_transcript/{}", tx.tenant_id()));
        queue::enqueue(tx, &job, options).await.map_err(internal)?;
        Ok(())
    }
}

/// Afterwards the proposals stand, and a model may put them into better words; then [`finish`].
pub async fn mine_transcript(ctx: &Context, job: &MineTranscript, attempt: Attempt) -> Result<()> {
    let outcome = work(ctx, job).await;
    if outcome.is_err() && attempt.is_last() {
        give_up_transcript(ctx, job).await?;
    }
    outcome
}

/// After the last try, or when the tries killed the server.
pub async fn give_up_transcript(ctx: &Context, job: &MineTranscript) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    if store::conclude_wording(&mut tx, job.transcript).await? {
        tell(&mut tx);
        return tx.commit().await;
    }
    let detail = "The chats could not be read because of a fault of this server. Add them once more later.";
    store::set_failed(&mut tx, job.transcript, detail).await?;
    tell(&mut tx);
    tx.commit().await
}

async fn work(ctx: &Context, job: &MineTranscript) -> Result<()> {
    let mut tx = ctx.db.tenant_read(&job.tenant).await?;
    let Some((Status::Mining, source, since)) = store::find_status(&mut tx, job.transcript).await? else {
        return Ok(());
    };
    let is_taken_out = store::get(&mut tx, job.transcript)
        .await?
        .exchange_count
        .is_some();
    drop(tx);
    if !is_taken_out {
        take_out(ctx, job, source, since).await?;
    }
    embed(ctx, job).await?;
    propose(ctx, job).await
}

/// The exchanges; the chats are forgotten with the same commit.
async fn take_out(
    ctx: &Context,
    job: &MineTranscript,
    source: Source,
    since: Option<chrono::DateTime<chrono::Utc>>,
) -> Result<()> {
    let mut tx = ctx.db.tenant_read(&job.tenant).await?;
    let (conversations, chats): (Vec<Option<ConversationId>>, Vec<Chat>) = match source {
        Source::Resolved => {
            let resolved = store::list_resolved(&mut tx, since).await?.into_iter();
            resolved.map(|(id, chat)| (Some(id), chat)).unzip()
        }
        Source::Upload => {
            let chats = store::list_chats(&mut tx, job.transcript).await?.into_iter();
            chats.map(|(_, chat)| (None, chat)).unzip()
        }
    };
    drop(tx);
    let (found, chats) = tokio::task::spawn_blocking(move || (exchanges(&chats), chats))
        .await
        .map_err(internal)?;
    let kept = found.into_iter().map(|one| {
        let name = chats.get(one.chat).and_then(|chat| chat.name.clone());
        let reasons = [
            (one.has_personal_data, PERSONAL_DATA),
            (one.is_specific, CASE_SPECIFIC),
        ];
        let conversation = conversations.get(one.chat).copied().flatten();
        NewExchange {
            // without a name of its own, a chat is told apart by its number
            chat: conversation
                .is_none()
                .then(|| name.unwrap_or_else(|| format!("#{}", one.chat + 1))),
            conversation,
            question: one.question,
            answer: one.answer,
            reasons: reasons
                .into_iter()
                .filter(|(is_so, _)| *is_so)
                .map(|(_, reason)| reason)
                .collect(),
        }
    });
    let kept: Vec<NewExchange> = kept.collect();
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    store::set_exchanges(&mut tx, job.transcript, &kept).await?;
    if kept.len() >= MOST_EXCHANGES {
        let detail = "Only the first 5,000 questions with an answer were compared.";
        store::add_problem(&mut tx, job.transcript, detail).await?;
    }
    tell(&mut tx);
    tx.commit().await
}

/// Vectors in batches. Where there is no model, or it cannot be had now, words have to do.
async fn embed(ctx: &Context, job: &MineTranscript) -> Result<()> {
    loop {
        let mut tx = ctx.db.tenant(&job.tenant).await?;
        let choice = embedding::current(&mut tx).await?;
        store::set_embedder(&mut tx, job.transcript, &choice).await?;
        let waiting = store::list_unembedded(&mut tx, job.transcript, BATCH).await?;
        tx.commit().await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let texts = waiting
            .iter()
            .flat_map(|(_, question, answer)| [question.clone(), answer.clone()])
            .collect();
        let mut vectors = embedding::embed(ctx, job.tenant.tenant_id(), &choice, texts)
            .await
            .into_iter();
        let mut made = Vec::new();
        for (id, ..) in waiting {
            if let (Some(Some(question)), Some(Some(answer))) = (vectors.next(), vectors.next()) {
                made.push((id, question, answer));
            }
        }
        if made.is_empty() {
            return Ok(());
        }
        let mut tx = ctx.db.tenant(&job.tenant).await?;
        store::set_vectors(&mut tx, made).await?;
        tell(&mut tx);
        tx.commit().await?;
    }
}

async fn propose(ctx: &Context, job: &MineTranscript) -> Result<()> {
    let exchanges =
        store::list_exchanges(&mut ctx.db.tenant_read(&job.tenant).await?, job.transcript).await?;
    let items: Vec<Item> = exchanges.iter().map(|one| one.item.clone()).collect();
    let drafts: Vec<Option<Draft>> = tokio::task::spawn_blocking(move || {
        let clusters = clustering::cluster(&items);
        clusters
            .iter()
            .map(|cluster| clustering::draft(&items, cluster))
            .collect()
    })
    .await
    .map_err(internal)?;
    let mut left_out = drafts.iter().filter(|draft| draft.is_none()).count();
    let mut drafts: Vec<Draft> = drafts.into_iter().flatten().collect();
    let is_cut = drafts.len() > MOST_PROPOSALS;
    drafts.truncate(MOST_PROPOSALS);
    let texts = drafts.iter().map(proposals::questions_of).collect();
    let overlaps = proposals::find_overlaps(ctx, &job.tenant, texts).await?;
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    // it may have been deleted meanwhile
    let Some((Status::Mining, ..)) = store::find_status(&mut tx, job.transcript).await? else {
        return Ok(());
    };
    // the first comes first in the list, which has the newest on top
    let mut known = proposals::store::list_known(&mut tx).await?;
    for (draft, overlap) in drafts.iter().zip(overlaps).rev() {
        if known.contains(&draft.question.to_lowercase()) {
            left_out += 1;
            continue;
        }
        let asked = draft.phrasings.iter().chain([&draft.question]);
        known.extend(asked.map(|text| text.to_lowercase()));
        let new = NewProposal::of(draft, overlap);
        let id = proposals::store::insert(&mut tx, job.transcript, &new).await?;
        // whose words are quoted must be known, so that they go when the person is erased
        let kept = draft.quoted.max(proposals::MOST_EXCERPTS);
        for place in draft.members.iter().take(kept) {
            if let Some(exchange) = exchanges.get(*place) {
                proposals::store::insert_excerpt(&mut tx, id, exchange).await?;
            }
        }
    }
    if is_cut {
        let detail = "More than 1,000 pairs were found: those that were asked most are proposed.";
        store::add_problem(&mut tx, job.transcript, detail).await?;
    }
    store::set_mined(&mut tx, job.transcript, left_out).await?;
    tell(&mut tx);
    tx.commit().await
}

/// The proposals are as good as they get.
pub async fn finish(ctx: &Context, job: &MineTranscript) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    store::set_done(&mut tx, job.transcript).await?;
    tell(&mut tx);
    tx.commit().await
}
