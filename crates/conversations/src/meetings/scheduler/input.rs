//! What members may set of the built-in scheduler, and within which bounds.

use kernel::Result;
use kernel::error::invalid;
use kernel::extract::present;
use kernel::ids::UserId;
use serde::Deserialize;

use super::Settings;
use crate::meetings::api::{check_title, check_url};
use crate::settings::BusinessHours;
use crate::settings::hours::find_zone;

/// Of the built-in scheduler; what is left out stays as it is.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = SchedulerSettingsPatch)]
pub struct Patch {
    is_on: Option<bool>,
    /// Up to 200 characters; null: a sentence in the visitor's language.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<String>>,
    /// A https address.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    meeting_url: Option<Option<String>>,
    /// 5 to 480.
    duration_minutes: Option<i32>,
    /// 0 to 240.
    buffer_minutes: Option<i32>,
    /// 0 to 43,200.
    notice_minutes: Option<i32>,
    /// 1 to 90.
    horizon_days: Option<i32>,
    /// An IANA name; null: the workspace's.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    /// Null: the workspace's business hours.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<BusinessHours>)]
    hours: Option<Option<BusinessHours>>,
    /// 5 to 10,080; null: nobody is reminded.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i32>)]
    reminder_minutes: Option<Option<i32>>,
    /// Up to 500 characters.
    consent_text: Option<String>,
    /// User ids; none: the owner. Up to 50.
    members: Option<Vec<UserId>>,
}

impl Patch {
    /// # Errors
    /// 422 with the first field that is out of its bounds.
    pub fn apply(self, known: Settings) -> Result<Settings> {
        let mut settings = known;
        settings.is_on = self.is_on.unwrap_or(settings.is_on);
        if let Some(title) = self.title {
            let title = title.filter(|title| !title.trim().is_empty());
            settings.title = title
                .map(|title| check_title(&title).map(str::to_owned))
                .transpose()?;
        }
        if let Some(url) = self.meeting_url {
            settings.meeting_url = url.map(check_url).transpose()?.flatten();
        }
        for (field, given, range, name) in [
            (
                &mut settings.duration_minutes,
                self.duration_minutes,
                5..=480,
                "duration_minutes",
            ),
            (
                &mut settings.buffer_minutes,
                self.buffer_minutes,
                0..=240,
                "buffer_minutes",
            ),
            (
                &mut settings.notice_minutes,
                self.notice_minutes,
                0..=43_200,
                "notice_minutes",
            ),
            (
                &mut settings.horizon_days,
                self.horizon_days,
                1..=90,
                "horizon_days",
            ),
        ] {
            *field = within(given.unwrap_or(*field), &range, name)?;
        }
        if let Some(zone) = self.time_zone {
            settings.time_zone = zone.filter(|zone| !zone.is_empty());
            if settings
                .time_zone
                .as_deref()
                .is_some_and(|zone| find_zone(zone).is_none())
            {
                let detail = "This time zone is not known. Give its IANA name, such as `Europe/Paris`.";
                return Err(invalid("unknown_time_zone", detail));
            }
        }
        if let Some(hours) = self.hours {
            if let Some(hours) = &hours {
                hours.check()?;
            }
            settings.hours = hours;
        }
        if let Some(minutes) = self.reminder_minutes {
            settings.reminder_minutes = minutes
                .map(|minutes| within(minutes, &(5..=10_080), "reminder_minutes"))
                .transpose()?;
        }
        if let Some(text) = self.consent_text {
            if text.chars().count() > 500 {
                return Err(invalid(
                    "bad_consent",
                    "`consent_text` has at most 500 characters.",
                ));
            }
            text.trim().clone_into(&mut settings.consent_text);
        }
        if let Some(members) = self.members {
            if members.len() > 50 {
                return Err(invalid("too_many_members", "At most 50 members can be booked."));
            }
            settings.members = members;
        }
        Ok(settings)
    }
}

fn within(value: i32, range: &std::ops::RangeInclusive<i32>, name: &str) -> Result<i32> {
    if range.contains(&value) {
        return Ok(value);
    }
    let detail = format!("`{name}` lies between {} and {}.", range.start(), range.end());
    Err(invalid("bad_scheduler", detail))
}
