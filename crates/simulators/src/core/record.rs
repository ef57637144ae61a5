//! What the vendor accepted, in order: the witness of "nothing lost, nothing said twice".

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;

use super::Clock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something that the customer gets to see.
    Message,
    Typing,
    Read,
    /// An edit, a deletion, an answer to a pressed button, a change of state.
    Other,
}

/// An accepted call.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: DateTime<Utc>,
    pub kind: Kind,
    /// The vendor's id of the message.
    pub id: String,
    pub recipient: String,
    /// What the sender gave to recognise its message by, where the vendor has such a field.
    pub correlation: Option<String>,
    /// What the customer reads: the text, the caption or the name of what it is.
    pub text: String,
    /// What the customer can press.
    pub buttons: Vec<Button>,
    pub body: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    pub title: String,
    /// What comes back when it is pressed; the address, where it opens a page.
    pub payload: String,
    pub opens_page: bool,
}

impl Button {
    pub(crate) fn reply(title: &Value, payload: &Value) -> Self {
        Self {
            title: title.as_str().unwrap_or_default().into(),
            payload: payload.as_str().unwrap_or_default().into(),
            opens_page: false,
        }
    }

    pub(crate) fn link(title: &Value, url: &Value) -> Self {
        Self {
            opens_page: true,
            ..Self::reply(title, url)
        }
    }
}

impl Entry {
    pub(crate) fn new(kind: Kind, id: &str, recipient: &str, text: &str, body: Value) -> Self {
        Self {
            at: DateTime::default(),
            kind,
            id: id.into(),
            recipient: recipient.into(),
            correlation: None,
            text: text.into(),
            buttons: Vec::new(),
            body,
        }
    }
}

pub struct Record {
    entries: Mutex<Vec<Entry>>,
    length: watch::Sender<usize>,
    clock: Clock,
}

impl Record {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            entries: Mutex::default(),
            length: watch::Sender::new(0),
            clock,
        }
    }

    pub(crate) fn add(&self, mut entry: Entry) {
        entry.at = self.clock.now();
        let length = {
            let mut entries = self.entries.lock();
            entries.push(entry);
            entries.len()
        };
        // whoever waits looks at the entries while it holds this one
        self.length.send_replace(length);
    }

    /// Everything, marks of reading and typing too.
    pub fn all(&self) -> Vec<Entry> {
        self.entries.lock().clone()
    }

    pub fn messages(&self) -> Vec<Entry> {
        self.of(Kind::Message)
    }

    pub fn of(&self, kind: Kind) -> Vec<Entry> {
        let entries = self.entries.lock();
        entries
            .iter()
            .filter(|entry| entry.kind == kind)
            .cloned()
            .collect()
    }

    pub fn to(&self, recipient: &str) -> Vec<Entry> {
        let mut messages = self.messages();
        messages.retain(|message| message.recipient == recipient);
        messages
    }

    /// The button that this person could press last: by its title, or by its number, counted from 1.
    pub fn button(&self, recipient: &str, which: &str) -> Option<(Entry, Button)> {
        let messages = self.to(recipient);
        let latest = messages
            .into_iter()
            .rev()
            .find(|message| !message.buttons.is_empty())?;
        let number = which
            .parse::<usize>()
            .ok()
            .and_then(|number| number.checked_sub(1));
        let titled = |button: &&Button| button.title == which;
        let button = latest
            .buttons
            .iter()
            .find(titled)
            .or_else(|| latest.buttons.get(number?));
        let button = button?.clone();
        Some((latest, button))
    }

    /// How often a message with this key reached this person.
    pub fn count(&self, recipient: &str, correlation: &str) -> usize {
        let is_it = |message: &&Entry| message.correlation.as_deref() == Some(correlation);
        self.to(recipient).iter().filter(is_it).count()
    }

    /// What reached a person more than once: by the key of the sender, or by the text where there is none.
    pub fn doubled(&self) -> Vec<(String, String, usize)> {
        let mut counts = BTreeMap::new();
        for message in self.messages() {
            let key = message.correlation.unwrap_or(message.text);
            *counts.entry((message.recipient, key)).or_insert(0) += 1;
        }
        let doubled = counts.into_iter().filter(|(_, count)| *count > 1);
        doubled
            .map(|((recipient, key), count)| (recipient, key, count))
            .collect()
    }

    /// Waits until there are so many messages, and gives them.
    pub async fn wait_for(&self, messages: usize) -> Vec<Entry> {
        self.wait_until(|all| all.iter().filter(|entry| entry.kind == Kind::Message).count() >= messages)
            .await;
        self.messages()
    }

    pub async fn wait_until(&self, holds: impl Fn(&[Entry]) -> bool) {
        let mut length = self.length.subscribe();
        let is_there = |_: &usize| holds(&self.entries.lock());
        // the sender lives as long as self
        let _ = length.wait_for(is_there).await;
    }
}
