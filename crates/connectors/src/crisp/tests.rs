use chrono::DateTime;
use serde_json::json;

use super::*;
use crate::inbound::MediaKind;
use crate::outbound::Part;
use crate::recorder::{Recorder, absent, account, distorted, fixtures, hanging_up, piece, said};

const WEBSITE: &str = "11111111-2222-4333-8444-555555555555";
const SESSION: &str = "session_aaaaaaaa-0000-4000-8000-000000000001";
const AT: i64 = 1_700_000_000_000;
/// The vector that the vendor's own library confirms.
const BODY: &str = r#"{"website_id":"11111111-2222-4333-8444-555555555555","event":"message:send","data":{"type":"text","content":"hi"},"timestamp":1700000000000}"#;
const SIGNATURE: &str = "f16b585f08d86c845317cf55592c0dbd2eb95d8ff8d5691992ec7ddb666a0cb8";

fn website(url: &str) -> Account {
    let values = [
        ("website_id", WEBSITE),
        ("identifier", "id_1"),
        ("key", "key_1"),
        ("api_url", url),
    ];
    account(WEBSITE, "secret_1", &values)
}

fn plugin(secret: &str) -> Account {
    account(
        WEBSITE,
        "secret_1",
        &[("hook_kind", "plugin"), ("signing_secret", secret)],
    )
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    pairs.iter().map(own).collect()
}

fn receive(
    account: &Account,
    headers: &[(&str, &str)],
    query: &[(&str, &str)],
    body: &[u8],
    now: i64,
) -> Result<Reception, Refused> {
    let (headers, query) = (pairs(headers), pairs(query));
    let now = DateTime::from_timestamp_millis(now).unwrap();
    let request = Request {
        headers: &headers,
        query: &query,
        path: "",
        body,
        now,
    };
    Crisp.receive(account, &request)
}

#[test]
fn a_plugins_call_is_accepted_with_its_signature_for_five_minutes() {
    let at = AT.to_string();
    let signed = |signature: &'static str| {
        [
            ("x-crisp-request-timestamp", at.clone()),
            ("x-crisp-signature", signature.to_owned()),
        ]
    };
    let check = |secret: &str, signature: &'static str, body: &str, now: i64| {
        let headers = signed(signature);
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        receive(
            &plugin(secret),
            &headers,
            &[("key", "secret_1")],
            body.as_bytes(),
            now,
        )
        .is_ok()
    };
    let secret = "crisp_hook_secret";
    for now in [AT - 300_000, AT, AT + 300_000] {
        assert!(check(secret, SIGNATURE, BODY, now));
    }
    assert!(!check(secret, SIGNATURE, BODY, AT + 300_001) && !check(secret, SIGNATURE, BODY, AT - 300_001));
    assert!(!check(secret, SIGNATURE, &BODY.replace("hi", "ho"), AT));
    assert!(!check("another", SIGNATURE, BODY, AT) && !check(secret, "", BODY, AT));
    assert!(!check("", SIGNATURE, BODY, AT));
    assert!(receive(&plugin(secret), &[], &[("key", "secret_1")], BODY.as_bytes(), AT).is_err());
}

#[test]
fn a_secret_that_is_not_there_signs_nothing() {
    let (at, forged) = (AT.to_string(), signature("", &AT.to_string(), BODY.as_bytes()));
    let headers = [
        ("x-crisp-request-timestamp", at.as_str()),
        ("x-crisp-signature", forged.as_str()),
    ];
    assert!(receive(&plugin(""), &headers, &[], BODY.as_bytes(), AT).is_err());
}

#[test]
fn a_websites_call_is_accepted_with_the_key_of_its_address() {
    let check =
        |account: &Account, query: &[(&str, &str)]| receive(account, &[], query, BODY.as_bytes(), AT).is_ok();
    let own = website("");
    assert!(check(&own, &[("key", "secret_1")]));
    let other = BODY.replace(WEBSITE, "22222222-2222-4333-8444-555555555555");
    assert!(receive(&own, &[], &[("key", "secret_1")], other.as_bytes(), AT).is_err());
    assert!(!check(&own, &[]) && !check(&own, &[("key", "secret_2")]) && !check(&own, &[("key", "")]));
    assert!(!check(&own, &[("key", "secret_1"), ("key", "secret_1")]));
    let without = account(WEBSITE, "", &[]);
    assert!(!check(&without, &[("key", "")]) && !check(&without, &[]));
    assert_eq!(Crisp.accounts_in(BODY.as_bytes()), [WEBSITE]);
}

#[test]
fn each_kind_of_event_is_read() {
    let own = website("");
    let read = |body: Vec<u8>| {
        let events = receive(&own, &[], &[("key", "secret_1")], &body, AT)
            .unwrap()
            .events;
        let one = |event: &RawEvent| {
            let read = Crisp.read(&own, &event.body).unwrap();
            assert_eq!(event.account_id.as_deref(), Some(WEBSITE));
            json!({ "id": event.id, "thread": event.thread, "kind": event.kind, "at": event.occurred_at, "read": read })
        };
        events.iter().map(one).collect()
    };
    insta::assert_json_snapshot!(fixtures("crisp", read));
}

#[test]
fn what_is_no_event_is_kept_and_not_understood() {
    for body in [
        "",
        "[]",
        "{}",
        "{\"event\":1,\"data\":{}}",
        "{\"event\":\"message:send\"}",
    ] {
        let events = receive(&website(""), &[], &[("key", "secret_1")], body.as_bytes(), AT)
            .unwrap()
            .events;
        assert_eq!((events.len(), events[0].kind), (1, "other"), "{body}");
        assert!(Crisp.read(&website(""), &events[0].body).is_err(), "{body}");
    }
}

