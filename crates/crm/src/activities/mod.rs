//! Activities: what is to be done with a client, and what was done.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::ids::{ActivityId, ClientId, ConversationId, DealId, MessageId, UserId};
use kernel::{Result, secrets};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ActivityType {
    Call,
    Email,
    Meeting,
    Task,
    Note,
    ChatbotInteraction,
    WebsiteVisit,
}

#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ActivityStatus {
    #[default]
    Pending,
    Completed,
    Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ActivityPriority {
    Low,
    Medium,
    High,
    Urgent,
}

#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct Activity {
    pub id: ActivityId,
    pub client_id: Option<ClientId>,
    pub client_name: Option<String>,
    pub deal_id: Option<DealId>,
    pub deal_name: Option<String>,
    pub conversation_id: Option<ConversationId>,
    pub message_id: Option<MessageId>,
    pub activity_type: ActivityType,
    pub subject: String,
    pub description: Option<String>,
    pub status: ActivityStatus,
    pub priority: Option<ActivityPriority>,
    pub due_date: Option<DateTime<Utc>>,
    /// Pending, and its time is over.
    pub is_overdue: bool,
    /// When the assignee is told by mail.
    pub remind_at: Option<DateTime<Utc>>,
    pub reminded_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
    pub assigned_to: Option<UserId>,
    pub created_by: Option<UserId>,
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What can be due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    Overdue,
    Today,
    Week,
    /// Without a date.
    None,
}

/// The order of the list. What has no date comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    DueFirst,
    DueLast,
    Oldest,
    Newest,
}

impl Sort {
    /// # Errors
    /// 422 for what is no order of this list.
    pub fn parse(text: Option<&str>) -> Result<Self> {
        match text.unwrap_or("due_date") {
            "due_date" => Ok(Self::DueFirst),
            "-due_date" => Ok(Self::DueLast),
            "created_at" => Ok(Self::Oldest),
            "-created_at" => Ok(Self::Newest),
            _ => Err(invalid(
                "bad_sort",
                "Activities are sorted by `due_date` or `created_at`, with a `-` for the other way.",
            )),
        }
    }
}

/// The last row that was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    sort: Sort,
    /// None: it has no date.
    pub at: Option<DateTime<Utc>>,
    pub id: Uuid,
}

impl Place {
    pub fn of(activity: &Activity, sort: Sort) -> Self {
        let at = match sort {
            Sort::DueFirst | Sort::DueLast => activity.due_date,
            Sort::Oldest | Sort::Newest => Some(activity.created_at),
        };
        Self {
            sort,
            at,
            id: activity.id.0,
        }
    }

    /// # Errors
    /// None that a caller could cause.
    pub fn encode(&self) -> Result<String> {
        Ok(secrets::encode(&serde_json::to_vec(self)?))
    }

    /// # Errors
    /// A cursor of another list or another order.
    pub fn decode(text: &str, sort: Sort) -> Result<Self> {
        let place: Option<Self> = secrets::decode(text).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        place.filter(|place| place.sort == sort).ok_or_else(|| {
            invalid(
                "bad_cursor",
                "The cursor is not one that this list gave in this order. Start again without it.",
            )
        })
    }
}
