//! R3 to R9, R11 and R19 for messaging channels, and chaos: the real server between simulated vendors that repeat, reorder,
//! are slow and fail.

mod arriving;
mod chaos;
mod killed;
mod leaving;
mod stopping;
mod talking;

use std::time::Duration;

use serde_json::json;
use sqlx::PgConnection;
use testkit::{Channel, Server, Vendor};
use uuid::Uuid;

use crate::shop;

async fn open_server() -> Server {
    shop::server().with_public_address().start().await
}

/// A channel of a new tenant that knows the answers. `is_quick`: the bot answers each message at once.
async fn channel(server: &Server, kind: &str, is_quick: bool) -> (Vendor, Channel) {
    let (tenant, vendor) = (shop::open(server, kind).await, Vendor::start(kind).await);
    let channel = tenant.connect(server, &vendor).await;
    if is_quick {
        channel
            .configure(&json!({"settings": {"join_messages": "never"}}))
            .await;
    }
    (vendor, channel)
}

async fn count(owner: &mut PgConnection, sql: &'static str, tenant: Uuid) -> i64 {
    sqlx::query_scalar(sql)
        .bind(tenant)
        .fetch_one(owner)
        .await
        .expect("the database answers")
}

const UNFINISHED: &str = "select (select count(*) from inbound_events where tenant_id = $1 and status = 'pending')
    + (select count(*) from deliveries where tenant_id = $1 and status in ('queued', 'sending'))
    + (select count(*) from conversations where tenant_id = $1 and awaiting_reply_since is not null and not ai_paused)";

/// What takes longer is a defect, on however busy a machine: what was in work at four deaths of the server waits for the
/// longest, eighteen minutes.
const PATIENCE: Duration = Duration::from_secs(20 * 60);

/// Waits until everything that came in is worked on, answered, and sent.
async fn settled(server: &Server, tenant: Uuid) {
    let mut owner = server.owner().await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let mut look = tokio::time::interval(Duration::from_millis(100));
    loop {
        look.tick().await;
        let unfinished = count(&mut owner, UNFINISHED, tenant).await;
        if unfinished == 0 {
            return;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "{unfinished} unfinished after {PATIENCE:?}"
        );
    }
}
