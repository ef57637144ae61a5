//! What WhatsApp is asked, and what its answers are taken for.

use std::time::Duration;

use connectors::inbound::MediaKind;
use connectors::outbound::{Because, Choice, Part, Piece, TemplateUse};
use connectors::{Account, Connector, SendError};
use serde_json::{Value, json};

use crate::recorder::Recorder;

pub const SENT: (u16, &str) = (
    200,
    r#"{"messaging_product":"whatsapp","contacts":[{"input":"5511900000001","wa_id":"5511900000001"}],"messages":[{"id":"wamid.OUT1"}]}"#,
);
const PROOF: &str = "appsecret_proof=2f6c99f265a9e1644d725e8f9c96e439fcbf40a73357d1d98ba8b98fbfe445e4";

pub fn whatsapp() -> &'static dyn Connector {
    connectors::find("whatsapp").expect("it is there")
}

pub fn account(recorder: &Recorder) -> Account {
    crate::samples::account(
        "100000000000009",
        &[
            ("phone_number_id", "100000000000009"),
            ("waba_id", "900000000000001"),
            ("access_token", "EAAtesttoken"),
            ("app_secret", "test_app_secret"),
            ("api_url", &recorder.url),
        ],
    )
}

pub fn piece<'a>(thread: &'a str, part: &'a Part) -> Piece<'a> {
    Piece {
        delivery_id: "msg-42",
        thread,
        part,
        bytes: b"",
        link: "",
        reply_to: None,
        is_human: false,
        sender_name: None,
        is_outside_window: false,
    }
}

pub fn text(text: &str, choices: &[(&str, &str)]) -> Part {
    let choice = |(label, value): &(&str, &str)| Choice {
        label: (*label).into(),
        value: (*value).into(),
    };
    Part::Text {
        text: text.into(),
        choices: choices.iter().map(choice).collect(),
    }
}

pub fn media(kind: MediaKind, mime_type: &str, caption: Option<&str>) -> Part {
    Part::Media {
        kind,
        asset_id: "as_1".into(),
        file_name: "lamp.bin".into(),
        mime_type: mime_type.into(),
        caption: caption.map(str::to_owned),
    }
}

/// Sends it and gives the body of the one call.
async fn body_of(recorder: &Recorder, piece: Piece<'_>) -> Value {
    recorder.answer(&[SENT]);
    let sent = whatsapp().send(&recorder.http, &account(recorder), &piece).await;
    assert_eq!(
        sent.expect("it is taken").message_id.as_deref(),
        Some("wamid.OUT1")
    );
    let calls = recorder.calls();
    assert_eq!(calls.len(), 1);
    assert_eq!(
        calls[0].line,
        format!("POST /v26.0/100000000000009/messages?{PROOF}")
    );
    assert_eq!(calls[0].bearer(), Some("EAAtesttoken"));
    calls[0].json()
}

fn whole(kind: &str, content: Value) -> Value {
    json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": "5511900000001",
        "biz_opaque_callback_data": "msg-42", "type": kind, kind: content})
}

