//! JSON: a message or a conversation a line, or one list of them. Exports of helpdesks are JSON too, with names of their
//! own; they are told apart by these.

use kernel::Result;
use kernel::error::invalid;
use serde_json::Value;

use super::records::{Record, chat, group};
use super::{
    Chat, Format, MOST_MESSAGES, MOST_PROBLEMS, Problem, Transcript, crisp, html, intercom, tidio, too_long,
    zendesk,
};

/// An object takes some 600 bytes of memory, however short it is written.
const MOST_OBJECTS: usize = 300_000;
const MOST_COMMAS: usize = 2_000_000;
/// So many messages or conversations tell what wrote them.
const SNIFFED: usize = 20;

/// None: this is no JSON.
pub fn detect(text: &str) -> Result<Option<Format>> {
    require_moderate(text)?;
    let (values, _) = values(text, SNIFFED);
    Ok((!values.is_empty()).then(|| format_of(&values)))
}

fn format_of(values: &[(u64, Value)]) -> Format {
    let is = |test: fn(&Value) -> bool| move |value: &&Value| test(value);
    let all: Vec<&Value> = values.iter().map(|(_, value)| value).collect();
    if all.iter().any(is(intercom::is_ours)) {
        Format::Intercom
    } else if all.iter().any(is(zendesk::is_ours)) {
        Format::Zendesk
    } else if all.iter().any(is(crisp::is_ours)) {
        Format::Crisp
    } else if all.iter().any(is(tidio::is_ours)) {
        Format::Tidio
    } else {
        Format::Jsonl
    }
}

pub fn read(text: &str, format: Format) -> Result<Transcript> {
    require_moderate(text)?;
    let (values, problems) = values(text, MOST_MESSAGES + 1);
    if values.is_empty() && problems.is_empty() {
        return Err(invalid("not_json", "This is not JSON. Choose another format."));
    }
    if values.len() > MOST_MESSAGES {
        return Err(too_long());
    }
    let chats = match format {
        Format::Intercom => values
            .iter()
            .filter_map(|(_, value)| intercom::chat(value))
            .collect(),
        Format::Zendesk => values
            .iter()
            .filter_map(|(_, value)| zendesk::chat(value))
            .collect(),
        Format::Crisp => of_messages(&values, crisp::record),
        Format::Tidio => of_messages(&values, tidio::record),
        _ => of_messages(&values, record),
    };
    Ok(Transcript {
        format,
        chats,
        problems,
    })
}

/// Counts what would become values before any is made. A line never ends within a string.
fn require_moderate(text: &str) -> Result<()> {
    let (mut objects, mut commas) = (0, 0);
    let (mut is_string, mut is_escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'\n' => is_string = false,
            b'"' => is_string = !is_string,
            b'{' | b'[' if !is_string => objects += 1,
            b',' if !is_string => commas += 1,
            _ => {}
        }
    }
    if objects > MOST_OBJECTS || commas > MOST_COMMAS {
        return Err(too_long());
    }
    Ok(())
}

/// The first conversations or messages of a text, up to `most`, each with its line.
fn values(text: &str, most: usize) -> (Vec<(u64, Value)>, Vec<Problem>) {
    if let Ok(whole) = serde_json::from_str::<Value>(text) {
        let all = unwrap(whole).into_iter().take(most);
        return (all.map(|value| (1, value)).collect(), Vec::new());
    }
    let mut values = Vec::new();
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if values.len() >= most {
            break;
        }
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Value>(line) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => {
                values.extend(unwrap(value).into_iter().map(|value| (number as u64 + 1, value)));
            }
            _ if problems.len() >= MOST_PROBLEMS => {}
            Ok(_) => problems.push(problem(number, "This is no JSON object.".into())),
            Err(error) => problems.push(problem(number, format!("This is not JSON: {error}."))),
        }
    }
    (values, problems)
}

fn problem(number: usize, detail: String) -> Problem {
    Problem {
        line: number as u64 + 1,
        detail,
    }
}

/// Lists, and the objects that answers of APIs put around them.
fn unwrap(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.into_iter().filter(Value::is_object).collect(),
        Value::Object(mut object) => {
            let holds = |object: &serde_json::Map<String, Value>, name: &str| {
                object.get(name).is_some_and(Value::is_array)
            };
            let is_one = object.contains_key("session_id")
                || object.contains_key("id")
                || object.contains_key("conversation_id");
            for name in ["conversations", "tickets", "chats", "data", "items"] {
                if holds(&object, name) && !is_one {
                    return object.remove(name).map(unwrap).unwrap_or_default();
                }
            }
            vec![Value::Object(object)]
        }
        _ => Vec::new(),
    }
}

/// Objects that hold their messages, or are messages themselves.
fn of_messages(values: &[(u64, Value)], record: fn(&Value) -> Option<Record>) -> Vec<Chat> {
    let mut single = Vec::new();
    let mut chats = Vec::new();
    for (_, value) in values {
        match ["messages", "turns", "transcript", "history", "data"]
            .iter()
            .find_map(|name| value[name].as_array())
        {
            Some(messages) => chats.push(chat(
                word(value, CONVERSATION),
                messages.iter().filter_map(record).collect(),
            )),
            None => single.extend(record(value)),
        }
    }
    chats.extend(group(single));
    chats
}

const CONVERSATION: &[&str] = &[
    "conversation_id",
    "session_id",
    "thread_id",
    "chat_id",
    "ticket_id",
    "conversation",
    "thread",
    "session",
    "contact_id",
    "id",
];
const ROLE: &[&str] = &[
    "role",
    "sender_type",
    "author_type",
    "author_role",
    "from",
    "direction",
    "sender",
    "author",
    "type",
];
const NAME: &[&str] = &[
    "name",
    "sender_name",
    "author_name",
    "nickname",
    "sender",
    "author",
    "user",
];
const TEXT: &[&str] = &["text", "message", "content", "body", "text_content"];
pub const TIME: &[&str] = &["created_at", "timestamp", "sent_at", "time", "date"];

fn record(value: &Value) -> Option<Record> {
    let is_private = value["private"] == true
        || value["public"] == false
        || value["is_note"] == true
        || value["type"] == "note";
    let text = word(value, TEXT).filter(|_| !is_private)?;
    let conversation = CONVERSATION
        .iter()
        .filter(|name| **name != "id")
        .find_map(|name| word(value, &[name]));
    Some(Record {
        conversation,
        role: word(value, ROLE),
        name: word(value, NAME),
        side: None,
        text: html::to_text(&text),
        at: word(value, TIME),
    })
}

/// The first of these fields that holds a word or a number, or an object with a name.
pub fn word(value: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match &value[*name] {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(object) => {
            let inner = ["name", "nickname", "type", "role"]
                .iter()
                .find_map(|name| object.get(*name));
            inner.and_then(Value::as_str).map(str::to_owned)
        }
        _ => None,
    })
}
