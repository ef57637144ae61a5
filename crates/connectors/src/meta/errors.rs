//! Graph errors: what they mean for a message and for the account. Decided by `code`, because texts and HTTP statuses
//! change.

use std::time::Duration;

use kernel::Reason;
use serde_json::Value;

use super::json::Json;
use crate::form::{Account, CheckError};
use crate::http::{Answer, CallError};
use crate::outbound::{Because, SendError};

/// An `{"error": …}`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GraphError {
    pub code: i64,
    pub subcode: i64,
    pub text: String,
    pub is_transient: bool,
}

/// What an error says about trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not before so many seconds, if it is known.
    Later(Option<u64>),
    Never(Because),
    /// The code is none that we know.
    Unclear,
}

impl GraphError {
    pub fn of(body: &Value) -> Option<Self> {
        let error = Json(body).at("/error");
        error.0.is_object().then(|| Self::read(error))
    }

    /// One of a list of errors, as statuses and messages have them.
    pub fn read(error: Json<'_>) -> Self {
        let message = error.text("/message").or_else(|| error.text("/title"));
        let details = error
            .text("/error_data/details")
            .or_else(|| error.text("/error_user_msg"));
        let text = match (message, details) {
            (Some(message), Some(details)) if !message.contains(&details) => format!("{message}: {details}"),
            (Some(text), _) | (None, Some(text)) => text,
            (None, None) => "no reason given".to_owned(),
        };
        Self {
            code: error.integer("/code").unwrap_or_default(),
            subcode: error.integer("/error_subcode").unwrap_or_default(),
            text,
            is_transient: error.is_true("/is_transient"),
        }
    }

    /// `131047`, or `10/2018278` with the subcode.
    pub fn name(&self) -> String {
        match self.subcode {
            0 => self.code.to_string(),
            subcode => format!("{}/{subcode}", self.code),
        }
    }
}

/// Messenger's and Instagram's errors.
pub fn page_verdict(error: &GraphError) -> Verdict {
    match (error.code, error.subcode) {
        (_, 2_018_278 | 2_534_022) => Verdict::Never(Because::Window),
        (551, _) | (_, 1_545_041 | 2_018_108 | 2_018_001) => Verdict::Never(Because::Person),
        (1 | 2, _) => Verdict::Later(None),
        (4 | 32 | 613 | 80_002 | 80_006, _) => Verdict::Later(Some(60)),
        (1200 | 2022, _) => Verdict::Later(Some(5)),
        (100 | 10_900 | 10_903 | 10_904, _) => Verdict::Never(Because::Message),
        (0 | 3 | 10 | 102 | 190 | 200..300 | 368, _) => Verdict::Never(Because::Account),
        _ => Verdict::Unclear,
    }
}

/// What became of a message: the vendor's answer to it if it was taken.
///
/// # Errors
/// It was not, or nobody knows.
pub fn outcome(
    answer: Result<Answer, CallError>,
    account: &Account,
    judge: fn(&GraphError) -> Verdict,
) -> Result<Value, SendError> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(CallError::Refused(reason) | CallError::NotMade(reason)) => {
            return Err(later("not_connected", &reason, None));
        }
        Err(CallError::Cut(reason)) => return Err(SendError::Unknown { reason }),
    };
    let body = answer.json();
    match GraphError::of(&body) {
        Some(error) => Err(send_error(&error, &answer, account, judge)),
        None if answer.is_success() && body.is_object() => Ok(body),
        None => Err(without_words(&answer)),
    }
}

fn later(code: &str, reason: &str, after: Option<Duration>) -> SendError {
    SendError::Later {
        code: code.to_owned(),
        reason: reason.to_owned(),
        after,
    }
}

fn send_error(
    error: &GraphError,
    answer: &Answer,
    account: &Account,
    judge: fn(&GraphError) -> Verdict,
) -> SendError {
    let (code, reason) = (error.name(), redacted(&error.text, account));
    let passing = error.is_transient || answer.status >= 500 || answer.status == 429;
    match judge(error) {
        Verdict::Later(seconds) => {
            let after = answer.retry_after.or(seconds.map(Duration::from_secs));
            later(&code, &reason, after)
        }
        Verdict::Unclear if passing => later(&code, &reason, answer.retry_after),
        verdict => SendError::Rejected {
            code,
            reason,
            because: match verdict {
                Verdict::Never(because) => because,
                _ => Because::Message,
            },
        },
    }
}

