//! A webhook that takes what vendors post, a client, and HMAC from its definition.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

#[derive(Debug, Clone)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no {name}"));
        value.to_str().expect("a text")
    }
}

/// A webhook that answers as it is told, and challenges as Meta wants it for the token `verify-me`.
pub struct Receiver {
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    received: Mutex<Vec<Received>>,
    tokens: Mutex<Vec<String>>,
    length: watch::Sender<usize>,
    answer: Mutex<(u16, String)>,
}

impl Receiver {
    pub async fn start() -> Self {
        let shared = Arc::new(Shared {
            received: Mutex::default(),
            tokens: Mutex::default(),
            length: watch::Sender::new(0),
            answer: Mutex::new((200, String::new())),
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(take).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, shared }
    }

    pub fn answer(&self, status: u16, body: &str) {
        *self.shared.answer.lock().expect("a lock") = (status, body.to_owned());
    }

    pub fn all(&self) -> Vec<Received> {
        self.shared.received.lock().expect("a lock").clone()
    }

    /// The tokens of the challenges.
    pub fn verified_with(&self) -> Vec<String> {
        self.shared.tokens.lock().expect("a lock").clone()
    }

    pub fn last(&self) -> Received {
        self.all().pop().expect("something was posted")
    }

    pub async fn wait_for(&self, posts: usize) -> Vec<Received> {
        let mut length = self.shared.length.subscribe();
        length
            .wait_for(|length| *length >= posts)
            .await
            .expect("a sender");
        self.all()
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, String) {
    if method == Method::GET {
        let query = query.unwrap_or_default();
        let pairs: std::collections::HashMap<_, _> = url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let token = pairs["hub.verify_token"].clone();
        shared.tokens.lock().expect("a lock").push(token);
        let is_right = pairs["hub.mode"] == "subscribe" && pairs["hub.verify_token"] == "verify-me";
        let status = if is_right {
            StatusCode::OK
        } else {
            StatusCode::FORBIDDEN
        };
        return (status, pairs["hub.challenge"].clone());
    }
    let received = Received {
        headers,
        body: body.to_vec(),
    };
    let mut all = shared.received.lock().expect("a lock");
    all.push(received);
    shared.length.send_replace(all.len());
    let (status, text) = shared.answer.lock().expect("a lock").clone();
    (StatusCode::from_u16(status).expect("a status"), text)
}

/// RFC 2104, by hand.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> String {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message);
    let outer = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner.finalize());
    hex::encode(outer.finalize())
}

pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

/// The status and the body.
pub async fn answer(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}
