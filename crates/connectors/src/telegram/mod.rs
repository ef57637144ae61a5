//! Telegram: a bot of the Bot API. Private chats are answered; groups and channels are left alone.
//!
//! The token stands in every address, so no address may get into a reason.

mod about;
mod calls;
mod read;
mod send;
#[cfg(test)]
mod tests;

use futures::future::BoxFuture;
use kernel::Reason;
use kernel::secrets::equal;
use serde_json::{Value, json};

use crate::form::{About, Account, CheckError, Checked};
use crate::http::{Call, Http};
use crate::inbound::{Event, Fetched, Media, RawEvent, Reception, Refused, Request};
use crate::outbound::{Piece, SendError, Sent, Signal};
use crate::{Connector, from_seconds, lenient};

pub struct Telegram;

/// What we ask to be told.
const UPDATES: [&str; 5] = [
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "message_reaction",
];

impl Connector for Telegram {
    fn kind(&self) -> &'static str {
        "telegram"
    }

    fn about(&self) -> &About {
        &about::ABOUT
    }

    /// Telegram does not say which bot it means: each has an address of its own.
    fn accounts_in(&self, _body: &[u8]) -> Vec<String> {
        Vec::new()
    }

    fn receive(&self, account: &Account, request: &Request<'_>) -> Result<Reception, Refused> {
        let given = request
            .header("x-telegram-bot-api-secret-token")
            .ok_or(Refused("no secret token"))?;
        let expected = &account.verify_token;
        if expected.is_empty() || !equal(given.as_bytes(), expected.as_bytes()) {
            return Err(Refused("the secret token is another one"));
        }
        let event = event(request.body).unwrap_or_else(|| lenient::unreadable(request.body));
        Ok(Reception {
            events: vec![event],
            reply_within: None,
        })
    }

    fn read(&self, _account: &Account, body: &str) -> Result<Event, String> {
        read::update(body)
    }

    fn send<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        piece: &'a Piece<'a>,
    ) -> BoxFuture<'a, Result<Sent, SendError>> {
        Box::pin(send::send(http, account, piece))
    }

    fn check<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
    ) -> BoxFuture<'a, Result<Checked, CheckError>> {
        Box::pin(check(http, account))
    }

    fn subscribe<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
    ) -> Option<BoxFuture<'a, Result<(), CheckError>>> {
        Some(Box::pin(subscribe(http, account)))
    }

    fn unsubscribe<'a>(&'a self, http: &'a Http, account: &'a Account) -> Option<BoxFuture<'a, ()>> {
        Some(Box::pin(async move {
            let _ = calls::ask(http, account, "deleteWebhook", json!({})).await;
        }))
    }

    fn fetch<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        media: &'a Media,
        largest: usize,
    ) -> BoxFuture<'a, Result<Fetched, CheckError>> {
        Box::pin(fetch(http, account, media, largest))
    }

    /// A pressed button spins until it is answered: that is done with the first sign that somebody has seen it.
    fn signal<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        signal: &'a Signal<'a>,
    ) -> Option<BoxFuture<'a, ()>> {
        let (thread, message_id, is_typing) = match *signal {
            Signal::Typing { thread, message_id } => (thread, message_id, true),
            Signal::Read { thread, message_id } => (thread, Some(message_id), false),
        };
        let pressed = message_id.and_then(|id| id.strip_prefix(read::PRESSED));
        (is_typing || pressed.is_some()).then(|| -> BoxFuture<'a, ()> {
            Box::pin(async move {
                if let Some(id) = pressed {
                    let body = json!({ "callback_query_id": id });
                    let _ = calls::ask(http, account, "answerCallbackQuery", body).await;
                }
                if is_typing {
                    let body = json!({ "chat_id": calls::chat_id(thread), "action": "typing" });
                    let _ = calls::ask(http, account, "sendChatAction", body).await;
                }
            })
        })
    }
}

fn event(body: &[u8]) -> Option<RawEvent> {
    let update: Value = serde_json::from_slice(body).ok()?;
    let id = update.get("update_id")?.as_i64()?;
    let (name, content) = read::content(&update)?;
    let places = ["/chat/id", "/message/chat/id", "/from/id", "/user/id"];
    let thread = places.iter().find_map(|place| lenient::id(content, place));
    let kind = match name {
        "message" | "callback_query" => "message",
        "edited_message" => "edit",
        "message_reaction" => "reaction",
        _ => "other",
    };
    Some(RawEvent {
        id: format!("update:{id}"),
        account_id: None,
        thread: thread.unwrap_or_default(),
        kind,
        occurred_at: content.get("date").and_then(Value::as_i64).and_then(from_seconds),
        body: update.to_string(),
    })
}

