//! A person takes over from the bot and gives back: at once, also while the bot is composing.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::fake::{FakeProvider, Reply};
use testkit::{Provider, Tenant, Visitor, require_runtime};

use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn a_person_silences_the_bot_at_once_and_resolving_gives_it_back() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    a_reply_pauses_the_bot(&tenant).await;
    typing_is_shown(&tenant).await;
    resolving_wakes_the_bot(&tenant).await;
    giving_back_wakes_the_bot(&tenant).await;
    a_switched_off_bot_says_nothing(&tenant).await;
    a_reply_wins_against_one_that_is_being_composed(&tenant).await;
}

async fn ask(visitor: &Visitor) -> Value {
    visitor.say("Where is the shop?").await
}

async fn taken_over(tenant: &Tenant) -> Visitor {
    let visitor = tenant.visitor().await;
    ask(&visitor).await;
    tenant.reply(visitor.conversation_id, "A person speaks.").await;
    visitor
}

async fn change(tenant: &Tenant, visitor: &Visitor, patch: Value) -> Value {
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    tenant.api.patch(&path).json(&patch).expect(200).await
}

/// Who spoke, message by message.
async fn senders(tenant: &Tenant, visitor: &Visitor) -> Vec<String> {
    let thread = tenant.thread(visitor.conversation_id).await;
    thread
        .iter()
        .filter_map(|message| message["sender_type"].as_str().map(str::to_owned))
        .collect()
}

async fn a_reply_pauses_the_bot(tenant: &Tenant) {
    let visitor = tenant.visitor().await;
    ask(&visitor).await;
    let mut live = visitor.events(Some(2)).await;
    tenant.reply(visitor.conversation_id, "A person speaks.").await;
    let told = live.next_named("message").await.json();
    assert_eq!(
        (&told["sender_type"], &told["text"]),
        (&json!("agent"), &json!("A person speaks."))
    );
    let told = live
        .find(|event| event.name == "conversation" && event.json()["ai_paused"] == true)
        .await;
    assert_eq!(told.json()["status"], "open");

    let said = ask(&visitor).await;
    assert_eq!(
        (&said["answer"], &said["conversation"]["ai_paused"]),
        (&Value::Null, &json!(true))
    );
    let mut stream = visitor.stream("Where is the shop?").await;
    let events = stream.rest().await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0].name, "message");
    assert_eq!(events[0].json()["conversation"]["ai_paused"], true);
    assert_eq!(
        senders(tenant, &visitor).await,
        ["user", "ai", "agent", "user", "user"]
    );
    let details = change(tenant, &visitor, json!({})).await;
    assert_eq!(details["needs_person"], true, "the visitor waits for the person");
}

async fn typing_is_shown(tenant: &Tenant) {
    let visitor = tenant.visitor().await;
    ask(&visitor).await;
    let mut live = visitor.events(Some(2)).await;
    tenant.reply(visitor.conversation_id, "One moment.").await;
    live.next_named("message").await;
    let path = format!("/api/v1/conversations/{}/typing", visitor.conversation_id);
    tenant.api.post(&path).expect(204).await;
    let typing = live.find(|event| event.name == "typing").await;
    assert_eq!(typing.json(), json!({"sender_type": "agent"}));
}

async fn resolving_wakes_the_bot(tenant: &Tenant) {
    let visitor = taken_over(tenant).await;
    let resolved = change(tenant, &visitor, json!({"status": "resolved"})).await;
    assert_eq!(
        (&resolved["status"], &resolved["ai_paused"]),
        (&json!("resolved"), &json!(false))
    );
    let said = ask(&visitor).await;
    assert_eq!(said["answer"]["text"], "In Ghent.");
    assert_eq!(said["conversation"]["status"], "open");
    assert_eq!(
        said["message"]["conversation_id"],
        visitor.conversation_id.to_string()
    );
    assert_eq!(
        senders(tenant, &visitor).await,
        ["user", "ai", "agent", "user", "ai"]
    );
}

