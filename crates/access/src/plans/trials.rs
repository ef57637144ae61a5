//! Trials that are over: the workspace is suspended until the operator makes a subscription of it or gives it more time.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::{Result, TenantTx};
use serde_json::json;

use super::store;
use crate::audit::SYSTEM;
use crate::instance::log::{self, Actor};
use crate::tenants;
use crate::tenants::standing;

/// So long before the end owners are reminded.
pub const REMINDER: TimeDelta = TimeDelta::days(3);

/// When the trial of this transaction's workspace ends; none: it is on none, or on one without end.
pub async fn find_end(tx: &mut TenantTx) -> Result<Option<DateTime<Utc>>> {
    let subscription = store::get_subscription(tx).await?;
    Ok(subscription
        .trial_ends_at
        .filter(|_| subscription.status == "trial"))
}

/// Suspends the workspace of this transaction if its trial is over. True: it was.
pub async fn end_if_over(tx: &mut TenantTx) -> Result<bool> {
    let now = tx.now();
    let Some(ended_at) = find_end(tx).await?.filter(|end| *end <= now) else {
        return Ok(false);
    };
    let tenant = tenants::store::get(tx).await?;
    let note = match tenant.language.starts_with("fr") {
        true => "La période d’essai est terminée.",
        false => "The trial is over.",
    };
    standing::suspend(tx, SYSTEM, Some(note)).await?;
    let subject = format!("tenant:{}", tenant.id);
    let details = json!({"trial_ended_at": ended_at});
    log::record(
        &mut *tx,
        now,
        &Actor::System,
        log::Action::TenantSuspended,
        &subject,
        details,
    )
    .await?;
    Ok(true)
}
