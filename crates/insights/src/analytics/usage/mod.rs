//! What the models did and cost, and how long visitors waited for the bot.

pub mod store;

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Result, TenantTx};

use super::conversations;
use super::filter::Question;
use super::metrics::{Items, Unit};
use super::range::Days;
use super::report::{ByPart, Chart, Figure, Measured, Series, as_number, rows_over_time};

pub async fn figures(tx: &mut TenantTx, question: &Question) -> Result<Vec<Figure>> {
    let now = Used::read(tx, question, question.days).await?;
    let before = match question.previous {
        Some(days) => Some(Used::read(tx, question, days).await?),
        None => None,
    };
    let is_narrowed = question.filter.is_of_conversations();
    let mut figures = Vec::new();
    for (place, name) in ["model_calls", "input_tokens", "output_tokens"]
        .iter()
        .enumerate()
    {
        let count = |used: &Used| Measured::count(used.counts[place]);
        figures.push(Figure::of(name, count(&now), before.as_ref().map(count))?.unless(is_narrowed));
    }
    let all = now
        .costs
        .keys()
        .chain(before.iter().flat_map(|used| used.costs.keys()));
    for currency in currencies(question, all) {
        let cost = |used: &Used| of(used.cost_in(&currency));
        let figure = Figure::of("cost", cost(&now), before.as_ref().map(cost))?;
        figures.push(figure.in_currency(currency.clone()).unless(is_narrowed));
    }
    figures.push(per_resolved(question, &now, before.as_ref())?.unless(is_narrowed));
    for (place, name) in ["answer_time", "answer_time_p95"].iter().enumerate() {
        let time = |used: &Used| used.times[place];
        figures.push(Figure::of(name, time(&now), before.as_ref().map(time))?);
    }
    Ok(figures)
}

/// What was used in a period.
struct Used {
    /// Calls, tokens read, tokens written.
    counts: [i64; 3],
    /// By currency; none: not known.
    costs: BTreeMap<String, Option<f64>>,
    /// Conversations that the bot solved alone.
    resolved: f64,
    times: [Measured; 2],
}

impl Used {
    async fn read(tx: &mut TenantTx, question: &Question, days: Days) -> Result<Self> {
        let mut counts = [0; 3];
        let mut costs = BTreeMap::new();
        for spent in store::spent(tx, days).await? {
            counts[0] += spent.model_calls;
            counts[1] += spent.input_tokens;
            counts[2] += spent.output_tokens;
            costs.insert(spent.currency, spent.cost);
        }
        let resolved = conversations::automated(tx, question, days).await?;
        Ok(Self {
            counts,
            costs,
            resolved: resolved.part.unwrap_or_default(),
            times: store::answer_times(tx, question, days).await?,
        })
    }

    fn cost_in(&self, currency: &str) -> Option<f64> {
        self.costs.get(currency).copied().unwrap_or(Some(0.0))
    }
}

fn of(value: Option<f64>) -> Measured {
    Measured {
        value,
        ..Measured::default()
    }
}

/// The workspace's own first; that one where there is none.
fn currencies<'a>(question: &Question, all: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<String> = all.cloned().collect();
    all.sort_by_key(|currency| (*currency != question.currency, currency.clone()));
    all.dedup();
    if all.is_empty() {
        all.push(question.currency.clone());
    }
    all
}

/// Where all was spent in one currency.
fn per_resolved(question: &Question, now: &Used, before: Option<&Used>) -> Result<Figure> {
    let currencies = currencies(question, now.costs.keys());
    let currency = &currencies[0];
    let measured = |used: &Used| {
        let is_one = used.costs.keys().all(|other| other == currency);
        let cost = used.cost_in(currency).filter(|_| is_one && used.resolved > 0.0);
        Measured {
            whole: Some(used.resolved),
            ..of(cost.map(|cost| cost / used.resolved))
        }
    };
    let mut figure = Figure::of("cost_per_resolved", measured(now), before.map(measured))?;
    if figure.value.is_none() {
        figure.reason = Some(match now.cost_in(currency) {
            _ if currencies.len() > 1 => "several_currencies",
            None => "no_prices",
            Some(_) => "nothing_resolved",
        });
    }
    Ok(figure.in_currency(currency.clone()))
}

pub async fn charts(tx: &mut TenantTx, question: &Question) -> Result<Vec<Chart>> {
    Ok(vec![
        tokens(tx, question).await?,
        cost(tx, question).await?,
        answer_time(tx, question).await?,
    ])
}

/// Tokens of answers, by the model that made them.
async fn tokens(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let mut found = vec![store::tokens_by_part(tx, question, question.days).await?];
    if let Some(days) = question.previous {
        found.push(store::tokens_by_part(tx, question, days).await?);
    }
    let models: BTreeSet<&String> = found.iter().flatten().map(|(_, model, _)| model).collect();
    let models: Vec<&String> = models.into_iter().collect();
    let empty = vec![Some(0.0); models.len()];
    let by_part = |rows: &Vec<(String, String, i64)>| {
        let mut all = ByPart::new();
        for (key, model, tokens) in rows {
            let values = all.entry(key.clone()).or_insert_with(|| empty.clone());
            if let Some(place) = models.iter().position(|known| *known == model) {
                values[place] = Some(as_number(*tokens));
            }
        }
        all
    };
    let all: Vec<ByPart> = found.iter().map(by_part).collect();
    let rows = rows_over_time(question, &empty, &all[0], all.get(1));
    let series = models.iter().map(|model| Series::new(model.as_str()));
    Ok(Chart::new("tokens", "time", Unit::Tokens, series.collect(), rows))
}

async fn cost(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let mut found = vec![store::cost_by_part(tx, question, question.days).await?];
    if let Some(days) = question.previous {
        found.push(store::cost_by_part(tx, question, days).await?);
    }
    let currencies = currencies(question, found.iter().flatten().map(|(_, currency, _)| currency));
    let empty = vec![Some(0.0); currencies.len()];
    let by_part = |rows: &Vec<(String, String, Option<f64>)>| {
        let mut all = ByPart::new();
        for (key, currency, cost) in rows {
            let values = all.entry(key.clone()).or_insert_with(|| empty.clone());
            if let Some(place) = currencies.iter().position(|known| known == currency) {
                values[place] = *cost;
            }
        }
        all
    };
    let all: Vec<ByPart> = found.iter().map(by_part).collect();
    let rows = rows_over_time(question, &empty, &all[0], all.get(1));
    let series = currencies
        .iter()
        .map(|currency| Series::new(currency.as_str()).in_unit(Unit::Money));
    let chart = Chart::new("cost", "time", Unit::Money, series.collect(), rows);
    Ok(chart.unless(question.filter.is_of_conversations()))
}

async fn answer_time(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let mut all: Vec<ByPart> = Vec::new();
    for days in [Some(question.days), question.previous].into_iter().flatten() {
        let found = store::answer_times_by_part(tx, question, days).await?;
        all.push(
            found
                .into_iter()
                .map(|(key, median, late)| (key, vec![median, late]))
                .collect(),
        );
    }
    let rows = rows_over_time(question, &[None, None], &all[0], all.get(1));
    let series = vec![Series::new("p50"), Series::new("p95")];
    let chart = Chart::new("answer_time", "time", Unit::Seconds, series, rows);
    Ok(chart.opening("answer_time", Items::Answers))
}
