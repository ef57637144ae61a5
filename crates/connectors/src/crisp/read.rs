//! Crisp's events in our words.

use serde_json::Value;

use super::send::is_ours;
use crate::from_millis;
use crate::inbound::{About, Echo, Event, HandOver, Media, MediaKind, Message, Person, State, Status};
use crate::lenient;

/// Families of events that say nothing of a conversation's course.
const NOT_OURS: [&str; 14] = [
    "message:compose:",
    "message:notify:",
    "message:acknowledge:",
    "session:",
    "people:",
    "campaign:",
    "browsing:",
    "call:",
    "identity:",
    "website:",
    "spam:",
    "bucket:",
    "plugin:",
    "plan:",
];

/// Which side has read it does not matter: only ours have a fingerprint that we know.
const ACKNOWLEDGED: [&str; 3] = [
    "message:acknowledge:read:send",
    "message:acknowledge:read:received",
    "message:acknowledge:delivered",
];

pub(super) fn event(body: &str) -> Result<Event, String> {
    let envelope = lenient::value(body.as_bytes()).map_err(|error| error.to_string())?;
    let name = envelope.get("event").and_then(Value::as_str);
    let name = name.ok_or("the event has no name")?;
    let data = envelope.get("data").ok_or("the event has no data")?;
    match name {
        "message:send" => sent(data),
        "message:received" => received(data),
        "message:updated" => updated(data, &envelope),
        "message:removed" => removed(data),
        _ if ACKNOWLEDGED.contains(&name) => acknowledged(data, &envelope, name),
        "session:set_state" => state(data),
        "session:set_routing" => routing(data),
        "session:set_block" => block(data),
        _ if NOT_OURS.iter().any(|family| name.starts_with(family)) => Ok(Event::Ignored {
            why: "an event that is not needed",
        }),
        _ => Ok(Event::Unknown {
            what: format!("event `{name}`"),
        }),
    }
}

fn thread(data: &Value) -> Result<String, String> {
    lenient::text(data, "/session_id").ok_or_else(|| "the event names no conversation".into())
}

/// Fingerprints count per conversation.
fn message_id(thread: &str, data: &Value) -> Result<String, String> {
    let fingerprint = lenient::id(data, "/fingerprint").ok_or("the message has no fingerprint")?;
    Ok(format!("{thread}:{fingerprint}"))
}

fn sent_at(data: &Value) -> Option<chrono::DateTime<chrono::Utc>> {
    data.get("timestamp")
        .and_then(Value::as_i64)
        .and_then(from_millis)
}

fn sent(data: &Value) -> Result<Event, String> {
    if data["from"] != "user" {
        let why = "not from the visitor";
        return Ok(Event::Ignored { why });
    }
    let thread = thread(data)?;
    let (text, media) = match content(data) {
        Content::Said(text, media) => (text, media),
        Content::Private | Content::Note => {
            let why = "not part of the talk";
            return Ok(Event::Ignored { why });
        }
        Content::Unknown(what) => return Ok(Event::Unknown { what }),
    };
    let is_empty = text.is_empty() && media.is_none();
    Ok(Event::Message(Box::new(Message {
        id: message_id(&thread, data)?,
        from: person(&thread, data),
        text,
        media: media.into_iter().collect(),
        sent_at: sent_at(data),
        is_automatic: data["automated"] == true,
        is_unsupported: is_empty,
        thread,
        ..Message::default()
    })))
}

/// The conversation is the person: neither their user id nor what they typed in is vouched for, and whoever is taken for
/// somebody else would read on in that person's conversation.
fn person(thread: &str, data: &Value) -> Person {
    Person {
        id: thread.to_owned(),
        name: lenient::text(data, "/user/nickname"),
        avatar_url: lenient::text(data, "/user/avatar"),
        ..Person::default()
    }
}

enum Content {
    Said(String, Option<Media>),
    /// For operators only.
    Private,
    /// A line of the conversation's course.
    Note,
    Unknown(String),
}

fn content(data: &Value) -> Content {
    let content = &data["content"];
    let asked = || lenient::text(content, "/text").unwrap_or_default();
    match data["type"].as_str().unwrap_or_default() {
        "text" => Content::Said(content.as_str().unwrap_or_default().to_owned(), None),
        "note" => Content::Private,
        "event" => Content::Note,
        "file" => Content::Said(String::new(), file(content, None)),
        "animation" => Content::Said(String::new(), file(content, Some(MediaKind::Image))),
        "audio" => Content::Said(String::new(), file(content, Some(MediaKind::Audio))),
        "picker" | "carousel" => Content::Said(asked(), None),
        "field" => Content::Said(lenient::text(content, "/value").unwrap_or_else(asked), None),
        other => Content::Unknown(format!("message of type `{other}`")),
    }
}