#[tokio::test]
async fn texts_buttons_lists_and_templates() {
    let recorder = Recorder::start().await;
    let ana = "5511900000001";
    let hi = text("Hi", &[]);
    let expected = whole("text", json!({"body": "Hi", "preview_url": false}));
    assert_eq!(body_of(&recorder, piece(ana, &hi)).await, expected);

    let answer = Piece {
        reply_to: Some("wamid.TEST1"),
        ..piece("BR.abc123", &hi)
    };
    let body = body_of(&recorder, answer).await;
    assert_eq!(
        (&body["recipient"], &body["to"]),
        (&json!("BR.abc123"), &Value::Null)
    );
    assert_eq!(body["context"], json!({"message_id": "wamid.TEST1"}));

    let buttons = text("Pick", &[("Yes", "yes"), ("As long as it may be", "no")]);
    let reply = |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    let action = json!({"buttons": [reply("yes", "Yes"), reply("no", "As long as it may be")]});
    let expected = json!({"type": "button", "body": {"text": "Pick"}, "action": action});
    assert_eq!(
        body_of(&recorder, piece(ana, &buttons)).await,
        whole("interactive", expected)
    );

    let list = text(
        "Pick",
        &[
            ("A", "A"),
            ("B", "B"),
            ("C", "C"),
            ("Do you deliver to…", "Do you deliver to islands?"),
        ],
    );
    let rows = json!([{"id": "A", "title": "A"}, {"id": "B", "title": "B"}, {"id": "C", "title": "C"},
        {"id": "Do you deliver to islands?", "title": "Do you deliver to…", "description": "Do you deliver to islands?"}]);
    let action = json!({"button": "Options", "sections": [{"title": "Options", "rows": rows}]});
    let expected = json!({"type": "list", "body": {"text": "Pick"}, "action": action});
    assert_eq!(
        body_of(&recorder, piece(ana, &list)).await,
        whole("interactive", expected)
    );

    // two would be buttons, if one of them did not have to be cut
    let long = text("Pick", &[("Yes", "yes"), ("A label that is far too long", "no")]);
    let rows = json!([{"id": "yes", "title": "Yes"},
        {"id": "no", "title": "A label that is far too ", "description": "A label that is far too long"}]);
    let action = json!({"button": "Options", "sections": [{"title": "Options", "rows": rows}]});
    let expected = json!({"type": "list", "body": {"text": "Pick"}, "action": action});
    assert_eq!(
        body_of(&recorder, piece(ana, &long)).await,
        whole("interactive", expected)
    );

    let template = Part::Template(TemplateUse {
        name: "follow_up".into(),
        language: "en_US".into(),
        parameters: vec!["Ana\n  Test".into()],
        text: "Hello Ana Test".into(),
    });
    let components = json!([{"type": "body", "parameters": [{"type": "text", "text": "Ana Test"}]}]);
    let expected = json!({"name": "follow_up", "language": {"code": "en_US"}, "components": components});
    assert_eq!(
        body_of(&recorder, piece(ana, &template)).await,
        whole("template", expected)
    );
}

#[tokio::test]
async fn choices_that_cutting_makes_equal_stay_different() {
    let recorder = Recorder::start().await;
    let asked = [
        ("How long does delivery to islands take?", "islands"),
        ("How long does delivery to towns take?", "towns"),
        ("How long does delivery to islands take?", "islands"),
        ("", "nothing"),
    ];
    let part = text("Pick", &asked);
    let body = body_of(&recorder, piece("5511900000001", &part)).await;
    let rows = body["interactive"]["action"]["sections"][0]["rows"]
        .as_array()
        .expect("rows")
        .clone();
    let titles: Vec<&Value> = rows.iter().map(|row| &row["title"]).collect();
    assert_eq!(titles, ["How long does delivery t", "How long does delivery 2"]);
}

