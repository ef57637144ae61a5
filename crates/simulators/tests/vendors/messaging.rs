//! Messenger and Instagram.

use chrono::TimeDelta;
use serde_json::{Value, json};
use simulators::messaging::{Customer, Options, Simulator};
use simulators::{File, Receipts, instagram, messenger};

use crate::support::{Receiver, answer, client, hmac_sha256};

async fn start(options: Options) -> (Simulator, Customer, Receiver) {
    let receiver = Receiver::start().await;
    let vendor = Simulator::start(Options {
        webhook_url: Some(receiver.url.clone()),
        receipts: Receipts::Off,
        ..options
    });
    let vendor = vendor.await.expect("a port");
    let ana = vendor.customer("7000000000000001", "Ana Test");
    (vendor, ana, receiver)
}

async fn send(vendor: &Simulator, body: Value) -> (u16, Value) {
    let url = format!("{}/v26.0/me/messages", vendor.base());
    answer(
        client()
            .post(url)
            .bearer_auth(&vendor.options().access_token)
            .json(&body),
    )
    .await
}

fn text(text: &str) -> Value {
    json!({"recipient": {"id": "7000000000000001"}, "messaging_type": "RESPONSE", "message": {"text": text}})
}

#[tokio::test]
async fn what_customers_do_is_posted_in_the_frame_of_the_platform_and_signed() {
    for (options, object) in [
        (messenger::options(), "page"),
        (instagram::options(), "instagram"),
    ] {
        let (vendor, ana, receiver) = start(options).await;
        let hello = ana.says("Olá").await;
        ana.sends_file(File::new("a.jpg", "image/jpeg", "picture"), None)
            .await;
        ana.posts_back("Start", "GET_STARTED").await;
        ana.reacts(&hello.id, "❤").await;
        ana.deletes(&hello.id).await;
        vendor.presses_dashboard_test().await;
        for post in receiver.all() {
            let signature = format!("sha256={}", hmac_sha256(b"test_app_secret", &post.body));
            assert_eq!(post.header("x-hub-signature-256"), signature);
            assert_eq!(post.json()["object"], object);
        }
        let first = receiver.all()[0].json();
        let item = &first["entry"][0]["messaging"][0];
        assert_eq!(first["entry"][0]["id"], vendor.options().business_id);
        assert_eq!(item["recipient"]["id"], vendor.options().business_id);
        assert_eq!(item["sender"]["id"], "7000000000000001");
        assert!(item["timestamp"].as_i64() > Some(1_000_000_000_000));
        assert_eq!(item["message"], json!({"mid": hello.id, "text": "Olá"}));
        let url = &receiver.all()[1].json()["entry"][0]["messaging"][0]["message"]["attachments"][0]["payload"]
            ["url"];
        let file = client()
            .get(url.as_str().expect("an address"))
            .send()
            .await
            .expect("an answer");
        assert_eq!(file.bytes().await.expect("bytes"), "picture");
    }
}

#[tokio::test]
async fn the_window_closes_after_a_day_and_for_people_after_a_week() {
    let cases = [
        (messenger::options(), 400, 2_018_278),
        (instagram::options(), 403, 2_534_022),
    ];
    for (options, status, subcode) in cases {
        let (vendor, ana, _receiver) = start(options).await;
        ana.says("Hi").await;
        assert_eq!(send(&vendor, text("Hello")).await.0, 200);
        vendor.clock().advance(TimeDelta::hours(25));
        let (refused, body) = send(&vendor, text("Hello")).await;
        assert_eq!((refused, &body["error"]["code"]), (status, &json!(10)));
        assert_eq!(body["error"]["error_subcode"], subcode);
        let mut by_hand = text("Hello");
        by_hand["messaging_type"] = "MESSAGE_TAG".into();
        by_hand["tag"] = "HUMAN_AGENT".into();
        assert_eq!(send(&vendor, by_hand.clone()).await.0, 200);
        vendor.clock().advance(TimeDelta::days(7));
        assert_eq!(send(&vendor, by_hand.clone()).await.0, status);
        by_hand["tag"] = "ACCOUNT_UPDATE".into();
        assert_eq!(send(&vendor, by_hand).await.1["error"]["code"], 100);
    }
}

#[tokio::test]
async fn strangers_and_people_who_blocked_the_page_get_nothing() {
    let (vendor, ana, _receiver) = start(messenger::options()).await;
    assert_eq!(send(&vendor, text("Hello")).await.1["error"]["code"], 100);
    ana.says("Hi").await;
    ana.blocks();
    let (_, body) = send(&vendor, text("Hello")).await;
    assert_eq!(
        (&body["error"]["code"], &body["error"]["error_subcode"]),
        (&json!(551), &json!(1_545_041))
    );
    assert_eq!(vendor.record().messages().len(), 0);
}

