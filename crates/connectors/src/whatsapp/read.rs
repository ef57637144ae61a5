//! Events of WhatsApp in our words.

use super::content::{self, Content};
use super::errors::verdict;
use super::split::{contact_of, person_ids, thread_of};
use crate::inbound::{About, Echo, Event, Message, Person, State, Status};
use crate::lenient;
use crate::meta::errors::{GraphError, Verdict};
use crate::meta::json::{Json, parse};
use crate::outbound::Because;

/// Reads one event as [`super::split::split`] made it.
///
/// # Errors
/// It is not JSON, or holds no event.
pub fn read(body: &str) -> Result<Event, String> {
    let mut parsed = parse(body.as_bytes()).ok_or("this is not JSON")?;
    lenient::drop_nul(&mut parsed);
    let whole = Json(&parsed);
    match whole.text("/object").as_deref() {
        Some("whatsapp_business_account") => {}
        Some(found) => return Ok(unknown(format!("the object `{found}`"))),
        None => return Err("there is no `object`".to_owned()),
    }
    let change = whole.at("/entry/0/changes/0");
    if !change.at("/value").0.is_object() {
        return Err("there is no change in `entry`".to_owned());
    }
    let value = change.at("/value");
    Ok(if value.has("/messages/0") {
        read_message(value, value.at("/messages/0"))
    } else if value.has("/message_echoes/0") {
        read_echo(value, value.at("/message_echoes/0"))
    } else if value.has("/statuses/0") {
        read_status(value, value.at("/statuses/0"))
    } else if value.has("/errors/0") {
        account_error(&GraphError::read(value.at("/errors/0")))
    } else {
        read_change(&change.word("/field"), value)
    })
}

fn unknown(what: String) -> Event {
    Event::Unknown { what }
}

fn read_message(value: Json<'_>, message: Json<'_>) -> Event {
    let thread = thread_of(value, message);
    if thread.is_empty() || !message.has("/id") {
        return unknown("a message from nobody or without an id".to_owned());
    }
    let original = |path: &str| message.word(path);
    match message.word("/type").as_str() {
        "reaction" => Event::Reaction {
            thread,
            message_id: original("/reaction/message_id"),
            emoji: message.text("/reaction/emoji"),
        },
        "edit" => Event::Edited {
            thread,
            message_id: original("/edit/original_message_id"),
            text: content::read(message.at("/edit/message"))
                .unwrap_or_default()
                .text,
        },
        "revoke" => Event::Deleted {
            thread,
            message_id: original("/revoke/original_message_id"),
        },
        "system" => read_system(value, message, thread),
        "request_welcome" => Event::Ignored {
            why: "the chat was opened, nothing was said",
        },
        "unsupported" => said(value, message, thread, Content::default(), true),
        kind => match content::read(message) {
            Some(content) => {
                let is_empty = content.text.is_empty() && content.media.is_empty();
                said(value, message, thread, content, is_empty)
            }
            None => unknown(format!("a message of type `{kind}`")),
        },
    }
}

fn said(value: Json<'_>, message: Json<'_>, thread: String, content: Content, is_unsupported: bool) -> Event {
    Event::Message(Box::new(Message {
        id: message.word("/id"),
        from: person(value, message, &thread),
        thread,
        text: content.text,
        media: content.media,
        choice: content.choice,
        reply_to: message.text("/context/id"),
        sent_at: message.time("/timestamp"),
        location: content.location,
        referral: referral(message.at("/referral")),
        is_unsupported,
        ..Message::default()
    }))
}

fn person(value: Json<'_>, message: Json<'_>, id: &str) -> Person {
    let contact = contact_of(value, message);
    let known = |path: &str| contact.and_then(|contact| contact.text(path));
    let (user, phone) = person_ids(value, message);
    let other_ids = [user, phone.clone()].into_iter().flatten();
    Person {
        id: id.to_owned(),
        other_ids: other_ids.filter(|other| other != id).collect(),
        name: known("/profile/name"),
        username: known("/profile/username"),
        is_verified: phone.is_some(),
        phone,
        ..Person::default()
    }
}

