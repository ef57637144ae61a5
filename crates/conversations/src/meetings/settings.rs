//! How meetings are booked: the link that is offered, and Cal.com's webhook. HTTP and what it means.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, present};
use kernel::ids::TenantId;
use kernel::secrets;
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{scheduler, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_meeting_settings, update_meeting_settings))
}

/// How meetings are booked.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct MeetingSettings {
    /// Offered where a channel has no booking link of its own.
    booking_url: Option<String>,
    /// Where Cal.com tells what was booked. Paste it there, with the secret. Null if the server does not know its address.
    webhook_url: Option<String>,
    /// Without a secret nothing that comes is believed.
    has_calcom_secret: bool,
    /// Free times of our own, offered where a channel has no booking link.
    scheduler: scheduler::Settings,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct MeetingSettingsPatch {
    /// A https address.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    booking_url: Option<Option<String>>,
    /// The same as in Cal.com, 8 to 200 characters; null forgets it.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    calcom_secret: Option<Option<String>>,
    scheduler: Option<scheduler::input::Patch>,
}

/// Where a workspace's bookings arrive. The address is signed, so that the tenant is known without a look-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Door {
    #[serde(rename = "t")]
    tenant_id: TenantId,
}

impl TenantProof for Door {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }
}

pub const PATH: &str = "/hooks/calcom";

impl Door {
    fn key(ctx: &Context, tenant: TenantId) -> String {
        let claims = secrets::encode(tenant.0.as_bytes());
        let signature = secrets::encode(&Self::signature(ctx, &claims));
        format!("{claims}.{signature}")
    }

    pub fn open(ctx: &Context, key: &str) -> Option<Self> {
        let (claims, given) = key.split_once('.')?;
        if !secrets::equal(&secrets::decode(given)?, &Self::signature(ctx, claims)) {
            return None;
        }
        let bytes = secrets::decode(claims)?;
        let tenant_id = uuid::Uuid::from_slice(&bytes).ok()?.into();
        Some(Self { tenant_id })
    }

    fn signature(ctx: &Context, claims: &str) -> [u8; 32] {
        secrets::sign(&ctx.master_key.derive("calcom-webhook"), claims.as_bytes())
    }
}

/// What the sealed secret is bound to.
pub fn seal_context(tenant: TenantId) -> String {
    format!("meetings/{tenant}/calcom")
}

fn shown(
    ctx: &Context,
    tenant: TenantId,
    stored: store::Settings,
    scheduler: scheduler::Settings,
) -> MeetingSettings {
    let base = ctx.public_url.as_deref();
    MeetingSettings {
        booking_url: stored.booking_url,
        webhook_url: base.map(|base| {
            let base = base.trim_end_matches('/');
            format!("{base}{PATH}/{}", Door::key(ctx, tenant))
        }),
        has_calcom_secret: stored.calcom_secret.is_some(),
        scheduler,
    }
}

/// Read how meetings are booked.
#[utoipa::path(get, path = "/meetings/settings", operation_id = "get_meeting_settings", tag = "meetings",
    responses((status = 200, body = MeetingSettings)))]
async fn get_meeting_settings(State(ctx): State<Context>, member: Member) -> Result<Json<MeetingSettings>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let stored = store::get_settings(&mut tx).await?;
    let scheduler = scheduler::store::get(&mut tx).await?;
    Ok(Json(shown(&ctx, member.tenant_id(), stored, scheduler)))
}

/// Change how meetings are booked.
#[utoipa::path(patch, path = "/meetings/settings", operation_id = "update_meeting_settings", tag = "meetings",
    request_body = MeetingSettingsPatch, responses((status = 200, body = MeetingSettings), (status = 422, body = Problem)))]
async fn update_meeting_settings(
    State(ctx): State<Context>,
    member: Member,
    Json(patch): Json<MeetingSettingsPatch>,
) -> Result<Json<MeetingSettings>> {
    member.require(Permission::ManageWorkspace)?;
    let tenant = member.tenant_id();
    let mut tx = ctx.db.tenant(&member).await?;
    let mut stored = store::get_settings(&mut tx).await?;
    if let Some(url) = patch.booking_url {
        stored.booking_url = url.map(check_url).transpose()?.flatten();
    }
    if let Some(secret) = patch.calcom_secret {
        stored.calcom_secret = match secret {
            Some(secret) => {
                check_secret(&secret)?;
                Some(ctx.master_key.seal(&seal_context(tenant), &secret)?)
            }
            None => None,
        };
    }
    store::set_settings(&mut tx, &stored).await?;
    let mut scheduler = scheduler::store::get(&mut tx).await?;
    if let Some(patch) = patch.scheduler {
        scheduler::store::set(&mut tx, &patch.apply(scheduler)?).await?;
        scheduler = scheduler::store::get(&mut tx).await?;
    }
    let details = json!({"booking_url": stored.booking_url, "has_calcom_secret": stored.calcom_secret.is_some(),
        "is_scheduler_on": scheduler.is_on, "duration_minutes": scheduler.duration_minutes});
    audit::record_by(
        &mut tx,
        &member,
        Action::MeetingSettingsChanged,
        "meetings",
        details,
    )
    .await?;
    tx.commit().await?;
    Ok(Json(shown(&ctx, tenant, stored, scheduler)))
}

fn check_url(url: String) -> Result<Option<String>> {
    let url = url.trim().to_owned();
    if url.is_empty() {
        return Ok(None);
    }
    let parsed = url::Url::parse(&url)
        .ok()
        .filter(|_| url.len() <= 500 && url.starts_with("https://"));
    // visitors see it
    if parsed.is_some_and(|url| url.username().is_empty() && url.password().is_none()) {
        return Ok(Some(url));
    }
    let detail =
        "`booking_url` starts with https://, names no user or password and has at most 500 characters.";
    Err(invalid("bad_booking_url", detail))
}

fn check_secret(secret: &str) -> Result<()> {
    if (8..=200).contains(&secret.chars().count()) {
        return Ok(());
    }
    let detail =
        "The secret has 8 to 200 characters. Use a long random one, and write the same into Cal.com.";
    Err(invalid("bad_secret", detail))
}
