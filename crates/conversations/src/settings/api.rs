//! HTTP for the inbox settings.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use kernel::error::Problem;
use kernel::extract::Json;
use kernel::{Result, TenantProof};
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
    settings.check()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let before = store::get(&mut tx).await?;
    if settings != before {
        store::set(&mut tx, &settings).await?;
        let subject = format!("tenant:{}", member.tenant_id());
        let details = audit::changes(&before, &settings)?;
        audit::record_by(&mut tx, &member, Action::InboxSettingsChanged, &subject, details).await?;
        assignment::give_out(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(Json(settings))
}
