//! HTTP for the audit log: reading it, and taking it along as a table.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use chrono::SecondsFormat;
use kernel::cells::defuse;
use kernel::error::{Problem, internal};
use kernel::extract::{Json, Query};
use kernel::page::{Page, PageQuery, Position};
use kernel::{Result, TenantProof};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Action, AuditEntry, AuditFilter, record_by, store};
use crate::{Context, Member, Permission};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_audit_log))
        .routes(routes!(export_audit_log))
}

/// List what was done in the workspace, newest first.
#[utoipa::path(get, path = "/audit-log", operation_id = "list_audit_log", tag = "workspace", params(AuditFilter, PageQuery),
    responses((status = 200, body = Page<AuditEntry>), (status = 422, body = Problem)))]
async fn list_audit_log(
    State(ctx): State<Context>,
    member: Member,
    Query(filter): Query<AuditFilter>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<AuditEntry>>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let limit = page.limit();
    let entries = store::list(&mut tx, &filter, page.after()?, limit + 1).await?;
    let position = |entry: &AuditEntry| Position {
        at: entry.created_at,
        id: entry.id.0,
    };
    Ok(Json(Page::cut(entries, limit, position)))
}

/// A file has no more rows; what is older is reached with `to`.
const MOST_EXPORTED: i64 = 50_000;

const COLUMNS: [&str; 7] = [
    "created_at",
    "actor",
    "actor_name",
    "action",
    "subject",
    "subject_name",
    "details",
];

/// Take the log along as CSV, newest first: at most 50,000 rows. That somebody did so is in the log, too.
#[utoipa::path(get, path = "/audit-log/export.csv", operation_id = "export_audit_log", tag = "workspace", params(AuditFilter),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 422, body = Problem)))]
async fn export_audit_log(
    State(ctx): State<Context>,
    member: Member,
    Query(filter): Query<AuditFilter>,
) -> Result<Response> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let entries = store::list(&mut tx, &filter, None, MOST_EXPORTED).await?;
    let subject = format!("tenant:{}", member.tenant_id());
    let details = json!({"rows": entries.len(), "filter": filter});
    record_by(&mut tx, &member, Action::AuditLogExported, &subject, details).await?;
    tx.commit().await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"audit-log.csv\"",
        ),
    ];
    Ok((headers, table(&entries)?).into_response())
}

fn table(entries: &[AuditEntry]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(internal)?;
    for entry in entries {
        let text = |text: &Option<String>| text.as_deref().map(defuse).unwrap_or_default();
        let cells = [
            entry.created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            defuse(&entry.actor),
            text(&entry.actor_name),
            defuse(&entry.action),
            text(&entry.subject),
            text(&entry.subject_name),
            defuse(&entry.details.to_string()),
        ];
        writer.write_record(&cells).map_err(internal)?;
    }
    writer.into_inner().map_err(|error| internal(error.to_string()))
}
