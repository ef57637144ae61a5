//! All SQL for connections.

use chrono::{DateTime, TimeDelta, Utc};
use connectors::form::{Checked, Permission};
use kernel::error::{OnConstraint, conflict};
use kernel::ids::{ChannelId, TenantId};
use kernel::{Database, Reason, Result, TenantTx};
use serde_json::{Value, json};
use sqlx::types::Json;

use super::{Connection, Filled};
use crate::settings::WidgetSettings;

/// The tenant and channel behind the key of a webhook's address, if the tenant is active. A paused channel is found too.
pub async fn find_by_key(db: &Database, kind: &str, key: &str) -> Result<Option<(TenantId, ChannelId)>> {
    let row = sqlx::query!(
        r#"select c.tenant_id as "tenant_id: TenantId", c.channel_id as "channel_id: ChannelId"
        from platform.channel_index c
        join platform.tenant_index t on t.tenant_id = c.tenant_id
        where c.channel_key = $1 and c.kind = $2 and t.is_active"#,
        key,
        kind,
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(row.map(|row| (row.tenant_id, row.channel_id)))
}

/// The same by the vendor's ids of the accounts. Several tenants may name the same one: only one has its secret.
pub async fn find_by_platform_ids(
    db: &Database,
    kind: &str,
    platform_ids: &[String],
) -> Result<Vec<(TenantId, ChannelId)>> {
    // an id with U+0000 is nobody's, and cannot be asked for
    let asked: Vec<String> = platform_ids
        .iter()
        .filter(|id| !id.contains('\0'))
        .cloned()
        .collect();
    let rows = sqlx::query!(
        r#"select found.tenant_id as "tenant_id!: TenantId", found.channel_id as "channel_id!: ChannelId"
        from unnest($2::text[]) as asked (id)
        cross join lateral (
            select c.tenant_id, c.channel_id
            from platform.channel_index c
            join platform.tenant_index t on t.tenant_id = c.tenant_id
            where c.kind = $1 and c.platform_channel_id = asked.id and t.is_active
            order by c.channel_id
            limit 20
        ) as found"#,
        kind,
        &asked,
    )
    .fetch_all(db.platform())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.tenant_id, row.channel_id))
        .collect())
}

/// What a connection is opened from.
pub struct Row {
    pub kind: String,
    pub platform_channel_id: Option<String>,
    pub config: Value,
    pub encrypted_credentials: Option<String>,
    pub verify_token: Option<String>,
    pub webhook_url: String,
    pub is_active: bool,
    pub is_broken: bool,
}

