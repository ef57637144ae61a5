//! The audit log: who did what. Rows are written in the transaction of the deed and can never be changed.

pub mod api;
mod store;

use chrono::{DateTime, Utc};
use kernel::ids::AuditId;
use kernel::{Result, TenantTx};
use serde::Serialize;
use serde_json::Value;

pub use store::record;

/// One deed, as the API shows it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AuditEntry {
    pub id: AuditId,
    /// `user:<id>`, `api_key:<id>`, `operator` or `system`.
    pub actor: String,
    /// The name of the member or key; null when it is gone, or when it was neither.
    pub actor_name: Option<String>,
    /// Past tense: `api_key_created`.
    pub action: String,
    /// `<kind>:<id>` of what was touched.
    pub subject: Option<String>,
    /// The name of the touched member, key or channel, if it is still there.
    pub subject_name: Option<String>,
    #[schema(value_type = Object)]
    pub details: Value,
    pub created_at: DateTime<Utc>,
}

/// Adds one row for what a member or key did to themselves or to another. `action` is past tense.
pub async fn record_by(
    tx: &mut TenantTx,
    member: &crate::Member,
    action: &str,
    subject: &str,
    details: Value,
) -> Result<()> {
    record(tx, &member.actor().to_string(), action, subject, details).await
}
