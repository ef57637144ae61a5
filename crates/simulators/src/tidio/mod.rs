//! Tidio with one project: tickets and contacts over its API, and the step of a Flow that calls us during a chat.
//! Start with [`Simulator::start`].

mod api;
mod customer;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::core::{
    Clock, Core, Fault, Faults, Hooks, Record, Reply, Sent, Up, Wire, hmac_sha256, random_uuid,
};

pub use customer::Customer;

#[derive(Debug, Clone)]
pub struct Options {
    pub port: u16,
    pub webhook_url: Option<String>,
    pub client_id: String,
    pub client_secret: String,
    pub project_public_key: String,
    /// Several while they rotate: each signs.
    pub webhook_secrets: Vec<String>,
    /// Events about tickets name the ticket and leave the text out.
    pub leaves_text_out: bool,
    /// Calls a minute; 0 is without limit.
    pub calls_per_minute: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            webhook_url: None,
            client_id: "ci_00000000000000000000000000000001".into(),
            client_secret: "cs_00000000000000000000000000000001".into(),
            project_public_key: "abcdefghijklmnopqrstuvwxyz012345".into(),
            webhook_secrets: vec!["tidio_secret".into()],
            leaves_text_out: false,
            calls_per_minute: 0,
        }
    }
}

/// Tidio, as long as it is not dropped.
pub struct Simulator(Up<Project>);

pub(crate) struct Project {
    core: Core,
    options: Options,
    base: String,
    secrets: Arc<Mutex<Vec<String>>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    contacts: BTreeMap<String, Value>,
    tickets: BTreeMap<u64, Value>,
    /// The minute, and how many calls it had.
    minute: (i64, usize),
}

impl Simulator {
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let port = options.port;
        Ok(Self(
            Up::start(port, |address| Project::new(options, address)).await?,
        ))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// What takes the place of `https://api.tidio.com`.
    pub fn base(&self) -> String {
        self.0.api.base.clone()
    }

    pub fn record(&self) -> &Record {
        &self.0.api.core.record
    }

    pub fn hooks(&self) -> &Hooks {
        &self.0.api.core.hooks
    }

    pub fn faults(&self) -> &Faults {
        &self.0.api.core.faults
    }

    pub fn clock(&self) -> &Clock {
        &self.0.api.core.clock
    }

    pub fn options(&self) -> &Options {
        &self.0.api.options
    }

    /// The next replies are refused.
    pub fn refuse(&self, times: usize, status: u16, code: &str) {
        self.faults()
            .next(times, &Fault::Refuse(failure(status, code, code)));
    }

    /// The next replies are too many. Tidio does not say when to come again.
    pub fn rate_limit(&self, times: usize) {
        self.faults().next(times, &Fault::Refuse(too_many(60)));
    }

    /// Each signs from now on.
    pub fn set_webhook_secrets(&self, secrets: &[&str]) {
        *self.0.api.secrets.lock() = secrets.iter().map(|&secret| secret.to_owned()).collect();
    }

    /// A contact, who is known from now on; nobody is told yet.
    pub fn customer(&self, email: &str, first_name: &str) -> Customer {
        Customer::new(self.0.api.clone(), email, first_name)
    }

    /// A person answers a ticket.
    pub async fn operator_replies(&self, ticket: u64, text: &str) -> Sent {
        self.0
            .api
            .operator_writes("ticket.operator_replied", ticket, "public", text)
            .await
    }

    /// Only operators see it.
    pub async fn operator_notes(&self, ticket: u64, text: &str) -> Sent {
        self.0
            .api
            .operator_writes("ticket.internal_note_added", ticket, "internal", text)
            .await
    }

    pub async fn assigns(&self, ticket: u64, operator: &str) -> Sent {
        let assigned = json!({"type": "operator", "id": operator});
        if let Some(ticket) = self.0.api.state.lock().tickets.get_mut(&ticket) {
            ticket["assigned"] = assigned.clone();
        }
        let content = json!({"ticket_id": ticket, "operator_id": operator, "assigned": assigned});
        self.tells("ticket.operator_assigned", content).await
    }

    /// Any other event.
    pub async fn tells(&self, topic: &str, content: Value) -> Sent {
        self.0.api.tell(topic, "", content).await
    }
}

impl Project {
    fn new(options: Options, address: SocketAddr) -> Self {
        let secrets = Arc::new(Mutex::new(options.webhook_secrets.clone()));
        Self {
            core: Core::new(options.webhook_url.clone(), Box::new(Envelope(secrets.clone()))),
            base: format!("http://{address}"),
            secrets,
            state: Mutex::default(),
            options,
        }
    }

    async fn tell(&self, topic: &str, id: &str, content: Value) -> Sent {
        let told = json!({
            "webhook_id": random_uuid(), "topic": topic, "version": 1, "created_at": self.now(),
            "project_public_key": self.options.project_public_key, "content": content,
        });
        self.core.hooks.emit(id, told).await
    }

    fn now(&self) -> String {
        self.core
            .clock
            .now()
            .to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    /// Its id; the message is the ticket's last from now on.
    fn add_message(&self, ticket: u64, author: &str, kind: &str, text: &str) -> String {
        let id = format!("01{:024}", self.core.next_id());
        let message = json!({
            "id": id, "content": text, "author_type": author, "message_type": kind, "created_at": self.now(),
        });
        let mut state = self.state.lock();
        if let Some(messages) = state
            .tickets
            .get_mut(&ticket)
            .and_then(|ticket| ticket["messages"].as_array_mut())
        {
            messages.push(message);
        }
        id
    }

    async fn operator_writes(&self, topic: &str, ticket: u64, kind: &str, text: &str) -> Sent {
        let id = self.add_message(ticket, "operator", kind, text);
        let content = self.about(ticket, &id, "operator", kind, text);
        self.tell(topic, &id, content).await
    }

    /// An event about a ticket's message.
    fn about(&self, ticket: u64, id: &str, author: &str, kind: &str, text: &str) -> Value {
        let state = self.state.lock();
        let contact = state
            .tickets
            .get(&ticket)
            .map(|ticket| ticket["contact_id"].clone());
        let mut content = json!({"ticket_id": ticket, "contact_id": contact});
        if !self.options.leaves_text_out {
            content["message"] = json!({
                "id": id, "content": text, "author_type": author, "message_type": kind, "created_at": self.now(),
            });
        }
        content
    }
}

fn failure(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"errors": [{"code": code, "message": message}]}))
}

fn too_many(limit: usize) -> Reply {
    failure(429, "too_many_requests", "Too many requests")
        .with("x-ratelimit-limit", &limit.to_string())
        .with("x-ratelimit-remaining", "0")
}

struct Envelope(Arc<Mutex<Vec<String>>>);

impl Wire for Envelope {
    fn headers(&self, body: &[u8], _: u32, clock: &Clock) -> Vec<(&'static str, String)> {
        let time = clock.seconds().to_string();
        let signed = [body, b"_", time.as_bytes()].concat();
        let mut signature = format!("t={time}");
        for secret in self.0.lock().iter() {
            signature.push_str(&format!(",s={}", hmac_sha256(secret.as_bytes(), &signed)));
        }
        vec![
            ("user-agent", "Tidio Webhook".into()),
            ("x-tidio-signature", signature),
        ]
    }
}
