//! Who is told what.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use simulators::whatsapp::Status;
use simulators::{Fault, Receipts};
use testkit::{Received, Receiver, Reply, Vendor, require_runtime};

use super::{Hook, id};
use crate::quick_tenant;
use crate::support::{dump, server};

async fn take(receiver: &Receiver, count: usize) -> Vec<Received> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.push(receiver.next().await);
    }
    taken
}

fn kinds(received: &[Received]) -> Vec<String> {
    let mut kinds: Vec<String> = received.iter().map(Received::kind).collect();
    kinds.sort_unstable();
    kinds
}

#[tokio::test]
async fn what_happens_is_told_to_those_who_ask_for_it() {
    require_runtime!();
    let server = server().start().await;
    let (tenant, other) = (quick_tenant(&server).await, quick_tenant(&server).await);
    let (all, few, foreign) = (
        Receiver::start().await,
        Receiver::start().await,
        Receiver::start().await,
    );
    let everything = [
        "message.created",
        "message.status_changed",
        "conversation.created",
        "conversation.resolved",
        "conversation.reopened",
        "conversation.assigned",
        "conversation.handoff_requested",
        "conversation.rated",
        "contact.created",
        "contact.updated",
        "answer.rated",
        "gap.detected",
    ];
    let hook = Hook::make(&tenant, &all, &everything).await;
    let picky = Hook::make(&tenant, &few, &["conversation.resolved"]).await;
    Hook::make(&other, &foreign, &everything).await;

    let visitor = tenant.visitor().await;
    let said = visitor.say("Do you sell boats? \u{26f5}").await;
    let asked = take(&all, 5).await;
    assert_eq!(
        kinds(&asked),
        [
            "contact.created",
            "conversation.created",
            "gap.detected",
            "message.created",
            "message.created"
        ]
    );
    for event in &asked {
        assert!(event.is_signed_with(&hook.secret) && !event.is_signed_with(&picky.secret));
        assert_eq!(event.header("content-type"), "application/json");
        let body = event.json();
        assert_eq!(body["data"]["tenant_id"], tenant.id.to_string(), "{body}");
        assert!(
            body["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')),
            "{body}"
        );
    }
    let ids: BTreeSet<&str> = asked.iter().map(Received::id).collect();
    assert_eq!(ids.len(), 5, "{ids:?}");
    let question = asked
        .iter()
        .map(Received::json)
        .find(|body| body["data"]["sender_type"] == "user");
    let question = question.expect("the visitor's message");
    assert_eq!(question["data"]["text"], "Do you sell boats? \u{26f5}");
    assert_eq!(
        question["data"]["conversation_id"],
        visitor.conversation_id.to_string()
    );

    let conversation = format!("/api/v1/conversations/{}", visitor.conversation_id);
    let note = json!({"client_note_id": "1", "text": "Nobody outside may read this."});
    tenant
        .api
        .post(&format!("{conversation}/notes"))
        .json(&note)
        .expect(201)
        .await;
    let contact = id(&tenant.api.get(&conversation).expect(200).await["contact"]);
    let contact = format!("/api/v1/contacts/{contact}");
    tenant
        .api
        .patch(&contact)
        .json(&json!({"name": "Mia"}))
        .expect(200)
        .await;
    tenant
        .api
        .patch(&contact)
        .json(&json!({"note": "Nor this."}))
        .expect(200)
        .await;
    let path = visitor.path(&format!("messages/{}/feedback", id(&said["answer"])));
    visitor
        .api
        .post(&path)
        .json(&json!({"value": "down"}))
        .expect(200)
        .await;
    let handoff = json!({"summary": "Boats"});
    tenant
        .api
        .post(&format!("{conversation}/escalations"))
        .json(&handoff)
        .expect(201)
        .await;
    for status in ["resolved", "open"] {
        tenant
            .api
            .patch(&conversation)
            .json(&json!({"status": status}))
            .expect(200)
            .await;
    }
    let rest = take(&all, 5).await;
    let told: Vec<Value> = rest.iter().map(Received::json).collect();
    let told = json!(told).to_string();
    assert!(
        told.contains("Mia") && !told.contains("may read this") && !told.contains("Nor this"),
        "{told}"
    );
    let mut expected = vec![
        "answer.rated",
        "contact.updated",
        "conversation.handoff_requested",
        "conversation.reopened",
        "conversation.resolved",
    ];
    let found = kinds(&rest);
    expected.sort_unstable();
    assert_eq!(found, expected);
    // only what it asked for, under the same id as the other one
    let resolved = few.next().await;
    assert_eq!(resolved.kind(), "conversation.resolved");
    let same = rest
        .iter()
        .find(|event| event.kind() == "conversation.resolved")
        .expect("told to both");
    assert_eq!((resolved.id(), &resolved.body), (same.id(), &same.body));
    assert!(few.rest().await.is_empty() && foreign.rest().await.is_empty());

    // with the visitor goes what was told of them
    tenant.api.delete(&contact).expect(204).await;
    let left = hook.deliveries().await;
    assert_eq!(left, Vec::<Value>::new());
}

#[tokio::test]
async fn nothing_is_written_where_nobody_asks_and_secrets_are_shown_once() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let receiver = Receiver::start().await;
    let hook = Hook::make(&tenant, &receiver, &["conversation.resolved"]).await;
    tenant.visitor().await.say("Hello").await;
    assert_eq!(hook.deliveries().await, Vec::<Value>::new());
    hook.change(json!({"event_types": ["message.created"], "is_enabled": false}))
        .await;
    tenant.visitor().await.say("Hello").await;
    assert_eq!(hook.deliveries().await, Vec::<Value>::new());
    let shown = hook.show().await;
    assert_eq!(shown["secret_last4"], hook.secret[hook.secret.len() - 4..]);
    let stored = format!(
        "{shown} {:?} {:?} {}",
        hook.audit().await,
        dump(&mut server.owner().await, tenant.id).await,
        server.log()
    );
    assert!(
        !stored.contains(&hook.secret[6..20]),
        "the secret itself is kept somewhere"
    );
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_old_one() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let receiver = Receiver::start().await;
    let hook = Hook::make(&tenant, &receiver, &["message.created"]).await;
    let renewed = tenant.api.post(&hook.path("/secret")).expect(200).await;
    let secret = renewed["secret"].as_str().expect("a secret");
    tenant.api.post(&hook.path("/test")).expect(200).await;
    let tested = receiver.next().await;
    assert_eq!(tested.kind(), "webhook.test");
    assert!(tested.is_signed_with(secret) && tested.is_signed_with(&hook.secret));
    sqlx::query("update webhook_endpoints set previous_secret_until = now() - interval '1 second' where tenant_id = $1")
        .bind(tenant.id)
        .execute(&mut server.owner().await)
        .await
        .expect("a day passes");
    tenant.api.post(&hook.path("/test")).expect(200).await;
    let tested = receiver.next().await;
    assert!(tested.is_signed_with(secret) && !tested.is_signed_with(&hook.secret));
}

