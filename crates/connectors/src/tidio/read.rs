//! Tidio's events in our words. How those of tickets look is documented nowhere, so they are read with tolerance.

use serde_json::Value;

use super::created_at;
use crate::inbound::{Echo, Event, HandOver, Media, MediaKind, Message, Person};
use crate::lenient;

/// Begins the thread of a ticket, in which can be answered.
pub(super) const TICKET: &str = "ticket:";
/// Begins the thread of a Flow, which is the contact's.
pub(super) const FLOW: &str = "flow:";
/// Our own topic: a Flow has asked.
pub(super) const ASKED: &str = "flow.asked";

pub(super) fn event(body: &str) -> Result<Event, String> {
    let envelope = lenient::value(body.as_bytes()).map_err(|error| error.to_string())?;
    let topic = lenient::text(&envelope, "/topic").ok_or("the event has no topic")?;
    let content = &envelope["content"];
    let no_thread = || format!("`{topic}` names no ticket and no contact");
    match topic.as_str() {
        ASKED => asked(&envelope),
        "ticket.contact_replied" => replied(&envelope, thread(&topic, content).ok_or_else(no_thread)?),
        "ticket.operator_replied" => echoed(&envelope, thread(&topic, content).ok_or_else(no_thread)?),
        "ticket.operator_assigned" => Ok(Event::HandOver {
            thread: thread(&topic, content).ok_or_else(no_thread)?,
            to: HandOver::Person,
        }),
        "conversation.solved_by_operator" | "conversation.solved_automatically" => {
            Ok(match thread(&topic, content) {
                Some(thread) => Event::HandOver {
                    thread,
                    to: HandOver::Closed,
                },
                None => ignored("a conversation that no Flow has brought here"),
            })
        }
        "ticket.internal_note_added" => Ok(ignored("a note among operators")),
        "contact.created" | "contact.updated" => Ok(ignored("an event that is not needed")),
        _ => Ok(Event::Unknown {
            what: format!("topic `{topic}`"),
        }),
    }
}

fn ignored(why: &'static str) -> Event {
    Event::Ignored { why }
}

/// A ticket's own thread; a conversation is the one that its contact has with a Flow.
pub(super) fn thread(topic: &str, content: &Value) -> Option<String> {
    let first = |places: &[&str]| places.iter().find_map(|place| lenient::id(content, place));
    if topic.starts_with("ticket.") {
        return first(&["/ticket_id", "/ticket/id", "/id"]).map(|id| format!("{TICKET}{id}"));
    }
    if topic.starts_with("conversation.") {
        return first(&["/contact_id", "/contact/id"]).map(|id| format!("{FLOW}{id}"));
    }
    None
}

fn asked(envelope: &Value) -> Result<Event, String> {
    let content = &envelope["content"];
    let text = lenient::text(content, "/message").ok_or("the Flow sends no `message`")?;
    let contact = lenient::id(content, "/contact_id").ok_or("the Flow sends no `contact_id`")?;
    Ok(Event::Message(Box::new(Message {
        id: lenient::id(envelope, "/id").ok_or("the event has no id")?,
        thread: format!("{FLOW}{contact}"),
        from: person(content, contact),
        text,
        sent_at: created_at(envelope),
        ..Message::default()
    })))
}

/// Nobody has checked what visitors fill in; a number that may be another person's is left out.
pub(super) fn person(content: &Value, id: String) -> Person {
    let names = ["/first_name", "/last_name"].map(|place| lenient::text(content, place));
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Person {
        id,
        name: lenient::text(content, "/name").or_else(|| Some(name).filter(|name| !name.is_empty())),
        email: lenient::text(content, "/email"),
        language: lenient::text(content, "/language").and_then(|text| lenient::language(&text)),
        ..Person::default()
    }
}

fn replied(envelope: &Value, thread: String) -> Result<Event, String> {
    let content = &envelope["content"];
    let places = ["/contact/id", "/contact_id", "/message/author/id", "/author/id"];
    let contact = places.iter().find_map(|place| lenient::id(content, place));
    // without a contact the ticket itself stands for whoever wrote it
    let contact = contact.unwrap_or_else(|| thread.clone());
    let (text, media) = (said(content), media(content));
    Ok(Event::Message(Box::new(Message {
        id: message_id(envelope)?,
        from: person(content.get("contact").unwrap_or(content), contact),
        // Tidio has not said what was written: an agent has to look it up there
        is_unsupported: text.is_empty() && media.is_empty(),
        sent_at: created_at(envelope),
        thread,
        text,
        media,
        ..Message::default()
    })))
}

/// What we send raises no webhook: this was somebody else.
fn echoed(envelope: &Value, thread: String) -> Result<Event, String> {
    let content = &envelope["content"];
    let kinds = ["/message/author_type", "/author_type", "/author/type"];
    let kind = kinds.iter().find_map(|place| lenient::text(content, place));
    let authors = ["/operator/name", "/message/author/name", "/author/name"];
    Ok(Event::Echo(Echo {
        id: message_id(envelope)?,
        text: said(content),
        media: media(content),
        sent_at: created_at(envelope),
        author: authors.iter().find_map(|place| lenient::text(content, place)),
        is_automatic: kind.as_deref() == Some("bot"),
        thread,
        ..Echo::default()
    }))
}

fn message_id(envelope: &Value) -> Result<String, String> {
    let places = ["/content/message/id", "/content/message_id", "/webhook_id"];
    let id = places.iter().find_map(|place| lenient::id(envelope, place));
    id.ok_or_else(|| "the message has no id".into())
}

fn said(content: &Value) -> String {
    let places = [
        "/message/content",
        "/message/text",
        "/message",
        "/content",
        "/text",
    ];
    let text = places.iter().find_map(|place| lenient::text(content, place));
    text.unwrap_or_default()
}

fn media(content: &Value) -> Vec<Media> {
    let places = ["/message/attachments", "/attachments"];
    let listed = places.iter().find_map(|place| content.pointer(place)?.as_array());
    listed.into_iter().flatten().filter_map(file).collect()
}

fn file(attachment: &Value) -> Option<Media> {
    let mime_type = lenient::text(attachment, "/mime_type").or_else(|| lenient::text(attachment, "/type"));
    Some(Media {
        kind: MediaKind::of(mime_type.as_deref().unwrap_or_default()),
        source: lenient::text(attachment, "/url")?,
        file_name: lenient::text(attachment, "/name").or_else(|| lenient::text(attachment, "/file_name")),
        size: attachment.get("size").and_then(Value::as_u64),
        mime_type,
    })
}
