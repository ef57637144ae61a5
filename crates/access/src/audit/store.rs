//! All SQL for the audit log.

use kernel::ids::AuditId;
use kernel::page::Position;
use kernel::{Result, TenantTx};
use serde_json::Value;

use super::{Action, AuditEntry, AuditFilter};

pub async fn insert(
    tx: &mut TenantTx,
    actor: &str,
    action: Action,
    subject: &str,
    details: Value,
) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into audit_log (tenant_id, actor, action, subject, details) values ($1, $2, $3, $4, $5)",
        tenant.0,
        actor,
        action as Action,
        subject,
        details,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Newest first, after `position`.
pub async fn list(
    tx: &mut TenantTx,
    filter: &AuditFilter,
    position: Option<Position>,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    let entries = sqlx::query_as!(
        AuditEntry,
        r#"select a.id as "id: AuditId", a.actor, a.action, a.subject, a.details, a.created_at,
            coalesce(
                (select m.name from memberships m where 'user:' || m.user_id = a.actor),
                (select k.name from api_keys k where 'api_key:' || k.id = a.actor),
                (select v.operator_name from operator_visits v where 'operator:' || v.operator_id = a.actor limit 1)
            ) as actor_name,
            coalesce(
                (select m.name from memberships m where 'user:' || m.user_id = a.subject),
                (select k.name from api_keys k where 'api_key:' || k.id = a.subject),
                (select c.name from channels c where 'channel:' || c.id = a.subject),
                (select coalesce(l.label, l.model) from llm_credentials l where 'llm_credential:' || l.id = a.subject)
            ) as subject_name
        from audit_log a
        where ($1::text is null or a.action = $1)
            and ($2::timestamptz is null or (a.created_at, a.id) < ($2, $3::uuid))
            and ($5::text is null or a.actor = $5)
            and ($6::text is null or a.subject = $6 or split_part(a.subject, ':', 1) = $6)
            and ($7::timestamptz is null or a.created_at >= $7)
            and ($8::timestamptz is null or a.created_at < $8)
        order by a.created_at desc, a.id desc
        limit $4"#,
        filter.action as Option<Action>,
        position.map(|position| position.at),
        position.map(|position| position.id),
        limit,
        filter.actor,
        filter.subject,
        filter.from,
        filter.to,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(entries)
}
