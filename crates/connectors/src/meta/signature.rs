//! How Meta proves that a call is its own: `X-Hub-Signature-256` over the raw bytes, and the question (GET) by which it
//! makes sure that the address is ours.

use kernel::secrets::{equal, sign};

use crate::form::Account;
use crate::inbound::{Refused, Request};

/// Where the question shows the verify token.
pub const VERIFY_TOKEN: &str = "hub.verify_token";

/// # Errors
/// Refused unless the header is there once and is exactly what the secret makes of the bytes, in lower case as Meta
/// writes it. Without a secret everything is refused.
pub fn check(app_secret: &str, request: &Request<'_>) -> Result<(), Refused> {
    if app_secret.is_empty() {
        return Err(Refused("the account has no app secret"));
    }
    let Some(given) = request.header("x-hub-signature-256") else {
        return Err(Refused("no signature, or more than one"));
    };
    let expected = format!(
        "sha256={}",
        hex::encode(sign(app_secret.as_bytes(), request.body))
    );
    if equal(given.as_bytes(), expected.as_bytes()) {
        Ok(())
    } else {
        Err(Refused("the signature does not fit"))
    }
}

/// The answer to `hub.mode=subscribe`.
///
/// # Errors
/// Refused unless the verify token is the account's.
pub fn challenge(account: &Account, request: &Request<'_>) -> Result<String, Refused> {
    let mode = request.parameter("hub.mode").unwrap_or_default();
    let token = request.parameter(VERIFY_TOKEN).unwrap_or_default();
    let is_ours =
        !account.verify_token.is_empty() && equal(token.as_bytes(), account.verify_token.as_bytes());
    match request.parameter("hub.challenge") {
        Some(challenge) if mode == "subscribe" && is_ours && !challenge.is_empty() => {
            Ok(challenge.to_owned())
        }
        _ => Err(Refused("the verify token does not fit")),
    }
}

/// Shows Meta that whoever holds the access token knows the app secret too.
pub fn proof(app_secret: &str, access_token: &str) -> String {
    hex::encode(sign(app_secret.as_bytes(), access_token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "test_app_secret";
    const BODY: &[u8] = br#"{"object":"page","entry":[]}"#;
    const SIGNATURE: &str = "sha256=5da47c9c7409e70d7a1851f0cfd9bc27786bd99587a9bf1dd5b51e23a2de03cf";

    fn check_with(secret: &str, signatures: &[&str], body: &[u8]) -> Result<(), Refused> {
        let named = |value: &&str| ("x-hub-signature-256".to_owned(), (*value).to_owned());
        let headers: Vec<_> = signatures.iter().map(named).collect();
        let request = Request {
            headers: &headers,
            query: &[],
            path: "",
            body,
            now: crate::from_seconds(0).unwrap(),
        };
        check(secret, &request)
    }

    #[test]
    fn metas_signatures_fit_byte_for_byte() {
        assert_eq!(check_with(SECRET, &[SIGNATURE], BODY), Ok(()));
        let escaped = br#"{"text":"\u00e9\ud83d\ude00"}"#;
        let signature = "sha256=08185ee8b8f81399387fbd3d440d3d2f249585d7974415a2e73960e4c02dd1d1";
        assert_eq!(check_with(SECRET, &[signature], escaped), Ok(()));
        let unescaped = r#"{"text":"é😀"}"#.as_bytes();
        assert!(check_with(SECRET, &[signature], unescaped).is_err());
        assert_eq!(
            proof(SECRET, "EAAtesttoken"),
            "2f6c99f265a9e1644d725e8f9c96e439fcbf40a73357d1d98ba8b98fbfe445e4"
        );
    }

    #[test]
    fn everything_else_is_refused() {
        let refused = |secret, signatures: &[&str]| check_with(secret, signatures, BODY).is_err();
        assert!(refused(SECRET, &[]));
        assert!(refused(SECRET, &[SIGNATURE, SIGNATURE]));
        assert!(refused("", &[SIGNATURE]));
        assert!(refused("other_app_secret", &[SIGNATURE]));
        let empty = format!("sha256={}", hex::encode(sign(b"", BODY)));
        assert!(refused("", &[&empty]));
        assert!(refused(SECRET, &[&SIGNATURE[..SIGNATURE.len() - 1]]));
        assert!(refused(SECRET, &[&format!("{SIGNATURE}0")]));
        assert!(refused(SECRET, &[SIGNATURE.trim_start_matches("sha256=")]));
        assert!(refused(SECRET, &[&SIGNATURE.to_uppercase()]));
        assert!(refused(SECRET, &[&SIGNATURE.replace("5da47c", "5DA47C")]));
        assert!(refused(SECRET, &[&SIGNATURE.replace("sha256", "sha1")]));
        assert!(refused(SECRET, &["", "sha256="]));
    }

    #[test]
    fn the_question_whether_the_address_is_ours_is_answered_to_who_knows_the_token() {
        let ask = |ours: &str, query: &[(&str, &str)]| {
            let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            let query: Vec<_> = query.iter().map(owned).collect();
            let account = Account {
                verify_token: ours.into(),
                ..Account::default()
            };
            let now = crate::from_seconds(0).unwrap();
            let request = Request {
                headers: &[],
                query: &query,
                path: "",
                body: b"",
                now,
            };
            challenge(&account, &request)
        };
        let mode = ("hub.mode", "subscribe");
        let token = ("hub.verify_token", "tok");
        let number = ("hub.challenge", "1158201444");
        assert_eq!(ask("tok", &[mode, number, token]), Ok("1158201444".to_owned()));
        let refused = |ours, query: &[(&str, &str)]| ask(ours, query).is_err();
        assert!(refused("tok", &[number, token]));
        assert!(refused("other", &[mode, number, token]));
        assert!(refused("", &[mode, number, ("hub.verify_token", "")]));
        assert!(refused("tok", &[mode, number]));
        assert!(refused("tok", &[mode, token]));
        assert!(refused("tok", &[mode, number, token, token]));
        assert!(refused("tok", &[("hub.mode", "unsubscribe"), number, token]));
    }
}
