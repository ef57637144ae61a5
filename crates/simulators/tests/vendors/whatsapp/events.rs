//! What is posted, and when.

use chrono::TimeDelta;
use serde_json::{Value, json};
use simulators::whatsapp::{Options, Status};
use simulators::{File, Order, Receipts};

use super::{send, start, text};
use crate::support::{answer, client, hmac_sha256};

#[tokio::test]
async fn its_signatures_are_those_of_the_documents() {
    let (vendor, _, receiver) = start(Options::default()).await;
    let escaped = br#"{"text":"\u00e9\ud83d\ude00"}"#.to_vec();
    assert_eq!(simulators::meta::bytes(&json!({"text": "é😀"})), escaped);
    let vectors = [
        (
            br#"{"object":"page","entry":[]}"#.to_vec(),
            "sha256=5da47c9c7409e70d7a1851f0cfd9bc27786bd99587a9bf1dd5b51e23a2de03cf",
        ),
        (
            escaped,
            "sha256=08185ee8b8f81399387fbd3d440d3d2f249585d7974415a2e73960e4c02dd1d1",
        ),
    ];
    for (body, signature) in vectors {
        assert_eq!(vendor.hooks().post_bytes(body.clone()).await, Some(200));
        let received = receiver.last();
        assert_eq!(received.body, body);
        assert_eq!(received.header("x-hub-signature-256"), signature);
    }
}

#[tokio::test]
async fn what_customers_do_is_posted_escaped_and_signed() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    let hello = ana.says("Olá 😀").await;
    assert_eq!(hello.status, Some(200));
    ana.sends_file(File::new("a.jpg", "image/jpeg", "picture"), Some("Look"))
        .await;
    ana.shares_location(-23.5, -46.6, None).await;
    ana.reacts(&hello.id, "👍").await;
    ana.edits(&hello.id, "Oi").await;
    ana.deletes(&hello.id).await;
    ana.sends_unsupported().await;
    vendor.business_says(ana.phone(), "from the phone").await;
    let posts = receiver.all();
    assert_eq!(posts.len(), 8);
    for post in &posts {
        assert!(post.body.is_ascii());
        let signature = format!("sha256={}", hmac_sha256(b"test_app_secret", &post.body));
        assert_eq!(post.header("x-hub-signature-256"), signature);
    }
    let change = &posts[0].json()["entry"][0]["changes"][0];
    let message = &change["value"]["messages"][0];
    assert_eq!(change["value"]["metadata"]["phone_number_id"], "100000000000009");
    assert_eq!(change["value"]["contacts"][0]["wa_id"], "5511900000001");
    assert_eq!(
        (&message["text"]["body"], &message["id"]),
        (&json!("Olá 😀"), &json!(hello.id))
    );
    assert!(message["timestamp"].is_string());
}

#[tokio::test]
async fn a_hidden_number_is_nowhere_in_the_event() {
    let (_vendor, ana, receiver) = start(Options::default()).await;
    ana.hides_number();
    ana.says("Hi").await;
    let posted = receiver.last();
    assert!(!String::from_utf8_lossy(&posted.body).contains("5511900000001"));
    let value = &posted.json()["entry"][0]["changes"][0]["value"];
    assert_eq!(value["messages"][0]["from_user_id"], ana.user_id());
}

#[tokio::test]
async fn the_webhook_is_asked_for_its_challenge_before_it_is_used() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    vendor.verify_webhook().await.expect("verified");
    vendor.hooks().set_url(None);
    let url = format!(
        "{}/v26.0/{}/subscribed_apps",
        vendor.base(),
        vendor.options().waba_id
    );
    let subscribe = |token: &str| {
        let body = json!({"override_callback_uri": receiver.url, "verify_token": token});
        client().post(&url).bearer_auth("EAAtesttoken").json(&body)
    };
    let (status, body) = answer(subscribe("wrong")).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(2200)));
    assert_eq!(ana.says("Nobody hears me").await.status, None);
    assert_eq!(
        answer(subscribe("verify-me")).await,
        (200, json!({"success": true}))
    );
    assert_eq!(ana.says("Hi").await.status, Some(200));
}

