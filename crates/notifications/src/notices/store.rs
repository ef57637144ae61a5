//! All SQL for notices.

use chrono::{DateTime, Utc};
use conversations::escalations::Reason;
use kernel::ids::{ConversationId, EscalationId, UserId, WebhookEndpointId};
use kernel::{Result, TenantTx};
use uuid::Uuid;

use super::{Happening, Kind, NewNotice, Outcome};

/// What a look takes on at most; the rest comes with the next.
const MOST: i64 = 500;

/// What is open and not older than a day: hand-overs at once, the rest when it is older than `before`.
pub async fn list_happenings(tx: &mut TenantTx, before: DateTime<Utc>) -> Result<Vec<Happening>> {
    let now = tx.now();
    let happenings = sqlx::query_as!(
        Happening,
        r#"select 'message' as "kind!: Kind", c.id as "conversation_id!: ConversationId", c.waiting_since as "since!",
            c.assigned_to as "assigned_to: UserId", null::uuid as "mentioned: UserId",
            exists (select from escalations e where e.tenant_id = c.tenant_id and e.conversation_id = c.id
                and e.status <> 'resolved' and e.created_at >= c.waiting_since - interval '1 minute') as "is_escalated!"
        from conversations c
        where c.tenant_id = current_tenant_id() and (c.waiting_since <= $1 or lies_ahead(c.waiting_since))
            and c.waiting_since > $2::timestamptz - interval '1 day' and c.status <> 'resolved'
        union all
        select 'escalation', e.conversation_id, e.created_at, coalesce(e.assigned_to, c.assigned_to), null, false
        from escalations e
        join conversations c on c.tenant_id = e.tenant_id and c.id = e.conversation_id
        where e.tenant_id = current_tenant_id() and e.status <> 'resolved' and c.waiting_since is not null
            and e.created_at > $2::timestamptz - interval '1 day'
        union all
        select 'mention', m.conversation_id, m.created_at, null, m.user_id, false
        from note_mentions m
        where m.tenant_id = current_tenant_id() and not m.is_read and (m.created_at <= $1 or lies_ahead(m.created_at))
            and m.created_at > $2::timestamptz - interval '1 day'
        order by 3
        limit $3"#,
        before,
        now,
        MOST,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(happenings)
}

pub async fn has_due(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from email_notices
            where tenant_id = current_tenant_id() and done_at is null
                and (due_at <= $1 or not is_digest and lies_ahead(created_at))) as "yes!""#,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// A webhook that the server has switched off.
pub struct SwitchedOff {
    pub id: WebhookEndpointId,
    pub url: String,
    pub is_gone: bool,
    pub at: DateTime<Utc>,
}

/// Those of the last day that are still off and that nobody was told of.
pub async fn list_switched_off(tx: &mut TenantTx) -> Result<Vec<SwitchedOff>> {
    let now = tx.now();
    let found = sqlx::query_as!(
        SwitchedOff,
        r#"select w.id as "id: WebhookEndpointId", w.url, w.disabled_reason = 'gone' as "is_gone!", w.disabled_at as "at!"
        from webhook_endpoints w
        where w.tenant_id = current_tenant_id() and not w.is_enabled and w.disabled_reason in ('gone', 'failing')
            and w.disabled_at > $1::timestamptz - interval '1 day'
            and not exists (select from emails m where m.tenant_id = w.tenant_id and m.kind = 'webhook'
                and m.created_at >= w.disabled_at and m.dedupe_key like 'webhook/' || w.id::text || '/%')
        order by w.disabled_at"#,
        now,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// Those that are new; one that is known stays as it is.
pub async fn insert(tx: &mut TenantTx, notices: &[NewNotice]) -> Result<()> {
    let tenant = tx.tenant_id();
    let ids: Vec<Uuid> = notices.iter().map(|_| Uuid::now_v7()).collect();
    let users: Vec<Uuid> = notices.iter().map(|notice| notice.user_id.0).collect();
    let conversations: Vec<Uuid> = notices.iter().map(|notice| notice.conversation_id.0).collect();
    let kinds: Vec<String> = notices
        .iter()
        .map(|notice| notice.kind.as_str().to_owned())
        .collect();
    let since: Vec<DateTime<Utc>> = notices.iter().map(|notice| notice.since).collect();
    let digests: Vec<bool> = notices.iter().map(|notice| notice.is_digest).collect();
    let due: Vec<DateTime<Utc>> = notices.iter().map(|notice| notice.due_at).collect();
    sqlx::query!(
        "insert into email_notices (tenant_id, id, user_id, conversation_id, kind, since, is_digest, due_at)
        select $1, n.id, n.user_id, n.conversation_id, n.kind, n.since, n.is_digest, n.due_at
        from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[], $7::boolean[], $8::timestamptz[])
            as n (id, user_id, conversation_id, kind, since, is_digest, due_at)
        on conflict do nothing",
        tenant.0,
        &ids,
        &users,
        &conversations,
        &kinds,
        &since,
        &digests,
        &due,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A notice whose time has come.
pub struct Due {
    pub id: Uuid,
    pub user_id: UserId,
    pub kind: Kind,
    pub conversation_id: ConversationId,
    pub since: DateTime<Utc>,
    pub is_digest: bool,
    pub contact_name: Option<String>,
    pub channel_name: String,
    /// Nobody has answered, read or resolved it meanwhile.
    pub is_open: bool,
}

/// Locked, in the order of members and time. A digest goes by the time of day.
pub async fn lock_due(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<Vec<Due>> {
    let due = sqlx::query_as!(
        Due,
        r#"select n.id, n.user_id as "user_id: UserId", n.kind as "kind: Kind",
            n.conversation_id as "conversation_id: ConversationId", n.since, n.is_digest, p.name as contact_name,
            h.name as channel_name,
            case n.kind
                when 'message' then c.status <> 'resolved' and c.waiting_since is not distinct from n.since
                when 'escalation' then c.waiting_since is not null and exists (select from escalations e
                    where e.tenant_id = n.tenant_id and e.conversation_id = n.conversation_id and e.status <> 'resolved')
                else exists (select from note_mentions m
                    where m.tenant_id = n.tenant_id and m.conversation_id = n.conversation_id and m.user_id = n.user_id
                        and m.created_at = n.since and not m.is_read)
            end as "is_open!"
        from email_notices n
        join conversations c on c.tenant_id = n.tenant_id and c.id = n.conversation_id
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
        where n.tenant_id = current_tenant_id() and n.done_at is null
            and (n.due_at <= $1 or not n.is_digest and lies_ahead(n.created_at))
        order by n.user_id, n.since, n.id
        limit $2
        for update of n skip locked"#,
        now,
        MOST,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(due)
}

pub async fn finish(tx: &mut TenantTx, ids: &[Uuid], outcome: Outcome) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update email_notices set done_at = $2, outcome = $3 where tenant_id = current_tenant_id() and id = any($1)",
        ids,
        now,
        outcome.as_str(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// After three days nothing of it can be found again.
pub async fn forget(tx: &mut TenantTx) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "delete from email_notices
        where tenant_id = current_tenant_id() and done_at < $1::timestamptz - interval '3 days'",
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What the visitor has said since then, the newest three, the oldest of them first.
pub async fn list_said(
    tx: &mut TenantTx,
    conversation: ConversationId,
    since: DateTime<Utc>,
) -> Result<Vec<String>> {
    let mut said = sqlx::query_scalar!(
        "select left(text_content, 1000) as \"text!\" from messages
        where tenant_id = current_tenant_id() and conversation_id = $1 and sender_type = 'user' and sent_at >= $2
            and text_content <> ''
        order by seq desc
        limit 3",
        conversation.0,
        since,
    )
    .fetch_all(&mut **tx)
    .await?;
    said.reverse();
    Ok(said)
}

/// The note that mentions a member, and who wrote it.
pub async fn find_note(
    tx: &mut TenantTx,
    conversation: ConversationId,
    user: UserId,
    since: DateTime<Utc>,
) -> Result<Option<(String, String)>> {
    let row = sqlx::query!(
        "select n.author_name, left(n.text_content, 1000) as \"text!\"
        from note_mentions m
        join conversation_notes n on n.tenant_id = m.tenant_id and n.id = m.note_id
        where m.tenant_id = current_tenant_id() and m.conversation_id = $1 and m.user_id = $2 and m.created_at = $3",
        conversation.0,
        user.0,
        since,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.author_name, row.text)))
}

/// An open hand-over.
pub struct HandOver {
    pub id: EscalationId,
    pub reason: Reason,
    pub summary: String,
    pub contact_name: Option<String>,
    pub channel_name: String,
}

pub async fn find_hand_over(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<HandOver>> {
    let found = sqlx::query_as!(
        HandOver,
        r#"select e.id as "id: EscalationId", e.reason as "reason: Reason", left(e.summary, 2000) as "summary!",
            p.name as contact_name, h.name as channel_name
        from escalations e
        join conversations c on c.tenant_id = e.tenant_id and c.id = e.conversation_id
        join contacts p on p.tenant_id = c.tenant_id and p.id = c.contact_id
        join channels h on h.tenant_id = c.tenant_id and h.id = c.channel_id
        where e.tenant_id = current_tenant_id() and e.conversation_id = $1 and e.status <> 'resolved'"#,
        conversation.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// Those of the conversations whose open hand-over the address has not been told of.
pub async fn list_untold(
    tx: &mut TenantTx,
    conversations: &[Uuid],
    address_suffix: &str,
) -> Result<Vec<ConversationId>> {
    let untold = sqlx::query_scalar!(
        r#"select e.conversation_id as "id: ConversationId"
        from escalations e
        where e.tenant_id = current_tenant_id() and e.conversation_id = any($1) and e.status <> 'resolved'
            and not exists (select from emails m
                where m.tenant_id = e.tenant_id and m.dedupe_key = 'escalation/' || e.id::text || $2)
        order by e.created_at"#,
        conversations,
        address_suffix,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(untold)
}
