//! What we post to WhatsApp is what another library posts: the bodies of pywa, which `make test-peers` renews.

use connectors::inbound::MediaKind;
use connectors::outbound::{Part, Piece, Signal, TemplateUse};
use serde_json::{Map, Value, json};

use crate::recorder::Recorder;
use crate::whatsapp_sending::{SENT, account, media, piece, text, whatsapp};

const ANA: &str = "5511900000001";

fn reference() -> Map<String, Value> {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/peers/reference/whatsapp.json"
    );
    let file = std::fs::read_to_string(file).expect("the reference");
    serde_json::from_str(&file).expect("an object")
}

/// Without what may be left out: our own key, which comes back in statuses, and the second line of a row.
fn bare(mut body: Value, keeps_key: bool) -> Value {
    if let Value::Object(body) = &mut body
        && !keeps_key
    {
        body.remove("biz_opaque_callback_data");
    }
    for section in items(&mut body, "/interactive/action/sections") {
        // a word of ours
        section["title"] = "Options".into();
        for row in items(section, "/rows") {
            if let Value::Object(row) = row {
                row.remove("description");
            }
        }
    }
    for component in items(&mut body, "/template/components") {
        // Meta takes both spellings
        let kind = component["type"].as_str().map(str::to_lowercase);
        component["type"] = kind.into();
    }
    body
}

fn items<'a>(body: &'a mut Value, path: &str) -> impl Iterator<Item = &'a mut Value> {
    let list = body.pointer_mut(path).and_then(Value::as_array_mut);
    list.into_iter().flatten()
}

fn file(kind: MediaKind, name: &str, mime_type: &str, caption: Option<&str>) -> Part {
    match media(kind, mime_type, caption) {
        Part::Media {
            kind,
            asset_id,
            mime_type,
            caption,
            ..
        } => Part::Media {
            kind,
            asset_id,
            file_name: name.into(),
            mime_type,
            caption,
        },
        other => other,
    }
}

async fn posted(recorder: &Recorder, piece: Piece<'_>) -> Value {
    recorder.answer(&[SENT]);
    let sent = whatsapp().send(&recorder.http, &account(recorder), &piece).await;
    sent.expect("it is taken");
    recorder.calls().remove(0).json()
}

async fn signalled(recorder: &Recorder, signal: &Signal<'_>) -> Value {
    recorder.answer(&[(200, r#"{"success":true}"#)]);
    let account = account(recorder);
    let telling = whatsapp().signal(&recorder.http, &account, signal);
    telling.expect("WhatsApp has it").await;
    recorder.calls().remove(0).json()
}

#[tokio::test]
async fn our_bodies_are_those_of_another_library() {
    let (recorder, mut reference) = (Recorder::start().await, reference());
    let (hi, pick) = (text("Hi", &[]), text("Pick", &[("Yes", "yes"), ("No", "no")]));
    let rows = text(
        "Pick",
        &[("Row", "r1"), ("Other", "r2"), ("Third", "r3"), ("Fourth", "r4")],
    );
    let files = [
        (
            MediaKind::Image,
            "a.jpg",
            "image/jpeg",
            Some("A"),
            "image_by_link",
        ),
        (MediaKind::Video, "a.mp4", "video/mp4", None, "video_by_link"),
        (MediaKind::Audio, "a.ogg", "audio/ogg", None, "audio_by_link"),
        (
            MediaKind::File,
            "a.pdf",
            "application/pdf",
            Some("A"),
            "document_by_link",
        ),
        (
            MediaKind::Sticker,
            "a.webp",
            "image/webp",
            None,
            "sticker_by_link",
        ),
    ];
    let template = Part::Template(TemplateUse {
        name: "follow_up".into(),
        language: "en_US".into(),
        parameters: vec!["Ana".into()],
        text: "Hello Ana".into(),
    });
    let quoting = Piece {
        reply_to: Some("wamid.TEST1"),
        ..piece(ANA, &hi)
    };
    let mut ours = vec![
        ("text", posted(&recorder, piece(ANA, &hi)).await),
        ("text_with_key", posted(&recorder, piece(ANA, &hi)).await),
        ("text_quoting", posted(&recorder, quoting).await),
        (
            "text_to_user_id",
            posted(&recorder, piece("BR.5666963640653162923", &hi)).await,
        ),
        ("buttons", posted(&recorder, piece(ANA, &pick)).await),
        ("list", posted(&recorder, piece(ANA, &rows)).await),
        ("template", posted(&recorder, piece(ANA, &template)).await),
    ];
    for (kind, name, mime_type, caption, key) in files {
        let part = file(kind, name, mime_type, caption);
        let link = format!("https://cdn.example/{name}");
        let piece = Piece {
            link: &link,
            ..piece(ANA, &part)
        };
        ours.push((key, posted(&recorder, piece).await));
    }
    let (thread, message_id) = (ANA, "wamid.TEST1");
    let typing = Signal::Typing {
        thread,
        message_id: Some(message_id),
    };
    let read = Signal::Read { thread, message_id };
    ours.push(("typing", signalled(&recorder, &typing).await));
    ours.push(("read", signalled(&recorder, &read).await));
    // a list of ours has more rows than buttons have room for
    let listed = reference["list"]
        .pointer_mut("/interactive/action/sections/0/rows")
        .and_then(Value::as_array_mut);
    listed.expect("rows").extend([
        json!({"id": "r3", "title": "Third"}),
        json!({"id": "r4", "title": "Fourth"}),
    ]);
    for (key, body) in ours {
        let theirs = reference.remove(key).unwrap_or_else(|| panic!("no {key}"));
        let keeps_key = key == "text_with_key";
        assert_eq!(bare(body, keeps_key), bare(theirs, keeps_key), "{key}");
    }
    // what we do not send
    let mut left: Vec<&String> = reference.keys().collect();
    left.sort();
    assert_eq!(
        left,
        [
            "buttons_with_header_and_footer",
            "contact",
            "link_button",
            "location",
            "no_reaction",
            "reaction",
            "text_with_preview"
        ]
    );
}
