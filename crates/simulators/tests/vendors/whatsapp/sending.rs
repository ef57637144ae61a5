//! What is accepted, and what is refused.

use chrono::TimeDelta;
use serde_json::{Value, json};
use simulators::Receipts;
use simulators::whatsapp::Options;

use super::{send, start, text, with};
use crate::support::{answer, client};

#[tokio::test]
async fn an_accepted_message_is_recorded_with_its_key_and_told_about() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    ana.says("Hi").await;
    vendor.set_receipts(Receipts::Automatic);
    let (status, body) = send(
        &vendor,
        with(text("Hello"), "biz_opaque_callback_data", "msg-42".into()),
    )
    .await;
    assert_eq!(status, 200);
    assert_eq!(
        body["contacts"][0],
        json!({"input": "5511900000001", "wa_id": "5511900000001", "user_id": ana.user_id()})
    );
    assert_eq!(vendor.record().count("5511900000001", "msg-42"), 1);
    assert_eq!(vendor.record().doubled(), []);
    let posts = receiver.wait_for(4).await;
    let told: Vec<_> = posts[1..]
        .iter()
        .map(|post| post.json()["entry"][0]["changes"][0]["value"]["statuses"][0].clone())
        .collect();
    let statuses: Vec<_> = told.iter().map(|status| status["status"].clone()).collect();
    assert_eq!(statuses, ["sent", "delivered", "read"]);
    assert!(
        told.iter()
            .all(|status| status["biz_opaque_callback_data"] == "msg-42")
    );
    send(
        &vendor,
        with(text("Hello"), "biz_opaque_callback_data", "msg-42".into()),
    )
    .await;
    assert_eq!(
        vendor.record().doubled(),
        [("5511900000001".into(), "msg-42".into(), 2)]
    );
}

#[tokio::test]
async fn outside_of_the_window_only_templates_go() {
    let (vendor, ana, receiver) = start(Options::default()).await;
    let (status, body) = send(&vendor, text("Too early")).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(131_047)));
    ana.says("Hi").await;
    assert_eq!(send(&vendor, text("In time")).await.0, 200);
    vendor.clock().advance(TimeDelta::hours(24));
    let (_, body) = send(&vendor, text("Too late")).await;
    assert_eq!(body["error"]["message"], "(#131047) Re-engagement message");
    let template = |parameters: Value| {
        let components = json!([{"type": "body", "parameters": parameters}]);
        let template = json!({"name": "follow_up", "language": {"code": "en_US"}, "components": components});
        json!({"messaging_product": "whatsapp", "to": "5511900000001", "type": "template", "template": template})
    };
    let (status, body) = send(&vendor, template(json!([{"type": "text", "text": "Ana"}]))).await;
    assert_eq!(
        (status, &body["messages"][0]["message_status"]),
        (200, &json!("accepted"))
    );
    assert_eq!(
        vendor.record().messages()[1].text,
        "Hello Ana, may we help you further?"
    );
    assert_eq!(
        send(&vendor, template(json!([]))).await.1["error"]["code"],
        132_000
    );
    vendor.set_template_status("follow_up", "PAUSED");
    assert_eq!(
        send(&vendor, template(json!([]))).await.1["error"]["code"],
        132_015
    );
    assert_eq!(receiver.all().len(), 1);
}

#[tokio::test]
async fn the_window_can_refuse_afterwards() {
    let options = Options {
        window_fails_later: true,
        ..Options::default()
    };
    let (vendor, _ana, receiver) = start(options).await;
    vendor.set_receipts(Receipts::Automatic);
    assert_eq!(send(&vendor, text("Hello")).await.0, 200);
    let posts = receiver.wait_for(1).await;
    let status = &posts[0].json()["entry"][0]["changes"][0]["value"]["statuses"][0];
    assert_eq!(
        (&status["status"], &status["errors"][0]["code"]),
        (&json!("failed"), &json!(131_047))
    );
}

#[tokio::test]
async fn tokens_and_ids_that_are_not_right_are_refused() {
    let (vendor, ana, _receiver) = start(Options::default()).await;
    ana.says("Hi").await;
    let url = format!(
        "{}/v26.0/{}/messages",
        vendor.base(),
        vendor.options().phone_number_id
    );
    for request in [client().post(&url), client().post(&url).bearer_auth("wrong")] {
        let (status, body) = answer(request.json(&text("Hi"))).await;
        assert_eq!((status, &body["error"]["code"]), (401, &json!(190)));
        assert_eq!(body["error"]["type"], "OAuthException");
    }
    let other = format!("{}/v26.0/1234/messages", vendor.base());
    let (_, body) = answer(client().post(other).bearer_auth("EAAtesttoken").json(&text("Hi"))).await;
    assert_eq!(
        (&body["error"]["code"], &body["error"]["error_subcode"]),
        (&json!(100), &json!(33))
    );
    let old = format!(
        "{}/v3.0/{}/messages",
        vendor.base(),
        vendor.options().phone_number_id
    );
    assert_eq!(
        answer(client().post(old).bearer_auth("EAAtesttoken")).await.0,
        400
    );
    vendor.expire_token_in(TimeDelta::days(3));
    assert_eq!(send(&vendor, text("Hi")).await.0, 200);
    let debug = format!("{}/debug_token?input_token=EAAtesttoken", vendor.base());
    let (_, body) = answer(
        client()
            .get(&debug)
            .bearer_auth("500000000000001|test_app_secret"),
    )
    .await;
    assert_eq!(body["data"]["is_valid"], true);
    assert!(body["data"]["expires_at"].as_i64() > Some(vendor.clock().seconds()));
    vendor.clock().advance(TimeDelta::days(3));
    assert_eq!(send(&vendor, text("Hi")).await.1["error"]["error_subcode"], 463);
    assert_eq!(vendor.record().messages().len(), 1);
}

