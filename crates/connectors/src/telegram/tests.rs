use chrono::DateTime;
use serde_json::{Value, json};

use super::*;
use crate::inbound::MediaKind;
use crate::outbound::Part;
use crate::recorder::{Recorder, absent, account, distorted, fixtures, hanging_up, piece, said};

const TOKEN: &str = "700000001:TEST-token";

fn bot(url: &str) -> Account {
    account("700000001", "secret_1", &[("bot_token", TOKEN), ("api_url", url)])
}

fn receive(account: &Account, token: &[&str], body: &[u8]) -> Result<Reception, Refused> {
    let header = |token: &&str| ("x-telegram-bot-api-secret-token".to_owned(), (*token).to_owned());
    let headers: Vec<_> = token.iter().map(header).collect();
    let request = Request {
        headers: &headers,
        query: &[],
        path: "",
        body,
        now: DateTime::UNIX_EPOCH,
    };
    Telegram.receive(account, &request)
}

#[test]
fn only_the_secret_that_telegram_was_given_opens() {
    let body = br#"{"update_id":1,"message":{}}"#;
    let own = bot("");
    assert!(receive(&own, &["secret_1"], body).is_ok());
    for token in [&[][..], &[""], &["secret_2"], &["secret_1", "secret_1"]] {
        assert!(receive(&own, token, body).is_err(), "{token:?}");
    }
    let without = account("1", "", &[]);
    assert!(receive(&without, &[""], body).is_err() && receive(&without, &[], body).is_err());
}

#[test]
fn each_kind_of_update_is_read() {
    let own = bot("");
    let read = |body: Vec<u8>| {
        let event = receive(&own, &["secret_1"], &body).unwrap().events.remove(0);
        let read = Telegram.read(&own, &event.body).unwrap();
        json!({ "id": event.id, "thread": event.thread, "kind": event.kind, "at": event.occurred_at, "read": read })
    };
    insta::assert_json_snapshot!(fixtures("telegram", read));
}

#[test]
fn what_is_no_update_is_kept_and_not_understood() {
    for body in [
        "",
        "[]",
        "{}",
        "{\"update_id\":\"x\"}",
        "{\"update_id\":5}",
        "\u{0}",
    ] {
        let events = receive(&bot(""), &["secret_1"], body.as_bytes()).unwrap().events;
        assert_eq!((events.len(), events[0].kind), (1, "other"), "{body}");
        assert!(Telegram.read(&bot(""), &events[0].body).is_err(), "{body}");
    }
    let cut = r#"{"update_id":1,"message":{"chat":{"type":"private"}}}"#;
    assert!(Telegram.read(&bot(""), cut).is_err());
}

fn ok(result: Value) -> (u16, Value) {
    (200, json!({ "ok": true, "result": result }))
}

fn not(code: u16, description: &str) -> (u16, Value) {
    (
        code,
        json!({ "ok": false, "error_code": code, "description": description }),
    )
}

#[tokio::test]
async fn a_text_goes_out_with_its_buttons_and_what_it_answers() {
    let vendor = Recorder::answering(&[ok(json!({ "message_id": 13 }))]).await;
    let long = "x".repeat(65);
    let part = said("Is it <b>this</b>?", &[("Yes", "yes"), ("Xxx…", &long)]);
    let quoting = Piece {
        reply_to: Some("400000001:11"),
        ..piece("400000001", &part)
    };
    let sent = Telegram
        .send(&vendor.http, &bot(&vendor.url), &quoting)
        .await
        .unwrap();
    assert_eq!(sent.message_id.as_deref(), Some("400000001:13"));
    insta::assert_json_snapshot!(vendor.calls());
}

#[tokio::test]
async fn markup_that_telegram_cannot_read_is_sent_as_plain_text() {
    let bad = not(400, "Bad Request: can't parse entities: Unsupported start tag");
    let vendor = Recorder::answering(&[bad, ok(json!({ "message_id": 14 }))]).await;
    let part = said("<b>1 &lt; 2</b>, see <a href=\"https://a.example\">this</a>", &[]);
    let sent = Telegram
        .send(&vendor.http, &bot(&vendor.url), &piece("400000001", &part))
        .await;
    assert_eq!(sent.unwrap().message_id.as_deref(), Some("400000001:14"));
    let calls = vendor.calls();
    assert_eq!(calls[1]["body"]["text"], "1 < 2, see this (https://a.example)");
    assert_eq!(calls[1]["body"].get("parse_mode"), None);
}

