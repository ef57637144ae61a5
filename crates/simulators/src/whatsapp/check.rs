//! Whether a message is one that WhatsApp takes, and what its reader sees of it.

use serde_json::Value;

use super::State;
use super::templates;
use crate::core::Button;
use crate::meta::GraphError;

type Checked<T> = Result<T, GraphError>;

/// What the customer gets to see.
#[derive(Default)]
pub struct Shown {
    pub text: String,
    pub buttons: Vec<Button>,
}

impl Shown {
    fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            buttons: Vec::new(),
        }
    }
}

pub fn content(state: &State, kind: &str, body: &Value) -> Checked<Shown> {
    let content = &body[kind];
    if content.is_null() {
        return Err(GraphError::parameter(&format!(
            "The parameter {kind} is required."
        )));
    }
    match kind {
        "text" => text(content).map(Shown::text),
        "image" | "video" | "audio" | "document" | "sticker" => media(state, kind, content).map(Shown::text),
        "interactive" => interactive(content),
        "template" => templates::fill(&state.templates, content).map(Shown::text),
        "location" => location(content).map(Shown::text),
        "contacts" => contacts(content).map(Shown::text),
        "reaction" => reaction(state, content).map(Shown::text),
        _ => Err(GraphError::parameter(&format!(
            "Param type must be one of {{AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, STICKER, TEMPLATE, TEXT, VIDEO}} - got \"{kind}\"."
        ))),
    }
}

fn text(content: &Value) -> Checked<String> {
    let Some(body) = content["body"].as_str().filter(|body| !body.trim().is_empty()) else {
        return Err(GraphError::parameter("The parameter text['body'] is required."));
    };
    if body.chars().count() > 4096 {
        return Err(GraphError::parameter(
            "Param text['body'] must be at most 4096 characters long.",
        ));
    }
    Ok(body.to_owned())
}

fn media(state: &State, kind: &str, content: &Value) -> Checked<String> {
    match (content["id"].as_str(), content["link"].as_str()) {
        (Some(_), Some(_)) => return Err(invalid(&format!("{kind}: either id or link, not both"))),
        (None, None) => return Err(missing(&format!("{kind}.id or {kind}.link"))),
        (Some(id), None) => {
            let stored = state
                .media
                .get(id)
                .ok_or_else(|| invalid(&format!("{kind}.id: no media {id}")))?;
            if kind != "document" && kind != "sticker" && stored.file.kind() != kind {
                let details = format!("{} is no {kind}", stored.file.mime_type);
                return Err(GraphError::whatsapp(131_053, "Media upload error", &details));
            }
        }
        (None, Some(link)) => is_address(link, &format!("{kind}.link"))?,
    }
    if kind == "audio" || kind == "sticker" {
        no_caption(kind, content)?;
    }
    within(&content["caption"], 1024, "caption")?;
    let label = content["caption"].as_str().or(content["filename"].as_str());
    Ok(label.map_or_else(|| format!("[{kind}]"), |label| format!("[{kind}] {label}")))
}

fn no_caption(kind: &str, content: &Value) -> Checked<()> {
    if content["caption"].is_null() {
        return Ok(());
    }
    Err(GraphError::parameter(&format!(
        "Unexpected key \"caption\" on param \"{kind}\"."
    )))
}

fn interactive(content: &Value) -> Checked<Shown> {
    let body = content["body"]["text"].as_str().filter(|text| !text.is_empty());
    let text = body.ok_or_else(|| missing("interactive.body.text"))?;
    within(&content["body"]["text"], 1024, "interactive.body.text")?;
    within(&content["header"]["text"], 60, "interactive.header.text")?;
    within(&content["footer"]["text"], 60, "interactive.footer.text")?;
    let action = &content["action"];
    let buttons = match content["type"].as_str() {
        Some("button") => reply_buttons(action)?,
        Some("list") => list_rows(action)?,
        Some("cta_url") => vec![page_button(action)?],
        Some("location_request_message") => Vec::new(),
        kind => return Err(invalid(&format!("interactive.type: {kind:?}"))),
    };
    Ok(Shown {
        text: text.to_owned(),
        buttons,
    })
}

fn reply_buttons(action: &Value) -> Checked<Vec<Button>> {
    let buttons = action["buttons"]
        .as_array()
        .ok_or_else(|| missing("action.buttons"))?;
    if !(1..=3).contains(&buttons.len()) {
        return Err(invalid(
            "Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3",
        ));
    }
    for button in buttons {
        if button["type"] != "reply" {
            return Err(invalid("Button type must be reply"));
        }
        filled(&button["reply"]["title"], 20, "Button title")?;
        filled(&button["reply"]["id"], 256, "Button id")?;
    }
    let replies: Vec<_> = buttons.iter().map(|button| &button["reply"]).collect();
    distinct(&replies, "id", "Button ids")?;
    distinct(&replies, "title", "Button titles")?;
    Ok(replies
        .iter()
        .map(|reply| Button::reply(&reply["title"], &reply["id"]))
        .collect())
}

