//! HTTP for escalations.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, conflict, internal, invalid, not_found};
use kernel::extract::{Json, Path, present};
use kernel::ids::{ConversationId, EscalationId, UserId};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Escalation, Reason, store};
use crate::inbox::{self, changes};
use crate::timeline::Actor;
use crate::{Context, assignment, outbound, summary};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_escalations, create_escalation))
        .routes(routes!(update_escalation))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EscalationList {
    items: Vec<Escalation>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewEscalation {
    /// `agent` unless given.
    reason: Option<Reason>,
    /// What the person who takes over should know, up to 4,000 characters; made from the visitor's questions unless given.
    summary: Option<String>,
    /// A member's user id.
    assigned_to: Option<UserId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum EscalationStatus {
    Pending,
    InProgress,
    Resolved,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct EscalationPatch {
    status: Option<EscalationStatus>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    assigned_to: Option<Option<UserId>>,
    summary: Option<String>,
}

fn check_summary(text: &str) -> Result<&str> {
    let text = text.trim();
    if text.chars().count() > 4000 {
        return Err(invalid("bad_summary", "A summary has at most 4,000 characters."));
    }
    Ok(text)
}

/// List a conversation's escalations, newest first.
#[utoipa::path(get, path = "/conversations/{id}/escalations", operation_id = "list_escalations", tag = "conversations",
    params(("id" = ConversationId, Path)), responses((status = 200, body = EscalationList), (status = 404, body = Problem)))]
async fn list_escalations(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
) -> Result<Json<EscalationList>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    inbox::store::require(&mut tx, id).await?;
    let items = store::list(&mut tx, id).await?;
    Ok(Json(EscalationList { items }))
}

/// Give a conversation to people. The bot falls silent.
#[utoipa::path(post, path = "/conversations/{id}/escalations", operation_id = "create_escalation", tag = "conversations",
    params(("id" = ConversationId, Path)), request_body = NewEscalation,
    responses((status = 201, body = Escalation), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_escalation(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
    Json(input): Json<NewEscalation>,
) -> Result<(StatusCode, Json<Escalation>)> {
    member.require(Permission::ReplyToVisitors)?;
    let given = input.summary.as_deref().map(check_summary).transpose()?;
    let mut tx = ctx.db.tenant(&member).await?;
    lock(&mut tx, id).await?;
    let before = inbox::store::read_state(&mut tx, id).await?;
    let made = summary::write(&mut tx, id).await?;
    let text = given.filter(|text| !text.is_empty()).unwrap_or(&made);
    if !super::place(&mut tx, id, input.reason.unwrap_or(Reason::Agent), text).await? {
        return Err(conflict(
            "already_escalated",
            "This conversation is escalated already. Change that escalation instead.",
        ));
    }
    let mut escalation = find_open(&mut tx, id).await?;
    if let Some(user) = input.assigned_to {
        assign(&mut tx, id, &mut escalation, Some(user)).await?;
        store::update(&mut tx, &escalation).await?;
    }
    assignment::begin_waiting(&mut tx, id).await?;
    changes::conclude(&mut tx, id, &before, &Actor::of(&member)).await?;
    let escalation = find_open(&mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(escalation)))
}

/// Change an escalation: take it on, close it, assign it. Closing it ends the hand-over; the bot stays silent until the
/// conversation is given back or resolved.
#[utoipa::path(patch, path = "/escalations/{id}", operation_id = "update_escalation", tag = "conversations",
    params(("id" = EscalationId, Path)), request_body = EscalationPatch,
    responses((status = 200, body = Escalation), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_escalation(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<EscalationId>,
    Json(patch): Json<EscalationPatch>,
) -> Result<Json<Escalation>> {
    member.require(Permission::ReplyToVisitors)?;
    let summary = patch.summary.as_deref().map(check_summary).transpose()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let found = store::find(&mut tx, id).await?;
    let conversation = found.ok_or_else(|| not_found("escalation"))?.conversation_id;
    lock(&mut tx, conversation).await?;
    let before = inbox::store::read_state(&mut tx, conversation).await?;
    // again, as it is under the lock
    let found = store::find(&mut tx, id).await?;
    let mut escalation = found.ok_or_else(|| not_found("escalation"))?;
    if let Some(text) = summary {
        escalation.summary = text.to_owned();
    }
    if let Some(user) = patch.assigned_to {
        assign(&mut tx, conversation, &mut escalation, user).await?;
    }
    if let Some(status) = patch.status {
        change_status(&mut tx, &mut escalation, status).await?;
    } else {
        store::update(&mut tx, &escalation).await?;
    }
    changes::conclude(&mut tx, conversation, &before, &Actor::of(&member)).await?;
    let escalation = store::find(&mut tx, id).await?;
    let escalation = escalation.ok_or_else(|| not_found("escalation"))?;
    tx.commit().await?;
    Ok(Json(escalation))
}

async fn lock(tx: &mut TenantTx, conversation: ConversationId) -> Result<()> {
    let gate = outbound::store::lock(tx, conversation).await?;
    gate.map(|_| ()).ok_or_else(|| not_found("conversation"))
}

async fn find_open(tx: &mut TenantTx, conversation: ConversationId) -> Result<Escalation> {
    let found = store::find_open(tx, conversation).await?;
    found.ok_or_else(|| internal("an escalation vanished"))
}

/// Whoever has the escalation has the conversation.
async fn assign(
    tx: &mut TenantTx,
    conversation: ConversationId,
    escalation: &mut Escalation,
    user: Option<UserId>,
) -> Result<()> {
    assignment::hold_turn(tx).await?;
    inbox::store::assign(tx, conversation, user).await?;
    escalation.assigned_to = user;
    Ok(())
}

async fn change_status(
    tx: &mut TenantTx,
    escalation: &mut Escalation,
    status: EscalationStatus,
) -> Result<()> {
    let was_open = escalation.status != "resolved";
    escalation.status = match status {
        EscalationStatus::Pending => "pending",
        EscalationStatus::InProgress => "in_progress",
        EscalationStatus::Resolved => "resolved",
    }
    .to_owned();
    store::update(tx, escalation).await?;
    match (was_open, status == EscalationStatus::Resolved) {
        (true, true) => {
            let conversation = escalation.conversation_id;
            inbox::store::set_status(tx, conversation, inbox::Status::Open).await?;
            if !inbox::store::is_kept_waiting(tx, conversation).await? {
                inbox::store::stop_waiting(tx, conversation).await?;
            }
            Ok(())
        }
        (false, false) => {
            store::mark_conversation(tx, escalation.conversation_id).await?;
            assignment::begin_waiting(tx, escalation.conversation_id).await
        }
        _ => Ok(()),
    }
}
