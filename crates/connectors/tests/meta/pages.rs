//! What Messenger and Instagram are asked, and what their answers are taken for.

use connectors::inbound::{Media, MediaKind};
use connectors::outbound::{Because, Choice, Part, Piece, Signal};
use connectors::{Account, Connector, SendError};
use serde_json::{Value, json};

use crate::recorder::Recorder;

const SENT: (u16, &str) = (200, r#"{"recipient_id":"7","message_id":"m_OUT1"}"#);

fn find(kind: &str) -> &'static dyn Connector {
    connectors::find(kind).expect("it is there")
}

fn account(recorder: &Recorder, values: &[(&str, &str)]) -> Account {
    let mut account = crate::samples::account(
        "17840000000000001",
        &[
            ("page_id", "200000000000001"),
            ("ig_id", "17840000000000001"),
            ("access_token", "EAAtesttoken"),
            ("app_secret", "test_app_secret"),
            ("api_url", &recorder.url),
        ],
    );
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    account.values.extend(values.iter().map(owned));
    account
}

fn piece(part: &Part) -> Piece<'_> {
    Piece {
        delivery_id: "msg-42",
        thread: "7",
        part,
        bytes: b"",
        link: "",
        reply_to: Some("m_TEST1"),
        is_human: false,
        sender_name: None,
        is_outside_window: false,
    }
}

fn text(labels: &[&str]) -> Part {
    let choice = |label: &&str| Choice {
        label: (*label).into(),
        value: label.to_uppercase(),
    };
    Part::Text {
        text: "Pick one".into(),
        choices: labels.iter().map(choice).collect(),
    }
}

fn picture() -> Part {
    Part::Media {
        kind: MediaKind::Image,
        asset_id: "as_1".into(),
        file_name: "a.jpg".into(),
        mime_type: "image/jpeg".into(),
        caption: None,
    }
}

/// Sends it and gives path and body of the one call.
async fn call_of(recorder: &Recorder, kind: &str, account: &Account, piece: Piece<'_>) -> (String, Value) {
    recorder.answer(&[SENT]);
    let sent = find(kind)
        .send(&recorder.http, account, &piece)
        .await
        .expect("it is taken");
    assert_eq!(sent.message_id.as_deref(), Some("m_OUT1"));
    let calls = recorder.calls();
    assert_eq!((calls.len(), calls[0].bearer()), (1, Some("EAAtesttoken")));
    (
        calls[0].line.split('?').next().unwrap_or_default().to_owned(),
        calls[0].json(),
    )
}

#[tokio::test]
async fn texts_and_quick_replies() {
    let recorder = Recorder::start().await;
    let part = text(&["Yes", "A title that is much too long"]);
    let quick_reply =
        |title: &str, payload: &str| json!({"content_type": "text", "title": title, "payload": payload});
    let replies = json!([
        quick_reply("Yes", "YES"),
        quick_reply("A title that is much", "A TITLE THAT IS MUCH TOO LONG")
    ]);
    let mut expected = json!({"recipient": {"id": "7"}, "messaging_type": "RESPONSE", "reply_to": {"mid": "m_TEST1"},
        "message": {"text": "Pick one", "metadata": "msg-42", "quick_replies": replies}});
    let sent = call_of(&recorder, "messenger", &account(&recorder, &[]), piece(&part)).await;
    assert_eq!(
        sent,
        (
            "POST /v26.0/200000000000001/messages".to_owned(),
            expected.clone()
        )
    );

    expected.as_object_mut().expect("an object").remove("reply_to");
    let by_page = account(&recorder, &[("route", "page")]);
    let sent = call_of(&recorder, "instagram", &by_page, piece(&part)).await;
    assert_eq!(
        sent,
        (
            "POST /v26.0/200000000000001/messages".to_owned(),
            expected.clone()
        )
    );

    expected["message"]
        .as_object_mut()
        .expect("an object")
        .remove("metadata");
    let sent = call_of(&recorder, "instagram", &account(&recorder, &[]), piece(&part)).await;
    assert_eq!(
        sent,
        ("POST /v26.0/17840000000000001/messages".to_owned(), expected)
    );
}

