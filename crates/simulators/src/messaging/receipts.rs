//! What became of a message, and what people do in Meta's own inbox.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Inbox;
use crate::core::{Entry, Sent};

impl Inbox {
    pub(super) async fn tell_by_itself(self: Arc<Self>, entry: Entry) {
        self.tell_echo(&entry.id).await;
        let has_blocked = {
            let state = self.state.lock();
            state
                .people
                .get(&entry.recipient)
                .is_some_and(|person| person.has_blocked)
        };
        if !has_blocked {
            self.tell_delivered(&entry.id).await;
            self.tell_read(&entry.id).await;
        }
    }

    fn find(&self, message: &str) -> Option<Entry> {
        self.state.lock().outbound.get(message).cloned()
    }

    pub(super) async fn tell_echo(&self, message: &str) -> Option<u16> {
        let entry = self.find(message)?;
        let sent = &entry.body["message"];
        let mut echo = json!({"mid": entry.id, "is_echo": true});
        if sent["text"].is_string() {
            echo["text"] = sent["text"].clone();
        }
        if sent["attachment"].is_object() {
            echo["attachments"] = json!([sent["attachment"]]);
        }
        echo["app_id"] = self.app_id();
        if let Some(metadata) = entry.correlation {
            echo["metadata"] = metadata.into();
        }
        self.echo(&entry.recipient, message, echo).await.status
    }

    /// Ids of apps are numbers on the wire.
    fn app_id(&self) -> Value {
        self.app
            .id
            .parse::<u64>()
            .map_or_else(|_| self.app.id.clone().into(), Value::from)
    }

    async fn echo(&self, to: &str, id: &str, echo: Value) -> Sent {
        let field = if self.is_instagram() {
            "messages"
        } else {
            "message_echoes"
        };
        self.emit(field, to, true, id, json!({"message": echo})).await
    }

    pub(super) async fn tell_delivered(&self, message: &str) -> Option<u16> {
        if self.is_instagram() {
            return None;
        }
        let entry = self.find(message)?;
        let delivery = json!({"mids": [entry.id], "watermark": entry_time(self)});
        let told = self.emit(
            "message_deliveries",
            &entry.recipient,
            false,
            message,
            json!({"delivery": delivery}),
        );
        told.await.status
    }

    pub(super) async fn tell_read(&self, message: &str) -> Option<u16> {
        let entry = self.find(message)?;
        let (field, read) = if self.is_instagram() {
            ("messaging_seen", json!({"mid": entry.id}))
        } else {
            ("message_reads", json!({"watermark": entry_time(self)}))
        };
        let told = self.emit(field, &entry.recipient, false, message, json!({"read": read}));
        told.await.status
    }

    pub(super) async fn business_says(&self, to: &str, text: &str) -> Sent {
        let id = self.new_mid();
        self.state.lock().messages.insert(id.clone());
        let app: Option<u64> = self.options.platform.inbox_app().parse().ok();
        let echo = json!({"mid": id, "is_echo": true, "text": text, "app_id": app});
        self.echo(to, &id, echo).await
    }

    pub(super) async fn inbox_passes_thread(&self, person: &str) -> Sent {
        self.state.lock().person(person, "").owner = None;
        let inbox = self.options.platform.inbox_app();
        let what =
            json!({"previous_owner_app_id": inbox, "new_owner_app_id": self.app.id, "metadata": "done"});
        self.handover(person, json!({"pass_thread_control": what})).await
    }

    pub(super) async fn inbox_takes_thread(&self, person: &str) -> Sent {
        let inbox = self.options.platform.inbox_app();
        self.state.lock().person(person, "").owner = Some(inbox.into());
        let what = json!({"previous_owner_app_id": self.app.id, "new_owner_app_id": inbox, "metadata": ""});
        self.handover(person, json!({"take_thread_control": what})).await
    }

    async fn handover(&self, person: &str, what: Value) -> Sent {
        let field = if self.is_instagram() {
            "messaging_handover"
        } else {
            "messaging_handovers"
        };
        self.emit(field, person, false, "", what).await
    }
}

/// Everything before it is meant.
fn entry_time(inbox: &Inbox) -> i64 {
    inbox.core.clock.milliseconds()
}
