//! What a page says: figures and charts, each number with what is behind it.

use std::collections::BTreeMap;

use kernel::Result;
use serde::Serialize;

use super::filter::Question;
use super::metrics::{self, Items, Unit};
use super::range::{Days, Grain};

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AnalyticsPage)]
pub struct Page {
    pub range: RangeShown,
    pub figures: Vec<Figure>,
    pub charts: Vec<Chart>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AnalyticsRange)]
pub struct RangeShown {
    #[serde(flatten)]
    pub days: Days,
    pub grain: Grain,
    pub time_zone: String,
    /// What it is compared with.
    pub previous: Option<Days>,
    /// False: much has changed and is still being counted; ask again in a minute.
    pub is_current: bool,
}

impl RangeShown {
    pub fn of(question: &Question, is_current: bool) -> Self {
        Self {
            days: question.days,
            grain: question.grain,
            time_zone: question.zone.clone(),
            previous: question.previous,
            is_current,
        }
    }
}

/// A number before it is dressed up.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Measured {
    /// Of a share: how many of…
    pub part: Option<f64>,
    /// …how many. Otherwise how many it was made from.
    pub whole: Option<f64>,
    pub value: Option<f64>,
}

impl Measured {
    pub fn count(value: i64) -> Self {
        Self {
            value: Some(as_number(value)),
            ..Self::default()
        }
    }

    pub fn share(part: i64, whole: i64) -> Self {
        Self {
            part: Some(as_number(part)),
            whole: Some(as_number(whole)),
            value: (whole > 0).then(|| 100.0 * as_number(part) / as_number(whole)),
        }
    }
}

/// Counts are far below 2⁵³.
pub fn as_number(count: i64) -> f64 {
    count as f64
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AnalyticsFigure)]
pub struct Figure {
    pub metric: &'static str,
    /// Of money.
    pub currency: Option<String>,
    pub unit: Unit,
    /// Null: it cannot be known; `reason` says why.
    pub value: Option<f64>,
    /// Of a percentage: so many of…
    pub part: Option<f64>,
    /// …so many. Of other figures: how many it was made from.
    pub whole: Option<f64>,
    pub reason: Option<&'static str>,
    /// Of the period that it is compared with.
    pub previous: Option<f64>,
    /// Of percentages in points, else in per cent of `previous`.
    pub change: Option<f64>,
    pub change_unit: ChangeUnit,
    /// What lists what is behind it: `/analytics/{metric}/{items}`.
    pub items: Option<Items>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeUnit {
    Points,
    Percent,
}

impl Figure {
    /// # Errors
    /// A defect: the name is no metric's.
    pub fn of(name: &str, now: Measured, before: Option<Measured>) -> Result<Self> {
        let metric = metrics::get(name)?;
        let previous = before.and_then(|before| before.value);
        let change_unit = match metric.unit {
            Unit::Percent => ChangeUnit::Points,
            _ => ChangeUnit::Percent,
        };
        Ok(Self {
            metric: metric.name,
            currency: None,
            unit: metric.unit,
            value: now.value,
            part: now.part,
            whole: now.whole,
            reason: metric.unknown.filter(|_| now.value.is_none()),
            previous,
            change: change(now.value, previous, change_unit),
            change_unit,
            items: metric.items,
        })
    }

    pub fn in_currency(mut self, currency: String) -> Self {
        self.currency = Some(currency);
        self
    }

    /// Not known where it is asked for with a filter that it does not know.
    pub fn unless(mut self, is_narrowed: bool) -> Self {
        if is_narrowed {
            (self.value, self.part, self.whole) = (None, None, None);
            (self.previous, self.change) = (None, None);
            self.reason = Some(NOT_BY_FILTER);
        }
        self
    }
}

/// Why a number is not known that is counted for the whole workspace alone.
const NOT_BY_FILTER: &str = "not_by_filter";

fn change(now: Option<f64>, before: Option<f64>, unit: ChangeUnit) -> Option<f64> {
    let (now, before) = (now?, before?);
    match unit {
        ChangeUnit::Points => Some(now - before),
        ChangeUnit::Percent if before == 0.0 => None,
        ChangeUnit::Percent => Some(100.0 * (now - before) / before),
    }
}

/// The parameters that narrow the page's list to what is behind a bar.
pub type Narrowing = BTreeMap<&'static str, String>;

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AnalyticsChart)]
pub struct Chart {
    pub chart: &'static str,
    /// `time`, `weekday_hour`, or what its rows are.
    pub dimension: &'static str,
    pub unit: Unit,
    /// Whose list opens what is behind a bar; of a series its own, if it has one.
    pub metric: Option<&'static str>,
    pub items: Option<Items>,
    /// False: nothing was counted at all.
    pub has_data: bool,
    /// Why nothing of it can be known; null: it can.
    pub reason: Option<&'static str>,
    pub series: Vec<Series>,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = AnalyticsSeries)]
