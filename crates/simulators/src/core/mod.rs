//! What every simulated vendor stands on: a server whose connections can fail on purpose, the record of what it
//! accepted, the hooks it posts and its clock. Start with [`Core`].

mod clock;
mod faults;
mod hooks;
mod record;
mod server;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use clock::Clock;
pub use faults::{Fault, Faults, Reply};
pub use hooks::{Hooks, Order, Post, Sent, Wire};
pub use record::{Button, Entry, Kind, Record};
pub use server::{Api, Call, Part};

use server::Running;

/// The parts that do not depend on the vendor.
pub struct Core {
    pub clock: Clock,
    pub faults: Faults,
    pub hooks: Hooks,
    pub record: Record,
    ids: AtomicU64,
}

impl Core {
    pub fn new(webhook_url: Option<String>, wire: Box<dyn Wire>) -> Self {
        let clock = Clock::default();
        Self {
            faults: Faults::default(),
            hooks: Hooks::new(webhook_url, wire, clock.clone()),
            record: Record::new(clock.clone()),
            clock,
            // begins somewhere else each time: whoever keeps ids must not meet them again in the next run
            ids: AtomicU64::new(random() % 1_000_000_000 * 1_000),
        }
    }

    /// A number that this vendor has not given before; each is larger than the last.
    pub fn next_id(&self) -> u64 {
        self.ids.fetch_add(1, Ordering::Relaxed)
    }
}

/// A vendor that is up: it goes down, with all its connections, when this is dropped.
pub struct Up<A> {
    pub api: Arc<A>,
    pub address: SocketAddr,
    _running: Running,
}

impl<A: Api> Up<A> {
    /// # Errors
    /// When the port is taken.
    pub async fn start(port: u16, make: impl FnOnce(SocketAddr) -> A) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let api = Arc::new(make(address));
        Ok(Self {
            _running: Running::start(listener, api.clone()),
            api,
            address,
        })
    }
}

/// When the vendor tells what became of an accepted message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Receipts {
    /// Not at all, or by the test's own hand.
    Off,
    /// By itself, soon after the call was answered.
    #[default]
    Automatic,
    /// By itself, before the call is answered.
    BeforeAnswer,
}

/// Something that a customer attached, or that a business uploaded.
#[derive(Debug, Clone)]
pub struct File {
    pub name: Option<String>,
    pub mime_type: String,
    pub bytes: axum::body::Bytes,
}

impl File {
    pub fn new(name: &str, mime_type: &str, bytes: impl Into<axum::body::Bytes>) -> Self {
        Self {
            name: Some(name.into()),
            mime_type: mime_type.into(),
            bytes: bytes.into(),
        }
    }

    pub(crate) fn reply(&self) -> Reply {
        Reply::new(200, &self.mime_type, self.bytes.clone())
    }

    /// image, audio, video or document.
    pub(crate) fn kind(&self) -> &'static str {
        match self.mime_type.split('/').next() {
            Some("image") => "image",
            Some("audio") => "audio",
            Some("video") => "video",
            _ => "document",
        }
    }
}

pub fn random() -> u64 {
    getrandom::u64().expect("the system gives random numbers")
}

/// So many random bytes in hexadecimal.
pub fn random_hex(bytes: usize) -> String {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer).expect("the system gives random numbers");
    hex::encode(buffer)
}

/// In the form of a version 4 UUID.
pub fn random_uuid() -> String {
    let hex = random_hex(16);
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}

pub fn hmac_sha256(key: &[u8], message: &[u8]) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(key).expect("any key length is valid");
    mac.update(message);
    hex::encode(mac.finalize().into_bytes())
}

pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(bytes))
}
