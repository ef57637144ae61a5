//! When rules get their turn: those of a tenant in one job at a time, in the order of what has happened.

use std::time::{Duration, Instant};

use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::{Result, TenantTx};
use queue::{Job, Options};
use serde::{Deserialize, Serialize};

use super::run;
use crate::Context;

/// After so long others get their turn.
const TURN: Duration = Duration::from_secs(8);

/// Something has happened that a rule asked for. Enqueued by triggers, so it does nothing but plan a turn.
#[derive(Debug, Serialize, Deserialize)]
pub struct WakeRules {
    tenant: JobTenant,
}

/// The turn of a tenant's rules.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunRules {
    tenant: JobTenant,
}

impl Job for WakeRules {
    const NAME: &'static str = "wake_rules";
}

impl Job for RunRules {
    const NAME: &'static str = "run_rules";
}

pub async fn wake_rules(ctx: &Context, job: WakeRules) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    plan(&mut tx).await?;
    tx.commit().await
}

pub async fn plan(tx: &mut TenantTx) -> Result<()> {
    let tenant = JobTenant::of(tx);
    let name = format!("rules/{}", tx.tenant_id());
    let options = Options::default().replacing(&name).in_series(&name);
    queue::enqueue(tx, &RunRules { tenant }, options)
        .await
        .map_err(internal)?;
    Ok(())
}

pub async fn run_rules(ctx: &Context, job: RunRules) -> Result<()> {
    let began = Instant::now();
    while run::next(ctx, &job.tenant).await? {
        if began.elapsed() > TURN {
            let mut tx = ctx.db.tenant(&job.tenant).await?;
            plan(&mut tx).await?;
            return tx.commit().await;
        }
    }
    Ok(())
}
