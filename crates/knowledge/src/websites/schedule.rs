//! Reading sites again by the clock: a job that waits for its time, one for each site.

use chrono::{DateTime, Utc};
use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::ids::WebsiteId;
use kernel::{Result, TenantTx};
use queue::{Job, Options};
use serde::{Deserialize, Serialize};

use super::store;
use crate::Context;

/// Begins a run when it is due.
#[derive(Debug, Serialize, Deserialize)]
pub struct StartCrawl {
    tenant: JobTenant,
    website: WebsiteId,
}

impl Job for StartCrawl {
    const NAME: &'static str = "start_crawl";
    const MAX_ATTEMPTS: u16 = 5;
}

/// Plans the next run: after the last one, or now if that is long ago.
pub async fn plan(tx: &mut TenantTx, id: WebsiteId) -> Result<()> {
    let run = store::get_run(tx, id).await?;
    let last = run.last_crawled_at.unwrap_or(tx.now());
    let next = run.crawl_frequency.after(last).map(|next| next.max(tx.now()));
    store::set_next(tx, id, next).await?;
    match next {
        Some(next) => enqueue(tx, id, next).await,
        None => Ok(()),
    }
}

async fn enqueue(tx: &mut TenantTx, id: WebsiteId, next: DateTime<Utc>) -> Result<()> {
    let job = StartCrawl {
        tenant: JobTenant::of(tx),
        website: id,
    };
    let options = Options::default().at(next).replacing(format!("start_crawl/{id}"));
    queue::enqueue(tx, &job, options).await.map_err(internal)?;
    Ok(())
}

pub async fn start_crawl(ctx: &Context, job: StartCrawl) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    let Some(run) = store::find_run(&mut tx, job.website).await? else {
        return Ok(());
    };
    // somebody may have changed the plan, begun a run by hand, or put the clock back
    match run.next_crawl_at {
        None => return Ok(()),
        Some(next) if next > tx.now() => enqueue(&mut tx, job.website, next).await?,
        Some(_) => drop(super::try_start(&mut tx, job.website).await?),
    }
    tx.commit().await
}
