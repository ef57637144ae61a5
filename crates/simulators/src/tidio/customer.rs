//! Somebody who writes to the business: in a ticket, or in a chat that a Flow conducts.

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use super::Project;
use crate::core::{Sent, random_uuid};

/// A contact. Clones are the same one.
#[derive(Clone)]
pub struct Customer {
    project: Arc<Project>,
    id: String,
    email: String,
    ticket: Arc<Mutex<Option<u64>>>,
}

impl Customer {
    pub(super) fn new(project: Arc<Project>, email: &str, first_name: &str) -> Self {
        let id = random_uuid();
        let contact = json!({
            "id": id, "email": email, "phone": null, "first_name": first_name, "last_name": null, "distinct_id": null,
            "properties": [],
        });
        project.state.lock().contacts.insert(id.clone(), contact);
        Self {
            project,
            id,
            email: email.into(),
            ticket: Arc::default(),
        }
    }

    pub fn id(&self) -> &str {
        &self.id
    }

    /// The ticket, once something was said.
    pub fn ticket(&self) -> Option<u64> {
        *self.ticket.lock()
    }

    /// That the contact exists.
    pub async fn is_created(&self) -> Sent {
        let contact = self.project.state.lock().contacts.get(&self.id).cloned();
        self.project
            .tell("contact.created", &self.id, contact.into())
            .await
    }

    /// In the ticket, which the first words open.
    pub async fn says(&self, text: &str) -> Sent {
        let ticket = *self.ticket.lock().get_or_insert_with(|| {
            let subject: String = text.chars().take(40).collect();
            self.project.new_ticket(&self.id, &subject)
        });
        let id = self.project.add_message(ticket, "contact", "public", text);
        let content = self.project.about(ticket, &id, "contact", "public", text);
        self.project.tell("ticket.contact_replied", &id, content).await
    }

    /// The chat was closed, by a person or by itself.
    pub async fn conversation_is_solved(&self, by_operator: bool) -> Sent {
        let topic = if by_operator {
            "conversation.solved_by_operator"
        } else {
            "conversation.solved_automatically"
        };
        let content = json!({"conversation_id": random_uuid(), "contact_id": self.id});
        self.project.tell(topic, "", content).await
    }

    /// Says something in a chat where a Flow calls this address, and gives what the Flow got back.
    pub async fn says_in_flow(&self, url: &str, text: &str) -> (Option<u16>, Value) {
        let body = json!({"contact_id": self.id, "message": text, "email": self.email}).to_string();
        let request = self.project.core.hooks.client().post(url);
        let request = request.header("content-type", "application/json").body(body);
        match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                (Some(status), answer.json().await.unwrap_or_default())
            }
            Err(_) => (None, Value::Null),
        }
    }
}
