//! Works the jobs until told to stop, across restarts of the database.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use graphile_worker::{
    Crontab, FailureReason, JobComplete, JobDefinition, JobFail, JobPermanentlyFail, JobRecovery,
    JobRecoveryContext, JobRecoveryResult, Worker, WorkerOptions, WorkerRecoveryConfig, WorkerShutdownConfig,
};
use parking_lot::Mutex;
use sqlx::PgPool;

use crate::handler::{Handlers, plain_cause};
use crate::schema::{self, SCHEMA};
use crate::{Error, dead};

/// How long running jobs may take to finish once a stop was asked for; then they are put back.
const GRACE: Duration = Duration::from_secs(25);

/// A stop ends after this even if the database does not answer.
const STOP_LIMIT: Duration = Duration::from_secs(29);

/// A job that killed its worker this often is given up, however many attempts it has.
const DEATHS_ALLOWED: i32 = 5;

/// So often it is looked whether the clock was put back.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(5);

/// Pause before the worker is started anew after a failure of the database.
const RESTART_PAUSE: Duration = Duration::from_millis(500);

/// The workers of this process. When the clock leaps forward all of them seem to have been silent for long.
static AT_WORK: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

type Stop = Shared<BoxFuture<'static, ()>>;

/// What happened to a job, for metrics and alarms.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// It is done.
    Done { name: String, took: Duration },
    /// It failed and will run again.
    Failed {
        job_id: i64,
        name: String,
        cause: String,
    },
    /// It failed for the last time.
    Dead {
        job_id: i64,
        name: String,
        cause: String,
    },
    /// The worker lost the database and starts anew; its jobs are put back.
    Restarting { reason: String },
}

/// Works jobs. Made by [`Runner::builder`].
pub struct Runner {
    pub(crate) pool: PgPool,
    pub(crate) concurrency: usize,
    pub(crate) handlers: Handlers,
    pub(crate) definitions: Vec<JobDefinition>,
    pub(crate) schedules: Vec<Crontab>,
    pub(crate) on_event: Arc<dyn Fn(Event) + Send + Sync>,
}

impl Runner {
    /// Works until `stop` completes, then lets running jobs finish, or puts them back, within 30 seconds.
    /// When the database goes away the worker starts anew as soon as it is back.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) {
        let stop = stop.boxed().shared();
        let mut interrupted = None;
        loop {
            let failure = tokio::select! {
                outcome = self.run_worker(&stop, &mut interrupted) => outcome.err(),
                () = self.follow_clock() => None,
                () = after(stop.clone(), STOP_LIMIT) => {
                    return tracing::error!("jobs were still running when the time to stop was over");
                }
            };
            if stop.peek().is_some() {
                return;
            }
            let reason = failure.map_or_else(|| "it ended".to_owned(), |error| error.to_string());
            tracing::warn!(reason, "the job worker stopped; starting it anew");
            (self.on_event)(Event::Restarting { reason });
            tokio::select! {
                () = stop.clone() => return,
                () = tokio::time::sleep(RESTART_PAUSE) => {}
            }
        }
    }

    /// For ever.
    async fn follow_clock(&self) {
        let mut look = tokio::time::interval(LOOK_AT_CLOCK);
        loop {
            look.tick().await;
            // an error is the database's, which the worker notices by itself
            if let Ok(moved @ 1..) = schema::follow_clock(&self.pool).await {
                tracing::warn!(
                    moved,
                    "the clock was put back; jobs that were planned before come sooner"
                );
            }
        }
    }

    /// One worker from start to end. `interrupted` is the one before it, which may have left jobs locked.
    async fn run_worker(&self, stop: &Stop, interrupted: &mut Option<String>) -> Result<(), Error> {
        if let Some(worker_id) = interrupted.as_deref() {
            self.put_back_jobs_of(worker_id).await?;
            *interrupted = None;
        }
        let worker = self.prepare_worker(stop).await?;
        *interrupted = Some(worker.worker_id().clone());
        let at_work = AtWork::new(worker.worker_id());
        let outcome = worker.run().await;
        drop(at_work);
        outcome.map_err(|error| Error::Worker(error.to_string()))
    }

    async fn prepare_worker(&self, stop: &Stop) -> Result<Worker, Error> {
        let pool = self.pool.clone();
        let options = WorkerOptions::default()
            .schema(SCHEMA)
            .pg_pool(self.pool.clone())
            .concurrency(self.concurrency)
            .define_jobs(self.definitions.iter().cloned())
            .with_crons(self.schedules.iter().cloned())
            .add_extension(self.handlers.clone())
            .worker_recovery(recovery())
            .on(JobRecovery, move |context: JobRecoveryContext| {
                let pool = pool.clone();
                async move { after_interruption(&pool, &context).await }
            })
            .worker_shutdown(
                WorkerShutdownConfig::default()
                    .listen_os_shutdown_signals(false)
                    .grace_period(GRACE)
                    .interrupted_job_retry_delay(Duration::ZERO)
                    .shutdown_signal(stop.clone()),
            );
        self.report(options)
            .init()
            .await
            .map_err(|error| Error::Schema(error.to_string()))
    }

    fn report(&self, options: WorkerOptions) -> WorkerOptions {
        let (done, failed, dead) = (self.end_of_job(), self.end_of_job(), self.end_of_job());
        options
            .on(JobComplete, move |context| {
                done(Event::Done {
                    name: context.job.task_identifier().clone(),
                    took: context.duration,
                })
            })
            .on(JobFail, move |context| {
                let name = context.job.task_identifier().clone();
                let (job_id, cause) = (*context.job.id(), plain_cause(&context.error));
                tracing::warn!(
                    job = name,
                    job_id,
                    attempt = context.job.attempts(),
                    cause,
                    "job failed; it will run again"
                );
                failed(Event::Failed { job_id, name, cause })
            })
            .on(JobPermanentlyFail, move |context| {
                let name = context.job.task_identifier().clone();
                let (job_id, cause) = (*context.job.id(), plain_cause(&context.error));
                tracing::error!(job = name, job_id, cause, "job failed for the last time");
                dead(Event::Dead { job_id, name, cause })
            })
    }

    /// Tells the listener, and wakes the workers if something waits that this one could do: they look for one job per
    /// signal, and the next one of a series or of a backlog would otherwise wait for the next look, up to a second.
    fn end_of_job(&self) -> impl Fn(Event) -> BoxFuture<'static, ()> + Send + Sync + Clone + 'static {
        let (listener, pool) = (self.on_event.clone(), self.pool.clone());
        let names: Arc<[&str]> = self.handlers.names().into();
        move |event| {
            listener(event);
            let (pool, names) = (pool.clone(), names.clone());
            Box::pin(async move { wake(&pool, &names).await })
        }
    }

    /// Nothing of that worker runs any more, so nobody has to wait until its silence is noticed.
    async fn put_back_jobs_of(&self, worker_id: &str) -> Result<(), Error> {
        let sql = "
            select
                graphile_worker.recover_dead_worker_jobs(array[$1]),
                graphile_worker.delete_stale_workers(array[$1])";
        sqlx::query(sql).bind(worker_id).execute(&self.pool).await?;
        Ok(())
    }
}

