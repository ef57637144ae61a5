//! Accounts at messaging vendors: what was filled in to connect one, whether it works, and how to reach it.
//!
//! Secrets are sealed together, bound to the tenant and the channel. [`Connections`] opens them for one piece of work.

pub mod api;
pub mod health;
pub mod renewal;
pub mod store;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use connectors::form::{CheckError, Checked};
use connectors::{Account, Connector, FieldKind, Form};
use kernel::error::{Result, invalid, not_found};
use kernel::ids::{ChannelId, TenantId};
use kernel::secrets::{self, MasterKey};
use kernel::{Database, Reason, TenantProof};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::Context;

/// A channel's account, opened. It proves its tenant: whoever makes one has found it by a key that only the vendor was
/// given, or has proven the tenant before.
#[derive(Clone)]
pub struct Connection {
    tenant_id: TenantId,
    pub channel_id: ChannelId,
    pub connector: &'static dyn Connector,
    pub account: Account,
    /// False: paused. Incoming events are kept until it is resumed.
    pub is_active: bool,
    /// The credentials do not work.
    pub is_broken: bool,
}

impl TenantProof for Connection {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }
}

/// What a channel's sealed credentials are bound to.
pub fn seal_context(tenant: TenantId, channel: ChannelId) -> String {
    format!("channels/{tenant}/{channel}/credentials")
}

/// Connections that were used lately, by the key in the webhook's address. Clones share them.
#[derive(Clone, Default)]
pub struct Connections(Arc<Mutex<HashMap<String, Cached>>>);

type Cached = (DateTime<Utc>, Arc<Connection>);

/// A change acts after this time in every process, and at once in the one that made it.
const FRESH: TimeDelta = TimeDelta::seconds(2);
/// Above this many the cache starts anew.
const MOST: usize = 10_000;

impl Connections {
    /// The connection behind the key of a webhook's address.
    ///
    /// # Errors
    /// 404 for a key that does not exist, is of another kind, or whose tenant is suspended.
    pub async fn get(&self, ctx: &Context, kind: &str, key: &str) -> Result<Arc<Connection>> {
        let now = ctx.db.clock.now();
        if let Some((at, found)) = self.0.lock().get(key)
            && now - *at < FRESH
            && found.connector.kind() == kind
        {
            return Ok(found.clone());
        }
        let owner = store::find_by_key(&ctx.db, kind, key).await?;
        let (tenant, channel) = owner.ok_or_else(|| not_found("channel"))?;
        let found = open(&ctx.db, &ctx.master_key, &Owner(tenant), channel).await?;
        let found = Arc::new(found.ok_or_else(|| not_found("channel"))?);
        let mut cache = self.0.lock();
        if cache.len() >= MOST {
            cache.clear();
        }
        cache.insert(key.to_owned(), (now, found.clone()));
        Ok(found)
    }

    /// All connections to these accounts of the vendor, of whatever tenant: for the address that accounts share. None of
    /// them may be believed before its signature was checked.
    pub async fn find_by_accounts(
        &self,
        ctx: &Context,
        kind: &str,
        accounts: &[String],
    ) -> Result<Vec<Connection>> {
        let mut found = Vec::new();
        for (tenant, channel) in store::find_by_platform_ids(&ctx.db, kind, accounts).await? {
            found.extend(open(&ctx.db, &ctx.master_key, &Owner(tenant), channel).await?);
        }
        Ok(found)
    }

    pub fn forget(&self, key: &str) {
        self.0.lock().remove(key);
    }

    /// After something that may concern any of them.
    pub fn forget_all(&self) {
        self.0.lock().clear();
    }
}

/// A tenant that a key or an account leads to.
struct Owner(TenantId);

impl TenantProof for Owner {
    fn tenant_id(&self) -> TenantId {
        self.0
    }
}

/// The connection of a channel whose tenant is proven. None: there is no such channel, or it is a widget.
pub async fn open(
    db: &Database,
    master_key: &MasterKey,
    proof: &impl TenantProof,
    channel: ChannelId,
) -> Result<Option<Connection>> {
    let mut tx = db.tenant_read(proof).await?;
    let Some(row) = store::find(&mut tx, channel).await? else {
        return Ok(None);
    };
    unseal(master_key, proof.tenant_id(), channel, row)
}

