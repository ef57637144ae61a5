//! R18: the clock is put back by an hour. What waits to be tried again waits as long as it was to, twice as long at most.

use std::time::{Duration, Instant};

use serde_json::json;
use simulators::Fault;
use testkit::{Receiver, Reply, Tenant, Vendor, require_runtime};

use crate::shop;

/// The pause that is asked for, in seconds.
const PAUSE: &str = "6";
/// It is tried again after twice that and the five seconds between two looks at the clock; the rest is for a busy machine.
const LONGEST: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_to_a_vendor_that_asked_for_a_pause_does_not_wait_an_hour() {
    require_runtime!();
    let server = shop::server().with_public_address().start().await;
    let (tenant, vendor) = (shop::open(&server, "Clock").await, Vendor::start("api").await);
    let channel = tenant.connect(&server, &vendor).await;
    let quick = json!({"settings": {"join_messages": "never"}});
    channel.configure(&quick).await;
    let busy = simulators::Reply::json(503, &json!({})).with("retry-after", PAUSE);
    vendor.faults().next(1, &Fault::Refuse(busy));
    vendor.person(1).says(shop::question(0)).await;
    let refused =
        channel.thread_until(|thread| thread.len() == 2 && thread[1]["delivery"]["code"] == "status_503");
    refused.await;
    server.put_clock_back().await;
    let began = Instant::now();
    channel.delivered(shop::KNOWN[0].1, "read").await;
    assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
    assert_eq!(vendor.record().doubled(), []);
}

/// Waits until so many attempts at the newest delivery have been written down.
async fn attempts(tenant: &Tenant, endpoint: &str, count: i64) {
    let log = format!("/api/v1/webhook-endpoints/{endpoint}/deliveries");
    let mut look = tokio::time::interval(Duration::from_millis(50));
    while tenant.api.get(&log).expect(200).await["items"][0]["attempt_count"] != count {
        look.tick().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_failed_or_asked_for_a_pause_does_not_wait_an_hour() {
    require_runtime!();
    let server = shop::server().start().await;
    let tenant = server.tenant("Clock").await;
    for refusal in [Reply::Status(500), Reply::With(429, "retry-after", PAUSE.into())] {
        println!("{refusal:?}");
        let receiver = Receiver::start().await;
        let hook = json!({"url": receiver.url(), "event_types": ["conversation.created"]});
        let made = tenant.api.post("/api/v1/webhook-endpoints").json(&hook);
        let endpoint = made.expect(201).await["endpoint"]["id"].clone();
        let endpoint = endpoint.as_str().expect("an id");
        receiver.reply(refusal);
        tenant.visitor().await.say("Hello").await;
        let first = receiver.next().await;
        attempts(&tenant, endpoint, 1).await;
        server.put_clock_back().await;
        receiver.reply(Reply::Status(500));
        let began = Instant::now();
        let again = receiver.next().await;
        assert!(began.elapsed() < LONGEST, "{:?}", began.elapsed());
        assert_eq!((again.id(), &again.body), (first.id(), &first.body));
        attempts(&tenant, endpoint, 2).await;
        // and nothing of the old pause is left for what happens later
        receiver.reply(Reply::Status(200));
        tenant.visitor().await.say("Hello").await;
        let next = receiver.next().await;
        assert!(next.id() != first.id(), "it was told twice");
    }
}
