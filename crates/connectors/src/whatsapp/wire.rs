//! What is said on WhatsApp.

use std::time::Duration;

use serde_json::{Value, json};

use super::errors::verdict;
use crate::form::Account;
use crate::http::{Answer, CallError, FormPart, Http};
use crate::inbound::MediaKind;
use crate::meta::errors::{before_sending, outcome};
use crate::meta::graph::Graph;
use crate::meta::json::Json;
use crate::meta::outgoing::{cut, rejected};
use crate::outbound::{Choice, Part, Piece, SendError, Sent, Signal, TemplateUse};

/// A file takes longer than a message.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60);
const BUTTONS: usize = 3;
const BUTTON_TITLE: usize = 20;
const BUTTON_ID: usize = 256;
const ROWS: usize = 10;
const ROW_TITLE: usize = 24;
const ROW_ID: usize = 200;
const ROW_DESCRIPTION: usize = 72;
/// On the button that opens a list; the same word in English and French.
const OPEN_LIST: &str = "Options";

/// # Errors
/// See [`crate::Connector::send`].
pub async fn send(http: &Http, account: &Account, piece: &Piece<'_>) -> Result<Sent, SendError> {
    let message = match piece.part {
        Part::Text { text, choices } => text_message(text, choices),
        Part::Media {
            kind,
            file_name,
            mime_type,
            caption,
            ..
        } => {
            let file = file(http, account, piece, (file_name, mime_type)).await?;
            let kind = type_of(*kind, mime_type, caption.is_some());
            media_message(kind, file, file_name, caption.as_deref())
        }
        Part::Template(template) => template_message(template),
    };
    let answer = post(http, account, addressed(message, piece)).await;
    let body = outcome(answer, account, verdict)?;
    Ok(Sent {
        message_id: Json(&body).text("/messages/0/id"),
    })
}

/// Posts to the number's messages: what is said, and signals.
pub async fn post(http: &Http, account: &Account, body: Value) -> Result<Answer, CallError> {
    let call = Graph::new(account).post(&[account.value("phone_number_id"), "messages"], &[]);
    http.call(call.json(body)).await
}

pub fn signal(signal: &Signal<'_>) -> Option<Value> {
    match signal {
        Signal::Read { message_id, .. } => {
            Some(json!({"messaging_product": "whatsapp", "status": "read", "message_id": message_id}))
        }
        // typing is shown by marking the newest message as read; without one it cannot be
        Signal::Typing { message_id, .. } => Some(json!({
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": (*message_id)?,
            "typing_indicator": {"type": "text"},
        })),
    }
}

fn addressed(mut message: Value, piece: &Piece<'_>) -> Value {
    message["messaging_product"] = "whatsapp".into();
    message["recipient_type"] = "individual".into();
    if is_user_id(piece.thread) {
        message["recipient"] = piece.thread.into();
    } else {
        message["to"] = piece.thread.trim_start_matches('+').into();
    }
    message["biz_opaque_callback_data"] = piece.delivery_id.into();
    if let Some(id) = piece.reply_to {
        message["context"] = json!({"message_id": id});
    }
    message
}

/// `BR.abc123`, where a phone number has digits alone.
fn is_user_id(thread: &str) -> bool {
    let country = thread.split_once('.').map(|(country, _)| country);
    country.is_some_and(|country| country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase()))
}

fn text_message(text: &str, choices: &[Choice]) -> Value {
    let buttons = distinct(choices, BUTTON_TITLE);
    let are_whole = choices
        .iter()
        .all(|choice| choice.label.chars().count() <= BUTTON_TITLE);
    let interactive = match buttons.len() {
        0 => return json!({"type": "text", "text": {"body": text, "preview_url": false}}),
        1..=BUTTONS if are_whole => {
            let buttons: Vec<Value> = buttons.iter().map(button).collect();
            json!({"type": "button", "body": {"text": text}, "action": {"buttons": buttons}})
        }
        _ => {
            let rows: Vec<Value> = distinct(choices, ROW_TITLE).iter().take(ROWS).map(row).collect();
            let sections = json!([{"title": OPEN_LIST, "rows": rows}]);
            let action = json!({"button": OPEN_LIST, "sections": sections});
            json!({"type": "list", "body": {"text": text}, "action": action})
        }
    };
    json!({"type": "interactive", "interactive": interactive})
}

