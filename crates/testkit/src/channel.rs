//! A connected channel of a tenant: its health, its ledger, and what was said there.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::Answer;
use crate::server::Server;
use crate::tenant::Tenant;
use crate::vendor::Vendor;

/// What takes longer is a defect.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// A channel at a vendor's.
#[derive(Clone)]
pub struct Channel {
    pub tenant: Tenant,
    pub id: Uuid,
    pub kind: String,
    /// Where the vendor has to send events.
    pub webhook_url: String,
    pub webhook_path: String,
    pub verify_token: String,
}

impl Tenant {
    /// Connects a channel to this vendor, which sends its events there from now on.
    pub async fn connect(&self, server: &Server, vendor: &Vendor) -> Channel {
        let channel = self.connect_untested(server, vendor).await;
        if vendor.learns_address() {
            channel.check().await.expect(200);
        }
        channel
    }

    /// The same before anybody has pressed the test button: a vendor that learns the address by it sends nothing yet.
    pub async fn connect_untested(&self, server: &Server, vendor: &Vendor) -> Channel {
        let made = self
            .try_connect(vendor.kind(), vendor.kind(), &vendor.values())
            .await;
        let channel = Channel::of(self, server, &made.expect(201));
        if !vendor.learns_address() {
            vendor.point_at(&channel);
        }
        channel
    }

    /// The same with any values, whatever comes of it.
    pub async fn try_connect(&self, kind: &str, name: &str, values: &Value) -> Answer {
        let body = json!({"kind": kind, "name": name, "values": values});
        self.api.post("/api/v1/connections").json(&body).send().await
    }
}

impl Channel {
    /// Of what the API says of a connection.
    pub fn of(tenant: &Tenant, server: &Server, connection: &Value) -> Self {
        let text = |key: &str| connection[key].as_str().unwrap_or_default().to_owned();
        let path = text("webhook_path");
        Self {
            tenant: tenant.clone(),
            id: text("channel_id").parse().expect("a UUID"),
            kind: text("kind"),
            webhook_url: format!("{}{path}", server.public_url()),
            webhook_path: path,
            verify_token: text("verify_token"),
        }
    }

    /// The test button.
    pub async fn check(&self) -> Answer {
        let path = format!("/api/v1/channels/{}/connection/check", self.id);
        self.tenant.api.post(&path).send().await
    }

    /// How it is.
    pub async fn health(&self) -> Value {
        let path = format!("/api/v1/channels/{}/connection", self.id);
        self.tenant.api.get(&path).expect(200).await
    }

    /// `{"is_active": false}`, `{"settings": …}` and so on.
    pub async fn configure(&self, patch: &Value) -> Value {
        let path = format!("/api/v1/channels/{}", self.id);
        self.tenant.api.patch(&path).json(patch).expect(200).await
    }

    /// Events of its ledger, newest first. `query` as in `status=dead`.
    pub async fn ledger(&self, query: &str) -> Vec<Value> {
        let path = format!("/api/v1/inbound-events?limit=200&channel_id={}&{query}", self.id);
        items(&self.tenant.api.get(&path).expect(200).await)
    }

    /// The ledger once it fits.
    ///
    /// # Panics
    /// With what is there, when it does not come to fit.
    pub async fn ledger_until(&self, query: &str, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        until(async || self.ledger(query).await, |events| fits(events)).await
    }

    /// Its conversations, newest first, however many there are.
    pub async fn all_conversations(&self) -> Vec<Value> {
        let (mut all, mut next) = (Vec::new(), String::new());
        loop {
            let path = format!(
                "/api/v1/conversations?view=all&limit=200&channel={}{next}",
                self.id
            );
            let page = self.tenant.api.get(&path).expect(200).await;
            all.extend(items(&page));
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => return all,
            }
        }
    }

    /// Its conversations, newest first.
    pub async fn conversations(&self) -> Vec<Value> {
        let path = format!("/api/v1/conversations?limit=200&channel={}", self.id);
        items(&self.tenant.api.get(&path).expect(200).await)
    }

    /// The only conversation, once there is one.
    pub async fn conversation(&self) -> Uuid {
        let found = until(async || self.conversations().await, |found| !found.is_empty()).await;
        assert_eq!(found.len(), 1, "one conversation: {found:#?}");
        found[0]["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("a UUID")
    }

    /// The messages of the only conversation, once they fit.
    pub async fn thread_until(&self, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let conversation = self.conversation().await;
        until(
            async || self.tenant.thread(conversation).await,
            |thread| fits(thread),
        )
        .await
    }

    /// The message of this text, once its delivery has come so far.
    pub async fn delivered(&self, text: &str, status: &str) -> Value {
        let is_it = |message: &&Value| {
            message["text"].as_str().is_some_and(|said| said.contains(text))
                && message["delivery"]["status"] == status
        };
        let thread = self.thread_until(|thread| thread.iter().any(|message| is_it(&message)));
        let thread = thread.await;
        let found = thread.iter().find(is_it);
        found.expect("it was there").clone()
    }

    /// Replies as a person in the only conversation.
    pub async fn reply(&self, text: &str) -> Value {
        self.tenant.reply(self.conversation().await, text).await
    }
}

fn items(list: &Value) -> Vec<Value> {
    list["items"].as_array().expect("a list").clone()
}

/// Looks until it fits.
async fn until<T: std::fmt::Debug>(look: impl AsyncFn() -> T, fits: impl Fn(&T) -> bool) -> T {
    let deadline = tokio::time::Instant::now() + LONGEST_WAIT;
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    loop {
        pace.tick().await;
        let seen = look().await;
        if fits(&seen) {
            return seen;
        }
        assert!(
            tokio::time::Instant::now() < deadline,
            "after {LONGEST_WAIT:?}: {seen:#?}"
        );
    }
}
