//! All SQL for rules and for what they look at.

use chrono::{DateTime, Utc};
use kernel::error::{Error, OnConstraint, conflict, not_found};
use kernel::ids::{ConversationId, FiringId, RuleEventId, RuleId, UserId};
use kernel::{Result, TenantTx};
use serde_json::{Value, json};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use super::{EventKind, Rule, RuleDraft, RuleEvent};

#[derive(FromRow)]
struct Row {
    id: RuleId,
    name: String,
    event: EventKind,
    after_minutes: Option<i32>,
    conditions: Value,
    actions: Value,
    is_active: bool,
    position: i32,
    stop_after: bool,
    created_by: Option<UserId>,
    created_at: DateTime<Utc>,
    fired_count: i64,
    last_fired_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Rule {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: row.id,
            draft: RuleDraft {
                name: row.name,
                event: row.event,
                after_minutes: row.after_minutes,
                conditions: serde_json::from_value(row.conditions)?,
                actions: serde_json::from_value(row.actions)?,
                is_active: row.is_active,
                stop_after: row.stop_after,
            },
            position: row.position,
            created_by: row.created_by,
            created_at: row.created_at,
            fired_count: row.fired_count,
            last_fired_at: row.last_fired_at,
        })
    }
}

const SELECT: &str = "select r.id, r.name, r.event, r.after_minutes, r.conditions, r.actions, r.is_active, r.position, r.stop_after,
        r.created_by, r.created_at, f.fired_count, f.last_fired_at
    from automation_rules r
    cross join lateral (
        select count(*) as fired_count, max(f.created_at) as last_fired_at
        from automation_firings f
        where f.tenant_id = r.tenant_id and f.rule_id = r.id and f.status <> 'skipped_loop'
    ) f
    where r.tenant_id = current_tenant_id()";

/// In the order in which they look at an event.
pub async fn list(tx: &mut TenantTx) -> Result<Vec<Rule>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" order by r.position, r.id");
    let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

pub async fn get(tx: &mut TenantTx, id: RuleId) -> Result<Rule> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and r.id = ").push_bind(id.0);
    let row: Option<Row> = query.build_query_as().fetch_optional(&mut **tx).await?;
    row.ok_or_else(|| not_found("rule"))?.try_into()
}

/// Those that wait for this, in their order; without their figures, which cost a look at the log.
pub async fn list_active(tx: &mut TenantTx, event: EventKind) -> Result<Vec<Rule>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: RuleId", name, event as "event: EventKind", after_minutes, conditions, actions, is_active, position,
            stop_after, created_by as "created_by: UserId", created_at, 0::bigint as "fired_count!",
            null::timestamptz as last_fired_at
        from automation_rules
        where tenant_id = current_tenant_id() and event = $1 and is_active
        order by position, id"#,
        event as EventKind,
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

fn name_taken() -> Error {
    conflict(
        "name_taken",
        "There is a rule of this name already. Choose another one.",
    )
}

/// Where among the others a rule looks; none for one that is not there.
pub async fn find_position(tx: &mut TenantTx, id: RuleId) -> Result<Option<i32>> {
    let position = sqlx::query_scalar!(
        "select position from automation_rules where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(position)
}

/// Behind the others.
pub async fn insert(
    tx: &mut TenantTx,
    id: RuleId,
    draft: &RuleDraft,
    created_by: Option<UserId>,
) -> Result<()> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    sqlx::query!(
        "insert into automation_rules (tenant_id, id, name, event, after_minutes, conditions, actions, is_active, stop_after, created_by,
            created_at, active_since, position)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, coalesce(max(r.position) + 1, 0)
        from automation_rules r
        where r.tenant_id = $1",
        tenant.0,
        id.0,
        draft.name,
        draft.event as EventKind,
        draft.after_minutes,
        json!(draft.conditions),
        json!(draft.actions),
        draft.is_active,
        draft.stop_after,
        created_by.map(|user| user.0),
        now,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("automation_rules_name_key", name_taken)?;
    Ok(())
}

pub async fn update(tx: &mut TenantTx, id: RuleId, draft: &RuleDraft) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update automation_rules set name = $2, event = $3, after_minutes = $4, conditions = $5, actions = $6, is_active = $7,
            stop_after = $8, active_since = case when $7 and not is_active then $9 else active_since end
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        draft.name,
        draft.event as EventKind,
        draft.after_minutes,
        json!(draft.conditions),
        json!(draft.actions),
        draft.is_active,
        draft.stop_after,
        now,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("automation_rules_name_key", name_taken)?;
    Ok(())
}

/// The given ones take these places; others stay where they are.
pub async fn reorder(tx: &mut TenantTx, ids: &[RuleId]) -> Result<()> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update automation_rules r set position = o.place - 1
        from unnest($1::uuid[]) with ordinality as o (id, place)
        where r.tenant_id = current_tenant_id() and r.id = o.id",
        &ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives its name, if there was such a rule.
pub async fn delete(tx: &mut TenantTx, id: RuleId) -> Result<Option<String>> {
    let name = sqlx::query_scalar!(
        "delete from automation_rules where tenant_id = current_tenant_id() and id = $1 returning name",
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(name)
}

pub async fn count(tx: &mut TenantTx) -> Result<i64> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from automation_rules where tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(count)
}

struct EventRow {
    id: RuleEventId,
    event: EventKind,
    subject_id: Uuid,
    conversation_id: Option<ConversationId>,
    facts: Value,
    chain: Vec<RuleId>,
    caused_by: Option<FiringId>,
    created_at: DateTime<Utc>,
    rule_id: Option<RuleId>,
    seq: i64,
}

