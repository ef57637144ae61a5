//! All SQL for endpoints.

use chrono::{DateTime, Utc};
use kernel::error::not_found;
use kernel::ids::WebhookEndpointId;
use kernel::{Result, TenantTx};

use super::{DisabledReason, Endpoint, NewSecret, OVERLAP, SealedEndpoint};
use crate::webhooks::EventType;

struct Row {
    id: WebhookEndpointId,
    url: String,
    description: String,
    event_types: Vec<String>,
    secret_last4: String,
    previous_secret_until: Option<DateTime<Utc>>,
    is_enabled: bool,
    disabled_reason: Option<DisabledReason>,
    disabled_at: Option<DateTime<Utc>>,
    failing_since: Option<DateTime<Utc>>,
    paused_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl Row {
    /// Without what is over.
    fn into_endpoint(self, now: DateTime<Utc>) -> Endpoint {
        let event_types = self.event_types.iter();
        Endpoint {
            id: self.id,
            url: self.url,
            description: self.description,
            event_types: event_types.filter_map(|kind| EventType::parse(kind)).collect(),
            secret_last4: self.secret_last4,
            previous_secret_until: self.previous_secret_until.filter(|until| *until > now),
            is_enabled: self.is_enabled,
            disabled_reason: self.disabled_reason,
            disabled_at: self.disabled_at,
            failing_since: self.failing_since,
            paused_until: self.paused_until.filter(|until| *until > now),
            created_at: self.created_at,
        }
    }
}

pub async fn insert(tx: &mut TenantTx, endpoint: &Endpoint, secret: &NewSecret) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into webhook_endpoints (tenant_id, id, url, description, event_types, encrypted_secret, secret_last4, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant.0,
        endpoint.id.0,
        endpoint.url,
        endpoint.description,
        &names(&endpoint.event_types),
        secret.sealed,
        secret.last4,
        endpoint.created_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn names(kinds: &[EventType]) -> Vec<String> {
    kinds.iter().map(|kind| kind.as_str().to_owned()).collect()
}

pub async fn count(tx: &mut TenantTx) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from webhook_endpoints where tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

pub async fn list(tx: &mut TenantTx) -> Result<Vec<Endpoint>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: WebhookEndpointId", url, description, event_types, secret_last4, previous_secret_until, is_enabled,
            disabled_reason as "disabled_reason: DisabledReason", disabled_at, failing_since, created_at,
            case when not lies_ahead(updated_at) then paused_until end as paused_until
        from webhook_endpoints
        where tenant_id = current_tenant_id()
        order by created_at, id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    let now = tx.now();
    Ok(rows.into_iter().map(|row| row.into_endpoint(now)).collect())
}

/// Locks it until the transaction ends.
pub async fn get(tx: &mut TenantTx, id: WebhookEndpointId) -> Result<Endpoint> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: WebhookEndpointId", url, description, event_types, secret_last4, previous_secret_until, is_enabled,
            disabled_reason as "disabled_reason: DisabledReason", disabled_at, failing_since, created_at,
            case when not lies_ahead(updated_at) then paused_until end as paused_until
        from webhook_endpoints
        where tenant_id = current_tenant_id() and id = $1
        for no key update"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let now = tx.now();
    let row = row.ok_or_else(|| not_found("webhook"))?;
    Ok(row.into_endpoint(now))
}

pub async fn exists(tx: &mut TenantTx, id: WebhookEndpointId) -> Result<()> {
    let is_known = sqlx::query_scalar!(
        r#"select exists (select from webhook_endpoints where tenant_id = current_tenant_id() and id = $1) as "is_known!""#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    if is_known {
        Ok(())
    } else {
        Err(not_found("webhook"))
    }
}

pub async fn find_sealed(tx: &mut TenantTx, id: WebhookEndpointId) -> Result<Option<SealedEndpoint>> {
    let endpoint = sqlx::query_as!(
        SealedEndpoint,
        r#"select id as "id: WebhookEndpointId", url, encrypted_secret, previous_secret, previous_secret_until, is_enabled,
            failing_since, case when not lies_ahead(updated_at) then paused_until end as paused_until
        from webhook_endpoints
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(endpoint)
}

/// Writes what can be changed: address, description, event types, and that it is enabled.
pub async fn update(tx: &mut TenantTx, endpoint: &Endpoint) -> Result<()> {
    sqlx::query!(
        "update webhook_endpoints
        set url = $2, description = $3, event_types = $4, is_enabled = $5, disabled_reason = $6, disabled_at = $7,
            failing_since = $8, paused_until = $9
        where tenant_id = current_tenant_id() and id = $1",
        endpoint.id.0,
        endpoint.url,
        endpoint.description,
        &names(&endpoint.event_types),
        endpoint.is_enabled,
        endpoint.disabled_reason as Option<DisabledReason>,
        endpoint.disabled_at,
        endpoint.failing_since,
        endpoint.paused_until,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The present secret becomes the one before.
pub async fn renew_secret(tx: &mut TenantTx, id: WebhookEndpointId, secret: &NewSecret) -> Result<()> {
    let until = tx.now() + OVERLAP;
    sqlx::query!(
        "update webhook_endpoints
        set previous_secret = encrypted_secret, previous_secret_until = $2, encrypted_secret = $3, secret_last4 = $4
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        until,
        secret.sealed,
        secret.last4,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives its address, if there was such an endpoint.
pub async fn delete(tx: &mut TenantTx, id: WebhookEndpointId) -> Result<Option<String>> {
    let url = sqlx::query_scalar!(
        "delete from webhook_endpoints where tenant_id = current_tenant_id() and id = $1 returning url",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(url)
}

pub async fn disable(
    tx: &mut TenantTx,
    id: WebhookEndpointId,
    reason: DisabledReason,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update webhook_endpoints set is_enabled = false, disabled_reason = $2, disabled_at = $3, paused_until = null
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        reason as DisabledReason,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// It works. Writes nothing where nothing has been wrong.
pub async fn note_success(tx: &mut TenantTx, id: WebhookEndpointId) -> Result<()> {
    sqlx::query!(
        "update webhook_endpoints set failing_since = null, paused_until = null
        where tenant_id = current_tenant_id() and id = $1 and (failing_since is not null or paused_until is not null)",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives since when it fails; none: it is off already, or gone.
pub async fn note_failure(
    tx: &mut TenantTx,
    id: WebhookEndpointId,
    at: DateTime<Utc>,
    paused_until: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>> {
    let since = sqlx::query_scalar!(
        r#"update webhook_endpoints
        set failing_since = coalesce(failing_since, $2),
            paused_until = greatest(case when not lies_ahead(updated_at) then paused_until end, $3)
        where tenant_id = current_tenant_id() and id = $1 and is_enabled
        returning failing_since as "failing_since!""#,
        id.0,
        at,
        paused_until,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(since)
}
