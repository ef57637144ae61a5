//! Who else has this conversation open, and who is typing. Each browser says so every ten seconds; one that falls silent
//! is gone after a while. The rows are in the database, so that it works across server processes.

pub mod api;
pub mod store;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::ids::UserId;
use serde::Serialize;

/// So long after its last heartbeat a browser counts as gone.
pub const GONE_AFTER: TimeDelta = TimeDelta::seconds(25);

/// Somebody who has the conversation open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Viewer {
    pub user_id: UserId,
    pub name: String,
    pub is_typing: bool,
    #[serde(skip)]
    pub seen_at: DateTime<Utc>,
}
