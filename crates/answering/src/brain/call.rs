//! The call itself: guarded, within a time and a size, streamed where the workflow streams.

use std::time::Duration;

use kernel::ids::MessageId;
use kernel::{Reason, TenantProof};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::read::{self, Piece};
use super::{Brain, ErrorType, Failure, Heard, LONGEST, seal_context};
use crate::Context;
use crate::pipeline::{Delta, Sink};

/// More of an answer is not read.
const LARGEST: usize = 1024 * 1024;
/// A call that surely did nothing is made once more after this.
const PAUSE: Duration = Duration::from_millis(500);

fn failure(error_type: ErrorType, reason: Reason) -> Failure {
    Failure { error_type, reason }
}

pub fn no_text() -> Failure {
    let reason = Reason::new("no_text", "There was no text in the workflow's answer.");
    failure(ErrorType::NoAnswer, reason)
}

/// For a test, which waits for nothing.
pub fn only_started() -> Failure {
    let reason = Reason::new(
        "only_started",
        "The workflow says that it was started. Whether it answers later cannot be tried here.",
    );
    failure(ErrorType::NoAnswer, reason)
}

pub fn nothing_later(brain: &Brain) -> Failure {
    let reason = Reason::new(
        "nothing_later",
        "The workflow was started, but sent no answer to `replyUrl` within {seconds} s.",
    );
    let reason = reason.with("seconds", brain.timeout.as_secs());
    failure(ErrorType::Timeout, reason)
}

/// The workflow's words, if it has any yet.
pub async fn ask(
    ctx: &Context,
    proof: &impl TenantProof,
    brain: &Brain,
    message: Option<MessageId>,
    body: &Value,
    sink: &Sink,
) -> Result<Heard, Failure> {
    let url = ctx
        .outbound
        .check(&brain.url)
        .map_err(|error| failure(ErrorType::Refused, refused(error.detail)))?;
    let headers = headers(ctx, proof, brain, message)?;
    let work = async {
        let mut is_second = false;
        loop {
            let request = ctx.outbound.client().post(url.clone());
            let sent = request
                .headers(headers.clone())
                .body(body.to_string())
                .send()
                .await;
            // workflows are not idempotent: only what surely did not begin is asked again. A proxy that answers 502 or 504
            // may have passed the call on.
            let may_ask_again = match &sent {
                Err(error) => error.is_connect(),
                Ok(answer) => answer.status() == StatusCode::SERVICE_UNAVAILABLE,
            };
            if may_ask_again && !is_second {
                is_second = true;
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            let answer = sent.map_err(|error| not_answered(&error))?;
            return hear(answer, sink).await;
        }
    };
    match tokio::time::timeout(brain.timeout, work).await {
        Ok(outcome) => outcome,
        Err(_) => {
            let reason = Reason::new("timeout", "The workflow did not answer within {seconds} s.");
            let reason = reason.with("seconds", brain.timeout.as_secs());
            Err(failure(ErrorType::Timeout, reason))
        }
    }
}

fn refused(why: impl Into<String>) -> Reason {
    Reason::new("address_refused", "This server does not call that address.").quoting(why)
}

fn not_answered(error: &reqwest::Error) -> Failure {
    let reason = match error.is_connect() {
        true => Reason::new("no_connection", "No connection to the workflow came about."),
        false => Reason::new(
            "connection_broke",
            "The connection broke before the workflow answered. It may have run.",
        ),
    };
    failure(ErrorType::Connection, reason)
}

fn headers(
    ctx: &Context,
    proof: &impl TenantProof,
    brain: &Brain,
    message: Option<MessageId>,
) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(id) = message.and_then(|id| HeaderValue::from_str(&id.to_string()).ok()) {
        headers.insert(kernel::standard_webhooks::ID, id);
    }
    let Some(sealed) = &brain.encrypted_header else {
        return Ok(headers);
    };
    let unusable = || {
        let reason = Reason::new(
            "bad_header",
            "The header for the workflow cannot be used. Set it again.",
        );
        failure(ErrorType::Refused, reason)
    };
    let context = seal_context(proof.tenant_id(), brain.channel_id);
    let header = ctx.master_key.open(&context, sealed).map_err(|_| unusable())?;
    let (name, value) = header.split_once(':').ok_or_else(unusable)?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| unusable())?;
    let mut value = HeaderValue::from_str(value.trim()).map_err(|_| unusable())?;
    value.set_sensitive(true);
    headers.insert(name, value);
    Ok(headers)
}

