//! R9: many conversations with many hands, each in strict order; and bursts, which get one reply that saw it all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;

use crate::book::Book;
use crate::repeats::at_once;
use crate::{scale, shop};

const WORKERS: usize = 16;

/// None of these is a question that can be answered alone.
const FRAGMENTS: [&str; 5] = [
    "Hi",
    "I have something to ask",
    "it is about my sister",
    "she lives abroad",
    "and has a birthday",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_conversation_is_in_strict_order_however_many_write() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let tenant = shop::open(&server, "Order").await;
    let (conversations, messages) = (20, 200 * scale());
    let mut visitors = Vec::new();
    for _ in 0..conversations {
        visitors.push(tenant.visitor().await);
    }
    let (visitors, next) = (Arc::new(visitors), Arc::new(AtomicUsize::new(0)));
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let (visitors, next) = (visitors.clone(), next.clone());
        workers.spawn(async move {
            let mut seen = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= messages {
                    return seen;
                }
                // three in a row for the same conversation, so that workers meet in it
                let chosen = number / 3 % conversations;
                let sent = Instant::now();
                let answered = visitors[chosen]
                    .say_as(&format!("m-{number}"), shop::question(number))
                    .await
                    .expect(200);
                let seq = answered["message"]["seq"].as_i64().expect("a number");
                seen.push((chosen, sent, Instant::now(), seq));
            }
        });
    }
    let seen: Vec<_> = workers.join_all().await.into_iter().flatten().collect();
    for (one, _, ended, seq) in &seen {
        let later = seen
            .iter()
            .filter(|(other, began, _, _)| one == other && began > ended);
        assert!(
            later.clone().all(|(_, _, _, after)| after > seq),
            "a message sent later has a lower number"
        );
    }
    let book = Book::read(&mut server.owner().await, &tenant).await;
    book.is_answered();
    assert_eq!(book.0.len(), conversations);
    let questions = book
        .0
        .values()
        .flatten()
        .filter(|line| line.sender_type == "user")
        .count();
    assert_eq!(questions, messages, "every message is there once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_gets_one_reply_that_saw_all_of_it() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let tenant = shop::open(&server, "Bursts").await;
    tenant
        .configure(&json!({"settings": {"burst_window_ms": 5000}}))
        .await;
    let visitor = tenant.visitor().await;
    let burst = FRAGMENTS
        .iter()
        .enumerate()
        .map(|(number, text)| (format!("burst-{number}"), *text));
    let answers = at_once(&visitor, burst).await;
    let replies: std::collections::BTreeSet<String> = answers
        .iter()
        .map(|answer| {
            answer.expect(200)["answer"]["id"]
                .as_str()
                .expect("an answer")
                .to_owned()
        })
        .collect();
    assert_eq!(replies.len(), 1, "all five are shown the same reply");
    saw(&tenant, &server, &FRAGMENTS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_joins_all_messages_waits_for_a_slow_burst() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let tenant = shop::open(&server, "Slow").await;
    tenant
        .configure(&json!({"settings": {"join_messages": "always", "burst_window_ms": 6000}}))
        .await;
    let visitor = tenant.visitor().await;
    let mut sending = JoinSet::new();
    // each alone would be answered at once: only the setting joins them
    let texts: [&str; 5] = std::array::from_fn(shop::question);
    let mut beat = tokio::time::interval(Duration::from_millis(600));
    for (number, text) in texts.into_iter().enumerate() {
        beat.tick().await;
        let visitor = visitor.clone();
        sending.spawn(async move { visitor.say_as(&format!("slow-{number}"), text).await.expect(200) });
    }
    sending.join_all().await;
    saw(&tenant, &server, &texts).await;
}

/// One reply stands in the database, and it was made from all these texts.
async fn saw(tenant: &testkit::Tenant, server: &testkit::Server, texts: &[&str]) {
    let book = Book::read(&mut server.owner().await, tenant).await;
    book.is_answered();
    let replies: Vec<_> = book
        .0
        .values()
        .flatten()
        .filter(|line| line.sender_type == "ai")
        .collect();
    let [reply] = replies.as_slice() else {
        panic!("not one reply: {replies:#?}")
    };
    let understood = reply.question_text.as_deref().unwrap_or_default();
    for text in texts {
        assert!(
            understood.contains(text),
            "the reply did not see “{text}”: {reply:#?}"
        );
    }
}