pub async fn find(tx: &mut TenantTx, id: ChannelId) -> Result<Option<Row>> {
    let row = sqlx::query_as!(
        Row,
        r#"select kind, platform_channel_id, config, encrypted_credentials, verify_token, is_active, is_broken,
            coalesce(webhook_url, '') as "webhook_url!"
        from channels
        where tenant_id = current_tenant_id() and id = $1 and kind <> 'widget'"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// The channel of the same tenant and vendor that has this account.
pub async fn find_sibling(tx: &mut TenantTx, kind: &str, account: &str) -> Result<Option<ChannelId>> {
    let id = sqlx::query_scalar!(
        r#"select id as "id: ChannelId" from channels
        where tenant_id = current_tenant_id() and kind = $1 and platform_channel_id = $2
        order by created_at
        limit 1"#,
        kind,
        account,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(id)
}

/// A channel that is about to be connected.
pub struct NewConnection<'a> {
    pub id: ChannelId,
    pub kind: &'a str,
    pub name: &'a str,
    pub key: &'a str,
    pub settings: &'a WidgetSettings,
    pub sealed_secret: &'a str,
    pub verify_token: &'a str,
    pub webhook_url: Option<&'a str>,
}

pub async fn insert(tx: &mut TenantTx, new: &NewConnection<'_>, filled: &Filled) -> Result<()> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    sqlx::query!(
        "insert into channels (tenant_id, id, kind, name, channel_key, settings, encrypted_secret, platform_channel_id, config,
            encrypted_credentials, credential_hints, verify_token, webhook_url, token_made_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        tenant.0,
        new.id.0,
        new.kind,
        new.name,
        new.key,
        json!(new.settings),
        new.sealed_secret,
        filled.account_id,
        filled.config,
        filled.sealed,
        filled.hints,
        new.verify_token,
        new.webhook_url,
        now,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("channels_name_key", || {
        conflict("name_taken", "There is a channel of this name already.")
    })?;
    sqlx::query!(
        "insert into channel_configurations (tenant_id, channel_id) values ($1, $2)",
        tenant.0,
        new.id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// New credentials in place: what was wrong with the old ones is forgotten.
pub async fn update(
    tx: &mut TenantTx,
    id: ChannelId,
    filled: &Filled,
    webhook_url: Option<&str>,
) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update channels set platform_channel_id = coalesce($2, platform_channel_id), config = $3, encrypted_credentials = $4,
            credential_hints = $5, webhook_url = coalesce($6, webhook_url), is_broken = false, last_error = null, last_error_at = null,
            token_expires_at = null, token_made_at = $7, renewal_tried_at = null, renewal_error = null
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        filled.account_id,
        filled.config,
        filled.sealed,
        filled.hints,
        webhook_url,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn keep_check(
    tx: &mut TenantTx,
    connection: &Connection,
    checked: &Checked,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update channels set account_name = $2, platform_channel_id = coalesce($3, platform_channel_id),
            token_expires_at = coalesce($4, token_expires_at),
            permissions = $5, warnings = $6, checked_at = $7, webhook_url = coalesce(nullif($8, ''), webhook_url),
            is_broken = false, last_error = null, last_error_at = null
        where tenant_id = current_tenant_id() and id = $1",
        connection.channel_id.0,
        checked.display_name,
        checked.account_id,
        checked.token_expires_at,
        json!(checked.permissions),
        json!(checked.warnings),
        now,
        connection.account.webhook_url,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn note_error(
    tx: &mut TenantTx,
    id: ChannelId,
    reason: &Reason,
    is_broken: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update channels set last_error = $2, last_error_at = $3, is_broken = is_broken or $4
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        json!(reason),
        now,
        is_broken,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Channels of these kinds whose token runs out within `before_the_end`, or nobody knows when, and that have been left
/// alone for `pause`. Nobody else takes them on for as long.
pub async fn take_on_renewals(
    tx: &mut TenantTx,
    kinds: &[String],
    now: DateTime<Utc>,
    before_the_end: TimeDelta,
    pause: TimeDelta,
) -> Result<Vec<ChannelId>> {
    let ids = sqlx::query_scalar!(
        r#"update channels set renewal_tried_at = $2
        where tenant_id = current_tenant_id() and kind = any($1) and not is_broken and token_made_at <= $3
            and (renewal_tried_at is null or renewal_tried_at <= $3) and (token_expires_at is null or token_expires_at < $4)
        returning id as "id: ChannelId""#,
        kinds,
        now,
        now - pause,
        now + before_the_end,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

/// A new token in place of the old one. A channel that was reconnected meanwhile stays as it is.
pub async fn keep_renewal(
    tx: &mut TenantTx,
    id: ChannelId,
    filled: &Filled,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update channels set encrypted_credentials = $2, credential_hints = $3, token_made_at = $4, token_expires_at = $5,
            renewal_error = null
        where tenant_id = current_tenant_id() and id = $1 and renewal_tried_at is not null",
        id.0,
        filled.sealed,
        filled.hints,
        now,
        expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn note_renewal_error(tx: &mut TenantTx, id: ChannelId, reason: &str) -> Result<()> {
    sqlx::query!(
        "update channels set renewal_error = $2
        where tenant_id = current_tenant_id() and id = $1 and renewal_tried_at is not null",
        id.0,
        reason,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What is shown of a connection, with its numbers.
pub struct HealthRow {
    pub id: ChannelId,
    pub kind: String,
    pub name: String,
    pub channel_key: String,
    pub is_active: bool,
    pub platform_channel_id: Option<String>,
    pub account_name: Option<String>,
    pub config: Value,
    pub credential_hints: Value,
    pub verify_token: Option<String>,
    pub webhook_url: Option<String>,
    pub token_expires_at: Option<DateTime<Utc>>,
    pub renewal_error: Option<String>,
    pub permissions: Json<Vec<Permission>>,
    pub warnings: Json<Vec<Reason>>,
    pub checked_at: Option<DateTime<Utc>>,
    pub is_broken: bool,
    pub last_error: Option<Json<Reason>>,
    pub last_error_at: Option<DateTime<Utc>>,
    pub last_event_at: Option<DateTime<Utc>>,
    pub last_sent_at: Option<DateTime<Utc>>,
    pub events_pending: i64,
    pub events_quarantined: i64,
    pub events_dead: i64,
    pub oldest_pending_at: Option<DateTime<Utc>>,
    pub replies_queued: i64,
    pub replies_failed: i64,
    pub replies_unknown: i64,
    pub replies_late: i64,
    pub late_since: Option<DateTime<Utc>>,
    pub late_code: Option<String>,
    pub late_reason: Option<String>,
}

/// Replies that are still queued and were said before `late` are late.
pub async fn list_health(
    tx: &mut TenantTx,
    only: Option<ChannelId>,
    late: DateTime<Utc>,
) -> Result<Vec<HealthRow>> {
    let rows = sqlx::query_as!(
        HealthRow,
        r#"select c.id as "id: ChannelId", c.kind, c.name, c.channel_key, c.is_active, c.platform_channel_id, c.account_name, c.config,
            c.credential_hints, c.verify_token, c.webhook_url, c.token_expires_at, c.renewal_error,
            c.permissions as "permissions: Json<Vec<Permission>>", c.warnings as "warnings: Json<Vec<Reason>>", c.checked_at,
            c.is_broken, c.last_error as "last_error: Json<Reason>", c.last_error_at,
            (select max(e.received_at) from inbound_events e where e.tenant_id = c.tenant_id and e.channel_id = c.id) as last_event_at,
            (select max(d.sent_at) from deliveries d where d.tenant_id = c.tenant_id and d.channel_id = c.id
                and d.created_at > now() - interval '30 days') as last_sent_at,
            coalesce(e.pending, 0) as "events_pending!", coalesce(e.quarantined, 0) as "events_quarantined!",
            coalesce(e.dead, 0) as "events_dead!", e.oldest as oldest_pending_at,
            coalesce(d.queued, 0) as "replies_queued!", coalesce(d.failed, 0) as "replies_failed!", coalesce(d.unknown, 0) as "replies_unknown!",
            coalesce(d.late, 0) as "replies_late!", d.since as late_since, d.code as late_code, d.reason as late_reason
        from channels c
        left join lateral (
            select count(*) filter (where status = 'pending') as pending, count(*) filter (where status = 'quarantined') as quarantined,
                count(*) filter (where status = 'dead') as dead, min(received_at) filter (where status = 'pending') as oldest
            from inbound_events where tenant_id = c.tenant_id and channel_id = c.id and status <> 'processed'
        ) e on true
        left join lateral (
            select count(*) filter (where status in ('queued', 'sending')) as queued, count(*) filter (where status = 'failed') as failed,
                count(*) filter (where status = 'unknown') as unknown, count(distinct message_id) filter (where is_late) as late,
                min(since) filter (where is_late) as since,
                (array_agg(error_code order by updated_at desc) filter (where is_late and error_code is not null))[1] as code,
                (array_agg(error_reason order by updated_at desc) filter (where is_late and error_code is not null))[1] as reason
            from deliveries
            cross join lateral (select greatest(created_at, failed_at) as since) as said
            cross join lateral (select status = 'queued' and since < $2 as is_late) as waiting
            where tenant_id = c.tenant_id and channel_id = c.id and created_at > now() - interval '7 days'
        ) d on true
        where c.tenant_id = current_tenant_id() and c.kind <> 'widget' and ($1::uuid is null or c.id = $1)
        order by c.created_at, c.id"#,
        only.map(|id| id.0),
        late,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

pub async fn count_conversations(tx: &mut TenantTx, id: ChannelId) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from conversations where tenant_id = current_tenant_id() and channel_id = $1"#,
        id.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

pub async fn delete(tx: &mut TenantTx, id: ChannelId) -> Result<bool> {
    let done = sqlx::query!(
        "delete from channels where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
