//! All SQL for mails about meetings and activities. It reads what others own, and notes on it what was told.

use chrono::{DateTime, Utc};
use conversations::meetings::Status;
use kernel::ids::{ConversationId, MeetingId, UserId};
use kernel::{Result, TenantTx};
use uuid::Uuid;

/// What a look takes on at most; the rest comes with the next.
const MOST: i64 = 100;

/// Whether there is anything to tell. One question where there mostly is nothing.
pub async fn has_any(tx: &mut TenantTx, now: DateTime<Utc>) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (select from crm_activities
                where tenant_id = current_tenant_id() and status = 'pending' and reminded_at is null
                    and remind_at <= $1 and remind_at > $1::timestamptz - interval '1 day')
            or exists (select from meetings m
                join meeting_settings s on s.tenant_id = m.tenant_id and s.is_scheduler_on
                where m.tenant_id = current_tenant_id() and m.source in ('builtin', 'agent')
                    and (m.invited_sequence is distinct from m.sequence
                            and m.updated_at > $1::timestamptz - interval '1 day' and m.ends_at > $1
                        or m.status in ('scheduled', 'rescheduled') and m.reminded_at is null and m.scheduled_at > $1
                            and m.scheduled_at <= $1::timestamptz + make_interval(mins => s.reminder_minutes)
                            and m.created_at <= m.scheduled_at - make_interval(mins => s.reminder_minutes))) as "yes!""#,
        now,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}

/// How meetings are told.
pub struct Manner {
    pub time_zone: String,
    pub reminder_minutes: Option<i32>,
}

/// None: invitations are switched off.
pub async fn find_manner(tx: &mut TenantTx) -> Result<Option<Manner>> {
    let manner = sqlx::query_as!(
        Manner,
        r#"select coalesce(s.time_zone, t.time_zone) as "time_zone!", s.reminder_minutes
        from meeting_settings s
        join tenants t on t.tenant_id = s.tenant_id
        where s.tenant_id = current_tenant_id() and s.is_scheduler_on"#
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(manner)
}

/// A meeting as mails tell it.
pub struct Appointment {
    pub id: MeetingId,
    pub title: String,
    pub meeting_url: Option<String>,
    pub scheduled_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub status: Status,
    pub conversation_id: Option<ConversationId>,
    pub attendee_name: Option<String>,
    pub attendee_email: Option<String>,
    /// The visitor's, if it is known.
    pub language: Option<String>,
    pub assigned_to: Option<UserId>,
    pub ical_uid: String,
    pub sequence: i32,
    /// Calendars have it.
    pub is_known: bool,
    pub invited_user: Option<UserId>,
}

/// Those that calendars have otherwise, or not at all. Locked.
pub async fn lock_untold(tx: &mut TenantTx) -> Result<Vec<Appointment>> {
    let now = tx.now();
    let found = sqlx::query_as!(
        Appointment,
        r#"select id as "id: MeetingId", title, meeting_url, scheduled_at, ends_at, status as "status: Status",
            conversation_id as "conversation_id: ConversationId", attendee_name, attendee_email,
            language, assigned_to as "assigned_to: UserId", ical_uid, sequence, invited_sequence is not null as "is_known!",
            invited_user as "invited_user: UserId"
        from meetings
        where tenant_id = current_tenant_id() and source in ('builtin', 'agent')
            and invited_sequence is distinct from sequence and updated_at > $1::timestamptz - interval '1 day' and ends_at > $1
        order by updated_at, id
        limit $2
        for no key update skip locked"#,
        now,
        MOST,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn note_told(tx: &mut TenantTx, meeting: &Appointment, user: Option<UserId>) -> Result<()> {
    sqlx::query!(
        "update meetings set invited_sequence = $2, invited_user = $3 where tenant_id = current_tenant_id() and id = $1",
        meeting.id.0,
        meeting.sequence,
        user.map(|user| user.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Those that begin soon and that nobody was reminded of. Locked. Who books later than that needs no reminder.
pub async fn lock_to_remind(tx: &mut TenantTx, minutes: i32) -> Result<Vec<Appointment>> {
    let now = tx.now();
    let found = sqlx::query_as!(
        Appointment,
        r#"select id as "id: MeetingId", title, meeting_url, scheduled_at, ends_at, status as "status: Status",
            conversation_id as "conversation_id: ConversationId", attendee_name, attendee_email,
            language, assigned_to as "assigned_to: UserId", ical_uid, sequence, invited_sequence is not null as "is_known!",
            invited_user as "invited_user: UserId"
        from meetings
        where tenant_id = current_tenant_id() and source in ('builtin', 'agent') and status in ('scheduled', 'rescheduled')
            and reminded_at is null and scheduled_at > $1
            and scheduled_at <= $1::timestamptz + make_interval(mins => $2)
            and created_at <= scheduled_at - make_interval(mins => $2)
        order by scheduled_at, id
        limit $3
        for no key update skip locked"#,
        now,
        minutes,
        MOST,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn note_reminded(tx: &mut TenantTx, id: MeetingId) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update meetings set reminded_at = $2 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Something that a member wanted to be reminded of.
pub struct Activity {
    pub id: Uuid,
    pub subject: String,
    pub due_date: Option<DateTime<Utc>>,
    pub remind_at: DateTime<Utc>,
    pub assigned_to: Option<UserId>,
    pub client_id: Option<Uuid>,
    pub client_name: Option<String>,
}

/// Those whose time has come. Locked.
pub async fn lock_activities(tx: &mut TenantTx) -> Result<Vec<Activity>> {
    let now = tx.now();
    let found = sqlx::query_as!(
        Activity,
        r#"select a.id, a.subject, a.due_date, a.remind_at as "remind_at!", a.assigned_to as "assigned_to: UserId",
            a.client_id, k.name as "client_name?"
        from crm_activities a
        left join crm_clients k on k.tenant_id = a.tenant_id and k.id = a.client_id
        where a.tenant_id = current_tenant_id() and a.status = 'pending' and a.reminded_at is null and a.remind_at <= $1
            and a.remind_at > $1::timestamptz - interval '1 day'
        order by a.remind_at, a.id
        limit $2
        for no key update of a skip locked"#,
        now,
        MOST,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

pub async fn note_activity(tx: &mut TenantTx, id: Uuid) -> Result<()> {
    let now = tx.now();
    sqlx::query!(
        "update crm_activities set reminded_at = $2 where tenant_id = current_tenant_id() and id = $1",
        id,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
