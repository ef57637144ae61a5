//! Whether a message is one that Messenger or Instagram takes, and what its reader sees of it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Platform;
use crate::core::Button;
use crate::meta::GraphError;

type Checked<T> = Result<T, GraphError>;

const LARGEST_FILE: u64 = 25 << 20;
const RETIRED_TAGS: &[&str] = &["CONFIRMED_EVENT_UPDATE", "POST_PURCHASE_UPDATE", "ACCOUNT_UPDATE"];

pub fn message(platform: Platform, known: &BTreeSet<String>, body: &Value) -> Checked<(String, Vec<Button>)> {
    messaging_type(body)?;
    let message = &body["message"];
    if !message.is_object() {
        return refuse("The parameter message is required");
    }
    let (mut text, mut buttons) = match (&message["text"], &message["attachment"]) {
        (Value::String(text), Value::Null) => (checked_text(platform, text)?, Vec::new()),
        (Value::Null, Value::Object(_)) => attachment(platform, body)?,
        (Value::Null, Value::Null) if message["template"].is_object() => {
            ("[utility template]".into(), Vec::new())
        }
        (Value::String(_), Value::Object(_)) => return refuse("Cannot specify both text and attachment"),
        _ => return refuse("Must specify a text or an attachment"),
    };
    if text.is_empty() {
        text = "[empty]".into();
    }
    buttons.extend(quick_replies(&message["quick_replies"])?);
    if message["metadata"]
        .as_str()
        .is_some_and(|data| data.chars().count() >= 1000)
    {
        return refuse("Length of param message[metadata] must be less than 1000");
    }
    let reply_to = message["reply_to"]["mid"]
        .as_str()
        .or(body["reply_to"]["mid"].as_str());
    if reply_to.is_some_and(|mid| !known.contains(mid)) {
        return refuse("Param reply_to[mid] must be a message of this thread");
    }
    Ok((text, buttons))
}

fn messaging_type(body: &Value) -> Checked<()> {
    match (body["messaging_type"].as_str(), body["tag"].as_str()) {
        (None | Some("RESPONSE" | "UPDATE"), None) => Ok(()),
        (Some("UTILITY"), None) if body["message"]["template"].is_object() => Ok(()),
        (Some("UTILITY"), None) => refuse("UTILITY needs an approved template"),
        (Some("MESSAGE_TAG"), Some("HUMAN_AGENT")) => Ok(()),
        (Some("MESSAGE_TAG"), Some(tag)) if RETIRED_TAGS.contains(&tag) => {
            refuse(&format!("The tag {tag} is not supported any more"))
        }
        (Some("MESSAGE_TAG"), None) => refuse("The parameter tag is required"),
        (kind, tag) => refuse(&format!("messaging_type {kind:?} does not go with tag {tag:?}")),
    }
}

fn checked_text(platform: Platform, text: &str) -> Checked<String> {
    let (length, most) = match platform {
        Platform::Messenger => (text.chars().count(), 2000),
        // bytes, not characters
        Platform::Instagram => (text.len(), 1000),
    };
    if text.trim().is_empty() {
        return refuse("The parameter message[text] must not be empty");
    }
    if length > most {
        return refuse(&format!(
            "Length of param message[text] must be less than or equal to {most}"
        ));
    }
    Ok(text.to_owned())
}

fn quick_replies(replies: &Value) -> Checked<Vec<Button>> {
    let Some(replies) = replies.as_array() else {
        return Ok(Vec::new());
    };
    if !(1..=13).contains(&replies.len()) {
        return refuse("Param message[quick_replies] has too few or too many elements. Max: 13");
    }
    let mut buttons = Vec::new();
    for reply in replies {
        match reply["content_type"].as_str() {
            Some("text") => {
                let title = reply["title"].as_str().filter(|title| !title.is_empty());
                let Some(title) = title else {
                    return refuse("Param message[quick_replies][title] is required");
                };
                at_most(&reply["payload"], 1000, "message[quick_replies][payload]")?;
                let cut: String = title.chars().take(20).collect();
                buttons.push(Button::reply(&cut.into(), &reply["payload"]));
            }
            Some(kind @ ("user_phone_number" | "user_email")) => {
                buttons.push(Button::reply(&kind.into(), &kind.into()));
            }
            _ => return refuse("Param message[quick_replies][content_type] is not valid"),
        }
    }
    Ok(buttons)
}

