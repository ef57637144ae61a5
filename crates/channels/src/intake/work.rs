//! The work on inbound events: one lane after the other, each event as often as it takes. What an event means stands in
//! [`super::handle`].

use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{Kind, internal};
use kernel::{Error, Reason, Result, TenantProof as _, TenantTx};
use queue::Attempt;

use super::handle::{self, Outcome};
use super::store::{self, End, Waiting};
use super::{Status, WorkThread};
use crate::Context;
use crate::connections::{self, Connection};

/// Of the workers one tenant holds so many at most: the rest is for the others.
pub const SHARE_OF_A_TENANT: usize = 6;
/// After so many failures an event is dead.
const MOST_ATTEMPTS: i32 = 10;
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(60);

/// Works on what waits in one lane until nothing does, or until something has to be tried again later.
pub async fn work_thread(ctx: &Context, job: WorkThread, mut attempt: Attempt) -> Result<()> {
    let _place = match ctx
        .inbound_shares
        .take(job.tenant.tenant_id(), ctx.db.clock.now())
    {
        Ok(place) => place,
        Err(at) => {
            let mut tx = ctx.db.tenant(&job.tenant).await?;
            WorkThread::enqueue(&mut tx, job.channel, &job.lane, Some(at)).await?;
            return tx.commit().await;
        }
    };
    let connection = connections::open(&ctx.db, &ctx.master_key, &job.tenant, job.channel).await?;
    // the channel was deleted, or is paused and goes on when it is resumed
    let Some(connection) = connection.filter(|connection| connection.is_active) else {
        return Ok(());
    };
    loop {
        let mut tx = ctx.db.tenant_read(&job.tenant).await?;
        let waiting = store::find_next(&mut tx, job.channel, &job.lane).await?;
        drop(tx);
        let Some(waiting) = waiting else { return Ok(()) };
        let now = ctx.db.clock.now();
        let next = match waiting.next_attempt_at.filter(|next| *next > now) {
            Some(next) => Some(next),
            None => work_on(ctx, &connection, waiting).await?,
        };
        absolve(ctx, &job, &mut attempt).await?;
        if let Some(next) = next {
            let mut tx = ctx.db.tenant(&job.tenant).await?;
            WorkThread::enqueue(&mut tx, job.channel, &job.lane, Some(next)).await?;
            return tx.commit().await;
        }
    }
}

/// This event has not killed the server: what died before did not die of those that follow.
async fn absolve(ctx: &Context, job: &WorkThread, attempt: &mut Attempt) -> Result<()> {
    if attempt.deaths > 0 {
        let mut tx = ctx.db.tenant(&job.tenant).await?;
        queue::dead::absolve(&mut tx, attempt.job_id).await?;
        tx.commit().await?;
        attempt.deaths = 0;
    }
    Ok(())
}

/// The server died of the first event of the lane too often: the others go on without it.
pub async fn give_up_thread(ctx: &Context, job: &WorkThread) -> Result<()> {
    let mut tx = ctx.db.tenant(&job.tenant).await?;
    if let Some(waiting) = store::find_next(&mut tx, job.channel, &job.lane).await? {
        let end = End::note(Reason::new(
            "server_died",
            "The server died while it worked on this, too often.",
        ));
        let now = tx.now();
        store::finish(&mut tx, waiting.id, Status::Dead, &end, now).await?;
        WorkThread::enqueue(&mut tx, job.channel, &job.lane, None).await?;
    }
    tx.commit().await
}

/// One attempt. Some: another one has to be made, at that time.
async fn work_on(ctx: &Context, connection: &Connection, waiting: Waiting) -> Result<Option<DateTime<Utc>>> {
    let outcome = attempt(ctx, connection, &waiting).await;
    // without the database nothing can be written down: the job is tried again as a whole
    if let Err(error) = &outcome
        && matches!(error.kind, Kind::Unavailable)
    {
        return outcome.map(|_| None);
    }
    let now = ctx.db.clock.now();
    let mut tx = ctx.db.tenant(connection).await?;
    let (status, end) = match outcome {
        Ok(Outcome::Done(end)) => (Status::Processed, end),
        Ok(Outcome::Strange(why)) => (Status::Quarantined, End::note(why)),
        Ok(Outcome::NotYet(cause)) => return put_off(tx, &waiting, &cause, now).await.map(Some),
        Err(error) => {
            let cause = told(&error);
            error.log();
            // what cannot be stored will not be better next time
            let is_lasting = matches!(error.kind, Kind::Invalid);
            if waiting.attempts + 1 < MOST_ATTEMPTS && !is_lasting {
                return put_off(tx, &waiting, &cause, now).await.map(Some);
            }
            metrics::counter!("rapport_inbound_dead_total").increment(1);
            (Status::Dead, End::note(cause))
        }
    };
    store::finish(&mut tx, waiting.id, status, &end, now).await?;
    tx.commit().await?;
    let took = (now - waiting.received_at).num_milliseconds().max(0);
    metrics::histogram!("rapport_inbound_seconds").record(took as f64 / 1000.0);
    Ok(None)
}

/// In a task of its own: an event that makes it panic counts as one that failed.
async fn attempt(ctx: &Context, connection: &Connection, waiting: &Waiting) -> Result<Outcome> {
    let (ctx, connection, waiting) = (ctx.clone(), connection.clone(), waiting.clone());
    let work = tokio::spawn(async move { handle::handle(&ctx, &connection, &waiting).await });
    work.await.map_err(internal)?
}

async fn put_off(
    mut tx: TenantTx,
    waiting: &Waiting,
    cause: &Reason,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>> {
    let next = now + pause(waiting.attempts);
    store::put_off(&mut tx, waiting.id, cause, next).await?;
    tx.commit().await?;
    Ok(next)
}

/// 1, 2, 4 … 60 seconds: what fails ten times has been tried for four minutes.
fn pause(attempts: i32) -> TimeDelta {
    let seconds = 1_i64.checked_shl(u32::try_from(attempts).unwrap_or(0));
    TimeDelta::seconds(seconds.unwrap_or(60).clamp(1, LONGEST_PAUSE.num_seconds()))
}

/// What may be shown of a failure.
fn told(error: &Error) -> Reason {
    match error.kind {
        Kind::Internal => Reason::new("internal", "An internal error; the server's log says more."),
        _ => Reason::said(error.detail.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_come_later_and_later_but_within_minutes() {
        let pauses: Vec<i64> = (0..MOST_ATTEMPTS)
            .map(|attempt| pause(attempt).num_seconds())
            .collect();
        assert!(
            pauses.is_sorted() && pauses.iter().sum::<i64>() < 400,
            "{pauses:?}"
        );
    }
}
