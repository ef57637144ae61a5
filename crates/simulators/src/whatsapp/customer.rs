//! Somebody who writes to the business.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Account, Person};
use crate::core::{File, Sent, sha256};

/// A person with a phone. Clones are the same person.
#[derive(Clone)]
pub struct Customer {
    account: Arc<Account>,
    phone: String,
}

impl Customer {
    pub(super) fn new(account: Arc<Account>, phone: &str, name: &str) -> Self {
        let phone: String = phone.chars().filter(char::is_ascii_digit).collect();
        let mut state = account.state.lock();
        name.clone_into(&mut state.person(&phone, name).name);
        drop(state);
        Self { account, phone }
    }

    /// Its digits.
    pub fn phone(&self) -> &str {
        &self.phone
    }

    /// The id that the business keeps, whatever the number is.
    pub fn user_id(&self) -> String {
        self.person().user_id
    }

    /// Shows a user name in place of the number from now on.
    pub fn hides_number(&self) {
        self.change(|person| person.hides_number = true);
    }

    pub fn blocks(&self) {
        self.change(|person| person.has_blocked = true);
    }

    pub fn unblocks(&self) {
        self.change(|person| person.has_blocked = false);
    }

    pub async fn says(&self, text: &str) -> Sent {
        self.sends(json!({"type": "text", "text": {"body": text}})).await
    }

    pub async fn replies(&self, to: &str, text: &str) -> Sent {
        let context = json!({"from": self.account.options.display_phone_number, "id": to});
        self.sends(json!({"type": "text", "text": {"body": text}, "context": context}))
            .await
    }

    /// After a click on an advertisement.
    pub async fn comes_from_ad(&self, text: &str, source: &str) -> Sent {
        let referral = json!({
            "source_url": source, "source_id": "120200000000000001", "source_type": "ad", "headline": "Spring sale",
            "body": "Chat with us", "media_type": "image", "ctwa_clid": "ARAkLkA8rmlFeiCktEJQ",
        });
        self.sends(json!({"type": "text", "text": {"body": text}, "referral": referral}))
            .await
    }

    pub async fn sends_file(&self, file: File, caption: Option<&str>) -> Sent {
        let kind = if file.mime_type == "image/webp" {
            "sticker"
        } else {
            file.kind()
        };
        let mut content = json!({"mime_type": file.mime_type, "sha256": sha256(&file.bytes)});
        if let Some(caption) = caption.filter(|_| !matches!(kind, "audio" | "sticker")) {
            content["caption"] = caption.into();
        }
        match kind {
            "audio" => content["voice"] = file.mime_type.contains("ogg").into(),
            "sticker" => content["animated"] = false.into(),
            "document" => content["filename"] = file.name.clone().into(),
            _ => {}
        }
        content["id"] = self.account.store(file, TimeDelta::days(7)).into();
        self.sends(json!({"type": kind, kind: content})).await
    }

    pub async fn shares_location(&self, latitude: f64, longitude: f64, name: Option<&str>) -> Sent {
        let mut place = json!({"latitude": latitude, "longitude": longitude});
        if let Some(name) = name {
            place["name"] = name.into();
            place["address"] = format!("{name}, 1").into();
        }
        self.sends(json!({"type": "location", "location": place})).await
    }

    pub async fn shares_contact(&self, name: &str, phone: &str) -> Sent {
        let contact = json!({
            "name": {"formatted_name": name, "first_name": name}, "phones": [{"phone": phone, "type": "CELL"}],
        });
        self.sends(json!({"type": "contacts", "contacts": [contact]}))
            .await
    }

    /// Presses a button, or picks a row, of the business's last message that has some: by its title or its number.
    ///
    /// # Panics
    /// When there is no such button.
    pub async fn presses(&self, which: &str) -> Sent {
        let found = self.account.core.record.button(&self.phone, which);
        let (message, button) = found.unwrap_or_else(|| panic!("there is no button {which}"));
        let reply = json!({"id": button.payload, "title": button.title});
        let is_list = message.body["interactive"]["type"] == "list";
        let kind = if is_list { "list_reply" } else { "button_reply" };
        let context = json!({"from": self.account.options.display_phone_number, "id": message.id});
        let interactive = json!({"type": kind, kind: reply});
        self.sends(json!({"type": "interactive", "interactive": interactive, "context": context}))
            .await
    }

    /// Presses a quick reply of a template.
    pub async fn presses_template(&self, payload: &str, text: &str) -> Sent {
        self.sends(json!({"type": "button", "button": {"payload": payload, "text": text}}))
            .await
    }

    /// An empty emoji takes the reaction back.
    pub async fn reacts(&self, message: &str, emoji: &str) -> Sent {
        let mut reaction = json!({"message_id": message});
        if !emoji.is_empty() {
            reaction["emoji"] = emoji.into();
        }
        self.sends(json!({"type": "reaction", "reaction": reaction}))
            .await
    }

    pub async fn edits(&self, message: &str, text: &str) -> Sent {
        let edit =
            json!({"original_message_id": message, "message": {"type": "text", "text": {"body": text}}});
        self.sends(json!({"type": "edit", "edit": edit})).await
    }

    pub async fn deletes(&self, message: &str) -> Sent {
        let revoke = json!({"original_message_id": message});
        self.sends(json!({"type": "revoke", "revoke": revoke})).await
    }

    /// What the API cannot carry, a poll for example.
    pub async fn sends_unsupported(&self) -> Sent {
        let error = json!({
            "code": 131_051, "title": "Message type unknown", "message": "Message type unknown",
            "error_data": {"details": "Message type is currently not supported."},
        });
        self.sends(json!({"type": "unsupported", "errors": [error]}))
            .await
    }

    /// Sends any message; `from`, `id` and `timestamp` are filled in where they are missing.
    pub async fn sends(&self, mut message: Value) -> Sent {
        let person = self.person();
        let id = match message["id"].as_str() {
            Some(id) => id.to_owned(),
            None => self.account.new_wamid(),
        };
        message["id"] = id.clone().into();
        if message["timestamp"].is_null() {
            message["timestamp"] = self.account.core.clock.seconds().to_string().into();
        }
        message["from_user_id"] = person.user_id.clone().into();
        if !person.hides_number {
            message["from"] = person.phone.clone().into();
        }
        let contact = person.contact();
        let now = self.account.core.clock.now();
        self.change(|person| person.last_wrote_at = Some(now));
        self.account
            .state
            .lock()
            .inbound
            .insert(id.clone(), self.phone.clone());
        let value = json!({"contacts": [contact], "messages": [message]});
        self.account
            .core
            .hooks
            .emit(id, self.account.change("messages", value))
            .await
    }

    fn person(&self) -> Person {
        self.account.state.lock().person(&self.phone, "").clone()
    }

    fn change(&self, change: impl FnOnce(&mut Person)) {
        change(self.account.state.lock().person(&self.phone, ""));
    }
}

impl Person {
    /// As it stands in an event.
    pub(super) fn contact(&self) -> Value {
        let mut contact = json!({"profile": {"name": self.name}, "user_id": self.user_id});
        if self.hides_number {
            contact["profile"]["username"] = self.name.to_lowercase().replace(' ', ".").into();
        } else {
            contact["wa_id"] = self.phone.clone().into();
        }
        contact
    }
}
