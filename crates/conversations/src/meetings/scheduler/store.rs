//! All SQL for the built-in scheduler.

use chrono::{DateTime, Utc};
use kernel::error::{Error, invalid};
use kernel::ids::{ContactId, ConversationId, MeetingId, UserId};
use kernel::{Result, TenantTx};
use serde_json::json;
use sqlx::types::Json;
use uuid::Uuid;

use super::Settings;
use super::dialogue::{Dialogue, State};
use super::slots::Span;
use crate::leads::{Consent, ContactInfo};
use crate::settings::BusinessHours;

pub async fn get(tx: &mut TenantTx) -> Result<Settings> {
    let row = sqlx::query!(
        r#"select is_scheduler_on, title, meeting_url, duration_minutes, buffer_minutes, notice_minutes, horizon_days, time_zone,
            hours as "hours: Json<BusinessHours>", reminder_minutes, consent_text,
            array(select h.user_id from meeting_hosts h where h.tenant_id = s.tenant_id order by h.user_id) as "members!"
        from meeting_settings s
        where tenant_id = current_tenant_id()"#
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else {
        return Ok(Settings::default());
    };
    Ok(Settings {
        is_on: row.is_scheduler_on,
        title: row.title,
        meeting_url: row.meeting_url,
        duration_minutes: row.duration_minutes,
        buffer_minutes: row.buffer_minutes,
        notice_minutes: row.notice_minutes,
        horizon_days: row.horizon_days,
        time_zone: row.time_zone,
        hours: row.hours.map(|Json(hours)| hours),
        reminder_minutes: row.reminder_minutes,
        consent_text: row.consent_text,
        members: row.members.into_iter().map(UserId).collect(),
    })
}

pub async fn set(tx: &mut TenantTx, settings: &Settings) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into meeting_settings (tenant_id, is_scheduler_on, title, meeting_url, duration_minutes, buffer_minutes,
            notice_minutes, horizon_days, time_zone, hours, reminder_minutes, consent_text)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (tenant_id) do update
        set is_scheduler_on = excluded.is_scheduler_on, title = excluded.title, meeting_url = excluded.meeting_url,
            duration_minutes = excluded.duration_minutes, buffer_minutes = excluded.buffer_minutes,
            notice_minutes = excluded.notice_minutes, horizon_days = excluded.horizon_days, time_zone = excluded.time_zone,
            hours = excluded.hours, reminder_minutes = excluded.reminder_minutes, consent_text = excluded.consent_text",
        tenant.0,
        settings.is_on,
        settings.title,
        settings.meeting_url,
        settings.duration_minutes,
        settings.buffer_minutes,
        settings.notice_minutes,
        settings.horizon_days,
        settings.time_zone,
        settings.hours.as_ref().map(|hours| json!(hours)),
        settings.reminder_minutes,
        settings.consent_text,
    )
    .execute(&mut **tx)
    .await?;
    let members: Vec<Uuid> = settings.members.iter().map(|user| user.0).collect();
    sqlx::query!(
        "delete from meeting_hosts where tenant_id = current_tenant_id() and user_id <> all($1)",
        &members,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into meeting_hosts (tenant_id, user_id) select $1, unnest($2::uuid[]) on conflict do nothing",
        tenant.0,
        &members,
    )
    .execute(&mut **tx)
    .await
    .map_err(explain)?;
    Ok(())
}

fn explain(cause: sqlx::Error) -> Error {
    match &cause {
        sqlx::Error::Database(db) if db.is_foreign_key_violation() => invalid(
            "bad_member",
            "`members` holds user ids of members of this workspace.",
        ),
        _ => cause.into(),
    }
}

/// Who has the workspace longest.
pub async fn find_owner(tx: &mut TenantTx) -> Result<Option<UserId>> {
    let owner = sqlx::query_scalar!(
        r#"select user_id as "id: UserId" from memberships
        where tenant_id = current_tenant_id() and role = 'owner'
        order by created_at, user_id
        limit 1"#
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(owner)
}

/// Meetings of these members that are still to come and touch this time.
pub async fn list_busy(
    tx: &mut TenantTx,
    users: &[UserId],
    (from, to): Span,
    except: Option<MeetingId>,
) -> Result<Vec<(UserId, Span)>> {
    let users: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    let rows = sqlx::query!(
        r#"select assigned_to as "user!: UserId", scheduled_at, ends_at
        from meetings
        where tenant_id = current_tenant_id() and assigned_to = any($1) and status in ('scheduled', 'rescheduled')
            and scheduled_at < $3 and scheduled_at > $2::timestamptz - interval '1 day' and ends_at > $2
            and ($4::uuid is null or id <> $4)"#,
        &users,
        from,
        to,
        except.map(|id| id.0),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.user, (row.scheduled_at, row.ends_at)))
        .collect())
}

