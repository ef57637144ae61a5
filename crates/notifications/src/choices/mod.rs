//! What each member wants to be told by e-mail, in each workspace.

pub mod api;
pub mod store;

use access::Role;
use chrono::{DateTime, Days, DurationRound as _, NaiveTime, TimeDelta, TimeZone as _, Utc};
use conversations::settings::hours::find_zone;
use serde::{Deserialize, Serialize};

/// New messages in which conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EmailMessages)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Messages {
    None,
    /// Those that are assigned to me.
    Mine,
    MineAndUnassigned,
    All,
}

impl Messages {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Mine => "mine",
            Self::MineAndUnassigned => "mine_and_unassigned",
            Self::All => "all",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EmailPace)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Pace {
    /// Unless I am online, and if nobody answers within two minutes.
    Now,
    /// What is still open, every full hour.
    Hourly,
    /// The same at eight in the morning, in the workspace's time zone.
    Daily,
    Never,
}

impl Pace {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Never => "never",
        }
    }
}

/// How often a report of the workspace's figures comes: on Mondays, or on the first of the month, at eight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = EmailReport)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Report {
    Never,
    Weekly,
    Monthly,
}

impl Report {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = EmailChoices)]
pub struct Choices {
    pub messages: Messages,
    pub escalations: bool,
    pub mentions: bool,
    pub pace: Pace,
    /// Unchanged where it is not sent.
    #[serde(default)]
    pub report: Option<Report>,
}

impl Choices {
    /// Of somebody who has chosen nothing.
    pub fn of(role: Role) -> Self {
        Self {
            messages: Messages::Mine,
            escalations: true,
            mentions: true,
            // viewers cannot reply, so they get no mail unless they choose it
            pace: if role == Role::Viewer {
                Pace::Never
            } else {
                Pace::Now
            },
            report: Some(Report::Never),
        }
    }
}

/// When something that happened at `now` is told to somebody with this pace; none: never.
pub fn due_at(pace: Pace, now: DateTime<Utc>, zone: &str) -> Option<DateTime<Utc>> {
    match pace {
        Pace::Now => Some(now),
        Pace::Hourly => {
            let hour = now.duration_trunc(TimeDelta::hours(1)).ok()?;
            Some(hour + TimeDelta::hours(1))
        }
        Pace::Daily => next_morning(now, zone),
        Pace::Never => None,
    }
}

fn next_morning(now: DateTime<Utc>, zone: &str) -> Option<DateTime<Utc>> {
    let zone = find_zone(zone).or_else(|| find_zone("UTC"))?;
    let today = now.with_timezone(&zone).date_naive();
    let mornings = (0..3).filter_map(|ahead| {
        let day = today.checked_add_days(Days::new(ahead))?;
        let eight = day.and_time(NaiveTime::from_hms_opt(8, 0, 0)?);
        let moment = zone.from_local_datetime(&eight).earliest()?;
        Some(moment.with_timezone(&Utc))
    });
    mornings.into_iter().find(|moment| *moment > now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_comes_at_the_full_hour_or_at_eight_in_the_morning_there() {
        for (pace, now, zone, due) in [
            (
                Pace::Hourly,
                "2026-06-02T07:59:59Z",
                "UTC",
                "2026-06-02T08:00:00Z",
            ),
            (
                Pace::Hourly,
                "2026-06-02T08:00:00Z",
                "UTC",
                "2026-06-02T09:00:00Z",
            ),
            (
                Pace::Daily,
                "2026-06-02T05:00:00Z",
                "Europe/Paris",
                "2026-06-02T06:00:00Z",
            ),
            (
                Pace::Daily,
                "2026-06-02T06:00:00Z",
                "Europe/Paris",
                "2026-06-03T06:00:00Z",
            ),
            (
                Pace::Daily,
                "2026-12-02T06:30:00Z",
                "Europe/Paris",
                "2026-12-02T07:00:00Z",
            ),
            (
                Pace::Daily,
                "2026-03-28T12:00:00Z",
                "Europe/Paris",
                "2026-03-29T06:00:00Z",
            ),
            (
                Pace::Daily,
                "2026-06-02T22:00:00Z",
                "Asia/Tokyo",
                "2026-06-02T23:00:00Z",
            ),
            (
                Pace::Daily,
                "2026-06-02T05:00:00Z",
                "Nowhere/Land",
                "2026-06-02T08:00:00Z",
            ),
        ] {
            let now = now.parse().unwrap();
            assert_eq!(
                due_at(pace, now, zone),
                Some(due.parse().unwrap()),
                "{pace:?} {now} {zone}"
            );
        }
        assert_eq!(due_at(Pace::Never, Utc.timestamp_nanos(0), "UTC"), None);
    }
}
