//! All SQL for the inbox.

use chrono::{DateTime, Utc};
use kernel::error::{Error, OnConstraint, conflict, invalid, not_found};
use kernel::ids::{ChannelId, ContactId, ConversationId, UserId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::{ChannelName, ConversationSummary, Status};
use crate::contacts::Contact;

/// Escalated, or the visitor waits and no bot will answer.
macro_rules! needs_person {
    () => {
        "(c.status = 'escalated' or (c.awaiting_reply_since is not null and c.status <> 'resolved'
            and (c.ai_paused or not p.ai_enabled or not b.is_bot_active)))"
    };
}

const SELECT: &str = concat!(
    "select c.id, c.status, c.ai_paused, ",
    needs_person!(),
    " as needs_person,
        p.id as contact_id, p.name as contact_name, p.email as contact_email,
        h.id as channel_id, h.name as channel_name, h.kind as channel_kind,
        c.last_message_preview, c.last_message_at, c.last_seq, c.unread_count, c.assigned_to, c.language,
        c.created_at, c.updated_at
    from conversations c
    join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
    join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
    join channel_configurations b on b.tenant_id = c.tenant_id and b.channel_id = c.channel_id
    where c.tenant_id = current_tenant_id()"
);

#[derive(FromRow)]
struct Row {
    id: ConversationId,
    status: Status,
    ai_paused: bool,
    needs_person: bool,
    contact_id: ContactId,
    contact_name: Option<String>,
    contact_email: Option<String>,
    channel_id: ChannelId,
    channel_name: String,
    channel_kind: String,
    last_message_preview: Option<String>,
    last_message_at: Option<DateTime<Utc>>,
    last_seq: i64,
    unread_count: i32,
    assigned_to: Option<UserId>,
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
            language: row.language,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What the inbox can be narrowed to.
#[derive(Debug, Default)]
pub struct Filter {
    pub status: Option<Status>,
    /// Only those that wait for a person.
    pub needs_person: bool,
    /// Part of the contact's name or address, or of the last message.
    pub text: Option<String>,
}

/// Conversations that have a message, newest activity first.
pub async fn list(
    tx: &mut TenantTx,
    filter: &Filter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<ConversationSummary>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and c.last_message_at is not null");
    if let Some(status) = filter.status {
        query.push(" and c.status = ").push_bind(status.as_str());
    }
    if filter.needs_person {
        query.push(concat!(" and ", needs_person!()));
    }
    if let Some(text) = &filter.text {
        let pattern = format!(
            "%{}%",
            text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
        );
        query.push(" and (p.name ilike ").push_bind(pattern.clone());
        query.push(" or p.email ilike ").push_bind(pattern.clone());
        query
            .push(" or c.last_message_preview ilike ")
            .push_bind(pattern)
            .push(")");
    }
    if let Some(position) = after {
        query
            .push(" and (c.last_message_at, c.id) < (")
            .push_bind(position.at)
            .push(", ")
            .push_bind(position.id)
            .push(")");
    }
    query
        .push(" order by c.last_message_at desc, c.id desc limit ")
        .push_bind(limit);
    let rows: Vec<Row> = query.build_query_as().fetch_all(&mut **tx).await?;
    Ok(rows.into_iter().map(ConversationSummary::from).collect())
}

pub async fn find(tx: &mut TenantTx, id: ConversationId) -> Result<Option<ConversationSummary>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and c.id = ").push_bind(id.0);
    let row: Option<Row> = query.build_query_as().fetch_optional(&mut **tx).await?;
    Ok(row.map(ConversationSummary::from))
}

pub async fn get(tx: &mut TenantTx, id: ConversationId) -> Result<ConversationSummary> {
    find(tx, id).await?.ok_or_else(|| not_found("conversation"))
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
    Ok(())
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