async fn giving_back_wakes_the_bot(tenant: &Tenant) {
    let visitor = taken_over(tenant).await;
    let given_back = change(tenant, &visitor, json!({"ai_paused": false})).await;
    assert_eq!(given_back["ai_paused"], false);
    assert_eq!(ask(&visitor).await["answer"]["text"], "In Ghent.");
    // and taken again without a word
    change(tenant, &visitor, json!({"ai_paused": true})).await;
    assert_eq!(ask(&visitor).await["answer"], Value::Null);
    // an escalated conversation, too
    let visitor = tenant.visitor().await;
    visitor
        .api
        .post(&visitor.path("escalations"))
        .json(&json!({}))
        .expect(201)
        .await;
    let given_back = change(tenant, &visitor, json!({"ai_paused": false})).await;
    assert_eq!(
        (&given_back["status"], &given_back["escalation"]),
        (&json!("open"), &Value::Null)
    );
    assert_eq!(ask(&visitor).await["answer"]["text"], "In Ghent.");
}

async fn a_switched_off_bot_says_nothing(tenant: &Tenant) {
    tenant.configure(&json!({"is_bot_active": false})).await;
    let visitor = tenant.visitor().await;
    assert_eq!(ask(&visitor).await["answer"], Value::Null);
    let waiting = tenant
        .api
        .get("/api/v1/conversations?status=needs_person")
        .expect(200)
        .await;
    assert!(
        waiting.to_string().contains(&visitor.conversation_id.to_string()),
        "{waiting}"
    );
    tenant.configure(&json!({"is_bot_active": true})).await;
    assert_eq!(ask(&visitor).await["answer"]["text"], "In Ghent.");
}

/// The model has said its first words when the person replies; what it still says is not stored.
async fn a_reply_wins_against_one_that_is_being_composed(tenant: &Tenant) {
    let provider = FakeProvider::start().await;
    // a piece of six characters every tenth of a second: a quarter of a minute in all
    let words = "The shop is in Ghent [1]. ".repeat(35);
    provider.reply(Reply::text(words).delay(Duration::from_millis(100)));
    let credential = tenant
        .use_model(provider.base_url(Provider::OpenAi).as_str())
        .await;

    let streaming = tenant.visitor().await;
    let mut stream = streaming.stream("Where is the shop?").await;
    stream.next_named("delta").await;
    let waiting = tenant.visitor().await;
    let (id, text) = ("waiting", "Where is the shop?");
    let (posted, ()) = tokio::join!(waiting.say_as(id, text), async {
        provider.wait_for_calls(2).await;
        for visitor in [&streaming, &waiting] {
            tenant.reply(visitor.conversation_id, "A person speaks.").await;
        }
    });
    let rest = stream.rest().await;
    assert!(rest.iter().all(|event| event.name == "delta"), "{rest:?}");
    let posted = posted.expect(200);
    assert_eq!(
        (&posted["answer"], &posted["conversation"]["ai_paused"]),
        (&Value::Null, &json!(true)),
        "{posted}"
    );
    for visitor in [&streaming, &waiting] {
        assert_eq!(senders(tenant, visitor).await, ["user", "agent"]);
    }
    tenant
        .api
        .delete(&format!("/api/v1/llm-credentials/{credential}"))
        .expect(204)
        .await;
}

/// What was said while the bot was off is for people; a bot that is switched on, or a server that starts, must not
/// answer last week's questions.
#[tokio::test]
async fn a_question_of_long_ago_stays_unanswered_and_a_fresh_one_does_not() {
    require_runtime!();
    let mut server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    tenant.configure(&json!({"is_bot_active": false})).await;
    let (old, fresh) = (tenant.visitor().await, tenant.visitor().await);
    ask(&old).await;
    ask(&fresh).await;
    sqlx::query("update conversations set awaiting_reply_since = now() - interval '30 days' where id = $1")
        .bind(old.conversation_id)
        .execute(&mut server.owner().await)
        .await
        .expect("set back");
    tenant.configure(&json!({"is_bot_active": true})).await;
    server.stop().await;
    server.start_again().await;
    let history = fresh.events(Some(1)).await.next_named("message").await.json();
    assert_eq!(history["sender_type"], "ai");
    // a stop waits for replies that are being made: what has not been said by then never will be
    server.stop().await;
    server.start_again().await;
    assert_eq!(senders(&tenant, &old).await, ["user"]);
}
