//! Signatures of webhooks after the Standard Webhooks specification 1.0.0: made for what we send, checked for what
//! programs send to us.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};

use crate::secrets::{equal, random_bytes, sign};

/// How far a signature's time may be from now, in seconds, both ways.
pub const TOLERANCE: i64 = 300;

const PREFIX: &str = "whsec_";

/// The names of the three headers.
pub const ID: &str = "webhook-id";
pub const TIMESTAMP: &str = "webhook-timestamp";
pub const SIGNATURE: &str = "webhook-signature";

/// A new secret: `whsec_` and 32 random bytes in base64.
pub fn new_secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(random_bytes::<32>()))
}

/// Whether the text can be a secret: `whsec_` and the base64 of 24 to 64 bytes.
pub fn is_secret(text: &str) -> bool {
    key(text).is_some()
}

fn key(secret: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    (24..=64).contains(&bytes.len()).then_some(bytes)
}

/// The value of `webhook-signature`: one signature for each secret, so that a receiver may still know the old one.
/// Secrets that are none are left out.
pub fn signature<'a>(
    secrets: impl IntoIterator<Item = &'a str>,
    id: &str,
    timestamp: i64,
    body: &[u8],
) -> String {
    let content = content(id, &timestamp.to_string(), body);
    let one = |secret: &str| Some(format!("v1,{}", STANDARD.encode(sign(&key(secret)?, &content))));
    let all: Vec<String> = secrets.into_iter().filter_map(one).collect();
    all.join(" ")
}

/// Whether one of the signatures fits and its time is near enough. Which of the two failed is not told.
pub fn is_signed(secret: &str, headers: [&str; 3], body: &[u8], now: DateTime<Utc>) -> bool {
    let [id, timestamp, signatures] = headers;
    let (Some(key), Ok(at)) = (key(secret), timestamp.parse::<i64>()) else {
        return false;
    };
    if (now.timestamp() - at).abs() > TOLERANCE {
        return false;
    }
    let expected = sign(&key, &content(id, timestamp, body));
    let given = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,"));
    given
        .filter_map(|text| STANDARD.decode(text).ok())
        .any(|bytes| equal(&bytes, &expected))
}

fn content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
    const BODY: &str = r#"{"type":"message.created","timestamp":"2026-01-01T00:00:00Z","data":{"id":"m1"}}"#;
    const AT: i64 = 1_767_225_600;

    #[test]
    fn the_signature_is_the_reference_librarys() {
        assert_eq!(
            signature([SECRET], "msg_test_1", AT, BODY.as_bytes()),
            "v1,2Zv1tybKgxx8ixkmTqIHdnw0LF0znSOWwqpfbYBxws8="
        );
    }

    #[test]
    fn what_was_signed_is_accepted_for_five_minutes_and_nothing_else_is() {
        let now = |offset: i64| DateTime::from_timestamp(AT + offset, 0).unwrap();
        let other = new_secret();
        let both = signature([other.as_str(), SECRET], "msg_1", AT, BODY.as_bytes());
        let check = |secret: &str, id: &str, body: &str, offset: i64| {
            is_signed(secret, [id, &AT.to_string(), &both], body.as_bytes(), now(offset))
        };
        for offset in [-300, 0, 300] {
            assert!(check(SECRET, "msg_1", BODY, offset) && check(&other, "msg_1", BODY, offset));
        }
        assert!(!check(SECRET, "msg_1", BODY, 301) && !check(SECRET, "msg_1", BODY, -301));
        assert!(!check(SECRET, "msg_2", BODY, 0));
        assert!(!check(SECRET, "msg_1", &BODY.replace("m1", "m2"), 0));
        assert!(!check(&new_secret(), "msg_1", BODY, 0) && !check("", "msg_1", BODY, 0));
    }
}
