//! Crisp: its inbox in front, our brain behind. The website id finds the account.
//!
//! Crisp names its events from the visitor's side: `message:send` is what the visitor sends, `message:received` what the
//! visitor receives, from a person, from another program or from us.

mod about;
mod calls;
mod read;
mod send;
#[cfg(test)]
mod tests;

use futures::future::BoxFuture;
use kernel::secrets::{equal, sign};
use serde_json::{Value, json};

use crate::form::{About, Account, CheckError, Checked};
use crate::http::{Call, Http};
use crate::inbound::{Event, Fetched, Media, RawEvent, Reception, Refused, Request};
use crate::outbound::{Piece, SendError, Sent, Signal};
use crate::{Connector, from_millis, lenient};

pub struct Crisp;

/// How far a signed call's time may be from now, both ways.
const TOLERANCE: i64 = 300;

impl Connector for Crisp {
    fn kind(&self) -> &'static str {
        "crisp"
    }

    fn about(&self) -> &About {
        &about::ABOUT
    }

    /// Without its secret nothing of a plugin's hook could be believed.
    fn missing(&self, value: &dyn Fn(&str) -> String) -> Option<&'static str> {
        (value("hook_kind") == "plugin" && value("signing_secret").is_empty()).then_some("signing_secret")
    }

    fn accounts_in(&self, body: &[u8]) -> Vec<String> {
        let envelope: Value = serde_json::from_slice(body).unwrap_or_default();
        lenient::text(&envelope, "/website_id").into_iter().collect()
    }

    fn receive(&self, account: &Account, request: &Request<'_>) -> Result<Reception, Refused> {
        match account.value_or("hook_kind", "website") {
            "plugin" => check_signature(account, request)?,
            _ => check_key(account, request)?,
        }
        let events = events(request.body).unwrap_or_else(|| vec![lenient::unreadable(request.body)]);
        Ok(Reception {
            events,
            reply_within: None,
        })
    }

    fn read(&self, _account: &Account, body: &str) -> Result<Event, String> {
        read::event(body)
    }

    fn send<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        piece: &'a Piece<'a>,
    ) -> BoxFuture<'a, Result<Sent, SendError>> {
        Box::pin(send::send(http, account, piece))
    }

    fn check<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
    ) -> BoxFuture<'a, Result<Checked, CheckError>> {
        Box::pin(check(http, account))
    }

    fn fetch<'a>(
        &'a self,
        http: &'a Http,
        _account: &'a Account,
        media: &'a Media,
        largest: usize,
    ) -> BoxFuture<'a, Result<Fetched, CheckError>> {
        Box::pin(fetch(http, media, largest))
    }

    fn signal<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        signal: &'a Signal<'a>,
    ) -> Option<BoxFuture<'a, ()>> {
        Some(Box::pin(async move {
            let (thread, place, body) = match *signal {
                Signal::Typing { thread, .. } => {
                    let body = json!({ "type": "start", "from": "operator", "automated": true });
                    (thread, "compose", body)
                }
                Signal::Read { thread, message_id } => {
                    let Some(fingerprint) = send::fingerprint_in(message_id) else {
                        return;
                    };
                    let body = json!({ "from": "operator", "origin": "chat", "fingerprints": [fingerprint] });
                    (thread, "read", body)
                }
            };
            let url = calls::conversation(account, thread, place);
            let _ = http
                .call(calls::signed(account, Call::patch(url)).json(body))
                .await;
        }))
    }
}

/// A website's hook is not signed: its address holds a key, which speaks for this one website.
fn check_key(account: &Account, request: &Request<'_>) -> Result<(), Refused> {
    let given = request.parameter("key").ok_or(Refused("no key in the address"))?;
    let expected = &account.verify_token;
    let fits = !expected.is_empty() && equal(given.as_bytes(), expected.as_bytes());
    if !fits {
        return Err(Refused("the key is another one"));
    }
    let is_own = |id: &String| id == account.value("website_id");
    let named = Crisp.accounts_in(request.body);
    named
        .iter()
        .all(is_own)
        .then_some(())
        .ok_or(Refused("another website's event"))
}

