//! A conversation from both sides: stored once, numbered, shown to members, rated, and given to a person.

use serde_json::{Value, json};
use testkit::{Answer, Tenant, Visitor, require_runtime};
use uuid::Uuid;

use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn a_conversation_is_kept_once_and_in_order_for_both_sides() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    a_message_sent_again_gives_the_same_result(&tenant).await;
    members_see_what_the_visitor_sees(&tenant).await;
    a_thumb_can_be_given_and_changed(&tenant).await;
    a_reply_sent_again_is_one_reply(&tenant).await;
    a_visitor_can_ask_for_a_person(&tenant).await;
    the_inbox_can_be_narrowed(&tenant).await;
    a_list_is_read_page_by_page(&tenant).await;
}

async fn a_message_sent_again_gives_the_same_result(tenant: &Tenant) {
    let visitor = tenant.visitor().await;
    let first = visitor.say_as("one", "Where is the shop?").await.expect(200);
    assert_eq!(first["answer"]["text"], "In Ghent.");
    let again = visitor.say_as("one", "Where is the shop?").await.expect(200);
    assert_eq!(again, first);
    // the first text counts: an id stands for one message
    let changed = visitor.say_as("one", "What else?").await.expect(200);
    assert_eq!(changed, first);

    // all at once, and over a stream as well
    let (a, b, c) = tokio::join!(
        visitor.say_as("two", "Where is the shop?"),
        visitor.say_as("two", "Where is the shop?"),
        visitor.say_as("two", "Where is the shop?"),
    );
    let ids = |answer: &Answer| {
        (
            answer.json()["message"]["id"].clone(),
            answer.expect(200)["answer"]["id"].clone(),
        )
    };
    assert_eq!((ids(&a), ids(&a)), (ids(&b), ids(&c)));
    let mut stream = visitor.message("two", "Where is the shop?").stream().await;
    let events = stream.rest().await;
    let answer = events.last().expect("an answer").json();
    assert_eq!(
        (
            events[0].json()["message"]["id"].clone(),
            answer["answer"]["id"].clone()
        ),
        ids(&a)
    );
    assert_eq!(answer["message"]["text"], "In Ghent.");

    let history = visitor.history().await;
    let seqs: Vec<i64> = history["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .filter_map(|m| m["seq"].as_i64())
        .collect();
    assert_eq!(seqs, [1, 2, 3, 4], "two questions and two answers");
    // the same id in another conversation is another message
    let other = tenant.visitor().await;
    let said = other.say_as("one", "Where is the shop?").await.expect(200);
    assert_ne!(said["message"]["id"], first["message"]["id"]);
}

async fn members_see_what_the_visitor_sees(tenant: &Tenant) {
    let visitor = tenant.visitor().await;
    visitor.say("Where is the shop?").await;
    let thread = tenant.thread(visitor.conversation_id).await;
    assert_eq!(visitor.history().await["messages"], json!(thread));
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    let conversation = tenant.api.get(&path).expect(200).await;
    for (key, value) in [
        ("status", json!("open")),
        ("ai_paused", json!(false)),
        ("needs_person", json!(false)),
        ("last_seq", json!(2)),
        ("unread_count", json!(1)),
        ("last_message_preview", json!("In Ghent.")),
        ("escalation", Value::Null),
    ] {
        assert_eq!(conversation[key], value, "{key}: {conversation}");
    }
    tenant.api.post(&format!("{path}/read")).expect(204).await;
    assert_eq!(tenant.api.get(&path).expect(200).await["unread_count"], 0);
    let after = tenant
        .api
        .get(&format!("{path}/messages?after=1"))
        .expect(200)
        .await;
    assert_eq!(after["items"], json!([thread[1]]));
    let trace = tenant
        .api
        .get(&format!("{path}/messages/{}/trace", id(&thread[1])))
        .expect(200)
        .await;
    assert!(
        trace["steps"].as_array().is_some_and(|steps| !steps.is_empty()),
        "{trace}"
    );
    let no_answer = tenant
        .api
        .get(&format!("{path}/messages/{}/trace", id(&thread[0])))
        .send()
        .await;
    no_answer.problem(404, "not_found");
}

fn id(thing: &Value) -> &str {
    thing["id"].as_str().expect("an id")
}

async fn a_thumb_can_be_given_and_changed(tenant: &Tenant) {
    let visitor = tenant.visitor().await;
    let said = visitor.say("Where is the shop?").await;
    let path = visitor.path(&format!("messages/{}/feedback", id(&said["answer"])));
    let rate = |body: Value| visitor.api.post(&path).json(&body).send();
    rate(json!({"value": "up"})).await.expect(200);
    rate(json!({"value": "down", "comment": "Which street?"}))
        .await
        .expect(200);
    let thread = tenant.thread(visitor.conversation_id).await;
    assert_eq!(thread[1]["answer"]["feedback"], "down");
    rate(json!({"value": "sideways"}))
        .await
        .problem(422, "invalid_body");
    rate(json!({"value": "up", "comment": "x".repeat(2001)}))
        .await
        .problem(422, "bad_comment");
    let own_question = visitor.path(&format!("messages/{}/feedback", id(&said["message"])));
    let answer = visitor
        .api
        .post(&own_question)
        .json(&json!({"value": "up"}))
        .send()
        .await;
    answer.problem(404, "not_found");
}

async fn a_reply_sent_again_is_one_reply(tenant: &Tenant) {
    let visitor = tenant.visitor().await;
    visitor.say_as("mine", "Where is the shop?").await.expect(200);
    let path = format!("/api/v1/conversations/{}/messages", visitor.conversation_id);
    let reply = |key: &str, text: &str| {
        tenant
            .api
            .post(&path)
            .json(&json!({"client_message_id": key, "text": text}))
            .send()
    };
    let first = reply("reply", "Near the station.").await.expect(201);
    assert_eq!(reply("reply", "Near the station.").await.expect(201), first);
    assert_eq!(
        (&first["seq"], &first["sender_type"]),
        (&json!(3), &json!("agent"))
    );
    // the visitor's ids are theirs and ours are ours: neither can hold a place that the other needs
    let same_id = reply("mine", "And near the church.").await.expect(201);
    assert_eq!(same_id["seq"], 4);
    reply("empty", "  ").await.problem(422, "bad_text");
    assert_eq!(tenant.thread(visitor.conversation_id).await.len(), 4);
    let unknown = format!("/api/v1/conversations/{}/messages", Uuid::now_v7());
    let body = json!({"client_message_id": "reply", "text": "Hello."});
    tenant
        .api
        .post(&unknown)
        .json(&body)
        .send()
        .await
        .problem(404, "not_found");
}

async fn a_visitor_can_ask_for_a_person(tenant: &Tenant) {
    // with the button, before anything was said
    let visitor = tenant.visitor().await;
    let escalate = |visitor: &Visitor| {
        visitor
            .api
            .post(&visitor.path("escalations"))
            .json(&json!({"reason": "It is urgent"}))
            .send()
    };
    let escalated = escalate(&visitor).await.expect(201);
    assert_eq!(escalated["conversation"]["status"], "escalated");
    assert_eq!(escalated["conversation"]["ai_paused"], true);
    assert_eq!(escalated["message"]["sender_type"], "system");
    let again = escalate(&visitor).await.expect(201);
    assert_eq!(
        again["message"]["id"], escalated["message"]["id"],
        "once is enough"
    );
    let silent = visitor.say("Where is the shop?").await;
    assert_eq!(
        (&silent["answer"], &silent["conversation"]["ai_paused"]),
        (&Value::Null, &json!(true))
    );
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    let details = tenant.api.get(&path).expect(200).await;
    assert_eq!(details["escalation"]["reason"], "visitor_asked");
    assert_eq!(
        (&details["needs_person"], &details["escalation"]["status"]),
        (&json!(true), &json!("pending"))
    );

    // in words
    let visitor = tenant.visitor().await;
    let said = visitor.say("I want to talk to a real person").await;
    assert_eq!(
        said["answer"]["actions"],
        json!([{"kind": "hand_off", "reason": "visitor_asked"}])
    );
    assert_eq!(said["conversation"]["status"], "escalated");

    // where nobody takes over, the button says so
    tenant
        .configure(&json!({"settings": {"escalation_enabled": false}}))
        .await;
    let visitor = tenant.visitor().await;
    escalate(&visitor).await.problem(403, "escalation_disabled");
    tenant
        .configure(&json!({"settings": {"escalation_enabled": true}}))
        .await;
}

async fn the_inbox_can_be_narrowed(tenant: &Tenant) {
    let listed = async |query: &str| {
        let list = tenant
            .api
            .get(&format!("/api/v1/conversations?limit=200{query}"))
            .expect(200)
            .await;
        list["items"].as_array().expect("a list").clone()
    };
    let all = listed("").await;
    let escalated = listed("&status=escalated").await;
    let open = listed("&status=open").await;
    assert_eq!(escalated.len(), 2);
    assert_eq!(open.len() + escalated.len(), all.len());
    assert!(
        escalated
            .iter()
            .all(|conversation| conversation["status"] == "escalated")
    );
    assert_eq!(listed("&status=resolved").await, Vec::<Value>::new());
    assert_eq!(listed("&status=needs_person").await.len(), 2);
    assert_eq!(listed("&q=a%20person%20will%20answer").await.len(), 1);
    assert_eq!(
        listed("&q=100%25").await.len(),
        0,
        "a percent sign is no wildcard"
    );
    tenant
        .api
        .get("/api/v1/conversations?status=lost")
        .send()
        .await
        .problem(422, "invalid_query");
}

async fn a_list_is_read_page_by_page(tenant: &Tenant) {
    let all = tenant
        .api
        .get("/api/v1/conversations?limit=200")
        .expect(200)
        .await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = tenant
            .api
            .get(&format!("/api/v1/conversations?limit=2{cursor}"))
            .expect(200)
            .await;
        let items = page["items"].as_array().expect("a list");
        assert!(items.len() <= 2);
        seen.extend(items.clone());
        // somebody writes meanwhile: the pages that follow are not disturbed
        tenant.visitor().await.say("thanks").await;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(json!(seen), all["items"]);
    tenant
        .api
        .get("/api/v1/conversations?cursor=forged")
        .send()
        .await
        .problem(422, "bad_cursor");
}
