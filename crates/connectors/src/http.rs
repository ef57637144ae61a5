//! Calls to vendors: through the guarded client, within a time and a size. Because a message must not be sent twice, it
//! says exactly whether a failed call may have reached the vendor.

use std::time::Duration;

use kernel::outbound::Outbound;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use serde_json::Value;

use crate::lenient;

/// A vendor's answer takes no longer.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Nor more bytes, unless the call says so.
const LARGEST_ANSWER: usize = 1024 * 1024;

/// Whoever asks for a longer pause is taken to mean this one.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(48 * 3600);

/// The reason of [`CallError::Cut`] for an answer over its limit: it will not be smaller next time.
pub const TOO_LARGE: &str = "the answer is too large";

/// The client. Clones share connections.
#[derive(Clone)]
pub struct Http {
    outbound: Outbound,
}

/// One call. Its `Debug` is not derived: address and headers hold secrets.
pub struct Call<'a> {
    method: reqwest::Method,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Body<'a>,
    timeout: Duration,
    largest_answer: usize,
}

enum Body<'a> {
    Empty,
    Json(Value),
    Multipart(Vec<FormPart<'a>>),
}

/// A field of a form, or a file in it.
pub struct FormPart<'a> {
    pub name: &'a str,
    /// Name and MIME type.
    pub file: Option<(&'a str, &'a str)>,
    pub bytes: &'a [u8],
}

/// The vendor answered, with whatever status.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    /// `Retry-After`, at most [`LONGEST_PAUSE`].
    pub retry_after: Option<Duration>,
    pub content_type: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Null if it is not JSON.
    pub fn json(&self) -> Value {
        lenient::value(&self.body).unwrap_or_default()
    }
}

/// There is no answer. None of the texts holds an address or a secret.
#[derive(Debug, Clone, PartialEq)]
pub enum CallError {
    /// This server does not call that address, now or later.
    Refused(String),
    /// The vendor has not seen the call: it was refused here, or no connection came about.
    NotMade(String),
    /// It may have seen it: time was up, or the connection broke, after it was sent.
    Cut(String),
}

impl CallError {
    pub fn reason(&self) -> &str {
        match self {
            Self::Refused(reason) | Self::NotMade(reason) | Self::Cut(reason) => reason,
        }
    }
}

impl<'a> Call<'a> {
    fn new(method: reqwest::Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Body::Empty,
            timeout: TIMEOUT,
            largest_answer: LARGEST_ANSWER,
        }
    }

    pub fn get(url: impl Into<String>) -> Self {
        Self::new(reqwest::Method::GET, url)
    }

    pub fn post(url: impl Into<String>) -> Self {
        Self::new(reqwest::Method::POST, url)
    }

    pub fn patch(url: impl Into<String>) -> Self {
        Self::new(reqwest::Method::PATCH, url)
    }

    pub fn delete(url: impl Into<String>) -> Self {
        Self::new(reqwest::Method::DELETE, url)
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub fn json(mut self, body: Value) -> Self {
        self.body = Body::Json(body);
        self
    }

    pub fn multipart(mut self, parts: Vec<FormPart<'a>>) -> Self {
        self.body = Body::Multipart(parts);
        self
    }

    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// For files.
    pub fn largest_answer(mut self, bytes: usize) -> Self {
        self.largest_answer = bytes;
        self
    }
}

impl Http {
    pub fn new(outbound: Outbound) -> Self {
        Self { outbound }
    }

    /// Makes the call. Redirects are not followed: a 3xx is an answer like any other.
    pub async fn call(&self, call: Call<'_>) -> Result<Answer, CallError> {
        let url = self
            .outbound
            .check(&call.url)
            .map_err(|error| CallError::Refused(error.detail.clone()))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &call.headers {
            let value = HeaderValue::from_str(value).map_err(|_| {
                CallError::NotMade(format!("`{name}` holds characters that no header may hold"))
            })?;
            headers.insert(HeaderName::from_static(name), value);
        }
        let bytes = call.body.encode(&mut headers);
        let request = self.outbound.client().request(call.method, url).headers(headers);
        let request = match bytes {
            Some(bytes) => request.body(bytes),
            None => request,
        };
        let exchange = async {
            let answer = request.send().await.map_err(|error| tell(&error))?;
            read(answer, call.largest_answer).await
        };
        match tokio::time::timeout(call.timeout, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => Err(CallError::Cut(format!(
                "no answer within {} s",
                call.timeout.as_secs()
            ))),
        }
    }
}

/// reqwest's own words name the address, and addresses hold tokens.
fn tell(error: &reqwest::Error) -> CallError {
    if error.is_connect() || error.is_builder() {
        CallError::NotMade("no connection could be made".into())
    } else {
        CallError::Cut("the connection broke before an answer came".into())
    }
}

async fn read(mut answer: reqwest::Response, largest: usize) -> Result<Answer, CallError> {
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let retry_after = header(RETRY_AFTER).and_then(|text| text.parse().ok());
    let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
    let content_type = header(CONTENT_TYPE).unwrap_or_default().to_owned();
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= largest => body.extend_from_slice(&chunk),
            Ok(Some(_)) => return Err(CallError::Cut(TOO_LARGE.into())),
            Ok(None) => break,
            // an error's status alone says enough; a success without its end does not
            Err(_) if !(200..300).contains(&status) => break,
            Err(error) => return Err(tell(&error)),
        }
    }
    Ok(Answer {
        status,
        retry_after,
        content_type,
        body,
    })
}

impl Body<'_> {
    fn encode(self, headers: &mut HeaderMap) -> Option<Vec<u8>> {
        let (content_type, bytes) = match self {
            Body::Empty => return None,
            Body::Json(value) => ("application/json".to_owned(), value.to_string().into_bytes()),
            Body::Multipart(parts) => multipart(&parts),
        };
        if let Ok(value) = HeaderValue::from_str(&content_type) {
            headers.insert(CONTENT_TYPE, value);
        }
        Some(bytes)
    }
}

fn multipart(parts: &[FormPart<'_>]) -> (String, Vec<u8>) {
    let boundary = kernel::secrets::random_name("part");
    let mut bytes = Vec::new();
    for part in parts {
        let name = quoted(part.name);
        bytes.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; name={name}").as_bytes(),
        );
        if let Some((file_name, mime_type)) = part.file {
            let file_name = quoted(file_name);
            let mime_type = mime_type.replace(['\r', '\n'], "");
            bytes
                .extend_from_slice(format!("; filename={file_name}\r\nContent-Type: {mime_type}").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(part.bytes);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), bytes)
}

fn quoted(text: &str) -> String {
    let text = text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    format!("\"{text}\"")
}
