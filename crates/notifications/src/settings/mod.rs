//! By which mail server a workspace sends, and the address that hears of every escalation.

pub mod api;
pub mod store;

use kernel::error::invalid;
use kernel::ids::TenantId;
use kernel::secrets::MasterKey;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};

use crate::smtp::{Server, Tls, mailbox};
use crate::{Context, smtp};

/// A workspace's own mail server, as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub username: Option<String>,
    /// The last four characters of the password, if it is long enough to show them.
    pub password_last4: String,
    pub has_password: bool,
    /// `support@example.com` or `Shop <support@example.com>`.
    pub from_address: String,
}

#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct NewMailServer {
    pub host: String,
    /// 25, 465, 587 or 2525, unless the operator opens another one.
    pub port: u16,
    pub tls: Tls,
    pub username: Option<String>,
    /// Left out: as it is, as long as server and user stay the same.
    pub password: Option<String>,
    pub from_address: String,
}

/// Whose mail server is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MailServerSource)]
pub enum Source {
    Workspace,
    Installation,
    /// No mail is sent.
    None,
}

/// What a sealed password is bound to.
fn context(tenant: TenantId) -> String {
    format!("email_settings/{tenant}")
}

/// The mail server that sends for this workspace: its own, or the installation's.
pub async fn find_server(ctx: &Context, tx: &mut TenantTx) -> Result<Option<Server>> {
    let Some(own) = store::find(tx).await? else {
        return Ok(ctx.installation.as_deref().cloned());
    };
    let sealed = store::find_password(tx).await?;
    let password = sealed.map(|sealed| ctx.master_key.open(&context(tx.tenant_id()), &sealed));
    Ok(Some(Server {
        from: mailbox(&own.from_address)?,
        host: own.host,
        port: own.port,
        tls: own.tls,
        username: own.username,
        password: password.transpose()?,
        is_operators: false,
    }))
}

/// What may be stored, without the password itself. `before` is what is stored now.
async fn check(ctx: &Context, input: &NewMailServer, before: Option<&MailServer>) -> Result<MailServer> {
    let host = input.host.trim().to_ascii_lowercase();
    if host.is_empty()
        || host.len() > 253
        || host.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/')
    {
        return Err(invalid(
            "bad_host",
            "Give the name of the mail server, such as smtp.example.com.",
        ));
    }
    ctx.outbound
        .resolve_checked(&host, input.port, &smtp::PORTS)
        .await?;
    let username = input
        .username
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    if username.is_some_and(|name| name.len() > 320)
        || input.password.as_ref().is_some_and(|text| text.len() > 1000)
    {
        return Err(invalid("bad_username", "User name or password is too long."));
    }
    let from = mailbox(&input.from_address)?;
    access::users::check_email(from.email.as_ref())?;
    let mut server = MailServer {
        host,
        port: input.port,
        tls: input.tls,
        username: username.map(str::to_owned),
        password_last4: String::new(),
        has_password: false,
        from_address: from.to_string(),
    };
    let kept = before.filter(|before| is_same_door(before, &server) && input.password.is_none());
    match (kept, &input.password) {
        (Some(before), _) => {
            server.has_password = before.has_password;
            server.password_last4 = before.password_last4.clone();
        }
        (None, Some(password)) => {
            server.has_password = !password.is_empty();
            server.password_last4 = last4(password);
        }
        (None, None) => {}
    }
    if server.username.is_some() && !server.has_password {
        return Err(invalid(
            "password_needed",
            "Type the password: with another server or user the old one is not used.",
        ));
    }
    Ok(server)
}

/// A password that was typed for one door is not shown at another.
fn is_same_door(before: &MailServer, now: &MailServer) -> bool {
    (&before.host, before.port, before.tls, &before.username) == (&now.host, now.port, now.tls, &now.username)
}

/// Of a password that is long enough to spare them.
fn last4(password: &str) -> String {
    let letters: Vec<char> = password.chars().collect();
    match letters.len() {
        12.. => letters[letters.len() - 4..].iter().collect(),
        _ => String::new(),
    }
}

fn seal(key: &MasterKey, tenant: TenantId, password: &str) -> Result<Option<String>> {
    if password.is_empty() {
        return Ok(None);
    }
    key.seal(&context(tenant), password).map(Some)
}