fn referral(referral: Json<'_>) -> Option<String> {
    let parts = ["/source_type", "/headline", "/body", "/source_url"];
    let parts: Vec<String> = parts.iter().filter_map(|path| referral.text(path)).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// Somebody has a new number, or a new user id.
fn read_system(value: Json<'_>, message: Json<'_>, from: String) -> Event {
    let system = message.at("/system");
    let first = |paths: [&str; 2]| paths.into_iter().find_map(|path| system.text(path));
    let user = first(["/new_user_id", "/user_id"]);
    let phone = first(["/new_wa_id", "/wa_id"]);
    let contact = contact_of(value, message);
    let Some(id) = user.clone().or_else(|| phone.clone()) else {
        return unknown(format!("a system message `{}`", system.word("/type")));
    };
    if id == from {
        return Event::Ignored {
            why: "a change that leaves the person's id as it is",
        };
    }
    Event::Moved {
        from,
        to: Person {
            other_ids: phone.clone().into_iter().filter(|other| *other != id).collect(),
            id,
            name: contact.and_then(|contact| contact.text("/profile/name")),
            is_verified: phone.is_some(),
            phone,
            ..Person::default()
        },
    }
}

/// Written in the app on the business's own phone.
fn read_echo(value: Json<'_>, echo: Json<'_>) -> Event {
    let thread = thread_of(value, echo);
    let kind = echo.word("/type");
    match (content::read(echo), kind.as_str()) {
        _ if thread.is_empty() || !echo.has("/id") => {
            unknown("an echo to nobody or without an id".to_owned())
        }
        (Some(content), _) => Event::Echo(Echo {
            id: echo.word("/id"),
            thread,
            text: content.text,
            media: content.media,
            sent_at: echo.time("/timestamp"),
            author: Some("WhatsApp Business app".to_owned()),
            ..Echo::default()
        }),
        (None, "reaction" | "edit" | "revoke" | "unsupported") => Event::Ignored {
            why: "a reaction to or a change of a message, on the business's own phone",
        },
        (None, kind) => unknown(format!("an echo of type `{kind}`")),
    }
}

fn read_status(value: Json<'_>, status: Json<'_>) -> Event {
    let state = match status.word("/status").as_str() {
        "sent" => State::Sent,
        "delivered" => State::Delivered,
        "read" | "played" => State::Read,
        "failed" => failed(status),
        other => return unknown(format!("the status `{other}`")),
    };
    Event::Status(Status {
        thread: thread_of(value, status),
        about: About::Message {
            id: status.word("/id"),
            delivery_id: status.text("/biz_opaque_callback_data"),
        },
        state,
        at: status.time("/timestamp"),
    })
}

fn failed(status: Json<'_>) -> State {
    let error = GraphError::read(status.at("/errors/0"));
    State::Failed {
        code: error.name(),
        reason: error.text,
    }
}

fn account_error(error: &GraphError) -> Event {
    Event::Account {
        is_broken: verdict(error) == Verdict::Never(Because::Account),
        text: format!("{} ({})", error.text, error.name()),
    }
}

/// News of the account, its number or its templates.
fn read_change(field: &str, value: Json<'_>) -> Event {
    let event = value.word("/event");
    match field {
        "messages" | "smb_message_echoes" => unknown(format!("`{field}` with none")),
        "user_preferences" => Event::Ignored {
            why: "a choice about marketing messages, which WhatsApp itself heeds",
        },
        "history" | "smb_app_state_sync" => Event::Ignored {
            why: "the phone app's own history and address book",
        },
        "account_update" => Event::Account {
            is_broken: is_lost(&event) || value.word("/ban_info/waba_ban_state") == "DISABLE",
            text: news(field, value),
        },
        _ if is_news(field) => Event::Account {
            is_broken: false,
            text: news(field, value),
        },
        _ => unknown(format!("a change of `{field}`")),
    }
}

fn is_lost(event: &str) -> bool {
    matches!(
        event,
        "ACCOUNT_DELETED" | "PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED" | "ACCOUNT_RESTRICTION"
    )
}

fn is_news(field: &str) -> bool {
    const BEGINNINGS: [&str; 6] = [
        "account_",
        "message_template_",
        "template_",
        "phone_number_",
        "business_",
        "security",
    ];
    BEGINNINGS
        .into_iter()
        .any(|beginning| field.starts_with(beginning))
}

/// What the change says, in the order in which a person wants to know it.
fn news(field: &str, value: Json<'_>) -> String {
    const PATHS: [&str; 12] = [
        "/event",
        "/display_phone_number",
        "/phone_number",
        "/message_template_name",
        "/message_template_language",
        "/new_quality_score",
        "/current_limit",
        "/decision",
        "/ban_info/waba_ban_state",
        "/violation_info/violation_type",
        "/restriction_info/0/restriction_type",
        "/reason",
    ];
    let words: Vec<String> = PATHS.iter().filter_map(|path| value.text(path)).collect();
    format!("{}: {}", field.replace('_', " "), words.join(", "))
}
