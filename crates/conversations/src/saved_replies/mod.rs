//! Saved replies: texts that a team sends again and again. Variables such as `{{contact.name}}` are filled in where the
//! reply is written, so that the writer sees what will be sent.

pub mod api;
pub mod store;

use kernel::ids::SavedReplyId;
use serde::Serialize;

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SavedReply {
    pub id: SavedReplyId,
    /// What is typed after `/` to find it.
    pub shortcut: String,
    pub title: String,
    pub text: String,
    /// Null: for every language.
    pub language: Option<String>,
}