/// Titles of at most so many characters and what they give back. WhatsApp refuses a message with two equal ones, which
/// cutting makes of different ones: the second is numbered.
fn distinct(choices: &[Choice], most: usize) -> Vec<(String, &Choice)> {
    let mut distinct: Vec<(String, &Choice)> = Vec::new();
    for choice in choices.iter().filter(|choice| !choice.label.is_empty()) {
        if distinct.iter().any(|(_, known)| known.value == choice.value) {
            continue;
        }
        let is_taken = |title: &String| distinct.iter().any(|(taken, _)| taken == title);
        let numbered = (2..).map(|number| format!(" {number}"));
        let mut titles = std::iter::once(String::new())
            .chain(numbered)
            .map(|end| cut(&choice.label, most.saturating_sub(end.len())) + &end);
        if let Some(title) = titles.find(|title| !is_taken(title)) {
            distinct.push((title, choice));
        }
    }
    distinct
}

fn button((title, choice): &(String, &Choice)) -> Value {
    json!({"type": "reply", "reply": {"id": cut(&choice.value, BUTTON_ID), "title": title}})
}

/// A label that was cut is shown whole below it.
fn row((title, choice): &(String, &Choice)) -> Value {
    let mut row = json!({"id": cut(&choice.value, ROW_ID), "title": title});
    let length = |text: &str| text.chars().count();
    let whole = [&choice.value, &choice.label]
        .into_iter()
        .find(|text| length(text) > length(title));
    if let Some(whole) = whole {
        row["description"] = cut(whole, ROW_DESCRIPTION).into();
    }
    row
}

/// Uploads the bytes, which says nothing to anybody yet; or names the address where there are none.
async fn file(
    http: &Http,
    account: &Account,
    piece: &Piece<'_>,
    (file_name, mime_type): (&str, &str),
) -> Result<Value, SendError> {
    if piece.bytes.is_empty() {
        return match piece.link {
            "" => Err(rejected("empty_file", "The file is empty")),
            link => Ok(json!({"link": link})),
        };
    }
    let part = |name, file, bytes| FormPart { name, file, bytes };
    let parts = vec![
        part("messaging_product", None, "whatsapp".as_bytes()),
        part("type", None, mime_type.as_bytes()),
        part("file", Some((file_name, mime_type)), piece.bytes),
    ];
    let call = Graph::new(account)
        .post(&[account.value("phone_number_id"), "media"], &[])
        .multipart(parts)
        .timeout(UPLOAD_TIMEOUT);
    let body = outcome(http.call(call).await, account, verdict).map_err(before_sending)?;
    match Json(&body).text("/id") {
        Some(id) => Ok(json!({"id": id})),
        None => Err(before_sending(SendError::Unknown {
            reason: "The upload was answered without an id".to_owned(),
        })),
    }
}

/// What WhatsApp shows by itself. The rest is a document, as is a recording or a sticker with a text, which could not
/// take it along.
fn type_of(kind: MediaKind, mime_type: &str, has_caption: bool) -> &'static str {
    match (kind, mime_type) {
        (MediaKind::Image, "image/jpeg" | "image/png") => "image",
        (MediaKind::Video, "video/mp4" | "video/3gpp") => "video",
        (MediaKind::Audio, _) if !has_caption => "audio",
        (MediaKind::Sticker, "image/webp") if !has_caption => "sticker",
        _ => "document",
    }
}

fn media_message(kind: &str, mut file: Value, file_name: &str, caption: Option<&str>) -> Value {
    if let Some(caption) = caption {
        file["caption"] = caption.into();
    }
    if kind == "document" {
        file["filename"] = file_name.into();
    }
    json!({"type": kind, kind: file})
}

fn template_message(template: &TemplateUse) -> Value {
    // WhatsApp refuses line breaks and runs of spaces in parameters
    let one_line = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parameter = |text: &String| json!({"type": "text", "text": one_line(text)});
    let parameters: Vec<Value> = template.parameters.iter().map(parameter).collect();
    let mut body = json!({"name": template.name, "language": {"code": template.language}});
    if !parameters.is_empty() {
        body["components"] = json!([{"type": "body", "parameters": parameters}]);
    }
    json!({"type": "template", "template": body})
}
