//! What waits for a person.

use serde_json::{Value, json};
use testkit::{Api, Server, Visitor, require_runtime};

use super::{Shop, text};
use crate::support::server;

async fn open(server: &Server) -> (Shop, Visitor, Value) {
    let shop = Shop::open(server, "Shop").await;
    let order = shop.order("ana@shop.example", "1042", &json!({})).await;
    shop.allow(json!([{"tool": "cancel_order", "permission": "ask"}]))
        .await;
    let ana = shop.customer("ana@shop.example").await;
    (shop, ana, order)
}

async fn decide(api: &Api, call: &Value, verdict: &str) -> testkit::Answer {
    let id = call["id"].as_str().expect("an id");
    api.post(&format!("/api/v1/tool-calls/{id}/{verdict}"))
        .send()
        .await
}

async fn last_said(visitor: &Visitor) -> String {
    let history = visitor.history().await;
    let messages = history["messages"].as_array().expect("a list");
    messages.last().expect("a message")["text"]
        .as_str()
        .expect("a text")
        .to_owned()
}

#[tokio::test]
async fn nothing_is_cancelled_by_whoever_may_not() {
    require_runtime!();
    let server = server().start().await;
    let (shop, ana, order) = open(&server).await;
    // a stranger, another customer, and one who asks for what has left
    let stranger = shop.stranger().await;
    assert!(text(&stranger.say("Cancel order 1042").await).contains("sign in"));
    let ben = shop.customer("ben@shop.example").await;
    assert!(text(&ben.say("Cancel order 1042").await).starts_with("None of your orders"));
    shop.order("ben@shop.example", "2000", &json!({"status": "shipped"}))
        .await;
    let said = text(&ben.say("Cancel my order 2000 please").await);
    assert!(said.contains("It cannot be cancelled any more."), "{said}");
    let all = [shop.calls(&stranger).await, shop.calls(&ben).await].concat();
    assert!(all.iter().all(|call| call["outcome"] != "pending"), "{all:?}");

    let said = text(&ana.say("Cancel order 1042").await);
    assert!(said.contains("A colleague will confirm it"), "{said}");
    assert_eq!(shop.status(&order).await, "pending", "nothing is done yet");
    let call = shop.calls(&ana).await.remove(0);
    assert_eq!(
        (&call["outcome"], &call["order_number"]),
        (&json!("pending"), &json!("1042"))
    );
    let viewer = server.member(&shop.tenant, "eye@shop.example", "viewer").await;
    decide(&viewer, &call, "approve")
        .await
        .problem(403, "permission_missing");
    let other = Shop::open(&server, "Other").await;
    for verdict in ["approve", "refuse"] {
        decide(&other.tenant.api, &call, verdict)
            .await
            .problem(404, "not_found");
    }
    let path = format!("/api/v1/conversations/{}/tool-calls", ana.conversation_id);
    other.tenant.api.get(&path).send().await.problem(404, "not_found");
    let scopes = json!({"name": "chats", "scopes": ["conversations:read", "conversations:write"]});
    let key = shop
        .tenant
        .api
        .post("/api/v1/api-keys")
        .json(&scopes)
        .expect(201)
        .await;
    let program = shop.tenant.api.with_bearer(key["key"].as_str().expect("a key"));
    decide(&program, &call, "approve")
        .await
        .problem(403, "permission_missing");
    assert_eq!(shop.status(&order).await, "pending");
}

