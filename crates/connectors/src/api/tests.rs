use chrono::DateTime;
use kernel::standard_webhooks::signature;

use super::*;
use crate::inbound::MediaKind;
use crate::outbound::Part;
use crate::recorder::{Recorder, absent, account, distorted, fixtures, hanging_up, piece, said};

/// The vector on which the reference libraries agree.
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const BODY: &str = r#"{"type":"message.created","timestamp":"2026-01-01T00:00:00Z","data":{"id":"m1"}}"#;
const VECTOR: &str = "v1,2Zv1tybKgxx8ixkmTqIHdnw0LF0znSOWwqpfbYBxws8=";
const AT: i64 = 1_767_225_600;

fn program(url: &str) -> Account {
    account("", "", &[("secret", SECRET), ("callback_url", url)])
}

fn receive(account: &Account, signature: &[&str], body: &[u8], now: i64) -> Result<Reception, Refused> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut headers = vec![pair(ID, "msg_test_1"), pair(TIMESTAMP, &AT.to_string())];
    headers.extend(signature.iter().map(|value| pair(SIGNATURE, value)));
    let request = Request {
        headers: &headers,
        query: &[],
        path: "",
        body,
        now: DateTime::from_timestamp(now, 0).unwrap(),
    };
    Api.receive(account, &request)
}

fn signed(body: &[u8]) -> Reception {
    let signature = signature([SECRET], "msg_test_1", AT, body);
    receive(&program(""), &[&signature], body, AT).unwrap()
}

#[test]
fn a_call_is_accepted_with_its_signature_for_five_minutes() {
    let check =
        |signature: &[&str], body: &str, now| receive(&program(""), signature, body.as_bytes(), now).is_ok();
    for now in [AT - 300, AT, AT + 300] {
        assert!(check(&[VECTOR], BODY, now));
    }
    assert!(!check(&[VECTOR], BODY, AT + 301) && !check(&[VECTOR], BODY, AT - 301));
    assert!(!check(&[VECTOR], &BODY.replace("m1", "m2"), AT));
    assert!(!check(&[], BODY, AT) && !check(&[""], BODY, AT) && !check(&[VECTOR, VECTOR], BODY, AT));
    for secret in ["", "whsec_", "short"] {
        let without = account("", "", &[("secret", secret)]);
        assert!(receive(&without, &[VECTOR], BODY.as_bytes(), AT).is_err());
    }
}

#[test]
fn each_body_is_read() {
    let read = |body: Vec<u8>| {
        let event = signed(&body).events.remove(0);
        let read = Api.read(&program(""), &event.body).unwrap();
        json!({ "id": event.id, "thread": event.thread, "kind": event.kind, "at": event.occurred_at, "read": read })
    };
    insta::assert_json_snapshot!(fixtures("api", read));
}

