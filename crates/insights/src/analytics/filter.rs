//! What a page or a list can be narrowed to, and the range it is about, as they stand in the address.

use std::str::FromStr;

use chrono::{Months, NaiveDate};
use kernel::error::invalid;
use kernel::{Result, TenantTx};
use serde::Deserialize;
use sqlx::postgres::types::PgInterval;
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
    pub compare: Option<Compare>,
    /// What it is compared with.
    pub previous: Option<Days>,
    pub grain: Grain,
    pub zone: String,
    /// The workspace's own.
    pub currency: String,
    pub filter: Filter,
}

impl Question {
    /// In the range or in what it is compared with: how far these days lie behind the range, day for day; in months where the
    /// calendar's months or years are compared.
    pub fn behind(&self, days: Days) -> PgInterval {
        let months = match self.compare {
            _ if days == self.days => 0,
            Some(Compare::Year) => 12,
            Some(Compare::Previous) if self.are_months() => 1,
            _ => 0,
        };
        let days = if months == 0 { self.days_behind(days) } else { 0 };
        PgInterval {
            months,
            days,
            microseconds: 0,
        }
    }

    /// The last day of the range that the other period has a day for.
    pub fn compared_until(&self) -> Option<NaiveDate> {
        let days = self.previous?;
        match self.compare? {
            Compare::Year => days.to.checked_add_months(Months::new(12)),
            Compare::Previous if self.are_months() => Some(self.days.to),
            Compare::Previous => Some(days.to + (self.days.from - days.from)),
        }
    }

    /// A month against the month before, as one part each.
    fn are_months(&self) -> bool {
        self.grain == Grain::Month && self.days.is_a_month()
    }

    fn days_behind(&self, days: Days) -> i32 {
        i32::try_from((self.days.from - days.from).num_days()).unwrap_or_default()
    }
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub channels: Option<Vec<Uuid>>,
    pub languages: Option<Vec<String>>,
    pub labels: Option<Vec<Uuid>>,
    pub outcomes: Option<Vec<String>>,
    pub rest: AnalyticsQuery,
}

impl Filter {
    /// Whether conversations are narrowed to some of them.
    pub fn is_of_conversations(&self) -> bool {
        self.is_of_conversations_alone() || self.rest.user_id.is_some()
    }

    /// The same by something that deals do not have.
    pub fn is_of_conversations_alone(&self) -> bool {
        let rest = &self.rest;
        self.channels.is_some()
            || self.languages.is_some()
            || self.labels.is_some()
            || self.outcomes.is_some()
            || rest.weekday.is_some()
            || rest.hour.is_some()
            || rest.reason.is_some()
            || rest.rating.is_some()
            || rest.step.is_some()
    }

    /// Whether deals are narrowed to some of them.
    pub fn is_of_deals(&self) -> bool {
        self.rest.user_id.is_some() || self.rest.pipeline_id.is_some()
    }
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
            compare: self.compare,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn question(from: &str, to: &str, compare: Compare, grain: Grain) -> Question {
        let days = Days {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        };
        Question {
            days,
            compare: Some(compare),
            previous: Some(days.before(compare)),
            grain,
            zone: "UTC".into(),
            currency: "EUR".into(),
            filter: Filter::default(),
        }
    }

    fn behind(question: &Question) -> (i32, i32) {
        let behind = question.behind(question.previous.unwrap());
        (behind.months, behind.days)
    }

    #[test]
    fn periods_are_compared_day_for_day_and_months_and_years_by_the_calendar() {
        let month = question("2026-02-01", "2026-02-28", Compare::Previous, Grain::Day);
        assert_eq!(behind(&month), (0, 31));
        assert_eq!(
            behind(&Question {
                grain: Grain::Month,
                ..month
            }),
            (1, 0)
        );
        let weeks = question("2026-11-02", "2026-12-01", Compare::Previous, Grain::Week);
        assert_eq!(behind(&weeks), (0, 30));
        let year = question("2024-02-01", "2024-02-29", Compare::Year, Grain::Day);
        assert_eq!(behind(&year), (12, 0));
        let nothing = year.behind(year.days);
        assert_eq!((nothing.months, nothing.days), (0, 0));
    }

    #[test]
    fn days_that_the_other_period_does_not_have_are_compared_with_nothing() {
        let until = |question: Question| question.compared_until().unwrap().to_string();
        let march = question("2026-03-01", "2026-03-31", Compare::Previous, Grain::Day);
        assert_eq!(until(march), "2026-03-28");
        let february = question("2024-02-01", "2024-02-29", Compare::Year, Grain::Day);
        assert_eq!(until(february), "2024-02-28");
        let whole = question("2026-03-01", "2026-03-31", Compare::Previous, Grain::Month);
        assert_eq!(until(whole), "2026-03-31");
    }
}
