//! Tags: words with a colour, on clients, deals and notes, which hold their names.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::TagId;
use serde::Serialize;

#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[schema(as = CrmTag)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    /// `#3B82F6`
    pub color: String,
    pub category: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}