#[tokio::test]
async fn only_a_person_whom_meta_lets_may_write_after_the_window() {
    let recorder = Recorder::start().await;
    let part = text(&[]);
    for kind in ["messenger", "instagram"] {
        for (is_approved, is_human, is_outside_window) in [
            (true, true, true),
            (false, true, true),
            (true, false, true),
            (true, true, false),
        ] {
            let choice = if is_approved { "yes" } else { "no" };
            let account = account(&recorder, &[("human_agent", choice)]);
            let piece = Piece {
                is_human,
                is_outside_window,
                ..piece(&part)
            };
            let (_, body) = call_of(&recorder, kind, &account, piece).await;
            let expected = match is_approved && is_human && is_outside_window {
                true => (json!("MESSAGE_TAG"), json!("HUMAN_AGENT")),
                false => (json!("RESPONSE"), Value::Null),
            };
            assert_eq!((body["messaging_type"].clone(), body["tag"].clone()), expected);
        }
    }
}

#[tokio::test]
async fn files_go_by_their_address_or_as_a_form() {
    let recorder = Recorder::start().await;
    let (part, account) = (picture(), account(&recorder, &[]));
    let linked = Piece {
        link: "https://cdn.example/a.jpg",
        bytes: b"bytes",
        ..piece(&part)
    };
    let attachment = json!({"type": "image", "payload": {"url": "https://cdn.example/a.jpg"}});
    for kind in ["messenger", "instagram"] {
        let (_, body) = call_of(&recorder, kind, &account, linked).await;
        assert_eq!(body["message"]["attachment"], attachment);
    }
    let bare = Piece { link: "", ..linked };
    recorder.answer(&[SENT]);
    find("messenger")
        .send(&recorder.http, &account, &bare)
        .await
        .expect("it is taken");
    let form = recorder.calls()[0].text();
    for expected in [
        "name=\"recipient\"\r\n\r\n{\"id\":\"7\"}\r\n",
        "name=\"messaging_type\"\r\n\r\nRESPONSE\r\n",
        "name=\"filedata\"; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\nbytes\r\n",
        "\"metadata\":\"msg-42\"",
    ] {
        assert!(form.contains(expected), "{expected}: {form}");
    }
    let outcome = find("instagram").send(&recorder.http, &account, &bare).await;
    assert!(matches!(
        outcome,
        Err(SendError::Rejected {
            because: Because::Message,
            ..
        })
    ));
    assert!(recorder.calls().is_empty());
}

