//! Somebody who chats with the bot.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Bot, Chat, files};
use crate::core::{File, Sent};

/// A person in a private chat. Clones are the same one.
#[derive(Clone)]
pub struct Customer {
    bot: Arc<Bot>,
    id: i64,
}

impl Customer {
    pub(super) fn new(bot: Arc<Bot>, id: i64, first_name: &str) -> Self {
        let mut state = bot.state.lock();
        let chat = Chat {
            id,
            first_name: first_name.into(),
            username: None,
            language: "en".into(),
            is_open: false,
            has_blocked: false,
            is_deactivated: false,
        };
        state.chats.entry(id).or_insert(chat);
        drop(state);
        Self { bot, id }
    }

    pub fn id(&self) -> i64 {
        self.id
    }

    pub fn named(self, username: &str, language: &str) -> Self {
        self.change(|chat| {
            chat.username = Some(username.into());
            chat.language = language.into();
        });
        self
    }

    pub async fn says(&self, text: &str) -> Sent {
        self.sends(json!({"text": text})).await
    }

    /// Opens `https://t.me/<bot>?start=<payload>`, or presses "Start" where the payload is empty.
    pub async fn starts(&self, payload: &str) -> Sent {
        let text = format!("/start {payload}");
        let command = json!({"type": "bot_command", "offset": 0, "length": 6});
        self.sends(json!({"text": text.trim_end(), "entities": [command]}))
            .await
    }

    /// # Panics
    /// When there is no such message.
    pub async fn replies(&self, to: &str, text: &str) -> Sent {
        let original = self.message(to);
        self.sends(json!({"text": text, "reply_to_message": original}))
            .await
    }

    pub async fn sends_file(&self, file: File, caption: Option<&str>) -> Sent {
        let mut message = self.attachment(file);
        if let Some(caption) = caption {
            message["caption"] = caption.into();
        }
        self.sends(message).await
    }

    /// Several pictures in one go.
    pub async fn sends_album(&self, pictures: Vec<File>) -> Vec<Sent> {
        let group = self.bot.next_id().to_string();
        let mut sent = Vec::new();
        for picture in pictures {
            let mut message = self.attachment(picture);
            message["media_group_id"] = group.clone().into();
            sent.push(self.sends(message).await);
        }
        sent
    }

    fn attachment(&self, file: File) -> Value {
        let kind = match (file.kind(), file.mime_type.as_str()) {
            ("image", _) => "photo",
            ("audio", "audio/ogg") => "voice",
            (kind, _) => kind,
        };
        let id = self.bot.keep(file.clone());
        json!({kind: files::described(kind, &id, &file)})
    }

    pub async fn shares_location(&self, latitude: f64, longitude: f64, name: Option<&str>) -> Sent {
        let place = json!({"latitude": latitude, "longitude": longitude});
        let mut message = json!({"location": place});
        if let Some(name) = name {
            message["venue"] = json!({"location": place, "title": name, "address": name});
        }
        self.sends(message).await
    }

    pub async fn shares_contact(&self, name: &str, phone: &str) -> Sent {
        self.sends(json!({"contact": {"phone_number": phone, "first_name": name, "user_id": self.id}}))
            .await
    }

    pub async fn sends_sticker(&self, emoji: &str) -> Sent {
        let id = self.bot.keep(File::new("sticker.webp", "image/webp", "RIFF"));
        let sticker = json!({
            "file_id": id, "file_unique_id": "AgADsticker", "type": "regular", "width": 512, "height": 512,
            "is_animated": false, "is_video": false, "emoji": emoji,
        });
        self.sends(json!({"sticker": sticker})).await
    }

    /// Presses a button of the bot's last message that has some: by its title or its number.
    ///
    /// # Panics
    /// When there is no such button.
    pub async fn presses(&self, which: &str) -> Sent {
        let found = self.bot.core.record.button(&self.id.to_string(), which);
        let (entry, button) = found.unwrap_or_else(|| panic!("there is no button {which}"));
        let message = self.message(&entry.id);
        if message["reply_markup"].is_null() {
            return self.says(&button.title).await;
        }
        let id = crate::core::random().to_string();
        self.bot.state.lock().callbacks.insert(id.clone());
        let query = json!({
            "id": id, "from": self.chat().user(), "message": message, "chat_instance": "-7712345678901234567",
            "data": button.payload,
        });
        self.bot.clone().tell("callback_query", id, query).await
    }

    /// Told only to bots that asked for it. No emoji takes the reaction back.
    pub async fn reacts(&self, message: &str, emoji: &str) -> Sent {
        let reaction = |emoji: &str| match emoji {
            "" => json!([]),
            emoji => json!([{"type": "emoji", "emoji": emoji}]),
        };
        let told = json!({
            "chat": self.chat().shown(), "message_id": message.parse::<i64>().ok(), "user": self.chat().user(),
            "date": self.bot.core.clock.seconds(), "old_reaction": [], "new_reaction": reaction(emoji),
        });
        self.bot
            .clone()
            .tell("message_reaction", message.into(), told)
            .await
    }

    /// # Panics
    /// When there is no such message.
    pub async fn edits(&self, message: &str, text: &str) -> Sent {
        let mut edited = self.message(message);
        edited["text"] = text.into();
        edited["edit_date"] = self.bot.core.clock.seconds().into();
        let key = (self.id, message.parse().unwrap_or_default());
        self.bot.state.lock().messages.insert(key, edited.clone());
        self.bot
            .clone()
            .tell("edited_message", message.into(), edited)
            .await
    }

    pub async fn blocks(&self) -> Sent {
        self.change(|chat| chat.has_blocked = true);
        self.membership("member", "kicked").await
    }

    pub async fn unblocks(&self) -> Sent {
        self.change(|chat| chat.has_blocked = false);
        self.membership("kicked", "member").await
    }

    /// The account is gone. Nobody is told.
    pub fn deletes_account(&self) {
        self.change(|chat| chat.is_deactivated = true);
    }

    async fn membership(&self, before: &str, after: &str) -> Sent {
        let member = |status: &str| match status {
            "kicked" => json!({"user": self.bot.me(), "status": status, "until_date": 0}),
            _ => json!({"user": self.bot.me(), "status": status}),
        };
        let told = json!({
            "chat": self.chat().shown(), "from": self.chat().user(), "date": self.bot.core.clock.seconds(),
            "old_chat_member": member(before), "new_chat_member": member(after),
        });
        self.bot.clone().tell("my_chat_member", String::new(), told).await
    }

    /// Sends any message; what every message has is filled in.
    pub async fn sends(&self, mut message: Value) -> Sent {
        self.change(|chat| chat.is_open = true);
        let id = self.bot.next_id();
        message["message_id"] = id.into();
        message["date"] = self.bot.core.clock.seconds().into();
        message["chat"] = self.chat().shown();
        message["from"] = self.chat().user();
        self.bot
            .state
            .lock()
            .messages
            .insert((self.id, id), message.clone());
        self.bot.clone().tell("message", id.to_string(), message).await
    }

    fn message(&self, id: &str) -> Value {
        let key = (self.id, id.parse().unwrap_or_default());
        let state = self.bot.state.lock();
        let message = state.messages.get(&key).cloned();
        message.unwrap_or_else(|| panic!("there is no message {id}"))
    }

    fn chat(&self) -> Chat {
        self.bot.state.lock().chats[&self.id].clone()
    }

    fn change(&self, change: impl FnOnce(&mut Chat)) {
        if let Some(chat) = self.bot.state.lock().chats.get_mut(&self.id) {
            change(chat);
        }
    }
}
