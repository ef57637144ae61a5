//! Sending: HTML, inline keyboards, uploads.

use kernel::secrets::sha256;
use serde_json::{Value, json};

use super::calls::{self, FILE_TIMEOUT};
use crate::form::Account;
use crate::http::{Answer, Call, FormPart, Http};
use crate::inbound::MediaKind;
use crate::lenient;
use crate::outbound::{Because, Choice, Part, Piece, SendError, Sent};

/// `callback_data` takes so many bytes.
const DATA_LIMIT: usize = 64;

pub(super) async fn send(http: &Http, account: &Account, piece: &Piece<'_>) -> Result<Sent, SendError> {
    match piece.part {
        Part::Text { text, choices } => {
            let body = message(piece, text, choices);
            let plain = json!({ "text": without_tags(text), "parse_mode": null });
            let answer = http.call(Call::post(calls::url(account, "sendMessage")).json(body.clone()));
            let answer = answer.await?;
            if !is_bad_markup(&answer) {
                return sent(account, piece, &answer);
            }
            let call = Call::post(calls::url(account, "sendMessage")).json(merged(body, plain));
            sent(account, piece, &http.call(call).await?)
        }
        Part::Media { .. } => upload(http, account, piece).await,
        Part::Template(_) => Err(lenient::rejected(
            "no_templates",
            "Telegram has no message templates.",
            Because::Message,
        )),
    }
}

fn message(piece: &Piece<'_>, text: &str, choices: &[Choice]) -> Value {
    let mut body = json!({
        "chat_id": calls::chat_id(piece.thread),
        "text": text,
        "parse_mode": "HTML",
        "link_preview_options": { "is_disabled": true },
    });
    if let Some(quoted) = quoted(piece) {
        body["reply_parameters"] = quoted;
    }
    if !choices.is_empty() {
        let row = |choice: &Choice| json!([{ "text": choice.label, "callback_data": data(&choice.value) }]);
        let rows: Vec<Value> = choices.iter().map(row).collect();
        body["reply_markup"] = json!({ "inline_keyboard": rows });
    }
    body
}

/// The message that is answered; one that is gone is no reason not to answer. A pressed button cannot be quoted.
fn quoted(piece: &Piece<'_>) -> Option<Value> {
    let id: i64 = piece.reply_to?.rsplit(':').next()?.parse().ok()?;
    let is_message = piece.reply_to?.starts_with(piece.thread);
    is_message.then(|| json!({ "message_id": id, "allow_sending_without_reply": true }))
}

/// What the button gives back: its value, or a token for one that is too long; then the label is what was said.
fn data(value: &str) -> String {
    if value.len() <= DATA_LIMIT {
        return value.to_owned();
    }
    format!("#{}", &hex::encode(sha256(value.as_bytes()))[..32])
}

/// Null takes a key away.
fn merged(mut body: Value, changes: Value) -> Value {
    if let (Value::Object(body), Value::Object(changes)) = (&mut body, changes) {
        body.extend(changes);
        body.retain(|_, value| !value.is_null());
    }
    body
}

/// Surely not sent: Telegram could not read our marks.
fn is_bad_markup(answer: &Answer) -> bool {
    answer.status == 400
        && lenient::text(&answer.json(), "/description")
            .is_some_and(|text| text.contains("can't parse entities"))
}

fn sent(account: &Account, piece: &Piece<'_>, answer: &Answer) -> Result<Sent, SendError> {
    let content = answer.json();
    if !answer.is_success() || content["ok"] != true {
        return Err(calls::send_error(account, answer));
    }
    let id = lenient::id(&content, "/result/message_id");
    Ok(Sent {
        message_id: id.map(|id| format!("{}:{id}", piece.thread)),
    })
}

async fn upload(http: &Http, account: &Account, piece: &Piece<'_>) -> Result<Sent, SendError> {
    let answer = put(http, account, piece, true).await?;
    if is_bad_markup(&answer) {
        return sent(account, piece, &put(http, account, piece, false).await?);
    }
    sent(account, piece, &answer)
}

async fn put(http: &Http, account: &Account, piece: &Piece<'_>, is_html: bool) -> Result<Answer, SendError> {
    let Part::Media {
        kind,
        file_name,
        mime_type,
        caption,
        ..
    } = piece.part
    else {
        return Err(lenient::rejected(
            "no_file",
            "There is no file.",
            Because::Message,
        ));
    };
    let (method, field) = method(*kind, mime_type);
    let caption = caption.as_deref().map(|text| match is_html {
        true => text.to_owned(),
        false => without_tags(text),
    });
    let quoted = quoted(piece).map(|quoted| quoted.to_string());
    let text = |name, value: &'_ str| -> (&'static str, String) { (name, value.to_owned()) };
    let mut fields = vec![text("chat_id", piece.thread)];
    if let Some(caption) = &caption {
        fields.push(text("caption", caption));
    }
    if caption.is_some() && is_html {
        fields.push(text("parse_mode", "HTML"));
    }
    if let Some(quoted) = &quoted {
        fields.push(text("reply_parameters", quoted));
    }
    let mut parts: Vec<FormPart<'_>> = fields
        .iter()
        .map(|(name, value)| FormPart {
            name,
            file: None,
            bytes: value.as_bytes(),
        })
        .collect();
    parts.push(FormPart {
        name: field,
        file: Some((file_name, mime_type)),
        bytes: piece.bytes,
    });
    let call = Call::post(calls::url(account, method)).multipart(parts);
    Ok(http.call(call.timeout(FILE_TIMEOUT)).await?)
}

fn method(kind: MediaKind, mime_type: &str) -> (&'static str, &'static str) {
    match kind {
        MediaKind::Image => ("sendPhoto", "photo"),
        MediaKind::Audio if mime_type.starts_with("audio/ogg") => ("sendVoice", "voice"),
        MediaKind::Audio => ("sendAudio", "audio"),
        MediaKind::Video => ("sendVideo", "video"),
        MediaKind::File | MediaKind::Sticker => ("sendDocument", "document"),
    }
}

/// Our own HTML as plain text, with the addresses of its links.
fn without_tags(html: &str) -> String {
    let (mut text, mut rest, mut address) = (String::new(), html, None);
    while let Some((before, tag, after)) = next_tag(rest) {
        text.push_str(before);
        if let Some(url) = tag.strip_prefix("a href=\"") {
            address = Some(url.trim_end_matches('"'));
        }
        if let Some(url) = address.filter(|_| tag == "/a") {
            if !text.ends_with(url) {
                text.push_str(&format!(" ({url})"));
            }
            address = None;
        }
        rest = after;
    }
    text.push_str(rest);
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")]
        .into_iter()
        .fold(text, |text, (escaped, letter)| text.replace(escaped, letter))
}

fn next_tag(html: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = html.split_once('<')?;
    let (tag, after) = rest.split_once('>')?;
    Some((before, tag, after))
}
