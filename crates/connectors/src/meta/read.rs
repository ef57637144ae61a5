//! Events of Messenger and Instagram in our words.

use super::attachments;
use super::frame::{is_own, name, person_of};
use super::json::{Json, parse};
use crate::form::Account;
use crate::inbound::{About, Echo, Event, HandOver, Message, Person, State, Status};
use crate::lenient;

/// The apps behind Meta's own inboxes: who writes there is a person.
const INBOXES: [(&str, &str); 2] = [
    ("263902037430900", "Page inbox"),
    ("1217981644879628", "Instagram inbox"),
];

/// Reads one event as [`super::frame::split`] made it.
///
/// # Errors
/// It is not JSON, or holds no event.
pub fn read(object: &str, account: &Account, body: &str) -> Result<Event, String> {
    let mut parsed = parse(body.as_bytes()).ok_or("this is not JSON")?;
    lenient::drop_nul(&mut parsed);
    let whole = Json(&parsed);
    match whole.text("/object") {
        Some(found) if found == object => {}
        Some(found) => return Ok(unknown(format!("the object `{found}`"))),
        None => return Err("there is no `object`".to_owned()),
    }
    let entry = whole.at("/entry/0");
    if entry.has("/changes/0") {
        return Ok(read_change(account, entry.at("/changes/0")));
    }
    let (event, is_standby) = match entry.has("/standby/0") {
        true => (entry.at("/standby/0"), true),
        false => (entry.at("/messaging/0"), false),
    };
    if !event.0.is_object() {
        return Err("there is no event in `entry`".to_owned());
    }
    Ok(read_event(account, &entry.word("/id"), event, is_standby))
}

fn unknown(what: String) -> Event {
    Event::Unknown { what }
}

/// The "Test" button of Instagram's dashboard sends an event in this form, from nobody to nobody.
fn read_change(account: &Account, change: Json<'_>) -> Event {
    let value = change.at("/value");
    match change.word("/field").as_str() {
        "messages" if value.word("/recipient/id") == account.id => {
            read_event(account, &account.id, value, false)
        }
        "messages" => Event::Ignored {
            why: "a test from Meta's dashboard: the address works",
        },
        "comments" | "live_comments" | "mentions" | "feed" => Event::Ignored {
            why: "comments and mentions are no messages",
        },
        field => unknown(format!("a change of `{field}`")),
    }
}

fn read_event(account: &Account, account_id: &str, event: Json<'_>, is_standby: bool) -> Event {
    let thread = person_of(event, account_id);
    let is_own = is_own(event, account_id);
    if event.has("/policy_enforcement") {
        return policy(event.at("/policy_enforcement"));
    }
    if thread.is_empty() {
        return unknown("an event from nobody".to_owned());
    }
    if event.has("/message") {
        return match is_own {
            true => read_echo(event, thread),
            false => read_message(event, thread, is_standby),
        };
    }
    if is_own && (event.has("/reaction") || event.has("/message_edit")) {
        return Event::Ignored {
            why: "the account's own reaction or change",
        };
    }
    if event.has("/postback") {
        return read_postback(event, thread, is_standby);
    }
    read_sign(account, event, thread)
}

/// Everything that is no message.
fn read_sign(account: &Account, event: Json<'_>, thread: String) -> Event {
    if event.has("/delivery") {
        return status(event, event.at("/delivery"), thread, State::Delivered);
    }
    if event.has("/read") {
        return status(event, event.at("/read"), thread, State::Read);
    }
    if event.has("/reaction") {
        return read_reaction(event.at("/reaction"), thread);
    }
    if event.has("/message_edit") {
        return Event::Edited {
            thread,
            message_id: event.word("/message_edit/mid"),
            text: event.word("/message_edit/text"),
        };
    }
    if let Some(to) = hand_over(account, event) {
        return Event::HandOver { thread, to };
    }
    for (key, why) in [
        ("/request_thread_control", "another app asks for the conversation"),
        (
            "/referral",
            "a link or an advertisement was opened, nothing was said",
        ),
        ("/optin", "an opt-in, nothing was said"),
    ] {
        if event.has(key) {
            return Event::Ignored { why };
        }
    }
    let keys = event.0.as_object().into_iter().flatten().map(|(key, _)| key);
    let own = |key: &&String| !matches!(key.as_str(), "sender" | "recipient" | "timestamp");
    let keys: Vec<&str> = keys.filter(own).map(String::as_str).collect();
    unknown(format!("an event with `{}`", keys.join("`, `")))
}

fn read_message(event: Json<'_>, thread: String, is_standby: bool) -> Event {
    let message = event.at("/message");
    let id = message.text("/mid").unwrap_or_else(|| name(event, &thread).0);
    if message.is_true("/is_deleted") {
        return Event::Deleted {
            thread,
            message_id: id,
        };
    }
    let attached = attachments::read(message);
    let text = lines(message.text("/text"), attached.lines);
    let is_empty = text.is_empty() && attached.media.is_empty();
    Event::Message(Box::new(Message {
        id,
        from: person(&thread),
        thread,
        text,
        media: attached.media,
        choice: message.text("/quick_reply/payload"),
        reply_to: message.text("/reply_to/mid"),
        sent_at: event.time("/timestamp"),
        location: attached.location,
        is_standby,
        referral: story(message)
            .or(attached.referral)
            .or_else(|| referral(message.at("/referral"))),
        is_unsupported: attached.is_unsupported || message.is_true("/is_unsupported") || is_empty,
        ..Message::default()
    }))
}

