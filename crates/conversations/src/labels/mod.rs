//! Labels: words of the team's own choice on conversations.

pub mod api;
pub mod store;

use kernel::ids::LabelId;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Label {
    pub id: LabelId,
    pub name: String,
    pub color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LabelColor)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Color {
    Gray,
    Red,
    Amber,
    Green,
    Blue,
    Violet,
}

impl Color {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gray => "gray",
            Self::Red => "red",
            Self::Amber => "amber",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Violet => "violet",
        }
    }
}
