//! R13–R16: whatever a model provider does, the visitor gets the approved text, once, and what was used is booked.

use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::fake::{FakeProvider, Reply};
use testkit::{Server, Tenant};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::book::Book;
use crate::processes::highest_memory;
use crate::{scale, shop};

const GOOD: &str = "Parcels to Belgium take two working days [1].";

/// Bounds that a test can wait for, and that a fake on a busy machine keeps where it is to keep them.
fn quick() -> testkit::ServerBuilder {
    shop::server()
        .set("RAPPORT_MODEL__FIRST_TOKEN_MS", "6000")
        .set("RAPPORT_MODEL__IDLE_MS", "5000")
        .set("RAPPORT_MODEL__TOTAL_MS", "15000")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_visitor_gets_the_approved_text_whatever_the_provider_does() {
    testkit::require_runtime!();
    let server = quick().start().await;
    let faults: Vec<(&str, Reply, usize)> = vec![
        (
            "busy, and says when to come back",
            Reply::status(429).retry_after(1),
            3,
        ),
        ("broken", Reply::status(503), 3),
        ("refuses the key", Reply::status(401), 1),
        (
            "hangs before the first word",
            Reply::text(GOOD).hang_before_first_token(),
            1,
        ),
        (
            "hangs after the first word",
            Reply::text(GOOD).hang_after_first_token(),
            1,
        ),
        (
            "dribbles",
            Reply::text(GOOD).dribble(Duration::from_millis(100)),
            1,
        ),
        ("is cut", Reply::text(GOOD).cut(), 1),
        ("talks nonsense", Reply::invalid_json(), 1),
        ("sends a page", Reply::wrong_content_type(), 1),
        ("says 200 and means no", Reply::error_under_200("server_error"), 3),
        ("sends an endless line", Reply::huge_line(10 << 20), 1),
        ("does not cite", Reply::text("Belgium is a lovely country."), 1),
    ];
    let before = highest_memory(server.pid());
    for (fault, reply, most_calls) in faults {
        // a tenant each: no circuit is open yet
        let tenant = shop::open(&server, fault).await;
        let fake = FakeProvider::start().await;
        tenant
            .use_model(fake.base_url(llm::Provider::OpenAi).as_str())
            .await;
        fake.reply(reply);
        let began = Instant::now();
        let shown = ask(&tenant).await;
        println!("{fault}: {} calls, {:?}", fake.calls(), began.elapsed());
        assert_eq!(shown.text, shop::KNOWN[0].1, "{fault}: what the visitor reads");
        assert_eq!(
            shown.streamed,
            shop::KNOWN[0].1,
            "{fault}: what was streamed to the visitor"
        );
        assert!(
            (1..=most_calls).contains(&fake.calls()),
            "{fault}: {} calls",
            fake.calls()
        );
        let book = Book::read(&mut server.owner().await, &tenant).await;
        book.is_answered();
        assert_eq!(
            book.0.values().flatten().count(),
            2,
            "{fault}: one message, one reply"
        );
        let used = usage(&server, &tenant).await;
        assert_eq!(used.reserved, 0, "{fault}: the reservation was not settled");
        let spoke = matches!(fault, "is cut" | "does not cite" | "hangs after the first word");
        assert!(
            !spoke || used.output > 0,
            "{fault}: words that were paid for are not booked"
        );
    }
    let grown = highest_memory(server.pid()) - before;
    assert!(grown <= 60, "the server grew by {grown} MB");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_names_a_time_is_not_called_before() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let tenant = shop::open(&server, "Patience").await;
    let fake = FakeProvider::start().await;
    tenant
        .use_model(fake.base_url(llm::Provider::OpenAi).as_str())
        .await;
    fake.reply_next([Reply::status(429).retry_after(2)]);
    fake.reply(Reply::text(GOOD));
    let began = Instant::now();
    let asking = tokio::spawn(async move { ask(&tenant).await });
    fake.wait_for_calls(2).await;
    assert!(
        began.elapsed() >= Duration::from_secs(2),
        "called again after {:?}",
        began.elapsed()
    );
    assert_eq!(asking.await.unwrap().mode, "model");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_circuit_opens_for_the_tenant_whose_provider_fails_and_for_nobody_else() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let fake = FakeProvider::start().await;
    let (struck, spared) = (
        shop::open(&server, "Struck").await,
        shop::open(&server, "Spared").await,
    );
    for tenant in [&struck, &spared] {
        tenant
            .use_model(fake.base_url(llm::Provider::OpenAi).as_str())
            .await;
    }
    fake.reply(Reply::status(500));
    for _ in 0..3 {
        assert_eq!(ask(&struck).await.mode, "approved_text");
    }
    assert_eq!(fake.calls(), 5, "after five failures in a row it is left alone");
    fake.reply(Reply::text(GOOD));
    let shown = ask(&struck).await;
    assert_eq!(
        (shown.mode.as_str(), fake.calls()),
        ("approved_text", 5),
        "the circuit is open: nobody is asked, nobody waited for"
    );
    assert_eq!(
        ask(&spared).await.mode,
        "model",
        "the other tenant's circuit is closed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_hang_hold_up_nobody_else() {
    testkit::require_runtime!();
    let server = shop::server()
        .set("RAPPORT_MODEL__FIRST_TOKEN_MS", "600000")
        .set("RAPPORT_MODEL__TOTAL_MS", "600000")
        .start()
        .await;
    let (hung, other) = (
        shop::open(&server, "Hung").await,
        shop::open(&server, "Other").await,
    );
    let fake = FakeProvider::start().await;
    hung.use_model(fake.base_url(llm::Provider::OpenAi).as_str())
        .await;
    let (gate, opened) = watch::channel(false);
    fake.reply(Reply::status(401).behind(opened));
    let calls = 40 * scale();
    let mut hanging = JoinSet::new();
    for _ in 0..calls {
        let tenant = hung.clone();
        hanging.spawn(async move { ask(&tenant).await });
    }
    fake.wait_for_calls(calls).await;
    let mut times = Vec::new();
    let visitor = other.visitor().await;
    for number in 0..20 {
        let began = Instant::now();
        visitor.say(shop::question(number)).await;
        times.push(began.elapsed());
    }
    assert!(hanging.try_join_next().is_none(), "the others hang all the while");
    gate.send_replace(true);
    times.sort();
    println!(
        "p50 {:?}, longest {:?}",
        times[times.len() / 2],
        times.last().unwrap()
    );
    for shown in hanging.join_all().await {
        assert_eq!(
            shown.text,
            shop::KNOWN[0].1,
            "in the end they get the approved text"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spent_budget_means_no_call_and_the_approved_text() {
    testkit::require_runtime!();
    let server = shop::server().start().await;
    let tenant = shop::open(&server, "Budget").await;
    let fake = FakeProvider::start().await;
    tenant
        .use_model(fake.base_url(llm::Provider::OpenAi).as_str())
        .await;
    fake.reply(Reply::text(GOOD));
    assert_eq!(ask(&tenant).await.mode, "model");
    let used = usage(&server, &tenant).await;
    assert!(
        used.input > 0 && used.output > 0 && used.reserved == 0,
        "{used:?}"
    );
    sqlx::query("update tenants set daily_token_budget = $2 where tenant_id = $1")
        .bind(tenant.id)
        .bind(used.input + used.output)
        .execute(&mut server.owner().await)
        .await
        .unwrap();
    let shown = ask(&tenant).await;
    assert_eq!(
        (shown.mode.as_str(), shown.fallback.as_str()),
        ("approved_text", "budget_spent")
    );
    assert_eq!(shown.text, shop::KNOWN[0].1);
    assert_eq!(fake.calls(), 1, "the provider was not called");
}

/// What a visitor got to see, and why.
#[derive(Debug)]
struct Shown {
    text: String,
    /// The deltas put together as the widget does it.
    streamed: String,
    mode: String,
    fallback: String,
}

/// Somebody new asks the first question and follows the answer.
async fn ask(tenant: &Tenant) -> Shown {
    let visitor = tenant.visitor().await;
    let mut stream = visitor.stream(shop::KNOWN[0].0).await;
    let mut streamed = String::new();
    let answer = loop {
        let event = stream.next().await.expect("the stream goes on to the answer");
        match event.name.as_str() {
            "delta" => {
                let delta = event.json();
                if delta["replace"] == true {
                    streamed.clear();
                }
                streamed.push_str(delta["text"].as_str().expect("text"));
            }
            "answer" => break event.json(),
            "message" => {}
            other => panic!("{other}: {}", event.data),
        }
    };
    assert_eq!(stream.next().await, None, "nothing comes after the answer");
    let trace = trace(tenant, &answer).await;
    Shown {
        text: answer["answer"]["text"].as_str().expect("text").to_owned(),
        streamed,
        mode: trace["mode"].as_str().expect("a mode").to_owned(),
        fallback: trace["notes"]["fallback"].as_str().unwrap_or_default().to_owned(),
    }
}

async fn trace(tenant: &Tenant, answer: &Value) -> Value {
    let (conversation, id) = (&answer["message"]["conversation_id"], &answer["message"]["id"]);
    let path = format!(
        "/api/v1/conversations/{}/messages/{}/trace",
        conversation.as_str().unwrap_or_default(),
        id.as_str().unwrap_or_default()
    );
    tenant.api.get(&path).expect(200).await
}

/// Tokens of today.
#[derive(Debug, sqlx::FromRow)]
struct Usage {
    input: i64,
    output: i64,
    reserved: i64,
}

async fn usage(server: &Server, tenant: &Tenant) -> Usage {
    sqlx::query_as("select input_tokens as input, output_tokens as output, reserved_tokens as reserved from usage_daily where tenant_id = $1")
        .bind(tenant.id)
        .fetch_one(&mut server.owner().await)
        .await
        .expect("a call was booked")
}
