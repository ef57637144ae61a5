//! HTTP for the inbox settings.

use access::{Member, Permission, audit};
use axum::extract::State;
use kernel::error::Problem;
use kernel::extract::Json;
use kernel::{Event, Result, TenantProof, WorkspaceList};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{InboxSettings, store};
use crate::{Context, assignment};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_inbox_settings, set_inbox_settings))
}

/// Read how the team works.
#[utoipa::path(get, path = "/inbox-settings", operation_id = "get_inbox_settings", tag = "inbox",
    responses((status = 200, body = InboxSettings)))]
async fn get_inbox_settings(State(ctx): State<Context>, member: Member) -> Result<Json<InboxSettings>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get(&mut tx).await?))
}

/// Set how the team works. Targets of conversations that wait already stay as they are.
#[utoipa::path(put, path = "/inbox-settings", operation_id = "set_inbox_settings", tag = "inbox", request_body = InboxSettings,
    responses((status = 200, body = InboxSettings), (status = 422, body = Problem)))]
async fn set_inbox_settings(
    State(ctx): State<Context>,
    member: Member,
    Json(mut settings): Json<InboxSettings>,
) -> Result<Json<InboxSettings>> {
    member.require(Permission::ManageWorkspace)?;
    settings.holidays.sort();
    settings.holidays.dedup();
    settings.escalation_email = settings
        .escalation_email
        .map(|address| address.trim().to_owned())
        .filter(|address| !address.is_empty());
    settings.check()?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::set(&mut tx, &settings).await?;
    let (actor, subject) = (
        member.actor().to_string(),
        format!("tenant:{}", member.tenant_id()),
    );
    audit::record(
        &mut tx,
        &actor,
        "inbox_settings_changed",
        &subject,
        json!(settings),
    )
    .await?;
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Settings,
    });
    assignment::give_out(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(settings))
}
