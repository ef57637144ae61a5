//! The calls that are Instagram's own: which host and node the two ways of access use.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::form::{Account, CheckError, Checked, Renewed};
use crate::http::Http;
use crate::meta::graph::{Graph, permissions};
use crate::meta::json::Json;
use crate::meta::outgoing::Sender;
use kernel::Reason;

/// What an account tells us with Instagram login.
const FIELDS: &str =
    "messages,messaging_postbacks,messaging_seen,message_reactions,message_edit,messaging_referral";

const PERMISSIONS: [&str; 3] = [
    "instagram_basic",
    "instagram_manage_messages",
    "pages_manage_metadata",
];

/// Access is by the linked page; else by Instagram login.
pub fn is_by_page(account: &Account) -> bool {
    account.value("route") == "page"
}

pub fn graph(account: &Account) -> Graph<'_> {
    match is_by_page(account) {
        true => Graph::new(account),
        false => Graph::with_base(account, "https://graph.instagram.com", false),
    }
}

pub fn sender(account: &Account) -> Sender<'_> {
    let is_by_page = is_by_page(account);
    Sender {
        graph: graph(account),
        node: match is_by_page {
            true => account.value_or("page_id", "me"),
            false => account.value_or("ig_id", "me"),
        },
        // it is the page's Send API; nothing says that the other one takes it
        has_metadata: is_by_page,
        can_quote: false,
        can_upload: false,
    }
}

pub async fn subscribe(http: &Http, account: &Account) -> Result<(), CheckError> {
    if !is_by_page(account) {
        return graph(account)
            .subscribe(http, account.value("ig_id"), FIELDS)
            .await;
    }
    let page = account.value_or("page_id", "me");
    graph(account)
        .subscribe(http, page, crate::messenger::FIELDS)
        .await
}

pub async fn check(http: &Http, account: &Account) -> Result<Checked, CheckError> {
    match is_by_page(account) {
        true => check_by_page(http, account).await,
        false => check_by_login(http, account).await,
    }
}

async fn check_by_page(http: &Http, account: &Account) -> Result<Checked, CheckError> {
    let graph = graph(account);
    let call = graph.get(&[account.value("ig_id")], &[("fields", "id,username,name")]);
    let body = graph.ask(http, call).await?;
    let token = graph.debug_token(http).await?;
    Ok(Checked {
        display_name: display_name(Json(&body)),
        account_id: None,
        permissions: permissions(token.as_ref(), &PERMISSIONS),
        token_expires_at: token.and_then(|token| token.expires_at),
        warnings: Vec::new(),
    })
}

async fn check_by_login(http: &Http, account: &Account) -> Result<Checked, CheckError> {
    let graph = graph(account);
    let call = graph.get(&["me"], &[("fields", "user_id,username,name")]);
    let body = graph.ask(http, call).await?;
    let me = Json(&body);
    let id = me.text("/user_id").or_else(|| me.text("/id")).unwrap_or_default();
    if id != account.value("ig_id") {
        let reason = Reason::new(
            "instagram_other_account",
            "The token belongs to {name} ({id}), not to the account {account}. Enter that id, or make a token of the account.",
        );
        let reason = reason.with("name", display_name(me)).with("id", &id);
        return Err(CheckError::broken(reason.with("account", account.value("ig_id"))));
    }
    Ok(Checked {
        display_name: display_name(me),
        ..Checked::default()
    })
}

/// Tokens of Instagram login run out 60 days after they were made. From their second day on they can be exchanged.
pub async fn renew(http: &Http, account: &Account) -> Result<Renewed, CheckError> {
    let graph = graph(account);
    let body = graph.ask(http, graph.refresh_call()).await?;
    let body = Json(&body);
    let (token, seconds) = (body.text("/access_token"), body.integer("/expires_in"));
    let (Some(token), Some(valid_for)) = (token, seconds.and_then(TimeDelta::try_seconds)) else {
        return Err(CheckError::lasting(Reason::new(
            "no_new_token",
            "Meta's answer to the request for a new token holds none.",
        )));
    };
    Ok(Renewed {
        values: BTreeMap::from([("access_token".to_owned(), token)]),
        valid_for,
    })
}

fn display_name(account: Json<'_>) -> String {
    match account.text("/username") {
        Some(username) => format!("@{username}"),
        None => account.word("/name"),
    }
}
