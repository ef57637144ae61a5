//! All SQL for deliveries and their attempts.

use chrono::{DateTime, Utc};
use kernel::error::not_found;
use kernel::ids::{WebhookDeliveryId, WebhookEndpointId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::{Delivery, Details, Due, MadeAttempt, Status};
use crate::webhooks::sending::{Attempt, webhook_id};

struct Row {
    id: WebhookDeliveryId,
    endpoint_id: WebhookEndpointId,
    event_id: Uuid,
    event_type: String,
    status: Status,
    attempt_count: i32,
    next_attempt_at: Option<DateTime<Utc>>,
    response_status: Option<i32>,
    error: Option<String>,
    created_at: DateTime<Utc>,
    body: String,
}

impl Row {
    fn split(self) -> (Delivery, String) {
        let delivery = Delivery {
            id: self.id,
            endpoint_id: self.endpoint_id,
            webhook_id: webhook_id(self.event_id),
            event_type: self.event_type,
            status: self.status,
            attempt_count: self.attempt_count,
            next_attempt_at: self.next_attempt_at,
            response_status: self.response_status,
            error: self.error,
            created_at: self.created_at,
        };
        (delivery, self.body)
    }
}

/// Newest first, after `position`.
pub async fn list(
    tx: &mut TenantTx,
    endpoint: WebhookEndpointId,
    status: Option<Status>,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<Delivery>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: WebhookDeliveryId", endpoint_id as "endpoint_id: WebhookEndpointId", event_id, event_type,
            status as "status: Status", attempt_count, next_attempt_at, response_status, error, created_at, '' as "body!"
        from webhook_deliveries
        where tenant_id = current_tenant_id() and endpoint_id = $1 and ($2::text is null or status = $2)
            and ($3::timestamptz is null or (created_at, id) < ($3, $4::uuid))
        order by created_at desc, id desc
        limit $5"#,
        endpoint.0,
        status as Option<Status>,
        position.map(|position| position.at),
        position.map(|position| position.id),
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| row.split().0).collect())
}

pub async fn get(tx: &mut TenantTx, id: WebhookDeliveryId) -> Result<Details> {
    // before the delivery: an attempt that is listed has counted in it
    let attempts = sqlx::query_as!(
        MadeAttempt,
        "select started_at, duration_ms, response_status, response_text, error
        from webhook_attempts
        where tenant_id = current_tenant_id() and delivery_id = $1
        order by started_at, id",
        id.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: WebhookDeliveryId", endpoint_id as "endpoint_id: WebhookEndpointId", event_id, event_type,
            status as "status: Status", attempt_count, next_attempt_at, response_status, error, created_at, body
        from webhook_deliveries
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let (delivery, body) = row.ok_or_else(|| not_found("delivery"))?.split();
    Ok(Details {
        delivery,
        body,
        attempts,
    })
}

/// First attempts come before retries, so new events do not wait behind a backlog.
pub async fn list_due(
    tx: &mut TenantTx,
    endpoint: WebhookEndpointId,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Due>> {
    let due = sqlx::query_as!(
        Due,
        r#"select id as "id: WebhookDeliveryId", event_id, body, attempt_count, created_at
        from webhook_deliveries
        where tenant_id = current_tenant_id() and endpoint_id = $1 and status = 'pending'
            and (next_attempt_at is null or next_attempt_at <= $2 or lies_ahead(updated_at))
        order by next_attempt_at nulls first, created_at, id
        limit $3"#,
        endpoint.0,
        now,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(due)
}

/// When the next one of an endpoint is due; `Some(None)`: at once. None: nothing waits.
pub async fn next_due(
    tx: &mut TenantTx,
    endpoint: WebhookEndpointId,
) -> Result<Option<Option<DateTime<Utc>>>> {
    let next = sqlx::query_scalar!(
        "select case when next_attempt_at <= now() or not lies_ahead((select max(updated_at) from webhook_deliveries
                where tenant_id = current_tenant_id() and endpoint_id = $1 and status = 'pending'))
            then next_attempt_at end
        from webhook_deliveries
        where tenant_id = current_tenant_id() and endpoint_id = $1 and status = 'pending'
        order by next_attempt_at nulls first
        limit 1",
        endpoint.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(next)
}

/// A delivery that was made by hand and is over.
pub async fn insert_test(
    tx: &mut TenantTx,
    id: WebhookDeliveryId,
    endpoint: WebhookEndpointId,
    event: Uuid,
    body: &str,
    attempt: &Attempt,
) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into webhook_deliveries
            (tenant_id, id, endpoint_id, event_id, event_type, body, status, attempt_count, response_status, error, created_at)
        values ($1, $2, $3, $4, 'webhook.test', $5, $6, 1, $7, $8, $9)",
        tenant.0,
        id.0,
        endpoint.0,
        event,
        body,
        match attempt.error {
            None => Status::Delivered,
            Some(_) => Status::Failed,
        } as Status,
        attempt.status.map(i32::from),
        attempt.error,
        attempt.started_at,
    )
    .execute(&mut **tx)
    .await?;
    insert_attempt(tx, id, attempt).await
}

