//! Tidio.

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use simulators::tidio::{Customer, Options, Simulator};

use crate::support::{Receiver, answer, client, hmac_sha256};

async fn start(options: Options) -> (Simulator, Customer, Receiver) {
    let receiver = Receiver::start().await;
    let vendor = Simulator::start(Options {
        webhook_url: Some(receiver.url.clone()),
        ..options
    });
    let vendor = vendor.await.expect("a port");
    let ana = vendor.customer("ana@example.com", "Ana");
    (vendor, ana, receiver)
}

fn request(vendor: &Simulator, method: &str, path: &str) -> reqwest::RequestBuilder {
    client()
        .request(
            method.parse().expect("a method"),
            format!("{}{path}", vendor.base()),
        )
        .header("x-tidio-openapi-client-id", &vendor.options().client_id)
        .header("x-tidio-openapi-client-secret", &vendor.options().client_secret)
        .header("accept", "application/json; version=1")
}

#[tokio::test]
async fn its_signature_is_that_of_the_documents() {
    let (vendor, _ana, receiver) = start(Options::default()).await;
    vendor
        .clock()
        .stop_at(DateTime::from_timestamp(1_700_000_000, 0).expect("a time"));
    vendor
        .hooks()
        .post_bytes(br#"{"topic":"contact.created","version":1}"#.to_vec())
        .await;
    let signature = "t=1700000000,s=e62bfc933187dc17b1e34abe4a185f07e9de42480d94d35ce7bc496032570415";
    assert_eq!(receiver.last().header("x-tidio-signature"), signature);
    assert_eq!(receiver.last().header("user-agent"), "Tidio Webhook");
}

#[tokio::test]
async fn each_secret_signs_while_they_rotate() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    vendor.set_webhook_secrets(&["old", "new"]);
    ana.says("Where is my order?").await;
    let post = receiver.last();
    let header = post.header("x-tidio-signature");
    let time = header[2..].split(',').next().expect("a time");
    let signed = [&post.body, b"_".as_slice(), time.as_bytes()].concat();
    let expected = format!(
        "t={time},s={},s={}",
        hmac_sha256(b"old", &signed),
        hmac_sha256(b"new", &signed)
    );
    assert_eq!(header, expected);
}

#[tokio::test]
async fn a_ticket_is_told_about_answered_and_read() {
    let (vendor, ana, receiver) = start(Options {
        leaves_text_out: true,
        ..Options::default()
    })
    .await;
    ana.says("Where is my order?").await;
    let event = receiver.last().json();
    assert_eq!(event["topic"], "ticket.contact_replied");
    assert_eq!(event["project_public_key"], vendor.options().project_public_key);
    assert!(event["content"]["message"].is_null());
    let ticket = event["content"]["ticket_id"].as_u64().expect("a number");
    let (_, found) = answer(request(&vendor, "GET", &format!("/tickets/{ticket}"))).await;
    assert_eq!(found["messages"][0]["content"], "Where is my order?");
    let reply = async |body: Value| {
        answer(request(&vendor, "POST", &format!("/tickets/{ticket}/reply")).json(&body)).await
    };
    let (status, body) = reply(json!({"content": ""})).await;
    assert_eq!(
        (status, &body["errors"][0]["code"]),
        (400, &json!("validation_failed"))
    );
    let (status, body) = reply(json!({"content": "On its way", "message_type": "public"})).await;
    assert_eq!((status, body["id"].as_str().map(str::len)), (201, Some(26)));
    assert_eq!(vendor.record().to(&ticket.to_string())[0].text, "On its way");
    assert_eq!(receiver.all().len(), 1, "what the API changes is not told");
    assert_eq!(
        answer(request(&vendor, "POST", "/tickets/1/reply").json(&json!({"content": "x"})))
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn credentials_the_version_and_the_quota_are_checked() {
    let (vendor, _ana, _receiver) = start(Options {
        calls_per_minute: 2,
        ..Options::default()
    })
    .await;
    let url = format!("{}/project", vendor.base());
    let (status, body) = answer(client().get(&url)).await;
    assert_eq!(
        (status, &body["errors"][0]["code"]),
        (401, &json!("unauthorized"))
    );
    assert_eq!(answer(request(&vendor, "GET", "/project")).await.0, 200);
    assert_eq!(answer(request(&vendor, "GET", "/project")).await.0, 200);
    let refused = request(&vendor, "GET", "/project")
        .send()
        .await
        .expect("an answer");
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["x-ratelimit-remaining"], "0");
    assert!(refused.headers().get("retry-after").is_none());
    vendor.clock().advance(TimeDelta::minutes(1));
    assert_eq!(answer(request(&vendor, "GET", "/project")).await.0, 200);
}
