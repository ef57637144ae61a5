//! Sending into a conversation.

use kernel::secrets::sha256;
use serde_json::{Value, json};

use super::calls;
use crate::form::Account;
use crate::http::{Call, Http};
use crate::inbound::MediaKind;
use crate::lenient;
use crate::outbound::{Because, Choice, Part, Piece, SendError, Sent};

/// Ours begin here. Crisp's own are made of the time, and are not as far before the year 2190.
const OURS: u64 = 700_000_000_000_000;
/// How many of ours there are.
const COUNT: u64 = 1 << 47;

pub(super) async fn send(http: &Http, account: &Account, piece: &Piece<'_>) -> Result<Sent, SendError> {
    let (kind, content) = content(piece)?;
    let fingerprint = fingerprint(piece.delivery_id);
    let mut body = json!({
        "type": kind,
        "from": "operator",
        "origin": "chat",
        "content": content,
        "fingerprint": fingerprint,
        "automated": !piece.is_human,
        "properties": { "delivery_id": piece.delivery_id },
    });
    if let Some(name) = piece.sender_name {
        body["user"] = json!({ "type": "website", "nickname": name });
    }
    let url = calls::conversation(account, piece.thread, "message");
    let answer = http
        .call(calls::signed(account, Call::post(url)).json(body))
        .await?;
    if !answer.is_success() {
        return Err(calls::send_error(&answer));
    }
    let given = lenient::id(&answer.json(), "/data/fingerprint");
    let id = given.unwrap_or_else(|| fingerprint.to_string());
    Ok(Sent {
        message_id: Some(format!("{}:{id}", piece.thread)),
    })
}

fn content(piece: &Piece<'_>) -> Result<(&'static str, Value), SendError> {
    match piece.part {
        Part::Text { text, choices } if choices.is_empty() => Ok(("text", json!(text))),
        Part::Text { text, choices } => Ok(("picker", picker(piece.delivery_id, text, choices))),
        Part::Media { .. } if piece.link.is_empty() => Err(lenient::rejected(
            "no_link",
            "Crisp takes files by their address, and the server's public address is not set.",
            Because::Message,
        )),
        Part::Media {
            kind: MediaKind::Audio,
            mime_type,
            ..
        } => Ok((
            "audio",
            json!({ "url": piece.link, "type": mime_type, "duration": 0 }),
        )),
        Part::Media {
            file_name, mime_type, ..
        } => Ok((
            "file",
            json!({ "name": file_name, "url": piece.link, "type": mime_type }),
        )),
        Part::Template(_) => Err(lenient::rejected(
            "no_templates",
            "Crisp has no message templates.",
            Because::Message,
        )),
    }
}

fn picker(delivery_id: &str, text: &str, choices: &[Choice]) -> Value {
    let choice = |choice: &Choice| json!({ "value": choice.value, "label": choice.label, "selected": false });
    let choices: Vec<Value> = choices.iter().map(choice).collect();
    json!({ "id": delivery_id, "text": text, "choices": choices, "required": false })
}

/// The same for the same delivery, so that Crisp's echo of it is known as ours; exact as a number of JavaScript.
pub(super) fn fingerprint(delivery_id: &str) -> u64 {
    let [a, b, c, d, e, f, ..] = sha256(delivery_id.as_bytes());
    OURS + u64::from_be_bytes([0, 0, a, b, c, d, e, f]) % COUNT
}

/// Whether we have made the fingerprint.
pub(super) fn is_ours(fingerprint: u64) -> bool {
    (OURS..OURS + COUNT).contains(&fingerprint)
}

/// Of an id as we keep it: `session_…:163239623329114`.
pub(super) fn fingerprint_in(message_id: &str) -> Option<u64> {
    message_id.rsplit(':').next()?.parse().ok()
}
