//! Killed again and again while it works on an event: that is not the event's doing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use simulators::File;
use sqlx::PgConnection;
use testkit::require_runtime;

use super::{channel, count, open_server, settled};

const TAKEN: &str = "select max(j.locked_at) from graphile_worker._private_jobs j
    join graphile_worker._private_tasks t on t.id = j.task_id
    where t.identifier = 'work_thread'";
const MESSAGES: &str = "select count(*) from messages where tenant_id = $1 and sender_type = 'user'";
const GIVEN_UP: &str = "select count(*) from inbound_events where tenant_id = $1 and status <> 'processed'";

/// Waits until somebody has taken the event's job, later than this.
async fn at_work(owner: &mut PgConnection, later_than: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    let mut look = tokio::time::interval(Duration::from_millis(20));
    loop {
        look.tick().await;
        let taken: Option<DateTime<Utc>> = sqlx::query_scalar(TAKEN)
            .fetch_one(&mut *owner)
            .await
            .expect("the queue");
        if taken > later_than {
            return taken;
        }
        assert!(tokio::time::Instant::now() < deadline, "nobody works on it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_not_given_up_for_kills_that_it_did_not_cause() {
    require_runtime!();
    let mut server = open_server().await;
    let (vendor, channel) = channel(&server, "telegram", true).await;
    // its file is fetched for as long as this test wants
    vendor.faults().hold();
    let file = File::new("list.txt", "text/plain", "Two lamps, one table");
    let sent = vendor
        .person(1)
        .sends_file(file, Some("Do you ship to Belgium?"))
        .await;
    assert_eq!(sent.and_then(|sent| sent.status), Some(200));
    let mut taken = None;
    for _ in 0..2 {
        taken = at_work(&mut server.owner().await, taken).await;
        server.kill().await;
        server.start_again().await;
    }
    // it waits now, and is seen not to be at work
    server.kill().await;
    server.start_again().await;
    at_work(&mut server.owner().await, taken).await;
    vendor.faults().clear();
    settled(&server, channel.tenant.id).await;
    let mut owner = server.owner().await;
    assert_eq!(count(&mut owner, GIVEN_UP, channel.tenant.id).await, 0);
    assert_eq!(count(&mut owner, MESSAGES, channel.tenant.id).await, 1);
    assert_eq!(vendor.record().doubled(), []);
}