fn list_rows(action: &Value) -> Checked<Vec<Button>> {
    filled(&action["button"], 20, "Button label")?;
    let sections = action["sections"]
        .as_array()
        .ok_or_else(|| missing("action.sections"))?;
    if !(1..=10).contains(&sections.len()) {
        return Err(invalid("Invalid sections count. Min: 1, Max: 10"));
    }
    for section in sections {
        within(&section["title"], 24, "Section title")?;
        if sections.len() > 1 {
            filled(&section["title"], 24, "Section title")?;
        }
    }
    let rows: Vec<&Value> = sections
        .iter()
        .flat_map(|section| section["rows"].as_array().into_iter().flatten())
        .collect();
    if !(1..=10).contains(&rows.len()) {
        return Err(invalid("Total row count exceed max allowed count: 10"));
    }
    for row in &rows {
        filled(&row["title"], 24, "Row title")?;
        filled(&row["id"], 200, "Row id")?;
        within(&row["description"], 72, "Row description")?;
    }
    distinct(&rows, "id", "Row ids")?;
    Ok(rows
        .iter()
        .map(|row| Button::reply(&row["title"], &row["id"]))
        .collect())
}

fn page_button(action: &Value) -> Checked<Button> {
    let parameters = &action["parameters"];
    if action["name"] != "cta_url" {
        return Err(invalid("action.name must be cta_url"));
    }
    filled(&parameters["display_text"], 20, "display_text")?;
    is_address(
        parameters["url"].as_str().unwrap_or_default(),
        "action.parameters.url",
    )?;
    Ok(Button::link(&parameters["display_text"], &parameters["url"]))
}

fn location(content: &Value) -> Checked<String> {
    for field in ["latitude", "longitude"] {
        let number = content[field]
            .as_f64()
            .or_else(|| content[field].as_str()?.parse().ok());
        number.ok_or_else(|| missing(&format!("location.{field}")))?;
    }
    let name = content["name"].as_str().unwrap_or_default();
    Ok(format!(
        "[location] {} {} {name}",
        content["latitude"], content["longitude"]
    ))
}

fn contacts(content: &Value) -> Checked<String> {
    let people = content.as_array().filter(|people| !people.is_empty());
    let people = people.ok_or_else(|| missing("contacts"))?;
    let names = people
        .iter()
        .map(|person| person["name"]["formatted_name"].as_str());
    let names = names.collect::<Option<Vec<_>>>();
    let names = names.ok_or_else(|| missing("contacts.name.formatted_name"))?;
    Ok(format!("[contacts] {}", names.join(", ")))
}

fn reaction(state: &State, content: &Value) -> Checked<String> {
    let message = content["message_id"]
        .as_str()
        .ok_or_else(|| missing("reaction.message_id"))?;
    if !state.inbound.contains_key(message) && !state.outbound.contains_key(message) {
        return Err(invalid("reaction.message_id: no such message"));
    }
    let emoji = content["emoji"]
        .as_str()
        .ok_or_else(|| missing("reaction.emoji"))?;
    Ok(format!("[reaction] {emoji}"))
}

fn is_address(link: &str, place: &str) -> Checked<()> {
    match url::Url::parse(link) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(()),
        _ => Err(invalid(&format!("{place}: not a valid URL"))),
    }
}

fn filled(value: &Value, most: usize, what: &str) -> Checked<()> {
    match value.as_str().map(|text| text.chars().count()) {
        Some(length) if (1..=most).contains(&length) => Ok(()),
        _ => Err(invalid(&format!(
            "{what} length invalid. Min length: 1, Max length: {most}"
        ))),
    }
}

fn within(value: &Value, most: usize, what: &str) -> Checked<()> {
    match value.as_str().map(|text| text.chars().count()) {
        Some(length) if length > most => Err(invalid(&format!("{what} length invalid. Max length: {most}"))),
        _ => Ok(()),
    }
}

fn distinct(values: &[&Value], field: &str, what: &str) -> Checked<()> {
    let different: std::collections::BTreeSet<_> = values.iter().map(|value| value[field].as_str()).collect();
    if different.len() == values.len() {
        return Ok(());
    }
    Err(invalid(&format!("{what} must be unique")))
}

fn missing(what: &str) -> GraphError {
    GraphError::whatsapp(
        131_008,
        "Required parameter is missing",
        &format!("{what} is required"),
    )
}

fn invalid(details: &str) -> GraphError {
    GraphError::whatsapp(131_009, "Parameter value is not valid", details)
}
