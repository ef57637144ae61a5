//! Gaps that ask the same, as one piece of work: ranked by how many visitors wait for the answer, answered once for
//! all of their wordings.

pub mod api;
pub mod grouping;
mod store;

use chrono::{DateTime, Utc};
use kernel::db::JobTenant;
use kernel::ids::{GapId, QaPairId, VersionId};
use kernel::{Event, Result, TenantTx};
use queue::{Job, Options};
use serde::{Deserialize, Serialize};

use super::{Gap, Status};
use crate::Context;
use crate::embedding::{self, jobs};

pub use store::{HumanAnswer, count_open};

/// Open gaps that ask the same.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = GapCluster)]
pub struct Cluster {
    /// The id of its oldest gap.
    pub id: GapId,
    /// The wording that was asked most.
    pub question: String,
    /// How many wordings are open.
    pub gap_count: i64,
    /// Different visitors who asked and got no answer.
    pub visitors: i64,
    pub times_asked: i64,
    pub asked_last_7_days: i64,
    pub asked_7_days_before: i64,
    pub languages: Vec<String>,
    /// The newest draft that closes some of them once it is published.
    pub draft_id: Option<VersionId>,
    /// A version that took an answer to one of them back.
    pub reopened_by: Option<VersionId>,
    pub first_asked_at: DateTime<Utc>,
    pub last_asked_at: DateTime<Utc>,
}

/// Puts a tenant's gaps together anew.
#[derive(Debug, Serialize, Deserialize)]
pub struct GroupGaps {
    pub tenant: JobTenant,
}

impl Job for GroupGaps {
    const NAME: &'static str = "group_gaps";
}

/// Gaps that come in within the same so many seconds are grouped by one job.
const SLOT_SECONDS: i64 = 5;
/// The newest gaps that are compared with each other.
const MOST_GAPS: i64 = 2_000;

/// Queues the work in the caller's transaction, at the end of the present slot, so that a stream of gaps does not put
/// it off for ever.
pub async fn enqueue(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<()> {
    let job = GroupGaps {
        tenant: JobTenant::of(tx),
    };
    let key = format!("group_gaps/{}", tx.tenant_id());
    let slot = now.timestamp().div_euclid(SLOT_SECONDS) + 1;
    let at = DateTime::from_timestamp(slot * SLOT_SECONDS, 0).unwrap_or_default();
    let options = Options::default().replacing(key.clone()).in_series(key).at(at);
    queue::enqueue(tx, &job, options)
        .await
        .map_err(kernel::error::internal)?;
    Ok(())
}

/// The handler. What it finds depends on the gaps alone, so that it may run as often as it likes.
pub async fn group_gaps(ctx: &Context, job: GroupGaps) -> Result<()> {
    jobs::embed_waiting(ctx, &job.tenant).await?;
    let gaps = store::list_to_group(&mut ctx.db.tenant_read(&job.tenant).await?, MOST_GAPS).await?;
    let grouped = tokio::task::spawn_blocking(move || grouping::group(gaps));
    let moved = grouped.await.map_err(kernel::error::internal)?;
    if moved.is_empty() {
        return Ok(());
    }
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    // the embedding of new gaps changes several rows at once as well
    embedding::store::lock(&mut tx).await?;
    store::set_clusters(&mut tx, &moved).await?;
    tx.commit().await
}

/// The open gaps that ask the same as this one, itself among them, the most asked first; all that were closed too
/// where none is open.
pub async fn list_gaps(tx: &mut TenantTx, id: GapId) -> Result<Vec<Gap>> {
    let gap = super::store::get(tx, id).await?;
    let mut gaps = store::list_gaps(tx, gap.cluster_id).await?;
    if gaps.iter().any(|gap| gap.status == Status::Open) {
        gaps.retain(|gap| gap.status == Status::Open);
    }
    Ok(gaps)
}

/// What people wrote to visitors who had asked one of these, the newest first.
pub async fn list_human_answers(tx: &mut TenantTx, gaps: &[Gap], limit: i64) -> Result<Vec<HumanAnswer>> {
    let ids: Vec<GapId> = gaps.iter().map(|gap| gap.id).collect();
    store::list_human_answers(tx, &ids, limit).await
}

/// Closes those of the gaps that are open, and tells open dashboards.
pub async fn close(
    tx: &mut TenantTx,
    gaps: &[GapId],
    status: Status,
    resolved_by: Option<QaPairId>,
) -> Result<Vec<GapId>> {
    let closed = super::store::close_open(tx, gaps, status, resolved_by).await?;
    for gap_id in &closed {
        tx.emit(Event::GapChanged { gap_id: *gap_id });
    }
    Ok(closed)
}
