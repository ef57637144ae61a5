//! Crisp.

use chrono::DateTime;
use serde_json::{Value, json};
use simulators::Receipts;
use simulators::crisp::{Customer, Options, Simulator};

use crate::support::{Receiver, answer, client, hmac_sha256};

async fn start(options: Options) -> (Simulator, Customer, Receiver) {
    let receiver = Receiver::start().await;
    let vendor = Simulator::start(Options {
        webhook_url: Some(receiver.url.clone()),
        receipts: Receipts::Off,
        ..options
    });
    let vendor = vendor.await.expect("a port");
    let ana = vendor.customer("session_aaaaaaaa-0000-4000-8000-000000000001", "Ana");
    (vendor, ana, receiver)
}

fn request(vendor: &Simulator, method: &str, path: &str) -> reqwest::RequestBuilder {
    let options = vendor.options();
    let url = format!("{}/v1/website/{}{path}", vendor.base(), options.website_id);
    client()
        .request(method.parse().expect("a method"), url)
        .basic_auth(&options.identifier, Some(&options.key))
        .header("x-crisp-tier", "plugin")
        .header("user-agent", "test")
}

async fn send(vendor: &Simulator, body: Value) -> (u16, Value) {
    let path = "/conversation/session_aaaaaaaa-0000-4000-8000-000000000001/message";
    answer(request(vendor, "POST", path).json(&body)).await
}

fn text(text: &str) -> Value {
    json!({"type": "text", "from": "operator", "origin": "chat", "content": text, "fingerprint": 170_000_000_012_345_u64, "automated": true})
}

#[tokio::test]
async fn its_signature_is_that_of_the_documents() {
    let (vendor, _ana, receiver) = start(Options::default()).await;
    vendor
        .clock()
        .stop_at(DateTime::from_timestamp_millis(1_700_000_000_000).expect("a time"));
    let body = r#"{"website_id":"11111111-2222-4333-8444-555555555555","event":"message:send","data":{"type":"text","content":"hi"},"timestamp":1700000000000}"#;
    vendor.hooks().post_bytes(body.into()).await;
    let received = receiver.last();
    assert_eq!(received.header("x-crisp-request-timestamp"), "1700000000000");
    assert_eq!(
        received.header("x-crisp-signature"),
        "f16b585f08d86c845317cf55592c0dbd2eb95d8ff8d5691992ec7ddb666a0cb8"
    );
}

#[tokio::test]
async fn hooks_of_plugins_are_signed_and_those_of_websites_are_not() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    receiver.answer(500, "");
    ana.says("Olá").await;
    vendor.hooks().redeliver_failed().await;
    for (attempt, post) in receiver.all().iter().enumerate() {
        let time = post.header("x-crisp-request-timestamp");
        let signed = [b"[", time.as_bytes(), b";", &post.body, b"]"].concat();
        assert_eq!(
            post.header("x-crisp-signature"),
            hmac_sha256(b"crisp_hook_secret", &signed)
        );
        assert_eq!(post.header("x-delivery-attempt-count"), (attempt + 1).to_string());
    }
    let event = receiver.last().json();
    assert_eq!(
        (&event["event"], &event["data"]["from"]),
        (&json!("message:send"), &json!("user"))
    );
    assert!(event["data"]["fingerprint"].is_u64());
    let (_other, bea, receiver) = start(Options {
        tier: "website".into(),
        ..Options::default()
    })
    .await;
    bea.says("Hi").await;
    assert!(receiver.last().headers.get("x-crisp-signature").is_none());
}

