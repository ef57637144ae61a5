//! Everything that happened with a client, the newest first: conversations, activities, notes, deals, orders, merges, confirmed addresses.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = ClientEventKind)]
pub enum Kind {
    Conversation,
    Activity,
    Note,
    Deal,
    DealStage,
    Order,
    Merge,
    /// Somebody of the team has said that an address is right.
    Confirmation,
}

/// Something that happened with a client.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ClientEvent)]
pub struct Event {
    pub kind: Kind,
    pub at: DateTime<Utc>,
    /// Of the conversation, activity, note, deal, order, merge or confirmation; of a `deal_stage` its own.
    pub id: Uuid,
    pub title: Option<String>,
    /// What there is to say about it, by kind.
    #[schema(value_type = Object)]
    pub detail: serde_json::Value,
}
