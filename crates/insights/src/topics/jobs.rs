//! When topics are found: every night, after a visitor was erased, and when somebody asks for it.

use access::tenants::Operator;
use chrono::{Days, NaiveDate};
use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::{Event, Result, TenantTx, WorkspaceList};
use queue::{Job, Options};
use serde::{Deserialize, Serialize};

use super::looking::{self, Sight};
use super::{labels, store, upkeep};
use crate::Context;

/// Looks at the days of a tenant that are due. Enqueued by the trigger `topic_messages_note_gone`, under the same name.
#[derive(Debug, Serialize, Deserialize)]
pub struct FindTopics {
    pub tenant: JobTenant,
    /// Also at the day that is not over.
    pub with_today: bool,
}

impl Job for FindTopics {
    const NAME: &'static str = "find_topics";
}

/// The hour after which a day is looked at, in the workspace's time zone.
const NIGHT: i32 = 2;
/// So many days are looked at by one job; it enqueues the next.
const MOST_DAYS: i64 = 31;
/// Messages and topics are compared over so many days.
const WINDOW: Days = Days::new(35);

/// Enqueues the work of every tenant whose night has come. To be called every now and then.
pub async fn look_everywhere(ctx: &Context) -> Result<()> {
    for operator in Operator::for_all_active(&ctx.db).await? {
        if let Err(error) = look(ctx, &operator).await {
            error.log();
        }
    }
    Ok(())
}

async fn look(ctx: &Context, operator: &Operator) -> Result<()> {
    let mut tx = ctx.db.tenant(operator).await?;
    let state = store::state(&mut tx).await?;
    let has_another_zone = state.last.is_some_and(|last| last.time_zone != state.time_zone);
    let is_due = state.hour >= NIGHT && !store::due_days(&mut tx, state.today, 1).await?.is_empty();
    if is_due || has_another_zone {
        enqueue(&mut tx, false).await?;
    }
    tx.commit().await
}

/// Queues a look in the caller's transaction. One that includes today is another than the nightly one, so that neither takes
/// the other's place.
pub async fn enqueue(tx: &mut TenantTx, with_today: bool) -> Result<()> {
    let job = FindTopics {
        tenant: JobTenant::of(tx),
        with_today,
    };
    let series = format!("find_topics/{}", tx.tenant_id());
    let key = if with_today {
        format!("{series}/today")
    } else {
        series.clone()
    };
    let options = Options::default().replacing(key).in_series(series);
    queue::enqueue(tx, &job, options).await.map_err(internal)?;
    Ok(())
}

/// The handler. A day is committed at a time, so a stop loses at most one.
pub async fn find_topics(ctx: &Context, job: &FindTopics) -> Result<()> {
    let proof = &job.tenant;
    let mut tx = ctx.db.tenant_read(proof).await?;
    let state = store::state(&mut tx).await?;
    drop(tx);
    let sight = Sight::of(ctx, proof).await?;
    prepare(ctx, proof, &state, &sight).await?;
    let mut days = store::due_days(&mut ctx.db.tenant_read(proof).await?, state.today, MOST_DAYS).await?;
    let is_more = days.len() as i64 == MOST_DAYS;
    if job.with_today && !days.contains(&state.today) {
        days.push(state.today);
    }
    let mut touched = days.clone();
    for day in days {
        touched.extend(looking::look_at(ctx, proof, &sight, day).await?);
    }
    touched.extend(upkeep::merge_and_split(ctx, proof).await?);
    finish(ctx, proof, &state, &sight, touched, is_more).await
}

/// Another time zone cuts the days anew; another model makes all vectors anew.
async fn prepare(ctx: &Context, proof: &JobTenant, state: &store::State, sight: &Sight) -> Result<()> {
    let Some(last) = &state.last else { return Ok(()) };
    if last.time_zone != state.time_zone {
        let mut tx = ctx.db.tenant(proof).await?;
        store::move_days(&mut tx, &state.time_zone).await?;
        tx.commit().await?;
    }
    if last.embedder != sight.name() {
        looking::see_anew(ctx, proof, sight, first_compared(state.today)).await?;
    }
    Ok(())
}

fn first_compared(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(WINDOW).unwrap_or(NaiveDate::MIN)
}

async fn finish(
    ctx: &Context,
    proof: &JobTenant,
    state: &store::State,
    sight: &Sight,
    mut touched: Vec<NaiveDate>,
    is_more: bool,
) -> Result<()> {
    touched.sort_unstable();
    touched.dedup();
    let mut tx = ctx.db.tenant(proof).await?;
    store::tidy(&mut tx, first_compared(state.today)).await?;
    tx.commit().await?;
    labels::renew(ctx, proof).await?;
    let mut tx = ctx.db.tenant(proof).await?;
    store::count_days(&mut tx, &touched).await?;
    store::set_state(&mut tx, &state.time_zone, sight.name()).await?;
    if is_more {
        enqueue(&mut tx, false).await?;
    }
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Topics,
    });
    tx.commit().await
}
