//! Plans: how much a workspace may use, and what stops when it is used up.
//!
//! The operator sets the limits of each plan, and exceptions for a workspace; where nothing is set there is no limit. What
//! stops is the bot's own doing (its replies, calls of models) and what would make the workspace larger (seats, channels,
//! files). Visitors still get through to people, and nobody is kept from reading or taking along what is theirs.
//!
//! Who would use more asks here first, in the transaction in which it is used: [`check_seat`], [`check_channel`],
//! [`check_storage`], [`take_message`]. Money is [`budget`](crate::budget)'s, which asks for the plan in the same statement.

pub mod api;
pub mod store;
pub mod terms;
pub mod trials;

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use kernel::error::{conflict, forbidden};
use kernel::{Error, Result, TenantTx};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Plan {
    Basic,
    Pro,
    Enterprise,
}

impl Plan {
    pub const ALL: [Self; 3] = [Self::Basic, Self::Pro, Self::Enterprise];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Basic => "basic",
            Self::Pro => "pro",
            Self::Enterprise => "enterprise",
        }
    }
}

/// What a plan counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PlanResource)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Resource {
    /// Replies of the bot in a month (UTC).
    Messages,
    /// Members and open invitations.
    Seats,
    Channels,
    /// Megabytes of files and documents.
    Storage,
    /// What models cost in a month (UTC), in the currency of their prices.
    AiSpend,
}

impl Resource {
    pub const ALL: [Self; 5] = [
        Self::Messages,
        Self::Seats,
        Self::Channels,
        Self::Storage,
        Self::AiSpend,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Seats => "seats",
            Self::Channels => "channels",
            Self::Storage => "storage",
            Self::AiSpend => "ai_spend",
        }
    }

    /// It is used up while people work, without anybody deciding so: they are warned before.
    pub fn runs_out(self) -> bool {
        matches!(self, Self::Messages | Self::Storage | Self::AiSpend)
    }
}

/// How far it is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PlanLevel)]
pub enum Level {
    Fine,
    /// Four fifths are used.
    Near,
    /// All is used; it goes on for the grace.
    Grace,
    UsedUp,
}

/// How much of something is used.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct PlanUse {
    pub resource: Resource,
    pub used: f64,
    /// What the plan or the exception says; null: no limit.
    pub most: Option<i64>,
    /// Where it stops: later than `most` by the grace.
    pub stops_at: Option<i64>,
    pub level: Level,
}

impl PlanUse {
    pub fn of(resource: Resource, used: f64, most: Option<i64>, stops_at: Option<i64>) -> Self {
        let level = match (most, stops_at) {
            (_, Some(stops_at)) if used >= stops_at as f64 => Level::UsedUp,
            (Some(most), _) if used >= most as f64 => Level::Grace,
            (Some(most), _) if used >= most as f64 * 0.8 => Level::Near,
            _ => Level::Fine,
        };
        Self {
            resource,
            used,
            most,
            stops_at,
            level,
        }
    }
}

/// The month that counts now, by its first day.
pub fn month_of(now: DateTime<Utc>) -> NaiveDate {
    let today = now.date_naive();
    today.with_day(1).unwrap_or(today)
}

/// Takes one reply of the bot from this month. False: there is none left. Give it back if the reply did not come about.
pub async fn take_message(tx: &mut TenantTx) -> Result<bool> {
    let month = month_of(tx.now());
    store::take_message(tx, month).await
}

pub async fn give_message_back(tx: &mut TenantTx) -> Result<()> {
    let month = month_of(tx.now());
    store::give_message_back(tx, month).await
}

pub fn messages_used_up() -> Error {
    forbidden(
        "plan_messages_used_up",
        "The bot has given all replies that the plan of this workspace has for this month. It speaks again next month, or \
         with a larger plan: ask whoever runs this server.",
    )
}

/// Whether one more may be invited.
pub async fn check_seat(tx: &mut TenantTx) -> Result<()> {
    let now = tx.now();
    let Some(most) = store::hold(tx, Resource::Seats).await? else {
        return Ok(());
    };
    if store::count_seats(tx, now).await? < most {
        return Ok(());
    }
    Err(conflict(
        "plan_seats_used_up",
        format!(
            "The plan of this workspace has {most} seats, and all are taken; open invitations take one each. Remove a member, \
             withdraw an invitation, or ask whoever runs this server for a larger plan."
        ),
    ))
}

/// Whether somebody may accept the seat that an invitation has kept for them.
pub async fn check_joining(tx: &mut TenantTx) -> Result<()> {
    let Some(most) = store::hold(tx, Resource::Seats).await? else {
        return Ok(());
    };
    if store::count_members(tx).await? < most {
        return Ok(());
    }
    Err(conflict(
        "plan_seats_used_up",
        "The workspace has no free seat any more. Tell whoever invited you; the invitation stays open.",
    ))
}

/// Whether there may be one more channel.
pub async fn check_channel(tx: &mut TenantTx) -> Result<()> {
    let Some(most) = store::hold(tx, Resource::Channels).await? else {
        return Ok(());
    };
    if store::count_channels(tx).await? < most {
        return Ok(());
    }
    Err(conflict(
        "plan_channels_used_up",
        format!(
            "The plan of this workspace has {most} channels, and all are in use. Ask whoever runs this server for a larger plan."
        ),
    ))
}

/// Whether so many bytes may come, `freed` of them in place of others.
pub async fn check_storage(tx: &mut TenantTx, coming: i64, freed: i64) -> Result<()> {
    let Some(most) = store::hold(tx, Resource::Storage).await? else {
        return Ok(());
    };
    let after = store::sum_storage(tx).await?.saturating_add(coming) - freed;
    if after <= most.saturating_mul(MEGABYTE) || coming <= freed {
        return Ok(());
    }
    Err(conflict(
        "plan_storage_used_up",
        format!(
            "Files and documents take the {most} MB that the plan of this workspace has. Delete some that are not needed, or \
             ask whoever runs this server for a larger plan."
        ),
    ))
}

pub const MEGABYTE: i64 = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::{Level, PlanUse, Resource};

    #[test]
    fn a_level_follows_from_what_is_used() {
        for (used, most, stops_at, level) in [
            (1_000_000.0, None, None, Level::Fine),
            (79.0, Some(100), Some(110), Level::Fine),
            (80.0, Some(100), Some(110), Level::Near),
            (100.0, Some(100), Some(110), Level::Grace),
            (110.0, Some(100), Some(110), Level::UsedUp),
            (100.0, Some(100), Some(100), Level::UsedUp),
            (0.0, Some(0), Some(0), Level::UsedUp),
        ] {
            let found = PlanUse::of(Resource::Messages, used, most, stops_at);
            assert_eq!(found.level, level, "{used} of {most:?}");
        }
    }
}
