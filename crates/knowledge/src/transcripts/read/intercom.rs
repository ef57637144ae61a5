//! Conversations as Intercom gives them: the first message in `source`, the rest in `conversation_parts`, as HTML.
//! Notes and assignments are parts too; only comments are messages.

use serde_json::Value;

use super::json::{TIME, word};
use super::records::{Record, chat as chat_of};
use super::{Chat, Side, html};

pub fn is_ours(value: &Value) -> bool {
    !value["conversation_parts"].is_null() || (value["type"] == "conversation" && value["source"].is_object())
}

pub fn chat(value: &Value) -> Option<Chat> {
    let parts = value["conversation_parts"]["conversation_parts"]
        .as_array()
        .or_else(|| value["conversation_parts"].as_array());
    let first = record(&value["source"], word(value, TIME));
    let parts = parts.into_iter().flatten();
    let comments = parts.filter(|part| {
        matches!(
            part["part_type"].as_str(),
            Some("comment" | "open" | "close") | None
        )
    });
    let rest = comments.filter_map(|part| record(part, word(part, TIME)));
    let records: Vec<Record> = first.into_iter().chain(rest).collect();
    (!records.is_empty()).then(|| chat_of(word(value, &["id"]), records))
}

fn record(value: &Value, at: Option<String>) -> Option<Record> {
    let author = &value["author"];
    let side = match author["type"].as_str()? {
        "user" | "lead" | "contact" => Side::Customer,
        "admin" | "teammate" => Side::Business,
        "bot" | "fin" => Side::Bot,
        _ => return None,
    };
    let body = value["body"].as_str()?;
    Some(Record {
        name: word(author, &["name", "type"]),
        side: Some(side),
        text: html::to_text(body),
        at,
        ..Record::default()
    })
}