async fn hear(mut answer: reqwest::Response, sink: &Sink) -> Result<Heard, Failure> {
    let status = answer.status();
    if !status.is_success() {
        let reason = Reason::new("status", "The workflow answered with the status {status}.");
        return Err(failure(ErrorType::Status, reason.with("status", status.as_u16())));
    }
    let content_type = answer.headers().get(CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_lowercase();
    let (mut body, mut told) = (Vec::new(), Told::default());
    loop {
        let chunk = answer.chunk().await.map_err(|_| {
            let reason = Reason::new("cut_off", "The connection broke before the answer was complete.");
            failure(ErrorType::Connection, reason)
        })?;
        let Some(chunk) = chunk else { break };
        if body.len() + chunk.len() > LARGEST {
            let reason = Reason::new("too_large", "The answer is larger than 1 MB.");
            return Err(failure(ErrorType::NoAnswer, reason));
        }
        body.extend_from_slice(&chunk);
        tell(&body, &mut told, sink)?;
    }
    let body = String::from_utf8_lossy(&body);
    match read::text(&content_type, &body) {
        Some(text) => Ok(Heard::Text(text.chars().take(LONGEST).collect())),
        None if status == StatusCode::ACCEPTED || read::is_started(&body) => Ok(Heard::Started),
        None => Err(no_text()),
    }
}

/// How far an answer was handed on.
#[derive(Debug, Default)]
struct Told {
    /// Where the line begins whose end is not there yet.
    line: usize,
    /// So far there is no end of it.
    seen: usize,
}

/// A longer line is no piece of a stream.
const LONGEST_LINE: usize = 64 * 1024;

/// Hands the pieces of complete lines on. What came in many small chunks is looked at once all the same.
fn tell(body: &[u8], told: &mut Told, sink: &Sink) -> Result<(), Failure> {
    while let Some(end) = body[told.seen..].iter().position(|byte| *byte == b'\n') {
        let line = &body[told.line..told.seen + end];
        told.seen += end + 1;
        told.line = told.seen;
        if line.len() > LONGEST_LINE {
            continue;
        }
        match read::piece(&String::from_utf8_lossy(line)) {
            Some(Piece::Text(text)) => {
                let _ = sink.send(Delta { text, replace: false });
            }
            Some(Piece::Error(what)) => {
                let what: String = what.chars().take(300).collect();
                let reason = Reason::new("failed", "The workflow failed.").quoting(what);
                return Err(failure(ErrorType::NoAnswer, reason));
            }
            Some(Piece::Mark) | None => {}
        }
    }
    told.seen = body.len();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_in_single_bytes_is_handed_on_line_by_line() {
        let stream = "{\"type\":\"item\",\"content\":\"One \"}\n{\"type\":\"item\",\"content\":\"two\"}\n{\"type\":\"it";
        let (sink, mut told) = (tokio::sync::mpsc::unbounded_channel(), Told::default());
        for end in 1..=stream.len() {
            tell(&stream.as_bytes()[..end], &mut told, &sink.0).unwrap();
            assert_eq!(told.seen, end);
        }
        let mut heard = sink.1;
        assert_eq!(heard.try_recv().unwrap().text, "One ");
        assert_eq!(heard.try_recv().unwrap().text, "two");
        assert!(heard.try_recv().is_err());
    }
}
