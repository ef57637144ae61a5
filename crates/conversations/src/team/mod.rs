//! The team as the inbox needs it: who is there, who is away, and how much each has to do.

pub mod api;
pub mod store;

use access::Role;
use chrono::TimeDelta;
use kernel::ids::UserId;
use serde::{Deserialize, Serialize};

/// Whoever's dashboard was open within this time is online.
pub const ONLINE_FOR: TimeDelta = TimeDelta::minutes(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Availability {
    Available,
    /// Gets nothing by rule.
    Away,
}

impl Availability {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Away => "away",
        }
    }
}

/// A colleague, for the menus that assign and mention.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = TeamMember)]
pub struct Colleague {
    pub user_id: UserId,
    pub name: String,
    pub role: Role,
    pub availability: Availability,
    /// The dashboard was open within the last two minutes.
    pub is_online: bool,
    /// Assigned, not resolved and not snoozed.
    pub open_conversations: i64,
}
