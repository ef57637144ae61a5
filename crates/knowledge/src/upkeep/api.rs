//! HTTP for the upkeep of knowledge.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::Result;
use kernel::error::{Problem, invalid};
use kernel::extract::Json;
use kernel::ids::QaPairId;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Kind, Upkeep, store, upkeep};
use crate::{Context, qa_pairs, versions};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_upkeep))
        .routes(routes!(dismiss_upkeep))
}

/// Read what there is to do: contradictions, also with documents, pairs that visitors find wrong, dates gone by, pairs that
/// nobody needs. What visitors asked is given to those who may read conversations.
#[utoipa::path(get, path = "/upkeep", operation_id = "get_upkeep", tag = "upkeep", responses((status = 200, body = Upkeep)))]
async fn get_upkeep(State(ctx): State<Context>, member: Member) -> Result<Json<Upkeep>> {
    member.require(Permission::ReadKnowledge)?;
    let mut upkeep = upkeep(&ctx, &member).await?;
    if member.require(Permission::ReadConversations).is_err() {
        upkeep.disliked.iter_mut().for_each(|one| one.questions.clear());
    }
    Ok(Json(upkeep))
}

/// A finding that needs nothing done.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct UpkeepDismissal {
    kind: Kind,
    qa_pair_id: QaPairId,
    /// The other pair of a contradiction.
    other_id: Option<QaPairId>,
}

/// Dismiss a finding: it stays away until the pair changes.
#[utoipa::path(post, path = "/upkeep/dismissals", operation_id = "dismiss_upkeep", tag = "upkeep", request_body = UpkeepDismissal,
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn dismiss_upkeep(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<UpkeepDismissal>,
) -> Result<StatusCode> {
    member.require(Permission::EditKnowledge)?;
    if (input.kind == Kind::Contradiction) != input.other_id.is_some() {
        return Err(invalid(
            "bad_dismissal",
            "A contradiction is between two pairs: give `other_id` for it, and for nothing else.",
        ));
    }
    let now = ctx.db.clock.now();
    let mut tx = ctx.db.tenant(&member).await?;
    for id in std::iter::once(input.qa_pair_id).chain(input.other_id) {
        qa_pairs::store::get(&mut tx, id, now).await?;
    }
    store::dismiss(&mut tx, input.kind, input.qa_pair_id, input.other_id).await?;
    versions::tell(&mut tx);
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
