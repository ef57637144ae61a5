//! One request to a provider: sends it, and turns every way to fail into a [`ChatError`].

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use url::Url;

use crate::error::{ChatError, Wait, shorten};

/// Most of an error's body that is read, in bytes.
const MAX_ERROR_BODY: usize = 64 << 10;

/// A provider's key. Never shown: `Debug` prints only that there is one.
#[derive(Clone, Default)]
pub struct ApiKey(String);

impl ApiKey {
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A header that carries the key and is marked as secret.
    pub(crate) fn header(&self, prefix: &str) -> Result<HeaderValue, ChatError> {
        let mut value =
            HeaderValue::from_str(&format!("{prefix}{}", self.0)).map_err(|_| ChatError::Unauthorised)?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// The text without the key, should a provider repeat it.
    pub(crate) fn redact(&self, text: &str) -> String {
        if self.0.len() < 4 {
            text.to_owned()
        } else {
            text.replace(&self.0, "…")
        }
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_empty() {
            "ApiKey(none)"
        } else {
            "ApiKey(…)"
        })
    }
}

/// Where to send what.
pub(crate) struct HttpRequest {
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Appends path segments to a base URL, with or without a slash at its end.
pub(crate) fn endpoint(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

/// Sends a request. Anything but a success is an error, its body read and classified.
pub(crate) async fn post(
    client: &reqwest::Client,
    request: &HttpRequest,
    key: &ApiKey,
) -> Result<Response, ChatError> {
    let sent = client
        .post(request.url.clone())
        .headers(request.headers.clone())
        .json(&request.body)
        .send()
        .await;
    let response = sent.map_err(|error| network(&error))?;
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    let headers = response.headers().clone();
    let body = read_some(response, MAX_ERROR_BODY).await;
    Err(classify(status, &headers, &body, key))
}

/// The body up to a limit; what a broken connection withholds is left out.
pub(crate) async fn read_some(mut response: Response, limit: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = limit - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == limit {
            break;
        }
    }
    body
}

/// Whether the response declares this content type.
pub(crate) fn has_type(response: &Response, expected: &str) -> bool {
    let declared = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    declared.is_some_and(|declared| {
        let essence = declared.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case(expected)
    })
}

pub(crate) fn network(error: &reqwest::Error) -> ChatError {
    if error.is_connect() && error.is_timeout() {
        return ChatError::Timeout(Wait::Connect);
    }
    // The error's own text may name the whole URL; its kind is enough.
    ChatError::Network(
        if error.is_connect() {
            "no connection"
        } else {
            "the connection broke"
        }
        .into(),
    )
}

/// An error body of a provider, whatever its status was.
pub(crate) fn classify(status: StatusCode, headers: &HeaderMap, body: &[u8], key: &ApiKey) -> ChatError {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let error = ProviderError::parse(&body);
    let detail = || shorten(&key.redact(&error.message));
    match status.as_u16() {
        401 | 403 => ChatError::Unauthorised,
        // Gemini's words for a wrong key.
        400 if error.message.contains("API key not valid") => ChatError::Unauthorised,
        402 => ChatError::QuotaSpent,
        429 if error.is_quota() => ChatError::QuotaSpent,
        408 | 409 => ChatError::Overloaded {
            status: Some(status.as_u16()),
        },
        429 => ChatError::RateLimited {
            retry_after: retry_after(headers, &body),
        },
        500.. => ChatError::Overloaded {
            status: Some(status.as_u16()),
        },
        code => ChatError::Refused {
            status: code,
            detail: detail(),
        },
    }
}

/// An error in the middle of a stream, or under a 200: told apart by its words alone.
pub(crate) fn classify_inline(body: &Value, key: &ApiKey) -> ChatError {
    let error = ProviderError::parse(body);
    let code = format!("{} {}", error.code, error.kind).to_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| code.contains(word));
    if error.is_quota() {
        ChatError::QuotaSpent
    } else if any(&["rate_limit", "slow_down", "resource_exhausted", "429"]) {
        ChatError::RateLimited {
            retry_after: retry_after(&HeaderMap::new(), body),
        }
    } else if any(&[
        "overloaded",
        "server_error",
        "api_error",
        "timeout_error",
        "internal",
        "unavailable",
        "50",
    ]) {
        ChatError::Overloaded { status: None }
    } else if any(&["authentication", "permission", "invalid_api_key"]) {
        ChatError::Unauthorised
    } else {
        ChatError::invalid(format!("an error: {}", key.redact(&error.message)))
    }
}

/// The parts that all providers' errors have in one form or another.
#[derive(Default)]
struct ProviderError {
    message: String,
    code: String,
    kind: String,
}

impl ProviderError {
    fn parse(body: &Value) -> Self {
        // Gemini wraps the object in a list when it was asked for a stream.
        let body = body.get(0).unwrap_or(body);
        let error = body.get("error").unwrap_or(body);
        let text = |name: &str| match error.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let message = error.as_str().map_or_else(|| text("message"), str::to_owned);
        Self {
            message,
            code: text("code"),
            kind: text("type") + &text("status"),
        }
    }

    fn is_quota(&self) -> bool {
        let billing = ["insufficient_quota", "credit_balance_exhausted", "billing_error"];
        billing
            .iter()
            .any(|name| self.code == *name || self.kind == *name)
    }
}

/// How long the provider wants to be left alone: a header, or Gemini's `RetryInfo`.
fn retry_after(headers: &HeaderMap, body: &Value) -> Option<Duration> {
    let header = |name: HeaderName| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = header(HeaderName::from_static("retry-after-ms"))
        .map(|milliseconds| milliseconds / 1000.0)
        .or_else(|| header(reqwest::header::RETRY_AFTER))
        .or_else(|| retry_delay(body))?;
    Duration::try_from_secs_f64(seconds).ok()
}

fn retry_delay(body: &Value) -> Option<f64> {
    let details = body
        .get(0)
        .unwrap_or(body)
        .pointer("/error/details")?
        .as_array()?;
    let delay = details
        .iter()
        .find_map(|detail| detail.get("retryDelay")?.as_str())?;
    delay.strip_suffix('s')?.parse().ok()
}
