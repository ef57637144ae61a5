//! Figures of each tenant: how much it uses and what fails there. Counted inside each tenant every ten minutes, and when one
//! is looked at; numbers alone leave it.

use access::tenants::Operator;
use chrono::{DateTime, Datelike as _, Utc};
use kernel::error::{Result, internal};
use kernel::{Database, TenantProof as _};
use serde::Serialize;

use super::store;

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct TenantFigures {
    pub members: i64,
    pub channels: i64,
    /// This month (UTC), whoever wrote them.
    pub messages: i64,
    /// Bytes of files and documents.
    pub storage: i64,
    /// Of models, this month (UTC), in the tenant's currency.
    pub cost: f64,
    /// Of models, this month (UTC).
    pub tokens: i64,
    pub last_activity_at: Option<DateTime<Utc>>,
    /// Background work that was given up.
    pub failed_jobs: i64,
    /// Webhooks that were switched off because nothing got through, or where nothing does.
    pub failing_webhooks: i64,
    /// Channels whose credentials do not work.
    pub failing_channels: i64,
    pub counted_at: DateTime<Utc>,
}

/// So many that were never counted are counted before a list is shown.
const MOST_NEW: i64 = 200;

/// Counts one tenant anew.
pub async fn count(db: &Database, tenant: Operator) -> Result<()> {
    let mut tx = db.tenant(&tenant).await?;
    let now = tx.now();
    let today = now.date_naive();
    let month = today.with_day(1).unwrap_or(today);
    let failed_jobs = queue::dead::count_of(&mut tx, &tenant.tenant_id().to_string())
        .await
        .map_err(internal)?;
    store::count(&mut tx, month, failed_jobs, now).await?;
    tx.commit().await
}

/// Counts those that were never counted.
pub async fn count_new(db: &Database) -> Result<()> {
    for id in store::list_uncounted(db, MOST_NEW).await? {
        if let Some(tenant) = Operator::by_id(db, id).await? {
            count(db, tenant).await?;
        }
    }
    Ok(())
}

/// Counts all of them, suspended ones too. One that fails does not keep the others waiting.
pub async fn count_all(db: &Database) -> Result<()> {
    for id in store::list_ids(db).await? {
        let counted = match Operator::by_id(db, id).await? {
            Some(tenant) => count(db, tenant).await,
            None => Ok(()),
        };
        if let Err(error) = counted {
            error.log();
        }
    }
    Ok(())
}
