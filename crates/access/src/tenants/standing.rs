//! Whether a tenant may act. One truth, `platform.tenant_index.is_active`, which a trigger keeps: requests read it with the
//! credential, the widget with the channel's key, background jobs by [`may_act`]. So a suspension is heard on every process with
//! the next request, and by the widget within the two seconds for which channels are kept.
//!
//! A suspended tenant keeps everything: its members read, its keys are refused, its widget says politely that it is not
//! there, its jobs wait.

use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::ids::TenantId;
use kernel::{Database, Result, TenantTx};
use serde::Serialize;
use serde_json::json;

use super::store;
use crate::audit::{self, Action};

/// What members are told of a suspension.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Suspension {
    /// Null: from elsewhere, such as an import.
    pub suspended_at: Option<DateTime<Utc>>,
    /// In the words of whoever suspended it.
    pub note: Option<String>,
}

/// False for a tenant that is suspended or cancelled, or is no more.
pub async fn may_act(db: &Database, tenant: TenantId) -> Result<bool> {
    store::is_active(db, tenant).await
}

/// Stops a tenant, for people who read `note`. False: it was stopped already; then only the note is new.
pub async fn suspend(tx: &mut TenantTx, actor: &str, note: Option<&str>) -> Result<bool> {
    let note = check_note(note)?;
    let is_new = store::suspend(tx, note).await?;
    if is_new {
        record(tx, actor, Action::TenantSuspended, json!({"note": note})).await?;
    }
    Ok(is_new)
}

/// Lets it go on where it was. False: it was not stopped.
pub async fn resume(tx: &mut TenantTx, actor: &str) -> Result<bool> {
    let is_new = store::resume(tx).await?;
    if is_new {
        record(tx, actor, Action::TenantResumed, json!({})).await?;
    }
    Ok(is_new)
}

async fn record(tx: &mut TenantTx, actor: &str, action: Action, details: serde_json::Value) -> Result<()> {
    let subject = format!("tenant:{}", tx.tenant_id());
    audit::record(tx, actor, action, &subject, details).await
}

fn check_note(note: Option<&str>) -> Result<Option<&str>> {
    let note = note.map(str::trim).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > 500) {
        return Err(invalid("bad_note", "Please tell it in at most 500 characters."));
    }
    Ok(note)
}
