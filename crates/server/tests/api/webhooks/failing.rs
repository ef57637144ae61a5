//! What becomes of what cannot be delivered.

use std::time::{Duration, Instant};

use automation::webhooks::jobs;
use automation::webhooks::sending::LONGEST;
use chrono::{DateTime, TimeDelta, Utc};
use kernel::Clock;
use serde_json::{Value, json};
use testkit::{Receiver, Reply, require_runtime};

use super::{Hook, background, wake_job};
use crate::quick_tenant;
use crate::support::server;

fn time(value: &Value) -> DateTime<Utc> {
    let time = value.as_str().and_then(|text| text.parse().ok());
    time.unwrap_or_else(|| panic!("no time: {value}"))
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// After each attempt that failed, in seconds.
const PAUSES: [i64; 9] = [
    5,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
];

#[tokio::test]
async fn it_is_tried_for_three_days_under_one_id_and_after_five_the_endpoint_is_switched_off() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let receiver = Receiver::start().await;
    let hook = Hook::make(&tenant, &receiver, &["conversation.created"]).await;
    let clock = Clock::manual(Clock::system().now());
    let ctx = background(&server, &clock, "127.0.0.0/8").await;
    receiver.reply(Reply::Status(500));
    tenant.visitor().await.say("Hello").await;
    let first = receiver.next().await;
    for pause in PAUSES {
        let made =
            usize::try_from(hook.deliveries().await[0]["attempt_count"].as_i64().unwrap_or(0)).unwrap_or(0);
        let shown = hook.after_attempts(made.max(1)).await;
        let last = shown["attempts"]
            .as_array()
            .expect("a list")
            .last()
            .expect("an attempt")
            .clone();
        assert_eq!(
            (&last["response_status"], &last["error"]),
            (&json!(500), &json!("refused"))
        );
        let next = time(&shown["delivery"]["next_attempt_at"]);
        let planned = (next - time(&last["started_at"])).num_milliseconds();
        assert!(
            (planned - pause * 1000).abs() <= pause * 200 + 3_000,
            "{planned} ms in place of {pause} s"
        );
        // not before its time
        clock.advance(next - clock.now() - TimeDelta::milliseconds(1));
        hook.take_turn(&ctx).await;
        assert_eq!(hook.deliveries().await[0]["status"], "pending");
        clock.advance(TimeDelta::milliseconds(1));
        hook.take_turn(&ctx).await;
        let again = receiver.next().await;
        assert_eq!((again.id(), &again.body), (first.id(), &first.body));
        assert!(again.timestamp() > first.timestamp() && again.is_signed_with(&hook.secret));
    }
    let over = hook.newest().await;
    assert_eq!(over["delivery"]["status"], "failed", "{over}");
    assert_eq!(over["attempts"].as_array().map(Vec::len), Some(10));
    assert!(hook.show().await["is_enabled"] == true);

    // two more days of nothing but failures
    clock.advance(TimeDelta::days(2) + TimeDelta::hours(1));
    let replayed = over["delivery"]["id"].as_str().expect("an id");
    tenant
        .api
        .post(&format!("/api/v1/webhook-deliveries/{replayed}/replay"))
        .expect(200)
        .await;
    receiver.next().await;
    hook.after_attempts(11).await;
    hook.take_turn(&ctx).await;
    clock.advance(TimeDelta::seconds(10));
    hook.take_turn(&ctx).await;
    receiver.next().await;
    let off = hook.show().await;
    assert_eq!(
        (&off["is_enabled"], &off["disabled_reason"]),
        (&json!(false), &json!("failing"))
    );
    let noted = hook.audit().await[0].clone();
    assert_eq!(
        (&noted["action"], &noted["actor"]),
        (&json!("webhook_disabled"), &json!("system"))
    );

    // back again: what was missed is made up for
    receiver.reply(Reply::Status(204));
    let recover = json!({"since": "2020-01-01T00:00:00Z"});
    let refused = tenant
        .api
        .post(&hook.path("/recover"))
        .json(&recover)
        .send()
        .await;
    refused.problem(409, "webhook_disabled");
    hook.change(json!({"is_enabled": true})).await;
    let recovered = tenant
        .api
        .post(&hook.path("/recover"))
        .json(&recover)
        .expect(200)
        .await;
    assert_eq!(recovered["count"], 1);
    let last = receiver.next().await;
    assert_eq!((last.id(), &last.body), (first.id(), &first.body));
    let over = hook.after_attempts(13).await;
    assert_eq!(
        (&over["delivery"]["status"], &hook.show().await["failing_since"]),
        (&json!("delivered"), &Value::Null)
    );
}