/// A worker, as long as it is there.
struct AtWork(String);

impl AtWork {
    fn new(worker: &str) -> Self {
        AT_WORK.lock().insert(worker.to_owned());
        Self(worker.to_owned())
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        AT_WORK.lock().remove(&self.0);
    }
}

/// A worker that was not heard of for so long is dead.
pub(crate) const DEAD_AFTER: Duration = Duration::from_secs(45);

/// A dead worker's jobs run again within a minute: it is looked for every 10 s.
fn recovery() -> WorkerRecoveryConfig {
    WorkerRecoveryConfig::default()
        .heartbeat_interval(Duration::from_secs(15))
        .sweep_threshold(DEAD_AFTER)
        .sweep_interval(Duration::from_secs(10))
        .recovery_delay(Duration::ZERO)
}

/// A stop costs a job nothing. A worker that died may have died of the job: that is no failure of its work, but it is
/// counted. The last attempt of one that is given up is not for the work: it says what became of it.
async fn after_interruption(pool: &PgPool, context: &JobRecoveryContext) -> JobRecoveryResult {
    if context.reason == FailureReason::ShutdownAborted {
        return JobRecoveryResult::Default;
    }
    if AT_WORK.lock().contains(&context.previous_worker_id) {
        return JobRecoveryResult::Skip;
    }
    let job_id = *context.job.id();
    // another job has been queued in its place meanwhile, which does the work
    let is_replaced = dead::is_replaced(pool, job_id).await;
    if is_replaced.unwrap_or(false) {
        return JobRecoveryResult::Default;
    }
    let noted = dead::note_death(pool, job_id, &context.previous_worker_id, DEATHS_ALLOWED).await;
    let death = match noted {
        Ok(death) => death,
        Err(error) => {
            tracing::warn!(job_id, %error, "the next look at this job will count its worker's death");
            return JobRecoveryResult::Skip;
        }
    };
    tracing::warn!(
        job_id,
        deaths = death.deaths,
        "a worker died while it worked on this job"
    );
    let attempts = match death.deaths >= DEATHS_ALLOWED {
        true => *context.job.max_attempts() - 1,
        false => (*context.job.attempts() - 1).max(0),
    };
    JobRecoveryResult::Reschedule {
        run_at: death.run_at,
        attempts: Some(attempts),
    }
}

/// Without effect when the database is gone: the worker notices that by itself.
async fn wake(pool: &PgPool, names: &[&str]) {
    let sql = "
        select pg_notify('jobs:insert', '')
        where exists (
            select
            from graphile_worker._private_jobs as jobs
            where is_available
                and run_at <= now()
                and task_id = any(array(select id from graphile_worker._private_tasks where identifier = any($1)))
        )";
    let _ = sqlx::query(sql).bind(names).execute(pool).await;
}

async fn after(event: Stop, pause: Duration) {
    event.await;
    tokio::time::sleep(pause).await;
}
