//! Retrieval that learns from its own tenant: versions of the [`Adapter`], tried before they serve.
//!
//! What is learned from is found by `answering`; here it is learned and tried ([`trial`]), and kept ([`store`]). A version
//! serves only if questions that took no part in its learning are clearly better answered with it. Whatever changes
//! which version is active raises the revision of the knowledge (by trigger), so that every snapshot follows.
//!
//! [`Adapter`]: crate::retrieval::adapter::Adapter

pub mod store;
pub mod trial;

use chrono::{DateTime, Utc};
use kernel::ids::ModelVersionId;
use serde::Serialize;

use trial::Figures;

/// What has become of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = RetrievalVersionStatus)]
pub enum Status {
    Training,
    /// It is better than the model alone, and may serve.
    Ready,
    /// It is not better, and does not serve.
    Deprecated,
    Failed,
    Cancelled,
}

/// One that was trained, or is being trained.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = RetrievalVersion)]
pub struct Version {
    pub id: ModelVersionId,
    pub version: String,
    /// The embedding model that it belongs to; it serves with no other.
    pub base_model: String,
    pub status: Status,
    pub is_active: bool,
    /// How far the training is, from 0 to 1; null: it has ended.
    pub progress: Option<f64>,
    /// How it did on questions that it was not trained on; null until it was tried.
    pub figures: Option<Figures>,
    /// Why the training failed.
    pub error: Option<String>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// When it began to serve.
    pub activated_at: Option<DateTime<Utc>>,
}
