//! What `/metrics` says of the queue and the database: looked up, not counted where it happens.

mod store;

use std::time::Duration;

use kernel::{Database, Result};
use sqlx::PgPool;

/// Work that waits longer is worth a look: visitors' messages are among it.
const LATE: f64 = 60.0;

/// Every quarter of a minute. What cannot be looked up stays as it was.
pub async fn watch_forever(pool: &PgPool) {
    let mut tick = tokio::time::interval(Duration::from_secs(15));
    loop {
        tick.tick().await;
        let _ = watch(pool).await;
    }
}

async fn watch(pool: &PgPool) -> Result<()> {
    let mut connection = pool.acquire().await?;
    let backlog = queue::dead::backlog(&mut connection).await?;
    metrics::gauge!("rapport_jobs_waiting").set(backlog.waiting as f64);
    metrics::gauge!("rapport_jobs_dead").set(backlog.dead as f64);
    metrics::gauge!("rapport_jobs_oldest_waiting_seconds").set(backlog.oldest_waiting_seconds);
    if backlog.oldest_waiting_seconds > LATE {
        let (waiting, seconds) = (backlog.waiting, backlog.oldest_waiting_seconds);
        tracing::warn!(waiting, seconds, "work waits for more than a minute");
    }
    let state = store::state(&mut connection).await?;
    metrics::gauge!("rapport_database_sessions").set(state.sessions as f64);
    metrics::gauge!("rapport_database_sessions_allowed").set(state.sessions_allowed as f64);
    metrics::gauge!("rapport_database_bytes").set(state.bytes as f64);
    Ok(())
}

/// This process's own connections, as they are at this moment.
pub fn note_pools(db: &Database, jobs: &PgPool) {
    let [app, platform] = db.pools();
    for (name, pool) in [("requests", app), ("look_ups", platform), ("jobs", jobs)] {
        let idle = pool.num_idle().min(pool.size() as usize);
        let used = pool.size() as usize - idle;
        for (state, connections) in [("used", used), ("idle", idle)] {
            metrics::gauge!("rapport_database_connections", "pool" => name, "state" => state)
                .set(connections as f64);
        }
        let most = pool.options().get_max_connections();
        metrics::gauge!("rapport_database_connections_allowed", "pool" => name).set(f64::from(most));
    }
}
