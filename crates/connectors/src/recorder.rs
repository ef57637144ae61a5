//! A vendor for tests: keeps what it is sent and answers what it is told to.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::http::Http;

pub(crate) struct Recorder {
    pub http: Http,
    pub url: String,
    seen: Seen,
    answers: Answers,
}

type Seen = Arc<Mutex<Vec<Value>>>;
type Answers = Arc<Mutex<Vec<(u16, Vec<u8>)>>>;

impl Recorder {
    /// Answers these, in turn, and then 200 with nothing.
    pub(crate) async fn answering(answers: &[(u16, Value)]) -> Self {
        let answers = answers
            .iter()
            .map(|(status, body)| (*status, body.to_string().into_bytes()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let recorder = Self {
            http: http(&address.to_string()),
            url: format!("http://{address}"),
            seen: Seen::default(),
            answers: Arc::new(Mutex::new(answers.collect())),
        };
        let state = (recorder.seen.clone(), recorder.answers.clone());
        let router = axum::Router::new().fallback(record).with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await });
        recorder
    }

    pub(crate) fn then(&self, status: u16, bytes: &[u8]) {
        self.answers.lock().unwrap().push((status, bytes.to_vec()));
    }

    /// What was called since the last time, in order.
    pub(crate) fn calls(&self) -> Vec<Value> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// A vendor that takes the call and hangs up: the client and the address.
pub(crate) async fn hanging_up() -> (Http, String) {
    use tokio::io::AsyncReadExt as _;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 4096]).await;
        }
    });
    (http(&address.to_string()), format!("http://{address}"))
}

/// A vendor that is not there.
pub(crate) async fn absent() -> (Http, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (http(&address.to_string()), format!("http://{address}"))
}

fn http(address: &str) -> Http {
    let allow = address.parse().unwrap();
    Http::new(kernel::outbound::Outbound::new(allow).unwrap())
}

async fn record(
    State((seen, answers)): State<(Seen, Answers)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Vec<u8>) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let names = headers.keys().map(|name| name.as_str());
    let own = names.filter(|name| {
        !matches!(
            *name,
            "host" | "accept" | "content-length" | "user-agent" | "content-type"
        )
    });
    let own: serde_json::Map<String, Value> =
        own.map(|name| (name.to_owned(), json!(header(name)))).collect();
    // the boundary of a form is another one each time
    let content_type = header("content-type").unwrap_or_default();
    let boundary = content_type.split("boundary=").nth(1).unwrap_or("\0");
    let text = String::from_utf8_lossy(&body).replace(boundary, "BOUNDARY");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    seen.lock().unwrap().push(json!({
        "call": format!("{method} {uri}"),
        "headers": own,
        "body": body,
    }));
    let mut answers = answers.lock().unwrap();
    let (status, bytes) = if answers.is_empty() {
        (200, Vec::new())
    } else {
        answers.remove(0)
    };
    (StatusCode::from_u16(status).unwrap(), bytes)
}

/// An account with these values.
pub(crate) fn account(id: &str, verify_token: &str, values: &[(&str, &str)]) -> crate::Account {
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    crate::Account {
        id: id.to_owned(),
        verify_token: verify_token.to_owned(),
        webhook_url: "https://rapport.example/hooks/test".to_owned(),
        values: values.iter().map(own).collect(),
    }
}

/// A piece of the bot for this thread.
pub(crate) fn piece<'a>(thread: &'a str, part: &'a crate::Part) -> crate::outbound::Piece<'a> {
    crate::outbound::Piece {
        delivery_id: "018f4c1e-0000-7000-8000-000000000001",
        thread,
        part,
        bytes: &[],
        link: "",
        reply_to: None,
        is_human: false,
        sender_name: Some("Shop"),
        is_outside_window: false,
    }
}

pub(crate) fn said(text: &str, choices: &[(&str, &str)]) -> crate::Part {
    let choice = |(label, value): &(&str, &str)| crate::outbound::Choice {
        label: (*label).to_owned(),
        value: (*value).to_owned(),
    };
    crate::Part::Text {
        text: text.to_owned(),
        choices: choices.iter().map(choice).collect(),
    }
}

/// What is made of each recorded body of a vendor, by its name.
pub(crate) fn fixtures(vendor: &str, make: impl Fn(Vec<u8>) -> Value) -> Value {
    let folder = format!("{}/fixtures/{vendor}", env!("CARGO_MANIFEST_DIR"));
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, make(std::fs::read(path).unwrap()))
    };
    std::fs::read_dir(folder).unwrap().map(read).collect()
}

/// The recorded bodies of a vendor, each with one of its values put out of shape.
pub(crate) fn distorted(vendor: &str) -> Vec<String> {
    let bodies = fixtures(vendor, |body| serde_json::from_slice(&body).unwrap());
    let bodies = bodies.as_object().unwrap().values();
    bodies.flat_map(|body| distortions(body, "")).collect()
}

fn distortions(body: &Value, path: &str) -> Vec<String> {
    let node = body.pointer(path).unwrap();
    let odd = [
        json!(null),
        json!("é"),
        json!([]),
        json!({}),
        json!(-1),
        json!(u64::MAX),
        json!([[7]]),
    ];
    let with = |odd: Value| {
        let mut body = body.clone();
        *body.pointer_mut(path).unwrap() = odd;
        body.to_string()
    };
    let mut all: Vec<String> = odd.into_iter().map(with).collect();
    let below: Vec<String> = match node {
        Value::Object(fields) => fields.keys().map(|key| format!("{path}/{key}")).collect(),
        Value::Array(items) => (0..items.len()).map(|index| format!("{path}/{index}")).collect(),
        _ => Vec::new(),
    };
    for path in below {
        all.extend(distortions(body, &path));
    }
    all
}
