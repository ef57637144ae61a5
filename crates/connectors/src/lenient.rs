//! Reading JSON whose form nobody promises, and telling what a call that failed means.

use serde_json::Value;

use crate::form::CheckError;
use crate::http::{CallError, TOO_LARGE};
use crate::inbound::{MediaKind, RawEvent};
use crate::outbound::{Because, SendError};
use kernel::Reason;

/// Reads JSON. U+0000, which no column can hold, is left out wherever it stands in a text.
pub(crate) fn value(body: &[u8]) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::from_slice(body)?;
    drop_nul(&mut value);
    Ok(value)
}

pub(crate) fn drop_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => text.retain(|letter| letter != '\0'),
        Value::Array(items) => items.iter_mut().for_each(drop_nul),
        Value::Object(fields) => fields.values_mut().for_each(drop_nul),
        _ => {}
    }
}

/// A text that says something, at a path such as `/user/nickname`.
pub(crate) fn text(value: &Value, path: &str) -> Option<String> {
    let text = value.pointer(path)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// An id, which vendors write as a number or as a text.
pub(crate) fn id(value: &Value, path: &str) -> Option<String> {
    match value.pointer(path)? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// `pt-BR` → `pt`.
pub(crate) fn language(text: &str) -> Option<String> {
    let two: String = text.chars().take(2).collect();
    let is_language = two.len() == 2 && two.chars().all(|letter| letter.is_ascii_alphabetic());
    is_language.then(|| two.to_ascii_lowercase())
}

impl MediaKind {
    /// By the first half of the MIME type.
    pub(crate) fn of(mime_type: &str) -> Self {
        match mime_type.split('/').next() {
            Some("image") => Self::Image,
            Some("audio") => Self::Audio,
            Some("video") => Self::Video,
            _ => Self::File,
        }
    }
}

/// What came from the vendor but cannot be taken apart: kept whole, for somebody to look at.
pub(crate) fn unreadable(body: &[u8]) -> RawEvent {
    let hash = hex::encode(kernel::secrets::sha256(body));
    RawEvent {
        id: format!("other:{}", &hash[..32]),
        account_id: None,
        thread: String::new(),
        kind: "other",
        occurred_at: None,
        body: String::from_utf8_lossy(body).into_owned(),
    }
}

/// A message that the vendor cannot take the way it is.
pub(crate) fn rejected(code: &str, reason: impl Into<String>, because: Because) -> SendError {
    SendError::Rejected {
        code: code.to_owned(),
        reason: reason.into(),
        because,
    }
}

impl From<CallError> for SendError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Refused(reason) | CallError::NotMade(reason) => Self::Later {
                code: "no_connection".to_owned(),
                reason,
                after: None,
            },
            CallError::Cut(reason) => Self::Unknown { reason },
        }
    }
}

impl From<CallError> for CheckError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Cut(reason) if reason == TOO_LARGE => Self::too_large(),
            CallError::Refused(reason) => Self::lasting(
                Reason::new("address_refused", "This server does not call that address.").quoting(reason),
            ),
            CallError::NotMade(reason) | CallError::Cut(reason) => {
                let unreachable = Reason::new("vendor_unreachable", "The vendor could not be reached.");
                Self::passing(unreachable.quoting(reason))
            }
        }
    }
}
