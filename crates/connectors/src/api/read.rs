//! What a developer's program sends, in our words.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::inbound::{About, Event, Media, MediaKind, Message, Person, State, Status};
use crate::{lenient, phone};

pub(super) fn event(body: &str) -> Result<Event, String> {
    let content = lenient::value(body.as_bytes()).map_err(|error| error.to_string())?;
    match lenient::text(&content, "/status") {
        Some(status) => receipt(&content, &status),
        None => message(&content),
    }
}

pub(super) fn time(content: &Value, path: &str) -> Option<DateTime<Utc>> {
    let text = lenient::text(content, path)?;
    Some(DateTime::parse_from_rfc3339(&text).ok()?.to_utc())
}

fn message(content: &Value) -> Result<Event, String> {
    let from = content.get("from").ok_or("`from` is missing")?;
    let from = person(from)?;
    let text = lenient::text(content, "/text").unwrap_or_default();
    let media = media(content)?;
    if text.is_empty() && media.is_empty() {
        return Err("the message has neither `text` nor `attachments`".into());
    }
    Ok(Event::Message(Box::new(Message {
        id: lenient::id(content, "/id").ok_or("`id` is missing")?,
        thread: lenient::id(content, "/thread").unwrap_or_else(|| from.id.clone()),
        choice: lenient::text(content, "/choice"),
        reply_to: lenient::id(content, "/reply_to"),
        sent_at: time(content, "/sent_at"),
        from,
        text,
        media,
        ..Message::default()
    })))
}

/// Whether phone and e-mail are the person's own is the developer's word.
fn person(from: &Value) -> Result<Person, String> {
    let number = lenient::text(from, "/phone");
    Ok(Person {
        id: lenient::id(from, "/id").ok_or("`from.id` is missing")?,
        name: lenient::text(from, "/name"),
        email: lenient::text(from, "/email"),
        phone: number.and_then(|number| phone::canonical(&number)),
        is_verified: from["is_verified"] == true,
        language: lenient::text(from, "/language").and_then(|text| lenient::language(&text)),
        ..Person::default()
    })
}

fn media(content: &Value) -> Result<Vec<Media>, String> {
    let listed = content["attachments"].as_array().into_iter().flatten();
    let one = |attachment: &Value| {
        let mime_type = lenient::text(attachment, "/mime_type");
        let kind = MediaKind::of(mime_type.as_deref().unwrap_or_default());
        let source = lenient::text(attachment, "/url").ok_or("an attachment has no `url`")?;
        let file_name = lenient::text(attachment, "/name");
        let size = attachment["size"].as_u64();
        Ok(Media {
            kind,
            source,
            mime_type,
            file_name,
            size,
        })
    };
    listed.map(one).collect()
}

/// What became of a message of ours, by the id that it was sent with.
fn receipt(content: &Value, status: &str) -> Result<Event, String> {
    let id = lenient::id(content, "/message_id").ok_or("`message_id` is missing")?;
    let say = |path, otherwise: &str| lenient::text(content, path).unwrap_or_else(|| otherwise.to_owned());
    let state = match status {
        "sent" => State::Sent,
        "delivered" => State::Delivered,
        "read" => State::Read,
        "failed" => State::Failed {
            code: say("/code", "failed"),
            reason: say("/reason", "No reason was given."),
        },
        other => {
            let what = format!("status `{other}`");
            return Ok(Event::Unknown { what });
        }
    };
    Ok(Event::Status(Status {
        thread: lenient::id(content, "/thread").ok_or("`thread` is missing")?,
        about: About::Message {
            id: id.clone(),
            delivery_id: Some(id),
        },
        state,
        at: time(content, "/at"),
    }))
}
