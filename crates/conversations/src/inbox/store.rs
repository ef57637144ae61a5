//! All SQL for the inbox.

use chrono::{DateTime, Utc};
use kernel::error::{Error, OnConstraint, conflict, invalid, not_found};
use kernel::ids::{ChannelId, ContactId, ConversationId, UserId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::filter::{Assignee, Filter, NEVER, Sort, View};
use super::{ChannelName, ConversationSummary, Status};
use crate::contacts::Contact;
use crate::escalations;
use crate::labels::{self, Label};

/// Escalated, or the visitor waits and no bot will answer.
macro_rules! needs_person {
    () => {
        "(c.status = 'escalated' or (c.awaiting_reply_since is not null and c.status <> 'resolved'
            and (c.ai_paused or not p.ai_enabled or not b.is_bot_active)))"
    };
}

/// Not snoozed at this moment.
macro_rules! is_awake {
    () => {
        "(c.snoozed_until is null or c.snoozed_until <= clock.now)"
    };
}

/// For a person, and nobody has it.
macro_rules! is_unassigned {
    () => {
        concat!(
            "(c.assigned_to is null and c.status <> 'resolved' and (c.ai_paused or ",
            needs_person!(),
            "))"
        )
    };
}

/// A target was missed, or is being missed at this moment.
macro_rules! is_breached {
    () => {
        "coalesce(c.first_reply_due_at < coalesce(c.first_replied_at, c.resolved_at, clock.now)
            or c.resolution_due_at < coalesce(c.resolved_at, clock.now), false)"
    };
}

const SELECT: &str = concat!(
    "select c.id, c.status, c.ai_paused, ",
    needs_person!(),
    " as needs_person,
        p.id as contact_id, p.name as contact_name, p.email as contact_email, p.is_blocked,
        h.id as channel_id, h.name as channel_name, h.kind as channel_kind,
        c.last_message_preview, c.last_message_at, c.last_seq, c.unread_count, c.assigned_to, a.name as assignee_name,
        coalesce((
            select jsonb_agg(jsonb_build_object('id', l.id, 'name', l.name, 'color', l.color) order by lower(l.name), l.id)
            from conversation_labels cl
            join labels l on l.tenant_id = cl.tenant_id and l.id = cl.label_id
            where cl.tenant_id = c.tenant_id and cl.conversation_id = c.id
        ), '[]') as labels,
        case when c.snoozed_until > clock.now then c.snoozed_until end as snoozed_until,
        c.waiting_since, c.first_reply_due_at, c.first_replied_at, c.resolution_due_at, ",
    is_breached!(),
    " as is_breached, c.rating, c.rating_comment, c.language, c.created_at, c.updated_at
    from conversations c
    cross join clock
    join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
    join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
    join channel_configurations b on b.tenant_id = c.tenant_id and b.channel_id = c.channel_id
    left join memberships a on a.tenant_id = c.tenant_id and a.user_id = c.assigned_to
    where c.tenant_id = current_tenant_id()"
);

/// [`SELECT`] at this moment, to be narrowed further.
fn select(tx: &TenantTx) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::<Postgres>::new("with clock as not materialized (select ");
    query.push_bind(tx.now()).push("::timestamptz as now) ");
    query.push(SELECT);
    query
}

