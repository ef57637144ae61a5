//! What the bot says.

use serde_json::{Value, json};

use super::params::Params;
use super::{Bot, Chat, Outcome, Refusal, entities};
use crate::core::{Button, Entry, Kind};

impl Bot {
    /// The chat of this call, if the bot may write there.
    pub(super) fn chat(&self, params: &Params) -> Result<Chat, Refusal> {
        let given = params.text("chat_id").filter(|id| !id.is_empty());
        let id = given.ok_or_else(|| Refusal::bad("chat_id is empty"))?;
        let id: i64 = id.parse().map_err(|_| Refusal::bad("chat not found"))?;
        let state = self.state.lock();
        if let Some(new) = state.migrated.get(&id) {
            return Err(Refusal {
                parameters: Some(json!({"migrate_to_chat_id": new})),
                ..Refusal::bad("group chat was upgraded to a supergroup chat")
            });
        }
        let chat = state.chats.get(&id).filter(|chat| chat.is_open);
        let chat = chat.cloned().ok_or_else(|| Refusal::bad("chat not found"))?;
        if chat.is_deactivated {
            return Err(Refusal::new(403, "Forbidden: user is deactivated"));
        }
        if chat.has_blocked {
            return Err(Refusal::new(403, "Forbidden: bot was blocked by the user"));
        }
        Ok(chat)
    }

    pub(super) fn send_message(&self, params: &Params) -> Outcome {
        let chat = self.chat(params)?;
        let (text, entities) = self.formatted(params, "text", "entities")?;
        if text.trim().is_empty() {
            return Err(Refusal::bad("message text is empty"));
        }
        if text.encode_utf16().count() > 4096 {
            return Err(Refusal::bad("message is too long"));
        }
        let mut content = json!({"text": text});
        if !entities.is_empty() {
            content["entities"] = entities.into();
        }
        self.say(&chat, &text, content, params)
    }

    /// The text without its marks, and what the marks meant.
    pub(super) fn formatted(
        &self,
        params: &Params,
        text: &str,
        entities: &str,
    ) -> Result<(String, Vec<Value>), Refusal> {
        let text = params.text(text).unwrap_or_default();
        let mode = params.text("parse_mode").unwrap_or_default();
        let parsed = match mode.to_lowercase().as_str() {
            "" => Ok((
                text,
                params.object(entities).as_array().cloned().unwrap_or_default(),
            )),
            "html" => entities::html(&text),
            "markdownv2" => entities::markdown(&text),
            "markdown" => Ok((text, Vec::new())),
            _ => return Err(Refusal::bad("unsupported parse_mode")),
        };
        parsed.map_err(|why| Refusal::bad(&format!("can't parse entities: {why}")))
    }

    /// Streams a part of an answer that is not finished.
    pub(super) fn send_draft(&self, params: &Params) -> Outcome {
        let chat = self.chat(params)?;
        if params.integer("draft_id").is_none_or(|id| id == 0) {
            return Err(Refusal::bad("draft_id must be non-zero"));
        }
        let (text, _) = self.formatted(params, "text", "entities")?;
        if text.encode_utf16().count() > 4096 {
            return Err(Refusal::bad("message is too long"));
        }
        let entry = Entry::new(Kind::Typing, "draft", &chat.id.to_string(), &text, params.all());
        self.core.record.add(entry);
        Ok(true.into())
    }

    pub(super) fn send_file(&self, kind: &str, params: &Params) -> Outcome {
        let chat = self.chat(params)?;
        let (caption, entities) = self.formatted(params, "caption", "caption_entities")?;
        if caption.encode_utf16().count() > 1024 {
            return Err(Refusal::bad("message caption is too long"));
        }
        let file = self.given_file(kind, params)?;
        let mut content = json!({kind: file});
        if !caption.is_empty() {
            content["caption"] = caption.clone().into();
        }
        if !entities.is_empty() {
            content["caption_entities"] = entities.into();
        }
        let shown = format!("[{kind}] {caption}");
        self.say(&chat, shown.trim_end(), content, params)
    }

    pub(super) fn send_location(&self, params: &Params) -> Outcome {
        let chat = self.chat(params)?;
        let (Some(latitude), Some(longitude)) = (params.number("latitude"), params.number("longitude"))
        else {
            return Err(Refusal::bad("wrong HTTP location specified"));
        };
        let content = json!({"location": {"latitude": latitude, "longitude": longitude}});
        self.say(
            &chat,
            &format!("[location] {latitude} {longitude}"),
            content,
            params,
        )
    }

