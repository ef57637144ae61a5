//! What retrieval learns from feedback, measured on public sets: the figures of `bench/adapter/README.md`.
//!
//! `cargo run --release -p knowledge --example adapter`. Part of each set's questions plays a tenant's feedback; what was
//! learned from them is asked questions that took no part at all. Feedback that is chance must change nothing.

#[path = "../support/mod.rs"]
mod support;

use std::collections::HashSet;
use std::time::Instant;

use knowledge::adapters::trial::{Known, Labelled, Trained, train};
use knowledge::measures::{Judged, calibration_error};
use knowledge::public_sets::{self, Asked, Embeddings, id_of};
use knowledge::retrieval::adapter::Adapter;
use knowledge::retrieval::{Entry, Index, Query};
use uuid::Uuid;

/// A tenant: what it knows, and all questions that may be asked of it.
struct Tenant {
    name: String,
    entries: Vec<Entry>,
    questions: Vec<Asked>,
    /// Questions that are asked at the end.
    to_come: Vec<Asked>,
}

fn main() {
    let (Some(folder), Some(mut embeddings)) = (support::data_folder(), support::embeddings()) else {
        println!("nothing measured: the public data sets or the local model are not there");
        return;
    };
    let banking = public_sets::banking(&folder).expect("BANKING77");
    let asked = |row: &public_sets::Labelled| Asked {
        text: row.text.clone(),
        answers: vec![id_of("answer", &row.category)],
    };
    let mut seen = HashSet::new();
    let one_shot: Vec<_> = banking
        .five_shot
        .iter()
        .filter(|row| seen.insert(row.category.clone()))
        .cloned()
        .collect();
    let mut tenants = Vec::new();
    for (name, pairs) in [
        ("BANKING77, 1 example", &one_shot),
        ("BANKING77, 5 examples", &banking.five_shot),
    ] {
        let known: HashSet<&str> = pairs.iter().map(|row| row.text.as_str()).collect();
        let others = banking
            .train
            .iter()
            .filter(|row| !known.contains(row.text.as_str()));
        tenants.push(Tenant {
            name: name.to_owned(),
            entries: public_sets::qa_entries(pairs, &mut embeddings).expect("entries"),
            questions: in_mixed_order(others.map(asked).collect()),
            to_come: banking.test.iter().step_by(3).map(asked).collect(),
        });
    }
    let reading = public_sets::retrieval_bases(&folder, &mut embeddings).expect("the other sets");
    for (name, held) in [("Bank scenarios", 37), ("PIAF", 600)] {
        let base = reading.iter().find(|base| base.name == name).expect("the base");
        let mut questions = in_mixed_order(base.questions.clone());
        let to_come = questions.split_off(questions.len() - held);
        tenants.push(Tenant {
            name: base.name.clone(),
            entries: base.entries.clone(),
            questions,
            to_come,
        });
    }
    println!(
        "| base | feedback | held-back recall@1 (interval of the gain) | serves | to come: recall@1 | MRR | ECE | trained in |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for tenant in &tenants {
        let most = tenant.questions.len();
        for count in [60, 300, 1_000].into_iter().filter(|count| *count <= most) {
            measure(tenant, count, false, &mut embeddings);
        }
        measure(tenant, most.min(300), true, &mut embeddings);
    }
}

/// Always the same one; neither topic nor order of the set counts.
fn in_mixed_order(mut questions: Vec<Asked>) -> Vec<Asked> {
    questions.sort_by_cached_key(|asked| id_of("order", &asked.text));
    questions.dedup_by(|a, b| a.text == b.text);
    questions
}

fn measure(tenant: &Tenant, count: usize, is_chance: bool, embeddings: &mut Embeddings) {
    let given = &tenant.questions[..count];
    let texts = given
        .iter()
        .chain(&tenant.to_come)
        .map(|asked| asked.text.as_str());
    embeddings.prepare(texts).expect("vectors");
    let index = Index::build(tenant.entries.clone());
    let labelled: Vec<Labelled> = given
        .iter()
        .enumerate()
        .map(|(at, asked)| {
            // the answer to another question
            let judged = if is_chance {
                &given[(at * 101 + 37) % count]
            } else {
                asked
            };
            label(tenant, asked, judged, embeddings)
        })
        .collect();
    let started = Instant::now();
    let Trained { figures, adapter } = train(&index, &labelled, |_| {});
    let took = started.elapsed();
    let (base, adapted) = (
        ask(tenant, &index, embeddings, None),
        ask(tenant, &index, embeddings, adapter.as_ref()),
    );
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let gain = figures.gain_recall_at_1;
    println!(
        "| {} | {count}{} | {} → {} ({} to {}) | {} | {} → {} | {:.3} → {:.3} | {:.3} → {:.3} | {:.0} s |",
        tenant.name,
        if is_chance { ", by chance" } else { "" },
        percent(figures.base.recall_at_1),
        percent(figures.adapted.recall_at_1),
        percent(gain.low),
        percent(gain.high),
        figures
            .refusal
            .map_or_else(|| "yes".to_owned(), |refusal| format!("no: {refusal:?}")),
        percent(base.first),
        percent(adapted.first),
        base.reciprocal,
        adapted.reciprocal,
        base.error,
        adapted.error,
        took.as_secs_f64(),
    );
}

fn label(tenant: &Tenant, asked: &Asked, judged: &Asked, embeddings: &Embeddings) -> Labelled {
    let right = tenant
        .entries
        .iter()
        .filter(|entry| judged.answers.contains(&entry.group));
    Labelled {
        question: asked.text.clone(),
        vector: embeddings.get(&asked.text).expect("a vector").to_vec(),
        known: Known::Right(right.map(|entry| entry.id).collect()),
    }
}

struct Score {
    first: f64,
    reciprocal: f64,
    error: f64,
}

/// The questions to come, through the product's search.
fn ask(tenant: &Tenant, index: &Index, embeddings: &Embeddings, adapter: Option<&Adapter>) -> Score {
    let (mut first, mut reciprocal, mut judged) = (0.0, 0.0, Vec::new());
    for asked in &tenant.to_come {
        let plain = embeddings.get(&asked.text).expect("a vector");
        let adapted = adapter.and_then(|adapter| adapter.apply(plain));
        let query = Query::new(&asked.text, Some(adapted.as_deref().unwrap_or(plain)));
        let found = index.search(&query, 20);
        let mut answers: Vec<Uuid> = found.candidates.iter().map(|one| one.group).collect();
        answers.dedup();
        let place = answers.iter().position(|group| asked.answers.contains(group));
        first += f64::from(u8::from(place == Some(0)));
        reciprocal += place.map_or(0.0, |place| 1.0 / (place as f64 + 1.0));
        judged.push(Judged {
            probability: found.confidence().into(),
            right: place == Some(0),
            answerable: true,
            weight: 1.0,
        });
    }
    let count = tenant.to_come.len() as f64;
    Score {
        first: first / count,
        reciprocal: reciprocal / count,
        error: calibration_error(&judged),
    }
}
