//! A program on this machine that is told what happens: it keeps what it was sent, and answers as the test wants.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use kernel::standard_webhooks;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Mutex as AsyncMutex, mpsc};

/// A running receiver. It ends with the test.
pub struct Receiver {
    address: SocketAddr,
    reply: Arc<Mutex<Reply>>,
    requests: AsyncMutex<mpsc::UnboundedReceiver<Received>>,
}

/// What it answers.
#[derive(Debug, Clone)]
pub enum Reply {
    Status(u16),
    /// With a header.
    With(u16, &'static str, String),
    /// With a long body.
    Long(usize),
    /// Never.
    Nothing,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

#[derive(Clone)]
struct Desk {
    reply: Arc<Mutex<Reply>>,
    requests: mpsc::UnboundedSender<Received>,
}

impl Receiver {
    /// Answers 200 unless it is told otherwise.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        Self::start_on(listener.expect("a free port"))
    }

    /// Where somebody knows it already.
    pub fn start_on(listener: TcpListener) -> Self {
        let address = listener.local_addr().expect("an address");
        let (sender, requests) = mpsc::unbounded_channel();
        let reply = Arc::new(Mutex::new(Reply::Status(200)));
        let desk = Desk {
            reply: reply.clone(),
            requests: sender,
        };
        let router = Router::new().fallback(receive).with_state(desk);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            address,
            reply,
            requests: AsyncMutex::new(requests),
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// From now on.
    pub fn reply(&self, reply: Reply) {
        *self.reply.lock().expect("no thread panicked") = reply;
    }

    /// The next request that was not asked for yet, waiting for it.
    ///
    /// # Panics
    /// When none comes for a minute.
    pub async fn next(&self) -> Received {
        let mut requests = self.requests.lock().await;
        let next = tokio::time::timeout(std::time::Duration::from_secs(60), requests.recv()).await;
        next.expect("a request within a minute")
            .expect("the receiver runs")
    }

    /// What has come and was not asked for yet.
    pub async fn rest(&self) -> Vec<Received> {
        let mut requests = self.requests.lock().await;
        std::iter::from_fn(|| requests.try_recv().ok()).collect()
    }
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_else(|| panic!("no {name}: {:?}", self.headers))
    }

    pub fn id(&self) -> &str {
        self.header(standard_webhooks::ID)
    }

    /// Unix seconds.
    pub fn timestamp(&self) -> i64 {
        let text = self.header(standard_webhooks::TIMESTAMP);
        text.parse().expect("unix seconds")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().expect("a type").to_owned()
    }

    /// Whether this secret has signed it, at the time that it names.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let headers = [
            self.id(),
            self.header(standard_webhooks::TIMESTAMP),
            self.header(standard_webhooks::SIGNATURE),
        ];
        let at = chrono::DateTime::from_timestamp(self.timestamp(), 0).expect("a time");
        standard_webhooks::is_signed(secret, headers, &self.body, at)
    }
}

async fn receive(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let received = Received {
        headers,
        body: body.to_vec(),
    };
    let reply = desk.reply.lock().expect("no thread panicked").clone();
    let _ = desk.requests.send(received);
    let (status, header, body) = match reply {
        Reply::Status(status) => (status, None, Body::empty()),
        Reply::With(status, name, value) => (status, Some((name, value)), Body::empty()),
        Reply::Long(bytes) => (200, None, Body::from("x".repeat(bytes))),
        Reply::Nothing => std::future::pending().await,
    };
    let mut response = Response::builder().status(status);
    if let Some((name, value)) = header {
        response = response.header(name, value);
    }
    response.body(body).expect("a response")
}
