//! Taking a free time, moving to another one, and giving it back. Each is one step under the workspace's turn, so that no
//! member is booked twice.

use chrono::{DateTime, Utc};
use kernel::ids::{MeetingId, UserId};
use kernel::{Result, TenantTx};

use super::{Plan, calendars, slots, store as own};
use crate::leads::Consent;
use crate::meetings::store::{self, NewMeeting, Place};
use crate::meetings::{self, Meeting, Source, Status};

/// Who books, and when.
pub struct Request<'a> {
    pub place: Place,
    pub starts_at: DateTime<Utc>,
    pub title: &'a str,
    pub attendee_name: Option<&'a str>,
    pub attendee_email: Option<&'a str>,
    pub language: &'a str,
    pub consent: Option<&'a Consent>,
}

/// None: the time is not free any more.
pub async fn book(tx: &mut TenantTx, plan: &Plan, request: &Request<'_>) -> Result<Option<MeetingId>> {
    store::take_turn(tx).await?;
    let Some(host) = find_host(tx, plan, request.starts_at, None).await? else {
        return Ok(None);
    };
    let new = NewMeeting {
        place: request.place,
        title: request.title,
        meeting_url: plan.settings.meeting_url.as_deref(),
        scheduled_at: request.starts_at,
        duration_minutes: plan.settings.duration_minutes,
        source: Source::Builtin,
        attendee_name: request.attendee_name,
        attendee_email: request.attendee_email,
        assigned_to: Some(host),
    };
    let id = store::insert(tx, &new).await?;
    own::note_visitor(tx, id, request.language, request.consent).await?;
    meetings::tell(tx, request.place.conversation);
    Ok(Some(id))
}

/// Moves a meeting that is still to come. False: the meeting or the time is not there any more.
pub async fn move_to(
    tx: &mut TenantTx,
    plan: &Plan,
    id: MeetingId,
    starts_at: DateTime<Utc>,
) -> Result<bool> {
    let Some(mut meeting) = lock_ahead(tx, id).await? else {
        return Ok(false);
    };
    let Some(host) = find_host(tx, plan, starts_at, Some(&meeting)).await? else {
        return Ok(false);
    };
    meeting.assigned_to = Some(host);
    meeting.scheduled_at = starts_at;
    meeting.duration_minutes = plan.settings.duration_minutes;
    meeting.status = Status::Rescheduled;
    meeting.sequence += 1;
    store::update(tx, &meeting).await?;
    meetings::tell(tx, meeting.conversation_id);
    Ok(true)
}

/// Cancels a meeting that is still to come. False: it is not.
pub async fn cancel(tx: &mut TenantTx, id: MeetingId, reason: &str) -> Result<bool> {
    let Some(mut meeting) = lock_ahead(tx, id).await? else {
        return Ok(false);
    };
    meeting.status = Status::Cancelled;
    meeting.cancel_reason = Some(reason.to_owned());
    meeting.sequence += 1;
    store::update(tx, &meeting).await?;
    meetings::tell(tx, meeting.conversation_id);
    Ok(true)
}

async fn lock_ahead(tx: &mut TenantTx, id: MeetingId) -> Result<Option<Meeting>> {
    store::take_turn(tx).await?;
    let found = store::lock(tx, id).await?;
    Ok(found.filter(|meeting| meeting.status.is_ahead() && !meeting.source.is_vendors()))
}

/// Who takes it: whose meeting it is, if they can; else the one with the fewest meetings ahead, of equals who was booked
/// longest ago. The caller has taken the turn.
async fn find_host(
    tx: &mut TenantTx,
    plan: &Plan,
    starts_at: DateTime<Utc>,
    moved: Option<&Meeting>,
) -> Result<Option<UserId>> {
    let measure = plan.measure();
    let span = (starts_at, starts_at + measure.duration);
    let is_open = plan.schedule.is_open(span.0) && span.0 > tx.now();
    let mut users = plan.hosts.clone();
    let own_host = moved.and_then(|meeting| meeting.assigned_to);
    users.extend(own_host.filter(|user| !plan.hosts.contains(user)));
    let reach = (span.0 - measure.buffer, span.1 + measure.buffer);
    let calendars = calendars(tx, &users, reach, moved.map(|meeting| meeting.id)).await?;
    let free = slots::free(&calendars, measure.buffer, span);
    if !is_open || free.is_empty() {
        return Ok(None);
    }
    if own_host.is_some_and(|user| free.contains(&user)) {
        return Ok(own_host);
    }
    own::find_next_host(tx, &free).await
}
