//! HTTP for the audit log: reading it.

use axum::extract::State;
use kernel::Result;
use kernel::extract::{Json, Query};
use kernel::page::{Page, PageQuery, Position};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Action, AuditEntry, store};
use crate::{Context, Member, Permission};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(list_audit_log))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// Only this kind of deed, such as `api_key_created`.
    action: Option<Action>,
}

/// List what was done in the workspace, newest first.
#[utoipa::path(get, path = "/audit-log", operation_id = "list_audit_log", tag = "workspace", params(AuditQuery, PageQuery),
    responses((status = 200, body = Page<AuditEntry>)))]
async fn list_audit_log(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<AuditQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<AuditEntry>>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let (action, limit) = (query.action, page.limit());
    let entries = store::list(&mut tx, action, page.after()?, limit + 1).await?;
    let position = |entry: &AuditEntry| Position {
        at: entry.created_at,
        id: entry.id.0,
    };
    Ok(Json(Page::cut(entries, limit, position)))
}
