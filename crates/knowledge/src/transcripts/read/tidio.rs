//! Messages as Tidio gives them: `author_type` operator, contact or bot.

use serde_json::Value;

use super::json::{TIME, word};
use super::records::Record;
use super::{Side, json_messages};

pub fn is_ours(value: &Value) -> bool {
    let is_message = |value: &Value| {
        matches!(
            value["author_type"].as_str(),
            Some("operator" | "contact" | "bot")
        )
    };
    is_message(value) || json_messages(value).is_some_and(|messages| messages.iter().any(is_message))
}

pub fn record(value: &Value) -> Option<Record> {
    let role = value["author_type"].as_str()?;
    let side = match role {
        "contact" => Side::Customer,
        "operator" => Side::Business,
        "bot" => Side::Bot,
        _ => return None,
    };
    if value["message_type"] == "internal" {
        return None;
    }
    Some(Record {
        conversation: word(value, &["conversation_id", "ticket_id", "contact_id"]),
        role: None,
        name: word(value, &["author_name", "author"]).or_else(|| Some(role.to_owned())),
        side: Some(side),
        text: word(value, &["content", "message", "text"])?,
        at: word(value, TIME),
    })
}
