//! The Telegram Bot API with one bot. Start with [`Simulator::start`]; what the bot calls lies in `api` and `send`,
//! what people do in [`Customer`].

mod api;
mod customer;
mod edit;
mod entities;
mod files;
mod params;
mod send;

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::core::{Clock, Core, Fault, Faults, File, Hooks, Record, Reply, Sent, Up, Wire};

pub use customer::Customer;

#[derive(Debug, Clone)]
pub struct Options {
    pub port: u16,
    /// As if `setWebhook` had been called with it.
    pub webhook_url: Option<String>,
    pub secret_token: String,
    pub token: String,
    pub username: String,
    /// Webhooks need HTTPS and one of four ports, as with Telegram's own server. A self-hosted one takes any address.
    pub is_official: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            webhook_url: None,
            secret_token: "telegram-secret".into(),
            token: "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw".into(),
            username: "simulated_shop_bot".into(),
            is_official: false,
        }
    }
}

/// Telegram, as long as it is not dropped.
pub struct Simulator(Up<Bot>);

pub(crate) struct Bot {
    core: Core,
    options: Options,
    base: String,
    secret: Arc<Mutex<String>>,
    state: Mutex<State>,
    /// For updates and messages; increases through restarts too.
    ids: AtomicI64,
}

#[derive(Default)]
struct State {
    chats: HashMap<i64, Chat>,
    files: HashMap<String, File>,
    messages: HashMap<(i64, i64), Value>,
    callbacks: BTreeSet<String>,
    /// None is everything but what has to be asked for.
    allowed: Option<Vec<String>>,
    max_connections: i64,
    migrated: HashMap<i64, i64>,
    /// What nobody fetched, while there is no webhook.
    pending: Vec<Value>,
}

#[derive(Debug, Clone)]
struct Chat {
    id: i64,
    first_name: String,
    username: Option<String>,
    language: String,
    is_open: bool,
    has_blocked: bool,
    is_deactivated: bool,
}

/// A refused call.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    code: u16,
    description: String,
    parameters: Option<Value>,
}

type Outcome = Result<Value, Refusal>;

impl Refusal {
    fn new(code: u16, description: &str) -> Self {
        Self {
            code,
            description: description.into(),
            parameters: None,
        }
    }

    fn bad(description: &str) -> Self {
        Self::new(400, &format!("Bad Request: {description}"))
    }

    fn reply(&self) -> Reply {
        let mut body = json!({"ok": false, "error_code": self.code, "description": self.description});
        if let Some(parameters) = &self.parameters {
            body["parameters"] = parameters.clone();
        }
        Reply::json(self.code, &body)
    }
}

impl Simulator {
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let port = options.port;
        Ok(Self(Up::start(port, |address| Bot::new(options, address)).await?))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// What takes the place of `https://api.telegram.org`.
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
    pub fn refuse(&self, times: usize, code: u16, description: &str) {
        let refusal = Refusal::new(code, description);
        self.faults().next(times, &Fault::Refuse(refusal.reply()));
    }

    /// The next messages are too many.
    pub fn rate_limit(&self, times: usize, retry_after: u64) {
        let description = format!("Too Many Requests: retry after {retry_after}");
        let refusal = Refusal {
            parameters: Some(json!({"retry_after": retry_after})),
            ..Refusal::new(429, &description)
        };
        self.faults().next(times, &Fault::Refuse(refusal.reply()));
    }

    /// Hooks carry another secret from now on.
    pub fn set_secret(&self, secret: &str) {
        secret.clone_into(&mut self.0.api.secret.lock());
    }

    pub fn customer(&self, id: i64, first_name: &str) -> Customer {
        Customer::new(self.0.api.clone(), id, first_name)
    }

    /// A group became a supergroup.
    pub fn migrate(&self, from: i64, to: i64) {
        self.0.api.state.lock().migrated.insert(from, to);
    }

    /// Any update; its id is filled in.
    pub async fn tells(&self, kind: &str, content: Value) -> Sent {
        self.0.api.clone().tell(kind, String::new(), content).await
    }
}

impl Bot {
    fn new(options: Options, address: SocketAddr) -> Self {
        let secret = Arc::new(Mutex::new(options.secret_token.clone()));
        let core = Core::new(options.webhook_url.clone(), Box::new(Envelope(secret.clone())));
        let state = State {
            max_connections: 40,
            ..State::default()
        };
        Self {
            ids: AtomicI64::new(core.clock.seconds() - 1_700_000_000),
            core,
            base: format!("http://{address}"),
            secret,
            state: Mutex::new(state),
            options,
        }
    }

    fn next_id(&self) -> i64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }

    fn me(&self) -> Value {
        let id = self
            .options
            .token
            .split(':')
            .next()
            .and_then(|id| id.parse::<i64>().ok());
        json!({"id": id, "is_bot": true, "first_name": "Simulated Shop", "username": self.options.username})
    }

    /// Posts an update, unless the bot did not ask for its kind. An answer may be a call.
    async fn tell(self: Arc<Self>, kind: &str, id: String, content: Value) -> Sent {
        if !self.is_allowed(kind) {
            return Sent {
                id,
                ..Sent::default()
            };
        }
        let update = json!({"update_id": self.next_id(), kind: content});
        if self.core.hooks.url().is_none() {
            self.state.lock().pending.push(update);
            return Sent {
                id,
                ..Sent::default()
            };
        }
        let sent = self.core.hooks.emit(id, update).await;
        if let Ok(call @ Value::Object(_)) = serde_json::from_str::<Value>(&sent.answer)
            && let Some(method) = call["method"].as_str()
        {
            // nobody is told what became of it
            let _ = self.run(method, &params::Params::new(call.clone()));
        }
        sent
    }

    fn is_allowed(&self, kind: &str) -> bool {
        let on_demand = ["chat_member", "message_reaction", "message_reaction_count"];
        match self
            .state
            .lock()
            .allowed
            .as_ref()
            .filter(|kinds| !kinds.is_empty())
        {
            Some(kinds) => kinds.iter().any(|allowed| allowed == kind),
            None => !on_demand.contains(&kind),
        }
    }
}

struct Envelope(Arc<Mutex<String>>);

impl Wire for Envelope {
    fn headers(&self, _: &[u8], _: u32, _: &Clock) -> Vec<(&'static str, String)> {
        vec![("x-telegram-bot-api-secret-token", self.0.lock().clone())]
    }
}
