//! Deliveries: one event for one endpoint, what came of it so far, and sending it once more.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::ids::{WebhookDeliveryId, WebhookEndpointId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Context;

/// Days for which the log is kept.
const KEPT_DAYS: i64 = 30;

/// A line of the log.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = WebhookDelivery)]
pub struct Delivery {
    pub id: WebhookDeliveryId,
    pub endpoint_id: WebhookEndpointId,
    /// The header of that name: the same for all attempts and replays.
    pub webhook_id: String,
    /// `webhook.test` for a test.
    pub event_type: String,
    pub status: Status,
    /// Since the last replay.
    pub attempt_count: i32,
    /// Of a pending one; null: at once.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Of the last attempt.
    pub response_status: Option<i32>,
    /// Of the last attempt: `timeout`, `no_connection`, `address_not_allowed`, `redirect`, `gone`, `overloaded`, `refused`,
    /// or `disabled` when the endpoint was switched off before.
    pub error: Option<String>,
    pub created_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = WebhookDeliveryStatus)]
pub enum Status {
    Pending,
    Delivered,
    Failed,
}

/// One delivery with everything.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = WebhookDeliveryDetails)]
pub struct Details {
    pub delivery: Delivery,
    /// As it was sent, byte for byte.
    pub body: String,
    /// The oldest first.
    pub attempts: Vec<MadeAttempt>,
}

/// One request, and what came of it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = WebhookAttempt)]
pub struct MadeAttempt {
    pub started_at: DateTime<Utc>,
    pub duration_ms: i32,
    /// Null: nothing came.
    pub response_status: Option<i32>,
    /// The first 500 characters of the answer.
    pub response_text: String,
    /// Null: it succeeded.
    pub error: Option<String>,
}

/// What is sent next.
#[derive(Debug)]
pub struct Due {
    pub id: WebhookDeliveryId,
    pub event_id: Uuid,
    pub body: String,
    pub attempt_count: i32,
    pub created_at: DateTime<Utc>,
}

/// Forgets what was sent long ago, in all tenants. One that fails does not keep the others waiting.
pub async fn forget_old(ctx: &Context) -> Result<()> {
    for operator in access::tenants::Operator::for_all_active(&ctx.db).await? {
        let forgotten = async {
            let mut tx = ctx.db.tenant(&operator).await?;
            let before = tx.now() - chrono::TimeDelta::days(KEPT_DAYS);
            store::delete_before(&mut tx, before).await?;
            tx.commit().await
        };
        if let Err(error) = forgotten.await {
            error.log();
        }
    }
    Ok(())
}