#[tokio::test]
async fn files_are_uploaded_first_and_then_named() {
    let recorder = Recorder::start().await;
    let account = account(&recorder);
    let cases = [
        (
            MediaKind::Image,
            "image/png",
            Some("A lamp"),
            "image",
            json!({"id": "3001", "caption": "A lamp"}),
        ),
        (
            MediaKind::Image,
            "image/gif",
            None,
            "document",
            json!({"id": "3001", "filename": "lamp.bin"}),
        ),
        (
            MediaKind::Audio,
            "audio/ogg",
            None,
            "audio",
            json!({"id": "3001"}),
        ),
        (
            MediaKind::Audio,
            "audio/ogg",
            Some("Hear"),
            "document",
            json!({"id": "3001", "filename": "lamp.bin", "caption": "Hear"}),
        ),
        (
            MediaKind::Video,
            "video/mp4",
            None,
            "video",
            json!({"id": "3001"}),
        ),
        (
            MediaKind::Sticker,
            "image/webp",
            None,
            "sticker",
            json!({"id": "3001"}),
        ),
        (
            MediaKind::File,
            "application/pdf",
            None,
            "document",
            json!({"id": "3001", "filename": "lamp.bin"}),
        ),
    ];
    for (kind, mime_type, caption, name, content) in cases {
        recorder.answer(&[(200, r#"{"id":"3001"}"#), SENT]);
        let part = media(kind, mime_type, caption);
        let piece = Piece {
            bytes: b"\x89PNG bytes",
            ..piece("5511900000001", &part)
        };
        whatsapp()
            .send(&recorder.http, &account, &piece)
            .await
            .expect("it is taken");
        let calls = recorder.calls();
        assert_eq!(
            calls[0].line,
            format!("POST /v26.0/100000000000009/media?{PROOF}")
        );
        let form = calls[0].text();
        for expected in [
            "name=\"messaging_product\"\r\n\r\nwhatsapp\r\n",
            "filename=\"lamp.bin\"",
            "PNG bytes",
            mime_type,
        ] {
            assert!(form.contains(expected), "{expected}: {form}");
        }
        assert_eq!(calls[1].json(), whole(name, content));
    }
}

#[tokio::test]
async fn an_upload_that_fails_has_said_nothing() {
    let recorder = Recorder::start().await;
    let account = account(&recorder);
    let part = media(MediaKind::Image, "image/png", None);
    let piece = Piece {
        bytes: b"bytes",
        ..piece("5511900000001", &part)
    };
    recorder.answer(&[(502, "<html>")]);
    let outcome = whatsapp().send(&recorder.http, &account, &piece).await;
    assert!(matches!(outcome, Err(SendError::Later { .. })), "{outcome:?}");
    recorder.answer(&[(400, r#"{"error":{"message":"Media upload error","code":131053}}"#)]);
    let outcome = whatsapp().send(&recorder.http, &account, &piece).await;
    assert!(
        matches!(
            outcome,
            Err(SendError::Rejected {
                because: Because::Message,
                ..
            })
        ),
        "{outcome:?}"
    );
    assert!(recorder.calls().iter().all(|call| call.line.contains("/media?")));
}

#[tokio::test]
async fn each_class_of_refusal() {
    let recorder = Recorder::start().await;
    let (account, hi) = (account(&recorder), text("Hi", &[]));
    let graph = |code: i64| {
        format!(r#"{{"error":{{"message":"(#{code}) No","type":"OAuthException","code":{code}}}}}"#)
    };
    let send = async |status: u16, body: &str| {
        recorder.answer(&[(status, body)]);
        let outcome = whatsapp()
            .send(&recorder.http, &account, &piece("5511900000001", &hi))
            .await;
        outcome.expect_err("it is refused")
    };
    for (code, expected) in [
        (131_047, Because::Window),
        (131_026, Because::Person),
        (190, Because::Account),
        (100, Because::Message),
        (132_001, Because::Message),
        (987_654, Because::Message),
    ] {
        match send(400, &graph(code)).await {
            SendError::Rejected {
                because, code: told, ..
            } => {
                assert_eq!((because, told), (expected, code.to_string()));
            }
            other => panic!("{code}: {other:?}"),
        }
    }
    for (code, seconds) in [
        (131_056, Some(6)),
        (130_429, Some(1)),
        (80_007, Some(60)),
        (131_000, None),
    ] {
        match send(500, &graph(code)).await {
            SendError::Later { after, .. } => assert_eq!(after, seconds.map(Duration::from_secs)),
            other => panic!("{code}: {other:?}"),
        }
    }
    for (status, body) in [(500, ""), (502, "<html>"), (200, "<html>"), (504, "{}")] {
        let outcome = send(status, body).await;
        assert!(
            matches!(outcome, SendError::Unknown { .. }),
            "{status}: {outcome:?}"
        );
    }
    let echoed = r#"{"error":{"message":"Malformed access token EAAtesttoken","code":190}}"#;
    let told = format!("{:?}", send(401, echoed).await);
    assert!(
        told.contains("Malformed access token …") && !told.contains("EAAtesttoken"),
        "{told}"
    );
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_call_leaves_it_open_whether_it_was_sent() {
    let recorder = Recorder::start().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut start = [0; 64];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut start).await
    });
    let mut account = account(&recorder);
    account
        .values
        .insert("api_url".into(), format!("http://{address}"));
    let allowed = address.to_string().parse().expect("an address");
    let http = connectors::Http::new(kernel::outbound::Outbound::new(allowed).expect("a client"));
    let hi = text("Hi", &[]);
    let outcome = whatsapp()
        .send(&http, &account, &piece("5511900000001", &hi))
        .await;
    assert!(matches!(outcome, Err(SendError::Unknown { .. })), "{outcome:?}");
}
