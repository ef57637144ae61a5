//! People write in bursts: messages that the bot is not sure to understand wait for more, and one reply answers all.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::{EventStream, Server, Tenant, Visitor, require_runtime};

use crate::support::server;

/// The longest that a channel may be set to.
const WINDOW: Duration = Duration::from_secs(10);

#[tokio::test]
async fn messages_of_a_burst_are_joined_into_one_reply() {
    require_runtime!();
    let server = server().start().await;
    unsure_messages_wait_for_the_one_that_makes_sense(&server).await;
    a_clear_question_is_answered_without_waiting(&server).await;
    all_messages_wait_if_the_channel_says_so(&server).await;
    no_message_waits_if_the_channel_says_so(&server).await;
}

async fn tenant(server: &Server, settings: Value) -> Tenant {
    let tenant = server.tenant("Shop").await;
    tenant.configure(&json!({"settings": settings})).await;
    tenant
        .teach("Do you ship to Belgium?", "Yes, to Belgium in three days.")
        .await;
    tenant
}

/// Writes and waits until the message is stored.
async fn begin(visitor: &Visitor, text: &str) -> EventStream {
    let mut stream = visitor.stream(text).await;
    stream.next_named("message").await;
    stream
}

async fn answer_of(mut stream: EventStream) -> Value {
    stream.next_named("answer").await.json()
}

async fn thread(tenant: &Tenant, visitor: &Visitor) -> Vec<String> {
    let thread = tenant.thread(visitor.conversation_id).await;
    thread
        .iter()
        .filter_map(|message| message["sender_type"].as_str().map(str::to_owned))
        .collect()
}

/// What is answered before the window's end was not brought by it.
fn assert_before_the_window_ends(asked: Instant) {
    assert!(
        asked.elapsed() < WINDOW,
        "the bot waited for the end of the window"
    );
}

async fn unsure_messages_wait_for_the_one_that_makes_sense(server: &Server) {
    let tenant = tenant(server, json!({"burst_window_ms": WINDOW.as_millis()})).await;
    let visitor = tenant.visitor().await;
    let first = begin(&visitor, "Hi").await;
    let second = begin(&visitor, "one thing about my aunt's birthday").await;
    let asked = Instant::now();
    let third = begin(&visitor, "Do you ship to Belgium?").await;
    let answers = [
        answer_of(first).await,
        answer_of(second).await,
        answer_of(third).await,
    ];
    assert_before_the_window_ends(asked);
    assert_eq!(answers[0]["message"], answers[1]["message"]);
    assert_eq!(answers[1]["message"], answers[2]["message"]);
    assert_eq!(answers[0]["message"]["text"], "Yes, to Belgium in three days.");
    assert_eq!(thread(&tenant, &visitor).await, ["user", "user", "user", "ai"]);
    let gaps = tenant.api.get("/api/v1/gaps").expect(200).await;
    assert_eq!(gaps["items"], json!([]), "what was unclear alone is no gap");
}

async fn a_clear_question_is_answered_without_waiting(server: &Server) {
    let tenant = tenant(server, json!({"burst_window_ms": WINDOW.as_millis()})).await;
    let visitor = tenant.visitor().await;
    for round in 1..=2 {
        let asked = Instant::now();
        let said = visitor.say("Do you ship to Belgium?").await;
        assert_before_the_window_ends(asked);
        assert_eq!(said["conversation"]["last_seq"], 2 * round);
    }
}

async fn all_messages_wait_if_the_channel_says_so(server: &Server) {
    let tenant = tenant(
        server,
        json!({"join_messages": "always", "burst_window_ms": 1500}),
    )
    .await;
    let visitor = tenant.visitor().await;
    let first = begin(&visitor, "Do you ship to Belgium?").await;
    let second = begin(&visitor, "I mean today").await;
    let (first, second) = (answer_of(first).await, answer_of(second).await);
    assert_eq!(first["message"]["id"], second["message"]["id"]);
    assert_eq!(thread(&tenant, &visitor).await, ["user", "user", "ai"]);
}

async fn no_message_waits_if_the_channel_says_so(server: &Server) {
    let tenant = tenant(
        server,
        json!({"join_messages": "never", "burst_window_ms": WINDOW.as_millis()}),
    )
    .await;
    let visitor = tenant.visitor().await;
    for text in ["Hi", "one thing about my aunt's birthday"] {
        let asked = Instant::now();
        visitor.say(text).await;
        assert_before_the_window_ends(asked);
    }
    assert_eq!(thread(&tenant, &visitor).await, ["user", "ai", "user", "ai"]);
}
