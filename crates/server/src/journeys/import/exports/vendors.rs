//! How each vendor writes its conversations down.

use std::collections::BTreeMap;

use knowledge::transcripts::read::html;
use serde_json::{Map, Value, json};

use super::super::row::as_text;
use super::word;

/// A conversation as any of them has it.
pub struct Talk {
    pub person: Visitor,
    pub created_at: Value,
    pub is_open: bool,
    pub labels: Vec<String>,
    pub said: Vec<Said>,
}

#[derive(Default)]
pub struct Visitor {
    pub id: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

pub struct Said {
    pub id: Option<String>,
    pub side: Side,
    pub name: Option<String>,
    pub text: String,
    pub at: Value,
    pub file: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Visitor,
    Agent,
    Bot,
    System,
    /// For colleagues alone.
    Note,
}

pub struct Vendor {
    pub kind: &'static str,
    pub name: &'static str,
    /// The kind of channel that stands for it.
    pub channel: &'static str,
    pub read: fn(&Value) -> Option<Talk>,
    /// What names the conversation of a message that stands alone.
    thread: &'static [&'static str],
}

const VENDORS: [Vendor; 4] = [
    Vendor {
        kind: "chatwoot",
        name: "Chatwoot",
        channel: "api",
        read: chatwoot,
        thread: &["conversation_id"],
    },
    Vendor {
        kind: "crisp",
        name: "Crisp",
        channel: "crisp",
        read: crisp,
        thread: &["session_id"],
    },
    Vendor {
        kind: "intercom",
        name: "Intercom",
        channel: "api",
        read: intercom,
        thread: &[],
    },
    Vendor {
        kind: "tidio",
        name: "Tidio",
        channel: "tidio",
        read: tidio,
        thread: &["conversation_id", "ticket_id", "contact_id"],
    },
];

pub fn kinds() -> Vec<&'static str> {
    VENDORS.iter().map(|vendor| vendor.kind).collect()
}

pub fn find(kind: &str) -> Option<&'static Vendor> {
    VENDORS.iter().find(|vendor| vendor.kind == kind)
}

/// The conversations of a file by their ids, however they are wrapped. Messages that stand alone are put together.
pub fn conversations(vendor: &Vendor, values: Vec<Value>) -> Vec<(String, Map<String, Value>)> {
    let mut flat = Vec::new();
    values.into_iter().for_each(|value| unwrap(value, &mut flat));
    let mut whole: Vec<(String, Map<String, Value>)> = Vec::new();
    let mut alone: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for value in flat {
        if (vendor.read)(&value).is_some() {
            let id = word(
                &value,
                &["id", "session_id", "conversation_id", "contact_id", "uuid"],
            );
            if let (Some(id), Value::Object(map)) = (id, value) {
                whole.push((id, map));
            }
        } else if let Some(thread) = word(&value, vendor.thread) {
            alone.entry(thread).or_default().push(value);
        }
    }
    for (thread, messages) in alone {
        if let Value::Object(map) = json!({"id": thread, "session_id": thread, "messages": messages}) {
            whole.push((thread, map));
        }
    }
    whole
}

/// Pages hold lists, under names of their own.
fn unwrap(value: Value, into: &mut Vec<Value>) {
    const LISTS: [&str; 5] = ["conversations", "payload", "data", "tickets", "items"];
    match value {
        Value::Array(items) => items.into_iter().for_each(|item| unwrap(item, into)),
        Value::Object(mut map) => {
            let list = LISTS.iter().find(|name| {
                map.get(**name)
                    .is_some_and(|inner| inner.is_array() || inner.is_object())
            });
            match list.filter(|_| !map.contains_key("messages") && !map.contains_key("conversation_parts")) {
                Some(name) => unwrap(map.remove(*name).unwrap_or_default(), into),
                None => into.push(Value::Object(map)),
            }
        }
        _ => {}
    }
}

