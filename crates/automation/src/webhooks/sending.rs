//! One request to an endpoint: signed, through the guarded client, within limits of time and size.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use kernel::secrets::MasterKey;
use kernel::standard_webhooks as standard;
use kernel::{Result, TenantTx};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use uuid::Uuid;

use super::endpoints::{SealedEndpoint, context};
use crate::Context;

/// An attempt that takes longer has failed.
pub const LONGEST: Duration = Duration::from_secs(15);
/// So much of an answer is read.
const MOST_READ: usize = 64 * 1024;
/// So much of it is kept, in characters.
const KEPT: usize = 500;

/// An endpoint with its secrets, in memory for some requests.
pub struct Target {
    pub url: String,
    /// The new one, and the one before it while that still counts.
    secrets: Vec<String>,
}

impl Target {
    pub fn open(tx: &TenantTx, master_key: &MasterKey, endpoint: &SealedEndpoint) -> Result<Self> {
        let context = context(tx.tenant_id(), endpoint.id);
        let counts = |until: &DateTime<Utc>| *until > tx.now();
        let previous = endpoint.previous_secret.as_ref();
        let previous = previous.filter(|_| endpoint.previous_secret_until.as_ref().is_some_and(counts));
        let sealed = [Some(&endpoint.encrypted_secret), previous];
        let secrets = sealed.into_iter().flatten();
        let secrets: Result<Vec<_>> = secrets.map(|sealed| master_key.open(&context, sealed)).collect();
        Ok(Self {
            url: endpoint.url.clone(),
            secrets: secrets?,
        })
    }
}

/// What came of a request.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub started_at: DateTime<Utc>,
    pub duration_ms: i32,
    /// None: nothing came.
    pub status: Option<u16>,
    /// Its first characters.
    pub text: String,
    pub retry_after: Option<String>,
    /// None: it succeeded.
    pub error: Option<&'static str>,
}

/// The value of `webhook-id`.
pub fn webhook_id(event: Uuid) -> String {
    format!("msg_{}", event.simple())
}

pub async fn send(ctx: &Context, target: &Target, event: Uuid, body: &str) -> Attempt {
    let (started_at, started) = (ctx.db.clock.now(), Instant::now());
    let mut attempt = Attempt {
        started_at,
        duration_ms: 0,
        status: None,
        text: String::new(),
        retry_after: None,
        error: Some("timeout"),
    };
    // what was heard before the time was up stays
    let _ = tokio::time::timeout(LONGEST, request(ctx, target, event, body, &mut attempt)).await;
    attempt.duration_ms = i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX);
    attempt
}

async fn request(ctx: &Context, target: &Target, event: Uuid, body: &str, attempt: &mut Attempt) {
    let Ok(url) = check(ctx, &target.url) else {
        attempt.error = Some("address_not_allowed");
        return;
    };
    let (id, at) = (webhook_id(event), attempt.started_at.timestamp());
    let secrets = target.secrets.iter().map(String::as_str);
    let request = ctx.outbound.client().post(url).body(body.to_owned());
    let request = request
        .header(CONTENT_TYPE, "application/json")
        .header(standard::ID, &id)
        .header(standard::TIMESTAMP, at)
        .header(
            standard::SIGNATURE,
            standard::signature(secrets, &id, at, body.as_bytes()),
        );
    let mut answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => {
            attempt.error = Some(if error.is_timeout() {
                "timeout"
            } else {
                "no_connection"
            });
            return;
        }
    };
    attempt.status = Some(answer.status().as_u16());
    attempt.error = error_of(answer.status().as_u16());
    let retry_after = answer.headers().get(RETRY_AFTER);
    attempt.retry_after = retry_after
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let mut read = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        read.extend_from_slice(&chunk[..chunk.len().min(MOST_READ - read.len())]);
        attempt.text = excerpt(&read);
        if read.len() == MOST_READ {
            return;
        }
    }
}

/// The address, if it may be called. Plain HTTP is for destinations that the operator has named.
pub fn check(ctx: &Context, url: &str) -> Result<reqwest::Url> {
    let url = ctx.outbound.check(url)?;
    if url.scheme() != "https" && !ctx.outbound.is_opened_by_operator(&url) {
        return Err(kernel::error::invalid(
            "https_needed",
            "A webhook holds what your customers write, so its address must begin with https://.",
        ));
    }
    Ok(url)
}

fn error_of(status: u16) -> Option<&'static str> {
    match status {
        200..=299 => None,
        300..=399 => Some("redirect"),
        410 => Some("gone"),
        429 | 502 | 504 => Some("overloaded"),
        _ => Some("refused"),
    }
}

/// Without what no database column holds.
fn excerpt(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(4 * KEPT)];
    let text = String::from_utf8_lossy(start);
    text.chars().filter(|c| *c != '\0').take(KEPT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_and_can_be_stored() {
        assert_eq!(excerpt(b"ok\0!"), "ok!");
        assert_eq!(
            excerpt("\u{1f600}".repeat(9_000).as_bytes()).chars().count(),
            KEPT
        );
    }

    #[test]
    fn only_two_hundreds_succeed() {
        for (status, error) in [
            (200, None),
            (204, None),
            (301, Some("redirect")),
            (400, Some("refused")),
            (410, Some("gone")),
            (429, Some("overloaded")),
            (500, Some("refused")),
            (504, Some("overloaded")),
        ] {
            assert_eq!(error_of(status), error, "{status}");
        }
    }
}