/// An answer that is not the Graph API's: a proxy's, or one that broke off.
fn without_words(answer: &Answer) -> SendError {
    let code = format!("http_{}", answer.status);
    let because = match answer.status {
        429 => return later(&code, "Too many calls", answer.retry_after),
        200..300 | 408 | 500.. => {
            let reason = format!("The answer ({}) does not tell whether it was sent", answer.status);
            return SendError::Unknown { reason };
        }
        300..=399 | 401 => Because::Account,
        _ => Because::Message,
    };
    SendError::Rejected {
        reason: format!(
            "What answered ({}) is not the Graph API; check the API address",
            answer.status
        ),
        code,
        because,
    }
}

/// What became of something that nobody sees before the message itself, such as an uploaded file: it may be tried again.
pub fn before_sending(error: SendError) -> SendError {
    match error {
        SendError::Unknown { reason } => later("upload", &reason, None),
        known => known,
    }
}

/// What an error means where nothing was said.
pub fn check_error(error: &GraphError, account: &Account) -> CheckError {
    let text = redacted(&error.text, account);
    let reason = format!("Meta says: {text} ({})", error.name());
    match error.code {
        100 if text.contains("appsecret_proof") => CheckError::broken(Reason::new(
            "meta_other_app",
            "The app secret is not that of the app which the access token belongs to. Copy both from the same app.",
        )),
        190 | 102 => CheckError::broken(
            Reason::new("meta_bad_token", "Make a new access token and enter it.").quoting(reason),
        ),
        0 | 3 | 10 | 200..300 => CheckError::broken(
            Reason::new("meta_not_allowed", "The access token lacks a permission.").quoting(reason),
        ),
        1 | 2 | 4 | 17 | 32 | 613 | 80_000..80_100 | 130_429 | 131_016 | 131_057 => {
            CheckError::passing(reason)
        }
        _ if error.is_transient => CheckError::passing(reason),
        _ => CheckError::lasting(reason),
    }
}

/// Meta repeats a malformed token in its words: nothing that may be one is passed on.
pub fn redacted(text: &str, account: &Account) -> String {
    const SECRETS: [&str; 2] = ["access_token", "app_secret"];
    let mut text = text.to_owned();
    let known = SECRETS.iter().map(|key| account.value(key));
    for secret in known.chain([account.verify_token.as_str()]) {
        if secret.len() > 3 {
            text = text.replace(secret, "…");
        }
    }
    let is_long = |word: &str| word.len() >= 32 && word.bytes().any(|byte| byte.is_ascii_digit());
    let words = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| if is_long(word) { "… " } else { word })
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_metas_words_is_not_passed_on() {
        let mut account = Account::default();
        account.values.insert("access_token".into(), "EAAshort1".into());
        assert_eq!(
            redacted("Malformed access token EAAshort1", &account),
            "Malformed access token …"
        );
        let stranger = "Malformed access token EAAGm0PX4ZCpsBAKZCyj7ZAoZCZAbm3ZBtesttest0000 here";
        assert_eq!(redacted(stranger, &account), "Malformed access token … here");
        assert_eq!(
            redacted("(#100) No such parameter: recipient", &account).len(),
            35
        );
    }

    #[test]
    fn messengers_table_of_errors() {
        let verdict = |code, subcode| {
            page_verdict(&GraphError {
                code,
                subcode,
                ..GraphError::default()
            })
        };
        assert_eq!(verdict(10, 2_018_278), Verdict::Never(Because::Window));
        assert_eq!(verdict(10, 2_534_022), Verdict::Never(Because::Window));
        for (code, subcode) in [(10, 0), (10, 1_893_063), (190, 463), (200, 0), (230, 0), (368, 0)] {
            assert_eq!(verdict(code, subcode), Verdict::Never(Because::Account), "{code}");
        }
        for (code, subcode) in [
            (551, 1_545_041),
            (200, 1_545_041),
            (10, 2_018_108),
            (100, 2_018_001),
        ] {
            assert_eq!(verdict(code, subcode), Verdict::Never(Because::Person), "{code}");
        }
        for code in [100, 10_900, 10_903, 10_904] {
            assert_eq!(verdict(code, 0), Verdict::Never(Because::Message), "{code}");
        }
        for code in [1, 2, 4, 32, 613, 1200, 2022, 80_002] {
            assert!(matches!(verdict(code, 0), Verdict::Later(_)), "{code}");
        }
        assert_eq!(verdict(987_654, 0), Verdict::Unclear);
    }
}
