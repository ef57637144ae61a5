//! What the inbox can be narrowed to, and in which order it comes.

use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::error::invalid;
use kernel::ids::{ChannelId, LabelId, UserId};
use kernel::page::Position;
use serde::Deserialize;

use super::{ConversationSummary, Status};

/// A list that every inbox has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InboxList)]
pub enum View {
    /// Escalated, or the visitor waits and no bot will answer.
    NeedsPerson,
    /// Assigned to the caller, not resolved.
    Mine,
    /// For a person, and nobody has it.
    Unassigned,
    /// Everything, snoozed and resolved too.
    All,
    /// Not resolved.
    Open,
    Snoozed,
    Resolved,
    /// A note mentions the caller.
    Mentions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InboxSort)]
pub enum Sort {
    /// Newest activity first.
    #[default]
    Newest,
    /// Oldest activity first.
    Oldest,
    /// Whoever waits longest for a person first; those that do not wait come last.
    Waiting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    Nobody,
    Member(UserId),
}

impl Assignee {
    /// # Errors
    /// 422 for what is neither `none` nor an id.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            "none" => Ok(Self::Nobody),
            id => id
                .parse()
                .map(Self::Member)
                .map_err(|_| invalid("bad_assignee", "`assigned_to` is a member's user id or `none`.")),
        }
    }
}

/// What the inbox can be narrowed to.
#[derive(Debug, Default)]
pub struct Filter {
    pub status: Option<Status>,
    /// Only those that wait for a person.
    pub needs_person: bool,
    pub view: Option<View>,
    /// Who is asking, for `mine` and `mentions`; a program has neither.
    pub caller: Option<UserId>,
    /// Part of the contact's name or address, or of the last message.
    pub text: Option<String>,
    pub assignee: Option<Assignee>,
    /// All of them.
    pub labels: Vec<LabelId>,
    pub channel: Option<ChannelId>,
    pub language: Option<String>,
    pub is_breached: bool,
    /// Rated so by the visitor, 1 to 5.
    pub rating: Option<i32>,
    pub is_unread: bool,
    pub sort: Sort,
}

/// Those that do not wait come behind all that do.
pub const NEVER: &str = "9999-01-01T00:00:00Z";

impl Sort {
    /// Where this conversation stands in the list.
    pub fn position(self, row: &ConversationSummary) -> Position {
        let never = || NEVER.parse::<DateTime<Utc>>().unwrap_or(DateTime::<Utc>::MAX_UTC);
        let at = match self {
            Self::Newest | Self::Oldest => row.last_message_at.unwrap_or(row.created_at),
            Self::Waiting => row.waiting_since.unwrap_or_else(never),
        };
        Position { at, id: row.id.0 }
    }
}
