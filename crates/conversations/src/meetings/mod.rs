//! Meetings: booked with Cal.com, written down by a colleague, or found free by the built-in scheduler.
//!
//! Cal.com is the truth about what is booked there, and tells it through [`calcom`]. [`link`] makes the address that a
//! visitor is offered, so that a booking comes back to its conversation. [`scheduler`] does without a vendor.

pub mod api;
pub mod calcom;
pub mod link;
pub mod scheduler;
pub mod settings;
pub mod store;
pub mod times;

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use kernel::error::{Result, internal, invalid};
use kernel::ids::{ClientId, ContactId, ConversationId, MeetingId, UserId};
use kernel::{Event, TenantTx, WorkspaceList};
use serde::{Deserialize, Serialize};

/// How a meeting stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MeetingStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    Scheduled,
    /// It will be, at another time than was agreed first.
    Rescheduled,
    Completed,
    Cancelled,
    /// The visitor did not come.
    NoShow,
}

impl Status {
    pub const ALL: [Self; 5] = [
        Self::Scheduled,
        Self::Rescheduled,
        Self::Completed,
        Self::Cancelled,
        Self::NoShow,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Rescheduled => "rescheduled",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
        }
    }

    /// Whether it is still to come, and takes its time in the calendar.
    pub fn is_ahead(self) -> bool {
        matches!(self, Self::Scheduled | Self::Rescheduled)
    }
}

/// Where a meeting was booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MeetingSource)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Source {
    Calcom,
    Builtin,
    Calendly,
    /// A colleague or a program wrote it down.
    Agent,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Calcom => "calcom",
            Self::Builtin => "builtin",
            Self::Calendly => "calendly",
            Self::Agent => "agent",
        }
    }

    /// Booked with a vendor, and moved and cancelled there.
    pub fn is_vendors(self) -> bool {
        matches!(self, Self::Calcom | Self::Calendly)
    }
}

/// A meeting as the team sees it.
#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct Meeting {
    pub id: MeetingId,
    pub conversation_id: Option<ConversationId>,
    pub contact_id: Option<ContactId>,
    pub client_id: Option<ClientId>,
    pub title: String,
    pub meeting_url: Option<String>,
    pub scheduled_at: DateTime<Utc>,
    pub duration_minutes: i32,
    pub status: Status,
    pub source: Source,
    /// The vendor's id of the booking.
    pub cal_event_id: Option<String>,
    pub attendee_name: Option<String>,
    pub attendee_email: Option<String>,
    /// The member whom it is with.
    pub assigned_to: Option<UserId>,
    pub assignee_name: Option<String>,
    pub cancel_reason: Option<String>,
    /// Its lasting id in calendars, and how often it was changed since.
    pub ical_uid: String,
    pub sequence: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Meeting {
    /// Whether calendars have to be told of it anew.
    fn is_another_in_calendars(&self, before: &Self) -> bool {
        let shown = |meeting: &Self| {
            (
                meeting.scheduled_at,
                meeting.duration_minutes,
                meeting.assigned_to,
                meeting.status.is_ahead(),
            )
        };
        let words = |meeting: &Self| (meeting.title.clone(), meeting.meeting_url.clone());
        shown(self) != shown(before) || (self.status.is_ahead() && words(self) != words(before))
    }
}

/// Meetings lie between these years.
const YEARS: std::ops::Range<i32> = 2000..2100;

/// Whether something can be planned for that time.
pub fn is_time(at: DateTime<Utc>) -> bool {
    YEARS.contains(&at.year())
}

/// # Errors
/// 422 for a time that nothing can be planned for.
pub fn check_time(at: DateTime<Utc>) -> Result<DateTime<Utc>> {
    if is_time(at) {
        return Ok(at);
    }
    Err(invalid(
        "bad_time",
        "A meeting lies in the years from 2000 to 2099. Look at its date.",
    ))
}

/// The nearest time that something can be planned for, to look from or up to.
pub fn near_time(at: DateTime<Utc>) -> DateTime<Utc> {
    let (first, end) = (
        DateTime::from_timestamp(946_684_800, 0),
        DateTime::from_timestamp(4_102_444_800, 0),
    );
    at.clamp(first.unwrap_or(at), end.unwrap_or(at))
}

/// When a meeting ends.
pub fn end_of(starts_at: DateTime<Utc>, minutes: i32) -> Result<DateTime<Utc>> {
    let end = starts_at.checked_add_signed(TimeDelta::minutes(minutes.into()));
    check_time(starts_at)?;
    end.ok_or_else(|| internal("a meeting without an end"))
}

/// Tells open dashboards.
pub fn tell(tx: &mut TenantTx, conversation: Option<ConversationId>) {
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Meetings,
    });
    if let Some(conversation_id) = conversation {
        tx.emit(Event::ConversationChanged { conversation_id });
    }
}