pub async fn insert_attempt(tx: &mut TenantTx, delivery: WebhookDeliveryId, attempt: &Attempt) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into webhook_attempts
            (tenant_id, id, delivery_id, started_at, duration_ms, response_status, response_text, error)
        values ($1, $2, $3, $4, $5, $6, $7, $8)",
        tenant.0,
        Uuid::now_v7(),
        delivery.0,
        attempt.started_at,
        attempt.duration_ms,
        attempt.status.map(i32::from),
        attempt.text,
        attempt.error,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes what an attempt has changed. False: the delivery has been erased meanwhile, or is over.
pub async fn note_attempt(
    tx: &mut TenantTx,
    id: WebhookDeliveryId,
    status: Status,
    next_attempt_at: Option<DateTime<Utc>>,
    attempt: &Attempt,
) -> Result<bool> {
    let done = sqlx::query!(
        "update webhook_deliveries
        set status = $2, next_attempt_at = $3, attempt_count = attempt_count + 1, response_status = $4, error = $5
        where tenant_id = current_tenant_id() and id = $1 and status = 'pending'",
        id.0,
        status as Status,
        next_attempt_at,
        attempt.status.map(i32::from),
        attempt.error,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What waits is due now.
pub async fn hurry(tx: &mut TenantTx, endpoint: WebhookEndpointId) -> Result<()> {
    sqlx::query!(
        "update webhook_deliveries set next_attempt_at = null
        where tenant_id = current_tenant_id() and endpoint_id = $1 and status = 'pending'",
        endpoint.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What waits will not be sent.
pub async fn give_up(tx: &mut TenantTx, endpoint: WebhookEndpointId) -> Result<()> {
    sqlx::query!(
        "update webhook_deliveries set status = 'failed', next_attempt_at = null, error = coalesce(error, 'disabled')
        where tenant_id = current_tenant_id() and endpoint_id = $1 and status = 'pending'",
        endpoint.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Sends it once more, with all its attempts.
pub async fn begin_again(tx: &mut TenantTx, id: WebhookDeliveryId) -> Result<()> {
    sqlx::query!(
        "update webhook_deliveries set status = 'pending', attempt_count = 0, next_attempt_at = null
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The same for all that have failed since. Tests stay what they are.
pub async fn recover(tx: &mut TenantTx, endpoint: WebhookEndpointId, since: DateTime<Utc>) -> Result<u64> {
    let done = sqlx::query!(
        "update webhook_deliveries set status = 'pending', attempt_count = 0, next_attempt_at = null
        where tenant_id = current_tenant_id() and endpoint_id = $1 and status = 'failed' and created_at >= $2
            and event_type <> 'webhook.test'",
        endpoint.0,
        since,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

pub async fn delete_before(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "delete from webhook_deliveries
        where tenant_id = current_tenant_id() and created_at < $1 and status <> 'pending'",
        before,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
