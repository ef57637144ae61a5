//! Somebody who writes in the chat box of the website.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Website, new_fingerprint};
use crate::core::{File, Sent, random_hex};

/// A visitor. Clones are the same one.
#[derive(Clone)]
pub struct Customer {
    website: Arc<Website>,
    session: String,
}

impl Customer {
    pub(super) fn new(website: Arc<Website>, session: &str, nickname: &str) -> Self {
        website.state.lock().conversation(session).meta["nickname"] = nickname.into();
        Self {
            website,
            session: session.into(),
        }
    }

    pub fn session_id(&self) -> &str {
        &self.session
    }

    pub async fn says(&self, text: &str) -> Sent {
        self.sends(json!({"type": "text", "content": text})).await
    }

    pub async fn sends_file(&self, file: File, _caption: Option<&str>) -> Sent {
        let key = random_hex(16);
        let url = format!("{}/files/{key}", self.website.base);
        let (name, kind) = (file.name.clone(), file.mime_type.clone());
        let is_audio = file.kind() == "audio";
        self.website.state.lock().files.insert(key, file);
        if is_audio {
            let content = json!({"url": url, "type": kind, "duration": 3});
            return self.sends(json!({"type": "audio", "content": content})).await;
        }
        let content = json!({"name": name, "url": url, "type": kind});
        self.sends(json!({"type": "file", "content": content})).await
    }

    /// Picks a choice of the last picker: by its label or its number.
    ///
    /// # Panics
    /// When there is no such choice.
    pub async fn presses(&self, which: &str) -> Sent {
        let found = self.website.core.record.button(&self.session, which);
        let (message, button) = found.unwrap_or_else(|| panic!("there is no choice {which}"));
        let mut content = message.body["content"].clone();
        for choice in content["choices"].as_array_mut().into_iter().flatten() {
            choice["selected"] = (choice["value"] == button.payload).into();
        }
        self.updates(&message.id, content).await
    }

    /// Fills the field of a message in.
    ///
    /// # Panics
    /// When there is no such message.
    pub async fn fills_in(&self, message: &str, value: &str) -> Sent {
        let messages = self.website.core.record.to(&self.session);
        let field = messages.into_iter().find(|sent| sent.id == message);
        let mut content = field
            .unwrap_or_else(|| panic!("there is no message {message}"))
            .body["content"]
            .clone();
        content["value"] = value.into();
        self.updates(message, content).await
    }

    pub async fn edits(&self, message: &str, text: &str) -> Sent {
        self.updates(message, text.into()).await
    }

    async fn updates(&self, message: &str, content: Value) -> Sent {
        let mut data = self.website.about(&self.session);
        data["fingerprint"] = message.parse::<u64>().ok().into();
        data["content"] = content;
        self.website.tell("message:updated", message, data).await
    }

    pub async fn deletes(&self, message: &str) -> Sent {
        let mut data = self.website.about(&self.session);
        data["fingerprint"] = message.parse::<u64>().ok().into();
        self.website.tell("message:removed", message, data).await
    }

    pub async fn types(&self, excerpt: &str) -> Sent {
        let mut data = self.website.about(&self.session);
        data["type"] = "start".into();
        data["excerpt"] = excerpt.into();
        self.website.tell("message:compose:send", "", data).await
    }

    /// `email`, `phone`, `nickname` … as the chat box asks for them.
    pub async fn sets(&self, field: &str, value: &str) -> Sent {
        self.website.state.lock().conversation(&self.session).meta[field] = value.into();
        let mut data = self.website.about(&self.session);
        data[field] = value.into();
        self.website.tell(&format!("session:set_{field}"), "", data).await
    }

    /// Sends any message; what every message has is filled in.
    pub async fn sends(&self, message: Value) -> Sent {
        let fingerprint = new_fingerprint();
        let mut data = self.website.about(&self.session);
        let nickname = {
            let mut state = self.website.state.lock();
            let one = state.conversation(&self.session);
            one.state = "unresolved".into();
            one.meta["nickname"].clone()
        };
        data["from"] = "user".into();
        data["origin"] = "chat".into();
        data["fingerprint"] = fingerprint.into();
        data["timestamp"] = self.website.core.clock.milliseconds().into();
        data["stamped"] = true.into();
        data["mentions"] = json!([]);
        data["user"] = json!({"user_id": self.session, "nickname": nickname});
        for (field, value) in message.as_object().into_iter().flatten() {
            data[field] = value.clone();
        }
        self.website
            .state
            .lock()
            .conversation(&self.session)
            .messages
            .push(data.clone());
        self.website
            .tell("message:send", &fingerprint.to_string(), data)
            .await
    }
}
