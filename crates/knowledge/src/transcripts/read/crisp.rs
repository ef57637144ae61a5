//! Messages as Crisp gives them: `from` user or operator, `session_id`, and `type` note for what stays inside.

use serde_json::Value;

use super::json::{TIME, word};
use super::records::Record;
use super::{Side, json_messages};

pub fn is_ours(value: &Value) -> bool {
    let is_message = |value: &Value| {
        matches!(value["from"].as_str(), Some("user" | "operator"))
            && (value["fingerprint"].is_number()
                || value["session_id"].is_string()
                || value["website_id"].is_string())
    };
    is_message(value)
        || json_messages(value).is_some_and(|messages| {
            messages.iter().any(|message| {
                matches!(message["from"].as_str(), Some("user" | "operator"))
                    && message["content"].is_string()
            })
        })
}

pub fn record(value: &Value) -> Option<Record> {
    if value["type"].as_str().is_some_and(|kind| kind != "text") {
        return None;
    }
    let side = match value["from"].as_str()? {
        "user" => Side::Customer,
        "operator" if value["automated"] == true => Side::Bot,
        "operator" => Side::Business,
        _ => return None,
    };
    Some(Record {
        conversation: word(value, &["session_id"]),
        role: None,
        name: word(value, &["user", "nickname"]).or_else(|| word(value, &["from"])),
        side: Some(side),
        text: value["content"].as_str()?.to_owned(),
        at: word(value, TIME),
    })
}
