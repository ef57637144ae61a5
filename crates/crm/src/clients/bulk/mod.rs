//! The same change for many clients at once, all or nothing.

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::UserId;
use serde::Deserialize;

use super::{ClientType, LeadQuality, LifecycleStage};

#[derive(Debug, Default, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientsChange {
    #[serde(default)]
    pub add_tags: Vec<String>,
    #[serde(default)]
    pub remove_tags: Vec<String>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<uuid::Uuid>)]
    pub assigned_to: Option<Option<UserId>>,
    pub lifecycle_stage: Option<LifecycleStage>,
    pub client_type: Option<ClientType>,
    /// Null: the score decides again.
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<LeadQuality>)]
    pub lead_quality: Option<Option<LeadQuality>>,
    #[serde(default, deserialize_with = "kernel::extract::present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub next_follow_up_date: Option<Option<DateTime<Utc>>>,
}
