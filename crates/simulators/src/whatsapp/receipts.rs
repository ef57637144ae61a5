//! What became of a message: told by itself after it was accepted, or by the test's hand in any order.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Account, Person};
use crate::core::Entry;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Sent,
    Delivered,
    Read,
    /// A voice message was listened to.
    Played,
    Failed {
        code: u32,
        title: String,
    },
}

impl Status {
    pub fn failed(code: u32, title: &str) -> Self {
        Self::Failed {
            code,
            title: title.into(),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed { .. } => "failed",
        }
    }
}

impl Account {
    pub(super) async fn tell(&self, message: &str, status: Status) -> Option<u16> {
        let entry = self.state.lock().outbound.get(message).cloned()?;
        let told =
            json!({"contacts": self.contact(&entry.recipient), "statuses": [self.status(&entry, &status)]});
        let change = self.change("messages", told);
        self.core.hooks.emit(message, change).await.status
    }

    pub(super) async fn tell_by_itself(self: Arc<Self>, entry: Entry) {
        for status in self.fate(&entry) {
            self.tell(&entry.id, status).await;
        }
    }

    /// Nobody, if the person is not known.
    fn contact(&self, recipient: &str) -> Vec<Value> {
        let state = self.state.lock();
        let person = state.people.get(recipient).filter(|person| person.has_whatsapp);
        person.map(Person::contact).into_iter().collect()
    }

    fn fate(&self, entry: &Entry) -> Vec<Status> {
        let state = self.state.lock();
        let by_id = || {
            state
                .people
                .values()
                .find(|person| person.user_id == entry.recipient)
        };
        let Some(person) = state.people.get(&entry.recipient).or_else(by_id) else {
            return Vec::new();
        };
        if !person.has_whatsapp {
            return vec![Status::failed(131_026, "Message undeliverable")];
        }
        if entry.body["type"] != "template" && !self.is_window_open(person) {
            return vec![Status::failed(131_047, "Re-engagement message")];
        }
        if person.has_blocked {
            return vec![Status::Sent];
        }
        vec![Status::Sent, Status::Delivered, Status::Read]
    }

    fn status(&self, entry: &Entry, status: &Status) -> Value {
        let mut told = json!({
            "id": entry.id, "status": status.name(), "timestamp": self.core.clock.seconds().to_string(),
        });
        let state = self.state.lock();
        if let Some(person) = state.people.get(&entry.recipient) {
            told["recipient_user_id"] = person.user_id.clone().into();
            if !person.hides_number {
                told["recipient_id"] = person.phone.clone().into();
            }
        }
        if let Some(correlation) = &entry.correlation {
            told["biz_opaque_callback_data"] = correlation.clone().into();
        }
        match status {
            Status::Failed { code, title } => {
                told["errors"] = json!([{
                    "code": code, "title": title, "message": title, "error_data": {"details": title},
                    "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
                }])
            }
            Status::Sent => {
                told["conversation"] = json!({
                    "id": "simulated", "origin": {"type": "service"},
                    "expiration_timestamp": (self.core.clock.seconds() + 86_400).to_string(),
                })
            }
            _ => {}
        }
        if !matches!(status, Status::Failed { .. }) {
            told["pricing"] = json!({
                "billable": false, "pricing_model": "PMP", "category": "service", "type": "free_customer_service",
            });
        }
        told
    }
}
