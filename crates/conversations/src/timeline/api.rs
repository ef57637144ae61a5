//! HTTP for what colleagues see beside the messages of a conversation.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Path};
use kernel::ids::ConversationId;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ConversationEvent, store};
use crate::notes::{self, Note};
use crate::{Context, inbox};

/// So many notes and so many events are shown, the newest.
const MOST: i64 = 500;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_timeline))
}

/// Notes and events, each oldest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Timeline {
    notes: Vec<Note>,
    events: Vec<ConversationEvent>,
}

/// Read what colleagues wrote about a conversation and did to it.
#[utoipa::path(get, path = "/conversations/{id}/timeline", operation_id = "get_timeline", tag = "conversations",
    params(("id" = ConversationId, Path)), responses((status = 200, body = Timeline), (status = 404, body = Problem)))]
async fn get_timeline(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ConversationId>,
) -> Result<Json<Timeline>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    inbox::store::require(&mut tx, id).await?;
    Ok(Json(Timeline {
        notes: notes::store::list(&mut tx, id, member.user_id(), MOST).await?,
        events: store::list(&mut tx, id, MOST).await?,
    }))
}
