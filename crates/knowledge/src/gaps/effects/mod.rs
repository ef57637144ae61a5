//! What an answer has brought: since it was published, how often its question was answered, and how often it was still
//! asked in vain.

pub mod api;
mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{GapId, QaPairId};
use serde::Serialize;

/// A cluster that was answered, and what came of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = GapEffect)]
pub struct Effect {
    pub cluster_id: GapId,
    pub qa_pair_id: QaPairId,
    pub question: String,
    /// How many wordings were closed by the pair.
    pub gap_count: i64,
    /// When the first of them was closed.
    pub since: DateTime<Utc>,
    /// How often it was asked in vain in the 30 days before.
    pub in_vain_before: i64,
    /// How often it has been asked in vain since, in these or in new wordings.
    pub in_vain_after: i64,
    /// How often the bot has answered from the pair since. Of a pair that was there before, only what was asked in
    /// the words of one of the gaps counts.
    pub answered_after: i64,
    pub thumbs_up: i64,
    pub thumbs_down: i64,
    /// The share that is answered now, and the 95 % interval in which it lies; null: it was not asked yet.
    pub share: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
}
