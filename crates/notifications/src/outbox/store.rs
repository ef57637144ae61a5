//! All SQL for mails.

use chrono::{DateTime, NaiveDate, Utc};
use kernel::error::not_found;
use kernel::ids::{ConversationId, EmailId};
use kernel::{Database, Event, Result, TenantTx, WorkspaceList};

use super::{Email, Kind, NewEmail, Status};

/// Open logs have to be read again.
const CHANGED: Event = Event::WorkspaceChanged {
    what: WorkspaceList::Emails,
};

/// A mail that is about to be sent.
pub struct Waiting {
    pub id: EmailId,
    pub kind: Kind,
    pub status: Status,
    pub to_address: String,
    pub to_name: Option<String>,
    pub subject: String,
    pub body: String,
    pub unsubscribe_url: Option<String>,
    pub calendar: Option<String>,
    pub attempts: i32,
    pub next_attempt_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// False if one with this key was written down before.
pub async fn insert(tx: &mut TenantTx, id: EmailId, new: &NewEmail, status: Status) -> Result<bool> {
    let (tenant, now) = (tx.tenant_id(), tx.now());
    let done = sqlx::query!(
        "insert into emails (tenant_id, id, kind, dedupe_key, user_id, conversation_id, to_address, to_name, subject, body,
            unsubscribe_url, calendar, status, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict (tenant_id, dedupe_key) do nothing",
        tenant.0,
        id.0,
        new.kind.as_str(),
        new.dedupe_key,
        new.user.map(|id| id.0),
        new.conversation.map(|id| id.0),
        new.to_address,
        new.to_name,
        new.subject,
        new.body,
        new.unsubscribe_url,
        new.calendar,
        status.as_str(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    tx.emit(CHANGED);
    Ok(done.rows_affected() > 0)
}

pub async fn lock(tx: &mut TenantTx, id: EmailId) -> Result<Option<Waiting>> {
    let mail = sqlx::query_as!(
        Waiting,
        r#"select id as "id: EmailId", kind as "kind: Kind", status as "status: Status", to_address, to_name, subject,
            coalesce(body, '') as "body!", unsubscribe_url, calendar, attempts, created_at,
            case when not lies_ahead(updated_at) then next_attempt_at end as next_attempt_at
        from emails
        where tenant_id = current_tenant_id() and id = $1
        for update"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(mail)
}

pub async fn begin(tx: &mut TenantTx, id: EmailId, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update emails set status = 'sending', attempts = attempts + 1, sending_at = $2, next_attempt_at = null
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    tx.emit(CHANGED);
    Ok(())
}

pub async fn put_back(tx: &mut TenantTx, id: EmailId, at: DateTime<Utc>, error: &str) -> Result<()> {
    sqlx::query!(
        "update emails set status = 'queued', next_attempt_at = $2, error = $3
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        at,
        error,
    )
    .execute(&mut **tx)
    .await?;
    tx.emit(CHANGED);
    Ok(())
}

/// What was sent needs its text no more.
pub async fn end(
    tx: &mut TenantTx,
    id: EmailId,
    status: Status,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Kind> {
    let kind = sqlx::query_scalar!(
        r#"update emails
        set status = $2, error = $3, sent_at = case when $2 = 'sent' then $4::timestamptz end, next_attempt_at = null, body = null,
            unsubscribe_url = null, calendar = null
        where tenant_id = current_tenant_id() and id = $1
        returning kind as "kind: Kind""#,
        id.0,
        status.as_str(),
        error,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    tx.emit(CHANGED);
    Ok(kind)
}

pub async fn get(tx: &mut TenantTx, id: EmailId) -> Result<Email> {
    sqlx::query_as!(
        Email,
        r#"select id as "id: EmailId", kind as "kind: Kind", to_address, subject, status as "status: Status", attempts, error,
            conversation_id as "conversation_id: ConversationId", created_at, sent_at
        from emails
        where tenant_id = current_tenant_id() and id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?
    .ok_or_else(|| not_found("e-mail"))
}

/// The newest first.
pub async fn list(tx: &mut TenantTx, limit: i64) -> Result<Vec<Email>> {
    let emails = sqlx::query_as!(
        Email,
        r#"select id as "id: EmailId", kind as "kind: Kind", to_address, subject, status as "status: Status", attempts, error,
            conversation_id as "conversation_id: ConversationId", created_at, sent_at
        from emails
        where tenant_id = current_tenant_id()
        order by created_at desc, id desc
        limit $1"#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(emails)
}

/// Adds one, unless there are as many already.
pub async fn count(db: &Database, address_hash: &[u8], day: NaiveDate, most: i32) -> Result<bool> {
    let done = sqlx::query!(
        "insert into platform.email_counts as c (address_hash, day, mails) values ($1, $2, 1)
        on conflict (address_hash, day) do update set mails = c.mails + 1 where c.mails < $3",
        address_hash,
        day,
        most,
    )
    .execute(db.platform())
    .await?;
    Ok(done.rows_affected() > 0)
}

pub async fn get_count(db: &Database, address_hash: &[u8], day: NaiveDate) -> Result<i32> {
    let mails = sqlx::query_scalar!(
        "select mails from platform.email_counts where address_hash = $1 and day = $2",
        address_hash,
        day,
    )
    .fetch_optional(db.platform())
    .await?;
    Ok(mails.unwrap_or(0))
}

/// Counts of days that are over.
pub async fn forget_counts(db: &Database, before: NaiveDate) -> Result<()> {
    sqlx::query!("delete from platform.email_counts where day < $1", before)
        .execute(db.platform())
        .await?;
    Ok(())
}

/// The mails that this brought to an end.
pub async fn tidy(tx: &mut TenantTx, interrupted: &str) -> Result<Vec<(Kind, Status)>> {
    let now = tx.now();
    let ended = sqlx::query!(
        r#"update emails
        set status = case status when 'sending' then 'unknown' else 'failed' end, body = null, calendar = null,
            error = case status when 'sending' then $2 else coalesce(error, 'It could not be sent for a day.') end
        where tenant_id = current_tenant_id()
            and (status = 'sending' and sending_at < $1::timestamptz - interval '1 hour'
                or status = 'queued' and created_at < $1::timestamptz - interval '25 hours')
        returning kind as "kind: Kind", status as "status: Status""#,
        now,
        interrupted,
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "delete from emails
        where tenant_id = current_tenant_id() and created_at < $1::timestamptz - interval '90 days'",
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.into_iter().map(|row| (row.kind, row.status)).collect())
}
