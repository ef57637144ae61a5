//! HTTP for transcripts: send past chats, say who speaks for the business, learn from resolved conversations.

use access::{Member, Permission, audit};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::error::{Problem, not_found};
use kernel::extract::{Bytes, Json, Path, Query};
use kernel::ids::TranscriptId;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::read::{Format, LARGEST};
use super::{StartTranscript, Transcript, proposals, store, tell};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .merge(upload_routes())
        .routes(routes!(list_transcripts))
        .routes(routes!(learn_from_resolved))
        .routes(routes!(get_transcript, delete_transcript))
        .routes(routes!(start_transcript))
        .merge(proposals::api::routes())
}

fn upload_routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(create_transcript))
        // a little more, so that what is too large is told in a sentence of its own
        .layer(DefaultBodyLimit::max(LARGEST + 1024 * 1024))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TranscriptList {
    items: Vec<Transcript>,
}

/// What the chats say is for those who may read conversations.
fn require(member: &Member, permission: Permission) -> Result<()> {
    member.require(permission)?;
    member.require(Permission::ReadConversations)
}

/// List imports of past chats, the newest first, at most 200. Who speaks in them is shown with `conversations:read` only.
#[utoipa::path(get, path = "/transcripts", operation_id = "list_transcripts", tag = "transcripts",
    responses((status = 200, body = TranscriptList)))]
async fn list_transcripts(State(ctx): State<Context>, member: Member) -> Result<Json<TranscriptList>> {
    member.require(Permission::ReadKnowledge)?;
    let mut items = store::list(&mut ctx.db.tenant_read(&member).await?, None).await?;
    if member.require(Permission::ReadConversations).is_err() {
        for transcript in &mut items {
            transcript.speakers.clear();
            transcript.problems.clear();
        }
    }
    Ok(Json(TranscriptList { items }))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct About {
    /// What the file is called.
    filename: Option<String>,
    /// Recognised by its content unless given.
    format: Option<Format>,
}

/// Send past chats. If they do not say who speaks for the business, they wait until somebody does.
#[utoipa::path(post, path = "/transcripts", operation_id = "create_transcript", tag = "transcripts", params(About),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 202, body = Transcript), (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
async fn create_transcript(
    State(ctx): State<Context>,
    member: Member,
    Query(about): Query<About>,
    Bytes(bytes): Bytes,
) -> Result<(StatusCode, Json<Transcript>)> {
    member.require(Permission::EditKnowledge)?;
    let name = about.filename.unwrap_or_default();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let title: String = name.chars().filter(|c| !c.is_control()).take(300).collect();
    let transcript = super::read_aside(bytes, about.format).await?;
    let mut tx = ctx.db.tenant(&member).await?;
    let id = super::add(&mut tx, title.trim(), &transcript, &member.actor().to_string()).await?;
    let details = json!({"name": title.trim(), "conversations": transcript.chats.len()});
    note(&mut tx, &member, audit::Action::TranscriptAdded, id, details).await?;
    let added = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(added)))
}

/// Read one import. It quotes its speakers while it waits, so this needs `conversations:read` too.
#[utoipa::path(get, path = "/transcripts/{id}", operation_id = "get_transcript", tag = "transcripts", params(("id" = TranscriptId, Path)),
    responses((status = 200, body = Transcript), (status = 404, body = Problem)))]
async fn get_transcript(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TranscriptId>,
) -> Result<Json<Transcript>> {
    require(&member, Permission::ReadKnowledge)?;
    Ok(Json(
        store::get(&mut ctx.db.tenant_read(&member).await?, id).await?,
    ))
}

/// Say who speaks for the business, and find what the chats propose. This needs `conversations:read` too.
#[utoipa::path(post, path = "/transcripts/{id}/start", operation_id = "start_transcript", tag = "transcripts",
    params(("id" = TranscriptId, Path)), request_body = StartTranscript,
    responses((status = 202, body = Transcript), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn start_transcript(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TranscriptId>,
    Json(input): Json<StartTranscript>,
) -> Result<(StatusCode, Json<Transcript>)> {
    require(&member, Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    super::start(&mut tx, id, &input.business).await?;
    let started = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(started)))
}

#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
struct LearnFromResolved {
    /// Only conversations that were resolved from then on.
    since: Option<DateTime<Utc>>,
}

/// Learn from conversations that people have answered and resolved: the newest 5,000. What the bot said and notes are
/// left out. This needs `conversations:read` too.
#[utoipa::path(post, path = "/transcripts/resolved", operation_id = "learn_from_resolved", tag = "transcripts",
    request_body(content = Option<LearnFromResolved>, content_type = "application/json"),
    responses((status = 202, body = Transcript), (status = 409, body = Problem)))]
async fn learn_from_resolved(
    State(ctx): State<Context>,
    member: Member,
    input: Option<Json<LearnFromResolved>>,
) -> Result<(StatusCode, Json<Transcript>)> {
    require(&member, Permission::EditKnowledge)?;
    let since = input.and_then(|Json(input)| input.since);
    let mut tx = ctx.db.tenant(&member).await?;
    let id = super::learn_from_resolved(&mut tx, since, &member.actor().to_string()).await?;
    let begun = store::get(&mut tx, id).await?;
    let details = json!({"name": "", "conversations": begun.conversation_count});
    note(&mut tx, &member, audit::Action::TranscriptAdded, id, details).await?;
    tx.commit().await?;
    Ok((StatusCode::ACCEPTED, Json(begun)))
}

/// Forget an import with its proposals. Q&A pairs that were accepted stay.
#[utoipa::path(delete, path = "/transcripts/{id}", operation_id = "delete_transcript", tag = "transcripts",
    params(("id" = TranscriptId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_transcript(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<TranscriptId>,
) -> Result<StatusCode> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let title = store::delete(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("transcript"))?;
    note(
        &mut tx,
        &member,
        audit::Action::TranscriptDeleted,
        id,
        json!({"name": title}),
    )
    .await?;
    tell(&mut tx);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn note(
    tx: &mut kernel::TenantTx,
    member: &Member,
    action: audit::Action,
    id: TranscriptId,
    details: serde_json::Value,
) -> Result<()> {
    audit::record_by(tx, member, action, &format!("transcript:{id}"), details).await
}
