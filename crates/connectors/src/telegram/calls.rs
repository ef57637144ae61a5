//! Calls of the Bot API, and what its errors mean.

use std::time::Duration;

use kernel::Reason;
use serde_json::{Value, json};

use crate::form::{Account, CheckError};
use crate::http::{Answer, Call, Http};
use crate::lenient;
use crate::outbound::{Because, SendError};

pub(super) const FILE_TIMEOUT: Duration = Duration::from_secs(60);

fn base(account: &Account) -> &str {
    account.base("api_url", "https://api.telegram.org")
}

pub(super) fn url(account: &Account, method: &str) -> String {
    format!("{}/bot{}/{method}", base(account), account.value("bot_token"))
}

pub(super) fn file_url(account: &Account, path: &str) -> String {
    format!("{}/file/bot{}/{path}", base(account), account.value("bot_token"))
}

/// A number, as Telegram writes it.
pub(super) fn chat_id(thread: &str) -> Value {
    thread
        .parse::<i64>()
        .map_or_else(|_| json!(thread), |id| json!(id))
}

/// Calls a method that may be called again: everything but sending.
pub(super) async fn ask(
    http: &Http,
    account: &Account,
    method: &str,
    body: Value,
) -> Result<Value, CheckError> {
    let answer = http.call(Call::post(url(account, method)).json(body)).await?;
    let mut content = answer.json();
    if answer.is_success() && content["ok"] == true {
        return Ok(content["result"].take());
    }
    Err(check_error(account, &answer))
}

pub(super) fn check_error(account: &Account, answer: &Answer) -> CheckError {
    let reason = description(account, answer);
    match answer.status {
        401 | 404 => CheckError::broken(
            Reason::new(
                "telegram_bad_token",
                "Copy the bot's token from @BotFather again.",
            )
            .quoting(reason),
        ),
        429 | 500.. => CheckError::passing(reason),
        _ => CheckError::lasting(reason),
    }
}

pub(super) fn send_error(account: &Account, answer: &Answer) -> SendError {
    let reason = description(account, answer);
    let code = answer.status.to_string();
    let wait = answer.json()["parameters"]["retry_after"].as_u64();
    let because = match answer.status {
        429 => {
            let after = wait.map(Duration::from_secs).or(answer.retry_after);
            return SendError::Later { code, reason, after };
        }
        200..=299 | 500.. => return SendError::Unknown { reason },
        401 | 404 => Because::Account,
        403 => Because::Person,
        400 if reason.contains("chat not found") || reason.contains("user not found") => Because::Person,
        _ => Because::Message,
    };
    lenient::rejected(&code, reason, because)
}

/// What Telegram says, which never holds the token; made sure of all the same.
fn description(account: &Account, answer: &Answer) -> String {
    let said = lenient::text(&answer.json(), "/description");
    let said = said.unwrap_or_else(|| format!("Telegram answered with status {}", answer.status));
    match account.value("bot_token") {
        "" => said,
        token => said.replace(token, "…"),
    }
}
