//! The audit log: who did what. Rows are written in the transaction of the deed and can never be changed.

use kernel::{Result, TenantTx};
use serde_json::Value;

/// Adds one row. `action` is past tense (`api_key_created`), `subject` is `<kind>:<id>`.
pub async fn record(
    tx: &mut TenantTx,
    actor: &str,
    action: &str,
    subject: &str,
    details: Value,
) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into audit_log (tenant_id, actor, action, subject, details) values ($1, $2, $3, $4, $5)",
        tenant.0,
        actor,
        action,
        subject,
        details,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
