//! All SQL for meetings.

use chrono::{DateTime, Utc};
use kernel::error::{Error, invalid};
use kernel::ids::{ContactId, ConversationId, MeetingId, UserId};
use kernel::page::Position;
use kernel::{Result, TenantTx};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::{Meeting, Source, Status, end_of};
use crate::inbox::filter::Assignee;

/// How meetings are booked.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub booking_url: Option<String>,
    /// Sealed.
    pub calcom_secret: Option<String>,
}

pub async fn get_settings(tx: &mut TenantTx) -> Result<Settings> {
    let row = sqlx::query_as!(
        Settings,
        "select booking_url, calcom_secret from meeting_settings where tenant_id = current_tenant_id()"
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.unwrap_or_default())
}

pub async fn set_settings(tx: &mut TenantTx, settings: &Settings) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into meeting_settings (tenant_id, booking_url, calcom_secret) values ($1, $2, $3)
        on conflict (tenant_id) do update set booking_url = excluded.booking_url, calcom_secret = excluded.calcom_secret",
        tenant.0,
        settings.booking_url,
        settings.calcom_secret,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Bookings of a workspace are written one after another, so that none is booked twice.
pub async fn take_turn(tx: &mut TenantTx) -> Result<()> {
    let key = format!("meetings/{}", tx.tenant_id());
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0))", key)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// False: it came before.
pub async fn insert_event(tx: &mut TenantTx, key: &str, trigger: &str, at: DateTime<Utc>) -> Result<bool> {
    let tenant = tx.tenant_id();
    let done = sqlx::query!(
        "insert into meeting_events (tenant_id, id, event_key, trigger_event, happened_at) values ($1, $2, $3, $4, $5)
        on conflict (tenant_id, event_key) do nothing",
        tenant.0,
        Uuid::now_v7(),
        key,
        trigger,
        at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Why nothing came of an event.
pub async fn note_failure(tx: &mut TenantTx, key: &str, error: &str) -> Result<()> {
    sqlx::query!(
        "update meeting_events set error = $2 where tenant_id = current_tenant_id() and event_key = $1",
        key,
        error,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A booking that is known by a vendor's id.
pub struct Known {
    pub id: MeetingId,
    pub cal_event_id: Option<String>,
    pub status: Status,
    /// Of the newest event that counted.
    pub at: DateTime<Utc>,
}

impl Known {
    /// It was called so before it was moved.
    pub fn is_former_name(&self, uid: &str) -> bool {
        self.cal_event_id.as_deref().is_some_and(|now| now != uid)
    }
}

/// Under its present or a former name.
pub async fn find_by_event(tx: &mut TenantTx, uid: &str) -> Result<Option<Known>> {
    let known = sqlx::query_as!(
        Known,
        r#"select id as "id: MeetingId", cal_event_id, status as "status: Status", coalesce(vendor_at, 'epoch') as "at!"
        from meetings
        where tenant_id = current_tenant_id() and (cal_event_id = $1 or $1 = any(former_event_ids))
        order by $1 = any(former_event_ids) desc
        limit 1
        for no key update"#,
        uid,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(known)
}

/// A booking as a vendor tells it.
pub struct Booked<'a> {
    pub uid: &'a str,
    pub former_uid: Option<&'a str>,
    pub at: DateTime<Utc>,
    pub title: &'a str,
    pub meeting_url: Option<&'a str>,
    pub scheduled_at: DateTime<Utc>,
    pub duration_minutes: i32,
    pub attendee_name: Option<&'a str>,
    pub attendee_email: Option<&'a str>,
    pub organizer_email: Option<&'a str>,
}

/// Whose meeting it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    pub conversation: Option<ConversationId>,
    pub contact: Option<ContactId>,
}

/// The conversation's contact, or else the contact with the attendee's address who was here last.
pub async fn find_place(
    tx: &mut TenantTx,
    conversation: Option<ConversationId>,
    email: Option<&str>,
) -> Result<Place> {
    let row = sqlx::query!(
        r#"select c.id as "conversation?: ConversationId", c.contact_id as "contact!: ContactId" from conversations c
        where c.tenant_id = current_tenant_id() and c.id = $1"#,
        conversation.map(|id| id.0),
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(row) = row {
        return Ok(Place {
            conversation: row.conversation,
            contact: Some(row.contact),
        });
    }
    let contact = sqlx::query_scalar!(
        r#"select id as "id: ContactId" from contacts
        where tenant_id = current_tenant_id() and merged_into is null and (
                (lower(email) = lower($1) and crm_is_theirs(id, 'email', lower(trim($1))))
                or id = any(array(select crm_contacts_of_email($1)))
            )
        order by last_interaction_at desc nulls last, id desc
        limit 1"#,
        email,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(Place {
        conversation: None,
        contact,
    })
}

pub async fn insert_booked(
    tx: &mut TenantTx,
    booked: &Booked<'_>,
    place: &Place,
    source: Source,
    ical_uid: &str,
) -> Result<MeetingId> {
    let (tenant, id, now) = (tx.tenant_id(), MeetingId::new(), tx.now());
    let ends_at = end_of(booked.scheduled_at, booked.duration_minutes)?;
    let former: Vec<String> = booked.former_uid.into_iter().map(str::to_owned).collect();
    sqlx::query!(
        "insert into meetings (tenant_id, id, conversation_id, contact_id, title, meeting_url, scheduled_at, ends_at, duration_minutes,
            source, cal_event_id, former_event_ids, vendor_at, attendee_name, attendee_email, assigned_to, ical_uid, created_at,
            updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
            (select user_id from memberships where tenant_id = $1 and lower(email) = lower($16)), $17, $18, $18)",
        tenant.0,
        id.0,
        place.conversation.map(|id| id.0),
        place.contact.map(|id| id.0),
        booked.title,
        booked.meeting_url,
        booked.scheduled_at,
        ends_at,
        booked.duration_minutes,
        source.as_str(),
        booked.uid,
        &former,
        booked.at,
        booked.attendee_name,
        booked.attendee_email,
        booked.organizer_email,
        ical_uid,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(id)
}

/// The booking is another one now: moved, or told with more.
pub async fn rebook(tx: &mut TenantTx, id: MeetingId, booked: &Booked<'_>) -> Result<Option<ConversationId>> {
    let ends_at = end_of(booked.scheduled_at, booked.duration_minutes)?;
    let conversation = sqlx::query_scalar!(
        r#"update meetings
        set status = case
                when scheduled_at <> $4 or cal_event_id <> $2 then 'rescheduled'
                when status in ('scheduled', 'rescheduled') then status
                else 'scheduled'
            end,
            sequence = sequence + case when scheduled_at <> $4 then 1 else 0 end,
            former_event_ids = case when cal_event_id <> $2 then array_append(former_event_ids, cal_event_id) else former_event_ids end,
            cal_event_id = $2, title = $3, scheduled_at = $4, ends_at = $5, duration_minutes = $6,
            meeting_url = coalesce($7, meeting_url), attendee_name = coalesce($8, attendee_name),
            attendee_email = coalesce($9, attendee_email), vendor_at = $10, cancel_reason = null
        where tenant_id = current_tenant_id() and id = $1
        returning conversation_id as "id: ConversationId""#,
        id.0,
        booked.uid,
        booked.title,
        booked.scheduled_at,
        ends_at,
        booked.duration_minutes,
        booked.meeting_url,
        booked.attendee_name,
        booked.attendee_email,
        booked.at,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(conversation)
}

/// What was told too late to change anything: the booking was called so before it was moved. A meeting that still stands
/// under that name is the same one, and takes place no more. Gives its conversation.
pub async fn note_former(
    tx: &mut TenantTx,
    id: MeetingId,
    former_uid: &str,
    at: DateTime<Utc>,
) -> Result<Option<ConversationId>> {
    let other = sqlx::query!(
        r#"update meetings
        set status = case when status in ('scheduled', 'rescheduled') then 'cancelled' else status end, vendor_at = greatest(vendor_at, $3)
        where tenant_id = current_tenant_id() and cal_event_id = $2 and id <> $1
        returning conversation_id as "conversation: ConversationId", contact_id, former_event_ids"#,
        id.0,
        former_uid,
        at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let mut names = other
        .as_ref()
        .map(|other| other.former_event_ids.clone())
        .unwrap_or_default();
    names.push(former_uid.to_owned());
    sqlx::query!(
        "update meetings
        set former_event_ids = former_event_ids || array(select name from unnest($2::text[]) as name where name <> all (former_event_ids)),
            conversation_id = coalesce(conversation_id, $3), contact_id = coalesce(contact_id, $4)
        where tenant_id = current_tenant_id() and id = $1",
        id.0,
        &names,
        other.as_ref().and_then(|other| other.conversation).map(|id| id.0),
        other.as_ref().and_then(|other| other.contact_id),
    )
    .execute(&mut **tx)
    .await?;
    Ok(other.and_then(|other| other.conversation))
}

pub async fn end_booked(
    tx: &mut TenantTx,
    id: MeetingId,
    status: Status,
    reason: Option<&str>,
    at: DateTime<Utc>,
) -> Result<Option<ConversationId>> {
    let conversation = sqlx::query_scalar!(
        r#"update meetings set status = $2, cancel_reason = $3, vendor_at = $4
        where tenant_id = current_tenant_id() and id = $1
        returning conversation_id as "id: ConversationId""#,
        id.0,
        status.as_str(),
        reason,
        at,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(conversation)
}

const SELECT: &str = "select m.id, m.conversation_id, m.contact_id, k.id as client_id, m.title, m.meeting_url, m.scheduled_at,
        m.duration_minutes, m.status, m.source, m.cal_event_id, m.attendee_name, m.attendee_email, m.assigned_to,
        a.name as assignee_name, m.cancel_reason, m.ical_uid, m.sequence, m.created_at, m.updated_at
    from meetings m
    left join memberships a on a.tenant_id = m.tenant_id and a.user_id = m.assigned_to
    left join crm_clients k on k.tenant_id = m.tenant_id and k.contact_id = m.contact_id
    where m.tenant_id = current_tenant_id()";

/// What the list can be narrowed to.
#[derive(Debug, Default)]
pub struct Filter {
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    pub statuses: Vec<&'static str>,
    pub assignee: Option<Assignee>,
    pub conversation: Option<ConversationId>,
    pub contact: Option<ContactId>,
}

/// The earliest first.
pub async fn list(
    tx: &mut TenantTx,
    filter: &Filter,
    after: Option<Position>,
    limit: i64,
) -> Result<Vec<Meeting>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    if let Some(from) = filter.from {
        query.push(" and m.scheduled_at >= ").push_bind(from);
    }
    if let Some(to) = filter.to {
        query.push(" and m.scheduled_at < ").push_bind(to);
    }
    if !filter.statuses.is_empty() {
        query
            .push(" and m.status = any(")
            .push_bind(&filter.statuses)
            .push(")");
    }
    match filter.assignee {
        Some(Assignee::Nobody) => {
            query.push(" and m.assigned_to is null");
        }
        Some(Assignee::Member(user)) => {
            query.push(" and m.assigned_to = ").push_bind(user.0);
        }
        None => {}
    }
    if let Some(conversation) = filter.conversation {
        query.push(" and m.conversation_id = ").push_bind(conversation.0);
    }
    if let Some(contact) = filter.contact {
        query.push(" and m.contact_id = ").push_bind(contact.0);
    }
    if let Some(after) = after {
        query.push(" and (m.scheduled_at, m.id) > (").push_bind(after.at);
        query.push(", ").push_bind(after.id).push(")");
    }
    query
        .push(" order by m.scheduled_at, m.id limit ")
        .push_bind(limit);
    Ok(query.build_query_as().fetch_all(&mut **tx).await?)
}

pub async fn find(tx: &mut TenantTx, id: MeetingId) -> Result<Option<Meeting>> {
    let mut query = QueryBuilder::<Postgres>::new(SELECT);
    query.push(" and m.id = ").push_bind(id.0);
    Ok(query.build_query_as().fetch_optional(&mut **tx).await?)
}

/// Nobody else changes the meeting until the end of the transaction.
pub async fn lock(tx: &mut TenantTx, id: MeetingId) -> Result<Option<Meeting>> {
    sqlx::query!(
        "select id from meetings where tenant_id = current_tenant_id() and id = $1 for no key update",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    find(tx, id).await
}

/// A meeting that is written down here.
pub struct NewMeeting<'a> {
    pub place: Place,
    pub title: &'a str,
    pub meeting_url: Option<&'a str>,
    pub scheduled_at: DateTime<Utc>,
    pub duration_minutes: i32,
    pub source: Source,
    pub attendee_name: Option<&'a str>,
    pub attendee_email: Option<&'a str>,
    pub assigned_to: Option<UserId>,
}

pub async fn insert(tx: &mut TenantTx, new: &NewMeeting<'_>) -> Result<MeetingId> {
    let (tenant, id, now) = (tx.tenant_id(), MeetingId::new(), tx.now());
    let ends_at = end_of(new.scheduled_at, new.duration_minutes)?;
    sqlx::query!(
        "insert into meetings (tenant_id, id, conversation_id, contact_id, title, meeting_url, scheduled_at, ends_at, duration_minutes,
            source, attendee_name, attendee_email, assigned_to, ical_uid, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)",
        tenant.0,
        id.0,
        new.place.conversation.map(|id| id.0),
        new.place.contact.map(|id| id.0),
        new.title,
        new.meeting_url,
        new.scheduled_at,
        ends_at,
        new.duration_minutes,
        new.source.as_str(),
        new.attendee_name,
        new.attendee_email,
        new.assigned_to.map(|user| user.0),
        format!("{id}@rapport"),
        now,
    )
    .execute(&mut **tx)
    .await
    .map_err(explain)?;
    Ok(id)
}

fn explain(cause: sqlx::Error) -> Error {
    match &cause {
        sqlx::Error::Database(db) if db.constraint() == Some("meetings_assigned_to") => {
            invalid("bad_assignee", "`assigned_to` is the user id of a member.")
        }
        _ => cause.into(),
    }
}

/// Writes what members may change.
pub async fn update(tx: &mut TenantTx, meeting: &Meeting) -> Result<()> {
    let ends_at = end_of(meeting.scheduled_at, meeting.duration_minutes)?;
    sqlx::query!(
        "update meetings
        set title = $2, meeting_url = $3, scheduled_at = $4, ends_at = $5, duration_minutes = $6, status = $7, assigned_to = $8,
            cancel_reason = $9, sequence = $10, reminded_at = case when scheduled_at = $4 then reminded_at end
        where tenant_id = current_tenant_id() and id = $1",
        meeting.id.0,
        meeting.title,
        meeting.meeting_url,
        meeting.scheduled_at,
        ends_at,
        meeting.duration_minutes,
        meeting.status.as_str(),
        meeting.assigned_to.map(|user| user.0),
        meeting.cancel_reason,
        meeting.sequence,
    )
    .execute(&mut **tx)
    .await
    .map_err(explain)?;
    Ok(())
}

/// Whether the member has another meeting at that time. The caller has taken the turn.
pub async fn is_taken(
    tx: &mut TenantTx,
    user: UserId,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    except: Option<MeetingId>,
) -> Result<bool> {
    let found = sqlx::query_scalar!(
        r#"select exists (
            select from meetings
            where tenant_id = current_tenant_id() and assigned_to = $1 and status in ('scheduled', 'rescheduled')
                and scheduled_at < $3 and ends_at > $2 and ($4::uuid is null or id <> $4)) as "found!""#,
        user.0,
        from,
        to,
        except.map(|id| id.0),
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(found)
}