pub struct Series {
    pub key: String,
    /// A name that somebody gave; null: the key is a word.
    pub label: Option<String>,
    pub metric: Option<&'static str>,
    /// With `metric`: what lists what is behind it.
    pub items: Option<Items>,
    pub unit: Option<Unit>,
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub filter: Narrowing,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = AnalyticsRow)]
pub struct Row {
    pub key: String,
    pub label: Option<String>,
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub filter: Narrowing,
    /// One a series; null: it cannot be known.
    pub values: Vec<Option<f64>>,
    /// The same days of the period that it is compared with; null: it has none of them.
    pub previous: Option<Vec<Option<f64>>>,
}

impl Series {
    pub fn new(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            label: None,
            metric: None,
            items: None,
            unit: None,
            filter: Narrowing::new(),
        }
    }

    pub fn narrowed(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.filter.insert(name, value.into());
        self
    }

    pub fn of(mut self, metric: &'static str) -> Self {
        self.metric = Some(metric);
        self.items = metrics::find(metric).and_then(|metric| metric.items);
        self
    }

    pub fn labelled(mut self, label: Option<String>) -> Self {
        self.label = label;
        self
    }

    pub fn in_unit(mut self, unit: Unit) -> Self {
        self.unit = Some(unit);
        self
    }
}

impl Row {
    pub fn new(key: impl Into<String>, values: Vec<Option<f64>>) -> Self {
        Self {
            key: key.into(),
            label: None,
            filter: Narrowing::new(),
            values,
            previous: None,
        }
    }

    pub fn narrowed(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.filter.insert(name, value.into());
        self
    }

    pub fn labelled(mut self, label: Option<String>) -> Self {
        self.label = label;
        self
    }
}

impl Chart {
    pub fn new(
        chart: &'static str,
        dimension: &'static str,
        unit: Unit,
        series: Vec<Series>,
        rows: Vec<Row>,
    ) -> Self {
        let is_something = |value: &Option<f64>| value.is_some_and(|value| value != 0.0);
        let has_data = rows.iter().any(|row| row.values.iter().any(is_something));
        Self {
            chart,
            dimension,
            unit,
            metric: None,
            items: None,
            has_data,
            reason: None,
            series,
            rows,
        }
    }

    /// Not known where it is asked for with a filter that it does not know.
    pub fn unless(mut self, is_narrowed: bool) -> Self {
        if is_narrowed {
            (self.series, self.rows) = (Vec::new(), Vec::new());
            self.has_data = false;
            self.reason = Some(NOT_BY_FILTER);
        }
        self
    }

    /// What a click on it opens.
    pub fn opening(mut self, metric: &'static str, items: Items) -> Self {
        self.metric = Some(metric);
        self.items = Some(items);
        self
    }
}

/// Values by the first day of each part of the range; those of another period by the part that is compared with them.
pub type ByPart = BTreeMap<String, Vec<Option<f64>>>;

/// A row for each part of the days, with `empty` where nothing was counted.
pub fn rows_over_time(
    question: &Question,
    empty: &[Option<f64>],
    now: &ByPart,
    before: Option<&ByPart>,
) -> Vec<Row> {
    let values = |all: &ByPart, part: &Days| {
        let found = all.get(&part.from.to_string());
        found.cloned().unwrap_or_else(|| empty.to_vec())
    };
    let until = question.compared_until();
    let row = |part: &Days| {
        let mut row = Row::new(part.from.to_string(), values(now, part))
            .narrowed("from", part.from.to_string())
            .narrowed("to", part.to.to_string());
        let is_compared = until.is_some_and(|until| part.from <= until);
        row.previous = before.filter(|_| is_compared).map(|all| values(all, part));
        row
    };
    question.days.parts(question.grain).iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_change_in_points_and_numbers_in_per_cent() {
        assert_eq!(change(Some(62.0), Some(58.5), ChangeUnit::Points), Some(3.5));
        assert_eq!(change(Some(8.0), Some(10.0), ChangeUnit::Percent), Some(-20.0));
        assert_eq!(change(Some(8.0), Some(0.0), ChangeUnit::Percent), None);
        assert_eq!(change(None, Some(1.0), ChangeUnit::Points), None);
    }

    #[test]
    fn a_share_of_nothing_is_not_known() {
        assert_eq!(Measured::share(0, 0).value, None);
        assert_eq!(Measured::share(1, 4).value, Some(25.0));
    }
}
