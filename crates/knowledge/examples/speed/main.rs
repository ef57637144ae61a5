//! How long the in-memory index takes: building, changing one entry, and searching, by size of the base.
//!
//! `cargo run --release -p knowledge --example speed`. Texts are cut from the demo shop's knowledge; vectors are
//! random, which costs the same as real ones. One thread. Figures: bench/retrieval/README.md.

#[path = "../support/mod.rs"]
mod support;

use std::hint::black_box;
use std::time::{Duration, Instant};

use knowledge::language::Language;
use knowledge::public_sets::id_of;
use knowledge::retrieval::{Entry, EntryKind, Index, ModelReach, Query, Tuning};
use support::random::Random;

const DIMENSIONS: usize = 384;

fn main() {
    let words = vocabulary();
    println!(
        "entries        | build      | change one | search p50 | search p99 | words alone p50 | unreranked p50"
    );
    for (size, kind) in [
        (20, EntryKind::QaPair),
        (200, EntryKind::QaPair),
        (1_000, EntryKind::QaPair),
        (10_000, EntryKind::QaPair),
        (200, EntryKind::Passage),
        (1_000, EntryKind::Passage),
        (10_000, EntryKind::Passage),
        (100_000, EntryKind::Passage),
    ] {
        measure(&words, size, kind);
    }
}

fn measure(words: &[String], size: usize, kind: EntryKind) {
    let mut random = Random::new(size as u64);
    let entries: Vec<Entry> = (0..size).map(|at| entry(words, at, kind, &mut random)).collect();
    let changed = entry(words, size / 2, kind, &mut random);
    let unbuilt = entries.clone();
    let start = Instant::now();
    let index = Index::build(unbuilt);
    let build = start.elapsed();
    let start = Instant::now();
    black_box(index.with_changes(vec![changed], &[]));
    let change = start.elapsed();
    let questions: Vec<(String, Box<[f32]>)> = (0..200)
        .map(|_| (text(words, 9, &mut random), vector(&mut random)))
        .collect();
    let (p50, p99) = times(&index, &questions, true);
    let (words_alone, _) = times(&index, &questions, false);
    let mix = Tuning {
        reranked: 0,
        ..Tuning::default()
    };
    let (unreranked, _) = times(
        &Index::build_with(entries, ModelReach::English, mix),
        &questions,
        true,
    );
    println!(
        "{size:>7} {kind:?} | {build:>10.1?} | {change:>10.1?} | {p50:>10.1?} | {p99:>10.1?} | {words_alone:>10.1?} | {unreranked:>10.1?}"
    );
}

fn times(index: &Index, questions: &[(String, Box<[f32]>)], with_vectors: bool) -> (Duration, Duration) {
    let mut times = Vec::new();
    for _ in 0..3 {
        for (text, vector) in questions {
            let query = Query {
                text,
                vector: with_vectors.then_some(vector),
                language: Language::ENGLISH,
            };
            let start = Instant::now();
            black_box(index.search(&query, 8));
            times.push(start.elapsed());
        }
    }
    times.sort();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn entry(words: &[String], at: usize, kind: EntryKind, random: &mut Random) -> Entry {
    let (title, length) = match kind {
        EntryKind::QaPair => (8, 30),
        EntryKind::Passage => (5, 42),
    };
    Entry {
        id: id_of("entry", &at.to_string()),
        kind,
        title: text(words, title, random),
        text: text(words, length, random),
        group: id_of("group", &(at / 3).to_string()),
        language: Language::ENGLISH,
        vector: Some(vector(random)),
    }
}

fn text(words: &[String], length: usize, random: &mut Random) -> String {
    let start = random.below(words.len() - length);
    // A word of every text is its own, as names and numbers are.
    format!(
        "{} x{}",
        words[start..start + length].join(" "),
        random.below(50_000)
    )
}

fn vector(random: &mut Random) -> Box<[f32]> {
    (0..DIMENSIONS)
        .map(|_| (random.next() >> 40) as f32 / (1 << 24) as f32 - 0.5)
        .collect()
}

fn vocabulary() -> Vec<String> {
    let folder = support::repository().join("demo/knowledge/documents");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the demo's documents")
        .flatten()
        .map(|file| file.path())
        .collect();
    files.sort();
    let text: String = files
        .iter()
        .map(|file| std::fs::read_to_string(file).expect("text"))
        .collect();
    text.split_whitespace().map(str::to_owned).collect()
}
