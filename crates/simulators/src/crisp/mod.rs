//! Crisp with one website, and a plugin or the website's own hook. Start with [`Simulator::start`].

mod api;
mod check;
mod customer;
mod operator;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::core::{
    Clock, Core, Fault, Faults, File, Hooks, Receipts, Record, Reply, Sent, Up, Wire, hmac_sha256, random,
};

pub use customer::Customer;

#[derive(Debug, Clone)]
pub struct Options {
    pub port: u16,
    pub webhook_url: Option<String>,
    pub website_id: String,
    /// The two halves of the token.
    pub identifier: String,
    pub key: String,
    /// `plugin` or `website`. Only a plugin's hooks are signed.
    pub tier: String,
    pub hook_secret: String,
    pub receipts: Receipts,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            webhook_url: None,
            website_id: "11111111-2222-4333-8444-555555555555".into(),
            identifier: "7c3ef21c-1e04-41ce-8c06-5605c346f73e".into(),
            key: "cc29e1a5086e428fcc6a697d5837a66d82808e65c5cce006fbf2191ceea80a0a".into(),
            tier: "plugin".into(),
            hook_secret: "crisp_hook_secret".into(),
            receipts: Receipts::Automatic,
        }
    }
}

/// Crisp, as long as it is not dropped.
pub struct Simulator(Up<Website>);

pub(crate) struct Website {
    core: Core,
    options: Options,
    base: String,
    secret: Arc<Mutex<String>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    conversations: BTreeMap<String, Conversation>,
    files: BTreeMap<String, File>,
    receipts: Receipts,
}

#[derive(Debug, Clone, Default)]
struct Conversation {
    state: String,
    meta: Value,
    routing: Value,
    is_blocked: bool,
    messages: Vec<Value>,
}

/// How often a hook is tried.
const ATTEMPTS: u32 = 5;

impl Simulator {
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let port = options.port;
        Ok(Self(
            Up::start(port, |address| Website::new(options, address)).await?,
        ))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// What takes the place of `https://api.crisp.chat`.
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

    /// The next messages are refused.
    pub fn refuse(&self, times: usize, status: u16, reason: &str) {
        let reply = failure(status, reason, reason);
        self.faults().next(times, &Fault::Refuse(reply));
    }

    /// The day's quota is used up for the next messages.
    pub fn rate_limit(&self, times: usize) {
        self.refuse(times, 429, "too_many_requests");
    }

    /// Hooks are signed with another secret from now on.
    pub fn set_hook_secret(&self, secret: &str) {
        secret.clone_into(&mut self.0.api.secret.lock());
    }

    pub fn set_receipts(&self, receipts: Receipts) {
        self.0.api.state.lock().receipts = receipts;
    }

    /// A visitor with a conversation.
    pub fn customer(&self, session_id: &str, nickname: &str) -> Customer {
        Customer::new(self.0.api.clone(), session_id, nickname)
    }

    /// A person answers in Crisp's inbox.
    pub async fn operator_says(&self, session_id: &str, text: &str) -> Sent {
        self.0.api.operator_says(session_id, text).await
    }

    /// A person takes the conversation over; none gives it back.
    pub async fn routes_to(&self, session_id: &str, operator: Option<&str>) -> Sent {
        self.0.api.routes_to(session_id, operator).await
    }

    /// `pending`, `unresolved` or `resolved`, by a person.
    pub async fn sets_state(&self, session_id: &str, state: &str) -> Sent {
        self.0.api.sets_state(session_id, state).await
    }

    /// Any other event.
    pub async fn tells(&self, event: &str, data: Value) -> Sent {
        self.0.api.tell(event, "", data).await
    }
}

impl Website {
    fn new(options: Options, address: SocketAddr) -> Self {
        let secret = Arc::new(Mutex::new(options.hook_secret.clone()));
        let wire = Envelope {
            is_signed: options.tier == "plugin",
            secret: secret.clone(),
        };
        let state = State {
            receipts: options.receipts,
            ..State::default()
        };
        Self {
            core: Core::new(options.webhook_url.clone(), Box::new(wire)),
            base: format!("http://{address}"),
            secret,
            state: Mutex::new(state),
            options,
        }
    }

    async fn tell(&self, event: &str, id: &str, data: Value) -> Sent {
        let told = json!({
            "website_id": self.options.website_id, "event": event, "data": data,
            "timestamp": self.core.clock.milliseconds(),
        });
        self.core.hooks.emit(id, told).await
    }

    /// What every event about a conversation says.
    fn about(&self, session_id: &str) -> Value {
        json!({"website_id": self.options.website_id, "session_id": session_id, "inbox_id": null})
    }
}

impl State {
    fn conversation(&mut self, session_id: &str) -> &mut Conversation {
        let new = || Conversation {
            state: "pending".into(),
            meta: json!({"nickname": "", "email": "", "phone": "", "segments": [], "data": {}}),
            routing: json!({"assigned": null}),
            ..Conversation::default()
        };
        self.conversations
            .entry(session_id.to_owned())
            .or_insert_with(new)
    }
}

/// A number that fits what JavaScript counts exactly.
/// Crisp makes them of the time: for a long while they begin with 1.
fn new_fingerprint() -> u64 {
    100_000_000_000_000 + random() % 100_000_000_000_000
}

fn success(status: u16, reason: &str, data: &Value) -> Reply {
    Reply::json(status, &json!({"error": false, "reason": reason, "data": data}))
}

fn failure(status: u16, reason: &str, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({"error": true, "reason": reason, "data": {"message": message}}),
    )
}

struct Envelope {
    is_signed: bool,
    secret: Arc<Mutex<String>>,
}

impl Wire for Envelope {
    fn headers(&self, body: &[u8], attempt: u32, clock: &Clock) -> Vec<(&'static str, String)> {
        let timestamp = clock.milliseconds().to_string();
        let mut headers = vec![
            ("x-crisp-hook-origin", "crisp.chat".to_owned()),
            ("x-delivery-attempt-count", attempt.to_string()),
            ("x-delivery-attempt-limit", ATTEMPTS.to_string()),
        ];
        if self.is_signed {
            let signed = [b"[", timestamp.as_bytes(), b";", body, b"]"].concat();
            let signature = hmac_sha256(self.secret.lock().as_bytes(), &signed);
            headers.push(("x-crisp-signature", signature));
        }
        headers.push(("x-crisp-request-timestamp", timestamp));
        headers
    }
}
