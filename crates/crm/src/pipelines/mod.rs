//! Pipelines: the columns through which deals go. A column has a name of the team's own, and means one of six stages.

pub mod api;
mod change;
pub mod store;

use kernel::ids::{PipelineId, PipelineStageId};
use serde::{Deserialize, Serialize};

/// Where a deal is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = DealStage)]
pub enum Stage {
    Prospecting,
    Qualification,
    Proposal,
    Negotiation,
    ClosedWon,
    ClosedLost,
}

impl Stage {
    pub fn is_open(self) -> bool {
        !matches!(self, Self::ClosedWon | Self::ClosedLost)
    }
}

/// A column of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PipelineStage {
    pub id: PipelineStageId,
    pub name: String,
    /// What it means.
    pub stage: Stage,
    /// How likely a deal is that comes into it, in percent.
    pub probability: i32,
    pub position: i32,
    /// How many deals are in it.
    pub deals: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Pipeline {
    pub id: PipelineId,
    pub name: String,
    /// The one that deals come into when nobody says another.
    pub is_default: bool,
    pub position: i32,
    /// From left to right.
    pub stages: Vec<PipelineStage>,
}
