//! Whether a message is one that Crisp takes, and what its reader sees of it.

use serde_json::Value;

use crate::core::Button;

pub const META: &[&str] = &[
    "nickname", "email", "phone", "address", "subject", "avatar", "ip", "data", "segments", "device",
];

pub fn sender(body: &Value) -> Result<(), String> {
    match body["from"].as_str() {
        Some("operator" | "user") => Ok(()),
        _ => Err("from must be user or operator".into()),
    }
}

pub fn message(body: &Value) -> Result<(String, Vec<Button>), String> {
    sender(body)?;
    let origin = body["origin"].as_str().unwrap_or_default();
    if !matches!(origin, "chat" | "email") && !origin.starts_with("urn:") {
        return Err("origin must be chat, email or a urn".into());
    }
    if !body["fingerprint"].is_null() && !body["fingerprint"].is_u64() {
        return Err("fingerprint must be a number".into());
    }
    let content = &body["content"];
    match body["type"].as_str() {
        Some("text" | "note") => {
            let text = content.as_str().filter(|text| !text.is_empty());
            let text = text.ok_or("content must be a text that is not empty")?;
            Ok((text.to_owned(), Vec::new()))
        }
        Some("file") => attachment(content, &["name", "url", "type"]),
        Some("animation") => attachment(content, &["url", "type"]),
        Some("audio") if content["duration"].is_number() => attachment(content, &["url", "type"]),
        Some("picker") => picker(content),
        Some("field") => {
            texts(content, &["id", "text", "explain"])?;
            Ok((shown(content), Vec::new()))
        }
        Some("carousel") => carousel(content),
        Some("event") => {
            texts(content, &["namespace"])?;
            Ok(("[event]".into(), Vec::new()))
        }
        kind => Err(format!(
            "type {kind:?} is not known, or its content is not complete"
        )),
    }
}

fn attachment(content: &Value, fields: &[&str]) -> Result<(String, Vec<Button>), String> {
    texts(content, fields)?;
    let address = content["url"].as_str().unwrap_or_default();
    match url::Url::parse(address) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => {
            let name = content["name"].as_str().unwrap_or(address);
            Ok((format!("[file] {name}"), Vec::new()))
        }
        _ => Err("content.url must be an address".into()),
    }
}

fn picker(content: &Value) -> Result<(String, Vec<Button>), String> {
    texts(content, &["id", "text"])?;
    let choices = content["choices"]
        .as_array()
        .filter(|choices| !choices.is_empty());
    let mut buttons = Vec::new();
    for choice in choices.ok_or("content.choices must not be empty")? {
        texts(choice, &["value", "label"])?;
        if !choice["selected"].is_boolean() {
            return Err("selected must be true or false".into());
        }
        buttons.push(match choice["action"]["type"].as_str() {
            Some("link") => Button::link(&choice["label"], &choice["action"]["target"]),
            _ => Button::reply(&choice["label"], &choice["value"]),
        });
    }
    Ok((shown(content), buttons))
}

fn carousel(content: &Value) -> Result<(String, Vec<Button>), String> {
    texts(content, &["text"])?;
    let cards = content["targets"].as_array().filter(|cards| !cards.is_empty());
    let mut buttons = Vec::new();
    for card in cards.ok_or("content.targets must not be empty")? {
        texts(card, &["title", "description"])?;
        for action in card["actions"].as_array().into_iter().flatten() {
            texts(action, &["label", "url"])?;
            buttons.push(Button::link(&action["label"], &action["url"]));
        }
    }
    Ok((shown(content), buttons))
}

fn texts(content: &Value, fields: &[&str]) -> Result<(), String> {
    match fields.iter().find(|field| !content[**field].is_string()) {
        Some(field) => Err(format!("content.{field} must be a text")),
        None => Ok(()),
    }
}

fn shown(content: &Value) -> String {
    content["text"].as_str().unwrap_or_default().to_owned()
}