#[test]
fn what_misses_something_is_kept_and_says_what() {
    let cases = [
        ("", "EOF"),
        ("{}", "`from`"),
        (r#"{"id":"1","from":{"name":"x"},"text":"x"}"#, "`from.id`"),
        (r#"{"id":"1","from":{"id":"x"}}"#, "neither"),
        (r#"{"id":"1","from":{"id":"x"},"attachments":[{}]}"#, "`url`"),
        (r#"{"status":"read","thread":"x"}"#, "`message_id`"),
        (r#"{"status":"read","message_id":"x"}"#, "`thread`"),
    ];
    for (body, expected) in cases {
        let events = signed(body.as_bytes()).events;
        let error = Api.read(&program(""), &events[0].body).unwrap_err();
        assert!(error.contains(expected), "{body}: {error}");
    }
}

/// The three headers of a call, which are taken away from it.
fn headers(call: &mut Value) -> [String; 3] {
    let headers = call["headers"].take();
    [ID, TIMESTAMP, SIGNATURE].map(|name| headers[name].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn replies_go_out_signed_with_the_deliverys_id() {
    let vendor = Recorder::answering(&[]).await;
    let own = program(&format!("{}/replies", vendor.url));
    let file = Part::Media {
        kind: MediaKind::Image,
        asset_id: "asset_1".into(),
        file_name: "p.jpg".into(),
        mime_type: "image/jpeg".into(),
        caption: Some("Look — 👀".into()),
    };
    let parts = [said("Hello **you** — 👋", &[("Yes", "yes")]), file];
    for part in &parts {
        let linked = Piece {
            link: "https://rapport.example/files/1",
            reply_to: Some("m-1"),
            ..piece("u-1", part)
        };
        let sent = Api.send(&vendor.http, &own, &linked).await.unwrap();
        assert_eq!(sent.message_id.as_deref(), Some(linked.delivery_id));
    }
    let bare = Api.send(&vendor.http, &own, &piece("u-1", &parts[1])).await;
    assert!(matches!(bare, Err(SendError::Rejected { .. })));
    let mut calls = vendor.calls();
    for call in &mut calls {
        let [id, at, given] = headers(call);
        assert_eq!(id, "018f4c1e-0000-7000-8000-000000000001");
        let body = call["body"].to_string();
        assert_eq!(
            given,
            signature([SECRET], &id, at.parse().unwrap(), body.as_bytes())
        );
    }
    insta::assert_json_snapshot!(calls);
}

fn outline(error: &SendError) -> String {
    match error {
        SendError::Later { code, .. } => format!("later {code}"),
        SendError::Rejected { code, because, .. } => format!("rejected {code} {because:?}"),
        SendError::Unknown { .. } => "unknown".into(),
    }
}

#[tokio::test]
async fn a_call_that_was_cut_may_be_made_again() {
    let part = said("Hi", &[]);
    let cases = [
        (429, "later status_429"),
        (503, "later status_503"),
        (307, "rejected status_307 Account"),
        (401, "rejected status_401 Account"),
        (410, "rejected status_410 Account"),
        (422, "rejected status_422 Message"),
    ];
    for (status, expected) in cases {
        let vendor = Recorder::answering(&[(status, json!({}))]).await;
        let error = Api
            .send(&vendor.http, &program(&vendor.url), &piece("u-1", &part))
            .await
            .unwrap_err();
        assert_eq!(outline(&error), expected);
    }
    let (http, url) = hanging_up().await;
    let cut = Api
        .send(&http, &program(&url), &piece("u-1", &part))
        .await
        .unwrap_err();
    let (http, url) = absent().await;
    let not_made = Api
        .send(&http, &program(&url), &piece("u-1", &part))
        .await
        .unwrap_err();
    assert_eq!(
        [outline(&cut), outline(&not_made)],
        ["later no_answer", "later no_connection"]
    );
    let without = account("", "", &[("callback_url", &url)]);
    let unsigned = Api.send(&http, &without, &piece("u-1", &part)).await.unwrap_err();
    assert_eq!(outline(&unsigned), "rejected no_secret Account");
}

#[tokio::test]
async fn the_check_is_a_signed_ping() {
    let vendor = Recorder::answering(&[]).await;
    let own = program(&vendor.url);
    let checked = Api.check(&vendor.http, &own).await.unwrap();
    assert_eq!(checked.display_name, "127.0.0.1");
    let mut call = vendor.calls().remove(0);
    let [id, at, given] = headers(&mut call);
    assert_eq!(call["body"], json!({ "type": "ping", "id": id }));
    assert_eq!(
        given,
        signature(
            [SECRET],
            &id,
            at.parse().unwrap(),
            call["body"].to_string().as_bytes()
        )
    );
    vendor.then(500, b"");
    assert!(Api.check(&vendor.http, &own).await.unwrap_err().is_passing);
    let without = account("", "", &[("callback_url", &vendor.url)]);
    assert!(Api.check(&vendor.http, &without).await.unwrap_err().is_broken);
}

#[test]
fn nothing_that_is_out_of_shape_stops_the_reader() {
    for body in distorted("api") {
        for event in signed(body.as_bytes()).events {
            let _ = Api.read(&program(""), &event.body);
        }
    }
}
