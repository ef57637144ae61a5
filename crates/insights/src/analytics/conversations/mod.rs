//! Numbers about conversations: everything that a row of `analytics_conversations` can say.

pub mod store;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kernel::error::internal;
use kernel::ids::ConversationId;
use kernel::{Result, TenantTx};
use serde::Serialize;
use uuid::Uuid;

use super::filter::Question;
use super::metrics::{Items, Unit};
use super::range::Days;
use super::report::{ByPart, Chart, Figure, Measured, Row, Series, as_number, rows_over_time};
use store::{Formula, Group};

/// Figures by the names of their metrics.
pub async fn figures(tx: &mut TenantTx, question: &Question, names: &[&'static str]) -> Result<Vec<Figure>> {
    let formulas = names.iter().map(|name| formula(name));
    let formulas: Vec<Formula> = formulas.collect::<Result<_>>()?;
    let now = totals(tx, question, question.days, &formulas).await?;
    let before = match question.previous {
        Some(days) => Some(totals(tx, question, days, &formulas).await?),
        None => None,
    };
    let dressed = names.iter().enumerate().map(|(place, name)| {
        let before = before.as_ref().map(|all| all[place]);
        Figure::of(name, now[place], before)
    });
    dressed.collect()
}

fn formula(metric: &str) -> Result<Formula> {
    store::formula(metric).ok_or_else(|| internal(format!("{metric} is no number about conversations")))
}

/// How many the bot solved alone, of how many.
pub async fn automated(tx: &mut TenantTx, question: &Question, days: Days) -> Result<Measured> {
    Ok(totals(tx, question, days, &[formula("automation_rate")?]).await?[0])
}

async fn totals(
    tx: &mut TenantTx,
    question: &Question,
    days: Days,
    formulas: &[Formula],
) -> Result<Vec<Measured>> {
    let mut groups = store::measure(tx, question, days, Group::All, formulas).await?;
    let found = groups.pop().map(|(_, values)| values);
    Ok(found.unwrap_or_else(|| formulas.iter().map(Formula::of_nothing).collect()))
}

/// One line of a chart.
pub struct Line {
    pub series: Series,
    pub formula: Formula,
}

impl Line {
    /// A metric as it is.
    pub fn of(metric: &'static str) -> Result<Self> {
        Ok(Self {
            series: Series::new(metric).of(metric),
            formula: formula(metric)?,
        })
    }

    pub fn counting(series: Series, of: &'static str) -> Self {
        Self {
            series,
            formula: Formula::Count { of },
        }
    }
}

/// The four ways in which a conversation can end, each with its filter.
pub fn outcomes() -> Vec<Line> {
    let line = |key: &'static str, of| Line::counting(Series::new(key).narrowed("outcome", key), of);
    vec![
        line("bot", "f.outcome = 'bot'"),
        line("handed_over", "f.outcome = 'handed_over'"),
        line("person", "f.outcome = 'person'"),
        line("unanswered", "f.outcome = 'unanswered'"),
    ]
}

/// Lines over the days of the question.
pub async fn over_time(
    tx: &mut TenantTx,
    question: &Question,
    chart: &'static str,
    unit: Unit,
    lines: Vec<Line>,
) -> Result<Chart> {
    let (series, formulas): (Vec<Series>, Vec<Formula>) =
        lines.into_iter().map(|line| (line.series, line.formula)).unzip();
    let now = by_part(tx, question, question.days, &formulas).await?;
    let before = match question.previous {
        Some(days) => Some(by_part(tx, question, days, &formulas).await?),
        None => None,
    };
    let empty: Vec<Option<f64>> = formulas
        .iter()
        .map(|formula| formula.of_nothing().value)
        .collect();
    let rows = rows_over_time(question, &empty, &now, before.as_ref());
    let chart = Chart::new(chart, "time", unit, series, rows);
    Ok(chart.opening("conversations", Items::Conversations))
}

async fn by_part(tx: &mut TenantTx, question: &Question, days: Days, formulas: &[Formula]) -> Result<ByPart> {
    let groups = store::measure(tx, question, days, Group::Part, formulas).await?;
    Ok(groups.into_iter().map(|(key, all)| (key, values(&all))).collect())
}

fn values(measured: &[Measured]) -> Vec<Option<f64>> {
    measured.iter().map(|measured| measured.value).collect()
}

/// Bars by something that a conversation has; `parameter` narrows to it. The largest first.
pub async fn bars(
    tx: &mut TenantTx,
    question: &Question,
    shape: (&'static str, &'static str, Unit),
    group: Group,
    parameter: &'static str,
    lines: Vec<Line>,
) -> Result<Chart> {
    let (chart, dimension, unit) = shape;
    let (series, formulas): (Vec<Series>, Vec<Formula>) =
        lines.into_iter().map(|line| (line.series, line.formula)).unzip();
    let groups = store::measure(tx, question, question.days, group, &formulas).await?;
    let mut before: BTreeMap<String, Vec<Option<f64>>> = BTreeMap::new();
    if let Some(days) = question.previous {
        let groups = store::measure(tx, question, days, group, &formulas).await?;
        before.extend(groups.into_iter().map(|(key, all)| (key, values(&all))));
    }
    let names = store::names(tx, group).await?;
    let empty: Vec<Option<f64>> = formulas
        .iter()
        .map(|formula| formula.of_nothing().value)
        .collect();
    let mut rows: Vec<Row> = groups
        .into_iter()
        .map(|(key, all)| {
            let previous = question.previous.is_some();
            let mut row = Row::new(key.clone(), values(&all))
                .narrowed(parameter, key.clone())
                .labelled(names.get(&key).cloned());
            row.previous = previous.then(|| before.get(&key).cloned().unwrap_or_else(|| empty.clone()));
            row
        })
        .collect();
    let sum = |row: &Row| row.values.iter().flatten().sum::<f64>();
    rows.sort_by(|a, b| sum(b).total_cmp(&sum(a)).then_with(|| a.key.cmp(&b.key)));
    let chart = Chart::new(chart, dimension, unit, series, rows);
    Ok(chart.opening("conversations", Items::Conversations))
}

/// How many conversations began on each channel.
pub async fn channels_over_time(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let names = store::names(tx, Group::Channel).await?;
    let found = store::channels_by_part(tx, question, question.days).await?;
    let before = match question.previous {
        Some(days) => Some(store::channels_by_part(tx, question, days).await?),
        None => None,
    };
    let all = found.iter().chain(before.iter().flatten());
    let channels: BTreeSet<&String> = all.map(|(_, channel, _)| channel).collect();
    let channels: Vec<&String> = channels.into_iter().collect();
    let empty = vec![Some(0.0); channels.len()];
    let by_part = |rows: &Vec<(String, String, i64)>| {
        let mut all = ByPart::new();
        for (key, channel, count) in rows {
            let values = all.entry(key.clone()).or_insert_with(|| empty.clone());
            if let Some(place) = channels.iter().position(|known| *known == channel) {
                values[place] = Some(as_number(*count));
            }
        }
        all
    };
    let earlier = before.as_ref().map(by_part);
    let rows = rows_over_time(question, &empty, &by_part(&found), earlier.as_ref());
    let series = channels.iter().map(|channel| {
        Series::new(channel.as_str())
            .labelled(names.get(*channel).cloned())
            .narrowed("channel_id", channel.as_str())
    });
    let chart = Chart::new("channels_over_time", "time", Unit::Count, series.collect(), rows);
    Ok(chart.opening("conversations", Items::Conversations))
}

/// When conversations begin: a cell for each hour of the week in which one did.
pub async fn hours(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let count = [Formula::Count { of: "true" }];
    let groups = store::measure(tx, question, question.days, Group::Hour, &count).await?;
    let rows = groups.into_iter().map(|(key, all)| {
        let (weekday, hour) = key.split_once('-').unwrap_or((&key, ""));
        Row::new(key.clone(), values(&all))
            .narrowed("weekday", weekday)
            .narrowed("hour", hour)
    });
    let series = vec![Series::new("conversations")];
    let chart = Chart::new("hours", "weekday_hour", Unit::Count, series, rows.collect());
    Ok(chart.opening("conversations", Items::Conversations))
}

/// Begun, of these answered, of these resolved, of these rated.
pub async fn funnel(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let steps = ["begun", "answered", "resolved", "rated"];
    let formulas: Vec<Formula> = steps
        .iter()
        .map(|step| Formula::Count {
            of: store::step(step).unwrap_or("false"),
        })
        .collect();
    let now = totals(tx, question, question.days, &formulas).await?;
    let before = match question.previous {
        Some(days) => Some(totals(tx, question, days, &formulas).await?),
        None => None,
    };
    let rows = steps.iter().enumerate().map(|(place, step)| {
        let mut row = Row::new(*step, vec![now[place].value]).narrowed("step", *step);
        row.previous = before.as_ref().map(|all| vec![all[place].value]);
        row
    });
    let series = vec![Series::new("conversations")];
    let chart = Chart::new("funnel", "step", Unit::Count, series, rows.collect());
    Ok(chart.opening("conversations", Items::Conversations))
}

/// A conversation behind a number.
#[derive(Debug, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[schema(as = AnalyticsConversation)]
pub struct Conversation {
    pub id: ConversationId,
    pub began_at: DateTime<Utc>,
    pub outcome: String,
    pub status: String,
    pub contact_name: Option<String>,
    pub channel_id: Uuid,
    pub channel_name: String,
    pub language: Option<String>,
    pub assignee_name: Option<String>,
    pub rating: Option<i32>,
    pub hand_over_reason: Option<String>,
    pub first_reply_seconds: Option<f64>,
    pub last_message_preview: Option<String>,
    pub last_message_at: Option<DateTime<Utc>>,
}