#[tokio::test]
async fn a_proof_is_checked_where_it_is_given_or_needed() {
    let options = Options {
        needs_proof: true,
        ..Options::default()
    };
    let (vendor, _ana, _receiver) = start(options).await;
    let ask = async |proof: &str| {
        let url = format!(
            "{}/v26.0/{}?{proof}",
            vendor.base(),
            vendor.options().phone_number_id
        );
        answer(client().get(url).bearer_auth("EAAtesttoken")).await.0
    };
    let right = "appsecret_proof=2f6c99f265a9e1644d725e8f9c96e439fcbf40a73357d1d98ba8b98fbfe445e4";
    assert_eq!(
        (ask("").await, ask("appsecret_proof=00").await, ask(right).await),
        (400, 400, 200)
    );
}

#[tokio::test]
async fn the_documented_limits_are_kept() {
    let (vendor, ana, _receiver) = start(Options::default()).await;
    ana.says("Hi").await;
    let interactive = |kind: &str, body: &str, action: Value| {
        let interactive = json!({"type": kind, "body": {"text": body}, "action": action});
        json!({"messaging_product": "whatsapp", "to": "5511900000001", "type": "interactive", "interactive": interactive})
    };
    let buttons = |count: usize, title: &str| {
        let button = |n: usize| json!({"type": "reply", "reply": {"id": n.to_string(), "title": format!("{title}{n}")}});
        interactive(
            "button",
            "Pick",
            json!({"buttons": (0..count).map(button).collect::<Vec<_>>()}),
        )
    };
    let list = |rows: usize, description: &str| {
        let row = |n: usize| json!({"id": n.to_string(), "title": "Row", "description": description});
        let section = json!({"title": "A", "rows": (0..rows).map(row).collect::<Vec<_>>()});
        interactive(
            "list",
            "Pick",
            json!({"button": "Options", "sections": [section]}),
        )
    };
    let long = |length: usize| "é".repeat(length);
    let cases = [
        (text(&long(4096)), None),
        (text(&long(4097)), Some(100)),
        (text(""), Some(100)),
        (buttons(3, &long(19)), None),
        (buttons(3, &long(20)), Some(131_009)),
        (buttons(4, ""), Some(131_009)),
        (list(10, &long(72)), None),
        (list(10, &long(73)), Some(131_009)),
        (list(11, "d"), Some(131_009)),
        (interactive("button", &long(1025), json!({})), Some(131_009)),
        (
            with(text("Hi"), "biz_opaque_callback_data", long(512).into()),
            None,
        ),
        (
            with(text("Hi"), "biz_opaque_callback_data", long(513).into()),
            Some(100),
        ),
        (with(text("Hi"), "to", Value::Null), Some(100)),
        (with(text("Hi"), "messaging_product", Value::Null), Some(100)),
        (with(text("Hi"), "to", "15550001111".into()), Some(131_021)),
        (with(text("Hi"), "to", "nobody".into()), Some(131_009)),
        (
            with(text("Hi"), "context", json!({"message_id": "wamid.UNKNOWN"})),
            Some(131_009),
        ),
        (with(text("Hi"), "type", "poem".into()), Some(100)),
    ];
    for (body, code) in cases {
        let (status, answer) = send(&vendor, body.clone()).await;
        assert_eq!(answer["error"]["code"].as_u64(), code, "{body}: {answer}");
        assert_eq!(status, if code.is_some() { 400 } else { 200 });
    }
}

#[tokio::test]
async fn brazilians_are_the_same_with_and_without_the_ninth_digit() {
    let (vendor, ana, _receiver) = start(Options::default()).await;
    ana.says("Hi").await;
    let (_, body) = send(&vendor, with(text("Hi"), "to", "551100000001".into())).await;
    assert_eq!(body["contacts"][0]["wa_id"], "5511900000001");
}

#[tokio::test]
async fn reading_and_typing_are_marks_and_no_messages() {
    let (vendor, ana, _receiver) = start(Options::default()).await;
    let id = ana.says("Hi").await.id;
    let mark = json!({"messaging_product": "whatsapp", "status": "read", "message_id": id, "typing_indicator": {"type": "text"}});
    assert_eq!(send(&vendor, mark).await, (200, json!({"success": true})));
    assert_eq!(vendor.record().messages().len(), 0);
    assert_eq!(vendor.record().of(simulators::Kind::Typing).len(), 1);
    assert_eq!(
        vendor.record().of(simulators::Kind::Read)[0].recipient,
        ana.phone()
    );
}
