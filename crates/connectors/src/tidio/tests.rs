use super::*;
use crate::inbound::MediaKind;
use crate::outbound::Part;
use crate::recorder::{Recorder, absent, account, distorted, fixtures, hanging_up, piece, said};

const PROJECT: &str = "abcdefghijklmnopqrstuvwxyz012345";
const AT: i64 = 1_700_000_000;

fn project(url: &str) -> Account {
    let values = [
        ("project_public_key", PROJECT),
        ("client_id", "ci_1"),
        ("client_secret", "cs_1"),
        ("webhook_secret", "tidio_secret"),
        ("api_url", url),
    ];
    account(PROJECT, "secret_1", &values)
}

fn receive(
    account: &Account,
    header: Option<(&str, &str)>,
    path: &str,
    body: &[u8],
    now: i64,
) -> Result<Reception, Refused> {
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let headers: Vec<_> = header.into_iter().map(own).collect();
    let request = Request {
        headers: &headers,
        query: &[],
        path,
        body,
        now: DateTime::from_timestamp(now, 0).unwrap(),
    };
    Tidio.receive(account, &request)
}

fn signed(account: &Account, body: &[u8]) -> Result<Reception, Refused> {
    let header = format!("t={AT},s={}", signature("tidio_secret", &AT.to_string(), body));
    receive(account, Some(("x-tidio-signature", &header)), "", body, AT)
}

#[test]
fn a_call_is_accepted_with_its_signature() {
    const BODY: &str = r#"{"topic":"contact.created","version":1}"#;
    const VECTOR: &str = "e62bfc933187dc17b1e34abe4a185f07e9de42480d94d35ce7bc496032570415";
    let check = |header: &str, body: &str, now: i64| {
        receive(
            &project(""),
            Some(("x-tidio-signature", header)),
            "",
            body.as_bytes(),
            now,
        )
        .is_ok()
    };
    let fine = format!("t={AT},s={VECTOR}");
    assert!(check(&fine, BODY, AT) && check(&fine, BODY, AT + OLDEST) && check(&fine, BODY, AT - NEWEST));
    assert!(check(&format!("t={AT},s=00,s={VECTOR}"), BODY, AT));
    assert!(!check(&fine, BODY, AT + OLDEST + 1) && !check(&fine, BODY, AT - NEWEST - 1));
    assert!(!check(&fine, &BODY.replace('1', "2"), AT));
    for header in [
        "",
        "t=1700000000",
        &format!("s={VECTOR}"),
        &format!("t=1700000001,s={VECTOR}"),
        &format!("t={AT},s="),
    ] {
        assert!(!check(header, BODY, AT), "{header}");
    }
    assert!(receive(&project(""), None, "", BODY.as_bytes(), AT).is_err());
    let forged = format!("t={AT},s={}", signature("", &AT.to_string(), BODY.as_bytes()));
    let without = account(PROJECT, "secret_1", &[]);
    assert!(
        receive(
            &without,
            Some(("x-tidio-signature", &forged)),
            "",
            BODY.as_bytes(),
            AT
        )
        .is_err()
    );
}

