//! Transcripts: past chats, from files or from this workspace's own resolved conversations, and the Q&A pairs that they
//! propose. Nothing is answered from a proposal until somebody accepts it.
//!
//! [`read`] makes chats of an export, [`speakers`] says who speaks for the business, the job ([`jobs`]) finds questions
//! with their answers ([`mining`]) and forgets the chats, and what comes out is looked at in [`proposals`].

pub mod api;
pub mod jobs;
pub mod mining;
pub mod proposals;
pub mod read;
pub mod speakers;
pub mod store;

use std::time::Duration;

use access::tenants::Operator;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{conflict, internal, invalid, unavailable};
use kernel::ids::TranscriptId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::Context;
pub(crate) use crate::versions::tell;
use read::Format;
use speakers::Speaker;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TranscriptStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    /// For somebody to say who speaks for the business.
    Waiting,
    Mining,
    /// A model puts the proposals into better words.
    Wording,
    Done,
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TranscriptSource)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Source {
    Upload,
    /// Conversations of this workspace that people have answered and resolved.
    Resolved,
}

/// An import of past chats, as lists show it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Transcript {
    pub id: TranscriptId,
    /// What the file was called; empty for pasted text and resolved conversations.
    pub title: String,
    pub source: Source,
    /// Null for resolved conversations.
    pub format: Option<Format>,
    pub status: Status,
    pub error: Option<String>,
    /// Of resolved conversations: those resolved from then on.
    pub since: Option<DateTime<Utc>>,
    /// Who speaks; empty when the chats have been read and forgotten.
    #[schema(value_type = Vec<Speaker>)]
    pub speakers: sqlx::types::Json<Vec<Speaker>>,
    /// Lines that could not be read, at most 100.
    #[schema(value_type = Vec<read::Problem>)]
    pub problems: sqlx::types::Json<Vec<read::Problem>>,
    pub conversation_count: i32,
    pub message_count: i32,
    /// Questions that people answered; null until they have been looked for.
    pub exchange_count: Option<i32>,
    /// How many of these have been compared so far.
    pub compared_count: i64,
    /// Answers that concern one person alone, and what was proposed before: left out.
    pub left_out_count: i32,
    pub proposed_count: i64,
    pub accepted_count: i64,
    pub dismissed_count: i64,
    pub finished_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// An upload that nobody goes on with is forgotten, text and all.
pub const KEPT_WAITING: TimeDelta = TimeDelta::days(7);
const MOST_WAITING: i64 = 20;
const MOST_BUSINESS_SPEAKERS: usize = 500;

/// Keeps what was read. If the export says who is who, the work begins at once.
pub async fn add(
    tx: &mut TenantTx,
    title: &str,
    transcript: &read::Transcript,
    actor: &str,
) -> Result<TranscriptId> {
    store::forget_waiting(tx, tx.now() - KEPT_WAITING).await?;
    let are_known = speakers::are_known(&transcript.chats);
    if !are_known && store::count_waiting(tx).await? >= MOST_WAITING {
        return Err(conflict(
            "too_many_waiting",
            "20 imports wait for somebody to say who answers. Go on with one of them, or delete it.",
        ));
    }
    let status = if are_known {
        Status::Mining
    } else {
        Status::Waiting
    };
    let id = store::insert_upload(tx, title, transcript, status, actor).await?;
    store::insert_chats(tx, id, &transcript.chats).await?;
    if are_known {
        jobs::MineTranscript::enqueue(tx, id).await?;
    }
    tell(tx);
    Ok(id)
}

/// Forgets the uploads of all tenants that nobody has gone on with, and gives how many. A tenant that fails does not
/// keep the others waiting.
pub async fn forget_abandoned(ctx: &Context) -> Result<u64> {
    let mut forgotten = 0;
    for operator in Operator::for_all_active(&ctx.db).await? {
        match forget_abandoned_of(ctx, &operator).await {
            Ok(count) => forgotten += count,
            Err(error) => error.log(),
        }
    }
    Ok(forgotten)
}

async fn forget_abandoned_of(ctx: &Context, operator: &Operator) -> Result<u64> {
    let mut tx = ctx.db.tenant(operator).await?;
    let before = tx.now() - KEPT_WAITING;
    let forgotten = store::forget_waiting(&mut tx, before).await?;
    if forgotten > 0 {
        tell(&mut tx);
    }
    tx.commit().await?;
    Ok(forgotten)
}

/// Says who speaks for the business, and begins the work.
pub async fn start(tx: &mut TenantTx, id: TranscriptId, business: &[String]) -> Result<()> {
    if business.is_empty() || business.len() > MOST_BUSINESS_SPEAKERS {
        return Err(invalid(
            "nobody_answers",
            "Choose at least one name that speaks for the business.",
        ));
    }
    let mut chats = store::list_chats(tx, id).await?;
    let transcript = store::get(tx, id).await?;
    if !store::begin(tx, id).await? {
        return Err(conflict(
            "already_started",
            match transcript.status {
                Status::Mining | Status::Wording => "This is being read already.",
                _ => "This has been read already. Add the file once more to read it anew.",
            },
        ));
    }
    if !chats
        .iter()
        .flat_map(|(_, chat)| &chat.messages)
        .any(|said| business.contains(&said.speaker))
    {
        return Err(invalid(
            "unknown_speaker",
            "Nobody of this name speaks in these chats.",
        ));
    }
    for (row, chat) in &mut chats {
        speakers::settle(std::slice::from_mut(chat), business);
        store::update_chat(tx, *row, chat).await?;
    }
    jobs::MineTranscript::enqueue(tx, id).await?;
    tell(tx);
    Ok(())
}

/// Begins to learn from conversations that people have answered, and that were resolved from `since` on.
pub async fn learn_from_resolved(
    tx: &mut TenantTx,
    since: Option<DateTime<Utc>>,
    actor: &str,
) -> Result<TranscriptId> {
    // of two that begin at once, the second sees the first
    crate::embedding::store::lock(tx).await?;
    if store::is_learning_from_resolved(tx).await? {
        return Err(conflict(
            "already_started",
            "The resolved conversations are being read right now.",
        ));
    }
    let (conversations, messages) = store::count_resolved(tx, since).await?;
    if conversations == 0 {
        return Err(conflict(
            "nothing_resolved",
            "No conversation that a person has answered was resolved in this time.",
        ));
    }
    let id = store::insert_resolved(tx, since, conversations, messages, actor).await?;
    jobs::MineTranscript::enqueue(tx, id).await?;
    tell(tx);
    Ok(id)
}

/// [`read::read`] beside the threads that answer requests.
pub async fn read_aside(bytes: axum::body::Bytes, format: Option<Format>) -> Result<read::Transcript> {
    let permit = tokio::time::timeout(LONGEST_WAIT, READING.acquire())
        .await
        .map_err(|_| unavailable("Other chats are being read right now. Try again in a minute."))?
        .map_err(internal)?;
    let reading = tokio::task::spawn_blocking(move || {
        // held until the work ends, also when whoever asked has gone away
        let _permit = permit;
        read::read(&bytes, format)
    });
    reading.await.map_err(internal)?
}

/// One export at a time: a large one takes much memory.
static READING: Semaphore = Semaphore::const_new(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Who speaks, as the start of an upload asks for it.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct StartTranscript {
    /// The names that speak for the business; everybody else asks.
    pub business: Vec<String>,
}
