//! The frame in which Messenger and Instagram deliver events, taken apart: `entry[].messaging[]`, `standby[]` and
//! `changes[]`. Each event becomes a body of the same form with itself alone in it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::digest;
use super::json::{Json, parse};
use crate::inbound::RawEvent;

/// The ids of the accounts that the body is about.
pub fn accounts_in(body: &[u8]) -> Vec<String> {
    let Some(body) = parse(body) else {
        return Vec::new();
    };
    let found: BTreeSet<String> = Json(&body).list("/entry").filter_map(account_of).collect();
    found.into_iter().collect()
}

/// The dashboard's test call names the account `0`: then it is the one whose address was called.
fn account_of(entry: Json<'_>) -> Option<String> {
    entry.text("/id").filter(|id| id != "0")
}

/// One event for everything that happened. What has another form is one event too, kept as it came.
pub fn split(body: &[u8]) -> Vec<RawEvent> {
    let Some(parsed) = parse(body) else {
        return vec![strange(None, String::from_utf8_lossy(body).into_owned())];
    };
    let whole = Json(&parsed);
    if !whole.at("/entry").0.is_array() {
        return vec![strange(None, parsed.to_string())];
    }
    let object = whole.at("/object").0;
    whole
        .list("/entry")
        .flat_map(|entry| split_entry(object, entry))
        .collect()
}

/// Signed, but nothing that we know how to take apart.
pub fn strange(account_id: Option<String>, body: String) -> RawEvent {
    RawEvent {
        id: format!("other:{}", digest(body.as_bytes())),
        thread: account_id.clone().unwrap_or_default(),
        account_id,
        kind: "other",
        occurred_at: None,
        body,
    }
}

fn split_entry(object: &Value, entry: Json<'_>) -> Vec<RawEvent> {
    let mut events = Vec::new();
    for list in ["messaging", "standby", "changes"] {
        for event in entry.list(&format!("/{list}")) {
            let alone = json!({"id": entry.at("/id").0, "time": entry.at("/time").0, list: [event.0]});
            let body = json!({"object": object, "entry": [alone]}).to_string();
            events.extend(raw(entry, list, event, body));
        }
    }
    if events.is_empty() {
        let body = json!({"object": object, "entry": [entry.0]}).to_string();
        events.push(strange(account_of(entry), body));
    }
    events
}

fn raw(entry: Json<'_>, list: &str, event: Json<'_>, body: String) -> Option<RawEvent> {
    let account_id = account_of(entry);
    let event = match list {
        "changes" if event.text("/field").as_deref() != Some("messages") => {
            return Some(strange(account_id, body));
        }
        "changes" => event.at("/value"),
        _ => event,
    };
    let person = person_of(event, &entry.word("/id"));
    let (id, kind) = name(event, &person);
    let thread = match person.is_empty() {
        true => account_id.clone().unwrap_or_default(),
        false => person,
    };
    Some(RawEvent {
        id,
        account_id,
        thread,
        kind,
        occurred_at: event.time("/timestamp"),
        body,
    })
}

/// The one of the two sides that is not the account.
pub fn person_of(event: Json<'_>, account_id: &str) -> String {
    let (sender, recipient) = (event.word("/sender/id"), event.word("/recipient/id"));
    if is_own(event, account_id) {
        recipient
    } else {
        sender
    }
}

/// The account itself did it.
pub fn is_own(event: Json<'_>, account_id: &str) -> bool {
    event.is_true("/message/is_echo")
        || (event.text("/sender/id").is_some_and(|id| id == account_id)
            && event.text("/recipient/id").is_some_and(|id| id != account_id))
}

/// An id that the same event has again, and its kind.
pub fn name(event: Json<'_>, person: &str) -> (String, &'static str) {
    let content = || digest(event.0.to_string().as_bytes());
    let by = |prefix: &str, path: &str| match event.text(path) {
        Some(id) => format!("{prefix}:{id}"),
        None => format!("{prefix}:{}", content()),
    };
    if event.is_true("/message/is_deleted") {
        return (by("deleted", "/message/mid"), "edit");
    }
    if event.is_true("/message/is_echo") {
        return (by("echo", "/message/mid"), "echo");
    }
    if event.has("/message") {
        return (by("message", "/message/mid"), "message");
    }
    if event.has("/postback") {
        return (by("postback", "/postback/mid"), "message");
    }
    if event.has("/delivery") {
        return (
            by(&format!("delivered:{person}"), "/delivery/watermark"),
            "status",
        );
    }
    if event.has("/read/mid") {
        return (by(&format!("read:{person}"), "/read/mid"), "status");
    }
    if event.has("/read") {
        return (by(&format!("read:{person}"), "/read/watermark"), "status");
    }
    if event.has("/reaction") {
        // the same person may react, take it back and react again
        let mid = event.word("/reaction/mid");
        return (format!("reaction:{mid}:{}", content()), "reaction");
    }
    if event.has("/message_edit") {
        let mid = event.word("/message_edit/mid");
        return (by(&format!("edit:{mid}"), "/message_edit/num_edit"), "edit");
    }
    (format!("other:{}", content()), "other")
}
