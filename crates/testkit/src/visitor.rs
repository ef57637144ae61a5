//! A visitor of a tenant's web site: a session, its token, and what can be done with it.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::{Answer, Api, Call};
use crate::sse::EventStream;
use crate::tenant::id_of;

/// A browser with an open widget.
#[derive(Clone)]
pub struct Visitor {
    pub channel_key: String,
    pub token: String,
    pub conversation_id: Uuid,
    /// With the visitor token.
    pub api: Api,
}

impl Visitor {
    /// Starts a session; `api` may carry an earlier token, and `body` an identity token.
    ///
    /// # Panics
    /// When the session is refused.
    pub async fn start(api: &Api, channel_key: &str, body: &Value) -> Self {
        let session = api
            .post(&format!("/api/widget/{channel_key}/sessions"))
            .json(body)
            .expect(200)
            .await;
        let token = session["visitor_token"].as_str().expect("a token").to_owned();
        Self {
            channel_key: channel_key.to_owned(),
            conversation_id: id_of(&session["conversation"]),
            api: api.with_bearer(&token),
            token,
        }
    }

    /// The address of something below this channel.
    pub fn path(&self, rest: &str) -> String {
        format!("/api/widget/{}/{rest}", self.channel_key)
    }

    /// Writes and waits: `{message, conversation, answer}`.
    pub async fn say(&self, text: &str) -> Value {
        self.say_as(&Uuid::now_v7().to_string(), text).await.expect(200)
    }

    /// The same with an id of one's own, whatever comes of it.
    pub async fn say_as(&self, client_message_id: &str, text: &str) -> Answer {
        self.message(client_message_id, text).send().await
    }

    /// Writes and follows the answer as it streams in.
    pub async fn stream(&self, text: &str) -> EventStream {
        self.message(&Uuid::now_v7().to_string(), text).stream().await
    }

    /// The request that writes, for a test to change.
    pub fn message(&self, client_message_id: &str, text: &str) -> Call {
        let body = json!({"client_message_id": client_message_id, "text": text});
        self.api.post(&self.path("messages")).json(&body)
    }

    /// Follows the conversation live, from after this message.
    pub async fn events(&self, after: Option<i64>) -> EventStream {
        let call = self.api.get(&self.path("events"));
        let call = match after {
            Some(seq) => call.header("last-event-id", &seq.to_string()),
            None => call,
        };
        call.stream().await
    }

    /// `{conversation, messages}`.
    pub async fn history(&self) -> Value {
        self.api.get(&self.path("messages")).expect(200).await
    }
}
