//! Looking into what Meta sends. Fields come and go, and ids have been numbers once: nothing here fails, what is not
//! there or has another type is none.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// A JSON value that is read by the paths of its parts: `/text/body`.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a>(pub &'a Value);

impl<'a> Json<'a> {
    pub fn at(self, path: &str) -> Json<'a> {
        Json(self.0.pointer(path).unwrap_or(&Value::Null))
    }

    pub fn has(self, path: &str) -> bool {
        !self.at(path).0.is_null()
    }

    /// A text that is not empty. A number counts as one, because ids were numbers in older payloads.
    pub fn text(self, path: &str) -> Option<String> {
        match self.at(path).0 {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The same, empty if there is none.
    pub fn word(self, path: &str) -> String {
        self.text(path).unwrap_or_default()
    }

    pub fn float(self, path: &str) -> Option<f64> {
        match self.at(path).0 {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub fn integer(self, path: &str) -> Option<i64> {
        match self.at(path).0 {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    pub fn is_true(self, path: &str) -> bool {
        self.at(path).0.as_bool() == Some(true)
    }

    pub fn list(self, path: &str) -> impl Iterator<Item = Json<'a>> + use<'a> {
        let list = self.at(path).0.as_array();
        list.map_or(&[][..], Vec::as_slice).iter().map(Json)
    }

    /// Seconds or, where the number is too large for them, milliseconds since 1970; in a text or not.
    pub fn time(self, path: &str) -> Option<DateTime<Utc>> {
        const THE_YEAR_5138: i64 = 100_000_000_000;
        let number = self.integer(path)?;
        if number < THE_YEAR_5138 {
            crate::from_seconds(number)
        } else {
            crate::from_millis(number)
        }
    }
}

/// Reads a body. Half a surrogate pair, which Meta leaves behind where it cuts a name or a text in the middle of an
/// emoji, becomes U+FFFD instead of making everything unreadable.
pub fn parse(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body)
        .or_else(|_| serde_json::from_slice(&mended(body)))
        .ok()
}

fn mended(body: &[u8]) -> Vec<u8> {
    let mut mended = body.to_vec();
    let mut at = 0;
    while at < mended.len() {
        let step = match (mended[at], surrogate(&mended, at)) {
            (b'\\', Some(0xD800..=0xDBFF)) if matches!(surrogate(&mended, at + 6), Some(0xDC00..=0xDFFF)) => {
                12
            }
            (b'\\', Some(0xD800..=0xDFFF)) => {
                mended[at + 2..at + 6].copy_from_slice(b"fffd");
                6
            }
            (b'\\', _) => 2,
            _ => 1,
        };
        at += step;
    }
    mended
}

/// The number of a `\uXXXX` that begins there.
fn surrogate(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_emoji_spoils_only_itself() {
        let parsed = parse(br#"{"a":"x\ud83d","b":"\ud83d\ude00","c":"\\ud83d","d":"\ude00y"}"#).unwrap();
        assert_eq!(
            parsed,
            serde_json::json!({"a": "x\u{fffd}", "b": "😀", "c": "\\ud83d", "d": "\u{fffd}y"})
        );
        assert_eq!(parse(br#"{"a":"\ud83d"#), None);
        assert_eq!(parse(b"\\ud8"), None);
    }

    #[test]
    fn times_are_read_in_seconds_and_in_milliseconds_as_numbers_and_as_texts() {
        let value =
            serde_json::json!({"a": "1767225600", "b": 1_767_225_600_000_i64, "c": "x", "d": i64::MAX});
        assert_eq!(Json(&value).time("/a"), Json(&value).time("/b"));
        assert!(Json(&value).time("/a").is_some());
        assert_eq!((Json(&value).time("/c"), Json(&value).time("/d")), (None, None));
    }
}