fn unseal(
    master_key: &MasterKey,
    tenant_id: TenantId,
    channel_id: ChannelId,
    row: store::Row,
) -> Result<Option<Connection>> {
    let Some(connector) = connectors::find(&row.kind) else {
        return Ok(None);
    };
    let mut values: BTreeMap<String, String> = serde_json::from_value(row.config)?;
    if let Some(sealed) = row.encrypted_credentials {
        let opened = master_key.open(&seal_context(tenant_id, channel_id), &sealed)?;
        let secrets: BTreeMap<String, String> = serde_json::from_str(&opened)?;
        values.extend(secrets);
    }
    Ok(Some(Connection {
        tenant_id,
        channel_id,
        connector,
        account: Account {
            id: row.platform_channel_id.unwrap_or_default(),
            verify_token: row.verify_token.unwrap_or_default(),
            webhook_url: row.webhook_url,
            values,
        },
        is_active: row.is_active,
        is_broken: row.is_broken,
    }))
}

/// What is stored of a filled-in form.
pub struct Filled {
    pub account_id: Option<String>,
    pub config: Value,
    pub sealed: String,
    pub hints: Value,
}

/// Takes a filled-in form apart into what may be read and what is sealed. A secret that is left empty stays as it was.
///
/// # Errors
/// Names the field that is missing, unknown or not what it should be.
pub fn fill(
    master_key: &MasterKey,
    tenant: TenantId,
    channel: ChannelId,
    connector: &dyn Connector,
    given: &BTreeMap<String, String>,
    known: &BTreeMap<String, String>,
) -> Result<Filled> {
    let form = &connector.about().form;
    if let Some(unknown) = given
        .keys()
        .find(|key| form.fields.iter().all(|field| field.key != key.as_str()))
    {
        return Err(invalid(
            "bad_connection",
            format!("There is no field `{unknown}`."),
        ));
    }
    refuse_known_secrets_elsewhere(form, given, known)?;
    let (mut config, mut secrets, mut hints) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for field in &form.fields {
        let is_secret = field.kind == FieldKind::Secret;
        let value = match given.get(field.key).map(|value| value.trim()) {
            Some("") | None if is_secret || !given.contains_key(field.key) => {
                known.get(field.key).map_or("", |value| value.trim())
            }
            Some(value) => value,
            None => "",
        };
        check_field(field, value)?;
        if value.is_empty() {
            continue;
        }
        if is_secret {
            hints.insert(field.key, last4(value));
            secrets.insert(field.key, value);
        } else {
            config.insert(field.key, value);
        }
    }
    let value = |key: &str| {
        let found = config.get(key).or_else(|| secrets.get(key));
        found.map_or_else(String::new, |value| (*value).to_owned())
    };
    if let Some(key) = connector.missing(&value) {
        return Err(invalid("bad_connection", format!("`{key}` is missing.")));
    }
    let sealed = serde_json::to_string(&secrets)?;
    let account_id = form.account_field.and_then(|key| config.get(key));
    Ok(Filled {
        account_id: account_id.map(|id| (*id).to_owned()),
        sealed: master_key.seal(&seal_context(tenant, channel), &sealed)?,
        config: json!(config),
        hints: json!(hints),
    })
}

