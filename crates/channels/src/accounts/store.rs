//! All SQL for channels.

use chrono::{DateTime, Utc};
use kernel::error::{OnConstraint, conflict, not_found};
use kernel::ids::{ChannelId, TenantId};
use kernel::{Database, Result, TenantTx};
use serde_json::{Value, json};

use super::Channel;
use crate::settings::WidgetSettings;

/// What a channel's sealed secret is bound to.
pub fn secret_context(tenant: TenantId, channel: ChannelId) -> String {
    format!("channels/{tenant}/{channel}")
}

pub async fn insert(
    tx: &mut TenantTx,
    id: ChannelId,
    name: &str,
    key: &str,
    settings: &WidgetSettings,
    origins: &[String],
    sealed_secret: &str,
) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into channels (tenant_id, id, kind, name, channel_key, settings, allowed_origins, encrypted_secret)
        values ($1, $2, 'widget', $3, $4, $5, $6, $7)",
        tenant.0,
        id.0,
        name,
        key,
        json!(settings),
        origins,
        sealed_secret,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("channels_name_key", name_taken)?;
    sqlx::query!(
        "insert into channel_configurations (tenant_id, channel_id) values ($1, $2)",
        tenant.0,
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn set_secret(tx: &mut TenantTx, id: ChannelId, sealed_secret: &str) -> Result<()> {
    let done = sqlx::query!(
        "update channels set encrypted_secret = $2 where id = $1",
        id.0,
        sealed_secret
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Err(not_found("channel"));
    }
    Ok(())
}

fn name_taken() -> kernel::Error {
    conflict("name_taken", "There is a channel of this name already.")
}

struct Row {
    id: ChannelId,
    kind: String,
    name: String,
    channel_key: String,
    settings: Value,
    allowed_origins: Vec<String>,
    is_active: bool,
    is_bot_active: bool,
    ai_model: Option<String>,
    ai_temperature: f64,
    created_at: DateTime<Utc>,
    draft_settings: Option<Value>,
    revision: i64,
    published_at: Option<DateTime<Utc>>,
    published_by: Option<String>,
    first_session_at: Option<DateTime<Utc>>,
    first_session_origin: Option<String>,
}

impl Row {
    fn channel(self) -> Result<Channel> {
        let settings: WidgetSettings = serde_json::from_value(self.settings)?;
        let draft = self
            .draft_settings
            .map(|changes| settings.patched(&changes))
            .transpose()?;
        Ok(Channel {
            id: self.id,
            kind: self.kind,
            name: self.name,
            channel_key: self.channel_key,
            settings,
            draft,
            allowed_origins: self.allowed_origins,
            is_active: self.is_active,
            is_bot_active: self.is_bot_active,
            ai_model: self.ai_model,
            ai_temperature: self.ai_temperature,
            created_at: self.created_at,
            revision: self.revision,
            published_at: self.published_at,
            published_by: self.published_by,
            first_session_at: self.first_session_at,
            first_session_origin: self.first_session_origin,
        })
    }
}

pub async fn list(tx: &mut TenantTx) -> Result<Vec<Channel>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select c.id as "id: ChannelId", c.kind, c.name, c.channel_key, c.settings, c.allowed_origins, c.is_active,
            b.is_bot_active, b.ai_model, b.ai_temperature::float8 as "ai_temperature!", c.created_at,
            c.draft_settings, c.revision, c.published_at, c.published_by, c.first_session_at, c.first_session_origin
        from channels c
        join channel_configurations b on b.tenant_id = c.tenant_id and b.channel_id = c.id
        where c.tenant_id = current_tenant_id()
        order by c.created_at, c.id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(Row::channel).collect()
}

pub async fn find(tx: &mut TenantTx, id: ChannelId) -> Result<Option<Channel>> {
    Ok(list(tx).await?.into_iter().find(|channel| channel.id == id))
}

pub async fn get(tx: &mut TenantTx, id: ChannelId) -> Result<Channel> {
    find(tx, id).await?.ok_or_else(|| not_found("channel"))
}

