//! A vendor that writes down what it is asked and answers what it was told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use connectors::Http;
use kernel::outbound::Outbound;
use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Call {
    /// `POST /v26.0/1/messages?a=b`.
    pub line: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Call {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn bearer(&self) -> Option<&str> {
        self.headers
            .get("authorization")?
            .to_str()
            .ok()?
            .strip_prefix("Bearer ")
    }
}

#[derive(Default)]
struct Book {
    calls: Vec<Call>,
    answers: VecDeque<(u16, String)>,
}

#[derive(Clone)]
pub struct Recorder {
    book: Arc<Mutex<Book>>,
    pub url: String,
    pub http: Http,
}

impl Recorder {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let book = Arc::new(Mutex::new(Book::default()));
        let routes = axum::Router::new().fallback(note).with_state(book.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let allowed = address.to_string().parse().expect("an address");
        Self {
            book,
            url: format!("http://{address}"),
            http: Http::new(Outbound::new(allowed).expect("a client")),
        }
    }

    /// The next calls are answered like this, in turn; further ones with an empty object.
    pub fn answer(&self, answers: &[(u16, &str)]) {
        let owned = answers.iter().map(|(status, body)| (*status, (*body).to_owned()));
        self.book.lock().expect("no panic").answers = owned.collect();
    }

    /// What was asked since the last time.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.book.lock().expect("no panic").calls)
    }
}

async fn note(
    State(book): State<Arc<Mutex<Book>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut book = book.lock().expect("no panic");
    book.calls.push(Call {
        line: format!("{method} {uri}"),
        headers,
        body: body.to_vec(),
    });
    let (status, body) = book.answers.pop_front().unwrap_or((200, "{}".to_owned()));
    (StatusCode::from_u16(status).expect("a status"), body).into_response()
}
