//! Deals as a list and as a board.

pub mod api;
pub mod store;

use chrono::NaiveDate;
use kernel::Result;
use kernel::error::invalid;
use kernel::ids::PipelineStageId;
use kernel::money::{Amount, Currency};
use serde::Deserialize;
use uuid::Uuid;

use crate::listing::{Column, Kind, SHOWN_NAME, Whose, parts};
use crate::pipelines::Stage;

/// A deal that is longer in its stage than this is stale.
pub const STALE_AFTER_DAYS: i32 = 30;

pub const COLUMNS: [Column; 9] = [
    Column::filled("name", "d.name_key", Kind::Text),
    Column::joined("client_name", SHOWN_NAME, Kind::Text),
    Column::filled("deal_value", "d.value_key", Kind::Number),
    Column::filled("probability", "d.probability", Kind::Number),
    Column::nullable("expected_close_date", "d.expected_close_date", Kind::Date),
    Column::filled("created_at", "d.created_at", Kind::Time),
    Column::filled("updated_at", "d.updated_at", Kind::Time),
    Column::filled("stage_changed_at", "d.stage_changed_at", Kind::Time),
    Column::filled("stage", "d.stage", Kind::Text),
];

/// What a list of deals is narrowed by.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DealFilter {
    /// Beginnings of words of the deal's or its client's name.
    pub q: Option<String>,
    pub pipeline_id: Option<Uuid>,
    pub pipeline_stage_id: Option<Uuid>,
    /// Stages, separated by commas.
    pub stage: Option<String>,
    /// Neither won nor lost, or either of them.
    pub is_open: Option<bool>,
    pub client_id: Option<Uuid>,
    /// `me`, `none`, or a member's id.
    pub owner_id: Option<String>,
    pub conversation_id: Option<Uuid>,
    /// Tags, separated by commas; a deal has all of them.
    pub tag: Option<String>,
    /// Expected to close on this day or later.
    pub close_from: Option<NaiveDate>,
    /// Expected to close on this day or earlier.
    pub close_to: Option<NaiveDate>,
    #[param(value_type = Option<String>)]
    pub min_value: Option<Amount>,
    #[param(value_type = Option<String>)]
    pub currency: Option<Currency>,
    /// Open, and for more than 30 days in its stage.
    pub is_stale: Option<bool>,
}

/// The same, read.
#[derive(Debug, Default)]
pub struct Wanted {
    pub filter: DealFilter,
    pub stages: Vec<String>,
    pub owner: Option<Whose>,
    pub tags: Vec<String>,
    pub in_stage: Option<PipelineStageId>,
}

impl DealFilter {
    /// # Errors
    /// 422 for a stage or an owner that is none.
    pub fn read(self, me: Option<Uuid>) -> Result<Wanted> {
        let stages = parts(self.stage.as_deref());
        for stage in &stages {
            let known = serde_json::from_value::<Stage>(stage.as_str().into());
            known.map_err(|_| invalid("bad_stage", "There is no such stage of a deal."))?;
        }
        Ok(Wanted {
            stages,
            owner: Whose::read(self.owner_id.as_deref(), me)?,
            tags: parts(self.tag.as_deref()),
            in_stage: self.pipeline_stage_id.map(PipelineStageId),
            filter: self,
        })
    }
}
