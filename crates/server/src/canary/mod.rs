//! A test event that goes the way of what vendors send: written down together with its job, picked up by one of the workers
//! for inbound work, marked as arrived. While none arrives visitors get no answers either, and the operator is told.

mod store;

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::error::internal;
use parking_lot::Mutex;
use queue::{Job, Options};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use tokio::time::{interval, timeout};

/// The test event's job.
#[derive(Debug, Serialize, Deserialize)]
pub struct PassCanary {}

impl Job for PassCanary {
    const NAME: &'static str = "pass_canary";
}

/// What this process has seen of the test events. Clones share it.
#[derive(Clone)]
pub struct Canary {
    every: Duration,
    last: Arc<Mutex<Last>>,
}

/// The last one that arrived, and since when it is known, by a clock that nobody can put back. In the beginning the
/// process's start.
struct Last {
    arrived_at: Option<DateTime<Utc>>,
    seen: Instant,
}

impl Canary {
    /// `every` so often one is sent.
    pub fn new(every: Duration) -> Self {
        let last = Last {
            arrived_at: None,
            seen: Instant::now(),
        };
        Self {
            every: every.max(Duration::from_secs(1)),
            last: Arc::new(Mutex::new(last)),
        }
    }

    /// What to tell the operator, if none has arrived for too long: one has had its time before the next, and as much again.
    pub fn warning(&self) -> Option<String> {
        let silent = self.last.lock().seen.elapsed();
        let seconds = silent.as_secs();
        let warning = || format!("no test event has come through the queue for {seconds} seconds");
        (silent > self.every * 2).then(warning)
    }

    /// Sends them, looks whether they arrive, and raises the alarm. For ever.
    pub async fn watch(&self, pool: &PgPool) {
        let (mut send_next, mut look_next) = (interval(self.every), interval(self.every / 4));
        loop {
            // a database that hangs must not keep the alarm from being raised
            let step = tokio::select! {
                _ = send_next.tick() => timeout(self.every, send(pool)).await,
                _ = look_next.tick() => timeout(self.every, self.look(pool)).await,
            };
            if let Ok(Err(error)) = step {
                error.log();
            }
            if let Some(warning) = self.warning() {
                tracing::warn!("{warning}");
            }
        }
    }

    async fn look(&self, pool: &PgPool) -> Result<()> {
        let Some(arrived_at) = store::last_arrival(pool).await? else {
            return Ok(());
        };
        let mut last = self.last.lock();
        if last.arrived_at != Some(arrived_at) {
            (last.arrived_at, last.seen) = (Some(arrived_at), Instant::now());
        }
        let seconds = arrived_at.timestamp_millis() as f64 / 1000.0;
        metrics::gauge!("rapport_canary_last_success_timestamp_seconds").set(seconds);
        Ok(())
    }
}

/// Sends one, unless one is under way.
async fn send(pool: &PgPool) -> Result<()> {
    let mut tx = pool.begin().await?;
    if store::begin(&mut tx).await? {
        let options = Options::default().replacing(PassCanary::NAME);
        queue::enqueue(&mut tx, &PassCanary {}, options)
            .await
            .map_err(internal)?;
    }
    tx.commit().await?;
    Ok(())
}

/// It has arrived.
pub async fn pass_canary(pool: &PgPool) -> Result<()> {
    if let Some(seconds) = store::finish(pool).await? {
        metrics::histogram!("rapport_canary_seconds").record(seconds);
    }
    Ok(())
}

/// How it is with the work of the server that serves this database, if one does.
pub enum Passage {
    NobodyWorks,
    Arrived { seconds_ago: f64 },
    Silent,
}

/// As another process sees it.
pub async fn look(pool: &PgPool, every: Duration) -> Result<Passage> {
    if !queue::has_workers(pool).await.map_err(internal)? {
        return Ok(Passage::NobodyWorks);
    }
    let age = store::age(pool).await?;
    Ok(match age.filter(|age| *age <= every.as_secs_f64() * 2.0) {
        Some(seconds_ago) => Passage::Arrived { seconds_ago },
        None => Passage::Silent,
    })
}
