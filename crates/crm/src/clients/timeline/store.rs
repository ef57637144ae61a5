//! SQL for a client's timeline: the newest of each table, and the newest of those.

use kernel::ids::ClientId;
use kernel::page::Position;
use kernel::{Result, TenantTx};

use super::{Event, Kind};

/// `with_words`: also what was said last in a conversation.
pub async fn list(
    tx: &mut TenantTx,
    client: ClientId,
    kinds: &[String],
    with_words: bool,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Event>> {
    let events = sqlx::query_as!(
        Event,
        r#"select e.kind as "kind!: Kind", e.at as "at!", e.id as "id!", e.title, e.detail as "detail!"
        from (
            (select 'conversation' as kind, v.created_at as at, v.id, h.name as title, jsonb_build_object(
                    'channel_kind', h.kind, 'status', v.status, 'preview', case when $6 then v.last_message_preview end,
                    'last_message_at', v.last_message_at, 'messages', v.last_seq) as detail
                from crm_clients c
                join conversations v on v.tenant_id = c.tenant_id and v.contact_id = c.contact_id
                join channels h on h.tenant_id = v.tenant_id and h.id = v.channel_id
                where c.tenant_id = current_tenant_id() and c.id = $1 and (v.created_at, v.id) < ($2, $3)
                    and ($4::text[] = '{}' or 'conversation' = any($4)) and v.last_message_at is not null
                order by v.created_at desc, v.id desc limit $5)
            union all
            (select 'activity', a.created_at, a.id, a.subject, jsonb_build_object(
                    'activity_type', a.activity_type, 'status', a.status, 'priority', a.priority, 'due_date', a.due_date,
                    'completed_at', a.completed_at, 'assigned_to', a.assigned_to, 'description', left(a.description, 500))
                from crm_activities a
                where a.tenant_id = current_tenant_id() and a.client_id = $1 and (a.created_at, a.id) < ($2, $3)
                    and ($4 = '{}' or 'activity' = any($4))
                order by a.created_at desc, a.id desc limit $5)
            union all
            (select 'note', n.created_at, n.id, n.title, jsonb_build_object(
                    'content', left(n.content, 500), 'note_type', n.note_type, 'is_pinned', n.is_pinned,
                    'created_by', n.created_by)
                from crm_notes n
                where n.tenant_id = current_tenant_id() and n.client_id = $1 and (n.created_at, n.id) < ($2, $3)
                    and ($4 = '{}' or 'note' = any($4))
                order by n.created_at desc, n.id desc limit $5)
            union all
            (select 'deal', d.created_at, d.id, d.name, jsonb_build_object(
                    'deal_value', d.deal_value::text, 'currency', d.currency, 'stage', d.stage, 'owner_id', d.owner_id)
                from crm_deals d
                where d.tenant_id = current_tenant_id() and d.client_id = $1 and (d.created_at, d.id) < ($2, $3)
                    and ($4 = '{}' or 'deal' = any($4))
                order by d.created_at desc, d.id desc limit $5)
            union all
            (select 'deal_stage', s.created_at, s.id, d.name, jsonb_build_object(
                    'deal_id', d.id, 'from_stage', s.from_stage, 'to_stage', s.to_stage, 'from_stage_name', s.from_stage_name,
                    'to_stage_name', s.to_stage_name, 'changed_by', s.changed_by, 'notes', s.notes)
                from crm_deals d
                join crm_deal_stages_history s on s.tenant_id = d.tenant_id and s.deal_id = d.id and s.from_stage is not null
                where d.tenant_id = current_tenant_id() and d.client_id = $1 and (s.created_at, s.id) < ($2, $3)
                    and ($4 = '{}' or 'deal_stage' = any($4))
                order by s.created_at desc, s.id desc limit $5)
            union all
            (select 'order', o.order_date, o.id, o.order_number, jsonb_build_object(
                    'total', o.total::text, 'currency', o.currency, 'status', o.status, 'items', jsonb_array_length(o.items))
                from crm_orders o
                where o.tenant_id = current_tenant_id() and o.client_id = $1 and (o.order_date, o.id) < ($2, $3)
                    and ($4 = '{}' or 'order' = any($4))
                order by o.order_date desc, o.id desc limit $5)
            union all
            (select 'merge', g.created_at, g.id, coalesce(m.name, m.company_name, m.email, m.phone), jsonb_build_object(
                    'merged_id', g.merged_id, 'merged_by', g.merged_by)
                from crm_client_merges g
                join crm_clients m on m.tenant_id = g.tenant_id and m.id = g.merged_id
                where g.tenant_id = current_tenant_id() and g.kept_id = $1 and g.merged_id <> $1 and g.undone_at is null
                    and (g.created_at, g.id) < ($2, $3) and ($4 = '{}' or 'merge' = any($4))
                order by g.created_at desc, g.id desc limit $5)
            union all
            (select 'confirmation', a.created_at, a.id, null, jsonb_build_object(
                    'field', a.details -> 'field', 'confirmed_by', a.actor)
                from audit_log a
                where a.tenant_id = current_tenant_id()
                    and a.subject = any(array(select 'client:' || part from unnest(crm_client_rows($1)) as part))
                    and a.action = 'client_address_confirmed' and (a.created_at, a.id) < ($2, $3)
                    and ($4 = '{}' or 'confirmation' = any($4))
                order by a.created_at desc, a.id desc limit $5)
        ) e
        order by e.at desc, e.id desc
        limit $5"#,
        client.0,
        after.map_or(chrono::DateTime::from_timestamp_nanos(i64::MAX), |place| place.at),
        after.map_or(uuid::Uuid::max(), |place| place.id),
        kinds,
        limit,
        with_words,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(events)
}
