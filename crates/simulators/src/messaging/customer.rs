//! Somebody who writes to the page or the account.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::Inbox;
use crate::core::{File, Sent, random_hex};

/// A person. Clones are the same one.
#[derive(Clone)]
pub struct Customer {
    inbox: Arc<Inbox>,
    id: String,
}

impl Customer {
    pub(super) fn new(inbox: Arc<Inbox>, id: &str, name: &str) -> Self {
        name.clone_into(&mut inbox.state.lock().person(id, name).name);
        Self { inbox, id: id.into() }
    }

    /// The page-scoped id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn blocks(&self) {
        self.inbox.state.lock().person(&self.id, "").has_blocked = true;
    }

    pub fn unblocks(&self) {
        self.inbox.state.lock().person(&self.id, "").has_blocked = false;
    }

    pub async fn says(&self, text: &str) -> Sent {
        self.sends(json!({"text": text})).await
    }

    pub async fn replies(&self, to: &str, text: &str) -> Sent {
        self.sends(json!({"text": text, "reply_to": {"mid": to}})).await
    }

    /// To a story of the business, on Instagram.
    pub async fn replies_to_story(&self, story: &str, text: &str) -> Sent {
        let url = self.serve(File::new(
            "story.jpg",
            "image/png",
            crate::meta::placeholder_image(),
        ));
        self.sends(json!({"text": text, "reply_to": {"story": {"id": story, "url": url}}}))
            .await
    }

    /// Names the business in a story of their own, on Instagram.
    pub async fn mentions_in_story(&self) -> Sent {
        let url = self.serve(File::new(
            "story.jpg",
            "image/png",
            crate::meta::placeholder_image(),
        ));
        self.attaches("story_mention", json!({"url": url})).await
    }

    pub async fn sends_file(&self, file: File, _caption: Option<&str>) -> Sent {
        let kind = match file.kind() {
            "document" => "file",
            kind => kind,
        };
        let url = self.serve(file);
        self.attaches(kind, json!({"url": url})).await
    }

    pub async fn sends_sticker(&self) -> Sent {
        let url = self.serve(File::new(
            "sticker.png",
            "image/png",
            crate::meta::placeholder_image(),
        ));
        self.attaches(
            "sticker",
            json!({"url": url, "sticker_id": 369_239_263_222_822_u64}),
        )
        .await
    }

    pub async fn shares_location(&self, latitude: f64, longitude: f64, _name: Option<&str>) -> Sent {
        self.attaches(
            "location",
            json!({"coordinates": {"lat": latitude, "long": longitude}}),
        )
        .await
    }

    pub async fn attaches(&self, kind: &str, payload: Value) -> Sent {
        self.sends(json!({"attachments": [{"type": kind, "payload": payload}]}))
            .await
    }

    /// Presses a quick reply or a button of the business's last message that has some: by its title or its number.
    ///
    /// # Panics
    /// When there is no such button.
    pub async fn presses(&self, which: &str) -> Sent {
        let found = self.inbox.core.record.button(&self.id, which);
        let (message, button) = found.unwrap_or_else(|| panic!("there is no button {which}"));
        if message.body["message"]["quick_replies"].is_array() {
            let reply = json!({"payload": button.payload});
            return self
                .sends(json!({"text": button.title, "quick_reply": reply}))
                .await;
        }
        self.posts_back(&button.title, &button.payload).await
    }

    /// A button of a template, the menu or "Get started".
    pub async fn posts_back(&self, title: &str, payload: &str) -> Sent {
        let mid = self.inbox.new_mid();
        self.writes_now();
        let postback = json!({"mid": mid, "title": title, "payload": payload});
        self.tells("messaging_postbacks", &mid, json!({"postback": postback}))
            .await
    }

    /// Opens an m.me link in a thread that exists.
    pub async fn follows_link(&self, reference: &str) -> Sent {
        let referral = json!({"ref": reference, "source": "SHORTLINK", "type": "OPEN_THREAD"});
        let field = self.named("messaging_referral", "messaging_referrals");
        self.tells(field, "", json!({"referral": referral})).await
    }

    /// No emoji takes the reaction back.
    pub async fn reacts(&self, message: &str, emoji: &str) -> Sent {
        self.writes_now();
        let reaction = match emoji {
            "" => json!({"mid": message, "action": "unreact"}),
            "❤" | "❤️" => {
                json!({"mid": message, "action": "react", "emoji": emoji, "reaction": "love"})
            }
            _ => json!({"mid": message, "action": "react", "emoji": emoji, "reaction": "other"}),
        };
        self.tells("message_reactions", message, json!({"reaction": reaction}))
            .await
    }

    pub async fn edits(&self, message: &str, text: &str) -> Sent {
        let edit = json!({"mid": message, "text": text, "num_edit": 1});
        let field = self.named("message_edit", "message_edits");
        self.tells(field, message, json!({"message_edit": edit})).await
    }

    pub async fn deletes(&self, message: &str) -> Sent {
        let gone = json!({"mid": message, "is_deleted": true});
        self.tells("messages", message, json!({"message": gone})).await
    }

    pub async fn sends_unsupported(&self) -> Sent {
        self.sends(json!({"is_unsupported": true})).await
    }

    /// Below a post. A business may answer it once in private.
    pub async fn comments(&self, text: &str) -> Sent {
        let id = format!("179{:014}", self.inbox.core.next_id());
        self.inbox
            .state
            .lock()
            .comments
            .insert(id.clone(), self.id.clone());
        let value = json!({"id": id, "text": text, "from": {"id": self.id}, "media": {"id": "1800001"}});
        let item = json!({"field": "comments", "value": value});
        self.inbox
            .core
            .hooks
            .emit(id, json!({"slot": "changes", "item": item}))
            .await
    }

    /// Sends any message; its `mid` is filled in where it is missing.
    pub async fn sends(&self, mut message: Value) -> Sent {
        let mid = match message["mid"].as_str() {
            Some(mid) => mid.to_owned(),
            None => self.inbox.new_mid(),
        };
        message["mid"] = mid.clone().into();
        self.inbox.state.lock().messages.insert(mid.clone());
        self.writes_now();
        self.tells("messages", &mid, json!({"message": message})).await
    }

    /// Any other event.
    pub async fn tells(&self, field: &str, id: &str, what: Value) -> Sent {
        self.inbox.emit(field, &self.id, false, id, what).await
    }

    fn named(&self, on_instagram: &'static str, on_messenger: &'static str) -> &'static str {
        if self.inbox.is_instagram() {
            on_instagram
        } else {
            on_messenger
        }
    }

    fn writes_now(&self) {
        let now = self.inbox.core.clock.now();
        self.inbox.state.lock().person(&self.id, "").last_wrote_at = Some(now);
    }

    /// Behind an address that expires.
    fn serve(&self, file: File) -> String {
        let key = random_hex(16);
        let expires_at = self.inbox.core.clock.now() + TimeDelta::hours(24);
        self.inbox
            .state
            .lock()
            .files
            .insert(key.clone(), (file, expires_at));
        format!("{}/cdn/{key}", self.inbox.base)
    }
}
