//! When an endpoint gets its turn. Each is served by one job at a time, whatever the number of servers, so that one that
//! hangs holds up none but itself; those that fail have workers of their own.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use futures::future::join_all;
use kernel::db::JobTenant;
use kernel::error::{Kind, internal};
use kernel::ids::WebhookEndpointId;
use kernel::{Result, TenantTx};
use queue::{Job, Options};
use serde::{Deserialize, Serialize};

use super::deliveries::{self, Due};
use super::endpoints::{self, SealedEndpoint};
use super::outcome;
use super::sending::{self, Target};
use crate::Context;

/// Requests to one endpoint at a time. Together with the longest time that one takes and [`TURN`] this stays below the
/// time that a stop leaves to a job.
const AT_ONCE: i64 = 4;
/// After so long the others get their turn.
const TURN: Duration = Duration::from_secs(8);
/// Between two requests that make up for something: ten a second.
const CATCHING_UP: Duration = Duration::from_millis(100);
/// What is older was held up.
const BACKLOG_AGE: TimeDelta = TimeDelta::minutes(1);

/// Something has happened. Enqueued by triggers, in great numbers, so it does nothing but plan a turn.
#[derive(Debug, Serialize, Deserialize)]
pub struct WakeWebhooks {
    tenant: JobTenant,
    endpoint: WebhookEndpointId,
}

/// The turn of an endpoint that works.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeliverWebhooks {
    tenant: JobTenant,
    endpoint: WebhookEndpointId,
}

/// The turn of an endpoint that fails.
#[derive(Debug, Serialize, Deserialize)]
pub struct RetryWebhooks {
    tenant: JobTenant,
    endpoint: WebhookEndpointId,
}

impl Job for WakeWebhooks {
    const NAME: &'static str = "wake_webhooks";
}

impl Job for DeliverWebhooks {
    const NAME: &'static str = "deliver_webhooks";
}

impl Job for RetryWebhooks {
    const NAME: &'static str = "retry_webhooks";
}

pub async fn wake_webhooks(ctx: &Context, job: WakeWebhooks) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    wake(&mut tx, job.endpoint).await?;
    tx.commit().await
}

pub async fn deliver_webhooks(ctx: &Context, job: DeliverWebhooks) -> Result<()> {
    take_turn(ctx, Lane::Working, &job.tenant, job.endpoint).await
}

pub async fn retry_webhooks(ctx: &Context, job: RetryWebhooks) -> Result<()> {
    take_turn(ctx, Lane::Failing, &job.tenant, job.endpoint).await
}

/// Plans the endpoint's next turn, if something waits for it. Locks the endpoint: of two plans the later one stands, and it
/// is to know what the earlier one knew.
pub async fn wake(tx: &mut TenantTx, id: WebhookEndpointId) -> Result<()> {
    if let Err(error) = endpoints::store::get(tx, id).await {
        return match error.kind {
            Kind::NotFound => Ok(()),
            _ => Err(error),
        };
    }
    match endpoints::store::find_sealed(tx, id).await? {
        Some(endpoint) if endpoint.is_enabled => plan(tx, &endpoint).await,
        _ => Ok(()),
    }
}

async fn plan(tx: &mut TenantTx, endpoint: &SealedEndpoint) -> Result<()> {
    let Some(due) = deliveries::store::next_due(tx, endpoint.id).await? else {
        return Ok(());
    };
    let (tenant, name) = (JobTenant::of(tx), format!("webhooks/{}", endpoint.id));
    let mut options = Options::default().replacing(&name).in_series(&name);
    options.run_at = due.max(endpoint.paused_until).filter(|at| *at > tx.now());
    let (is_failing, endpoint) = (endpoint.failing_since.is_some(), endpoint.id);
    let planned = if is_failing {
        queue::enqueue(tx, &RetryWebhooks { tenant, endpoint }, options).await
    } else {
        queue::enqueue(tx, &DeliverWebhooks { tenant, endpoint }, options).await
    };
    planned.map_err(internal)?;
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Working,
    Failing,
}

/// What there is to do for an endpoint.
enum Next {
    Send(Target, Vec<Due>),
    /// Something waits for a later time.
    Later,
    /// Nothing, or nothing for this lane.
    Nothing,
}

async fn take_turn(ctx: &Context, lane: Lane, tenant: &JobTenant, id: WebhookEndpointId) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < TURN {
        match next(ctx, lane, tenant, id).await? {
            Next::Send(target, due) => send_all(ctx, &target, tenant, id, due).await?,
            Next::Later => {
                // the queue goes by the database's clock: if that is ahead of ours, this must not go round and round
                tokio::time::sleep(CATCHING_UP).await;
                break;
            }
            Next::Nothing => break,
        }
    }
    let mut tx = ctx.db.tenant(tenant).await?;
    wake(&mut tx, id).await?;
    tx.commit().await
}

async fn next(ctx: &Context, lane: Lane, tenant: &JobTenant, id: WebhookEndpointId) -> Result<Next> {
    let mut tx = ctx.db.tenant_read(tenant).await?;
    let now = tx.now();
    let Some(endpoint) = endpoints::store::find_sealed(&mut tx, id).await? else {
        return Ok(Next::Nothing);
    };
    if !endpoint.is_enabled || (lane == Lane::Working && endpoint.failing_since.is_some()) {
        return Ok(Next::Nothing);
    }
    if endpoint.paused_until.is_some_and(|until| until > now) {
        return Ok(Next::Later);
    }
    let due = deliveries::store::list_due(&mut tx, id, now, AT_ONCE).await?;
    if !due.is_empty() {
        return Ok(Next::Send(Target::open(&tx, &ctx.master_key, &endpoint)?, due));
    }
    let waiting = deliveries::store::next_due(&mut tx, id).await?;
    Ok(waiting.map_or(Next::Nothing, |_| Next::Later))
}

/// All at the same time. What makes up for something takes its time.
async fn send_all(
    ctx: &Context,
    target: &Target,
    tenant: &JobTenant,
    id: WebhookEndpointId,
    due: Vec<Due>,
) -> Result<()> {
    let (began, now) = (Instant::now(), ctx.db.clock.now());
    let is_late = |due: &&Due| due.attempt_count > 0 || due.created_at < now - BACKLOG_AGE;
    let late = u32::try_from(due.iter().filter(is_late).count()).unwrap_or(u32::MAX);
    let all = due.iter().map(|due| async move {
        let attempt = sending::send(ctx, target, due.event_id, &due.body).await;
        outcome::record(ctx, tenant, id, due, &attempt).await
    });
    let outcomes = join_all(all).await;
    tokio::time::sleep((CATCHING_UP * late).saturating_sub(began.elapsed())).await;
    outcomes.into_iter().collect()
}
