//! Messages that come one by one, each with what it belongs to: put together into conversations, in their order.

use std::collections::HashMap;

use super::{Chat, Said, Side, roles};

/// One message as an export lists it.
#[derive(Debug, Default)]
pub struct Record {
    pub conversation: Option<String>,
    /// The word for who speaks, and the name.
    pub role: Option<String>,
    pub name: Option<String>,
    pub side: Option<Side>,
    pub text: String,
    pub at: Option<String>,
}

impl Record {
    /// None: an event, or a note that no customer was meant to read.
    fn said(self) -> Option<Said> {
        let by_role = self.role.as_deref().and_then(roles::role);
        if by_role == Some(roles::Role::Nobody) {
            return None;
        }
        let role = self.role.unwrap_or_default();
        let speaker = self.name.filter(|name| !name.trim().is_empty()).unwrap_or(role);
        let known = match by_role {
            Some(roles::Role::Of(side)) => Some(side),
            _ => None,
        };
        Some(Said {
            side: self.side.or(known).or_else(|| roles::side(&speaker)),
            speaker,
            text: self.text,
        })
    }
}

/// Conversations in the order in which they first come; messages by their time, if all have one.
pub fn group(records: Vec<Record>) -> Vec<Chat> {
    let mut places: HashMap<Option<String>, usize> = HashMap::new();
    let mut chats: Vec<(Option<String>, Vec<Record>)> = Vec::new();
    for record in records {
        let place = *places.entry(record.conversation.clone()).or_insert_with(|| {
            chats.push((record.conversation.clone(), Vec::new()));
            chats.len() - 1
        });
        if let Some((_, records)) = chats.get_mut(place) {
            records.push(record);
        }
    }
    chats
        .into_iter()
        .map(|(name, records)| chat(name, records))
        .collect()
}

pub fn chat(name: Option<String>, mut records: Vec<Record>) -> Chat {
    if records
        .iter()
        .all(|record| record.at.as_deref().is_some_and(is_sortable))
    {
        records.sort_by_cached_key(|record| sort_key(record.at.as_deref().unwrap_or_default()));
    }
    Chat {
        name,
        messages: records.into_iter().filter_map(Record::said).collect(),
    }
}

/// Seconds, or a time that begins with its year.
fn is_sortable(at: &str) -> bool {
    at.parse::<f64>().is_ok() || at.as_bytes().get(4) == Some(&b'-')
}

fn sort_key(at: &str) -> (u64, String) {
    match at.parse::<f64>() {
        Ok(seconds) => ((seconds * 1000.0) as u64, String::new()),
        Err(_) => (0, at.replace('T', " ")),
    }
}
