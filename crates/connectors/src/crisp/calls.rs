//! Addresses and errors of Crisp's REST API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kernel::Reason;
use url::Url;

use crate::form::{Account, CheckError};
use crate::http::{Answer, Call};
use crate::lenient;
use crate::outbound::{Because, SendError};

pub(super) fn website(account: &Account) -> String {
    address(account, &[])
}

/// `place`: `message`, `compose`, `read`.
pub(super) fn conversation(account: &Account, session: &str, place: &str) -> String {
    address(account, &["conversation", session, place])
}

/// Ids are put in as parts of the path, whatever letters they are of.
fn address(account: &Account, path: &[&str]) -> String {
    let base = account.base("api_url", "https://api.crisp.chat/v1");
    let Ok(mut url) = Url::parse(base) else {
        return base.to_owned();
    };
    if let Ok(mut parts) = url.path_segments_mut() {
        parts
            .pop_if_empty()
            .push("website")
            .push(account.value("website_id"));
        parts.extend(path);
    }
    url.to_string()
}

pub(super) fn signed<'a>(account: &Account, call: Call<'a>) -> Call<'a> {
    let pair = format!("{}:{}", account.value("identifier"), account.value("key"));
    call.header("authorization", format!("Basic {}", STANDARD.encode(pair)))
        .header("x-crisp-tier", account.value_or("tier", "website"))
}

pub(super) fn check_error(answer: &Answer) -> CheckError {
    let reason = reason(answer);
    match answer.status {
        401 | 403 => CheckError::broken(
            Reason::new("crisp_refused", "Check identifier, key and kind of token.").quoting(reason),
        ),
        404 => CheckError::broken(Reason::new("crisp_no_website", "Check the website id.").quoting(reason)),
        420 | 429 | 500.. => CheckError::passing(reason),
        _ => CheckError::lasting(reason),
    }
}

pub(super) fn send_error(answer: &Answer) -> SendError {
    let (code, reason, after) = (answer.status.to_string(), reason(answer), answer.retry_after);
    let because = match answer.status {
        420 | 429 => return SendError::Later { code, reason, after },
        500.. => return SendError::Unknown { reason },
        401..=403 => Because::Account,
        // the conversation has been removed
        404 => Because::Person,
        _ => Because::Message,
    };
    lenient::rejected(&code, reason, because)
}

fn reason(answer: &Answer) -> String {
    let content = answer.json();
    let code = lenient::text(&content, "/reason").unwrap_or_else(|| "no reason given".into());
    match lenient::text(&content, "/data/message") {
        Some(message) => format!("Crisp: {code} ({message})"),
        None => format!("Crisp: {code}, status {}", answer.status),
    }
}