/// A secret that was given for one address is not sent to another.
fn refuse_known_secrets_elsewhere(
    form: &Form,
    given: &BTreeMap<String, String>,
    known: &BTreeMap<String, String>,
) -> Result<()> {
    let value = |values: &BTreeMap<String, String>, key: &str| {
        let value = values.get(key).map(|value| value.trim().trim_end_matches('/'));
        value.filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let has_moved = |field: &&connectors::Field| {
        let of = |values| value(values, field.key).or_else(|| field.default.map(str::to_owned));
        field.kind == FieldKind::Url && given.contains_key(field.key) && of(given) != of(known)
    };
    let is_kept = |field: &&connectors::Field| {
        field.kind == FieldKind::Secret
            && value(known, field.key).is_some()
            && value(given, field.key).is_none()
    };
    let moved = form.fields.iter().find(has_moved);
    let kept: Vec<String> = form
        .fields
        .iter()
        .filter(is_kept)
        .map(|field| format!("`{}`", field.key))
        .collect();
    match moved {
        Some(moved) if !kept.is_empty() => Err(invalid(
            "secrets_needed",
            format!(
                "`{}` ({}) has changed: fill in {} again. What was given for one address is not sent to another.",
                moved.key,
                moved.label.en,
                kept.join(", ")
            ),
        )),
        _ => Ok(()),
    }
}

/// The longest value of a field.
const LONGEST_VALUE: usize = 2000;

fn check_field(field: &connectors::Field, value: &str) -> Result<()> {
    let bad = |detail: String| Err(invalid("bad_connection", detail));
    let label = field.label.en;
    if value.is_empty() {
        return match field.is_required {
            true => bad(format!("“{label}” (`{}`) is missing.", field.key)),
            false => Ok(()),
        };
    }
    if value.len() > LONGEST_VALUE || value.chars().any(char::is_control) {
        return bad(format!(
            "“{label}” (`{}`) is one line of at most 2,000 characters.",
            field.key
        ));
    }
    match field.kind {
        FieldKind::Choice { options } if options.iter().all(|option| option.value != value) => {
            bad(format!("“{label}” (`{}`) does not know `{value}`.", field.key))
        }
        FieldKind::Url if !value.starts_with("https://") && !value.starts_with("http://") => {
            bad(format!("“{label}” (`{}`) starts with https://.", field.key))
        }
        _ => Ok(()),
    }
}

/// The end of a secret, by which its owner recognises it; nothing of a short one.
fn last4(secret: &str) -> String {
    let length = secret.chars().count();
    match length > 12 {
        true => secret.chars().skip(length - 4).collect(),
        false => String::new(),
    }
}

/// A new token for the vendor to show. It begins with the key of its channel, so that the address that all accounts of a
/// vendor share knows whose it is; its characters are those that every vendor takes.
pub fn new_verify_token(channel_key: &str) -> String {
    format!("{channel_key}-{}", secrets::random_name(""))
}

/// The channel key in a verify token.
pub fn key_of(verify_token: &str) -> &str {
    verify_token.rsplit_once('-').map_or("", |(key, _)| key)
}

/// Where the vendor calls; none while the server does not know its public address.
pub fn webhook_url(ctx: &Context, kind: &str, channel_key: &str) -> Option<String> {
    let base = ctx.public_url.as_deref()?.trim_end_matches('/');
    Some(format!("{base}{}", health::webhook_path(kind, channel_key)))
}

/// Asks the vendor about the account, tells it where to send events, and keeps what it says.
///
/// # Errors
/// 422 `vendor_refused` with the vendor's words; the channel is marked broken if they say that nothing will work.
pub async fn check(ctx: &Context, proof: &impl TenantProof, channel: ChannelId) -> Result<Checked> {
    let connection = open(&ctx.db, &ctx.master_key, proof, channel).await?;
    let mut connection = connection.ok_or_else(|| not_found("channel"))?;
    // the server may have another address by now
    let key = key_of(&connection.account.verify_token);
    if let Some(url) = webhook_url(ctx, connection.connector.kind(), key) {
        connection.account.webhook_url = url;
    }
    let outcome = ask(ctx, &mut connection).await;
    let mut tx = ctx.db.tenant(proof).await?;
    let now = ctx.db.clock.now();
    match &outcome {
        Ok(checked) => store::keep_check(&mut tx, &connection, checked, now).await?,
        Err(error) => store::note_error(&mut tx, channel, &error.reason, error.is_broken, now).await?,
    }
    tx.commit().await?;
    outcome.map_err(|error| refused(&error))
}

async fn ask(ctx: &Context, connection: &mut Connection) -> Result<Checked, CheckError> {
    let connector = connection.connector;
    let mut checked = connector.check(&ctx.http, &connection.account).await?;
    if let Some(id) = &checked.account_id {
        connection.account.id.clone_from(id);
    }
    if !connector.about().form.subscribes_itself {
        return Ok(checked);
    }
    if connection.account.webhook_url.is_empty() {
        checked.warnings.push(Reason::new(
            "no_public_address",
            "The server does not know its public address, so the vendor could not be told where to send messages. Set \
             RAPPORT_PUBLIC_URL and test again.",
        ));
        return Ok(checked);
    }
    if let Some(subscribing) = connector.subscribe(&ctx.http, &connection.account) {
        subscribing.await?;
        // it warned of what is mended now
        checked = connector.check(&ctx.http, &connection.account).await?;
    }
    Ok(checked)
}

fn refused(error: &CheckError) -> kernel::Error {
    invalid("vendor_refused", error.reason.text.clone()).because(error.reason.clone())
}
