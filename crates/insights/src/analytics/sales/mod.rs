//! Numbers about deals and orders. Each currency by itself. What conversations are narrowed by is nothing that deals have, and orders
//! have neither an owner nor a pipeline: such numbers are not known then.

pub mod store;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use kernel::ids::{ClientId, ConversationId, DealId};
use kernel::{Result, TenantTx};
use serde::Serialize;

use super::filter::Question;
use super::metrics::{Items, Unit};
use super::range::Days;
use super::report::{ByPart, Chart, Figure, Measured, Row, Series, as_number, rows_over_time};

/// A deal behind a number.
#[derive(Debug, Serialize, sqlx::FromRow, utoipa::ToSchema)]
#[schema(as = AnalyticsDeal)]
pub struct Deal {
    pub id: DealId,
    pub name: String,
    pub client_id: ClientId,
    pub client_name: Option<String>,
    pub stage: String,
    pub stage_name: Option<String>,
    pub value: f64,
    pub currency: String,
    pub owner_name: Option<String>,
    pub opened_at: DateTime<Utc>,
    pub closed_on: Option<NaiveDate>,
    pub conversation_id: Option<ConversationId>,
}

pub async fn figures(tx: &mut TenantTx, question: &Question) -> Result<Vec<Figure>> {
    let now = counts(tx, question, question.days).await?;
    let before = match question.previous {
        Some(days) => Some(counts(tx, question, days).await?),
        None => None,
    };
    let mut figures = Vec::new();
    for (place, (name, measured)) in now.iter().enumerate() {
        let before = before.as_ref().map(|all| all[place].1);
        figures.push(Figure::of(name, *measured, before)?);
    }
    for name in ["open_value", "weighted_value", "won_value", "revenue"] {
        figures.extend(money(tx, question, name).await?);
    }
    let known = figures.into_iter().map(|figure| {
        let is_of_orders = matches!(figure.metric, "orders" | "revenue");
        figure.unless(is_narrowed(question, is_of_orders))
    });
    Ok(known.collect())
}

/// By something that deals, or orders, do not have.
fn is_narrowed(question: &Question, is_of_orders: bool) -> bool {
    let filter = &question.filter;
    filter.is_of_conversations_alone() || (is_of_orders && filter.is_of_deals())
}

async fn counts(tx: &mut TenantTx, question: &Question, days: Days) -> Result<Vec<(&'static str, Measured)>> {
    let found = store::counts(tx, question, days).await?;
    let cycle = Measured {
        whole: Some(as_number(found.won)),
        value: found.cycle_days,
        part: None,
    };
    Ok(vec![
        ("deals_opened", Measured::count(found.opened)),
        ("deals_won", Measured::count(found.won)),
        ("deals_lost", Measured::count(found.lost)),
        ("win_rate", Measured::share(found.won, found.won + found.lost)),
        ("deal_cycle", cycle),
        (
            "orders",
            Measured::count(store::orders(tx, question, days).await?),
        ),
    ])
}

/// A figure for each currency that there is, the workspace's own first.
async fn money(tx: &mut TenantTx, question: &Question, name: &'static str) -> Result<Vec<Figure>> {
    let now = store::by_currency(tx, question, question.days, name).await?;
    // what is open is open now: there is nothing to compare it with
    let is_of_range = matches!(name, "won_value" | "revenue");
    let before = match question.previous {
        Some(days) if is_of_range => Some(store::by_currency(tx, question, days, name).await?),
        _ => None,
    };
    let mut currencies: Vec<&String> = now.keys().chain(before.iter().flat_map(BTreeMap::keys)).collect();
    currencies.sort_by_key(|currency| (**currency != question.currency, (*currency).clone()));
    currencies.dedup();
    let figures = currencies.into_iter().map(|currency| {
        let measured = |found: &BTreeMap<String, (i64, f64)>| {
            let (count, value) = found.get(currency).copied().unwrap_or_default();
            Measured {
                part: None,
                whole: Some(as_number(count)),
                value: Some(value),
            }
        };
        let figure = Figure::of(name, measured(&now), before.as_ref().map(measured));
        figure.map(|figure| figure.in_currency(currency.clone()))
    });
    figures.collect()
}

pub async fn charts(tx: &mut TenantTx, question: &Question) -> Result<Vec<Chart>> {
    let [pipeline, value] = pipeline(tx, question).await?;
    let charts = vec![
        pipeline,
        value,
        win_rate(tx, question).await?,
        time_in_stage(tx, question).await?,
        revenue(tx, question).await?,
        lost_reasons(tx, question).await?,
    ];
    let known = charts.into_iter().map(|chart| {
        let is_of_orders = chart.chart == "revenue";
        chart.unless(is_narrowed(question, is_of_orders))
    });
    Ok(known.collect())
}