impl From<EventRow> for RuleEvent {
    fn from(row: EventRow) -> Self {
        Self {
            id: row.id,
            event: row.event,
            subject_id: row.subject_id,
            conversation_id: row.conversation_id,
            facts: row.facts,
            chain: row.chain,
            caused_by: row.caused_by,
            created_at: row.created_at,
            rule_id: row.rule_id,
            seq: row.seq,
        }
    }
}

/// The oldest that waits for rules, locked. One that another process looks at is left to it.
pub async fn take_pending(tx: &mut TenantTx) -> Result<Option<RuleEvent>> {
    let row = sqlx::query_as!(
        EventRow,
        r#"select id as "id: RuleEventId", event as "event: EventKind", subject_id, conversation_id as "conversation_id: ConversationId",
            facts, chain as "chain: Vec<RuleId>", caused_by as "caused_by: FiringId", created_at, rule_id as "rule_id: RuleId",
            seq
        from automation_events
        where tenant_id = current_tenant_id() and is_pending
        order by seq
        limit 1
        for update skip locked"#,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(Into::into))
}

/// The rules have looked.
pub async fn settle(tx: &mut TenantTx, id: RuleEventId) -> Result<()> {
    sqlx::query!(
        "update automation_events set is_pending = false where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What has happened since, newest first; `before` a place in the order, where one page goes on from another.
pub async fn list_past(
    tx: &mut TenantTx,
    event: EventKind,
    since: Option<DateTime<Utc>>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<RuleEvent>> {
    let rows = sqlx::query_as!(
        EventRow,
        r#"select id as "id: RuleEventId", event as "event: EventKind", subject_id, conversation_id as "conversation_id: ConversationId",
            facts, chain as "chain: Vec<RuleId>", caused_by as "caused_by: FiringId", created_at, rule_id as "rule_id: RuleId",
            seq
        from automation_events
        where tenant_id = current_tenant_id() and event = $1 and ($2::timestamptz is null or created_at >= $2)
            and ($4::bigint is null or seq < $4)
        order by seq desc
        limit $3"#,
        event as EventKind,
        since,
        limit,
        before,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Conversations in which somebody waits for a person for at least so many minutes, as if the rule looked at them now.
pub async fn list_waiting(tx: &mut TenantTx, minutes: i32, limit: i64) -> Result<Vec<RuleEvent>> {
    let now = tx.now();
    let rows = sqlx::query_as!(
        EventRow,
        r#"select c.id as "id!: RuleEventId", 'no_reply' as "event!: EventKind", c.id as "subject_id!",
            c.id as "conversation_id: ConversationId",
            automation_facts(c.id) || jsonb_build_object('waiting_minutes', floor(extract(epoch from $1::timestamptz - c.waiting_since) / 60))
                as "facts!", '{}'::uuid[] as "chain!: Vec<RuleId>", null::uuid as "caused_by: FiringId",
            c.waiting_since as "created_at!", null::uuid as "rule_id: RuleId", 0::bigint as "seq!"
        from conversations c
        where c.tenant_id = current_tenant_id() and c.waiting_since <= $1::timestamptz - make_interval(mins => $2)
            and c.status <> 'resolved'
            and (c.snoozed_until is null or c.snoozed_until <= $1)
        order by c.waiting_since desc
        limit $3"#,
        now,
        minutes,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Writes down who has waited for as long as a rule says, since that rule is active: once for each rule and wait.
pub async fn note_waiting(tx: &mut TenantTx) -> Result<u64> {
    let now = tx.now();
    let done = sqlx::query!(
        "insert into automation_events (tenant_id, event, subject_id, conversation_id, rule_id, waiting_since, facts, is_pending,
            created_at)
        select r.tenant_id, 'no_reply', c.id, c.id, r.id, c.waiting_since,
            automation_facts(c.id) || jsonb_build_object('waiting_minutes', floor(extract(epoch from $1::timestamptz - c.waiting_since) / 60)),
            true, clock_timestamp()
        from automation_rules r
        join conversations c on c.tenant_id = r.tenant_id and c.waiting_since <= $1::timestamptz - make_interval(mins => r.after_minutes)
            and c.waiting_since > r.active_since - make_interval(mins => r.after_minutes)
        where r.tenant_id = current_tenant_id() and r.event = 'no_reply' and r.is_active
            and c.status <> 'resolved' and (c.snoozed_until is null or c.snoozed_until <= $1)
        order by c.waiting_since, r.position
        on conflict do nothing",
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// From here on what happens is the rule's doing: the triggers write down the firing and the chain.
pub async fn begin_acting(tx: &mut TenantTx, firing: FiringId, chain: &[RuleId]) -> Result<()> {
    let chain: Vec<String> = chain.iter().map(ToString::to_string).collect();
    set_cause(tx, &firing.to_string(), &format!("{{{}}}", chain.join(","))).await
}

pub async fn end_acting(tx: &mut TenantTx) -> Result<()> {
    set_cause(tx, "", "").await
}

async fn set_cause(tx: &mut TenantTx, firing: &str, chain: &str) -> Result<()> {
    sqlx::query!(
        "select set_config('app.automation_firing', $1, true) as firing, set_config('app.automation_chain', $2, true) as chain",
        firing,
        chain,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// With their firings.
pub async fn forget_before(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "delete from automation_events where tenant_id = current_tenant_id() and created_at < $1 and not is_pending",
        before,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
