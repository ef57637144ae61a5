//! HTTP for what answers to gaps have brought.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::extract::{Json, Query};
use kernel::page::{Page, PageQuery, Position};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Effect, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(list_gap_effects))
}

/// List what answers to gaps have brought, the newest answers first.
#[utoipa::path(get, path = "/gap-effects", operation_id = "list_gap_effects", tag = "gaps", params(PageQuery),
    responses((status = 200, body = Page<Effect>)))]
async fn list_gap_effects(
    State(ctx): State<Context>,
    member: Member,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Effect>>> {
    member.require(Permission::ReadKnowledge)?;
    let limit = page.limit();
    let mut tx = ctx.db.tenant_read(&member).await?;
    let effects = store::list(&mut tx, page.after()?, limit + 1).await?;
    Ok(Json(Page::cut(effects, limit, |effect| Position {
        at: effect.since,
        id: effect.qa_pair_id.0,
    })))
}
