//! A business's own program behind the plain interface: it passes on what its people write and is sent the replies, both
//! signed after Standard Webhooks with one secret. Start with [`Simulator::start`].

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::core::{
    Api, Call, Clock, Core, Entry, Faults, File, Hooks, Kind, Receipts, Record, Reply, Sent, Up, Wire,
    hmac_sha256, random_hex,
};

#[derive(Debug, Clone)]
pub struct Options {
    pub port: u16,
    pub webhook_url: Option<String>,
    /// `whsec_` and the base64 of the key.
    pub secret: String,
    pub receipts: Receipts,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            webhook_url: None,
            secret: "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into(),
            receipts: Receipts::Automatic,
        }
    }
}

/// The program, as long as it is not dropped.
pub struct Simulator(Up<Program>);

pub(crate) struct Program {
    core: Core,
    secret: Arc<Mutex<String>>,
    receipts: Receipts,
    base: String,
    /// Ids that were taken: what comes again is dropped, as it was asked to.
    taken: Mutex<BTreeSet<String>>,
    files: Mutex<Vec<(String, File)>>,
}

impl Simulator {
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let port = options.port;
        Ok(Self(
            Up::start(port, |address| Program::new(options, address)).await?,
        ))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Where it takes replies.
    pub fn callback_url(&self) -> String {
        format!("{}/replies", self.0.api.base)
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

    pub fn secret(&self) -> String {
        self.0.api.secret.lock().clone()
    }

    /// Calls are signed with another secret from now on.
    pub fn set_secret(&self, secret: &str) {
        secret.clone_into(&mut self.0.api.secret.lock());
    }

    pub fn customer(&self, id: &str, name: &str) -> Customer {
        Customer {
            program: self.0.api.clone(),
            id: id.into(),
            name: name.into(),
        }
    }

    /// Any call.
    pub async fn tells(&self, content: Value) -> Sent {
        self.0.api.core.hooks.emit("", content).await
    }
}

/// Somebody who uses the program. Clones are the same one.
#[derive(Clone)]
pub struct Customer {
    program: Arc<Program>,
    id: String,
    name: String,
}

impl Customer {
    pub fn id(&self) -> &str {
        &self.id
    }

    pub async fn says(&self, text: &str) -> Sent {
        self.sends(json!({"text": text})).await
    }

    pub async fn replies(&self, to: &str, text: &str) -> Sent {
        self.sends(json!({"text": text, "reply_to": to})).await
    }

    pub async fn sends_file(&self, file: File, caption: Option<&str>) -> Sent {
        let key = random_hex(16);
        let url = format!("{}/files/{key}", self.program.base);
        let attachment = json!({"url": url, "name": file.name, "mime_type": file.mime_type});
        self.program.files.lock().push((key, file));
        self.sends(json!({"text": caption.unwrap_or_default(), "attachments": [attachment]}))
            .await
    }

    /// Sends any message; `id` and `from` are filled in where they are missing.
    pub async fn sends(&self, mut message: Value) -> Sent {
        let id = match message["id"].as_str() {
            Some(id) => id.to_owned(),
            None => format!("in_{}", random_hex(12)),
        };
        message["id"] = id.clone().into();
        if message["from"].is_null() {
            message["from"] = json!({"id": self.id, "name": self.name});
        }
        self.program.core.hooks.emit(id, message).await
    }
}

impl Program {
    fn new(options: Options, address: SocketAddr) -> Self {
        let secret = Arc::new(Mutex::new(options.secret));
        Self {
            core: Core::new(options.webhook_url, Box::new(Envelope(secret.clone()))),
            secret,
            receipts: options.receipts,
            base: format!("http://{address}"),
            taken: Mutex::default(),
            files: Mutex::default(),
        }
    }

    fn is_signed(&self, call: &Call) -> bool {
        let header = |name| call.header(name).unwrap_or_default();
        let expected = signature(
            &self.secret.lock(),
            header("webhook-id"),
            header("webhook-timestamp"),
            &call.body,
        );
        header("webhook-signature").split(' ').any(|one| one == expected)
    }

    fn take(self: Arc<Self>, call: &Call) -> Reply {
        if !self.is_signed(call) {
            return Reply::json(401, &json!({"error": "the signature does not fit"}));
        }
        let Some(body) = call.json().filter(|body| body["id"].is_string()) else {
            return Reply::json(422, &json!({"error": "id is missing"}));
        };
        if body["type"] == "ping" {
            return Reply::ok(&json!({}));
        }
        let id = body["id"].as_str().unwrap_or_default().to_owned();
        if call.header("webhook-id") != Some(id.as_str()) {
            return Reply::json(422, &json!({"error": "id and webhook-id differ"}));
        }
        if self.taken.lock().insert(id.clone()) {
            self.core.record.add(entry(&id, body.clone()));
            if self.receipts == Receipts::Automatic {
                tokio::spawn(async move { self.tell_fate(&id, &body["thread"]).await });
            }
        }
        Reply::ok(&json!({}))
    }

    async fn tell_fate(&self, id: &str, thread: &Value) {
        for status in ["delivered", "read"] {
            let told = json!({"status": status, "message_id": id, "thread": thread});
            self.core.hooks.emit(id, told).await;
        }
    }
}

fn entry(id: &str, body: Value) -> Entry {
    use crate::core::Button;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (recipient, said) = (text(&body["thread"]), text(&body["text"]));
    let said = match body["attachment"]["name"].as_str() {
        Some(name) if said.is_empty() => name.to_owned(),
        _ => said,
    };
    let choices = body["choices"].as_array().into_iter().flatten();
    let buttons = choices
        .map(|choice| Button::reply(&choice["label"], &choice["value"]))
        .collect();
    let mut entry = Entry::new(Kind::Message, id, &recipient, &said, body);
    entry.correlation = Some(id.to_owned());
    entry.buttons = buttons;
    entry
}

impl Api for Program {
    fn core(&self) -> &Core {
        &self.core
    }

    fn sends(&self, call: &Call) -> bool {
        call.method == "POST"
    }

    async fn answer(self: Arc<Self>, call: Call) -> Reply {
        match (call.method.as_str(), call.segments().as_slice()) {
            ("POST", ["replies"]) => self.take(&call),
            ("GET", ["files", key]) => {
                let files = self.files.lock();
                let found = files.iter().find(|(known, _)| known == key);
                found.map_or_else(|| Reply::json(404, &json!({})), |(_, file)| file.reply())
            }
            _ => Reply::json(404, &json!({})),
        }
    }
}

struct Envelope(Arc<Mutex<String>>);

impl Wire for Envelope {
    fn headers(&self, body: &[u8], _: u32, clock: &Clock) -> Vec<(&'static str, String)> {
        let (id, at) = (format!("wh_{}", random_hex(12)), clock.seconds().to_string());
        let signature = signature(&self.0.lock(), &id, &at, body);
        vec![
            ("webhook-id", id),
            ("webhook-timestamp", at),
            ("webhook-signature", signature),
        ]
    }
}

fn signature(secret: &str, id: &str, at: &str, body: &[u8]) -> String {
    let key = secret.strip_prefix("whsec_").unwrap_or_default();
    let key = STANDARD.decode(key).unwrap_or_default();
    let content = [id.as_bytes(), b".", at.as_bytes(), b".", body].concat();
    let digest = hex::decode(hmac_sha256(&key, &content)).unwrap_or_default();
    format!("v1,{}", STANDARD.encode(digest))
}
