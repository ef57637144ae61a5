//! Tidio, as far as its interface goes. It has none for live chat, so there are two ways in:
//!
//! * tickets: a webhook tells of a reply, and ours goes into the ticket;
//! * a Flow with the action "API call" asks at the path `flow` and shows what we answer, if that is ready in time.

mod about;
mod read;
mod send;
#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use kernel::Reason;
use kernel::secrets::{equal, sha256, sign};
use serde_json::{Value, json};

use crate::form::{About, Account, CheckError, Checked};
use crate::http::{Call, Http};
use crate::inbound::{Event, Fetched, Media, Person, RawEvent, Reception, Refused, Request};
use crate::outbound::{Piece, SendError, Sent};
use crate::{Connector, lenient};

pub struct Tidio;

/// A Flow waits for some seconds, Tidio does not say how many.
const FLOW_TIMEOUT: Duration = Duration::from_millis(3500);
/// Nobody says whether a repetition is signed anew, and the last one comes five hours later: older than six hours is a
/// forgery, younger ones that were seen before are known by their id.
const OLDEST: i64 = 6 * 3600;
const NEWEST: i64 = 300;

impl Connector for Tidio {
    fn kind(&self) -> &'static str {
        "tidio"
    }

    fn about(&self) -> &About {
        &about::ABOUT
    }

    fn accounts_in(&self, body: &[u8]) -> Vec<String> {
        let envelope: Value = serde_json::from_slice(body).unwrap_or_default();
        lenient::text(&envelope, "/project_public_key")
            .into_iter()
            .collect()
    }

    fn receive(&self, account: &Account, request: &Request<'_>) -> Result<Reception, Refused> {
        if request.path == "flow" {
            check_key(account, request)?;
            return Ok(Reception {
                events: vec![flow(request)],
                reply_within: Some(FLOW_TIMEOUT),
            });
        }
        check_signature(account, request)?;
        let is_own = |key: &String| key == account.value("project_public_key");
        if !self.accounts_in(request.body).iter().all(is_own) {
            return Err(Refused("another project's event"));
        }
        let event = webhook(request.body).unwrap_or_else(|| lenient::unreadable(request.body));
        Ok(Reception {
            events: vec![event],
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

    fn profile<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        person_id: &'a str,
    ) -> Option<BoxFuture<'a, Option<Person>>> {
        // a ticket without a contact has nobody to ask for
        (!person_id.starts_with(read::TICKET)).then(|| Box::pin(profile(http, account, person_id)) as _)
    }

    /// Empty without a reply: what to say then is the Flow's, in its own language.
    fn is_inline(&self, thread: &str) -> bool {
        thread.starts_with(read::FLOW)
    }

    fn inline_reply(&self, reply: Option<&str>, is_handed_over: bool) -> Value {
        json!({ "reply": reply.unwrap_or_default(), "handoff": is_handed_over })
    }
}

/// Events hold the contact's id and no name.
async fn profile(http: &Http, account: &Account, id: &str) -> Option<Person> {
    let call = Call::get(send::url(account, &["contacts", id]));
    let answer = http.call(send::signed(account, call)).await.ok()?;
    let told = || read::person(&answer.json(), id.to_owned());
    answer.is_success().then(told)
}

/// A Flow cannot sign; it sends the key that we made.
fn check_key(account: &Account, request: &Request<'_>) -> Result<(), Refused> {
    let given = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    let given = given.ok_or(Refused("no key"))?.trim();
    let expected = &account.verify_token;
    let fits = !expected.is_empty() && equal(given.as_bytes(), expected.as_bytes());
    fits.then_some(()).ok_or(Refused("the key is another one"))
}

