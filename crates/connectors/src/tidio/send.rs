//! Replies to tickets, and the REST API's errors.

use std::time::Duration;

use kernel::Reason;
use serde_json::json;
use url::Url;

use super::read::TICKET;
use crate::form::{Account, CheckError};
use crate::http::{Answer, Call, Http};
use crate::lenient;
use crate::outbound::{Because, Part, Piece, SendError, Sent};

/// Tidio counts by the minute and does not say how much of it is left.
const MINUTE: Duration = Duration::from_secs(60);

pub(super) async fn send(http: &Http, account: &Account, piece: &Piece<'_>) -> Result<Sent, SendError> {
    let Some(ticket) = piece.thread.strip_prefix(TICKET) else {
        return Err(lenient::rejected(
            "no_live_chat",
            "Tidio lets no program write into a live chat. What a Flow asks for is answered in its own call, if it is ready in time.",
            Because::Message,
        ));
    };
    let Part::Text { text, .. } = piece.part else {
        return Err(lenient::rejected(
            "only_text",
            "Tidio's tickets take text only.",
            Because::Message,
        ));
    };
    let body = json!({ "content": text, "message_type": "public" });
    let call = Call::post(url(account, &["tickets", ticket, "reply"])).json(body);
    let answer = http.call(signed(account, call)).await?;
    if !answer.is_success() {
        return Err(send_error(&answer));
    }
    Ok(Sent {
        message_id: lenient::id(&answer.json(), "/id"),
    })
}

/// Ids are put in as parts of the path, whatever letters they are of.
pub(super) fn url(account: &Account, path: &[&str]) -> String {
    let base = account.base("api_url", "https://api.tidio.com");
    let Ok(mut url) = Url::parse(base) else {
        return base.to_owned();
    };
    if let Ok(mut parts) = url.path_segments_mut() {
        parts.pop_if_empty().extend(path);
    }
    url.to_string()
}

pub(super) fn signed<'a>(account: &Account, call: Call<'a>) -> Call<'a> {
    call.header("x-tidio-openapi-client-id", account.value("client_id"))
        .header("x-tidio-openapi-client-secret", account.value("client_secret"))
        .header("accept", "application/json; version=1")
}

pub(super) fn check_error(answer: &Answer) -> CheckError {
    let reason = reason(answer);
    match answer.status {
        401 => {
            CheckError::broken(Reason::new("tidio_refused", "Check client id and secret.").quoting(reason))
        }
        403 => CheckError::broken(
            Reason::new("tidio_plan", "Tidio's plan must include the OpenAPI.").quoting(reason),
        ),
        429 | 500.. => CheckError::passing(reason),
        _ => CheckError::lasting(reason),
    }
}

fn send_error(answer: &Answer) -> SendError {
    let (code, reason) = (answer.status.to_string(), reason(answer));
    let because = match answer.status {
        429 => {
            let after = answer.retry_after.or(Some(MINUTE));
            return SendError::Later { code, reason, after };
        }
        500.. => return SendError::Unknown { reason },
        401 | 403 => Because::Account,
        // the ticket has been deleted
        404 => Because::Person,
        _ => Because::Message,
    };
    lenient::rejected(&code, reason, because)
}

fn reason(answer: &Answer) -> String {
    let content = answer.json();
    let code = lenient::text(&content, "/errors/0/code");
    let message = lenient::text(&content, "/errors/0/message");
    let said: Vec<String> = [code, message].into_iter().flatten().collect();
    match said.as_slice() {
        [] => format!("Tidio answered with status {}", answer.status),
        _ => format!("Tidio: {}", said.join(", ")),
    }
}