#[tokio::test]
async fn credentials_websites_and_bodies_are_checked() {
    let (vendor, _ana, _receiver) = start(Options::default()).await;
    let url = format!("{}/v1/website/{}", vendor.base(), vendor.options().website_id);
    assert_eq!(answer(client().get(&url)).await.0, 401);
    let options = vendor.options();
    let without_tier = client()
        .get(&url)
        .basic_auth(&options.identifier, Some(&options.key));
    let (status, body) = answer(without_tier).await;
    assert_eq!(
        (status, &body["error"], &body["reason"]),
        (403, &json!(true), &json!("not_allowed"))
    );
    assert_eq!(answer(request(&vendor, "GET", "")).await.0, 200);
    assert_eq!(
        answer(request(&vendor, "GET", "/conversation/session_unknown/state"))
            .await
            .0,
        404
    );
    let broken = [
        json!({"type": "text", "from": "operator", "origin": "chat"}),
        json!({"type": "text", "origin": "chat", "content": "x"}),
        json!({"type": "poem", "from": "operator", "origin": "chat", "content": "x"}),
        json!({"type": "text", "from": "operator", "origin": "moon", "content": "x"}),
        json!({"type": "picker", "from": "operator", "origin": "chat", "content": {"id": "p", "text": "Pick", "choices": []}}),
    ];
    for body in broken {
        let (status, answer) = send(&vendor, body.clone()).await;
        assert_eq!(
            (status, &answer["reason"]),
            (400, &json!("invalid_data")),
            "{body}"
        );
    }
    assert_eq!(vendor.record().messages().len(), 0);
}

#[tokio::test]
async fn our_own_message_comes_back_with_its_fingerprint_and_a_persons_with_another() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    vendor.set_receipts(Receipts::Automatic);
    let (status, body) = send(&vendor, text("Hello")).await;
    assert_eq!((status, &body["reason"]), (202, &json!("dispatched")));
    assert_eq!(body["data"]["fingerprint"], 170_000_000_012_345_u64);
    let posts = receiver.wait_for(3).await;
    let echo = posts[0].json();
    assert_eq!(echo["event"], "message:received");
    assert_eq!(
        (&echo["data"]["fingerprint"], &echo["data"]["automated"]),
        (&json!(170_000_000_012_345_u64), &json!(true))
    );
    vendor.operator_says(ana.session_id(), "I am a person").await;
    let person = receiver.last().json();
    assert_eq!(person["event"], "message:received");
    assert!(person["data"]["automated"].is_null());
    assert_eq!(vendor.record().count(ana.session_id(), "170000000012345"), 1);
}

#[tokio::test]
async fn a_choice_comes_back_as_the_picker_updated() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    let choice = |value: &str| json!({"value": value, "label": value.to_uppercase(), "selected": false});
    let content =
        json!({"id": "p1", "text": "Pick", "choices": [choice("yes"), choice("no")], "required": false});
    let body =
        json!({"type": "picker", "from": "operator", "origin": "chat", "content": content, "fingerprint": 7});
    assert_eq!(send(&vendor, body).await.0, 202);
    ana.presses("NO").await;
    let event = receiver.last().json();
    assert_eq!(
        (&event["event"], &event["data"]["fingerprint"]),
        (&json!("message:updated"), &json!(7))
    );
    let selected: Vec<_> = [0, 1]
        .map(|n| event["data"]["content"]["choices"][n]["selected"].clone())
        .to_vec();
    assert_eq!(selected, [false, true]);
}

#[tokio::test]
async fn state_meta_and_marks_can_be_changed_and_read() {
    let (vendor, ana, _receiver) = start(Options::default()).await;
    let path = |what: &str| format!("/conversation/{}/{what}", ana.session_id());
    let patch =
        async |what: &str, body: Value| answer(request(&vendor, "PATCH", &path(what)).json(&body)).await.0;
    assert_eq!(patch("state", json!({"state": "resolved"})).await, 200);
    assert_eq!(patch("state", json!({"state": "great"})).await, 400);
    assert_eq!(patch("meta", json!({"email": "ana@example.com"})).await, 200);
    assert_eq!(
        patch("compose", json!({"type": "start", "from": "operator"})).await,
        200
    );
    assert_eq!(
        patch(
            "read",
            json!({"from": "operator", "origin": "chat", "fingerprints": [1]})
        )
        .await,
        202
    );
    let (_, state) = answer(request(&vendor, "GET", &path("state"))).await;
    assert_eq!(state["data"]["state"], "resolved");
    let (_, meta) = answer(request(&vendor, "GET", &path("meta"))).await;
    assert_eq!(
        (&meta["data"]["email"], &meta["data"]["nickname"]),
        (&json!("ana@example.com"), &json!("Ana"))
    );
}