fn attachment(platform: Platform, body: &Value) -> Checked<(String, Vec<Button>)> {
    let attachment = &body["message"]["attachment"];
    let kind = attachment["type"].as_str().unwrap_or_default();
    match (kind, platform) {
        ("template", _) => return template(platform, &attachment["payload"]),
        ("image" | "audio" | "video", _) | ("file", Platform::Messenger) => {}
        _ => {
            return refuse(&format!(
                "Param message[attachment][type] is not valid - got \"{kind}\""
            ));
        }
    }
    if let Some(size) = body["filedata"]["bytes"].as_u64() {
        if size > LARGEST_FILE {
            return refuse("Attachment size exceeds allowable limit");
        }
        return Ok((format!("[{kind}]"), Vec::new()));
    }
    is_address(&attachment["payload"]["url"])?;
    Ok((format!("[{kind}]"), Vec::new()))
}

fn template(platform: Platform, payload: &Value) -> Checked<(String, Vec<Button>)> {
    match (payload["template_type"].as_str(), platform) {
        (Some("button"), Platform::Messenger) => {
            let text = payload["text"].as_str().filter(|text| !text.is_empty());
            let Some(text) = text else {
                return refuse("Param message[attachment][payload][text] is required");
            };
            at_most(&payload["text"], 640, "message[attachment][payload][text]")?;
            Ok((text.to_owned(), buttons(&payload["buttons"], 1)?))
        }
        (Some("generic"), _) => generic(payload),
        (Some("media" | "receipt"), Platform::Messenger) => Ok(("[template]".into(), Vec::new())),
        _ => refuse("Param message[attachment][payload][template_type] is not valid"),
    }
}

fn generic(payload: &Value) -> Checked<(String, Vec<Button>)> {
    let cards = payload["elements"].as_array().map_or(&[][..], Vec::as_slice);
    if !(1..=10).contains(&cards.len()) {
        return refuse(
            "Param message[attachment][payload][elements] has too few or too many elements. Max: 10",
        );
    }
    let (mut titles, mut all) = (Vec::new(), Vec::new());
    for card in cards {
        let Some(title) = card["title"].as_str().filter(|title| !title.is_empty()) else {
            return refuse("Param elements[title] is required");
        };
        at_most(&card["title"], 80, "elements[title]")?;
        at_most(&card["subtitle"], 80, "elements[subtitle]")?;
        titles.push(title);
        all.extend(buttons(&card["buttons"], 0)?);
    }
    Ok((titles.join(" | "), all))
}

fn buttons(buttons: &Value, fewest: usize) -> Checked<Vec<Button>> {
    let buttons = buttons.as_array().map_or(&[][..], Vec::as_slice);
    if !(fewest..=3).contains(&buttons.len()) {
        return refuse("Param buttons has too few or too many elements. Max: 3");
    }
    buttons.iter().map(button).collect()
}

fn button(button: &Value) -> Checked<Button> {
    if button["title"].as_str().is_none_or(str::is_empty) {
        return refuse("Param buttons[title] is required");
    }
    at_most(&button["title"], 20, "buttons[title]")?;
    match button["type"].as_str() {
        Some("web_url") => {
            is_address(&button["url"])?;
            Ok(Button::link(&button["title"], &button["url"]))
        }
        Some("postback") if button["payload"].is_string() => {
            at_most(&button["payload"], 1000, "buttons[payload]")?;
            Ok(Button::reply(&button["title"], &button["payload"]))
        }
        _ => refuse("Param buttons[type] is not valid"),
    }
}

fn is_address(url: &Value) -> Checked<()> {
    match url::Url::parse(url.as_str().unwrap_or_default()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        _ => refuse("Param url must be a valid URL"),
    }
}

fn at_most(value: &Value, most: usize, name: &str) -> Checked<()> {
    match value.as_str().map(|text| text.chars().count()) {
        Some(length) if length > most => refuse(&format!(
            "Length of param {name} must be less than or equal to {most}"
        )),
        _ => Ok(()),
    }
}

fn refuse<T>(message: &str) -> Checked<T> {
    Err(GraphError::parameter(message))
}