fn person(id: &str) -> Person {
    Person {
        id: id.to_owned(),
        ..Person::default()
    }
}

/// The text, and below it what it does not say already.
fn lines(text: Option<String>, more: Vec<String>) -> String {
    let mut text = text.unwrap_or_default();
    for line in more {
        let link = line.rsplit(' ').next().unwrap_or_default();
        if text.contains(link) {
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&line);
    }
    text
}

fn story(message: Json<'_>) -> Option<String> {
    let story = message.at("/reply_to/story");
    let url = story.text("/url").or_else(|| story.text("/id"))?;
    Some(format!("Reply to your story: {url}"))
}

fn referral(referral: Json<'_>) -> Option<String> {
    let parts = [
        "/source",
        "/type",
        "/ref",
        "/ads_context_data/ad_title",
        "/referer_uri",
    ];
    let parts: Vec<String> = parts.iter().filter_map(|path| referral.text(path)).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn read_postback(event: Json<'_>, thread: String, is_standby: bool) -> Event {
    let postback = event.at("/postback");
    let payload = postback.text("/payload");
    let title = postback.text("/title").or_else(|| payload.clone());
    Event::Message(Box::new(Message {
        id: postback.text("/mid").unwrap_or_else(|| name(event, &thread).0),
        from: person(&thread),
        thread,
        text: title.unwrap_or_default(),
        choice: payload,
        sent_at: event.time("/timestamp"),
        is_standby,
        referral: referral(postback.at("/referral")),
        ..Message::default()
    }))
}

fn read_echo(event: Json<'_>, thread: String) -> Event {
    let message = event.at("/message");
    if message.is_true("/is_deleted") {
        return Event::Ignored {
            why: "one of the account's own messages was taken back",
        };
    }
    let attached = attachments::read(message);
    Event::Echo(Echo {
        id: message.text("/mid").unwrap_or_else(|| name(event, &thread).0),
        thread,
        delivery_id: message.text("/metadata"),
        text: lines(message.text("/text"), attached.lines),
        media: attached.media,
        sent_at: event.time("/timestamp"),
        author: message.text("/app_id").map(author),
        is_automatic: false,
    })
}

fn author(app_id: String) -> String {
    let inbox = INBOXES.iter().find(|(id, _)| *id == app_id);
    inbox.map_or_else(|| format!("App {app_id}"), |(_, name)| (*name).to_owned())
}

fn status(event: Json<'_>, sign: Json<'_>, thread: String, state: State) -> Event {
    let about = match (
        sign.time("/watermark"),
        sign.text("/mid").or(sign.text("/mids/0")),
    ) {
        (Some(until), _) => About::Until(until),
        (None, Some(id)) => About::Message {
            id,
            delivery_id: None,
        },
        (None, None) => return unknown("a receipt about nothing".to_owned()),
    };
    Event::Status(Status {
        thread,
        about,
        state,
        at: event.time("/timestamp"),
    })
}

fn read_reaction(reaction: Json<'_>, thread: String) -> Event {
    const NAMES: [(&str, &str); 8] = [
        ("love", "❤"),
        ("smile", "😆"),
        ("haha", "😆"),
        ("wow", "😮"),
        ("sad", "😢"),
        ("angry", "😠"),
        ("like", "👍"),
        ("dislike", "👎"),
    ];
    let by_name = |name: String| {
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map_or(name, |(_, emoji)| (*emoji).to_owned())
    };
    let emoji = match reaction.word("/action").as_str() {
        "unreact" => None,
        _ => reaction
            .text("/emoji")
            .or_else(|| reaction.text("/reaction").map(by_name)),
    };
    Event::Reaction {
        thread,
        message_id: reaction.word("/mid"),
        emoji,
    }
}

fn hand_over(account: &Account, event: Json<'_>) -> Option<HandOver> {
    if event.has("/take_thread_control") {
        return Some(HandOver::Person);
    }
    if !event.has("/pass_thread_control") {
        return None;
    }
    let owner = event.word("/pass_thread_control/new_owner_app_id");
    let ours = account.value("app_id");
    let is_person = INBOXES.iter().any(|(id, _)| *id == owner) || (!ours.is_empty() && owner != ours);
    Some(if is_person {
        HandOver::Person
    } else {
        HandOver::Bot
    })
}

fn policy(policy: Json<'_>) -> Event {
    let action = policy.word("/action");
    let reason = policy.text("/reason").unwrap_or_else(|| "no reason given".into());
    Event::Account {
        is_broken: action == "block",
        text: format!("Policy of the platform: {action} ({reason})"),
    }
}
