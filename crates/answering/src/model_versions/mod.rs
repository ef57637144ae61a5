//! The workspace's own models, version by version: those that a provider has tuned on a training set, those that somebody
//! has registered by hand, and those that are trained here. Of each kind one is active at most.
//!
//! The active chat version composes the answers of all bots whose channel or agent names no model of its own:
//! [`crate::model::Models::find`]. [`tuning`] starts and follows jobs at providers.

pub mod api;
pub mod store;
pub mod tuning;

use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::error::invalid;
use kernel::ids::{CredentialId, ModelVersionId, TrainingSetId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = ModelKind)]
pub enum Kind {
    /// Composes answers.
    Chat,
    /// Helps to find what answers a question.
    Retrieval,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = ModelOrigin)]
pub enum Origin {
    /// By hand.
    Registered,
    /// By a provider, on a training set.
    Tuned,
    /// On this server.
    Trained,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = ModelVersionStatus)]
pub enum Status {
    Training,
    Ready,
    /// Kept for the record; it cannot be activated.
    Deprecated,
    Failed,
    Cancelled,
}

/// A version as the API shows it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ModelVersion {
    pub id: ModelVersionId,
    pub kind: Kind,
    /// The provider's name of the model; while it is trained, the one that it starts from.
    pub model_name: String,
    pub base_model: String,
    pub version: String,
    pub origin: Origin,
    pub training_set_id: Option<TrainingSetId>,
    pub training_set_name: Option<String>,
    /// SHA-256 of what it was trained on.
    pub training_dataset_id: Option<String>,
    pub status: Status,
    pub is_active: bool,
    #[schema(value_type = Object)]
    pub metrics: Value,
    pub note: String,
    /// Why it failed.
    pub error: Option<String>,
    /// By which it is called.
    pub credential_id: Option<CredentialId>,
    /// Per million tokens, in place of the credential's.
    pub input_price: Option<f64>,
    pub output_price: Option<f64>,
    /// The provider's name of the job, and what it says of it.
    pub provider_job: Option<String>,
    pub provider_status: Option<String>,
    pub is_cancel_requested: bool,
    /// When it was last activated.
    pub activated_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Something that happened while it was trained.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ModelVersionEvent {
    /// `info`, `warn` or `error`.
    pub level: String,
    pub message: String,
    pub happened_at: DateTime<Utc>,
}

/// The chat model that composes answers.
pub struct ActiveChat {
    pub credential_id: CredentialId,
    pub model_name: String,
    pub input_price: Option<f64>,
    pub output_price: Option<f64>,
}

pub(crate) fn check_model(name: &str) -> Result<&str> {
    let name = name.trim();
    match name.chars().count() {
        1..=200 => Ok(name),
        _ => Err(invalid(
            "bad_model",
            "The provider's name of the model has 1 to 200 characters.",
        )),
    }
}
