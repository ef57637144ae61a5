//! Keeps what is counted in step with what has happened: triggers note what has changed, and whoever reads counts it first.
//! In between a job does, so that nobody finds much left to do.

pub mod store;

use access::tenants::Operator;
use kernel::{Database, Result, TenantProof};

use crate::Context;

/// So many notes of changes in one transaction.
const BATCH: i32 = 1_000;
/// So many days in one transaction.
const PERIODS: i32 = 40;
/// A reader waits for so many batches at most.
const BATCHES: usize = 10;

/// Counts the conversations that have changed. False: there is more to count than a reader should wait for.
pub async fn catch_up(db: &Database, proof: &impl TenantProof) -> Result<bool> {
    for _ in 0..BATCHES {
        let mut tx = db.tenant(proof).await?;
        if !store::has_changed(&mut tx).await? {
            return Ok(true);
        }
        let counted = store::count_conversations(&mut tx, BATCH).await?;
        tx.commit().await?;
        if counted == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The same for the tables `analytics_…`.
pub async fn refresh(db: &Database, proof: &impl TenantProof) -> Result<()> {
    while !catch_up(db, proof).await? {}
    loop {
        let mut tx = db.tenant(proof).await?;
        if !store::has_stale_periods(&mut tx).await? || store::count_periods(&mut tx, PERIODS).await? == 0 {
            return Ok(());
        }
        tx.commit().await?;
    }
}

/// For every active tenant; one that fails does not keep the others waiting.
pub async fn refresh_everywhere(ctx: &Context) -> Result<()> {
    for operator in Operator::for_all_active(&ctx.db).await? {
        if let Err(error) = refresh(&ctx.db, &operator).await {
            error.log();
        }
    }
    Ok(())
}