pub async fn update(tx: &mut TenantTx, channel: &Channel) -> Result<()> {
    sqlx::query!(
        "update channels set name = $2, settings = $3, allowed_origins = $4, is_active = $5,
            revision = revision + (settings <> $3)::integer
        where tenant_id = current_tenant_id() and id = $1",
        channel.id.0,
        channel.name,
        json!(channel.settings),
        &channel.allowed_origins,
        channel.is_active,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("channels_name_key", name_taken)?;
    sqlx::query!(
        "update channel_configurations set is_bot_active = $2, ai_model = $3, ai_temperature = $4::float8::numeric
        where tenant_id = current_tenant_id() and channel_id = $1",
        channel.id.0,
        channel.is_bot_active,
        channel.ai_model,
        channel.ai_temperature,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Where a public key leads.
pub struct KeyRow {
    pub tenant_id: TenantId,
    pub channel_id: ChannelId,
    /// False: suspended.
    pub may_act: bool,
}

/// The tenant and channel behind a public key, if the channel is active.
pub async fn find_by_key(db: &Database, key: &str) -> Result<Option<KeyRow>> {
    let row = sqlx::query_as!(
        KeyRow,
        r#"select c.tenant_id as "tenant_id: TenantId", c.channel_id as "channel_id: ChannelId", t.is_active as may_act
        from platform.channel_index c
        join platform.tenant_index t on t.tenant_id = c.tenant_id
        where c.channel_key = $1 and c.kind = 'widget' and c.is_active"#,
        key,
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(row)
}

/// What the public side needs of a channel.
pub struct EndpointRow {
    pub channel_key: String,
    pub settings: Value,
    pub allowed_origins: Vec<String>,
    pub encrypted_secret: String,
    pub is_seen: bool,
    pub privacy_url: Option<String>,
    pub is_demo: bool,
}

/// None for a channel that is switched off, and for a demonstration whose time is over.
pub async fn find_endpoint(tx: &mut TenantTx, id: ChannelId) -> Result<Option<EndpointRow>> {
    let now = tx.now();
    let row = sqlx::query_as!(
        EndpointRow,
        r#"select c.channel_key, c.settings, c.allowed_origins, c.encrypted_secret,
            c.first_session_at is not null as "is_seen!", t.privacy_url,
            d.id is not null as "is_demo!"
        from channels c
        join tenants t on t.tenant_id = c.tenant_id
        left join demos d on d.tenant_id = c.tenant_id
        where c.tenant_id = current_tenant_id() and c.id = $1 and c.is_active and coalesce(d.expires_at > $2, true)"#,
        id.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// Locks the channel's row and gives its revision and the draft's changes.
pub async fn lock_draft(tx: &mut TenantTx, id: ChannelId) -> Result<(i64, Option<Value>)> {
    let row = sqlx::query!(
        "select revision, draft_settings from channels where tenant_id = current_tenant_id() and id = $1 for update",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    let row = row.ok_or_else(|| not_found("channel"))?;
    Ok((row.revision, row.draft_settings))
}

pub async fn set_draft(tx: &mut TenantTx, id: ChannelId, changes: Option<Value>) -> Result<()> {
    sqlx::query!(
        "update channels set draft_settings = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        changes
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn publish(
    tx: &mut TenantTx,
    id: ChannelId,
    settings: &WidgetSettings,
    by: &str,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update channels set settings = $2, draft_settings = null, revision = revision + 1, published_at = $3, published_by = $4
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        json!(settings),
        now,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes the first visit of a page with the widget; later ones change nothing.
pub async fn note_first_visit(
    tx: &mut TenantTx,
    id: ChannelId,
    origin: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let done = sqlx::query!(
        "update channels set first_session_at = $2, first_session_origin = $3
        where tenant_id = current_tenant_id() and id = $1 and first_session_at is null",
        id.0,
        now,
        origin,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
