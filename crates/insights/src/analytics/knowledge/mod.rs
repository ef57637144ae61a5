//! Numbers about the knowledge: what answers were made from, and what nothing was made from.

pub mod store;

use kernel::{Result, TenantTx};

use super::filter::Question;
use super::metrics::{Items, Unit};
use super::range::Days;
use super::report::{ByPart, Chart, Figure, Measured, Row, Series, as_number, rows_over_time};
use store::Entry;

pub async fn figures(tx: &mut TenantTx, question: &Question) -> Result<Vec<Figure>> {
    let now = measured(tx, question, question.days).await?;
    let before = match question.previous {
        Some(days) => Some(measured(tx, question, days).await?),
        None => None,
    };
    let names = [
        "answers_with_source",
        "answers_without_source",
        "entries_used",
        "entries_unused",
    ];
    let figures = names.iter().enumerate().map(|(place, name)| {
        let before = before.as_ref().map(|all| all[place]);
        Figure::of(name, now[place], before)
    });
    figures.collect()
}

async fn measured(tx: &mut TenantTx, question: &Question, days: Days) -> Result<[Measured; 4]> {
    let (answers, without) = store::sources(tx, question, days).await?;
    let (used, unused) = store::entries(tx, question, days).await?;
    Ok([
        Measured::count(answers - without),
        Measured::share(without, answers),
        Measured::count(used),
        Measured::count(unused),
    ])
}

pub async fn charts(tx: &mut TenantTx, question: &Question) -> Result<Vec<Chart>> {
    Ok(vec![
        used(tx, question).await?,
        unused(tx, question).await?,
        without_source(tx, question).await?,
    ])
}

async fn used(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let found = store::list_used(tx, question).await?;
    let rows = found.into_iter().map(|entry| {
        let id = entry.id.clone();
        row(entry).narrowed("entry", id)
    });
    let chart = Chart::new(
        "used",
        "entry",
        Unit::Count,
        vec![Series::new("answers")],
        rows.collect(),
    );
    Ok(chart.opening("answers_from_entry", Items::Answers))
}

async fn unused(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let found = store::list_unused(tx, question).await?;
    let mut chart = Chart::new(
        "unused",
        "entry",
        Unit::Days,
        vec![Series::new("age")],
        found.into_iter().map(row).collect(),
    );
    chart.has_data = !chart.rows.is_empty();
    Ok(chart)
}

/// With what leads to its page.
fn row(entry: Entry) -> Row {
    let row = Row::new(entry.id, vec![Some(as_number(entry.answers))])
        .labelled(Some(entry.title))
        .narrowed("entry_kind", entry.kind);
    match entry.website {
        Some(website) => row.narrowed("website_id", website),
        None => row,
    }
}

async fn without_source(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let mut all: Vec<ByPart> = Vec::new();
    for days in [Some(question.days), question.previous].into_iter().flatten() {
        let found = store::sources_by_part(tx, question, days).await?;
        let rows = found
            .into_iter()
            .map(|(key, answers, without)| (key, vec![Measured::share(without, answers).value]));
        all.push(rows.collect());
    }
    let rows = rows_over_time(question, &[None], &all[0], all.get(1));
    let series = vec![Series::new("answers_without_source")];
    let chart = Chart::new("without_source", "time", Unit::Percent, series, rows);
    Ok(chart.opening("answers_without_source", Items::Answers))
}