fn check_signature(account: &Account, request: &Request<'_>) -> Result<(), Refused> {
    let secret = account.value("signing_secret");
    let timestamp = request.header("x-crisp-request-timestamp");
    let (Some(timestamp), Some(given)) = (timestamp, request.header("x-crisp-signature")) else {
        return Err(Refused("no signature"));
    };
    let at: i64 = timestamp.parse().map_err(|_| Refused("no time"))?;
    let expected = signature(secret, timestamp, request.body);
    if secret.is_empty() || !equal(given.as_bytes(), expected.as_bytes()) {
        return Err(Refused("the signature does not fit"));
    }
    let now = request.now.timestamp_millis();
    let is_fresh = now
        .checked_sub(at)
        .is_some_and(|age| age.abs() <= TOLERANCE * 1000);
    is_fresh.then_some(()).ok_or(Refused("the signature is too old"))
}

fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let content = [b"[", timestamp.as_bytes(), b";", body, b"]"].concat();
    hex::encode(sign(secret.as_bytes(), &content))
}

/// More messages are not acknowledged at once, nor in a larger call: each becomes an event with all the rest in it.
const MOST_FINGERPRINTS: usize = 500;
const LARGEST_ACKNOWLEDGEMENT: usize = 64 * 1024;

/// One event, but an acknowledgement for each message that it names.
fn events(body: &[u8]) -> Option<Vec<RawEvent>> {
    let mut envelope: Value = serde_json::from_slice(body).ok()?;
    let list = envelope.pointer_mut("/data/fingerprints");
    let Some(list) = list.filter(|list| list.is_array()) else {
        return Some(vec![event(envelope, body)?]);
    };
    let Value::Array(listed) = list.take() else {
        return None;
    };
    if listed.len() > MOST_FINGERPRINTS || body.len() > LARGEST_ACKNOWLEDGEMENT {
        return None;
    }
    let one = |fingerprint: Value| {
        let mut envelope = envelope.clone();
        envelope["data"]["fingerprint"] = fingerprint;
        event(envelope, body)
    };
    listed.into_iter().map(one).collect()
}

fn event(envelope: Value, body: &[u8]) -> Option<RawEvent> {
    let name = envelope.get("event")?.as_str()?;
    let data = envelope.get("data")?;
    let thread = lenient::text(data, "/session_id").unwrap_or_default();
    let at = data.get("timestamp").or_else(|| envelope.get("timestamp"));
    let what = match lenient::id(data, "/fingerprint") {
        // the same message is changed more than once
        Some(fingerprint) if name != "message:updated" => format!("{thread}:{fingerprint}"),
        _ => hash(body),
    };
    let kind = match name {
        "message:send" | "message:updated" => "message",
        "message:received" => "echo",
        "message:removed" => "edit",
        _ if name.starts_with("message:acknowledge") => "status",
        _ => "other",
    };
    Some(RawEvent {
        id: format!("{name}:{what}"),
        account_id: lenient::text(&envelope, "/website_id"),
        occurred_at: at.and_then(Value::as_i64).and_then(from_millis),
        thread,
        kind,
        body: envelope.to_string(),
    })
}

fn hash(body: &[u8]) -> String {
    hex::encode(&kernel::secrets::sha256(body)[..16])
}

async fn check(http: &Http, account: &Account) -> Result<Checked, CheckError> {
    let call = calls::signed(account, Call::get(calls::website(account)));
    let answer = http.call(call).await?;
    if !answer.is_success() {
        return Err(calls::check_error(&answer));
    }
    let website = answer.json();
    let name = lenient::text(&website, "/data/name").or_else(|| lenient::text(&website, "/data/domain"));
    Ok(Checked {
        display_name: name.unwrap_or_else(|| account.value("website_id").to_owned()),
        account_id: Some(account.value("website_id").to_owned()),
        ..Checked::default()
    })
}

/// Files lie at public addresses.
async fn fetch(http: &Http, media: &Media, largest: usize) -> Result<Fetched, CheckError> {
    let call = Call::get(media.source.as_str()).largest_answer(largest);
    let answer = http.call(call).await?;
    if !answer.is_success() {
        return Err(calls::check_error(&answer));
    }
    Ok(Fetched {
        bytes: answer.body,
        file_name: media.file_name.clone(),
    })
}