/// What is open now, by the columns of the pipelines: how many, and worth how much.
async fn pipeline(tx: &mut TenantTx, question: &Question) -> Result<[Chart; 2]> {
    let found = store::open_by_stage(tx, question).await?;
    let mut currencies: Vec<String> = found.iter().filter_map(|row| row.currency.clone()).collect();
    currencies.sort_by_key(|currency| (*currency != question.currency, currency.clone()));
    currencies.dedup();
    let mut stages: Vec<(&String, &String, i64, BTreeMap<&String, f64>)> = Vec::new();
    for row in &found {
        if stages.last().is_none_or(|(id, ..)| **id != row.stage_id) {
            stages.push((&row.stage_id, &row.name, 0, BTreeMap::new()));
        }
        if let (Some(last), Some(currency)) = (stages.last_mut(), &row.currency) {
            last.2 += row.count;
            last.3.insert(currency, row.value);
        }
    }
    let row = |(id, name, ..): &(&String, &String, i64, BTreeMap<&String, f64>), values| {
        Row::new(id.as_str(), values)
            .labelled(Some((*name).clone()))
            .narrowed("pipeline_stage_id", id.as_str())
    };
    let counts = stages
        .iter()
        .map(|stage| row(stage, vec![Some(as_number(stage.2))]));
    let values = stages.iter().map(|stage| {
        let value = |currency: &String| Some(stage.3.get(currency).copied().unwrap_or_default());
        row(stage, currencies.iter().map(value).collect())
    });
    let of_currency = |currency: &String| {
        Series::new(currency.as_str())
            .narrowed("currency", currency.as_str())
            .in_unit(Unit::Money)
    };
    let counts = Chart::new(
        "pipeline",
        "stage",
        Unit::Count,
        vec![Series::new("deals")],
        counts.collect(),
    );
    let series = currencies.iter().map(of_currency).collect();
    let values = Chart::new("value", "stage", Unit::Money, series, values.collect());
    Ok([
        counts.opening("open_value", Items::Deals),
        values.opening("open_value", Items::Deals),
    ])
}

async fn win_rate(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let mut all: Vec<ByPart> = Vec::new();
    for days in [Some(question.days), question.previous].into_iter().flatten() {
        let found = store::closed_by_part(tx, question, days).await?;
        let rows = found
            .into_iter()
            .map(|(key, won, lost)| (key, vec![Measured::share(won, won + lost).value]));
        all.push(rows.collect());
    }
    let rows = rows_over_time(question, &[None], &all[0], all.get(1));
    let chart = Chart::new(
        "win_rate",
        "time",
        Unit::Percent,
        vec![Series::new("win_rate")],
        rows,
    );
    Ok(chart.opening("win_rate", Items::Deals))
}

/// How long deals stayed in the columns that they left in the range.
async fn time_in_stage(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let found = store::time_in_stage(tx, question).await?;
    let rows = found
        .into_iter()
        .map(|stay| Row::new(stay.stage.as_str(), vec![stay.median, stay.p90]));
    let series = vec![Series::new("median"), Series::new("p90")];
    Ok(Chart::new(
        "time_in_stage",
        "stage",
        Unit::Days,
        series,
        rows.collect(),
    ))
}

async fn revenue(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let mut found = vec![store::revenue_by_part(tx, question, question.days).await?];
    if let Some(days) = question.previous {
        found.push(store::revenue_by_part(tx, question, days).await?);
    }
    let mut currencies: Vec<String> = found
        .iter()
        .flatten()
        .map(|(_, currency, _)| currency.clone())
        .collect();
    currencies.sort_by_key(|currency| (*currency != question.currency, currency.clone()));
    currencies.dedup();
    let empty = vec![Some(0.0); currencies.len()];
    let by_part = |rows: &Vec<(String, String, f64)>| {
        let mut all = ByPart::new();
        for (key, currency, total) in rows {
            let values = all.entry(key.clone()).or_insert_with(|| empty.clone());
            if let Some(place) = currencies.iter().position(|known| known == currency) {
                values[place] = Some(*total);
            }
        }
        all
    };
    let all: Vec<ByPart> = found.iter().map(by_part).collect();
    let rows = rows_over_time(question, &empty, &all[0], all.get(1));
    let series = currencies
        .iter()
        .map(|currency| Series::new(currency.as_str()).in_unit(Unit::Money));
    Ok(Chart::new("revenue", "time", Unit::Money, series.collect(), rows))
}

async fn lost_reasons(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let found = store::lost_reasons(tx, question).await?;
    let rows = found.into_iter().map(|(reason, count)| {
        let key = reason.clone().unwrap_or_else(|| "none".into());
        Row::new(key, vec![Some(as_number(count))])
            .labelled(reason.clone())
            .narrowed("lost_reason", reason.unwrap_or_default())
    });
    let chart = Chart::new(
        "lost_reasons",
        "reason",
        Unit::Count,
        vec![Series::new("deals")],
        rows.collect(),
    );
    Ok(chart.opening("deals_lost", Items::Deals))
}
