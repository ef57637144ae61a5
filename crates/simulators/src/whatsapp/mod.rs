//! The WhatsApp Business Cloud API with one number. Start with [`Simulator::start`]; what the business does over the
//! API lies in `api`, what its customers do in [`Customer`].

mod api;
mod check;
mod customer;
mod media;
mod receipts;
mod templates;

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::core::{Clock, Core, Entry, Fault, Faults, Hooks, Receipts, Record, Sent, Up, Wire};
use crate::meta::{self, App, GraphError};

pub use customer::Customer;
pub use receipts::Status;

#[derive(Debug, Clone)]
pub struct Options {
    pub port: u16,
    pub webhook_url: Option<String>,
    pub app_id: String,
    pub app_secret: String,
    pub access_token: String,
    pub verify_token: String,
    /// The account, `entry[].id`.
    pub waba_id: String,
    pub phone_number_id: String,
    pub display_phone_number: String,
    /// Every call must prove that it knows the app secret.
    pub needs_proof: bool,
    /// The numbers that a test account may write to; none is no such limit.
    pub allowed_recipients: Option<BTreeSet<String>>,
    /// Writing outside of the window is accepted, and fails afterwards. Otherwise it is refused at once.
    pub window_fails_later: bool,
    pub receipts: Receipts,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            webhook_url: None,
            app_id: "500000000000001".into(),
            app_secret: "test_app_secret".into(),
            access_token: "EAAtesttoken".into(),
            verify_token: "verify-me".into(),
            waba_id: "900000000000001".into(),
            phone_number_id: "100000000000009".into(),
            display_phone_number: "15550001111".into(),
            needs_proof: false,
            allowed_recipients: None,
            window_fails_later: false,
            receipts: Receipts::Automatic,
        }
    }
}

/// WhatsApp, as long as it is not dropped.
pub struct Simulator(Up<Account>);

pub(crate) struct Account {
    core: Core,
    app: Arc<App>,
    options: Options,
    base: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    people: HashMap<String, Person>,
    media: HashMap<String, media::Stored>,
    links: HashMap<String, media::Link>,
    templates: Vec<Value>,
    subscribed: Option<Value>,
    /// What customers wrote, by id, with who wrote it.
    inbound: HashMap<String, String>,
    outbound: HashMap<String, Entry>,
    receipts: Receipts,
}

#[derive(Debug, Clone)]
struct Person {
    phone: String,
    name: String,
    user_id: String,
    hides_number: bool,
    has_blocked: bool,
    has_whatsapp: bool,
    last_wrote_at: Option<DateTime<Utc>>,
}

impl Simulator {
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let port = options.port;
        Ok(Self(
            Up::start(port, |address| Account::new(options, address)).await?,
        ))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// What takes the place of `https://graph.facebook.com`.
    pub fn base(&self) -> String {
        self.account().base.clone()
    }

    pub fn record(&self) -> &Record {
        &self.account().core.record
    }

    pub fn hooks(&self) -> &Hooks {
        &self.account().core.hooks
    }

    pub fn faults(&self) -> &Faults {
        &self.account().core.faults
    }

    pub fn clock(&self) -> &Clock {
        &self.account().core.clock
    }

    pub fn options(&self) -> &Options {
        &self.account().options
    }

    /// The next messages are refused with this code.
    pub fn refuse(&self, times: usize, status: u16, code: u32, title: &str) {
        let error = GraphError {
            status,
            ..GraphError::whatsapp(code, title, title)
        };
        self.faults().next(times, &Fault::Refuse(error.reply()));
    }

    /// The next messages are too many.
    pub fn rate_limit(&self, times: usize) {
        self.refuse(times, 429, 130_429, "Rate limit hit");
    }

    /// Signatures are made with another secret from now on.
    pub fn set_app_secret(&self, secret: &str) {
        secret.clone_into(&mut self.account().app.secret.lock());
    }

    pub fn revoke_token(&self) {
        self.account().app.revoke_token();
    }

    pub fn expire_token_in(&self, time: TimeDelta) {
        self.account()
            .app
            .set_token_expiry((self.clock().now() + time).timestamp());
    }

    pub fn set_receipts(&self, receipts: Receipts) {
        self.account().state.lock().receipts = receipts;
    }

    /// Asks the configured webhook for its challenge. The error is what Meta would show.
    ///
    /// # Errors
    /// When it does not answer with the challenge.
    pub async fn verify_webhook(&self) -> Result<(), String> {
        self.verify_webhook_with(&self.account().options.verify_token)
            .await
    }

    /// The same with another token than the one that the simulator began with.
    ///
    /// # Errors
    /// When it does not answer with the challenge.
    pub async fn verify_webhook_with(&self, verify_token: &str) -> Result<(), String> {
        let account = self.account();
        let url = account.core.hooks.url().unwrap_or_default();
        let verified = account.app.verify(&account.core, &url, verify_token);
        verified.await.map_err(|error| error.message)
    }

    /// Somebody with this number, whom the business does not know yet.
    pub fn customer(&self, phone: &str, name: &str) -> Customer {
        Customer::new(self.0.api.clone(), phone, name)
    }

