//! What the models did and cost, and how long visitors waited for the bot.

pub mod store;

use std::collections::BTreeSet;

use kernel::{Result, TenantTx};

use super::conversations;
use super::filter::Question;
use super::metrics::{self, Items, Unit};
use super::range::Days;
use super::report::{ByPart, Chart, Figure, Measured, Series, as_number, rows_over_time};
use store::Spent;

pub async fn figures(tx: &mut TenantTx, question: &Question) -> Result<Vec<Figure>> {
    let now = measured(tx, question, question.days).await?;
    let before = match question.previous {
        Some(days) => Some(measured(tx, question, days).await?),
        None => None,
    };
    let figures = now.iter().enumerate().map(|(place, (name, measured, reason))| {
        let before = before.as_ref().map(|all| all[place].1);
        let mut figure = Figure::of(metrics::get(name), *measured, before);
        if figure.value.is_none() && reason.is_some() {
            figure.reason = *reason;
        }
        match figure.unit {
            Unit::Money => figure.in_currency(question.currency.clone()),
            _ => figure,
        }
    });
    Ok(figures.collect())
}

type Named = (&'static str, Measured, Option<&'static str>);

async fn measured(tx: &mut TenantTx, question: &Question, days: Days) -> Result<Vec<Named>> {
    let spent = store::spent(tx, days).await?;
    let cost = store::has_prices(tx).await?.then_some(spent.cost);
    let cost = cost.or((spent.model_calls == 0 || spent.cost > 0.0).then_some(spent.cost));
    let resolved = conversations::solved_by_bot(tx, question, days).await?;
    let of_cost = |value: Option<f64>, whole: Option<f64>| Measured {
        part: None,
        whole,
        value,
    };
    let per_resolved = cost.filter(|_| resolved > 0.0).map(|cost| cost / resolved);
    let [median, late] = store::answer_times(tx, question, days).await?;
    Ok(vec![
        ("model_calls", Measured::count(spent.model_calls), None),
        ("input_tokens", Measured::count(spent.input_tokens), None),
        ("output_tokens", Measured::count(spent.output_tokens), None),
        ("cost", of_cost(cost, None), None),
        (
            "cost_per_resolved",
            of_cost(per_resolved, Some(resolved)),
            (cost.is_some()).then_some("nothing_resolved"),
        ),
        ("answer_time", median, None),
        ("answer_time_p95", late, None),
    ])
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
    let is_known = store::has_prices(tx).await?;
    let shown =
        |spent: &Spent| (is_known || spent.cost > 0.0 || spent.model_calls == 0).then_some(spent.cost);
    let mut all: Vec<ByPart> = Vec::new();
    for days in [Some(question.days), question.previous].into_iter().flatten() {
        let found = store::spent_by_part(tx, question, days).await?;
        all.push(
            found
                .iter()
                .map(|(key, spent)| (key.clone(), vec![shown(spent)]))
                .collect(),
        );
    }
    let rows = rows_over_time(question, &[Some(0.0)], &all[0], all.get(1));
    let series = vec![Series::new(question.currency.as_str()).in_unit(Unit::Money)];
    Ok(Chart::new("cost", "time", Unit::Money, series, rows))
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
