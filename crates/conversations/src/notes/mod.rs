//! Notes: what colleagues tell each other about a conversation. No visitor, no bot and no export sees them.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{NoteId, UserId};
use serde::Serialize;

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Note {
    pub id: NoteId,
    pub author: Author,
    pub text: String,
    /// User ids of the members whom it is meant for.
    pub mentions: Vec<UserId>,
    pub created_at: DateTime<Utc>,
    pub is_mine: bool,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = NoteAuthor)]
pub struct Author {
    /// Null: a program.
    pub user_id: Option<UserId>,
    pub name: String,
}
