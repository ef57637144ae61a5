//! Fits the confidence model and writes `src/retrieval/confidence.json` with its reliability curve.
//!
//! `cargo run --release -p knowledge --example fit_confidence`. Needs the public data sets and the local model. Run it
//! again when the features, the ranking or the embedding model change; see docs/answer-quality.md.

mod logistic;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs;

use knowledge::measures::{self, Estimate, Judged, Judgement, THRESHOLD};
use knowledge::retrieval::EntryKind;
use knowledge::retrieval::confidence::{Coefficients, Models, inputs, log_odds};
use serde_json::{Value, json};

use logistic::Example;
use support::simulate::{self, Row, Sort};

type Fitted = BTreeMap<String, Coefficients>;

fn main() {
    let (Some(folder), Some(mut embeddings)) = (support::data_folder(), support::embeddings()) else {
        println!("nothing fitted: the public data sets or the local model are not there");
        return;
    };
    let tenants = simulate::tenants(&folder, &mut embeddings);
    let rows: Vec<Row> = tenants
        .iter()
        .flat_map(|tenant| simulate::rows(tenant, &embeddings))
        .collect();
    println!("{} simulated tenants, {} questions", tenants.len(), rows.len());

    let halves = simulate::halves(&folder, &mut embeddings).map(|tenants| {
        let rows = tenants
            .iter()
            .flat_map(|tenant| simulate::rows(tenant, &embeddings));
        rows.collect::<Vec<Row>>()
    });
    let unseen = cross_validated(&rows, &halves);
    let fitted = fit(rows.iter());
    let file = json!({
        "about": "Logistic models of the probability that the best candidate answers the question. Written by the example fit_confidence.",
        "data": {
            "tenants": tenants.len(),
            "questions": rows.len(),
            "answerable_share": simulate::ANSWERABLE,
            "sets": sets(&rows),
        },
        "models": fitted,
        "reliability_on_unseen_sets": reliability(&unseen),
    });
    let path = support::repository().join("crates/knowledge/src/retrieval/confidence.json");
    fs::write(
        &path,
        format!("{}\n", serde_json::to_string_pretty(&file).expect("JSON")),
    )
    .expect("a writable source tree");
    println!("wrote {}", path.display());
}

fn fit<'a>(rows: impl Iterator<Item = &'a Row> + Clone) -> Fitted {
    let one = |(model, names): &(&str, &[&str])| {
        let examples: Vec<Example> = rows
            .clone()
            .filter(|row| support::fitting::teaches(model, row))
            .map(|row| example(row, names))
            .collect();
        ((*model).to_owned(), logistic::fit(names, &examples))
    };
    inputs::MODELS.iter().map(one).collect()
}

fn example(row: &Row, names: &[&str]) -> Example {
    let read = |name: &&str| {
        let input = inputs::ALL
            .iter()
            .find(|input| input.name == *name)
            .expect("a known input");
        f64::from((input.read)(&row.features))
    };
    Example {
        inputs: names.iter().map(read).collect(),
        right: row.right,
        weight: row.weight,
    }
}