#[tokio::test]
async fn receipts_can_be_told_by_hand_in_any_order_and_before_the_answer() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    ana.says("Hi").await;
    let (_, body) = send(&vendor, text("Hello")).await;
    let id = body["messages"][0]["id"].as_str().expect("an id");
    for status in [Status::Read, Status::failed(131_049, "Ecosystem"), Status::Sent] {
        assert_eq!(vendor.tell(id, status).await, Some(200));
    }
    let before = receiver.all().len();
    vendor.set_receipts(Receipts::BeforeAnswer);
    send(&vendor, text("Again")).await;
    assert_eq!(receiver.all().len(), before + 3);
}

#[tokio::test]
async fn media_goes_both_ways_and_its_address_expires() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    ana.sends_file(File::new("a.jpg", "image/jpeg", "picture"), None)
        .await;
    let message = receiver.last().json()["entry"][0]["changes"][0]["value"]["messages"][0].clone();
    let get = |url: String| client().get(url).bearer_auth("EAAtesttoken");
    let id = message["image"]["id"].as_str().expect("an id");
    let (_, media) = answer(get(format!("{}/v26.0/{id}", vendor.base()))).await;
    assert_eq!(media["sha256"], message["image"]["sha256"]);
    let url = media["url"].as_str().expect("an address").to_owned();
    let bytes = get(url.clone()).send().await.expect("an answer").bytes().await;
    assert_eq!(bytes.expect("bytes"), "picture");
    assert_eq!(client().get(&url).send().await.expect("an answer").status(), 401);
    vendor.clock().advance(TimeDelta::minutes(6));
    assert_eq!(get(url).send().await.expect("an answer").status(), 404);

    let boundary = "simulated-boundary";
    let part = |head: &str, body: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n")
    };
    let form = part("name=\"messaging_product\"", "whatsapp")
        + &part(
            "name=\"file\"; filename=\"b.png\"\r\nContent-Type: image/png",
            "png",
        )
        + &format!("--{boundary}--\r\n");
    let upload = client()
        .post(format!("{}/v26.0/100000000000009/media", vendor.base()))
        .bearer_auth("EAAtesttoken")
        .header(
            "content-type",
            format!("multipart/form-data; boundary={boundary}"),
        )
        .body(form);
    let (status, body) = answer(upload).await;
    assert_eq!(status, 200, "{body}");
    let image = |id: &Value| json!({"messaging_product": "whatsapp", "to": "5511900000001", "type": "image", "image": {"id": id}});
    assert_eq!(send(&vendor, image(&body["id"])).await.0, 200);
    assert_eq!(
        send(&vendor, image(&"0".into())).await.1["error"]["code"],
        131_009
    );
}

#[tokio::test]
async fn events_come_together_again_and_backwards() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    vendor.hooks().hold();
    let first = ana.says("one").await;
    let second = ana.says("two").await;
    assert_eq!(first.status, None);
    assert_eq!(vendor.hooks().release_together().await, Some(200));
    let value = receiver.last().json()["entry"][0]["changes"][0]["value"].clone();
    let ids: Vec<_> = value["messages"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|message| &message["id"])
        .collect();
    assert_eq!(ids, [&json!(first.id), &json!(second.id)]);
    assert_eq!(value["contacts"].as_array().map(Vec::len), Some(1));

    vendor.hooks().hold();
    ana.says("three").await;
    ana.says("four").await;
    vendor.hooks().release(Order::Reversed).await;
    let text =
        receiver.last().json()["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"].clone();
    assert_eq!(text, "three");
    vendor.hooks().redeliver(2).await;
    let posts = receiver.all();
    assert_eq!(posts.len(), 5);
    assert_eq!(posts[3].body, posts[4].body);
}

#[tokio::test]
async fn what_was_not_taken_is_delivered_once_more() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    receiver.answer(503, "");
    assert_eq!(ana.says("Hi").await.status, Some(503));
    receiver.answer(200, "");
    assert_eq!(vendor.hooks().redeliver_failed().await, [Some(200)]);
    assert_eq!(vendor.hooks().redeliver_failed().await, []);
    assert_eq!(receiver.all()[0].body, receiver.all()[1].body);
}

#[tokio::test]
async fn other_events_can_be_told_too() {
    let (vendor, _ana, receiver) = start(Options::default()).await;
    let status = json!({"event": "PAUSED", "message_template_name": "follow_up"});
    vendor
        .tells("message_template_status_update", status.clone())
        .await;
    let change = json!({"field": "message_template_status_update", "value": status});
    assert_eq!(receiver.last().json()["entry"][0]["changes"][0], change);
}
