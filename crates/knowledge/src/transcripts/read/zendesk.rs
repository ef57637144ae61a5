//! Tickets as Zendesk gives them: comments, whose author is either the requester or somebody of the business. A comment
//! that is not public is a note.

use serde_json::Value;

use super::json::{TIME, word};
use super::records::{Record, chat as chat_of};
use super::{Chat, Side, html};

pub fn is_ours(value: &Value) -> bool {
    let ticket = ticket(value);
    let is_comment = |comment: &Value| !comment["author_id"].is_null();
    comments(value).is_some_and(|comments| comments.iter().any(is_comment))
        || (!ticket["requester_id"].is_null() && ticket["description"].is_string())
}

pub fn chat(value: &Value) -> Option<Chat> {
    let ticket = ticket(value);
    let requester = word(ticket, &["requester_id", "submitter_id"]);
    let comments = comments(value).map(Vec::as_slice).unwrap_or_default();
    // without the field, whoever wrote first is the one who asks
    let requester = requester.or_else(|| comments.first().and_then(|comment| word(comment, &["author_id"])));
    let records: Vec<Record> = comments
        .iter()
        .filter_map(|comment| record(comment, requester.as_deref()))
        .collect();
    let name = word(ticket, &["id"]);
    if !records.is_empty() {
        return Some(chat_of(name, records));
    }
    let description = ticket["description"].as_str()?;
    let alone = Record {
        role: Some("requester".into()),
        side: Some(Side::Customer),
        text: html::to_text(description),
        ..Record::default()
    };
    Some(chat_of(name, vec![alone]))
}

fn ticket(value: &Value) -> &Value {
    if value["ticket"].is_object() {
        &value["ticket"]
    } else {
        value
    }
}

fn comments(value: &Value) -> Option<&Vec<Value>> {
    let places = [
        &value["comments"],
        &value["ticket"]["comments"],
        &value["comments"]["comments"],
    ];
    places.into_iter().find_map(Value::as_array)
}

fn record(comment: &Value, requester: Option<&str>) -> Option<Record> {
    if comment["public"] == false {
        return None;
    }
    let author = word(comment, &["author_id"])?;
    let is_requester = Some(author.as_str()) == requester;
    let text = match comment["plain_body"].as_str() {
        Some(plain) => plain.to_owned(),
        None => html::to_text(
            comment["html_body"]
                .as_str()
                .or_else(|| comment["body"].as_str())?,
        ),
    };
    let side = if is_requester {
        Side::Customer
    } else {
        Side::Business
    };
    let name = word(comment, &["author_name", "author"]).unwrap_or(author);
    Some(Record {
        name: Some(name),
        side: Some(side),
        text,
        at: word(comment, TIME),
        ..Record::default()
    })
}
