//! Which days are counted, what they are compared with, and into which parts they fall. Days are those of the workspace's
//! time zone.

use chrono::{Datelike as _, Days as Ahead, Months, NaiveDate, TimeDelta};
use kernel::Result;
use kernel::error::invalid;
use serde::{Deserialize, Serialize};

const MOST_DAYS: i64 = 1_100;
const USUAL_DAYS: u64 = 30;

/// From the first day to the last, both of them too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = AnalyticsDays)]
pub struct Days {
    pub from: NaiveDate,
    pub to: NaiveDate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AnalyticsGrain)]
pub enum Grain {
    Day,
    /// From Monday.
    Week,
    Month,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AnalyticsCompare)]
pub enum Compare {
    /// As many days right before; of a whole month of the calendar the month before.
    Previous,
    /// The same dates a year before.
    Year,
}

impl Days {
    /// The last thirty days unless given.
    ///
    /// # Errors
    /// 422 for days in the wrong order, or too many.
    pub fn read(from: Option<NaiveDate>, to: Option<NaiveDate>, today: NaiveDate) -> Result<Self> {
        let to = to.unwrap_or(today);
        let from = match from {
            Some(from) => from,
            None => to.checked_sub_days(Ahead::new(USUAL_DAYS - 1)).unwrap_or(to),
        };
        let is_storable = |day: NaiveDate| (1900..=9000).contains(&day.year());
        if from > to || !is_storable(from) || !is_storable(to) {
            return Err(invalid("bad_range", "The first day is after the last one."));
        }
        let days = Self { from, to };
        if days.count() > MOST_DAYS {
            return Err(invalid(
                "range_too_long",
                format!("Choose {MOST_DAYS} days at most."),
            ));
        }
        Ok(days)
    }

    pub fn count(self) -> i64 {
        (self.to - self.from).num_days() + 1
    }

    pub fn before(self, compare: Compare) -> Self {
        match compare {
            Compare::Previous if self.is_a_month() => {
                let to = self.from.pred_opt().unwrap_or(self.from);
                Self {
                    from: to.with_day(1).unwrap_or(to),
                    to,
                }
            }
            Compare::Previous => {
                let length = TimeDelta::days(self.count());
                Self {
                    from: self.from - length,
                    to: self.to - length,
                }
            }
            Compare::Year => {
                let back = |day: NaiveDate| day.checked_sub_months(Months::new(12)).unwrap_or(day);
                Self {
                    from: back(self.from),
                    to: back(self.to),
                }
            }
        }
    }

    /// One of the calendar, as a whole.
    pub fn is_a_month(self) -> bool {
        let next = self.to.succ_opt();
        self.from.day() == 1
            && next.is_some_and(|next| next.day() == 1)
            && (self.from.year(), self.from.month()) == (self.to.year(), self.to.month())
    }

    /// What fits on a chart.
    pub fn usual_grain(self) -> Grain {
        match self.count() {
            ..=31 => Grain::Day,
            32..=183 => Grain::Week,
            _ => Grain::Month,
        }
    }

    /// All parts in their order, the first and the last one cut to these days.
    pub fn parts(self, grain: Grain) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut from = self.from;
        while from <= self.to {
            let to = grain.last_day_of(from).min(self.to);
            parts.push(Self { from, to });
            let Some(next) = to.succ_opt() else { break };
            from = next;
        }
        parts
    }
}

impl Grain {
    /// As PostgreSQL's `date_trunc` calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    fn last_day_of(self, day: NaiveDate) -> NaiveDate {
        match self {
            Self::Day => day,
            Self::Week => day + TimeDelta::days(6 - i64::from(day.weekday().num_days_from_monday())),
            Self::Month => {
                let next = day
                    .with_day(1)
                    .and_then(|first| first.checked_add_months(Months::new(1)));
                next.and_then(|next| next.pred_opt()).unwrap_or(day)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(from: &str, to: &str) -> Days {
        Days {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        }
    }

    #[test]
    fn parts_are_whole_weeks_and_months_but_for_the_ends() {
        let november = days("2026-11-04", "2026-11-17");
        assert_eq!(
            november.parts(Grain::Week),
            [
                days("2026-11-04", "2026-11-08"),
                days("2026-11-09", "2026-11-15"),
                days("2026-11-16", "2026-11-17")
            ]
        );
        assert_eq!(november.parts(Grain::Day).len(), 14);
        assert_eq!(
            days("2026-01-31", "2026-03-01").parts(Grain::Month),
            [
                days("2026-01-31", "2026-01-31"),
                days("2026-02-01", "2026-02-28"),
                days("2026-03-01", "2026-03-01")
            ]
        );
    }

    #[test]
    fn what_it_is_compared_with_is_as_long_or_a_year_ago() {
        let week = days("2026-03-02", "2026-03-08");
        assert_eq!(week.before(Compare::Previous), days("2026-02-23", "2026-03-01"));
        let march = days("2026-03-01", "2026-03-31");
        assert_eq!(march.before(Compare::Previous), days("2026-02-01", "2026-02-28"));
        assert_eq!(
            days("2024-02-29", "2024-03-01").before(Compare::Year),
            days("2023-02-28", "2023-03-01")
        );
    }

    #[test]
    fn days_in_the_wrong_order_are_refused() {
        let today = "2026-11-23".parse().unwrap();
        let day = |text: &str| Some(text.parse::<NaiveDate>().unwrap());
        assert_eq!(
            Days::read(None, None, today).unwrap(),
            days("2026-10-25", "2026-11-23")
        );
        let wrong = Days::read(day("2026-11-24"), None, today).unwrap_err();
        assert_eq!(wrong.code, "bad_range");
        let long = Days::read(day("2020-01-01"), None, today).unwrap_err();
        assert_eq!(long.code, "range_too_long");
    }
}
