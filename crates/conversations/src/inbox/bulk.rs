//! HTTP for changing many conversations at once, each by itself: one that fails leaves the others done.

use std::collections::HashSet;

use access::{Member, Permission};
use axum::extract::State;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::Json;
use kernel::ids::ConversationId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::changes::{self, ConversationPatch};
use super::store;
use crate::timeline::Actor;
use crate::{Context, outbound};

const MOST: usize = 200;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(update_conversations))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct BulkPatch {
    /// Up to 200, each conversation once.
    changes: Vec<BulkChange>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct BulkChange {
    id: ConversationId,
    #[serde(flatten)]
    patch: ConversationPatch,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BulkResult {
    /// In the order of the changes.
    items: Vec<BulkOutcome>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct BulkOutcome {
    id: ConversationId,
    /// The change that takes this one back; null if it failed.
    before: Option<ConversationPatch>,
    error: Option<Problem>,
}

/// Change many conversations at once. Send every `before` with its `id` to take it back.
#[utoipa::path(post, path = "/conversations/bulk", operation_id = "update_conversations", tag = "conversations",
    request_body = BulkPatch, responses((status = 200, body = BulkResult), (status = 422, body = Problem)))]
async fn update_conversations(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<BulkPatch>,
) -> Result<Json<BulkResult>> {
    member.require(Permission::ReplyToVisitors)?;
    if input.changes.len() > MOST {
        return Err(invalid(
            "too_many_changes",
            "At most 200 conversations can be changed at once.",
        ));
    }
    let ids: Vec<ConversationId> = input.changes.iter().map(|change| change.id).collect();
    if ids.iter().collect::<HashSet<_>>().len() < ids.len() {
        return Err(invalid(
            "repeated_conversation",
            "Each conversation can be changed once in a request.",
        ));
    }
    let actor = Actor::of(&member);
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock_all(&mut tx, &ids).await?;
    let mut items = Vec::with_capacity(ids.len());
    for BulkChange { id, patch } in &input.changes {
        store::begin_part(&mut tx).await?;
        let outcome = change(&mut tx, *id, patch, &actor).await;
        // a lost database is not the fault of one conversation
        let outcome = outcome.map_err(|error| {
            error.log();
            error.problem()
        });
        store::end_part(&mut tx, outcome.is_ok()).await?;
        items.push(BulkOutcome {
            id: *id,
            error: outcome.as_ref().err().cloned(),
            before: outcome.ok(),
        });
    }
    tx.commit().await?;
    Ok(Json(BulkResult { items }))
}

async fn change(
    tx: &mut TenantTx,
    id: ConversationId,
    patch: &ConversationPatch,
    actor: &Actor,
) -> Result<ConversationPatch> {
    outbound::store::lock(tx, id)
        .await?
        .ok_or_else(|| not_found("conversation"))?;
    changes::apply(tx, id, patch, actor).await
}