/// Of these, the one with the fewest meetings ahead; of equals, who was booked longest ago.
pub async fn find_next_host(tx: &mut TenantTx, users: &[UserId]) -> Result<Option<UserId>> {
    let now = tx.now();
    let users: Vec<Uuid> = users.iter().map(|user| user.0).collect();
    let host = sqlx::query_scalar!(
        r#"select u.id as "id!: UserId"
        from unnest($1::uuid[]) as u (id)
        left join meetings m on m.tenant_id = current_tenant_id() and m.assigned_to = u.id
        group by u.id
        order by count(*) filter (where m.status in ('scheduled', 'rescheduled') and m.scheduled_at > $2),
            max(m.created_at) nulls first, u.id
        limit 1"#,
        &users,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(host)
}

/// What only a meeting that a visitor has booked in the chat knows.
pub async fn note_visitor(
    tx: &mut TenantTx,
    id: MeetingId,
    language: &str,
    consent: Option<&Consent>,
) -> Result<()> {
    sqlx::query!(
        "update meetings set language = $2, consent = $3 where tenant_id = current_tenant_id() and id = $1",
        id.0,
        language,
        consent.map(|consent| json!(consent)),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The visitor of a conversation, and what the bot waits for there.
pub struct Known {
    pub contact_id: ContactId,
    /// Who writes: the contact, or somebody who was made part of it by hand.
    pub visitor_id: ContactId,
    /// What is known of the visitor, and not of those with whom they were put together by hand.
    pub contact: ContactInfo,
    pub dialogue: Option<Dialogue>,
    /// What the visitor has ahead, the next first.
    pub meetings: Vec<MeetingId>,
}

pub async fn find_known(tx: &mut TenantTx, conversation: ConversationId) -> Result<Option<Known>> {
    let now = tx.now();
    let row = sqlx::query!(
        r#"select c.contact_id as "contact_id: ContactId", w.id as "visitor_id!: ContactId", p.name, p.email, p.phone,
            d.asked_seq as "asked_seq?",
            d.state as "state?: State", d.language as "language?", d.zone as "zone?", d.offered as "offered?", d.chosen as "chosen?",
            d.question as "question?", d.meeting_id as "meeting_id?: MeetingId",
            array(select m.id from meetings m
                left join conversations v on v.tenant_id = m.tenant_id and v.id = m.conversation_id
                where m.tenant_id = c.tenant_id and m.contact_id = c.contact_id
                    and visitor_now(coalesce(v.begun_by, m.contact_id)) = w.id
                    and m.status in ('scheduled', 'rescheduled') and m.scheduled_at > $2
                order by m.scheduled_at, m.id limit 20) as "meetings!"
        from conversations c
        cross join visitor_now(coalesce(c.begun_by, c.contact_id)) as w (id)
        cross join visitor_details(w.id) as p
        left join meeting_dialogues d on d.tenant_id = c.tenant_id and d.conversation_id = c.id
        where c.tenant_id = current_tenant_id() and c.id = $1"#,
        conversation.0,
        now,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Known {
        contact_id: row.contact_id,
        visitor_id: row.visitor_id,
        contact: ContactInfo {
            name: row.name,
            email: row.email,
            phone: row.phone,
            company: None,
        },
        dialogue: match (row.asked_seq, row.state, row.language, row.zone, row.offered) {
            (Some(asked_seq), Some(state), Some(language), Some(zone), Some(offered)) => Some(Dialogue {
                asked_seq,
                state,
                language,
                zone,
                offered,
                chosen: row.chosen,
                question: row.question,
                meeting: row.meeting_id,
            }),
            _ => None,
        },
        meetings: row.meetings.into_iter().map(MeetingId).collect(),
    }))
}

pub async fn put_dialogue(
    tx: &mut TenantTx,
    conversation: ConversationId,
    dialogue: &Dialogue,
) -> Result<()> {
    let tenant = tx.tenant_id();
    let offered: Vec<DateTime<Utc>> = dialogue.offered.clone();
    sqlx::query!(
        "insert into meeting_dialogues (tenant_id, conversation_id, asked_seq, state, language, zone, offered, chosen, question,
            meeting_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (tenant_id, conversation_id) do update
        set asked_seq = excluded.asked_seq, state = excluded.state, language = excluded.language, zone = excluded.zone,
            offered = excluded.offered,
            chosen = excluded.chosen, question = excluded.question, meeting_id = excluded.meeting_id",
        tenant.0,
        conversation.0,
        dialogue.asked_seq,
        dialogue.state.as_str(),
        dialogue.language,
        dialogue.zone,
        &offered,
        dialogue.chosen,
        dialogue.question,
        dialogue.meeting.map(|id| id.0),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn end_dialogue(tx: &mut TenantTx, conversation: ConversationId) -> Result<()> {
    sqlx::query!(
        "delete from meeting_dialogues where tenant_id = current_tenant_id() and conversation_id = $1",
        conversation.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
