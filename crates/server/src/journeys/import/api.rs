//! HTTP for what was brought in: where each row comes from, and the values that have no column of their own.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Query};
use kernel::page::{Page, PageQuery, Position};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::writing::store::{self, ImportRow};

pub fn routes(ctx: access::Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list_import_rows))
        .with_state(ctx)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportRowQuery {
    /// The table that it was in there.
    source_table: Option<String>,
    /// Its key there.
    source_id: Option<String>,
    /// What it became here.
    became_id: Option<Uuid>,
}

/// List the rows that were brought in from another system, the newest first, with what has no column of its own.
#[utoipa::path(get, path = "/import-rows", operation_id = "list_import_rows", tag = "workspace", params(ImportRowQuery, PageQuery),
    responses((status = 200, body = Page<ImportRow>), (status = 403, body = Problem)))]
async fn list_import_rows(
    State(ctx): State<access::Context>,
    member: Member,
    Query(query): Query<ImportRowQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ImportRow>>> {
    // parts of conversations and of clients are among them
    member.require(Permission::ManageWorkspace)?;
    member.require(Permission::ReadConversations)?;
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let rows = store::list(
        &mut tx,
        query.source_table.as_deref(),
        query.source_id.as_deref(),
        query.became_id,
        page.after()?,
        page.limit() + 1,
    )
    .await?;
    Ok(Json(Page::cut(rows, page.limit(), |row| Position {
        at: row.created_at,
        id: row.id,
    })))
}