#[derive(FromRow)]
struct Row {
    id: ConversationId,
    status: Status,
    ai_paused: bool,
    needs_person: bool,
    contact_id: ContactId,
    contact_name: Option<String>,
    contact_email: Option<String>,
    is_blocked: bool,
    channel_id: ChannelId,
    channel_name: String,
    channel_kind: String,
    last_message_preview: Option<String>,
    last_message_at: Option<DateTime<Utc>>,
    last_seq: i64,
    unread_count: i32,
    assigned_to: Option<UserId>,
    assignee_name: Option<String>,
    labels: Json<Vec<Label>>,
    snoozed_until: Option<DateTime<Utc>>,
    waiting_since: Option<DateTime<Utc>>,
    first_reply_due_at: Option<DateTime<Utc>>,
    first_replied_at: Option<DateTime<Utc>>,
    resolution_due_at: Option<DateTime<Utc>>,
    is_breached: bool,
    rating: Option<i32>,
    rating_comment: Option<String>,
    language: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Row> for ConversationSummary {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            status: row.status,
            ai_paused: row.ai_paused,
            needs_person: row.needs_person,
            contact: Contact {
                id: row.contact_id,
                name: row.contact_name,
                email: row.contact_email,
            },
            is_blocked: row.is_blocked,
            channel: ChannelName {
                id: row.channel_id,
                name: row.channel_name,
                kind: row.channel_kind,
            },
            last_message_preview: row.last_message_preview,
            last_message_at: row.last_message_at,
            last_seq: row.last_seq,
            unread_count: row.unread_count,
            assigned_to: row.assigned_to,
            assignee_name: row.assignee_name,
            labels: row.labels.0,
            snoozed_until: row.snoozed_until,
            waiting_since: row.waiting_since,
            first_reply_due_at: row.first_reply_due_at,
            first_replied_at: row.first_replied_at,
            resolution_due_at: row.resolution_due_at,
            is_breached: row.is_breached,
            rating: row.rating,
            rating_comment: row.rating_comment,
            language: row.language,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Conversations that have a message.
pub async fn list(
    tx: &mut TenantTx,
    filter: &Filter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<ConversationSummary>> {
    let mut query = select(tx);
    query.push(" and c.last_message_at is not null");
    if let Some(status) = filter.status {
        query.push(" and c.status = ").push_bind(status.as_str());
    }
    if filter.needs_person {
        query.push(concat!(" and ", needs_person!()));
    }
    if let Some(view) = filter.view {
        narrow_to_view(&mut query, view, filter.caller);
    }
    narrow(&mut query, filter);
    order(&mut query, filter.sort, after);
    query.push(" limit ").push_bind(limit);
    let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(ConversationSummary::from).collect())
}

fn narrow_to_view(query: &mut QueryBuilder<Postgres>, view: View, caller: Option<UserId>) {
    let caller = caller.map(|user| user.0);
    match view {
        View::All => {}
        View::Resolved => drop(query.push(" and c.status = 'resolved'")),
        View::Snoozed => drop(query.push(" and c.status <> 'resolved' and c.snoozed_until > clock.now")),
        View::Open => drop(query.push(concat!(" and c.status <> 'resolved' and ", is_awake!()))),
        View::NeedsPerson => {
            query.push(concat!(" and ", needs_person!(), " and ", is_awake!()));
        }
        View::Unassigned => {
            query.push(concat!(" and ", is_unassigned!(), " and ", is_awake!()));
        }
        View::Mine => {
            query.push(concat!(
                " and c.status <> 'resolved' and ",
                is_awake!(),
                " and c.assigned_to = "
            ));
            query.push_bind(caller);
        }
        View::Mentions => {
            query.push(concat!(" and ", is_awake!()));
            query.push(
                " and exists (select from note_mentions n where n.tenant_id = c.tenant_id and n.conversation_id = c.id and n.user_id = ",
            );
            query.push_bind(caller).push(")");
        }
    }
}

fn narrow(query: &mut QueryBuilder<Postgres>, filter: &Filter) {
    match filter.assignee {
        Some(Assignee::Nobody) => drop(query.push(" and c.assigned_to is null")),
        Some(Assignee::Member(user)) => drop(query.push(" and c.assigned_to = ").push_bind(user.0)),
        None => {}
    }
    for label in &filter.labels {
        query.push(
            " and exists (select from conversation_labels cl where cl.tenant_id = c.tenant_id and cl.conversation_id = c.id and cl.label_id = ",
        );
        query.push_bind(label.0).push(")");
    }
    if let Some(channel) = filter.channel {
        query.push(" and c.channel_id = ").push_bind(channel.0);
    }
    if let Some(language) = &filter.language {
        query.push(" and c.language = ").push_bind(language.clone());
    }
    if let Some(rating) = filter.rating {
        query.push(" and c.rating = ").push_bind(rating);
    }
    if filter.is_breached {
        query.push(concat!(" and ", is_breached!()));
    }
    if filter.is_unread {
        query.push(" and c.unread_count > 0");
    }
    if let Some(text) = &filter.text {
        let plain = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = format!("%{plain}%");
        for (before, column) in [
            (" and (", "p.name"),
            (" or ", "p.email"),
            (" or ", "c.last_message_preview"),
        ] {
            query
                .push(before)
                .push(column)
                .push(" ilike ")
                .push_bind(pattern.clone());
        }
        query.push(")");
    }
}

fn order(query: &mut QueryBuilder<Postgres>, sort: Sort, after: Option<Position>) {
    let waiting = format!("coalesce(c.waiting_since, '{NEVER}'::timestamptz)");
    let (key, direction, beyond) = match sort {
        Sort::Newest => ("c.last_message_at", "desc", "<"),
        Sort::Oldest => ("c.last_message_at", "asc", ">"),
        Sort::Waiting => (waiting.as_str(), "asc", ">"),
    };
    if let Some(position) = after {
        query
            .push(format!(" and ({key}, c.id) {beyond} ("))
            .push_bind(position.at);
        query.push(", ").push_bind(position.id).push(")");
    }
    query.push(format!(" order by {key} {direction}, c.id {direction}"));
}

/// How much there is of each.
#[derive(Debug, FromRow, Serialize, utoipa::ToSchema)]
#[schema(as = InboxCounts)]
pub struct Counts {
    pub needs_person: i64,
    pub mine: i64,
    pub unassigned: i64,
    pub snoozed: i64,
    /// Conversations with a mention that the caller has not read.
    pub mentions: i64,
    /// Conversations with messages that nobody has read.
    pub unread: i64,
}

pub async fn count(tx: &mut TenantTx, caller: Option<UserId>) -> Result<Counts> {
    let mut query = QueryBuilder::<Postgres>::new("with clock as not materialized (select ");
    query.push_bind(tx.now()).push("::timestamptz as now) ");
    query.push(concat!(
        "select count(*) filter (where ",
        is_awake!(),
        " and ",
        needs_person!(),
        ") as needs_person, count(*) filter (where ",
        is_awake!(),
        " and ",
        is_unassigned!(),
        ") as unassigned, count(*) filter (where c.snoozed_until > clock.now) as snoozed, count(*) filter (where ",
        is_awake!(),
        " and c.unread_count > 0) as unread, count(*) filter (where ",
        is_awake!(),
        " and c.assigned_to = ",
    ));
    query.push_bind(caller.map(|user| user.0)).push(
        ") as mine, (select count(distinct conversation_id) from note_mentions
            where tenant_id = current_tenant_id() and not is_read and user_id = ",
    );
    query.push_bind(caller.map(|user| user.0)).push(
        ") as mentions
        from conversations c
        cross join clock
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        join channel_configurations b on b.tenant_id = c.tenant_id and b.channel_id = c.channel_id
        where c.tenant_id = current_tenant_id() and c.status <> 'resolved' and c.last_message_at is not null",
    );
    Ok(query.build_query_as().fetch_one(&mut **tx).await?)
}

/// These conversations, newest activity first.
pub async fn list_by_ids(tx: &mut TenantTx, ids: &[ConversationId]) -> Result<Vec<ConversationSummary>> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    let mut query = select(tx);
    query.push(" and c.id = any(").push_bind(ids);
    query.push(") order by c.last_message_at desc, c.id desc");
    let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(ConversationSummary::from).collect())
}

