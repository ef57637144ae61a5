//! Plain HTTP, for developers: their program sends what people write and is sent our replies, both signed after
//! Standard Webhooks with the same secret. The number of a delivery is its `webhook-id`, so that a call whose end was not
//! seen may be made again: the receiver knows it.

mod about;
mod read;
mod send;
#[cfg(test)]
mod tests;

use futures::future::BoxFuture;
use kernel::Reason;
use kernel::standard_webhooks::{ID, SIGNATURE, TIMESTAMP, is_signed};
use serde_json::{Value, json};
use url::Url;

use crate::form::{About, Account, CheckError, Checked};
use crate::http::{Call, Http};
use crate::inbound::{Event, Fetched, Media, RawEvent, Reception, Refused, Request};
use crate::outbound::{Piece, SendError, Sent};
use crate::{Connector, lenient};

pub struct Api;

impl Connector for Api {
    fn kind(&self) -> &'static str {
        "api"
    }

    fn about(&self) -> &About {
        &about::ABOUT
    }

    /// Each account has an address of its own.
    fn accounts_in(&self, _body: &[u8]) -> Vec<String> {
        Vec::new()
    }

    fn receive(&self, account: &Account, request: &Request<'_>) -> Result<Reception, Refused> {
        let header = |name| request.header(name).ok_or(Refused("not signed"));
        let headers = [header(ID)?, header(TIMESTAMP)?, header(SIGNATURE)?];
        if !is_signed(account.value("secret"), headers, request.body, request.now) {
            return Err(Refused("the signature does not fit"));
        }
        let event = event(request.body, headers[0]).unwrap_or_else(|| lenient::unreadable(request.body));
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
}

/// `webhook_id`: stands in for the id that a body does not give itself.
fn event(body: &[u8], webhook_id: &str) -> Option<RawEvent> {
    let mut content: Value = serde_json::from_slice(body).ok()?;
    let places = ["/thread", "/from/id"];
    let thread = places.iter().find_map(|place| lenient::id(&content, place))?;
    let status = lenient::text(&content, "/status");
    let (kind, id) = match (status, lenient::id(&content, "/message_id")) {
        (Some(status), Some(id)) => ("status", format!("status:{id}:{status}")),
        (Some(_), None) => return None,
        (None, _) => {
            let id = lenient::id(&content, "/id").unwrap_or_else(|| webhook_id.to_owned());
            content["id"] = json!(id);
            ("message", format!("message:{id}"))
        }
    };
    Some(RawEvent {
        id,
        account_id: None,
        kind,
        occurred_at: read::time(&content, "/sent_at").or_else(|| read::time(&content, "/at")),
        thread,
        body: content.to_string(),
    })
}

/// Sends a ping, signed as everything else, to which any 2xx is the answer.
async fn check(http: &Http, account: &Account) -> Result<Checked, CheckError> {
    let id = kernel::secrets::random_name("ping_");
    let call = send::signed(account, &id, json!({ "type": "ping", "id": id }));
    let call = call.ok_or_else(|| {
        CheckError::broken(Reason::new(
            "api_bad_secret",
            "The secret must be `whsec_` and the base64 of 24 to 64 random bytes.",
        ))
    })?;
    let answer = http.call(call).await?;
    if !answer.is_success() {
        let reason = Reason::new(
            "api_ping_refused",
            "The address answers a signed ping with status {status}.",
        );
        let reason = reason.with("status", answer.status);
        return Err(match answer.status {
            429 | 500.. => CheckError::passing(reason),
            _ => CheckError::lasting(reason),
        });
    }
    let url = Url::parse(account.value("callback_url")).ok();
    let host = url.and_then(|url| url.host_str().map(str::to_owned));
    Ok(Checked {
        display_name: host.unwrap_or_default(),
        ..Checked::default()
    })
}

async fn fetch(http: &Http, media: &Media, largest: usize) -> Result<Fetched, CheckError> {
    let call = Call::get(media.source.as_str()).largest_answer(largest);
    let answer = http.call(call).await?;
    if !answer.is_success() {
        let reason = Reason::new("file_status", "The file's address answers with status {status}.");
        let reason = reason.with("status", answer.status);
        return Err(match answer.status {
            429 | 500.. => CheckError::passing(reason),
            _ => CheckError::lasting(reason),
        });
    }
    Ok(Fetched {
        bytes: answer.body,
        file_name: media.file_name.clone(),
    })
}