#[tokio::test]
async fn each_class_of_refusal() {
    let recorder = Recorder::start().await;
    let (part, account) = (text(&[]), account(&recorder, &[]));
    let send = async |kind: &str, status: u16, body: &str| {
        recorder.answer(&[(status, body)]);
        let outcome = find(kind).send(&recorder.http, &account, &piece(&part)).await;
        outcome.expect_err("it is refused")
    };
    let graph = |code: i64, subcode: i64| {
        format!(r#"{{"error":{{"message":"No","code":{code},"error_subcode":{subcode}}}}}"#)
    };
    for kind in ["messenger", "instagram"] {
        for (code, subcode, expected) in [
            (10, 2_018_278, Because::Window),
            (10, 2_534_022, Because::Window),
            (10, 1_893_063, Because::Account),
            (190, 463, Because::Account),
            (551, 1_545_041, Because::Person),
            (100, 0, Because::Message),
        ] {
            match send(kind, 403, &graph(code, subcode)).await {
                SendError::Rejected { because, .. } => assert_eq!(because, expected, "{code}/{subcode}"),
                other => panic!("{code}/{subcode}: {other:?}"),
            }
        }
        for code in [4, 613, 2] {
            let outcome = send(kind, 400, &graph(code, 0)).await;
            assert!(matches!(outcome, SendError::Later { .. }), "{code}: {outcome:?}");
        }
        let outcome = send(kind, 502, "<html>").await;
        assert!(matches!(outcome, SendError::Unknown { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn the_test_button_notices_a_token_of_another_account() {
    let recorder = Recorder::start().await;
    let page = account(&recorder, &[]);
    recorder.answer(&[(200, r#"{"id":"200000000000001","name":"Test page"}"#)]);
    let checked = find("messenger")
        .check(&recorder.http, &page)
        .await
        .expect("it works");
    assert_eq!(checked.display_name, "Test page");
    recorder.answer(&[(200, r#"{"id":"5","name":"A person"}"#)]);
    assert!(
        find("messenger")
            .check(&recorder.http, &page)
            .await
            .expect_err("another")
            .is_broken
    );
    recorder.calls();

    let me = r#"{"user_id":"17840000000000001","username":"test.shop","id":"9"}"#;
    recorder.answer(&[(200, me)]);
    let checked = find("instagram")
        .check(&recorder.http, &page)
        .await
        .expect("it works");
    assert_eq!(
        (checked.display_name.as_str(), checked.warnings.len()),
        ("@test.shop", 0)
    );
    assert_eq!(
        recorder.calls()[0].line,
        "GET /v26.0/me?fields=user_id%2Cusername%2Cname"
    );
    recorder.answer(&[(200, &me.replace("17840000000000001", "17840000000000002"))]);
    assert!(
        find("instagram")
            .check(&recorder.http, &page)
            .await
            .expect_err("another")
            .is_broken
    );

    let by_page = account(&recorder, &[("route", "page")]);
    recorder.answer(&[(200, r#"{"id":"17840000000000001","username":"test.shop"}"#)]);
    find("instagram")
        .check(&recorder.http, &by_page)
        .await
        .expect("it works");
    recorder.answer(&[(
        400,
        r#"{"error":{"message":"Error validating access token","code":190}}"#,
    )]);
    assert!(
        find("instagram")
            .check(&recorder.http, &by_page)
            .await
            .expect_err("run out")
            .is_broken
    );
}

#[tokio::test]
async fn accounts_are_subscribed_where_they_live() {
    let recorder = Recorder::start().await;
    let (page, by_page) = (account(&recorder, &[]), account(&recorder, &[("route", "page")]));
    for (kind, account, node) in [
        ("messenger", &page, "200000000000001"),
        ("instagram", &by_page, "200000000000001"),
        ("instagram", &page, "17840000000000001"),
    ] {
        find(kind)
            .subscribe(&recorder.http, account)
            .expect("it can")
            .await
            .expect("it is done");
        let line = recorder.calls()[0].line.clone();
        let expected =
            format!("POST /v26.0/{node}/subscribed_apps?subscribed_fields=messages%2Cmessaging_postbacks");
        assert!(line.starts_with(&expected), "{line}");
    }
    assert!(find("instagram").unsubscribe(&recorder.http, &by_page).is_none());
}

#[tokio::test]
async fn signals_names_and_files() {
    let recorder = Recorder::start().await;
    let account = account(&recorder, &[]);
    let signals = [
        (
            Signal::Typing {
                thread: "7",
                message_id: None,
            },
            "typing_on",
        ),
        (
            Signal::Read {
                thread: "7",
                message_id: "m_TEST1",
            },
            "mark_seen",
        ),
    ];
    for (signal, action) in signals {
        find("messenger")
            .signal(&recorder.http, &account, &signal)
            .expect("it can")
            .await;
        let expected = json!({"recipient": {"id": "7"}, "sender_action": action});
        assert_eq!(recorder.calls()[0].json(), expected);
    }
    recorder.answer(&[(
        200,
        r#"{"first_name":"Ana","last_name":"Test","profile_pic":"https://x.example/a"}"#,
    )]);
    let told = find("messenger")
        .profile(&recorder.http, &account, "7")
        .expect("it can")
        .await;
    assert_eq!(told.expect("a person").name.as_deref(), Some("Ana Test"));
    recorder.answer(&[(400, r#"{"error":{"message":"Consent is needed","code":230}}"#)]);
    assert_eq!(
        find("instagram")
            .profile(&recorder.http, &account, "7")
            .expect("it can")
            .await,
        None
    );
    recorder.calls();

    let media = Media {
        kind: MediaKind::Image,
        source: format!("{}/cdn/a.jpg", recorder.url),
        mime_type: None,
        file_name: None,
        size: None,
    };
    recorder.answer(&[(200, "bytes")]);
    let fetched = find("messenger")
        .fetch(&recorder.http, &account, &media, 10 * 1024 * 1024)
        .await
        .expect("it is there");
    assert_eq!(fetched.bytes, b"bytes");
    assert_eq!(recorder.calls()[0].bearer(), None);
    recorder.answer(&[(403, "URL signature expired")]);
    assert!(
        !find("messenger")
            .fetch(&recorder.http, &account, &media, 10 * 1024 * 1024)
            .await
            .expect_err("gone")
            .is_passing
    );
}
