//! Notes: what colleagues write down about a client or a deal. The client never sees them.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{ClientId, CrmNoteId, DealId, UserId};
use serde::{Deserialize, Serialize};

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = CrmNoteType)]
pub enum NoteType {
    #[default]
    General,
    CallLog,
    MeetingSummary,
    Important,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = CrmNote)]
pub struct Note {
    pub id: CrmNoteId,
    pub client_id: Option<ClientId>,
    pub deal_id: Option<DealId>,
    pub title: Option<String>,
    /// Up to 20,000 characters.
    pub content: String,
    pub note_type: NoteType,
    pub is_pinned: bool,
    pub tags: Vec<String>,
    pub created_by: Option<UserId>,
    /// Null: a program, or a member who has left.
    pub author_name: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}