#[test]
fn another_projects_event_is_refused_even_if_it_is_signed() {
    let body = format!(r#"{{"webhook_id":"1","topic":"contact.created","project_public_key":"{PROJECT}"}}"#);
    assert!(signed(&project(""), body.as_bytes()).is_ok());
    assert_eq!(Tidio.accounts_in(body.as_bytes()), [PROJECT]);
    let other = body.replace("abc", "xyz");
    assert!(signed(&project(""), other.as_bytes()).is_err());
}

#[test]
fn each_topic_is_read() {
    let own = project("");
    let read = |body: Vec<u8>| {
        let event = signed(&own, &body).unwrap().events.remove(0);
        let read = Tidio.read(&own, &event.body).unwrap();
        json!({ "id": event.id, "thread": event.thread, "kind": event.kind, "at": event.occurred_at, "read": read })
    };
    insta::assert_json_snapshot!(fixtures("tidio", read));
}

#[test]
fn a_flow_asks_with_the_key_and_waits() {
    let own = project("");
    let body = br#"{"contact_id":"c-1","message":"Are you open?","email":"ana@example.com"}"#;
    let ask = |key: Option<&str>, body: &[u8], now| {
        receive(&own, key.map(|key| ("authorization", key)), "flow", body, now)
    };
    for key in [None, Some("Bearer "), Some("Bearer secret_2"), Some("secret_1")] {
        assert!(ask(key, body, AT).is_err(), "{key:?}");
    }
    let without = account(PROJECT, "", &[]);
    assert!(receive(&without, Some(("authorization", "Bearer ")), "flow", body, AT).is_err());
    let reception = ask(Some("Bearer secret_1"), body, AT).unwrap();
    assert_eq!(reception.reply_within, Some(FLOW_TIMEOUT));
    insta::assert_json_snapshot!(Tidio.read(&own, &reception.events[0].body).unwrap());
    let again = ask(Some("Bearer secret_1"), body, AT + 1).unwrap();
    assert_ne!(again.events[0].id, reception.events[0].id);
    for broken in ["", "[]", r#"{"message":"x"}"#, r#"{"contact_id":"c-1"}"#] {
        let reception = ask(Some("Bearer secret_1"), broken.as_bytes(), AT).unwrap();
        assert!(Tidio.read(&own, &reception.events[0].body).is_err(), "{broken}");
    }
    assert_eq!(
        Tidio.inline_reply(Some("Yes."), false),
        json!({ "reply": "Yes.", "handoff": false })
    );
    assert_eq!(
        Tidio.inline_reply(None, true),
        json!({ "reply": "", "handoff": true })
    );
}

#[test]
fn what_is_no_event_is_kept_and_not_understood() {
    for body in ["", "[]", "{}", "{\"topic\":1}"] {
        let events = signed(&project(""), body.as_bytes()).unwrap().events;
        assert_eq!((events.len(), events[0].kind), (1, "other"), "{body}");
        assert!(Tidio.read(&project(""), &events[0].body).is_err(), "{body}");
    }
}

#[tokio::test]
async fn a_reply_goes_into_the_ticket_and_nowhere_else() {
    let vendor = Recorder::answering(&[(201, json!({ "id": "01HXSENT" }))]).await;
    let own = project(&vendor.url);
    let part = said("Thanks, we will check.", &[]);
    let sent = Tidio
        .send(&vendor.http, &own, &piece("ticket:4711", &part))
        .await
        .unwrap();
    assert_eq!(sent.message_id.as_deref(), Some("01HXSENT"));
    insta::assert_json_snapshot!(vendor.calls());
    let file = Part::Media {
        kind: MediaKind::File,
        asset_id: "a".into(),
        file_name: "a".into(),
        mime_type: "a/b".into(),
        caption: None,
    };
    let wrong = [piece("flow:c-1", &part), piece("ticket:4711", &file)];
    for piece in &wrong {
        let refused = Tidio.send(&vendor.http, &own, piece).await;
        assert!(matches!(refused, Err(SendError::Rejected { .. })));
    }
    assert!(vendor.calls().is_empty());
}

fn outline(error: &SendError) -> String {
    match error {
        SendError::Later { code, after, .. } => format!("later {code} {after:?}"),
        SendError::Rejected { code, because, .. } => format!("rejected {code} {because:?}"),
        SendError::Unknown { .. } => "unknown".into(),
    }
}

#[tokio::test]
async fn each_error_says_what_to_do() {
    let cases = [
        (429, "later 429 Some(60s)"),
        (401, "rejected 401 Account"),
        (403, "rejected 403 Account"),
        (404, "rejected 404 Person"),
        (422, "rejected 422 Message"),
        (503, "unknown"),
    ];
    let part = said("Hi", &[]);
    for (status, expected) in cases {
        let answer = json!({ "errors": [{ "code": "validation_failed", "message": "No." }] });
        let vendor = Recorder::answering(&[(status, answer)]).await;
        let error = Tidio
            .send(&vendor.http, &project(&vendor.url), &piece("ticket:1", &part))
            .await
            .unwrap_err();
        assert_eq!(outline(&error), expected);
    }
    let (http, url) = hanging_up().await;
    let cut = Tidio
        .send(&http, &project(&url), &piece("ticket:1", &part))
        .await
        .unwrap_err();
    let (http, url) = absent().await;
    let not_made = Tidio
        .send(&http, &project(&url), &piece("ticket:1", &part))
        .await
        .unwrap_err();
    assert_eq!(
        [outline(&cut), outline(&not_made)],
        ["unknown", "later no_connection None"]
    );
}

#[tokio::test]
async fn the_check_asks_for_the_project() {
    let found = json!({ "name": "Shop", "public_key": "another" });
    let vendor = Recorder::answering(&[(200, found)]).await;
    vendor.then(401, b"{}");
    let own = project(&vendor.url);
    let checked = Tidio.check(&vendor.http, &own).await.unwrap();
    assert_eq!(
        (checked.display_name.as_str(), checked.warnings.len()),
        ("Shop", 1)
    );
    assert_eq!(vendor.calls()[0]["call"], "GET /project");
    assert!(Tidio.check(&vendor.http, &own).await.unwrap_err().is_broken);
}

#[test]
fn nothing_that_is_out_of_shape_stops_the_reader() {
    for body in distorted("tidio") {
        for event in
            signed(&project(""), body.as_bytes()).map_or_else(|_| Vec::new(), |reception| reception.events)
        {
            let _ = Tidio.read(&project(""), &event.body);
        }
    }
}

#[tokio::test]
async fn a_contact_is_asked_for_its_name() {
    let contact = json!({"id": "c-1", "first_name": "Ana", "last_name": "Lopes", "phone": "+32470123456"});
    let recorder = Recorder::answering(&[(200, contact), (404, json!({}))]).await;
    let account = project(&recorder.url);
    let asking = Tidio.profile(&recorder.http, &account, "c-1").unwrap();
    let told = asking.await.unwrap();
    assert_eq!((told.name.as_deref(), told.phone), (Some("Ana Lopes"), None));
    assert_eq!(recorder.calls()[0]["call"], "GET /contacts/c-1");
    let asking = Tidio.profile(&recorder.http, &account, "c-2").unwrap();
    assert_eq!(asking.await, None);
    assert!(Tidio.profile(&recorder.http, &account, "ticket:7").is_none());
}
