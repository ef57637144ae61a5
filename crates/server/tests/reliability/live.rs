//! R10: live streams that are cut and resumed show every message once, in order.

use testkit::{Tenant, Visitor};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{scale, shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_cut_at_random_shows_every_message_once() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let tenant = shop::open(&server, "Live").await;
    let (conversations, listeners, questions) = (8, 40 * scale(), 10);
    let mut visitors = Vec::new();
    for _ in 0..conversations {
        visitors.push(tenant.visitor().await);
    }
    let mut listening = JoinSet::new();
    for number in 0..listeners {
        let visitor = visitors[number % conversations].clone();
        listening.spawn(async move { listen(&visitor, questions * 2).await });
    }
    let mut writing = JoinSet::new();
    for visitor in visitors {
        writing.spawn(async move {
            for number in 0..questions {
                visitor.say(shop::question(number as usize)).await;
            }
        });
    }
    writing.join_all().await;
    let cuts: usize = listening.join_all().await.into_iter().sum();
    println!("{cuts} cuts");
    assert!(cuts > listeners, "streams were cut");
}

/// Follows a conversation to its `last` message through one cut after another. How many there were.
async fn listen(visitor: &Visitor, last: i64) -> usize {
    let (mut seen, mut cuts) = (0, 0);
    loop {
        let mut stream = visitor.events(Some(seen)).await;
        let until = seen + 1 + (Uuid::now_v7().as_u128() % 4) as i64;
        while seen < until.min(last) {
            let event = stream.next().await.expect("the stream goes on");
            assert_ne!(event.name, "resync", "nothing was missed");
            if event.name != "message" {
                continue;
            }
            let seq = event.json()["seq"].as_i64().expect("a number");
            assert_eq!(event.id, Some(seq.to_string()));
            assert_eq!(seq, seen + 1, "each message once, in order");
            seen = seq;
        }
        if seen == last {
            return cuts;
        }
        cuts += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_who_missed_too_much_is_told_to_read_anew() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let tenant = shop::open(&server, "Missed").await;
    let visitor = tenant.visitor().await;
    visitor.say(shop::question(0)).await;
    write_many(&server, &tenant, visitor.conversation_id, 600).await;
    let mut stream = visitor.events(Some(1)).await;
    assert_eq!(stream.next().await.expect("an event").name, "resync");
    let history = visitor.history().await;
    let read = history["messages"]
        .as_array()
        .expect("messages")
        .last()
        .expect("a message")["seq"]
        .clone();
    assert_eq!(read, 602, "the history ends where the conversation does");
    visitor.say(shop::question(1)).await;
    let seen = [
        stream.next_named("message").await.id,
        stream.next_named("message").await.id,
    ];
    assert_eq!(
        seen,
        [Some("603".into()), Some("604".into())],
        "and goes on live from there"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dashboard_that_comes_back_is_told_to_read_anew_and_goes_on() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let tenant = shop::open(&server, "Dashboard").await;
    let visitor = tenant.visitor().await;
    let mut stream = tenant.api.get("/api/v1/events").stream().await;
    assert_eq!(stream.next().await.expect("an event").name, "ready");
    visitor.say(shop::question(0)).await;
    let event = stream.next_named("message").await;
    assert_eq!(event.json()["message"]["seq"], 1);
    drop(stream);
    visitor.say(shop::question(1)).await;
    let resumed = tenant
        .api
        .get("/api/v1/events")
        .header("last-event-id", event.id.as_deref().expect("an id"));
    let mut stream = resumed.stream().await;
    assert_eq!(stream.next().await.expect("an event").name, "resync");
    assert_eq!(
        tenant.thread(visitor.conversation_id).await.len(),
        4,
        "what was missed is there to be read"
    );
    visitor.say(shop::question(2)).await;
    for seq in [5, 6] {
        assert_eq!(stream.next_named("message").await.json()["message"]["seq"], seq);
    }
}

/// Adds messages as an import would, without anybody being told.
async fn write_many(server: &testkit::Server, tenant: &Tenant, conversation: Uuid, count: i32) {
    sqlx::query(
        "insert into messages (tenant_id, id, conversation_id, seq, sender_type, text_content)
        select $1, gen_random_uuid(), $2, 0, 'system', 'line ' || number from generate_series(1, $3) as number",
    )
    .bind(tenant.id)
    .bind(conversation)
    .bind(count)
    .execute(&mut server.owner().await)
    .await
    .expect("the lines are written");
}