    fn say(&self, chat: &Chat, shown: &str, content: Value, params: &Params) -> Outcome {
        let buttons = buttons(&params.object("reply_markup"))?;
        let mut message = content;
        self.quote(chat, &mut message, params)?;
        let id = self.next_id();
        message["message_id"] = id.into();
        message["from"] = self.me();
        message["chat"] = chat.shown();
        message["date"] = self.core.clock.seconds().into();
        let markup = params.object("reply_markup");
        if markup["inline_keyboard"].is_array() {
            message["reply_markup"] = markup;
        }
        self.state.lock().messages.insert((chat.id, id), message.clone());
        let mut entry = Entry::new(
            Kind::Message,
            &id.to_string(),
            &chat.id.to_string(),
            shown,
            params.all(),
        );
        entry.buttons = buttons;
        self.core.record.add(entry);
        Ok(message)
    }

    fn quote(&self, chat: &Chat, message: &mut Value, params: &Params) -> Result<(), Refusal> {
        let reply = params.object("reply_parameters");
        let wanted = reply["message_id"]
            .as_i64()
            .or_else(|| params.integer("reply_to_message_id"));
        let Some(id) = wanted else {
            return Ok(());
        };
        let state = self.state.lock();
        match state.messages.get(&(chat.id, id)) {
            Some(original) => {
                let mut original = original.clone();
                if let Some(original) = original.as_object_mut() {
                    original.remove("reply_to_message");
                }
                message["reply_to_message"] = original;
                Ok(())
            }
            None if reply["allow_sending_without_reply"] == true => Ok(()),
            None => Err(Refusal::bad("message to be replied not found")),
        }
    }
}

/// Checks a keyboard.
pub fn buttons(markup: &Value) -> Result<Vec<Button>, Refusal> {
    if markup.is_null() {
        return Ok(Vec::new());
    }
    let known = ["inline_keyboard", "keyboard", "remove_keyboard", "force_reply"];
    if !known.iter().any(|field| !markup[field].is_null()) {
        return Err(Refusal::bad("object expected as reply markup"));
    }
    let rows = |field: &str| markup[field].as_array().into_iter().flatten();
    let inline = rows("inline_keyboard").flat_map(|row| row.as_array().into_iter().flatten());
    let mut buttons = inline.map(inline_button).collect::<Result<Vec<_>, _>>()?;
    for key in rows("keyboard").flat_map(|row| row.as_array().into_iter().flatten()) {
        let title = if key.is_string() { key } else { &key["text"] };
        buttons.push(Button::reply(title, title));
    }
    Ok(buttons)
}

fn inline_button(button: &Value) -> Result<Button, Refusal> {
    if button["text"].as_str().is_none_or(str::is_empty) {
        return Err(Refusal::bad(
            "can't parse inline keyboard button: Field \"text\" must be of type String",
        ));
    }
    if let Some(data) = button["callback_data"].as_str() {
        if !(1..=64).contains(&data.len()) {
            return Err(Refusal::bad("BUTTON_DATA_INVALID"));
        }
        return Ok(Button::reply(&button["text"], &button["callback_data"]));
    }
    if let Some(address) = button["url"].as_str() {
        let is_known = |url: &url::Url| matches!(url.scheme(), "http" | "https" | "tg");
        if !url::Url::parse(address).is_ok_and(|url| is_known(&url)) {
            let description = format!("inline keyboard button URL '{address}' is invalid: Wrong HTTP URL");
            return Err(Refusal::bad(&description));
        }
        return Ok(Button::link(&button["text"], &button["url"]));
    }
    let others = [
        "web_app",
        "switch_inline_query",
        "login_url",
        "copy_text",
        "pay",
        "switch_inline_query_current_chat",
    ];
    if others.iter().any(|field| !button[field].is_null()) {
        return Ok(Button::link(&button["text"], &Value::Null));
    }
    Err(Refusal::bad(
        "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
    ))
}

impl Chat {
    pub fn shown(&self) -> Value {
        let mut chat = json!({"id": self.id, "type": "private", "first_name": self.first_name});
        if let Some(username) = &self.username {
            chat["username"] = username.clone().into();
        }
        chat
    }

    pub fn user(&self) -> Value {
        let mut user = json!({
            "id": self.id, "is_bot": false, "first_name": self.first_name, "language_code": self.language,
        });
        if let Some(username) = &self.username {
            user["username"] = username.clone().into();
        }
        user
    }
}
