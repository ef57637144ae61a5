//! The built-in scheduler: which times are free, and booking one of them.
//!
//! [`slots`] finds free times, [`booking`] takes one, [`dialogue`] remembers what the bot has offered in a conversation.

pub mod api;
pub mod booking;
pub mod dialogue;
pub mod input;
pub mod slots;
pub mod store;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::internal;
use kernel::ids::{MeetingId, UserId};
use kernel::{Result, TenantTx};
use serde::Serialize;

use crate::settings::hours::{Tz, find_zone};
use crate::settings::{self, BusinessHours, Schedule};
use slots::{Calendar, Measure, Slot, Span};

/// How the built-in scheduler is set.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = SchedulerSettings)]
pub struct Settings {
    /// Whether the bot offers free times where a channel has no booking link. Invitations go out only then.
    pub is_on: bool,
    /// Of meetings that visitors book; null: a sentence in their language.
    pub title: Option<String>,
    /// Where they take place.
    pub meeting_url: Option<String>,
    pub duration_minutes: i32,
    /// Between two meetings of the same member.
    pub buffer_minutes: i32,
    /// Nothing nearer than that is offered.
    pub notice_minutes: i32,
    /// Nor further away.
    pub horizon_days: i32,
    /// An IANA name; null: the workspace's.
    pub time_zone: Option<String>,
    /// Null: the workspace's business hours, or Monday to Friday from 9 to 17 where it has none.
    pub hours: Option<BusinessHours>,
    /// Before the meeting, by mail; null: nobody is reminded.
    pub reminder_minutes: Option<i32>,
    /// Said where the bot asks for an address. Kept with the meeting.
    pub consent_text: String,
    /// User ids of those who are booked, in turn; empty: the owner.
    pub members: Vec<UserId>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            is_on: false,
            title: None,
            meeting_url: None,
            duration_minutes: 30,
            buffer_minutes: 0,
            notice_minutes: 120,
            horizon_days: 14,
            time_zone: None,
            hours: None,
            reminder_minutes: Some(60),
            consent_text: String::new(),
            members: Vec::new(),
        }
    }
}

/// The settings with what they fall back to, ready to count with.
#[derive(Debug, Clone)]
pub struct Plan {
    pub settings: Settings,
    pub zone: Tz,
    pub schedule: Schedule,
    /// Whom visitors can book.
    pub hosts: Vec<UserId>,
}

impl Plan {
    pub async fn load(tx: &mut TenantTx) -> Result<Self> {
        let settings = store::get(tx).await?;
        let team = settings::get(tx).await?;
        let hosts = match settings.members.is_empty() {
            true => store::find_owner(tx).await?.into_iter().collect(),
            false => settings.members.clone(),
        };
        let zone = settings.time_zone.clone().unwrap_or(team.time_zone);
        let hours = settings.hours.clone().or(team.business_hours);
        let hours = hours.unwrap_or_else(BusinessHours::office);
        Ok(Self {
            schedule: Schedule::new(&zone, Some(&hours), team.holidays),
            zone: find_zone(&zone).unwrap_or(Tz::UTC),
            hosts,
            settings,
        })
    }

    pub fn measure(&self) -> Measure {
        Measure {
            duration: TimeDelta::minutes(self.settings.duration_minutes.into()),
            buffer: TimeDelta::minutes(self.settings.buffer_minutes.into()),
        }
    }

    /// What may be booked at this moment, if it lies in `wanted`.
    pub fn window(&self, now: DateTime<Utc>, (from, to): Span) -> Span {
        let nearest = now + TimeDelta::minutes(self.settings.notice_minutes.into());
        let furthest = now + TimeDelta::days(self.settings.horizon_days.into());
        (from.max(nearest), to.min(furthest))
    }

    /// Everything that may be booked at this moment.
    pub fn all(&self, now: DateTime<Utc>) -> Span {
        self.window(now, (now, DateTime::<Utc>::MAX_UTC))
    }
}

/// Free times of these members. The meeting `except` takes none: it is to be moved. Counted when the transaction has ended,
/// and beside everything else that goes on.
pub async fn find_free(
    mut tx: TenantTx,
    plan: &Plan,
    measure: Measure,
    users: &[UserId],
    (from, to): Span,
    except: Option<MeetingId>,
) -> Result<Vec<Slot>> {
    if from >= to || users.is_empty() {
        return Ok(Vec::new());
    }
    let reach = (from - measure.buffer, to + measure.duration + measure.buffer);
    let calendars = calendars(&mut tx, users, reach, except).await?;
    drop(tx);
    let schedule = plan.schedule.clone();
    let count = move || slots::find(&schedule, measure, &calendars, (from, to));
    tokio::task::spawn_blocking(count).await.map_err(internal)
}

async fn calendars(
    tx: &mut TenantTx,
    users: &[UserId],
    reach: Span,
    except: Option<MeetingId>,
) -> Result<Vec<Calendar>> {
    let busy = store::list_busy(tx, users, reach, except).await?;
    let of = |user: &UserId| Calendar {
        user: *user,
        busy: busy
            .iter()
            .filter(|(whose, _)| whose == user)
            .map(|(_, span)| *span)
            .collect(),
    };
    Ok(users.iter().map(of).collect())
}
