//! Deals: what is planned with a client, what it may be worth, and how far it has come.
//!
//! Start with [`Deal`]; [`change`] makes and changes them, `list` reads them. What follows from a stage (probability,
//! dates, history) is kept by triggers, so that it holds whoever moves a deal.

pub mod api;
pub mod change;
pub mod list;
pub mod store;

use chrono::{DateTime, NaiveDate, Utc};
use kernel::ids::{ClientId, ConversationId, DealId, PipelineId, PipelineStageId, ProductId, UserId};
use kernel::money::{Amount, Currency};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::FromRow;
use sqlx::types::Json;

use crate::amounts::Quantity;
use crate::pipelines::Stage;

/// Something that a deal is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DealProduct {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    pub name: String,
    pub quantity: Quantity,
    pub unit_price: Amount,
}

#[derive(Debug, Clone, FromRow, Serialize, utoipa::ToSchema)]
pub struct Deal {
    pub id: DealId,
    pub client_id: ClientId,
    pub client_name: Option<String>,
    pub pipeline_id: PipelineId,
    pub pipeline_stage_id: PipelineStageId,
    pub pipeline_stage_name: String,
    /// What its column means.
    pub stage: Stage,
    /// The conversation that it was opened from.
    pub conversation_id: Option<ConversationId>,
    pub name: String,
    pub description: Option<String>,
    pub deal_value: Amount,
    pub currency: Currency,
    /// In percent.
    pub probability: i32,
    pub expected_close_date: Option<NaiveDate>,
    /// The day on which it was won or lost; null while it is open.
    pub actual_close_date: Option<NaiveDate>,
    #[schema(value_type = Vec<DealProduct>)]
    pub products: Json<Vec<DealProduct>>,
    pub owner_id: Option<UserId>,
    pub owner_name: Option<String>,
    pub lost_reason: Option<String>,
    pub lost_reason_details: Option<String>,
    pub won_reason: Option<String>,
    pub competitor: Option<String>,
    pub tags: Vec<String>,
    #[schema(value_type = Object)]
    pub custom_fields: Value,
    /// For how many days it has been in its stage.
    pub days_in_stage: i32,
    pub has_orders: bool,
    pub stage_changed_at: DateTime<Utc>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A stage that a deal came into.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DealHistoryEntry {
    pub id: uuid::Uuid,
    /// Null when the deal was made.
    pub from_stage: Option<Stage>,
    pub to_stage: Stage,
    /// What the column was called at that time.
    pub from_stage_name: Option<String>,
    pub to_stage_name: String,
    /// Null for a program, or a member who is gone.
    pub changed_by: Option<UserId>,
    pub changed_by_name: Option<String>,
    /// What was said with the move, or why the deal was won or lost.
    pub notes: Option<String>,
    pub created_at: DateTime<Utc>,
}
