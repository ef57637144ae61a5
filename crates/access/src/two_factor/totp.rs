//! One-time codes of RFC 6238: HMAC-SHA-1, steps of 30 seconds, six digits. Pure arithmetic.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use kernel::secrets;
use sha1::Sha1;

const STEP_SECONDS: i64 = 30;
/// Clocks differ: the step before and the one after count as well.
const TOLERANCE: i64 = 1;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// 160 random bits, as long as the hash.
pub fn new_secret() -> [u8; 20] {
    secrets::random_bytes()
}

/// The step whose code this is, if it is one of those that count now.
pub fn step_of(secret: &[u8], code: &str, now: DateTime<Utc>) -> Option<i64> {
    let present = now.timestamp() / STEP_SECONDS;
    let steps = present - TOLERANCE..=present + TOLERANCE;
    // all are compared, so that the answer's time tells nothing
    steps.fold(None, |found, step| {
        let fits = secrets::equal(code_at(secret, step).as_bytes(), code.as_bytes());
        if fits { Some(step) } else { found }
    })
}

fn code_at(secret: &[u8], step: i64) -> String {
    format!("{:06}", truncated(secret, step) % 1_000_000)
}

/// The dynamic truncation of RFC 4226.
fn truncated(secret: &[u8], step: i64) -> u32 {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(secret).expect("any key length is valid");
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 0x0f);
    let bytes = [hash[offset], hash[offset + 1], hash[offset + 2], hash[offset + 3]];
    u32::from_be_bytes(bytes) & 0x7fff_ffff
}

/// RFC 4648 without padding, as authenticator apps want it.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(BASE32[(buffer >> bits) as usize & 31] as char);
        }
    }
    if bits > 0 {
        text.push(BASE32[(buffer << (5 - bits)) as usize & 31] as char);
    }
    text
}

/// What [`base32`] wrote.
pub fn from_base32(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for letter in text.bytes() {
        let value = BASE32.iter().position(|known| *known == letter)?;
        buffer = (buffer << 5) | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// Appendix B of RFC 6238 gives eight digits; ours are the last six of the same number.
    #[test]
    fn codes_are_those_of_rfc_6238() {
        for (seconds, code) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            assert_eq!(truncated(SECRET, seconds / 30) % 100_000_000, code);
            let six = format!("{:06}", code % 1_000_000);
            assert_eq!(step_of(SECRET, &six, at(seconds)), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_counts_one_step_early_and_one_late() {
        let code = code_at(SECRET, 100);
        for (step, fits) in [(98, false), (99, true), (100, true), (101, true), (102, false)] {
            assert_eq!(
                step_of(SECRET, &code, at(step * 30)).is_some(),
                fits,
                "step {step}"
            );
        }
        for wrong in ["", "12345", "1234567", "abcdef"] {
            assert_eq!(step_of(SECRET, wrong, at(3000)), None);
        }
    }

    /// Section 10 of RFC 4648.
    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (plain, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), text);
            assert_eq!(from_base32(text).unwrap(), plain.as_bytes());
        }
        assert_eq!(from_base32("M1"), None);
    }
}
