//! What WhatsApp is asked about the account itself: whether it works, its events, files and templates.

use connectors::inbound::{Media, MediaKind};
use connectors::outbound::Signal;
use serde_json::{Value, json};

use super::whatsapp_sending::{account, whatsapp};
use crate::recorder::Recorder;

#[tokio::test]
async fn the_test_button_asks_for_number_token_and_account() {
    let recorder = Recorder::start().await;
    let mut account = account(&recorder);
    account.values.insert("app_id".into(), "7".into());
    let number = r#"{"display_phone_number":"+1 555-000-1111","verified_name":"Test","quality_rating":"RED","id":"1"}"#;
    let token = r#"{"data":{"is_valid":true,"expires_at":1767225600,"data_access_expires_at":0,"scopes":["whatsapp_business_messaging"]}}"#;
    let numbers = r#"{"data":[{"id":"100000000000009"}]}"#;
    recorder.answer(&[(200, number), (200, token), (200, numbers)]);
    let checked = whatsapp()
        .check(&recorder.http, &account)
        .await
        .expect("it works");
    assert_eq!(checked.display_name, "+1 555-000-1111 · Test");
    assert_eq!(checked.token_expires_at, connectors::from_seconds(1_767_225_600));
    let granted: Vec<bool> = checked
        .permissions
        .iter()
        .map(|permission| permission.is_granted)
        .collect();
    assert_eq!((granted, checked.warnings.len()), (vec![true, false], 1));
    let calls = recorder.calls();
    assert!(
        calls[0]
            .line
            .starts_with("GET /v26.0/100000000000009?fields=display_phone_number")
    );
    assert!(
        calls[1]
            .line
            .starts_with("GET /v26.0/debug_token?input_token=EAAtesttoken")
    );
    assert_eq!(calls[1].bearer(), Some("7|test_app_secret"));

    let wrong_secret =
        r#"{"error":{"message":"Invalid appsecret_proof provided in the API argument","code":100}}"#;
    recorder.answer(&[(400, wrong_secret)]);
    let error = whatsapp()
        .check(&recorder.http, &account)
        .await
        .expect_err("refused");
    assert!(
        error.is_broken && error.reason.text.contains("app secret"),
        "{error:?}"
    );
    recorder.answer(&[(200, number), (200, r#"{"data":{"is_valid":false}}"#)]);
    assert!(
        whatsapp()
            .check(&recorder.http, &account)
            .await
            .expect_err("run out")
            .is_broken
    );
    recorder.answer(&[(503, "")]);
    assert!(
        whatsapp()
            .check(&recorder.http, &account)
            .await
            .expect_err("down")
            .is_passing
    );
}

#[tokio::test]
async fn each_number_is_told_its_own_address_and_the_account_is_left_when_none_needs_it() {
    let recorder = Recorder::start().await;
    let account = account(&recorder);
    whatsapp()
        .subscribe(&recorder.http, &account)
        .expect("it can")
        .await
        .expect("it is done");
    let address = json!({"override_callback_uri": "https://rapport.example/hook/abc", "verify_token": "canary_verify_token"});
    let calls = recorder.calls();
    assert!(
        calls[0]
            .line
            .starts_with("POST /v26.0/900000000000001/subscribed_apps")
    );
    assert_eq!(calls[0].json(), address);
    assert!(calls[1].line.starts_with("POST /v26.0/100000000000009?"));
    assert_eq!(calls[1].json(), json!({"webhook_configuration": address}));

    for (others, is_left) in [("", true), (r#",{"id":"5"}"#, false)] {
        let numbers = format!(r#"{{"data":[{{"id":"100000000000009"}}{others}]}}"#);
        recorder.answer(&[(200, "{}"), (200, &numbers)]);
        whatsapp()
            .unsubscribe(&recorder.http, &account)
            .expect("it can")
            .await;
        let calls = recorder.calls();
        assert_eq!(calls.iter().any(|call| call.line.starts_with("DELETE")), is_left);
    }
}

#[tokio::test]
async fn files_are_fetched_in_two_steps_and_the_token_stays_with_meta() {
    let recorder = Recorder::start().await;
    let account = account(&recorder);
    let media = Media {
        kind: MediaKind::File,
        source: "3004".into(),
        mime_type: None,
        file_name: Some("invoice.pdf".into()),
        size: None,
    };
    let fetch = async || {
        whatsapp()
            .fetch(&recorder.http, &account, &media, 10 * 1024 * 1024)
            .await
    };
    let there = format!(r#"{{"url":"{}/files/3004","file_size":5}}"#, recorder.url);
    recorder.answer(&[(200, &there), (404, ""), (200, &there), (200, "%PDF-")]);
    let fetched = fetch().await.expect("the second address works");
    assert_eq!(
        (fetched.bytes.as_slice(), fetched.file_name.as_deref()),
        (&b"%PDF-"[..], Some("invoice.pdf"))
    );
    let calls = recorder.calls();
    assert!(
        calls[0]
            .line
            .starts_with("GET /v26.0/3004?phone_number_id=100000000000009")
    );
    assert_eq!(
        (calls[1].line.as_str(), calls[1].bearer()),
        ("GET /files/3004", Some("EAAtesttoken"))
    );
    assert_eq!(calls.len(), 4);

    let elsewhere = Recorder::start().await;
    let url = format!(r#"{{"url":"{}/files/3004"}}"#, elsewhere.url);
    recorder.answer(&[(200, &url)]);
    assert!(!fetch().await.expect_err("not Meta's").is_passing);
    assert!(elsewhere.calls().is_empty());

    let large = there.replace(":5}", ":16777217}");
    recorder.answer(&[(200, &large)]);
    assert!(
        fetch()
            .await
            .expect_err("too large")
            .reason
            .text
            .contains("too large")
    );
    let body = "x".repeat(16 * 1024 * 1024 + 1);
    recorder.answer(&[(200, &there), (200, &body)]);
    assert!(
        fetch()
            .await
            .expect_err("larger than it was said to be")
            .reason
            .text
            .contains("too large")
    );
}

#[tokio::test]
async fn signals_mark_the_newest_message() {
    let recorder = Recorder::start().await;
    let account = account(&recorder);
    let send = async |signal: Signal<'_>| match whatsapp().signal(&recorder.http, &account, &signal) {
        Some(future) => {
            future.await;
            Some(recorder.calls()[0].json())
        }
        None => None,
    };
    let typing = |message_id| Signal::Typing {
        thread: "5511900000001",
        message_id,
    };
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.TEST1"});
    let mark = Signal::Read {
        thread: "5511900000001",
        message_id: "wamid.TEST1",
    };
    assert_eq!(send(mark).await, Some(read.clone()));
    let mut shown = read;
    shown["typing_indicator"] = json!({"type": "text"});
    assert_eq!(send(typing(Some("wamid.TEST1"))).await, Some(shown));
    assert_eq!(send(typing(None)).await, None);
}

#[tokio::test]
async fn only_templates_that_can_be_sent_are_offered() {
    let recorder = Recorder::start().await;
    let account = account(&recorder);
    let template = |name: &str, status: &str, category: &str, components: Value| json!({"name": name, "language": "en_US", "status": status, "category": category, "components": components});
    let body = |text: &str| json!({"type": "BODY", "text": text});
    let first = json!({"data": [
        template("follow_up", "APPROVED", "UTILITY", json!([{"type": "HEADER", "format": "TEXT", "text": "Hi"}, body("Hello {{1}}, {{ 2 }}")])),
        template("rejected", "REJECTED", "UTILITY", json!([body("x")])),
        template("picture", "APPROVED", "MARKETING", json!([{"type": "HEADER", "format": "IMAGE"}, body("x")])),
        template("link", "APPROVED", "UTILITY", json!([body("x"), {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://x.example/{{1}}"}]}])),
        template("named", "APPROVED", "UTILITY", json!([body("Hello {{first_name}}")])),
        template("code", "APPROVED", "AUTHENTICATION", json!([body("{{1}} is your code")])),
    ], "paging": {"cursors": {"after": "A1"}, "next": "https://graph.facebook.com/next"}});
    let second = json!({"data": [template("plain", "APPROVED", "UTILITY", json!([body("Hello")]))], "paging": {"cursors": {"after": "A2"}}});
    recorder.answer(&[(200, &first.to_string()), (200, &second.to_string())]);
    let found = whatsapp()
        .templates(&recorder.http, &account)
        .expect("it can")
        .await
        .expect("they are told");
    let found: Vec<_> = found
        .iter()
        .map(|template| (template.name.as_str(), template.parameters))
        .collect();
    assert_eq!(found, [("follow_up", 2), ("plain", 0)]);
    let calls = recorder.calls();
    assert!(
        calls[0]
            .line
            .starts_with("GET /v26.0/900000000000001/message_templates?status=APPROVED")
    );
    assert!(calls[1].line.contains("after=A1"));
}