fn dispatched() -> (u16, Value) {
    (202, json!({ "error": false, "reason": "dispatched", "data": {} }))
}

#[tokio::test]
async fn each_part_goes_out_in_its_type_with_our_fingerprint() {
    let file = Part::Media {
        kind: MediaKind::File,
        asset_id: "asset_1".into(),
        file_name: "a.pdf".into(),
        mime_type: "application/pdf".into(),
        caption: None,
    };
    let parts = [said("Hello **you**", &[]), said("Pick", &[("Yes", "yes")]), file];
    let vendor = Recorder::answering(&[dispatched(), dispatched(), dispatched()]).await;
    for part in &parts {
        let linked = Piece {
            link: "https://rapport.example/files/1",
            ..piece(SESSION, part)
        };
        let sent = Crisp
            .send(&vendor.http, &website(&vendor.url), &linked)
            .await
            .unwrap();
        let fingerprint = send::fingerprint(linked.delivery_id);
        assert_eq!(sent.message_id, Some(format!("{SESSION}:{fingerprint}")));
    }
    let bare = Crisp
        .send(&vendor.http, &website(&vendor.url), &piece(SESSION, &parts[2]))
        .await;
    assert!(matches!(bare, Err(SendError::Rejected { .. })));
    insta::assert_json_snapshot!(vendor.calls());
}

fn outline(error: &SendError) -> String {
    match error {
        SendError::Later { code, .. } => format!("later {code}"),
        SendError::Rejected { code, because, .. } => format!("rejected {code} {because:?}"),
        SendError::Unknown { .. } => "unknown".into(),
    }
}

#[tokio::test]
async fn each_error_says_what_to_do() {
    let cases = [
        (429, "later 429"),
        (420, "later 420"),
        (401, "rejected 401 Account"),
        (403, "rejected 403 Account"),
        (404, "rejected 404 Person"),
        (400, "rejected 400 Message"),
        (500, "unknown"),
    ];
    let part = said("Hi", &[]);
    for (status, expected) in cases {
        let answer = json!({ "error": true, "reason": "not_allowed", "data": { "message": "No." } });
        let vendor = Recorder::answering(&[(status, answer)]).await;
        let error = Crisp
            .send(&vendor.http, &website(&vendor.url), &piece(SESSION, &part))
            .await
            .unwrap_err();
        assert_eq!(outline(&error), expected);
    }
    let (http, url) = hanging_up().await;
    let cut = Crisp
        .send(&http, &website(&url), &piece(SESSION, &part))
        .await
        .unwrap_err();
    let (http, url) = absent().await;
    let not_made = Crisp
        .send(&http, &website(&url), &piece(SESSION, &part))
        .await
        .unwrap_err();
    assert_eq!(
        [outline(&cut), outline(&not_made)],
        ["unknown", "later no_connection"]
    );
}

#[tokio::test]
async fn the_check_and_the_courtesies_are_crisps_calls() {
    let found = json!({ "error": false, "reason": "resolved", "data": { "website_id": WEBSITE, "name": "Shop", "domain": "shop.example" } });
    let vendor = Recorder::answering(&[(200, found)]).await;
    let own = website(&vendor.url);
    let checked = Crisp.check(&vendor.http, &own).await.unwrap();
    assert_eq!(
        (checked.display_name.as_str(), checked.warnings.len()),
        ("Shop", 0)
    );
    let (thread, message_id) = (SESSION, "session_x:163239623329114");
    let signals = [
        Signal::Typing {
            thread,
            message_id: None,
        },
        Signal::Read { thread, message_id },
    ];
    for signal in &signals {
        Crisp.signal(&vendor.http, &own, signal).unwrap().await;
    }
    insta::assert_json_snapshot!(vendor.calls());
    vendor.then(401, b"{}");
    assert!(Crisp.check(&vendor.http, &own).await.unwrap_err().is_broken);
}

#[tokio::test]
async fn a_file_is_fetched_from_its_address_without_our_key() {
    let vendor = Recorder::answering(&[]).await;
    vendor.then(200, b"GIF89a");
    let media = Media {
        kind: MediaKind::Image,
        source: format!("{}/a.gif", vendor.url),
        mime_type: None,
        file_name: Some("a.gif".into()),
        size: None,
    };
    let fetched = Crisp
        .fetch(&vendor.http, &website(&vendor.url), &media, 6)
        .await
        .unwrap();
    assert_eq!(fetched.bytes, b"GIF89a");
    assert_eq!(vendor.calls()[0]["headers"], json!({}));
    vendor.then(200, b"GIF89a+");
    let refused = Crisp.fetch(&vendor.http, &website(&vendor.url), &media, 6).await;
    assert!(
        refused.is_err_and(|error| !error.is_passing),
        "it stays too large"
    );
}

#[test]
fn nothing_that_is_out_of_shape_stops_the_reader() {
    for body in distorted("crisp") {
        for event in receive(&website(""), &[], &[("key", "secret_1")], body.as_bytes(), AT)
            .map_or_else(|_| Vec::new(), |reception| reception.events)
        {
            let _ = Crisp.read(&website(""), &event.body);
        }
    }
}

#[test]
fn an_acknowledgement_names_so_many_messages_and_no_more() {
    let call = |count: u64| {
        let fingerprints: Vec<u64> = (0..count).collect();
        let body = json!({
            "website_id": WEBSITE, "event": "message:acknowledge:read:send",
            "data": {"session_id": "session_1", "fingerprints": fingerprints},
        });
        super::events(body.to_string().as_bytes())
    };
    let events = call(500).unwrap();
    assert_eq!(events.len(), 500);
    assert!(
        events
            .iter()
            .all(|event| event.kind == "status" && event.body.len() < 400)
    );
    assert!(call(501).is_none());
}
