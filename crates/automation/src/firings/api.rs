//! HTTP for the log of rules.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::extract::{Json, Query};
use kernel::ids::RuleId;
use kernel::page::{Page, PageQuery, Position};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Firing, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(list_firings))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct FiringQuery {
    rule_id: Option<RuleId>,
}

/// List what rules have done, newest first. It is kept for 90 days. What came of deals and orders is shown to who may read
/// clients.
#[utoipa::path(get, path = "/automation/firings", operation_id = "list_firings", tag = "automation",
    params(FiringQuery, PageQuery), responses((status = 200, body = Page<Firing>)))]
async fn list_firings(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<FiringQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Firing>>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let with_sales = member.may(Permission::ReadCrm);
    let rows = store::list(
        &mut tx,
        query.rule_id,
        with_sales,
        page.after()?,
        page.limit() + 1,
    )
    .await?;
    Ok(Json(Page::cut(rows, page.limit(), |row| Position {
        at: row.created_at,
        id: row.id.0,
    })))
}
