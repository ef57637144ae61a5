//! Bytes to text: what they say of themselves, else UTF-8, else the encoding of old Windows programs.

use encoding_rs::{Encoding, WINDOWS_1252};

pub fn decode(bytes: &[u8]) -> String {
    decode_as(bytes, None)
}

/// `said` is what the file claims.
pub fn decode_as(bytes: &[u8], said: Option<&'static Encoding>) -> String {
    if let Some((marked, length)) = Encoding::for_bom(bytes) {
        return marked
            .decode_without_bom_handling(&bytes[length..])
            .0
            .into_owned();
    }
    match (std::str::from_utf8(bytes), said) {
        (Ok(text), _) => text.to_owned(),
        (Err(_), said) => said.unwrap_or(WINDOWS_1252).decode(bytes).0.into_owned(),
    }
}
