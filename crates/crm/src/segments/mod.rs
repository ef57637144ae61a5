//! Segments: a filter of the list of clients under a name, with its columns and order; of one member, or of the team.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{SegmentId, UserId};
use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Segment {
    pub id: SegmentId,
    pub name: String,
    /// Names and values as in the query of `GET /crm/clients`.
    #[schema(value_type = Object)]
    pub filter: Value,
    /// The columns that are shown; none: as the reader likes.
    pub columns: Vec<String>,
    pub sort: Option<String>,
    /// Null: of the whole team.
    pub owner_id: Option<UserId>,
    pub is_shared: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}
