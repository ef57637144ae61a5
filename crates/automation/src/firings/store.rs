//! All SQL for firings.

use chrono::{DateTime, Utc};
use kernel::ids::{ConversationId, FiringId, RuleEventId, RuleId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use serde_json::{Value, json};

use super::{Firing, Status};
use crate::rules::EventKind;
use crate::rules::actions::Outcome;

/// False: the rule has looked at this event before.
pub async fn insert(
    tx: &mut TenantTx,
    id: FiringId,
    rule: RuleId,
    event: RuleEventId,
    status: Status,
) -> Result<bool> {
    let tenant = tx.tenant_id();
    let done = sqlx::query!(
        "insert into automation_firings (tenant_id, id, rule_id, event_id, status) values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, rule_id, event_id) do nothing",
        tenant.0,
        id.0,
        rule.0,
        event.0,
        status as Status,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub async fn conclude(tx: &mut TenantTx, id: FiringId, status: Status, outcomes: &[Outcome]) -> Result<()> {
    sqlx::query!(
        "update automation_firings set status = $2, actions = $3 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        status as Status,
        json!(outcomes),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

struct Row {
    id: FiringId,
    rule_id: RuleId,
    rule_name: String,
    event_id: RuleEventId,
    event: EventKind,
    conversation_id: Option<ConversationId>,
    status: Status,
    actions: Value,
    created_at: DateTime<Utc>,
}

/// Newest first, of a rule or of all; those of deals and orders if they may be seen.
pub async fn list(
    tx: &mut TenantTx,
    rule: Option<RuleId>,
    with_sales: bool,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Firing>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select f.id as "id: FiringId", f.rule_id as "rule_id: RuleId", r.name as rule_name, f.event_id as "event_id: RuleEventId",
            e.event as "event: EventKind", e.conversation_id as "conversation_id: ConversationId", f.status as "status: Status",
            f.actions, f.created_at
        from automation_firings f
        join automation_rules r on r.tenant_id = f.tenant_id and r.id = f.rule_id
        join automation_events e on e.tenant_id = f.tenant_id and e.id = f.event_id
        where f.tenant_id = current_tenant_id() and ($1::uuid is null or f.rule_id = $1)
            and ($2::timestamptz is null or (f.created_at, f.id) < ($2, $3::uuid))
            and ($5 or e.event not in ('deal.stage_changed', 'order.status_changed'))
        order by f.created_at desc, f.id desc
        limit $4"#,
        rule.map(|rule| rule.0),
        after.map(|after| after.at),
        after.map(|after| after.id),
        limit,
        with_sales,
    )
    .fetch_all(&mut **tx)
    .await?;
    let firings = rows.into_iter().map(|row| {
        Ok(Firing {
            id: row.id,
            rule_id: row.rule_id,
            rule_name: row.rule_name,
            event_id: row.event_id,
            event: row.event,
            conversation_id: row.conversation_id,
            status: row.status,
            actions: serde_json::from_value(row.actions)?,
            created_at: row.created_at,
        })
    });
    firings.collect()
}
