//! R4 and R5 for the widget: the same message many times, and many first messages at once.

use std::collections::BTreeSet;

use serde_json::Value;
use testkit::{Answer, Visitor};
use tokio::task::JoinSet;

use crate::book::Book;
use crate::{scale, shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_message_again_gives_the_same_answer_and_is_stored_once() {
    testkit::require_runtime!();
    let mut server = shop::server().start().await;
    let tenant = shop::open(&server, "Repeats").await;
    let visitor = tenant.visitor().await;
    let mut seen = BTreeSet::new();
    for answer in at_once(&visitor, (0..5).map(|_| ("again".to_owned(), shop::question(0)))).await {
        seen.insert(identity(&answer.expect(200)));
    }
    for _ in 0..2 {
        seen.insert(identity(
            &visitor.say_as("again", shop::question(0)).await.expect(200),
        ));
    }
    let mut stream = visitor.message("again", shop::question(0)).stream().await;
    let told = stream.next_named("message").await.json();
    let answer = stream.next_named("answer").await.json();
    seen.insert((id(&told["message"]), id(&answer["answer"])));
    server.stop().await;
    server.start_again().await;
    for answer in at_once(&visitor, (0..5).map(|_| ("again".to_owned(), shop::question(0)))).await {
        seen.insert(identity(&answer.expect(200)));
    }
    assert_eq!(seen.len(), 1, "one message and one reply: {seen:?}");
    let book = Book::read(&mut server.owner().await, &tenant).await;
    book.is_answered();
    assert_eq!(book.0.values().flatten().count(), 2, "a message and its reply");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_first_messages_at_once_begin_one_conversation() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let tenant = shop::open(&server, "First").await;
    let rounds = 10 * scale();
    for _ in 0..rounds {
        let visitor = tenant.visitor().await;
        let messages = (0..10).map(|number| (format!("first-{number}"), shop::question(number)));
        for answer in at_once(&visitor, messages).await {
            answer.expect(200);
        }
    }
    let book = Book::read(&mut server.owner().await, &tenant).await;
    book.is_answered();
    assert_eq!(book.0.len(), rounds, "one conversation for each visitor");
    for thread in book.0.values() {
        assert_eq!(
            thread.iter().filter(|line| line.sender_type == "user").count(),
            10,
            "{thread:#?}"
        );
    }
    let contacts: i64 = sqlx::query_scalar("select count(*) from contacts where tenant_id = $1")
        .bind(tenant.id)
        .fetch_one(&mut server.owner().await)
        .await
        .unwrap();
    assert_eq!(contacts, rounds as i64, "one contact for each visitor");
}

/// Sends all of them side by side.
pub async fn at_once(
    visitor: &Visitor,
    messages: impl IntoIterator<Item = (String, &'static str)>,
) -> Vec<Answer> {
    let mut sending = JoinSet::new();
    for (id, text) in messages {
        let visitor = visitor.clone();
        sending.spawn(async move { visitor.say_as(&id, text).await });
    }
    sending.join_all().await
}

fn identity(answered: &Value) -> (String, String) {
    (id(&answered["message"]), id(&answered["answer"]))
}

fn id(thing: &Value) -> String {
    thing["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id: {thing}"))
        .to_owned()
}
