//! All SQL for the ledger of inbound events.

use chrono::{DateTime, Utc};
use kernel::error::not_found;
use kernel::ids::{ChannelId, ConversationId, InboundEventId, MessageId};
use kernel::{Reason, Result, TenantTx};
use serde_json::{Value, json};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::{InboundEvent, NewEvent, Status};

/// What of a row that was new decides what is done next.
pub struct Inserted {
    pub channel_id: ChannelId,
    pub lane: String,
    pub status: Status,
}

/// Writes them down in one statement; only those that were not here before come back. In the order of their keys, so that
/// two calls with the same events wait for each other and not both for ever.
pub async fn insert_all(
    tx: &mut TenantTx,
    events: &[NewEvent<'_>],
    now: DateTime<Utc>,
) -> Result<Vec<Inserted>> {
    let tenant = tx.tenant_id();
    let texts = |text: fn(&NewEvent<'_>) -> String| events.iter().map(text).collect::<Vec<_>>();
    let ids: Vec<Uuid> = events.iter().map(|event| event.id.0).collect();
    let channels: Vec<Uuid> = events.iter().map(|event| event.channel.0).collect();
    let accounts: Vec<Option<String>> = events.iter().map(|event| event.account_id.clone()).collect();
    let times: Vec<Option<DateTime<Utc>>> = events.iter().map(|event| event.occurred_at).collect();
    let notes: Vec<Option<Value>> = events
        .iter()
        .map(|event| event.quarantined.as_ref().map(|reason| json!(reason)))
        .collect();
    let inserted = sqlx::query_as!(
        Inserted,
        r#"insert into inbound_events (tenant_id, id, channel_id, event_key, account_id, thread, kind, body, occurred_at, received_at,
            status, note, lane)
        select $1, e.id, e.channel_id, e.event_key, e.account_id, e.thread, e.kind, e.body, e.occurred_at, $2,
            case when e.note is null then 'pending' else 'quarantined' end, e.note, e.lane
        from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::timestamptz[],
            $11::jsonb[], $12::text[])
            as e (id, channel_id, event_key, account_id, thread, kind, body, occurred_at, note, lane)
        order by e.event_key, e.id
        on conflict (tenant_id, channel_id, event_key) do nothing
        returning channel_id as "channel_id: ChannelId", lane, status as "status: Status""#,
        tenant.0,
        now,
        &ids,
        &channels,
        &texts(|event| event.key.to_string()),
        &accounts as &[Option<String>],
        &texts(|event| event.thread.clone()),
        &texts(|event| event.kind.to_owned()),
        &texts(|event| event.body.to_string()),
        &times as &[Option<DateTime<Utc>>],
        &notes as &[Option<Value>],
        &texts(|event| event.lane.to_string()),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(inserted)
}

/// An event that is to be worked on.
#[derive(Debug, Clone)]
pub struct Waiting {
    pub id: InboundEventId,
    pub body: String,
    pub received_at: DateTime<Utc>,
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
}

/// The first of the lane that has not been worked on.
pub async fn find_next(tx: &mut TenantTx, channel: ChannelId, lane: &str) -> Result<Option<Waiting>> {
    let found = sqlx::query_as!(
        Waiting,
        r#"select id as "id: InboundEventId", body, received_at, attempts,
            case when not lies_ahead(updated_at) then next_attempt_at end as next_attempt_at
        from inbound_events
        where tenant_id = current_tenant_id() and channel_id = $1 and lane = $2 and status = 'pending'
        order by id
        limit 1"#,
        channel.0,
        lane,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// How an event ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct End {
    pub note: Option<Reason>,
    pub conversation: Option<ConversationId>,
    pub message: Option<MessageId>,
}

pub async fn finish(
    tx: &mut TenantTx,
    id: InboundEventId,
    status: Status,
    end: &End,
    now: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update inbound_events
        set status = $2, note = $3, conversation_id = coalesce($4, conversation_id), message_id = coalesce($5, message_id),
            processed_at = $6, next_attempt_at = null, attempts = attempts + 1
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        status as Status,
        end.note.as_ref().map(|note| json!(note)),
        end.conversation.map(|id| id.0),
        end.message.map(|id| id.0),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// It failed and is tried again.
pub async fn put_off(
    tx: &mut TenantTx,
    id: InboundEventId,
    cause: &Reason,
    next: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update inbound_events set attempts = attempts + 1, note = $2, next_attempt_at = $3
        where tenant_id = current_tenant_id() and id = $1 and status = 'pending'",
        id.0,
        json!(cause),
        next,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn list_pending_lanes(tx: &mut TenantTx, channel: ChannelId) -> Result<Vec<String>> {
    let lanes = sqlx::query_scalar!(
        "select distinct lane from inbound_events
        where tenant_id = current_tenant_id() and channel_id = $1 and status = 'pending'",
        channel.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(lanes)
}

const SELECT: &str =
    "select id, channel_id, event_key, account_id, thread, kind, occurred_at, received_at, status, attempts,
        next_attempt_at, note, conversation_id, message_id, processed_at
    from inbound_events
    where tenant_id = current_tenant_id()";

/// Which part of the ledger is shown.
#[derive(Debug, Default)]
pub struct Filter {
    pub channel: Option<ChannelId>,
    pub status: Option<Status>,
    pub kind: Option<String>,
    pub thread: Option<String>,
    pub before: Option<InboundEventId>,
    pub limit: i64,
}

/// Newest first.
pub async fn list(tx: &mut TenantTx, filter: &Filter) -> Result<Vec<InboundEvent>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    if let Some(channel) = filter.channel {
        query.push(" and channel_id = ").push_bind(channel.0);
    }
    if let Some(status) = filter.status {
        query.push(" and status = ").push_bind(status);
    }
    if let Some(kind) = &filter.kind {
        query.push(" and kind = ").push_bind(kind);
    }
    if let Some(thread) = &filter.thread {
        query.push(" and thread = ").push_bind(thread);
    }
    if let Some(before) = filter.before {
        query.push(" and id < ").push_bind(before.0);
    }
    query.push(" order by id desc limit ").push_bind(filter.limit);
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

pub async fn get(tx: &mut TenantTx, channel: ChannelId, id: InboundEventId) -> Result<InboundEvent> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and id = ").push_bind(id.0);
    query.push(" and channel_id = ").push_bind(channel.0);
    let found = query.build_query_as().fetch_optional(&mut **tx).await?;
    found.ok_or_else(|| not_found("event"))
}

/// As it came.
pub async fn get_body(tx: &mut TenantTx, channel: ChannelId, id: InboundEventId) -> Result<String> {
    let body = sqlx::query_scalar!(
        "select body from inbound_events where tenant_id = current_tenant_id() and channel_id = $1 and id = $2",
        channel.0,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    body.ok_or_else(|| not_found("event"))
}

/// Puts an event where it belongs. False: it is there already.
pub async fn give_to(
    tx: &mut TenantTx,
    channel: ChannelId,
    id: InboundEventId,
    owner: ChannelId,
) -> Result<bool> {
    let done = sqlx::query!(
        "update inbound_events e set channel_id = $3
        where e.tenant_id = current_tenant_id() and e.channel_id = $1 and e.id = $2
            and not exists (select from inbound_events o where o.tenant_id = e.tenant_id and o.channel_id = $3
                and o.event_key = e.event_key)",
        channel.0,
        id.0,
        owner.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Gives an event all its attempts again. Its lane.
pub async fn reset(tx: &mut TenantTx, channel: ChannelId, id: InboundEventId) -> Result<String> {
    let lane = sqlx::query_scalar!(
        "update inbound_events set status = 'pending', attempts = 0, next_attempt_at = null, note = null, processed_at = null
        where tenant_id = current_tenant_id() and channel_id = $1 and id = $2
        returning lane",
        channel.0,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    lane.ok_or_else(|| not_found("event"))
}

/// What was done, and what could not be.
pub async fn delete_old(tx: &mut TenantTx, days: i32, strange_days: i32) -> Result<u64> {
    let now = tx.now();
    let done = sqlx::query!(
        "delete from inbound_events
        where tenant_id = current_tenant_id()
            and ((status = 'processed' and received_at < $1::timestamptz - make_interval(days => $2))
                or (status in ('quarantined', 'dead') and received_at < $1::timestamptz - make_interval(days => $3)))",
        now,
        days,
        strange_days,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// The message that the newest of these events became.
pub async fn find_asked(
    tx: &mut TenantTx,
    channel: ChannelId,
    keys: &[String],
) -> Result<Option<super::inline::Asked>> {
    let asked = sqlx::query_as!(
        super::inline::Asked,
        r#"select m.id as "message_id: MessageId", c.id as "conversation_id: ConversationId", m.seq,
            (c.ai_paused or not p.ai_enabled or not b.is_bot_active) as "is_silent!"
        from inbound_events e
        join messages m on m.tenant_id = e.tenant_id and m.id = e.message_id
        join conversations c on c.tenant_id = m.tenant_id and c.id = m.conversation_id
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        join channel_configurations b on b.tenant_id = c.tenant_id and b.channel_id = c.channel_id
        where e.tenant_id = current_tenant_id() and e.channel_id = $1 and e.event_key = any($2)
        order by m.seq desc
        limit 1"#,
        channel.0,
        keys,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(asked)
}
