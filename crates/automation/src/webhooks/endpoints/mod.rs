//! Endpoints: where a tenant wants to be told, of what, and how it goes.

pub mod api;
pub mod store;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::ids::{TenantId, WebhookEndpointId};
use kernel::secrets::MasterKey;
use kernel::{Result, TenantTx, standard_webhooks};
use serde::{Deserialize, Serialize};

use super::EventType;

/// So long the secret before the present one signs too.
pub const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// An endpoint as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = WebhookEndpoint)]
pub struct Endpoint {
    pub id: WebhookEndpointId,
    pub url: String,
    pub description: String,
    pub event_types: Vec<EventType>,
    pub secret_last4: String,
    /// Until then the secret before this one signs too; null when it no longer does.
    pub previous_secret_until: Option<DateTime<Utc>>,
    pub is_enabled: bool,
    /// Why nothing is sent.
    pub disabled_reason: Option<DisabledReason>,
    pub disabled_at: Option<DateTime<Utc>>,
    /// Nothing has succeeded since; after five days it is switched off.
    pub failing_since: Option<DateTime<Utc>>,
    /// It asked to be left alone until then.
    pub paused_until: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = WebhookDisabledReason)]
pub enum DisabledReason {
    ByHand,
    /// It answered 410: nobody lives there any more.
    Gone,
    /// Nothing but failures for five days.
    Failing,
}

/// What sending needs to know.
#[derive(Debug)]
pub struct SealedEndpoint {
    pub id: WebhookEndpointId,
    pub url: String,
    pub encrypted_secret: String,
    pub previous_secret: Option<String>,
    pub previous_secret_until: Option<DateTime<Utc>>,
    pub is_enabled: bool,
    pub failing_since: Option<DateTime<Utc>>,
    pub paused_until: Option<DateTime<Utc>>,
}

/// A secret that was just made: shown once, then only sealed.
pub struct NewSecret {
    pub text: String,
    pub sealed: String,
    pub last4: String,
}

impl NewSecret {
    pub fn make(master_key: &MasterKey, tenant: TenantId, id: WebhookEndpointId) -> Result<Self> {
        let text = standard_webhooks::new_secret();
        Ok(Self {
            sealed: master_key.seal(&context(tenant, id), &text)?,
            last4: text[text.len() - 4..].to_owned(),
            text,
        })
    }
}

/// What sealed secrets are bound to.
pub fn context(tenant: TenantId, id: WebhookEndpointId) -> String {
    format!("webhook_endpoints/{tenant}/{id}")
}

/// Stops sending. What waits has failed, and can be recovered when the endpoint is enabled again.
pub async fn disable(tx: &mut TenantTx, id: WebhookEndpointId, reason: DisabledReason) -> Result<()> {
    let now = tx.now();
    store::disable(tx, id, reason, now).await?;
    super::deliveries::store::give_up(tx, id).await
}