#[tokio::test]
async fn a_test_says_what_came_of_it_and_keeps_little_of_a_long_answer() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let receiver = Receiver::start().await;
    let hook = Hook::make(&tenant, &receiver, &["message.created"]).await;
    receiver.reply(Reply::Long(10 * 1024 * 1024));
    let tested = tenant.api.post(&hook.path("/test")).expect(200).await;
    assert_eq!(tested["delivery"]["status"], "delivered", "{tested}");
    assert_eq!(tested["attempts"][0]["response_text"], "x".repeat(500));
    receiver.reply(Reply::Status(500));
    let tested = tenant.api.post(&hook.path("/test")).expect(200).await;
    let told = (
        &tested["delivery"]["status"],
        &tested["delivery"]["error"],
        &tested["attempts"][0]["response_status"],
    );
    assert_eq!(told, (&json!("failed"), &json!("refused"), &json!(500)));
    assert_eq!(hook.deliveries().await.len(), 2);
}

#[tokio::test]
async fn only_public_addresses_over_https_are_accepted() {
    require_runtime!();
    let server = server().set("RAPPORT_OUTBOUND_ALLOW", "").start().await;
    let tenant = quick_tenant(&server).await;
    let add = |url: &str| {
        let body = json!({"url": url, "event_types": ["message.created"]});
        tenant.api.post("/api/v1/webhook-endpoints").json(&body).send()
    };
    for address in [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://hooks.example:22/",
    ] {
        add(address).await.problem(422, "address_not_allowed");
    }
    add("https://me@hooks.example/").await.problem(422, "bad_url");
    add("file:///etc/passwd").await.problem(422, "bad_url");
    add("http://hooks.example/").await.problem(422, "https_needed");
    add("https://hooks.example/").await.expect(201);
    let none = json!({"url": "https://hooks.example/", "event_types": []});
    let none = tenant.api.post("/api/v1/webhook-endpoints").json(&none);
    none.send().await.problem(422, "no_event_types");
}