/// `t=1700000000,s=<hex>`, with several `s` while Tidio changes secrets.
fn check_signature(account: &Account, request: &Request<'_>) -> Result<(), Refused> {
    let header = request
        .header("x-tidio-signature")
        .ok_or(Refused("no signature"))?;
    let pairs: Vec<_> = header
        .split(',')
        .filter_map(|pair| pair.trim().split_once('='))
        .collect();
    let time = pairs
        .iter()
        .find(|(name, _)| *name == "t")
        .map(|(_, value)| *value);
    let time = time.ok_or(Refused("no time"))?;
    let secret = account.value("webhook_secret");
    let expected = signature(secret, time, request.body);
    let fits = |(name, value): &(&str, &str)| *name == "s" && equal(value.as_bytes(), expected.as_bytes());
    if secret.is_empty() || !pairs.iter().any(fits) {
        return Err(Refused("the signature does not fit"));
    }
    let at: i64 = time.parse().map_err(|_| Refused("no time"))?;
    let age = request.now.timestamp().saturating_sub(at);
    let is_fresh = (-NEWEST..=OLDEST).contains(&age);
    is_fresh.then_some(()).ok_or(Refused("the signature is too old"))
}

fn signature(secret: &str, time: &str, body: &[u8]) -> String {
    hex::encode(sign(secret.as_bytes(), &[body, b"_", time.as_bytes()].concat()))
}

/// A Flow gives its calls no number: each is a message of its own, unless it sends an `id`.
fn flow(request: &Request<'_>) -> RawEvent {
    let content: Value = serde_json::from_slice(request.body).unwrap_or_default();
    let Some(contact) = lenient::id(&content, "/contact_id") else {
        return lenient::unreadable(request.body);
    };
    let made = || {
        let hash = hex::encode(&sha256(request.body)[..8]);
        format!("{}-{hash}", request.now.timestamp_millis())
    };
    let id = format!("flow:{}", lenient::id(&content, "/id").unwrap_or_else(made));
    RawEvent {
        account_id: None,
        thread: format!("{}{contact}", read::FLOW),
        kind: "message",
        occurred_at: Some(request.now),
        body: json!({ "topic": read::ASKED, "id": id, "created_at": request.now, "content": content })
            .to_string(),
        id,
    }
}

fn webhook(body: &[u8]) -> Option<RawEvent> {
    let envelope: Value = serde_json::from_slice(body).ok()?;
    let topic = lenient::text(&envelope, "/topic")?;
    let id = lenient::id(&envelope, "/webhook_id")?;
    let kind = match topic.as_str() {
        "ticket.contact_replied" => "message",
        "ticket.operator_replied" => "echo",
        _ => "other",
    };
    Some(RawEvent {
        id: format!("webhook:{id}"),
        account_id: lenient::text(&envelope, "/project_public_key"),
        thread: read::thread(&topic, &envelope["content"]).unwrap_or_default(),
        kind,
        occurred_at: created_at(&envelope),
        body: envelope.to_string(),
    })
}

fn created_at(envelope: &Value) -> Option<DateTime<Utc>> {
    let text = lenient::text(envelope, "/created_at")?;
    Some(DateTime::parse_from_rfc3339(&text).ok()?.to_utc())
}

async fn check(http: &Http, account: &Account) -> Result<Checked, CheckError> {
    let call = Call::get(send::url(account, &["project"]));
    let answer = http.call(send::signed(account, call)).await?;
    if !answer.is_success() {
        return Err(send::check_error(&answer));
    }
    let project = answer.json();
    let key = account.value("project_public_key");
    let names = ["/name", "/project/name", "/domain", "/project/domain"];
    let name = names.iter().find_map(|place| lenient::text(&project, place));
    let keys = ["/public_key", "/project_public_key", "/project/public_key"];
    let is_other = keys
        .iter()
        .find_map(|place| lenient::text(&project, place))
        .is_some_and(|own| own != key);
    let warning = Reason::new(
        "tidio_other_project",
        "Client id and secret belong to another project than the public key: its events will be refused.",
    );
    Ok(Checked {
        display_name: name.unwrap_or_else(|| key.to_owned()),
        account_id: Some(key.to_owned()),
        warnings: is_other.then_some(warning).into_iter().collect(),
        ..Checked::default()
    })
}

async fn fetch(http: &Http, media: &Media, largest: usize) -> Result<Fetched, CheckError> {
    let call = Call::get(media.source.as_str()).largest_answer(largest);
    let answer = http.call(call).await?;
    if !answer.is_success() {
        return Err(send::check_error(&answer));
    }
    Ok(Fetched {
        bytes: answer.body,
        file_name: media.file_name.clone(),
    })
}
