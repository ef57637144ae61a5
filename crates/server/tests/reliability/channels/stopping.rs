//! R19: SIGTERM while vendors send events. What was taken is answered and kept, what was being sent is sent to its end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use testkit::{Vendor, require_runtime};
use tokio::task::JoinSet;

use super::{channel, count, open_server, settled};
use crate::{scale, shop};

const WRITERS: u32 = 8;
const MESSAGES: &str = "select count(*) from messages where tenant_id = $1 and sender_type = 'user'";
const ANSWERED: &str = "select count(*) from messages m where m.tenant_id = $1 and m.sender_type = 'ai'
    and exists (select from deliveries d where d.tenant_id = m.tenant_id and d.message_id = m.id
        and d.status in ('sent', 'delivered', 'read'))";
const UNSURE: &str = "select count(*) from deliveries where tenant_id = $1
    and status not in ('sent', 'delivered', 'read')";
const TRIED_AGAIN: &str =
    "select count(*) from inbound_events where tenant_id = $1 and (status <> 'processed' or attempts > 1)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_loses_nothing_that_was_taken_and_leaves_nothing_half_sent() {
    require_runtime!();
    let mut server = open_server().await;
    let (vendor, channel) = channel(&server, "whatsapp", true).await;
    vendor.faults().set_latency(Duration::from_millis(100));
    let (vendor, each) = (Arc::new(vendor), 10 * scale() as u32);
    let mut writing = JoinSet::new();
    for number in 0..WRITERS {
        writing.spawn(write(vendor.clone(), number, each));
    }
    for round in 1..=3 {
        vendor.said(round * 10).await;
        let stopping = Instant::now();
        assert!(server.stop().await.success(), "a clean stop");
        println!("stopped in {:?}", stopping.elapsed());
        assert!(stopping.elapsed() < Duration::from_secs(30));
        server.start_again().await;
    }
    writing.join_all().await;
    // the vendor tries again what met no server
    let away = vendor
        .hooks()
        .posts()
        .iter()
        .filter(|post| !post.is_received())
        .count();
    while vendor.hooks().posts().iter().any(|post| !post.is_received()) {
        vendor.hooks().redeliver_failed().await;
    }
    println!("{away} webhooks met no server");
    let tenant = channel.tenant.id;
    settled(&server, tenant).await;
    let mut owner = server.owner().await;
    let written = i64::from(WRITERS * each);
    assert_eq!(count(&mut owner, MESSAGES, tenant).await, written);
    assert_eq!(count(&mut owner, ANSWERED, tenant).await, written);
    assert_eq!(
        count(&mut owner, UNSURE, tenant).await,
        0,
        "all were sent, and known to be"
    );
    assert_eq!(
        count(&mut owner, TRIED_AGAIN, tenant).await,
        0,
        "no work was cut off"
    );
    assert_eq!(vendor.record().messages().len(), written as usize);
    assert_eq!(vendor.record().doubled(), []);
}

/// Each message is of somebody new, so that each has an answer of its own.
async fn write(vendor: Arc<Vendor>, writer: u32, each: u32) {
    for line in 0..each {
        let sent = vendor.person(writer * each + line).says(shop::question(0)).await;
        assert!(
            matches!(sent.status, Some(200) | None),
            "what is taken is not refused: {sent:?}"
        );
    }
}