#[tokio::test]
async fn what_becomes_of_a_reply_at_its_vendor_is_told_once_for_all_its_pieces() {
    require_runtime!();
    let server = server().with_public_address().start().await;
    let tenant = quick_tenant(&server).await;
    let vendor = Vendor::start("whatsapp").await;
    let Vendor::Whatsapp(whatsapp) = &vendor else {
        unreachable!()
    };
    let channel = tenant.connect(&server, &vendor).await;
    let receiver = Receiver::start().await;
    let hook = Hook::make(&tenant, &receiver, &["message.status_changed"]).await;
    vendor.person(1).says("Hello").await;
    vendor.said(1).await;
    let conversation = channel.conversation().await;
    let greeting = tenant.thread(conversation).await[1].clone();
    let mut all = Vec::new();
    let read = told(&receiver, &mut all, &greeting, "read").await;
    let data = read.json()["data"].clone();
    assert!(read.is_signed_with(&hook.secret));
    assert_eq!(data["conversation_id"], conversation.to_string());
    assert_eq!(
        (&data["channel_id"], &data["channel_kind"]),
        (&json!(channel.id), &json!("whatsapp"))
    );
    assert_eq!(
        (&data["sender_type"], &data["code"], &data["reason"]),
        (&json!("ai"), &Value::Null, &Value::Null)
    );

    // in three pieces: the last of them counts
    let long = tenant.reply(conversation, &three_pieces()).await;
    told(&receiver, &mut all, &long, "read").await;
    vendor.said(4).await;

    whatsapp.refuse(1, 400, 131_009, "Parameter value is not valid");
    let refused = tenant.reply(conversation, "This is refused.").await;
    let failed = told(&receiver, &mut all, &refused, "failed").await.json()["data"].clone();
    assert_eq!(
        (&failed["code"], &failed["sender_type"]),
        (&json!("131009"), &json!("agent"))
    );
    let reason = failed["reason"].as_str().expect("the vendor's words");
    assert!(reason.contains("not valid"), "{reason}");

    whatsapp.set_receipts(Receipts::Off);
    vendor.faults().next(1, &Fault::CloseAfter);
    let cut = tenant.reply(conversation, "This is cut off.").await;
    told(&receiver, &mut all, &cut, "unknown").await;

    all.extend(receiver.rest().await);
    let mut seen: Vec<(Value, Value)> = all.iter().map(what).collect();
    // that it was delivered is told no more if that it was read came first
    seen.retain(|(_, status)| status != "delivered");
    assert_eq!(seen.len(), 4, "{seen:?}");
    let mut each: Vec<String> = all.iter().map(|event| format!("{:?}", what(event))).collect();
    each.sort_unstable();
    each.dedup();
    assert_eq!(each.len(), all.len(), "nothing twice: {each:?}");
}

#[tokio::test]
async fn pieces_that_are_read_in_the_same_moment_are_told_as_one() {
    require_runtime!();
    let server = server().with_public_address().start().await;
    let tenant = quick_tenant(&server).await;
    let vendor = Vendor::start("whatsapp").await;
    let Vendor::Whatsapp(whatsapp) = &vendor else {
        unreachable!()
    };
    let channel = tenant.connect(&server, &vendor).await;
    let receiver = Receiver::start().await;
    whatsapp.set_receipts(Receipts::Off);
    vendor.person(1).says("Hello").await;
    let greeting = vendor.said(1).await;
    channel.delivered(&greeting[0].text, "sent").await;
    Hook::make(&tenant, &receiver, &["message.status_changed"]).await;
    let conversation = channel.conversation().await;
    for round in 0..2 {
        let long = tenant.reply(conversation, &three_pieces()).await;
        let said = vendor.said(4 + 3 * round).await;
        let read = |piece: usize| whatsapp.tell(&said[piece + 3 * round].id, Status::Read);
        tokio::join!(read(1), read(2), read(3));
        assert_eq!(what(&receiver.next().await), (long["id"].clone(), json!("read")));
    }
    assert!(receiver.rest().await.is_empty());
}

fn three_pieces() -> String {
    "A sentence about lamps and their shades. ".repeat(220)
}

/// The message, and what became of it.
fn what(event: &Received) -> (Value, Value) {
    let data = event.json()["data"].clone();
    (data["message_id"].clone(), data["status"].clone())
}

/// Keeps what comes until this is told of the message. Two events may overtake each other.
async fn told(receiver: &Receiver, all: &mut Vec<Received>, message: &Value, status: &str) -> Received {
    let wanted = (message["id"].clone(), json!(status));
    loop {
        let event = receiver.next().await;
        all.push(event.clone());
        if what(&event) == wanted {
            return event;
        }
    }
}
