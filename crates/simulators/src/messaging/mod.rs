//! Messenger and Instagram, which share their frame: one page, or one Instagram account, with an app that answers.
//! Start with [`Simulator::start`]; [`crate::messenger`] and [`crate::instagram`] give the options.

mod api;
mod check;
mod customer;
mod receipts;

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::core::{
    Clock, Core, Entry, Fault, Faults, File, Hooks, Receipts, Record, Sent, Up, Wire, random_hex,
};
use crate::meta::{self, App, GraphError};

pub use customer::Customer;

/// Meta's own inbox, as an app.
const PAGE_INBOX: &str = "263902037430900";
const INSTAGRAM_INBOX: &str = "1217981644879628";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    Messenger,
    Instagram,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub platform: Platform,
    pub port: u16,
    pub webhook_url: Option<String>,
    pub app_id: String,
    pub app_secret: String,
    pub access_token: String,
    pub verify_token: String,
    /// The page, or the Instagram account: `entry[].id`.
    pub business_id: String,
    pub needs_proof: bool,
    pub receipts: Receipts,
}

/// The platform, as long as it is not dropped.
pub struct Simulator(Up<Inbox>);

pub(crate) struct Inbox {
    core: Core,
    app: Arc<App>,
    options: Options,
    base: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    people: HashMap<String, Person>,
    files: HashMap<String, (File, DateTime<Utc>)>,
    /// None until somebody subscribes: then everything is delivered.
    fields: Option<BTreeSet<String>>,
    messages: BTreeSet<String>,
    comments: HashMap<String, String>,
    outbound: HashMap<String, Entry>,
    receipts: Receipts,
}

#[derive(Debug, Clone)]
struct Person {
    id: String,
    name: String,
    has_blocked: bool,
    last_wrote_at: Option<DateTime<Utc>>,
    /// Who controls the thread, if it is not our app.
    owner: Option<String>,
}

impl Platform {
    fn object(self) -> &'static str {
        match self {
            Self::Messenger => "page",
            Self::Instagram => "instagram",
        }
    }

    fn inbox_app(self) -> &'static str {
        match self {
            Self::Messenger => PAGE_INBOX,
            Self::Instagram => INSTAGRAM_INBOX,
        }
    }
}

impl Simulator {
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let port = options.port;
        Ok(Self(
            Up::start(port, |address| Inbox::new(options, address)).await?,
        ))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// What takes the place of `https://graph.facebook.com` or `https://graph.instagram.com`.
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

    /// The next messages are refused with this code.
    pub fn refuse(&self, times: usize, status: u16, code: u32, message: &str) {
        let error = GraphError::new(status, code, &format!("(#{code}) {message}"));
        self.faults().next(times, &Fault::Refuse(error.reply()));
    }

    /// The next messages are too many.
    pub fn rate_limit(&self, times: usize) {
        let usage = r#"{"call_count":100,"total_time":30,"total_cputime":30}"#;
        let error = GraphError::new(400, 613, "(#613) Calls to this api have exceeded the rate limit.");
        let reply = error.reply().with("x-app-usage", usage);
        self.faults().next(times, &Fault::Refuse(reply));
    }

    /// Signatures are made with another secret from now on.
    pub fn set_app_secret(&self, secret: &str) {
        secret.clone_into(&mut self.0.api.app.secret.lock());
    }

    pub fn revoke_token(&self) {
        self.0.api.app.revoke_token();
    }

    pub fn expire_token_in(&self, time: TimeDelta) {
        let expires_at = (self.clock().now() + time).timestamp();
        self.0.api.app.set_token_expiry(expires_at);
    }

    /// The newest access token: another one after each renewal.
    pub fn access_token(&self) -> String {
        self.0.api.app.token()
    }

    /// Renewals of the access token fail from now on, or work again.
    pub fn refuse_renewal(&self, refuses: bool) {
        self.0.api.app.refuse_renewal(refuses);
    }

    pub fn set_receipts(&self, receipts: Receipts) {
        self.0.api.state.lock().receipts = receipts;
    }

    /// Asks the configured webhook for its challenge. The error is what Meta would show.
    ///
    /// # Errors
    /// When it does not answer with the challenge.
    pub async fn verify_webhook(&self) -> Result<(), String> {
        self.verify_webhook_with(&self.0.api.options.verify_token).await
    }

    /// The same with another token than the one that the simulator began with.
    ///
    /// # Errors
    /// When it does not answer with the challenge.
    pub async fn verify_webhook_with(&self, verify_token: &str) -> Result<(), String> {
        let inbox = &self.0.api;
        let url = inbox.core.hooks.url().unwrap_or_default();
        let verified = inbox.app.verify(&inbox.core, &url, verify_token);
        verified.await.map_err(|error| error.message)
    }

    /// Somebody with this page-scoped id.
    pub fn customer(&self, id: &str, name: &str) -> Customer {
        Customer::new(self.0.api.clone(), id, name)
    }

    /// A person answers in Meta's own inbox.
    pub async fn business_says(&self, to: &str, text: &str) -> Sent {
        self.0.api.business_says(to, text).await
    }

    /// The inbox hands a thread back to our app.
    pub async fn inbox_passes_thread(&self, person: &str) -> Sent {
        self.0.api.inbox_passes_thread(person).await
    }