#[tokio::test]
async fn who_approves_does_it_once_and_the_visitor_hears_of_it() {
    require_runtime!();
    let server = server().start().await;
    let (shop, ana, order) = open(&server).await;
    ana.say("Please cancel order 1042").await;
    let path = format!("/api/v1/conversations/{}", ana.conversation_id);
    let conversation = shop.tenant.api.get(&path).expect(200).await;
    assert_eq!(
        conversation["escalation"]["reason"], "approval",
        "{conversation:#}"
    );
    let call = shop.calls(&ana).await.remove(0);
    let kim = server.member(&shop.tenant, "kim@shop.example", "agent").await;
    let mut many = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (kim, call) = (kim.clone(), call.clone());
        many.spawn(async move { decide(&kim, &call, "approve").await.status });
    }
    let statuses = many.join_all().await;
    let won = statuses.iter().filter(|status| **status == 200).count();
    assert_eq!(won, 1, "{statuses:?}");
    assert!(
        statuses.iter().all(|status| [200, 409].contains(status)),
        "{statuses:?}"
    );
    decide(&kim, &call, "refuse")
        .await
        .problem(409, "already_decided");
    assert_eq!(shop.status(&order).await, "cancelled");
    assert_eq!(last_said(&ana).await, "Confirmed: your order 1042 is cancelled.");
    let call = shop.calls(&ana).await.remove(0);
    assert_eq!(
        (&call["outcome"], &call["decided_by_name"]),
        (&json!("done"), &json!("Robin"))
    );
    let thread = shop.tenant.thread(ana.conversation_id).await;
    let told = thread
        .iter()
        .filter(|message| message["text"] == "Confirmed: your order 1042 is cancelled.");
    assert_eq!(told.count(), 1, "{thread:#?}");
    let timeline = shop.tenant.api.get(&format!("{path}/timeline")).expect(200).await;
    let timeline = timeline.to_string();
    for kind in ["tool_requested", "tool_approved"] {
        assert_eq!(timeline.matches(&format!("\"{kind}\"")).count(), 1, "{timeline}");
    }
    let audit = shop.tenant.api.get("/api/v1/audit-log").expect(200).await;
    assert_eq!(audit["items"][0]["action"], "tool_call_approved", "{audit:#}");
    // nothing else was wanted of people: the bot goes on
    let conversation = shop.tenant.api.get(&path).expect(200).await;
    assert_eq!(
        (&conversation["ai_paused"], &conversation["status"]),
        (&json!(false), &json!("open"))
    );
    assert!(text(&ana.say("Where is my order 1042?").await).contains("it was cancelled"));
    assert!(text(&ana.say("Cancel order 1042").await).contains("it was cancelled"));
}

#[tokio::test]
async fn who_refuses_leaves_it_as_it_is_and_what_has_left_cannot_be_approved() {
    require_runtime!();
    let server = server().start().await;
    let (shop, ana, order) = open(&server).await;
    ana.say("Annulez ma commande 1042").await;
    let call = shop.calls(&ana).await.remove(0);
    let path = format!("/api/v1/crm/orders/{}", order["id"].as_str().expect("an id"));
    let shipped = json!({"status": "shipped"});
    shop.tenant.api.patch(&path).json(&shipped).expect(200).await;
    decide(&shop.tenant.api, &call, "approve")
        .await
        .problem(409, "order_moved_on");
    decide(&shop.tenant.api, &call, "refuse").await.expect(200);
    assert_eq!(shop.status(&order).await, "shipped");
    assert_eq!(
        last_said(&ana).await,
        "Un collègue a regardé : votre commande 1042 ne peut pas être annulée."
    );
    assert_eq!(shop.calls(&ana).await[0]["outcome"], "refused");
}

#[tokio::test]
async fn a_channel_may_want_a_person_before_an_order_is_read_out() {
    require_runtime!();
    let server = server().start().await;
    let shop = Shop::open(&server, "Shop").await;
    shop.order("ana@shop.example", "1042", &json!({"tracking_number": "1Z-77"}))
        .await;
    shop.allow(json!([{"tool": "find_order", "permission": "ask"}]))
        .await;
    let ana = shop.customer("ana@shop.example").await;
    let said = text(&ana.say("Where is my order 1042?").await);
    assert!(!said.contains("1Z-77"), "{said}");
    let call = shop.calls(&ana).await.remove(0);
    decide(&shop.tenant.api, &call, "approve").await.expect(200);
    assert!(last_said(&ana).await.contains("1Z-77"));
}
