//! HTTP: put the question of an answer into the queue.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Path};
use kernel::ids::MessageId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Context;
use crate::gaps::{Gap, store};
use crate::versions;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(open_gap_of_answer))
}

/// Put the question of an answer into the gap queue: it was answered, but not well. Twice is once.
#[utoipa::path(post, path = "/answers/{id}/gap", operation_id = "open_gap_of_answer", tag = "gaps", params(("id" = MessageId, Path)),
    responses((status = 200, body = Gap), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn open_gap_of_answer(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<MessageId>,
) -> Result<Json<Gap>> {
    member.require(Permission::EditKnowledge)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let gap = super::open(&mut tx, id, ctx.db.clock.now()).await?;
    let gap = store::get(&mut tx, gap).await?;
    versions::tell(&mut tx);
    tx.commit().await?;
    Ok(Json(gap))
}