    /// This number is not on WhatsApp: what is sent there fails.
    pub fn has_no_whatsapp(&self, phone: &str) {
        let mut state = self.account().state.lock();
        let person = state.person(phone, "");
        person.has_whatsapp = false;
    }

    /// A person writes from the business's phone.
    pub async fn business_says(&self, to: &str, text: &str) -> Sent {
        self.account().business_says(to, text).await
    }

    /// Any other event: `account_update`, `message_template_status_update` …
    pub async fn tells(&self, field: &str, value: Value) -> Sent {
        let event = json!({"field": field, "value": value});
        self.account().core.hooks.emit("", event).await
    }

    /// Tells what became of a message, whatever was told before.
    pub async fn tell(&self, message: &str, status: Status) -> Option<u16> {
        self.account().tell(message, status).await
    }

    /// Adds an approved template with so many parameters in its body.
    pub fn add_template(&self, name: &str, language: &str, body: &str) {
        let template = templates::template(name, language, body, "APPROVED");
        self.account().state.lock().templates.push(template);
    }

    /// PAUSED, DISABLED, REJECTED …
    pub fn set_template_status(&self, name: &str, status: &str) {
        for template in &mut self.account().state.lock().templates {
            if template["name"] == name {
                template["status"] = status.into();
            }
        }
    }

    fn account(&self) -> &Account {
        &self.0.api
    }
}

impl Account {
    fn new(options: Options, address: SocketAddr) -> Self {
        let mut app = App::new(
            &options.app_id,
            &options.app_secret,
            &options.access_token,
            &options.verify_token,
        );
        app.needs_proof = options.needs_proof;
        app.scopes = vec!["whatsapp_business_management", "whatsapp_business_messaging"];
        let app = Arc::new(app);
        let wire = Envelope {
            app: app.clone(),
            waba_id: options.waba_id.clone(),
        };
        let state = State {
            receipts: options.receipts,
            templates: templates::first(),
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

    fn new_wamid(&self) -> String {
        use base64::Engine;
        let id = format!("simulated{:014}", self.core.next_id());
        format!("wamid.{}", base64::engine::general_purpose::STANDARD.encode(id))
    }

    /// An event about this number.
    fn change(&self, field: &str, mut value: Value) -> Value {
        value["messaging_product"] = "whatsapp".into();
        value["metadata"] = json!({
            "display_phone_number": self.options.display_phone_number,
            "phone_number_id": self.options.phone_number_id,
        });
        json!({"field": field, "value": value})
    }

    async fn business_says(&self, to: &str, text: &str) -> Sent {
        let id = self.new_wamid();
        let echo = json!({
            "from": self.options.display_phone_number, "to": to, "id": id, "type": "text",
            "timestamp": self.core.clock.seconds().to_string(), "text": {"body": text},
        });
        let change = self.change("smb_message_echoes", json!({"message_echoes": [echo]}));
        self.core.hooks.emit(id, change).await
    }
}

impl State {
    fn person(&mut self, phone: &str, name: &str) -> &mut Person {
        let country = if phone.starts_with("55") { "BR" } else { "US" };
        self.people.entry(phone.to_owned()).or_insert_with(|| Person {
            phone: phone.into(),
            name: name.into(),
            user_id: format!("{country}.{}", user_number(phone)),
            hides_number: false,
            has_blocked: false,
            has_whatsapp: true,
            last_wrote_at: None,
        })
    }
}

/// Always the same for this phone, and nothing that tells it.
fn user_number(phone: &str) -> u64 {
    let hash = crate::core::sha256(phone.as_bytes());
    u64::from_str_radix(&hash[..16], 16).unwrap_or_default()
}

struct Envelope {
    app: Arc<App>,
    waba_id: String,
}

impl Wire for Envelope {
    /// A batch has an entry for what people wrote and one for the rest, as different machines collect them.
    fn payloads(&self, events: Vec<Value>) -> Vec<Value> {
        let is_message = |event: &Value| event["value"]["messages"].is_array();
        let (messages, others): (Vec<_>, Vec<_>) = events.into_iter().partition(is_message);
        let changes = [merge(messages), others];
        let entries = changes.into_iter().filter(|changes| !changes.is_empty());
        let entries: Vec<_> = entries
            .map(|changes| json!({"id": self.waba_id, "changes": changes}))
            .collect();
        vec![json!({"object": "whatsapp_business_account", "entry": entries})]
    }

    fn bytes(&self, payload: &Value) -> Vec<u8> {
        meta::bytes(payload)
    }

    fn headers(&self, body: &[u8], _: u32, _: &Clock) -> Vec<(&'static str, String)> {
        vec![("x-hub-signature-256", self.app.signature(body))]
    }
}

/// One change with all messages. The contacts stand beside each other, each once.
fn merge(changes: Vec<Value>) -> Vec<Value> {
    let mut changes = changes.into_iter();
    let Some(mut first) = changes.next() else {
        return Vec::new();
    };
    for change in changes {
        for list in ["messages", "contacts"] {
            let more = change["value"][list].as_array().cloned().unwrap_or_default();
            let Some(all) = first["value"][list].as_array_mut() else {
                continue;
            };
            for one in more {
                // the same message twice is a duplicate, which is to arrive
                if list == "messages" || !all.contains(&one) {
                    all.push(one);
                }
            }
        }
    }
    vec![first]
}