fn messages(value: &Value) -> Option<&Vec<Value>> {
    value["messages"]
        .as_array()
        .or_else(|| value["messages"]["payload"].as_array())
}

fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(as_text)
        .collect()
}

fn file(value: &Value) -> Option<String> {
    let first = value["attachments"].get(0)?;
    word(first, &["data_url", "url", "file_url"])
}

fn chatwoot(value: &Value) -> Option<Talk> {
    let messages = messages(value)?;
    let sender = [&value["meta"]["sender"], &value["contact"], &value["sender"]];
    let person = sender
        .into_iter()
        .find(|person| person.is_object())
        .unwrap_or(&Value::Null);
    let said = messages.iter().filter_map(|message| {
        let text = word(message, &["content"]).unwrap_or_default();
        let file = file(message);
        if text.is_empty() && file.is_none() {
            return None;
        }
        let kind = as_text(&message["message_type"])?;
        let is_bot = message["sender"]["type"] == "agent_bot" || message["sender_type"] == "AgentBot";
        let side = match kind.as_str() {
            _ if message["private"] == true => Side::Note,
            "0" | "incoming" => Side::Visitor,
            "1" | "outgoing" if is_bot => Side::Bot,
            "1" | "outgoing" => Side::Agent,
            "3" | "template" => Side::Bot,
            _ => Side::System,
        };
        Some(Said {
            id: word(message, &["id"]),
            side,
            name: word(&message["sender"], &["available_name", "name"]),
            text,
            at: message["created_at"].clone(),
            file,
        })
    });
    Some(Talk {
        person: Visitor {
            id: word(person, &["id"]),
            name: word(person, &["name"]),
            email: word(person, &["email"]),
            phone: word(person, &["phone_number"]),
        },
        created_at: value["created_at"].clone(),
        is_open: value["status"] != "resolved" && !value["status"].is_null(),
        labels: texts(&value["labels"]),
        said: said.collect(),
    })
}

fn crisp(value: &Value) -> Option<Talk> {
    let messages = messages(value)?;
    let meta = &value["meta"];
    let said = messages.iter().filter_map(|message| {
        let content = &message["content"];
        let file = word(content, &["url"]);
        let text = as_text(content)
            .or_else(|| word(content, &["text", "name"]))
            .unwrap_or_default();
        if text.is_empty() && file.is_none() {
            return None;
        }
        let side = match message["from"].as_str() {
            _ if message["type"] == "note" => Side::Note,
            Some("user") => Side::Visitor,
            Some("operator") if message["automated"] == true => Side::Bot,
            Some("operator") => Side::Agent,
            _ => Side::System,
        };
        Some(Said {
            id: word(message, &["fingerprint"]),
            side,
            name: word(&message["user"], &["nickname"]),
            text,
            at: message["timestamp"].clone(),
            file,
        })
    });
    let said: Vec<Said> = said.collect();
    let nickname = said
        .iter()
        .find(|said| said.side == Side::Visitor)
        .and_then(|said| said.name.clone());
    Some(Talk {
        person: Visitor {
            id: word(value, &["people_id"]),
            name: word(meta, &["nickname"]).or(nickname),
            email: word(meta, &["email"]),
            phone: word(meta, &["phone"]),
        },
        created_at: value["created_at"].clone(),
        is_open: value["state"] == "pending" || value["state"] == "unresolved",
        labels: texts(&meta["segments"]),
        said,
    })
}

