//! What came of an attempt, written down: for the delivery, and for its endpoint.

use access::audit::{self, Action, SYSTEM};
use chrono::{DateTime, Utc};
use kernel::db::JobTenant;
use kernel::ids::WebhookEndpointId;
use kernel::{Result, TenantTx};
use serde_json::json;

use super::deliveries::{self, Due, Status};
use super::endpoints::{self, DisabledReason};
use super::schedule::{self, FAILING_FOR};
use super::sending::Attempt;
use crate::Context;

pub async fn record(
    ctx: &Context,
    tenant: &JobTenant,
    endpoint: WebhookEndpointId,
    due: &Due,
    attempt: &Attempt,
) -> Result<()> {
    let mut tx = ctx.db.tenant(tenant).await?;
    let now = tx.now();
    let pause = (attempt.error == Some("overloaded"))
        .then(|| schedule::paused_until(attempt.retry_after.as_deref(), now));
    let (status, next) = plan(due, attempt, pause, now);
    // the endpoint before its deliveries: in this order switching it off locks them
    let failing_since = match attempt.error {
        None => endpoints::store::note_success(&mut tx, endpoint)
            .await
            .map(|()| None)?,
        Some(_) => endpoints::store::note_failure(&mut tx, endpoint, now, pause).await?,
    };
    // erased with its visitor, or given up with its endpoint
    if !deliveries::store::note_attempt(&mut tx, due.id, status, next, attempt).await? {
        return Ok(());
    }
    deliveries::store::insert_attempt(&mut tx, due.id, attempt).await?;
    let is_gone = attempt.error == Some("gone");
    if let Some(since) = failing_since {
        give_up(&mut tx, endpoint, since, is_gone).await?;
    }
    tx.commit().await
}

fn plan(
    due: &Due,
    attempt: &Attempt,
    pause: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> (Status, Option<DateTime<Utc>>) {
    if attempt.error.is_none() {
        return (Status::Delivered, None);
    }
    match schedule::next_attempt(due.attempt_count + 1, now) {
        Some(next) => (Status::Pending, Some(pause.map_or(next, |pause| next.max(pause)))),
        None => (Status::Failed, None),
    }
}

/// Switches off what is gone, and what has failed for days.
async fn give_up(
    tx: &mut TenantTx,
    endpoint: WebhookEndpointId,
    since: DateTime<Utc>,
    is_gone: bool,
) -> Result<()> {
    let reason = match tx.now() - since {
        _ if is_gone => DisabledReason::Gone,
        failing_for if failing_for >= FAILING_FOR => DisabledReason::Failing,
        _ => return Ok(()),
    };
    let url = endpoints::store::get(tx, endpoint).await?.url;
    endpoints::disable(tx, endpoint, reason).await?;
    tracing::warn!(%endpoint, ?reason, "a webhook was switched off");
    let (subject, details) = (
        endpoints::api::subject(endpoint),
        json!({"name": url, "reason": reason}),
    );
    audit::record(tx, SYSTEM, Action::WebhookDisabled, &subject, details).await
}
