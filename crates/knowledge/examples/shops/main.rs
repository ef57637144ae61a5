//! What small shops answer and decline, question by question.
//!
//! `cargo run -p knowledge --example shops`; see docs/answer-quality.md.

#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use knowledge::measures::{Judged, Judgement};
use support::small_shops::{self, Said};

fn main() {
    let Some(mut embeddings) = support::embeddings() else {
        println!("nothing asked: the local model is not there");
        return;
    };
    let shops = small_shops::read();
    let taught = shops.shops.len() / 2;
    let said = shops.ask(&mut embeddings);
    let mut by_why: BTreeMap<&str, Counts> = BTreeMap::new();
    for one in &said {
        let counts = by_why.entry(&one.question.why).or_default();
        match (one.is_answered(), one.is_right) {
            (true, true) => counts.right += 1,
            (true, false) => counts.wrong += 1,
            (false, _) => counts.declined += 1,
        }
        if one.is_answered() && !one.is_right || one.is_declined_in_vain() {
            print(one);
        }
    }
    for (why, counts) in by_why {
        println!("{why:20} {counts:?}");
    }
    let names: Vec<&str> = shops.shops[..taught]
        .iter()
        .map(|shop| shop.name.as_str())
        .collect();
    for (half, is_taught) in [("that the fit has seen", true), ("that it has not", false)] {
        let fits = |one: &&Said| names.contains(&one.shop.name.as_str()) == is_taught;
        let judged: Vec<Judged> = said.iter().filter(fits).map(Said::judged).collect();
        println!("shops {half}: {:#?}", Judgement::of(&judged).at_default);
    }
}

#[derive(Debug, Default)]
struct Counts {
    right: usize,
    wrong: usize,
    declined: usize,
}

fn print(one: &Said) {
    println!(
        "{} {:.2} {:16} {} | {}\n    {:?}",
        if one.is_answered() { "WRONG" } else { "refused" },
        one.best.probability,
        one.question.why,
        one.question.text,
        one.best.title,
        one.best.features
    );
}