fn file(content: &Value, kind: Option<MediaKind>) -> Option<Media> {
    let mime_type = lenient::text(content, "/type");
    let own = MediaKind::of(mime_type.as_deref().unwrap_or_default());
    Some(Media {
        kind: kind.unwrap_or(own),
        source: lenient::text(content, "/url")?,
        mime_type,
        file_name: lenient::text(content, "/name"),
        size: content.get("size").and_then(Value::as_u64),
    })
}

/// What the visitor is shown in the business's name: by a person, by a program, or by us.
fn received(data: &Value) -> Result<Event, String> {
    let thread = thread(data)?;
    let Content::Said(text, media) = content(data) else {
        let why = "not part of the talk";
        return Ok(Event::Ignored { why });
    };
    let fingerprint = data["fingerprint"].as_u64().unwrap_or_default();
    let places = ["/properties/delivery_id", "/content/id"];
    let given = places.iter().find_map(|place| lenient::text(data, place));
    let delivery_id = given.filter(|id| fingerprint == super::send::fingerprint(id));
    Ok(Event::Echo(Echo {
        id: message_id(&thread, data)?,
        is_automatic: data["automated"] == true || is_ours(fingerprint),
        delivery_id,
        text,
        media: media.into_iter().collect(),
        sent_at: sent_at(data),
        author: lenient::text(data, "/user/nickname"),
        thread,
    }))
}

/// A picker or a field that was filled in, or a person's correction of what they wrote.
fn updated(data: &Value, envelope: &Value) -> Result<Event, String> {
    let thread = thread(data)?;
    let under = message_id(&thread, data)?;
    let content = &data["content"];
    let selected = content["choices"].as_array().into_iter().flatten();
    let selected = selected.rev().find(|choice| choice["selected"] == true);
    let (text, choice) = match selected {
        Some(choice) => (lenient::text(choice, "/label"), lenient::text(choice, "/value")),
        None => (lenient::text(content, "/value"), None),
    };
    if let Some(text) = text.or_else(|| choice.clone()) {
        let at = envelope.get("timestamp").and_then(Value::as_i64);
        return Ok(Event::Message(Box::new(Message {
            id: format!("{under}:{}", choice.as_deref().unwrap_or(&text)),
            from: person(&thread, &Value::Null),
            text: whole(text, choice.as_deref()),
            choice,
            reply_to: Some(under),
            sent_at: at.and_then(from_millis),
            thread,
            ..Message::default()
        })));
    }
    match content.as_str() {
        Some(text) if data["from"] == "user" => Ok(Event::Edited {
            thread,
            message_id: under,
            text: text.to_owned(),
        }),
        _ => Ok(Event::Ignored {
            why: "a change that nobody chose",
        }),
    }
}

/// The label, or the value where the label was cut.
fn whole(label: String, value: Option<&str>) -> String {
    match value {
        Some(value) if label.contains('…') => value.to_owned(),
        _ => label,
    }
}

fn removed(data: &Value) -> Result<Event, String> {
    let thread = thread(data)?;
    Ok(Event::Deleted {
        message_id: message_id(&thread, data)?,
        thread,
    })
}

fn acknowledged(data: &Value, envelope: &Value, name: &str) -> Result<Event, String> {
    let thread = thread(data)?;
    let state = if name.contains(":read:") {
        State::Read
    } else {
        State::Delivered
    };
    let about = About::Message {
        id: message_id(&thread, data)?,
        delivery_id: None,
    };
    let at = envelope.get("timestamp").and_then(Value::as_i64);
    Ok(Event::Status(Status {
        thread,
        about,
        state,
        at: at.and_then(from_millis),
    }))
}

fn state(data: &Value) -> Result<Event, String> {
    let to = match data["state"].as_str() {
        Some("resolved") => HandOver::Closed,
        Some("pending" | "unresolved") => {
            let why = "the conversation goes on";
            return Ok(Event::Ignored { why });
        }
        _ => return Err("the conversation's state is not known".into()),
    };
    let thread = thread(data)?;
    Ok(Event::HandOver { thread, to })
}

fn routing(data: &Value) -> Result<Event, String> {
    let is_person = lenient::text(data, "/routing_id").is_some();
    let to = if is_person {
        HandOver::Person
    } else {
        HandOver::Bot
    };
    let thread = thread(data)?;
    Ok(Event::HandOver { thread, to })
}

fn block(data: &Value) -> Result<Event, String> {
    let thread = thread(data)?;
    let is_blocked = data["is_blocked"] == true || data["blocked"] == true || data["block"] == true;
    Ok(Event::Blocked { thread, is_blocked })
}
