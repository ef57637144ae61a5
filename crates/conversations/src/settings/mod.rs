//! How the team works: business hours, who gets what, targets, and what is asked at the end.

pub mod api;
pub mod hours;
pub mod store;

use chrono::NaiveDate;
use kernel::error::invalid;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};

pub use hours::{BusinessHours, Schedule};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InboxSettings {
    /// An IANA name, such as `Europe/Paris`.
    pub time_zone: String,
    /// Null: always open.
    pub business_hours: Option<BusinessHours>,
    /// Closed on these days.
    pub holidays: Vec<NaiveDate>,
    pub assignment: Assignment,
    pub targets: Targets,
    /// Ask the visitor how it was when a conversation is resolved.
    pub ask_rating: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = AssignmentSettings)]
pub struct Assignment {
    pub mode: AssignmentMode,
    /// So many open conversations a member, at most, by rule: 1 to 1,000.
    pub capacity: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum AssignmentMode {
    Manual,
    /// To those who are there and have room, in turn.
    RoundRobin,
}

impl AssignmentMode {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::RoundRobin => "round_robin",
        }
    }
}

/// Minutes in business hours, from the moment a person is needed. Null: no target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TargetSettings)]
pub struct Targets {
    pub first_reply_minutes: Option<i32>,
    pub resolution_minutes: Option<i32>,
}

impl InboxSettings {
    /// Hours, days off and time zone, ready to count with. A time zone that this program does not know counts as UTC.
    pub fn schedule(&self) -> Schedule {
        Schedule::new(
            &self.time_zone,
            self.business_hours.as_ref(),
            self.holidays.clone(),
        )
    }

    fn check(&self) -> Result<()> {
        if hours::find_zone(&self.time_zone).is_none() {
            return Err(invalid(
                "unknown_time_zone",
                "This time zone is not known. Give its IANA name, such as `Europe/Paris`.",
            ));
        }
        if let Some(hours) = &self.business_hours {
            hours.check()?;
        }
        if self.holidays.len() > 400 {
            return Err(invalid(
                "too_many_holidays",
                "At most 400 holidays can be kept. Remove past ones.",
            ));
        }
        if !(1..=1000).contains(&self.assignment.capacity) {
            return Err(invalid(
                "bad_capacity",
                "The capacity is 1 to 1,000 conversations.",
            ));
        }
        let year = 366 * 24 * 60;
        let targets = [self.targets.first_reply_minutes, self.targets.resolution_minutes];
        if targets
            .into_iter()
            .flatten()
            .any(|minutes| !(1..=year).contains(&minutes))
        {
            return Err(invalid("bad_target", "A target is 1 minute to 1 year."));
        }
        Ok(())
    }
}

/// The tenant's settings; defaults for what nobody has set.
pub async fn get(tx: &mut TenantTx) -> Result<InboxSettings> {
    store::get(tx).await
}