/// Judges every question by models that have seen nothing of its subject. PIAF and the languages of XQuAD by models
/// without their family of sets, as passages and as FAQ; BANKING77, which is alone of its kind, and SQuAD, which is nearly alone in English, by
/// models of the other half of their answers and articles.
fn cross_validated(rows: &[Row], [one, other]: &[Vec<Row>; 2]) -> Vec<(Row, Judged)> {
    let passages = || rows.iter().filter(|row| row.kind == EntryKind::Passage);
    let (piaf, squad): (Vec<&Row>, Vec<&Row>) = passages().partition(|row| row.dataset == "PIAF");
    // XQuAD's English paragraphs are SQuAD's, and its other languages translate them
    let translated = |row: &&Row| row.dataset.starts_with("XQuAD") && row.dataset != "XQuAD en";
    let translations = squad.iter().copied().filter(translated).collect();
    let mut judged = judge_all(&squad, piaf.clone());
    judged.extend(judge_all(&piaf, translations));
    let pairs = rows.iter().filter(|row| row.kind == EntryKind::QaPair);
    let (french, english): (Vec<&Row>, Vec<&Row>) = pairs.partition(|row| row.dataset == "PIAF as FAQ");
    judged.extend(judge_all(&english, french));
    let (one, other): (Vec<&Row>, Vec<&Row>) = (one.iter().collect(), other.iter().collect());
    judged.extend(judge_all(&one, other.clone()));
    judged.extend(judge_all(&other, one));
    let mut sets: Vec<String> = judged.iter().map(|(row, _)| row.dataset.clone()).collect();
    sets.sort();
    sets.dedup();
    for set in sets {
        print_set(&set, &judged);
    }
    judged
}

fn judge_all(seen: &[&Row], unseen: Vec<&Row>) -> Vec<(Row, Judged)> {
    let models = Models::new(&fit(seen.iter().copied()));
    let judged = unseen.into_iter().map(|row| (row.clone(), judge(&models, row)));
    judged.collect()
}

fn judge(models: &Models, row: &Row) -> Judged {
    let odds = f64::from(log_odds(models, row.kind, &row.features));
    Judged {
        probability: 1.0 / (1.0 + (-odds).exp()),
        right: row.right,
        answerable: row.sort == Sort::Answerable,
        weight: row.weight,
    }
}

fn print_set(name: &str, all: &[(Row, Judged)]) {
    for has_vector in [true, false] {
        let judged: Vec<Judged> = all
            .iter()
            .filter(|(row, _)| row.dataset == name && row.features.has_vector == has_vector)
            .map(|(_, judged)| *judged)
            .collect();
        let with = if has_vector { "" } else { ", words alone" };
        println!("{}", summary(&format!("{name}{with}"), &judged));
    }
}

/// The figures of one set in one line.
fn summary(name: &str, judged: &[Judged]) -> String {
    let of = Judgement::of(judged);
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let auroc = |auroc: Option<Estimate>| auroc.map_or("-".into(), |auroc| format!("{:.3}", auroc.value));
    format!(
        "{name:40} ECE {:.3}  AUROC right {} gap {}  at {THRESHOLD}: refused {} caught {} answered {} of it right {}",
        of.calibration_error,
        auroc(of.auroc_right),
        auroc(of.auroc_gaps),
        percent(of.at_default.refused.value),
        percent(of.at_default.caught.value),
        percent(of.at_default.answered.value),
        percent(of.at_default.precision.value),
    )
}

fn sets(rows: &[Row]) -> Vec<String> {
    let mut sets: Vec<String> = rows.iter().map(|row| row.dataset.clone()).collect();
    sets.sort();
    sets.dedup();
    sets
}

fn reliability(unseen: &[(Row, Judged)]) -> Value {
    let curve = |kind: EntryKind, has_vector: bool| {
        let fits = |(row, _): &&(Row, Judged)| row.kind == kind && row.features.has_vector == has_vector;
        let judged: Vec<Judged> = unseen.iter().filter(fits).map(|(_, judged)| *judged).collect();
        let round = |x: f64| (x * 1e3).round() / 1e3;
        let bins = measures::reliability(&judged).into_iter().map(|bin| {
            json!({"share": round(bin.share), "promised": round(bin.promised), "right": round(bin.right.value)})
        });
        json!({"calibration_error": round(measures::calibration_error(&judged)), "bins": bins.collect::<Vec<_>>()})
    };
    json!({
        "qa_pairs": curve(EntryKind::QaPair, true),
        "qa_pairs_words_alone": curve(EntryKind::QaPair, false),
        "passages": curve(EntryKind::Passage, true),
        "passages_words_alone": curve(EntryKind::Passage, false),
    })
}
