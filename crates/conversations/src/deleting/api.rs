//! HTTP for deleting conversations: counted first, then no more than was counted.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use chrono::{DateTime, Utc};
use kernel::Event;
use kernel::Result;
use kernel::error::{Problem, conflict, invalid};
use kernel::extract::Json;
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Counts, Filter, store};
use crate::{Context, inbox};

/// More are deleted in several goes: each is one transaction, and each is told to all who have the inbox open.
const MOST: i64 = 1_000;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(bulk_delete_conversations))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = ConversationBulkDelete)]
struct BulkDelete {
    #[serde(default)]
    filter: Filter,
    /// Only tell what would go.
    #[serde(default)]
    dry_run: bool,
    /// From the dry run: what fitted at that moment, and was not touched since, goes.
    seen_at: Option<DateTime<Utc>>,
    /// The dry run's `conversations`. If more would go, nothing does.
    at_most: Option<i64>,
}

/// Delete many conversations with what was said and sent in them. Ask with `dry_run` first; the deletion takes no more than that told,
/// the oldest thousand at a time.
#[utoipa::path(post, path = "/conversations/bulk-delete", operation_id = "bulk_delete_conversations", tag = "conversations",
    request_body = BulkDelete, responses((status = 200, body = Counts), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn bulk_delete_conversations(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<BulkDelete>,
) -> Result<Json<Counts>> {
    member.require(Permission::ManageWorkspace)?;
    let filter = &input.filter;
    if input.dry_run {
        let mut tx = ctx.db.tenant_read(&member).await?;
        let now = store::now(&mut tx).await?;
        let ids = store::list_fitting(&mut tx, filter, now, MOST).await?;
        return Ok(Json(store::count(&mut tx, &ids, now).await?));
    }
    let (Some(seen_at), Some(at_most)) = (input.seen_at, input.at_most) else {
        return Err(invalid(
            "not_confirmed",
            "Ask with `dry_run` first, and send its `seen_at` and its number of `conversations` as `at_most`.",
        ));
    };
    let mut tx = ctx.db.tenant(&member).await?;
    let seen_at = seen_at.min(tx.now());
    let fitting = store::list_fitting(&mut tx, filter, seen_at, MOST).await?;
    inbox::store::lock_all(&mut tx, &fitting).await?;
    // what was changed until the lock was had stays
    let mut ids = store::list_fitting(&mut tx, filter, seen_at, MOST).await?;
    ids.retain(|id| fitting.contains(id));
    if i64::try_from(ids.len()).unwrap_or(i64::MAX) > at_most {
        return Err(conflict(
            "more_than_told",
            format!(
                "{} conversations would go now, and not {at_most}. Look at them again.",
                ids.len()
            ),
        ));
    }
    let counts = store::count(&mut tx, &ids, seen_at).await?;
    store::delete(&mut tx, &ids).await?;
    if !ids.is_empty() {
        let details = json!({"conversations": counts.conversations});
        audit::record_by(
            &mut tx,
            &member,
            Action::ConversationsDeleted,
            "conversations",
            details,
        )
        .await?;
    }
    for conversation_id in ids {
        tx.emit(Event::ConversationChanged { conversation_id });
    }
    tx.commit().await?;
    Ok(Json(counts))
}