#[tokio::test]
async fn a_file_is_uploaded_as_what_it_is() {
    let media = |kind, mime_type: &str| Part::Media {
        kind,
        asset_id: "asset_1".into(),
        file_name: "a \"b\".bin".into(),
        mime_type: mime_type.into(),
        caption: Some("<b>Look</b>".into()),
    };
    let cases = [
        (MediaKind::Image, "image/png", "sendPhoto", "photo"),
        (MediaKind::Audio, "audio/ogg", "sendVoice", "voice"),
        (MediaKind::Audio, "audio/mpeg", "sendAudio", "audio"),
        (MediaKind::Video, "video/mp4", "sendVideo", "video"),
        (MediaKind::File, "application/pdf", "sendDocument", "document"),
    ];
    for (kind, mime_type, method, field) in cases {
        let vendor = Recorder::answering(&[ok(json!({ "message_id": 15 }))]).await;
        let part = media(kind, mime_type);
        let upload = Piece {
            bytes: b"BYTES",
            ..piece("400000001", &part)
        };
        Telegram
            .send(&vendor.http, &bot(&vendor.url), &upload)
            .await
            .unwrap();
        let call = vendor.calls().remove(0);
        assert_eq!(call["call"], format!("POST /bot{TOKEN}/{method}"));
        let body = call["body"].as_str().unwrap();
        let file =
            format!("name=\"{field}\"; filename=\"a %22b%22.bin\"\r\nContent-Type: {mime_type}\r\n\r\nBYTES");
        assert!(body.contains(&file), "{body}");
        assert!(body.contains("name=\"chat_id\"\r\n\r\n400000001\r\n"), "{body}");
        assert!(body.contains("name=\"caption\"\r\n\r\n<b>Look</b>\r\n"), "{body}");
    }
}

fn outline(error: &SendError) -> String {
    match error {
        SendError::Later { code, after, .. } => format!("later {code} {after:?}"),
        SendError::Rejected { code, because, .. } => format!("rejected {code} {because:?}"),
        SendError::Unknown { .. } => "unknown".into(),
    }
}

#[tokio::test]
async fn each_error_says_what_to_do_and_never_the_token() {
    let flood = json!({ "ok": false, "error_code": 429, "description": format!("Too Many Requests for {TOKEN}"), "parameters": { "retry_after": 7 } });
    let cases = [
        ((429, flood), "later 429 Some(7s)"),
        (
            not(403, "Forbidden: bot was blocked by the user"),
            "rejected 403 Person",
        ),
        (not(400, "Bad Request: chat not found"), "rejected 400 Person"),
        (
            not(400, "Bad Request: message is too long"),
            "rejected 400 Message",
        ),
        (not(401, "Unauthorized"), "rejected 401 Account"),
        (not(404, "Not Found"), "rejected 404 Account"),
        (not(502, "Bad Gateway"), "unknown"),
        ((200, json!("what?")), "unknown"),
    ];
    let part = said("Hi", &[]);
    for (answer, expected) in cases {
        let vendor = Recorder::answering(&[answer]).await;
        let error = Telegram
            .send(&vendor.http, &bot(&vendor.url), &piece("4", &part))
            .await
            .unwrap_err();
        assert_eq!(outline(&error), expected);
        assert!(!format!("{error:?}").contains("TEST-token"), "{error:?}");
        assert_eq!(vendor.calls().len(), 1);
    }
    let (http, url) = hanging_up().await;
    let cut = Telegram
        .send(&http, &bot(&url), &piece("4", &part))
        .await
        .unwrap_err();
    let (http, url) = absent().await;
    let not_made = Telegram
        .send(&http, &bot(&url), &piece("4", &part))
        .await
        .unwrap_err();
    assert_eq!(
        [outline(&cut), outline(&not_made)],
        ["unknown", "later no_connection None"]
    );
    assert!(!format!("{cut:?}{not_made:?}").contains("TEST-token"));
}

