//! What each number is, in one sentence. `docs/analytics.md` says the same at more length.

pub mod api;
mod catalogue;

use kernel::Result;
use kernel::error::internal;
use serde::Serialize;

pub use catalogue::METRICS;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AnalyticsUnit)]
pub enum Unit {
    Count,
    /// 0 to 100.
    Percent,
    Seconds,
    Days,
    /// In the figure's currency, or that of the series.
    Money,
    Tokens,
    /// 0 to 1.
    Score,
}

impl Unit {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Percent => "percent",
            Self::Seconds => "seconds",
            Self::Days => "days",
            Self::Money => "money",
            Self::Tokens => "tokens",
            Self::Score => "score",
        }
    }
}

/// What lists the things behind a number: the last word of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AnalyticsItems)]
pub enum Items {
    Conversations,
    Answers,
    Gaps,
    Deals,
}

/// In which direction it gets better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AnalyticsBetter)]
pub enum Better {
    Up,
    Down,
}

/// In both languages of the dashboard.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = AnalyticsWords)]
pub struct Words {
    pub en: &'static str,
    pub fr: &'static str,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AnalyticsMetric)]
pub struct Metric {
    #[serde(rename = "metric")]
    pub name: &'static str,
    /// The page that it is a figure of.
    pub page: &'static str,
    pub unit: Unit,
    /// Null: neither is better.
    pub better: Option<Better>,
    pub items: Option<Items>,
    /// Why it is not known where it is null; null: it is always known.
    pub unknown: Option<&'static str>,
    #[serde(rename = "name")]
    pub title: Words,
    pub definition: Words,
}

pub fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

/// One that the code names.
///
/// # Errors
/// A defect: there is none of that name.
pub fn get(name: &str) -> Result<&'static Metric> {
    find(name).ok_or_else(|| internal(format!("{name} is no metric")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_metric_has_a_name_of_its_own_and_a_sentence_in_both_languages() {
        let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        let sentences: BTreeSet<&str> = METRICS.iter().map(|metric| metric.definition.en).collect();
        assert_eq!(sentences.len(), METRICS.len());
        for metric in METRICS {
            for text in [metric.definition.en, metric.definition.fr] {
                assert!(text.ends_with('.') && text.len() > 20, "{}: {text}", metric.name);
            }
            assert_ne!(metric.definition.en, metric.definition.fr, "{}", metric.name);
            assert!(
                !metric.title.en.is_empty() && !metric.title.fr.is_empty(),
                "{}",
                metric.name
            );
        }
    }

    #[test]
    fn the_page_about_analytics_explains_every_metric() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/analytics.md");
        let page = std::fs::read_to_string(path).unwrap();
        for metric in METRICS {
            let row = format!("| `{}` |", metric.name);
            assert!(
                page.contains(&row),
                "docs/analytics.md has no row for {}",
                metric.name
            );
        }
    }
}