#[tokio::test]
async fn messenger_counts_characters_and_instagram_bytes() {
    let (messenger, ana, _one) = start(messenger::options()).await;
    ana.says("Hi").await;
    let (instagram, bea, _two) = start(instagram::options()).await;
    bea.says("Hi").await;
    assert_eq!(send(&messenger, text(&"é".repeat(2000))).await.0, 200);
    assert_eq!(
        send(&messenger, text(&"é".repeat(2001))).await.1["error"]["code"],
        100
    );
    assert_eq!(send(&instagram, text(&"é".repeat(500))).await.0, 200);
    assert_eq!(
        send(&instagram, text(&"é".repeat(501))).await.1["error"]["code"],
        100
    );
}

#[tokio::test]
async fn templates_and_quick_replies_are_checked_and_can_be_pressed() {
    let (vendor, ana, receiver) = start(messenger::options()).await;
    ana.says("Hi").await;
    let mut quick = text("Pick");
    quick["message"]["quick_replies"] = json!([{"content_type": "text", "title": "Yes", "payload": "YES"}]);
    assert_eq!(send(&vendor, quick.clone()).await.0, 200);
    ana.presses("1").await;
    let pressed = &receiver.last().json()["entry"][0]["messaging"][0]["message"];
    assert_eq!(
        (&pressed["text"], &pressed["quick_reply"]["payload"]),
        (&json!("Yes"), &json!("YES"))
    );
    quick["message"]["quick_replies"] =
        vec![json!({"content_type": "text", "title": "Yes", "payload": "Y"}); 14].into();
    assert_eq!(send(&vendor, quick).await.1["error"]["code"], 100);
    let buttons = json!([{"type": "web_url", "url": "https://x.example", "title": "Open"}, {"type": "postback", "title": "Later", "payload": "LATER"}]);
    let payload = json!({"template_type": "button", "text": "Book a call", "buttons": buttons});
    let message = json!({"attachment": {"type": "template", "payload": payload}});
    let body = json!({"recipient": {"id": ana.id()}, "messaging_type": "RESPONSE", "message": message});
    assert_eq!(send(&vendor, body).await.0, 200);
    ana.presses("Later").await;
    assert_eq!(
        receiver.last().json()["entry"][0]["messaging"][0]["postback"]["payload"],
        "LATER"
    );
}

#[tokio::test]
async fn own_messages_come_back_as_echoes_and_those_of_people_with_another_app() {
    let (vendor, ana, receiver) = start(messenger::options()).await;
    ana.says("Hi").await;
    vendor.set_receipts(Receipts::Automatic);
    let mut body = text("Hello");
    body["message"]["metadata"] = "msg-42".into();
    let (_, sent) = send(&vendor, body).await;
    let posts = receiver.wait_for(4).await;
    let item = |post: usize| posts[post].json()["entry"][0]["messaging"][0].clone();
    let echo = &item(1)["message"];
    assert_eq!(
        (&echo["is_echo"], &echo["metadata"]),
        (&json!(true), &json!("msg-42"))
    );
    assert_eq!(
        (&echo["mid"], &echo["app_id"]),
        (&sent["message_id"], &json!(500_000_000_000_001_u64))
    );
    assert_eq!(item(2)["delivery"]["mids"][0], sent["message_id"]);
    assert!(item(3)["read"]["watermark"].is_i64());
    assert_eq!(vendor.record().count(ana.id(), "msg-42"), 1);
    vendor.business_says(ana.id(), "I am a person").await;
    let echo = receiver.last().json()["entry"][0]["messaging"][0].clone();
    assert_eq!(echo["message"]["app_id"], 263_902_037_430_900_u64);
    assert_eq!(echo["sender"]["id"], vendor.options().business_id);
}

#[tokio::test]
async fn only_what_was_subscribed_to_is_told() {
    let (vendor, ana, receiver) = start(messenger::options()).await;
    let subscribe = async |fields: &str| {
        let url = format!(
            "{}/v26.0/me/subscribed_apps?subscribed_fields={fields}",
            vendor.base()
        );
        answer(client().post(url).bearer_auth("EAAtesttoken")).await
    };
    assert_eq!(subscribe("messages,gossip").await.1["error"]["code"], 100);
    assert_eq!(subscribe("messages").await.0, 200);
    assert_eq!(ana.posts_back("Start", "GO").await.status, None);
    assert_eq!(ana.says("Hi").await.status, Some(200));
    assert_eq!(receiver.all().len(), 1);
}

#[tokio::test]
async fn a_thread_that_the_inbox_has_is_told_in_standby() {
    let (vendor, ana, receiver) = start(messenger::options()).await;
    ana.says("Hi").await;
    let url = format!("{}/v26.0/me/pass_thread_control", vendor.base());
    let body = json!({"recipient": {"id": ana.id()}, "target_app_id": 263_902_037_430_900_u64});
    assert_eq!(
        answer(client().post(url).bearer_auth("EAAtesttoken").json(&body))
            .await
            .0,
        200
    );
    ana.says("Is there a person?").await;
    assert_eq!(
        receiver.last().json()["entry"][0]["standby"][0]["message"]["text"],
        "Is there a person?"
    );
    assert_eq!(send(&vendor, text("No")).await.1["error"]["code"], 10);
    vendor.inbox_passes_thread(ana.id()).await;
    assert_eq!(send(&vendor, text("Yes")).await.0, 200);
}
