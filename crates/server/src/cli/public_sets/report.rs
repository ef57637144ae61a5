//! What was measured, as one table and as JSON.

use std::iter;

use knowledge::measures::{AtThreshold, Estimate, Judgement};
use knowledge::public_sets::Found;
use serde::Serialize;

/// What one base says of the three methods.
#[derive(Debug, Serialize)]
pub struct Measured {
    pub set: String,
    pub language: String,
    pub entries: usize,
    pub questions: usize,
    /// Questions that the base cannot answer.
    pub gaps: usize,
    /// Of the questions with an answer.
    pub found: ByMethod<Found>,
    /// Rapport by words alone: what is left where there is no embedding model.
    pub found_by_words: Found,
    /// Chance that a question with an answer was surer than a gap; none without gaps.
    pub auroc_gaps: ByMethod<Option<Estimate>>,
    pub confidence: Judgement,
}

#[derive(Debug, Serialize)]
pub struct ByMethod<T> {
    pub rapport: T,
    pub nearest_vector: T,
    pub full_text: T,
}

const HEAD: [&str; 15] = [
    "set",
    "language",
    "found first: Rapport",
    "nearest MiniLM",
    "full text",
    "among five: Rapport",
    "nearest MiniLM",
    "full text",
    "ECE",
    "AUROC of gaps: Rapport",
    "nearest MiniLM",
    "full text",
    "gaps answered at 0.78",
    "right at 0.78 (of so many answered)",
    "answered at 95 % right",
];

const LEGEND: &str = "All but ECE and AUROC in percent. Found: of the questions with an answer. Full text: PostgreSQL's \
    ts_rank, words joined by or, on an even sample of 500 questions. ECE: expected calibration error, ten bins. Gaps answered: the false-answer rate. \
    At 0.78: the default threshold. `--json` adds intervals, reliability curves and words alone.";

pub fn print(measured: &[Measured]) {
    let head = HEAD.map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = iter::once(head).chain(measured.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..HEAD.len()).filter_map(width).collect();
    for (number, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        println!("| {} |", cells.join(" | "));
        if number == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            println!("|-{}-|", rules.join("-|-"));
        }
    }
    println!("\n{LEGEND}");
}

fn row(measured: &Measured) -> Vec<String> {
    let Measured {
        found,
        auroc_gaps,
        confidence,
        ..
    } = measured;
    let at = &confidence.at_default;
    let gaps_answered = match measured.gaps {
        0 => none(),
        _ => percent(at.false_answers()),
    };
    vec![
        measured.set.clone(),
        measured.language.clone(),
        percent(found.rapport.first),
        percent(found.nearest_vector.first),
        percent(found.full_text.first),
        percent(found.rapport.among_five),
        percent(found.nearest_vector.among_five),
        percent(found.full_text.among_five),
        format!("{:.3}", confidence.calibration_error),
        chance(auroc_gaps.rapport),
        chance(auroc_gaps.nearest_vector),
        chance(auroc_gaps.full_text),
        gaps_answered,
        format!("{} ({})", percent(at.precision.value), percent(at.answered.value)),
        confidence.at_promise.as_ref().map_or_else(none, answered),
    ]
}

fn answered(at: &AtThreshold) -> String {
    percent(at.answered.value)
}

fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

fn chance(auroc: Option<Estimate>) -> String {
    auroc.map_or_else(none, |auroc| format!("{:.3}", auroc.value))
}

fn none() -> String {
    "–".to_owned()
}