pub async fn find(tx: &mut TenantTx, id: ConversationId) -> Result<Option<ConversationSummary>> {
    let mut query = select(tx);
    query.push(" and c.id = ").push_bind(id.0);
    let row: Option<Row> = query.build_query_as().fetch_optional(&mut **tx).await?;
    Ok(row.map(ConversationSummary::from))
}

pub async fn get(tx: &mut TenantTx, id: ConversationId) -> Result<ConversationSummary> {
    find(tx, id).await?.ok_or_else(|| not_found("conversation"))
}

/// That there is such a conversation.
pub async fn require(tx: &mut TenantTx, id: ConversationId) -> Result<()> {
    let found = sqlx::query_scalar!(
        r#"select 1 as "one!" from conversations where tenant_id = current_tenant_id() and id = $1"#,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    found.map(|_| ()).ok_or_else(|| not_found("conversation"))
}

/// What a member can change, as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    pub status: Status,
    pub ai_paused: bool,
    pub assigned_to: Option<UserId>,
    pub assignee_name: Option<String>,
    pub snoozed_until: Option<DateTime<Utc>>,
    pub labels: Vec<Label>,
}

/// Read it under the conversation's lock.
pub async fn read_state(tx: &mut TenantTx, id: ConversationId) -> Result<State> {
    let row = sqlx::query!(
        r#"select c.status as "status: Status", c.ai_paused, c.assigned_to as "assigned_to: UserId", c.snoozed_until,
            a.name as "assignee_name?"
        from conversations c
        left join memberships a on a.tenant_id = c.tenant_id and a.user_id = c.assigned_to
        where c.tenant_id = current_tenant_id() and c.id = $1"#,
        id.0,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(State {
        status: row.status,
        ai_paused: row.ai_paused,
        assigned_to: row.assigned_to,
        assignee_name: row.assignee_name,
        snoozed_until: row.snoozed_until,
        labels: labels::store::list_of(tx, id).await?,
    })
}

/// Locks all of these, always in the same order.
pub async fn lock_all(tx: &mut TenantTx, ids: &[ConversationId]) -> Result<()> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "select id from conversations where tenant_id = current_tenant_id() and id = any($1) order by id for update",
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// What is done after this can be taken back by itself.
pub async fn begin_part(tx: &mut TenantTx) -> Result<()> {
    sqlx::query("savepoint part").execute(&mut **tx).await?;
    Ok(())
}

pub async fn end_part(tx: &mut TenantTx, is_done: bool) -> Result<()> {
    let statement = if is_done {
        "release savepoint part"
    } else {
        "rollback to savepoint part"
    };
    sqlx::query(statement).execute(&mut **tx).await?;
    Ok(())
}

pub async fn snooze(tx: &mut TenantTx, id: ConversationId, until: Option<DateTime<Utc>>) -> Result<()> {
    sqlx::query!(
        "update conversations set snoozed_until = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        until,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Wakes what was snoozed until now, and shows it as unread.
pub async fn wake_due(tx: &mut TenantTx) -> Result<Vec<ConversationId>> {
    let now = tx.now();
    let ids = sqlx::query_scalar!(
        r#"with due as (
            select id from conversations
            where tenant_id = current_tenant_id() and snoozed_until <= $1
            order by id
            limit 500
            for update skip locked
        )
        update conversations c
        set snoozed_until = null, unread_count = greatest(c.unread_count, 1)
        from due
        where c.tenant_id = current_tenant_id() and c.id = due.id
        returning c.id as "id: ConversationId""#,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(ids)
}

/// Nobody is needed any more: the bot answers again.
pub async fn stop_waiting(tx: &mut TenantTx, id: ConversationId) -> Result<()> {
    sqlx::query!(
        "update conversations set waiting_since = null, first_reply_due_at = null, resolution_due_at = null
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Whether the visitor has the last word and no bot will answer.
pub async fn is_kept_waiting(tx: &mut TenantTx, id: ConversationId) -> Result<bool> {
    let is_waiting = sqlx::query_scalar!(
        r#"select m.sender_type = 'user' as "is_waiting!"
        from conversations c
        join messages m on m.tenant_id = c.tenant_id and m.conversation_id = c.id and m.seq = c.last_seq
        where c.tenant_id = current_tenant_id() and c.id = $1 and c.status <> 'resolved' and c.ai_paused"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(is_waiting.unwrap_or(false))
}

pub async fn mark_unread(tx: &mut TenantTx, id: ConversationId) -> Result<bool> {
    let done = sqlx::query!(
        "update conversations set unread_count = greatest(unread_count, 1)
        where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

pub async fn get_page_url(tx: &mut TenantTx, id: ConversationId) -> Result<Option<String>> {
    let url = sqlx::query_scalar!(
        "select page_url from conversations where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(url)
}

/// Resolving gives the floor back to the bot; opening again leaves it as it is.
pub async fn set_status(tx: &mut TenantTx, id: ConversationId, status: Status) -> Result<()> {
    sqlx::query!(
        "update conversations
        set status = $2,
            resolved_at = case when $2 = 'resolved' then now() else null end,
            ai_paused = ai_paused and $2 <> 'resolved',
            awaiting_reply_since = case when $2 = 'resolved' then null else awaiting_reply_since end,
            waiting_since = case when $2 = 'resolved' then null else waiting_since end,
            snoozed_until = case when $2 = 'resolved' then null else snoozed_until end,
            unread_count = case when $2 = 'resolved' then 0 else unread_count end
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        status.as_str(),
    )
    .execute(&mut **tx)
    .await
    .on_constraint("conversations_one_open", another_open)?;
    Ok(())
}

/// A contact has at most one open conversation on a channel, so a resolved one cannot be opened beside it.
pub fn another_open() -> Error {
    conflict(
        "another_open",
        "This contact has another open conversation on this channel. Continue there.",
    )
}

pub async fn set_ai_paused(tx: &mut TenantTx, id: ConversationId, paused: bool) -> Result<()> {
    sqlx::query!(
        "update conversations set ai_paused = $2, status = case when not $2 and status = 'escalated' then 'open' else status end
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        paused,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn assign(tx: &mut TenantTx, id: ConversationId, user: Option<UserId>) -> Result<()> {
    sqlx::query!(
        "update conversations set assigned_to = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        user.map(|user| user.0),
    )
    .execute(&mut **tx)
    .await
    .on_constraint("conversations_tenant_id_assigned_to_fkey", || {
        invalid("not_a_member", "Only a member can be assigned.")
    })?;
    escalations::store::follow(tx, id).await
}

pub async fn mark_read(tx: &mut TenantTx, id: ConversationId) -> Result<bool> {
    let done = sqlx::query!(
        "update conversations set unread_count = 0 where tenant_id = current_tenant_id() and id = $1",
        id.0
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update contacts p set unread_count = 0 from conversations c
        where c.tenant_id = current_tenant_id() and c.id = $1 and p.tenant_id = c.tenant_id and p.id = c.contact_id",
        id.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
