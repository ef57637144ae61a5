//! HTTP for settings of sales.

use std::collections::BTreeMap;

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use kernel::error::{Problem, invalid};
use kernel::extract::Json;
use kernel::ids::ChannelId;
use kernel::money::Currency;
use kernel::{Event, Result};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{ClientRule, CrmSettings, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_crm_settings, update_crm_settings))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CrmSettingsPatch {
    currency: Option<Currency>,
    /// By channel: the rule for those who write from now on.
    #[serde(default)]
    #[schema(value_type = std::collections::HashMap<String, ClientRule>)]
    client_rules: BTreeMap<ChannelId, ClientRule>,
}

/// Open the settings of sales.
#[utoipa::path(get, path = "/crm/settings", operation_id = "get_crm_settings", tag = "crm-settings",
    responses((status = 200, body = CrmSettings)))]
async fn get_crm_settings(State(ctx): State<Context>, member: Member) -> Result<Json<CrmSettings>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get(&mut tx).await?))
}

/// Change the settings of sales. Another currency counts the figures of all clients anew.
#[utoipa::path(patch, path = "/crm/settings", operation_id = "update_crm_settings", tag = "crm-settings",
    request_body = CrmSettingsPatch, responses((status = 200, body = CrmSettings), (status = 422, body = Problem)))]
async fn update_crm_settings(
    State(ctx): State<Context>,
    member: Member,
    Json(patch): Json<CrmSettingsPatch>,
) -> Result<Json<CrmSettings>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let before = store::get(&mut tx).await?;
    if let Some(currency) = &patch.currency {
        store::set_currency(&mut tx, currency).await?;
    }
    for (channel, rule) in patch.client_rules {
        if !store::set_rule(&mut tx, channel, rule).await? {
            return Err(invalid(
                "no_such_channel",
                "One of these channels does not exist.",
            ));
        }
    }
    let settings = store::get(&mut tx).await?;
    let changes = audit::changes(&before, &settings)?;
    audit::record_by(&mut tx, &member, Action::CrmSettingsChanged, "workspace", changes).await?;
    if before.currency != settings.currency {
        tx.emit(Event::ClientChanged { client_id: None });
    }
    tx.commit().await?;
    Ok(Json(settings))
}