async fn check(http: &Http, account: &Account) -> Result<Checked, CheckError> {
    let me = calls::ask(http, account, "getMe", json!({})).await?;
    let hook = calls::ask(http, account, "getWebhookInfo", json!({})).await?;
    let name = lenient::text(&me, "/username").map(|name| format!("@{name}"));
    Ok(Checked {
        display_name: name
            .or_else(|| lenient::text(&me, "/first_name"))
            .unwrap_or_default(),
        account_id: lenient::id(&me, "/id"),
        warnings: warnings(account, &hook),
        ..Checked::default()
    })
}

fn warnings(account: &Account, hook: &Value) -> Vec<Reason> {
    let mut warnings = Vec::new();
    let url = lenient::text(hook, "/url").unwrap_or_default();
    if url.is_empty() {
        warnings.push(Reason::new(
            "telegram_no_address",
            "Telegram sends no messages here yet: test the channel to tell it the address.",
        ));
    } else if !account.webhook_url.is_empty() && url != account.webhook_url {
        warnings.push(Reason::new(
            "telegram_other_address",
            "Telegram sends the bot's messages to another address. Testing the channel changes that.",
        ));
    }
    if let Some(error) = lenient::text(hook, "/last_error_message") {
        let at = hook.get("last_error_date").and_then(Value::as_i64);
        let at = at.and_then(from_seconds);
        let at = at.map(|at| at.format("%Y-%m-%d %H:%M UTC").to_string());
        let reason = Reason::new(
            "telegram_not_delivered",
            "Telegram could not deliver a message here ({at}).",
        );
        warnings.push(reason.with("at", at.unwrap_or_default()).quoting(error));
    }
    let told = hook.get("allowed_updates").and_then(Value::as_array);
    let is_told = |name: &str| told.is_none_or(|told| told.iter().any(|one| one == name));
    if !url.is_empty() && !UPDATES.iter().all(|name| is_told(name)) {
        warnings.push(Reason::new(
            "telegram_not_everything",
            "Telegram does not send everything that is needed. Testing the channel changes that.",
        ));
    }
    warnings
}

async fn subscribe(http: &Http, account: &Account) -> Result<(), CheckError> {
    if account.verify_token.is_empty() || account.webhook_url.is_empty() {
        return Err(CheckError::lasting(Reason::new(
            "telegram_needs_address",
            "Telegram needs an address that it can reach: set the server's public address first.",
        )));
    }
    let body = json!({
        "url": account.webhook_url,
        "secret_token": account.verify_token,
        "allowed_updates": UPDATES,
        "max_connections": 40,
    });
    calls::ask(http, account, "setWebhook", body).await.map(|_| ())
}

async fn fetch(http: &Http, account: &Account, media: &Media, largest: usize) -> Result<Fetched, CheckError> {
    let file = calls::ask(http, account, "getFile", json!({ "file_id": media.source })).await?;
    let path = lenient::text(&file, "/file_path").filter(|path| is_plain(path));
    let path = path.ok_or_else(|| {
        CheckError::lasting(Reason::new(
            "file_withheld",
            "The vendor does not hand out this file.",
        ))
    })?;
    let call = Call::get(calls::file_url(account, &path)).largest_answer(largest);
    let answer = http.call(call.timeout(calls::FILE_TIMEOUT)).await?;
    if !answer.is_success() {
        return Err(calls::check_error(account, &answer));
    }
    let own_name = path.rsplit('/').next().map(str::to_owned);
    Ok(Fetched {
        bytes: answer.body,
        file_name: media.file_name.clone().or(own_name),
    })
}

/// Below the bot's folder: no other place of the server, and no other server.
fn is_plain(path: &str) -> bool {
    let is_fine = |part: &str| !matches!(part, "" | "." | "..");
    let letters = |letter: char| letter.is_ascii_alphanumeric() || "/_-.".contains(letter);
    path.split('/').all(is_fine) && path.chars().all(letters)
}