    /// The inbox takes a thread away: what comes is only told in `standby`.
    pub async fn inbox_takes_thread(&self, person: &str) -> Sent {
        self.0.api.inbox_takes_thread(person).await
    }

    /// Tells that a message was sent.
    pub async fn tell_echo(&self, message: &str) -> Option<u16> {
        self.0.api.tell_echo(message).await
    }

    /// Tells that a message arrived. Instagram has no such event, and posts nothing.
    pub async fn tell_delivered(&self, message: &str) -> Option<u16> {
        self.0.api.tell_delivered(message).await
    }

    pub async fn tell_read(&self, message: &str) -> Option<u16> {
        self.0.api.tell_read(message).await
    }

    /// What the "Test" button of the app's dashboard posts.
    pub async fn presses_dashboard_test(&self) -> Sent {
        let value = json!({
            "sender": {"id": "12334"}, "recipient": {"id": "23245"}, "timestamp": "1527459824",
            "message": {"mid": "random_mid", "text": "random_text"},
        });
        let item = json!({"field": "messages", "value": value});
        self.hooks()
            .emit("random_mid", json!({"slot": "changes", "item": item}))
            .await
    }
}

impl Inbox {
    fn new(options: Options, address: SocketAddr) -> Self {
        let mut app = App::new(
            &options.app_id,
            &options.app_secret,
            &options.access_token,
            &options.verify_token,
        );
        app.needs_proof = options.needs_proof;
        app.scopes = match options.platform {
            Platform::Messenger => vec!["pages_messaging", "pages_manage_metadata"],
            Platform::Instagram => vec!["instagram_business_basic", "instagram_business_manage_messages"],
        };
        let app = Arc::new(app);
        let wire = Envelope {
            app: app.clone(),
            object: options.platform.object(),
            business_id: options.business_id.clone(),
        };
        let state = State {
            receipts: options.receipts,
            ..State::default()
        };
        Self {
            core: Core::new(options.webhook_url.clone(), Box::new(wire)),
            app,
            base: format!("http://{address}"),
            state: Mutex::new(state),
            options,
        }
    }

    fn is_instagram(&self) -> bool {
        self.options.platform == Platform::Instagram
    }

    fn new_mid(&self) -> String {
        use base64::Engine;
        let id = self.core.next_id();
        if self.is_instagram() {
            // they are longer than a hundred characters
            let long = format!("simulated:{id:020}:{}", random_hex(32));
            return format!("aWdf{}", base64::engine::general_purpose::STANDARD.encode(long));
        }
        format!("m_{}{id:020}", random_hex(16))
    }

    /// Whether the app wants to hear of this.
    fn wants(&self, field: &str) -> bool {
        let state = self.state.lock();
        state.fields.as_ref().is_none_or(|fields| fields.contains(field))
    }

    /// Tells something about this person, who is its sender unless the business is.
    async fn emit(&self, field: &str, person: &str, is_from_business: bool, id: &str, what: Value) -> Sent {
        let owner = self
            .state
            .lock()
            .people
            .get(person)
            .and_then(|person| person.owner.clone());
        let is_standby = owner.is_some() && !field.contains("handover");
        if !self.wants(if is_standby { "standby" } else { field }) {
            return Sent {
                id: id.into(),
                ..Sent::default()
            };
        }
        let (business, person) = (json!({"id": self.options.business_id}), json!({"id": person}));
        let (sender, recipient) = if is_from_business {
            (business, person)
        } else {
            (person, business)
        };
        let mut item = what;
        item["sender"] = sender;
        item["recipient"] = recipient;
        if item["timestamp"].is_null() {
            item["timestamp"] = self.core.clock.milliseconds().into();
        }
        let slot = if is_standby { "standby" } else { "messaging" };
        self.core
            .hooks
            .emit(id, json!({"slot": slot, "item": item}))
            .await
    }
}

impl State {
    fn person(&mut self, id: &str, name: &str) -> &mut Person {
        self.people.entry(id.to_owned()).or_insert_with(|| Person {
            id: id.into(),
            name: name.into(),
            has_blocked: false,
            last_wrote_at: None,
            owner: None,
        })
    }
}

struct Envelope {
    app: Arc<App>,
    object: &'static str,
    business_id: String,
}

impl Wire for Envelope {
    /// Neighbours of one slot share an entry.
    fn payloads(&self, events: Vec<Value>) -> Vec<Value> {
        let mut entries: Vec<Value> = Vec::new();
        for event in events {
            let slot = event["slot"].as_str().unwrap_or("messaging");
            if let Some(items) = entries.last_mut().and_then(|entry| entry[slot].as_array_mut()) {
                items.push(event["item"].clone());
                continue;
            }
            let time = event["item"]["timestamp"].clone();
            entries.push(json!({"id": self.business_id, "time": time, slot: [event["item"]]}));
        }
        vec![json!({"object": self.object, "entry": entries})]
    }

    fn bytes(&self, payload: &Value) -> Vec<u8> {
        meta::bytes(payload)
    }

    fn headers(&self, body: &[u8], _: u32, _: &Clock) -> Vec<(&'static str, String)> {
        vec![("x-hub-signature-256", self.app.signature(body))]
    }
}