#[tokio::test]
async fn an_endpoint_that_asks_for_a_pause_gets_it() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let receiver = Receiver::start().await;
    let hook = Hook::make(&tenant, &receiver, &["conversation.created"]).await;
    receiver.reply(Reply::With(429, "retry-after", "3600".into()));
    let before = Clock::system().now();
    tenant.visitor().await.say("Hello").await;
    let first = receiver.next().await;
    let shown = hook.after_attempts(1).await;
    hook.paused().await;
    let until = time(&hook.show().await["paused_until"]);
    assert!(until >= before + TimeDelta::hours(1), "{until}");
    assert!(time(&shown["delivery"]["next_attempt_at"]) >= until);
    assert_eq!(shown["delivery"]["error"], "overloaded");
    // what happens meanwhile waits as well
    receiver.reply(Reply::Status(200));
    tenant.visitor().await.say("Hello").await;
    let clock = Clock::manual(until - TimeDelta::seconds(1));
    let ctx = background(&server, &clock, "127.0.0.0/8").await;
    hook.take_turn(&ctx).await;
    assert!(receiver.rest().await.is_empty());
    clock.advance(TimeDelta::seconds(2));
    hook.take_turn(&ctx).await;
    let (one, other) = (receiver.next().await, receiver.next().await);
    assert!(one.id() == first.id() || other.id() == first.id());
    assert_eq!(hook.show().await["paused_until"], Value::Null);
}

#[tokio::test]
async fn what_was_missed_is_made_up_for_at_ten_a_second() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let receiver = Receiver::start().await;
    let hook = Hook::make(&tenant, &receiver, &["message.created"]).await;
    receiver.reply(Reply::With(429, "retry-after", "3600".into()));
    let visitor = tenant.visitor().await;
    visitor.say("thanks").await;
    receiver.next().await;
    hook.paused().await;
    for _ in 0..12 {
        visitor.say("thanks").await;
    }
    let missed = hook.deliveries().await.len();
    assert_eq!(missed, 26);
    receiver.rest().await;
    receiver.reply(Reply::Status(200));
    let clock = Clock::manual(Clock::system().now() + TimeDelta::hours(2));
    let ctx = background(&server, &clock, "127.0.0.0/8").await;
    let began = Instant::now();
    hook.take_turn(&ctx).await;
    let took = began.elapsed();
    assert_eq!(receiver.rest().await.len(), missed);
    assert!(took >= Duration::from_millis(2_500), "{missed} in {took:?}");
    assert!(
        hook.deliveries()
            .await
            .iter()
            .all(|one| one["status"] == "delivered")
    );
}

#[tokio::test]
async fn another_address_gets_at_once_what_was_waiting() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (busy, better) = (Receiver::start().await, Receiver::start().await);
    let hook = Hook::make(&tenant, &busy, &["conversation.created"]).await;
    busy.reply(Reply::With(429, "retry-after", "3600".into()));
    tenant.visitor().await.say("Hello").await;
    let first = busy.next().await;
    hook.after_attempts(1).await;
    hook.paused().await;
    let moved = hook.change(json!({"url": better.url()})).await;
    assert_eq!(
        (&moved["paused_until"], &moved["failing_since"]),
        (&Value::Null, &Value::Null)
    );
    let again = better.next().await;
    assert_eq!((again.id(), &again.body), (first.id(), &first.body));
}

#[tokio::test]
async fn one_that_hangs_holds_up_nobody_else() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (hanging, healthy) = (Receiver::start().await, Receiver::start().await);
    hanging.reply(Reply::Nothing);
    for _ in 0..3 {
        Hook::make(&tenant, &hanging, &["message.created"]).await;
    }
    Hook::make(&tenant, &healthy, &["message.created"]).await;
    let visitor = tenant.visitor().await;
    let mut slowest = Duration::ZERO;
    for _ in 0..10 {
        visitor.say("thanks").await;
        let said = Instant::now();
        for _ in 0..2 {
            healthy.next().await;
        }
        slowest = slowest.max(said.elapsed());
    }
    println!("the slowest took {slowest:?}");
    // who is held up waits until a request that hangs is given up
    assert!(slowest < LONGEST, "{slowest:?}");
    let open = hanging.rest().await.len();
    assert!((1..=12).contains(&open), "{open} requests to three that hang");
}

#[tokio::test]
async fn an_address_that_is_no_longer_allowed_is_not_called() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let receiver = Receiver::start().await;
    let hook = Hook::make(&tenant, &receiver, &["conversation.created"]).await;
    receiver.reply(Reply::Status(500));
    tenant.visitor().await.say("Hello").await;
    receiver.next().await;
    hook.after_attempts(1).await;
    let clock = Clock::manual(Clock::system().now() + TimeDelta::minutes(10));
    // the operator has closed it since
    let ctx = background(&server, &clock, "").await;
    hook.take_turn(&ctx).await;
    let shown = hook.newest().await;
    let errors: Vec<_> = shown["attempts"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|made| made["error"].clone())
        .collect();
    assert_eq!(errors.last(), Some(&json!("address_not_allowed")), "{errors:?}");
    jobs::wake_webhooks(&ctx, wake_job(&hook)).await.expect("a plan");
    assert!(receiver.rest().await.len() < 2);
}
