//! What happens in Crisp's inbox: our messages come back, people answer, take over and resolve.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Website, new_fingerprint};
use crate::core::Sent;

const OPERATOR: &str = "a4c32c68-be91-4e29-b05e-a5f6ef0bcd69";

impl Website {
    /// The echo of an accepted message, and that the visitor saw it.
    pub(super) async fn tell_sent(self: Arc<Self>, session: String, message: Value) {
        let fingerprint = message["fingerprint"].clone();
        let id = fingerprint.to_string();
        self.tell_received(&session, message).await;
        let mut seen = self.about(&session);
        seen["origin"] = "chat".into();
        seen["fingerprints"] = json!([fingerprint]);
        for event in [
            "message:acknowledge:delivered",
            "message:acknowledge:read:received",
        ] {
            self.tell(event, &id, seen.clone()).await;
        }
    }

    async fn tell_received(&self, session: &str, message: Value) -> Sent {
        let id = message["fingerprint"].to_string();
        let mut data = self.about(session);
        for (field, value) in message.as_object().into_iter().flatten() {
            data[field] = value.clone();
        }
        data["timestamp"] = self.core.clock.milliseconds().into();
        data["stamped"] = true.into();
        data["mentions"] = json!([]);
        if data["user"].is_null() {
            data["user"] = json!({"user_id": self.options.website_id, "nickname": "Simulated Shop"});
        }
        self.tell("message:received", &id, data).await
    }

    pub(super) async fn operator_says(&self, session: &str, text: &str) -> Sent {
        let message = json!({
            "type": "text", "from": "operator", "origin": "chat", "content": text, "fingerprint": new_fingerprint(),
            "user": {"user_id": OPERATOR, "nickname": "Bea"},
        });
        self.state
            .lock()
            .conversation(session)
            .messages
            .push(message.clone());
        self.tell_received(session, message).await
    }

    pub(super) async fn routes_to(&self, session: &str, operator: Option<&str>) -> Sent {
        let assigned = operator.map(|id| json!({"user_id": id}));
        let before = {
            let mut state = self.state.lock();
            let one = state.conversation(session);
            let before = one.routing["assigned"]["user_id"].clone();
            one.routing = json!({"assigned": assigned});
            before
        };
        let mut data = self.about(session);
        data["routing_id"] = operator.into();
        data["previous_routing_id"] = before;
        self.tell("session:set_routing", "", data).await
    }

    pub(super) async fn sets_state(&self, session: &str, state: &str) -> Sent {
        state.clone_into(&mut self.state.lock().conversation(session).state);
        let mut data = self.about(session);
        data["state"] = state.into();
        self.tell("session:set_state", "", data).await
    }
}
