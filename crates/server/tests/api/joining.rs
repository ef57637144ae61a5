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
    each_question_of_a_burst_is_a_gap_of_its_own(&server).await;
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
        json!({"join_messages": "always", "burst_window_ms": 6000}),
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

async fn each_question_of_a_burst_is_a_gap_of_its_own(server: &Server) {
    let tenant = tenant(
        server,
        json!({"join_messages": "always", "burst_window_ms": 6000, "confidence_threshold": 0.95}),
    )
    .await;
    let visitor = tenant.visitor().await;
    let asked = ["Do you tune pianos?", "Who painted the chapel ceiling?"];
    let first = begin(&visitor, asked[0]).await;
    let second = begin(&visitor, asked[1]).await;
    let (first, second) = (answer_of(first).await, answer_of(second).await);
    assert_eq!(first["message"]["id"], second["message"]["id"]);
    let gaps = tenant.api.get("/api/v1/gaps").expect(200).await;
    let gaps = gaps["items"].as_array().expect("a list").clone();
    let mut questions: Vec<&str> = gaps.iter().filter_map(|gap| gap["question"].as_str()).collect();
    questions.sort_unstable();
    assert_eq!(questions, asked);
    for gap in &gaps {
        let path = format!("/api/v1/gaps/{}/occurrences", gap["id"].as_str().expect("an id"));
        let found = tenant.api.get(&path).expect(200).await;
        assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
        let once = &found["items"][0];
        assert_eq!(once["question"], gap["question"], "each with its own message");
        assert_eq!(
            once["answer"], first["message"]["text"],
            "and the one reply to both"
        );
    }

    // what the knowledge does answer alone is no gap
    let visitor = tenant.visitor().await;
    let asked = [
        "Who feeds the tortoises of the attic in the long winter?",
        "Do you ship to Belgium?",
        "Which painter restored the old violins of the orchestra last year?",
    ];
    let mut answers = Vec::new();
    for question in asked {
        answers.push(begin(&visitor, question).await);
    }
    let answer = answer_of(answers.pop().expect("three")).await;
    assert_eq!(answer["answer"]["gap_detected"], true, "{answer}");
    let gaps = tenant.api.get("/api/v1/gaps").expect(200).await;
    let gaps = gaps["items"].as_array().expect("a list").clone();
    let is_gap = |question: &str| gaps.iter().any(|gap| gap["question"] == question);
    assert_eq!(asked.map(is_gap), [true, false, true], "{gaps:?}");
}