fn intercom(value: &Value) -> Option<Talk> {
    if !value["source"].is_object() && value["conversation_parts"].is_null() {
        return None;
    }
    let parts = value["conversation_parts"]["conversation_parts"]
        .as_array()
        .or_else(|| value["conversation_parts"].as_array());
    let source = &value["source"];
    let first = part(
        source,
        &value["created_at"],
        &word(source, &["id"]).map(|id| format!("source-{id}")),
    );
    let rest = parts
        .into_iter()
        .flatten()
        .filter_map(|value| part(value, &value["created_at"], &word(value, &["id"])));
    let contact = value["contacts"]["contacts"].get(0).unwrap_or(&Value::Null);
    let is_visitor = |author: &Value| matches!(author["type"].as_str(), Some("user" | "lead" | "contact"));
    let authors = std::iter::once(source)
        .chain(parts.into_iter().flatten())
        .map(|part| &part["author"]);
    let author = authors
        .into_iter()
        .find(|author| is_visitor(author))
        .unwrap_or(&Value::Null);
    let tags = value["tags"]["tags"].as_array().into_iter().flatten();
    Some(Talk {
        person: Visitor {
            id: word(contact, &["id"]).or_else(|| word(author, &["id"])),
            name: word(contact, &["name"]).or_else(|| word(author, &["name"])),
            email: word(contact, &["email"]).or_else(|| word(author, &["email"])),
            phone: word(contact, &["phone"]),
        },
        created_at: value["created_at"].clone(),
        is_open: value["state"]
            .as_str()
            .map_or(value["open"] == true, |state| state != "closed"),
        labels: tags.filter_map(|tag| word(tag, &["name"])).collect(),
        said: first.into_iter().chain(rest).collect(),
    })
}

/// A part that says something; assignments and the like say nothing.
fn part(value: &Value, at: &Value, id: &Option<String>) -> Option<Said> {
    let text = value["body"].as_str().map(html::to_text).unwrap_or_default();
    let file = file(value);
    if text.is_empty() && file.is_none() {
        return None;
    }
    let author = &value["author"];
    let side = match author["type"].as_str() {
        _ if value["part_type"] == "note" => Side::Note,
        Some("user" | "lead" | "contact") => Side::Visitor,
        Some("bot" | "fin") => Side::Bot,
        Some(_) if author["from_ai_agent"] == true => Side::Bot,
        Some("admin" | "teammate" | "team") => Side::Agent,
        _ => Side::System,
    };
    Some(Said {
        id: id.clone(),
        side,
        name: word(author, &["name"]),
        text,
        at: at.clone(),
        file,
    })
}

fn tidio(value: &Value) -> Option<Talk> {
    let messages = messages(value)?;
    let contact = &value["contact"];
    let said = messages.iter().filter_map(|message| {
        let content = &message["message"];
        let text = word(message, &["content", "message", "text"])
            .or_else(|| word(content, &["text", "message", "content"]));
        let file = file(message).or_else(|| file(content));
        let text = text.unwrap_or_default();
        if text.is_empty() && file.is_none() {
            return None;
        }
        let side = match message["author_type"].as_str() {
            _ if message["message_type"] == "internal" => Side::Note,
            Some("contact" | "visitor") => Side::Visitor,
            Some("operator") => Side::Agent,
            Some("bot" | "lyro") => Side::Bot,
            _ => Side::System,
        };
        Some(Said {
            id: word(message, &["id"]),
            side,
            name: word(message, &["author_name"]),
            text,
            at: [
                &message["created_at"],
                &message["time_sent"],
                &message["timestamp"],
            ]
            .into_iter()
            .find(|at| !at.is_null())
            .cloned()
            .unwrap_or_default(),
            file,
        })
    });
    let name = word(contact, &["name"]).or_else(|| {
        let names = [word(contact, &["first_name"]), word(contact, &["last_name"])];
        Some(names.into_iter().flatten().collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty())
    });
    Some(Talk {
        person: Visitor {
            id: word(contact, &["id"]).or_else(|| word(value, &["contact_id"])),
            name,
            email: word(contact, &["email"]),
            phone: word(contact, &["phone"]),
        },
        created_at: value["created_at"].clone(),
        is_open: value["status"] == "open" || value["status"] == "unassigned",
        labels: texts(&value["tags"]),
        said: said.collect(),
    })
}
