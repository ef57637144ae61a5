//! A webhook call of WhatsApp taken apart. Each event becomes a body of the vendor's own form with itself alone in it,
//! and with the contact it is about.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, json};

use crate::inbound::RawEvent;
use crate::meta::digest;
use crate::meta::frame::strange;
use crate::meta::json::{Json, parse};

/// The lists of a change, each with the word for its events.
const LISTS: [(&str, &str); 4] = [
    ("messages", "message"),
    ("message_echoes", "echo"),
    ("statuses", "status"),
    ("errors", "other"),
];

/// The ids of the numbers that the body is about.
pub fn accounts_in(body: &[u8]) -> Vec<String> {
    let Some(body) = parse(body) else {
        return Vec::new();
    };
    let body = Json(&body);
    let changes = body.list("/entry").flat_map(|entry| entry.list("/changes"));
    let found: BTreeSet<String> = changes.filter_map(account_of).collect();
    found.into_iter().collect()
}

fn account_of(change: Json<'_>) -> Option<String> {
    change.text("/value/metadata/phone_number_id")
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
    let mut events = Vec::new();
    for entry in whole.list("/entry") {
        let before = events.len();
        for change in entry.list("/changes") {
            events.extend(split_change(object, entry, change));
        }
        if events.len() == before {
            let body = json!({"object": object, "entry": [entry.0]}).to_string();
            events.push(strange(None, body));
        }
    }
    events
}

fn split_change(object: &Value, entry: Json<'_>, change: Json<'_>) -> Vec<RawEvent> {
    let value = change.at("/value");
    let envelope = |value: &Value| {
        let change = json!({"field": change.at("/field").0, "value": value});
        let entry = json!({"id": entry.at("/id").0, "time": entry.at("/time").0, "changes": [change]});
        json!({"object": object, "entry": [entry]}).to_string()
    };
    let contacts = Contacts::of(value);
    let mut events = Vec::new();
    for (list, word) in LISTS {
        for item in value.list(&format!("/{list}")) {
            let alone = alone(value, list, item, contacts.find(&ids(value, item)));
            let body = envelope(&alone);
            events.push(raw(account_of(change), Json(&alone), (list, word), item, body));
        }
    }
    if events.is_empty() {
        let body = envelope(value.0);
        let account = account_of(change);
        events.push(RawEvent {
            id: format!("account:{}:{}", change.word("/field"), digest(body.as_bytes())),
            thread: account.clone().unwrap_or_else(|| entry.word("/id")),
            account_id: account,
            kind: "other",
            occurred_at: entry.time("/time"),
            body,
        });
    }
    events
}

/// The change with this item alone, and with the contact that it is about.
fn alone(value: Json<'_>, list: &str, item: Json<'_>, contact: Option<Json<'_>>) -> Value {
    let contacts: Vec<&Value> = contact.map(|contact| contact.0).into_iter().collect();
    json!({
        "messaging_product": value.at("/messaging_product").0,
        "metadata": value.at("/metadata").0,
        "contacts": contacts,
        list: [item.0],
    })
}

/// The `contacts` of a change by their ids, so that many items find theirs quickly.
struct Contacts<'a> {
    listed: Vec<Json<'a>>,
    by_user: HashMap<String, usize>,
    by_phone: HashMap<String, usize>,
}

impl<'a> Contacts<'a> {
    fn of(value: Json<'a>) -> Self {
        let listed: Vec<_> = value.list("/contacts").collect();
        let by = |path: &str| {
            let ids = listed.iter().enumerate().rev();
            // the first of several with the same id counts
            ids.filter_map(|(index, contact)| Some((contact.text(path)?, index)))
                .collect()
        };
        Self {
            by_user: by("/user_id"),
            by_phone: by("/wa_id"),
            listed,
        }
    }

    fn find(&self, (user, phone): &(Option<String>, Option<String>)) -> Option<Json<'a>> {
        let by_user = user.as_ref().and_then(|id| self.by_user.get(id));
        let by_phone = phone.as_ref().and_then(|id| self.by_phone.get(id));
        let index = by_user.into_iter().chain(by_phone).min()?;
        self.listed.get(*index).copied()
    }
}

/// The entry of `contacts` about the person of a message, an echo or a status.
pub fn contact_of<'a>(value: Json<'a>, item: Json<'_>) -> Option<Json<'a>> {
    let (user, phone) = ids(value, item);
    let is_same = |contact: &Json<'_>| {
        let same = |path: &str, id: &Option<String>| id.is_some() && contact.text(path) == *id;
        same("/user_id", &user) || same("/wa_id", &phone)
    };
    value.list("/contacts").find(is_same)
}

/// User id and phone number of the person, as far as the item itself names them.
fn ids(value: Json<'_>, item: Json<'_>) -> (Option<String>, Option<String>) {
    let first = |paths: [&str; 3]| paths.into_iter().find_map(|path| item.text(path));
    let (users, phones) = match value.has("/message_echoes") {
        true => (["/to_user_id"; 3], ["/to"; 3]),
        false => (
            ["/from_user_id", "/recipient_user_id", "/user_id"],
            ["/from", "/recipient_id", "/wa_id"],
        ),
    };
    (first(users), first(phones))
}

/// User id and phone number of the person, from the item or from its contact.
pub fn person_ids(value: Json<'_>, item: Json<'_>) -> (Option<String>, Option<String>) {
    let (user, phone) = ids(value, item);
    let contact = contact_of(value, item);
    let known = |path: &str| contact.and_then(|contact| contact.text(path));
    (
        user.or_else(|| known("/user_id")),
        phone.or_else(|| known("/wa_id")),
    )
}

/// Where to answer: the user id, which stays when a person hides or changes the number, else the number.
pub fn thread_of(value: Json<'_>, item: Json<'_>) -> String {
    let (user, phone) = person_ids(value, item);
    user.or(phone).unwrap_or_default()
}

fn raw(
    account_id: Option<String>,
    value: Json<'_>,
    (list, word): (&str, &'static str),
    item: Json<'_>,
    body: String,
) -> RawEvent {
    let (id, kind) = name(list, word, item, &body);
    let thread = match thread_of(value, item) {
        thread if thread.is_empty() => account_id.clone().unwrap_or_default(),
        thread => thread,
    };
    RawEvent {
        id,
        account_id,
        thread,
        kind,
        occurred_at: item.time("/timestamp"),
        body,
    }
}

/// An id that the same event has again, and its kind.
fn name(list: &str, word: &'static str, item: Json<'_>, body: &str) -> (String, &'static str) {
    let id = item.text("/id").unwrap_or_else(|| digest(body.as_bytes()));
    match (list, item.word("/type").as_str()) {
        ("statuses", _) => (format!("status:{id}:{}", item.word("/status")), "status"),
        ("messages", "reaction") => (format!("reaction:{id}"), "reaction"),
        ("messages", kind @ ("edit" | "revoke")) => {
            (format!("{kind}:{id}:{}", item.word("/timestamp")), "edit")
        }
        ("messages", "system") => (format!("system:{id}"), "other"),
        ("errors", _) => (format!("error:{id}"), "other"),
        _ => (format!("{word}:{id}"), word),
    }
}
