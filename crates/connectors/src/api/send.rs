//! Our replies, to the address that the developer gave.

use kernel::Clock;
use kernel::standard_webhooks::{ID, SIGNATURE, TIMESTAMP, is_secret, signature};
use serde_json::{Value, json};

use crate::form::Account;
use crate::http::{Answer, Call, CallError, Http};
use crate::lenient;
use crate::outbound::{Because, Choice, Part, Piece, SendError, Sent};

pub(super) async fn send(http: &Http, account: &Account, piece: &Piece<'_>) -> Result<Sent, SendError> {
    let call = signed(account, piece.delivery_id, body(piece)?);
    let call =
        call.ok_or_else(|| lenient::rejected("no_secret", "The secret is missing.", Because::Account))?;
    match http.call(call).await {
        Ok(answer) if answer.is_success() => Ok(Sent {
            message_id: Some(piece.delivery_id.to_owned()),
        }),
        Ok(answer) => Err(refusal(&answer)),
        Err(CallError::Refused(reason) | CallError::NotMade(reason)) => Err(later("no_connection", reason)),
        // it may have arrived; then the receiver knows the id and drops the repetition
        Err(CallError::Cut(reason)) => Err(later("no_answer", reason)),
    }
}

/// A call with its three headers. None: there is no secret to sign with.
pub(super) fn signed(account: &Account, id: &str, body: Value) -> Option<Call<'static>> {
    let secret = account.value("secret");
    if !is_secret(secret) {
        return None;
    }
    let at = Clock::system().now().timestamp();
    let signature = signature([secret], id, at, body.to_string().as_bytes());
    let call = Call::post(account.value("callback_url")).json(body);
    Some(
        call.header(ID, id)
            .header(TIMESTAMP, at.to_string())
            .header(SIGNATURE, signature),
    )
}

fn body(piece: &Piece<'_>) -> Result<Value, SendError> {
    let mut body = json!({
        "type": "message",
        "id": piece.delivery_id,
        "thread": piece.thread,
        "text": "",
        "choices": [],
        "sender_name": piece.sender_name,
        "is_human": piece.is_human,
    });
    if let Some(id) = piece.reply_to {
        body["reply_to"] = json!(id);
    }
    match piece.part {
        Part::Text { text, choices } => {
            let choice = |choice: &Choice| json!({ "label": choice.label, "value": choice.value });
            body["text"] = json!(text);
            body["choices"] = choices.iter().map(choice).collect();
        }
        Part::Media { .. } if piece.link.is_empty() => {
            let reason = "Files are sent by their address, and the server's public address is not set.";
            return Err(lenient::rejected("no_link", reason, Because::Message));
        }
        Part::Media {
            file_name,
            mime_type,
            caption,
            ..
        } => {
            body["text"] = json!(caption.as_deref().unwrap_or_default());
            body["attachment"] = json!({ "url": piece.link, "name": file_name, "mime_type": mime_type });
        }
        Part::Template(_) => {
            let reason = "There are no message templates here.";
            return Err(lenient::rejected("no_templates", reason, Because::Message));
        }
    }
    Ok(body)
}

fn refusal(answer: &Answer) -> SendError {
    let code = format!("status_{}", answer.status);
    let reason = format!("The address answered with status {}.", answer.status);
    let because = match answer.status {
        408 | 425 | 429 | 500.. => {
            let after = answer.retry_after;
            return SendError::Later { code, reason, after };
        }
        300..=399 | 401 | 403 | 404 | 405 | 410 => Because::Account,
        _ => Because::Message,
    };
    lenient::rejected(&code, reason, because)
}

fn later(code: &str, reason: String) -> SendError {
    SendError::Later {
        code: code.to_owned(),
        reason,
        after: None,
    }
}
