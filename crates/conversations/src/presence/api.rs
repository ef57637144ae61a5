//! HTTP for presence: the heartbeat of an open conversation.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::Problem;
use kernel::extract::{Json, Path};
use kernel::ids::ConversationId;
use kernel::{Event, Result};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{GONE_AFTER, store};
use crate::team::{self, api::person};
use crate::{Context, inbox};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(view_conversation, leave_conversation))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct Viewing {
    /// Colleagues see it; the visitor is told by `POST …/typing`.
    #[serde(default)]
    is_typing: bool,
}

/// Say that one has the conversation open, every ten seconds.
#[utoipa::path(post, path = "/conversations/{id}/viewing", operation_id = "view_conversation", tag = "conversations",
    params(("id" = ConversationId, Path)), request_body = Viewing,
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn view_conversation(
    State(ctx): State<Context>,
    member: Member,
    Path(conversation_id): Path<ConversationId>,
    Json(input): Json<Viewing>,
) -> Result<StatusCode> {
    member.require(Permission::ReadConversations)?;
    let user = person(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    inbox::store::require(&mut tx, conversation_id).await?;
    let before = store::find(&mut tx, conversation_id, user).await?;
    store::set(&mut tx, conversation_id, user, input.is_typing).await?;
    team::store::touch(&mut tx, user).await?;
    // a heartbeat that changes nothing is no news
    let gone_before = tx.now() - GONE_AFTER;
    if before.is_none_or(|(seen_at, is_typing)| seen_at <= gone_before || is_typing != input.is_typing) {
        tx.emit(Event::PresenceChanged { conversation_id });
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say that one has closed the conversation.
#[utoipa::path(delete, path = "/conversations/{id}/viewing", operation_id = "leave_conversation", tag = "conversations",
    params(("id" = ConversationId, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
async fn leave_conversation(
    State(ctx): State<Context>,
    member: Member,
    Path(conversation_id): Path<ConversationId>,
) -> Result<StatusCode> {
    member.require(Permission::ReadConversations)?;
    let user = person(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    inbox::store::require(&mut tx, conversation_id).await?;
    if store::remove(&mut tx, conversation_id, user).await? {
        tx.emit(Event::PresenceChanged { conversation_id });
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
