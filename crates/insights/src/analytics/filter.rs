//! What a page or a list can be narrowed to, and the range it is about, as they stand in the address.

use std::str::FromStr;

use chrono::NaiveDate;
use kernel::error::invalid;
use kernel::{Result, TenantTx};
use serde::Deserialize;
use uuid::Uuid;

use super::counting;
use super::range::{Compare, Days, Grain};

#[derive(Debug, Clone, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AnalyticsQuery {
    /// In the workspace's time zone; thirty days up to `to` unless given.
    pub from: Option<NaiveDate>,
    /// Today unless given.
    pub to: Option<NaiveDate>,
    #[param(inline)]
    pub compare: Option<Compare>,
    /// Up to 31 days `day`, up to 183 `week`, else `month` unless given.
    #[param(inline)]
    pub grain: Option<Grain>,
    /// Ids, separated by commas.
    pub channel_id: Option<String>,
    /// Codes, separated by commas; `none`: not recognised.
    pub language: Option<String>,
    /// Ids, separated by commas: any of them.
    pub label_id: Option<String>,
    /// A member: it is assigned to them, or they replied in it. Of deals the owner.
    pub user_id: Option<Uuid>,
    /// Of what is counted by person: a member, or `none`.
    pub person: Option<String>,
    /// `bot`, `handed_over`, `person`, `unanswered`, separated by commas.
    pub outcome: Option<String>,
    /// When it began: 1 is Monday, 7 Sunday.
    pub weekday: Option<i32>,
    /// When it began: 0 to 23.
    pub hour: Option<i32>,
    /// Of the first hand-over.
    pub reason: Option<String>,
    /// 1 to 5.
    pub rating: Option<i32>,
    /// How far it came: `begun`, `answered`, `resolved`, `rated`.
    pub step: Option<String>,
    /// How long it has been open: `1h`, `4h`, `1d`, `3d`, `7d`, `older`.
    pub age: Option<String>,
    /// Of answers: `up` or `down`.
    pub feedback: Option<String>,
    /// Of answers: 0 to 9, the first digit of the confidence.
    pub bin: Option<i32>,
    /// Of answers: a Q&A pair, document or page that it was made from.
    pub entry: Option<Uuid>,
    /// Of deals.
    pub pipeline_id: Option<Uuid>,
    /// Of deals: a column of the pipeline.
    pub pipeline_stage_id: Option<Uuid>,
    /// Of deals.
    pub currency: Option<String>,
    /// Of deals; empty: none was given.
    pub lost_reason: Option<String>,
    /// `csv` for a file.
    #[param(inline)]
    pub format: Option<Format>,
    /// With `format=csv`: the chart's table in place of the figures.
    pub chart: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AnalyticsFormat)]
pub enum Format {
    Json,
    Csv,
}

/// What is asked for, once the workspace is known.
#[derive(Debug, Clone)]
pub struct Question {
    pub days: Days,
    /// What it is compared with.
    pub previous: Option<Days>,
    pub grain: Grain,
    pub zone: String,
    /// The workspace's own.
    pub currency: String,
    pub filter: Filter,
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub channels: Option<Vec<Uuid>>,
    pub languages: Option<Vec<String>>,
    pub labels: Option<Vec<Uuid>>,
    pub outcomes: Option<Vec<String>>,
    pub rest: AnalyticsQuery,
}

impl AnalyticsQuery {
    /// # Errors
    /// 422 for what is no range, or no filter.
    pub async fn read(self, tx: &mut TenantTx) -> Result<Question> {
        let workspace = counting::store::workspace(tx).await?;
        let days = Days::read(self.from, self.to, workspace.today)?;
        if self.weekday.is_some_and(|day| !(1..=7).contains(&day))
            || self.hour.is_some_and(|hour| !(0..=23).contains(&hour))
        {
            return Err(bad_filter("`weekday` is 1 to 7, `hour` 0 to 23."));
        }
        Ok(Question {
            days,
            previous: self.compare.map(|compare| days.before(compare)),
            grain: self.grain.unwrap_or_else(|| days.usual_grain()),
            zone: workspace.time_zone,
            currency: workspace.currency,
            filter: Filter {
                channels: self.channel_id.as_deref().map(list).transpose()?,
                languages: self.language.as_deref().map(list).transpose()?,
                labels: self.label_id.as_deref().map(list).transpose()?,
                outcomes: self.outcome.as_deref().map(list).transpose()?,
                rest: self,
            },
        })
    }
}

fn list<T: FromStr>(text: &str) -> Result<Vec<T>> {
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
    items
        .map(|item| {
            item.parse()
                .map_err(|_| bad_filter(&format!("`{item}` is not an id.")))
        })
        .collect()
}

fn bad_filter(detail: &str) -> kernel::Error {
    invalid("bad_filter", detail)
}