#[tokio::test]
async fn the_check_tells_the_name_and_what_is_amiss() {
    let me = json!({ "id": 700_000_001, "is_bot": true, "first_name": "Shop", "username": "shop_bot" });
    let hook = json!({ "url": "https://old.example", "last_error_date": 1_767_225_600, "last_error_message": "Wrong response", "allowed_updates": ["message"] });
    let vendor = Recorder::answering(&[ok(me), ok(hook), not(401, "Unauthorized")]).await;
    let account = bot(&vendor.url);
    let checked = Telegram.check(&vendor.http, &account).await.unwrap();
    assert_eq!(checked.display_name, "@shop_bot");
    assert_eq!(checked.account_id.as_deref(), Some("700000001"));
    insta::assert_json_snapshot!(checked.warnings);
    let error = Telegram.check(&vendor.http, &account).await.unwrap_err();
    assert!(error.is_broken && !error.is_passing);
}

#[tokio::test]
async fn it_subscribes_itself_with_the_secret_or_not_at_all() {
    let vendor = Recorder::answering(&[ok(json!(true)), ok(json!(true))]).await;
    let own = bot(&vendor.url);
    Telegram.subscribe(&vendor.http, &own).unwrap().await.unwrap();
    Telegram.unsubscribe(&vendor.http, &own).unwrap().await;
    insta::assert_json_snapshot!(vendor.calls());
    let unproven = Account {
        verify_token: String::new(),
        ..own
    };
    let refused = Telegram.subscribe(&vendor.http, &unproven).unwrap().await;
    assert!(refused.is_err() && vendor.calls().is_empty());
}

#[tokio::test]
async fn a_file_is_fetched_in_two_steps() {
    let media = Media {
        kind: MediaKind::Image,
        source: "AgAClarge".into(),
        mime_type: None,
        file_name: None,
        size: None,
    };
    let vendor = Recorder::answering(&[ok(json!({ "file_path": "photos/file_1.jpg" }))]).await;
    vendor.then(200, b"\xff\xd8picture");
    let fetched = Telegram
        .fetch(&vendor.http, &bot(&vendor.url), &media, 1000)
        .await
        .unwrap();
    assert_eq!(fetched.bytes, b"\xff\xd8picture");
    assert_eq!(fetched.file_name.as_deref(), Some("file_1.jpg"));
    assert_eq!(
        vendor.calls()[1]["call"],
        format!("GET /file/bot{TOKEN}/photos/file_1.jpg")
    );
    for path in ["../../etc/passwd", "/var/lib/file", "a?b", "//evil.example/x"] {
        let vendor = Recorder::answering(&[ok(json!({ "file_path": path }))]).await;
        let refused = Telegram
            .fetch(&vendor.http, &bot(&vendor.url), &media, 1000)
            .await;
        assert!(refused.is_err_and(|error| !error.is_broken), "{path}");
        assert_eq!(vendor.calls().len(), 1);
    }
}

#[tokio::test]
async fn a_pressed_button_stops_spinning_with_the_first_sign_of_life() {
    let vendor = Recorder::answering(&[]).await;
    let own = bot(&vendor.url);
    let (thread, message_id) = ("400000001", Some("pressed:4382"));
    let typing = Signal::Typing { thread, message_id };
    Telegram.signal(&vendor.http, &own, &typing).unwrap().await;
    insta::assert_json_snapshot!(vendor.calls());
    let message_id = "400000001:11";
    assert!(
        Telegram
            .signal(&vendor.http, &own, &Signal::Read { thread, message_id })
            .is_none()
    );
}

#[test]
fn nothing_that_is_out_of_shape_stops_the_reader() {
    for body in distorted("telegram") {
        for event in receive(&bot(""), &["secret_1"], body.as_bytes()).unwrap().events {
            let _ = Telegram.read(&bot(""), &event.body);
        }
    }
}
