//! Exports that owners ask for in the dashboard. The work is in [`super::jobs`].

pub mod store;

use std::fs::File;

use access::Member;
use access::audit::{self, Action};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use kernel::db::JobTenant;
use kernel::error::{Problem, conflict, forbidden, internal, not_found};
use kernel::extract::Json;
use kernel::{Result, TenantProof as _};
use queue::Options;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::jobs::ExportWorkspace;
use crate::http::download;
use crate::wiring::Domains;

pub fn routes(domains: Domains) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(get_workspace_export, create_workspace_export))
        .routes(routes!(download_workspace_export))
        .with_state(domains)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WorkspaceExportStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    Waiting,
    Running,
    /// The file can be fetched until `expires_at`.
    Done,
    /// It was tried three times. Ask again, or have the operator look at the log.
    Failed,
}

/// The newest export of the workspace.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct WorkspaceExport {
    #[serde(skip)]
    pub id: Uuid,
    pub status: Status,
    /// The name of whoever asked for it.
    pub requested_by: String,
    pub requested_at: DateTime<Utc>,
    /// How far it is.
    pub tables_done: i32,
    /// 0: not known yet.
    pub tables: i32,
    /// Of the file, in bytes.
    pub size: Option<i64>,
    /// SHA-256 over what is in it.
    pub digest: Option<String>,
    pub finished_at: Option<DateTime<Utc>>,
    pub expires_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct WorkspaceExportState {
    /// Null: there is none.
    export: Option<WorkspaceExport>,
}

/// All conversations, clients and knowledge are in it.
fn require_owner(member: &Member) -> Result<()> {
    if member.is_owner() {
        return Ok(());
    }
    Err(forbidden(
        "owners_only",
        "Only an owner can take the whole workspace along, in a session of their own.",
    ))
}

/// See how far the newest export is.
#[utoipa::path(get, path = "/workspace/export", operation_id = "get_workspace_export", tag = "workspace",
    responses((status = 200, body = WorkspaceExportState), (status = 403, body = Problem)))]
async fn get_workspace_export(
    State(domains): State<Domains>,
    member: Member,
) -> Result<Json<WorkspaceExportState>> {
    require_owner(&member)?;
    let mut tx = domains.access.db.tenant_read(&member).await?;
    let export = store::find(&mut tx).await?;
    Ok(Json(WorkspaceExportState { export }))
}

/// Begin to export the whole workspace into one file. It takes the place of an earlier export. docs/export.md describes it.
#[utoipa::path(post, path = "/workspace/export", operation_id = "create_workspace_export", tag = "workspace",
    responses((status = 201, body = WorkspaceExportState), (status = 403, body = Problem), (status = 409, body = Problem)))]
async fn create_workspace_export(
    State(domains): State<Domains>,
    member: Member,
) -> Result<(StatusCode, Json<WorkspaceExportState>)> {
    require_owner(&member)?;
    let mut tx = domains.access.db.tenant(&member).await?;
    let (id, now) = (Uuid::now_v7(), tx.now());
    let name = member.display_name().unwrap_or_default().to_owned();
    if !store::request(&mut tx, id, &name, now).await? {
        return Err(conflict(
            "export_running",
            "An export is being written already. Wait until it is done.",
        ));
    }
    let job = ExportWorkspace {
        tenant: JobTenant::of(&member),
        export: id,
    };
    queue::enqueue(&mut tx, &job, Options::default())
        .await
        .map_err(internal)?;
    let subject = format!("tenant:{}", member.tenant_id());
    audit::record_by(&mut tx, &member, Action::WorkspaceExported, &subject, json!({})).await?;
    let export = store::find(&mut tx).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(WorkspaceExportState { export })))
}

/// Fetch the newest export's file.
#[utoipa::path(get, path = "/workspace/export/file", operation_id = "download_workspace_export", tag = "workspace",
    responses((status = 200, body = Vec<u8>, content_type = "application/zip"), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
async fn download_workspace_export(State(domains): State<Domains>, member: Member) -> Result<Response> {
    require_owner(&member)?;
    let mut tx = domains.access.db.tenant_read(&member).await?;
    let (slug, _) = super::store::name(&mut tx).await?;
    let now = tx.now();
    let export = store::find(&mut tx).await?;
    drop(tx);
    let export = export
        .filter(|export| export.status == Status::Done && export.expires_at.is_some_and(|end| end > now))
        .ok_or_else(|| not_found("export"))?;
    let path = domains.exports.path(member.tenant_id(), export.id);
    let opened = tokio::task::spawn_blocking(move || File::open(path));
    let file = opened.await.map_err(internal)?;
    let file = file.map_err(|_| not_found("export"))?;
    let name = format!("{slug}-{}.zip", export.requested_at.format("%Y-%m-%d"));
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
        (
            header::CONTENT_LENGTH,
            export.size.unwrap_or_default().to_string(),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, download::body(file)).into_response())
}
