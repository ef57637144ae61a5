//! What it costs to judge a base by a sample: the same questions, asked of everything in memory and of a sample with what
//! an index would find.
//!
//! `RAPPORT_SHARED=… cargo run --release -p knowledge --example sampled [parts]`: one passage of so many is held (10 unless
//! given). The nearest passages are exact here, so that this shows the sample's cost alone; what HNSW misses is measured
//! by the server itself (`GET /api/v1/knowledge/index`). Figures: bench/retrieval/README.md.

#[path = "../support/mod.rs"]
mod support;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use knowledge::public_sets::{self, Asked, Base, Embeddings};
use knowledge::retrieval::{Candidate, Entry, EntryKind, FoundPassages, Index, Query, passage_words};
use uuid::Uuid;

/// As `knowledge::vector_index::search` has them.
const CANDIDATES: usize = 64;
const MOST_WORDS: usize = 6;
const ASKED_FOR: usize = 8;

fn main() {
    let (Some(folder), Some(mut embeddings)) = (support::data_folder(), support::embeddings()) else {
        println!("nothing measured: the public data sets or the local model are not there");
        return;
    };
    let parts = std::env::args()
        .nth(1)
        .map_or(10, |parts| parts.parse().expect("a number"));
    let bases = public_sets::retrieval_bases(&folder, &mut embeddings).expect("the data sets");
    println!(
        "set                 held  of   same first  R@1 whole  R@1 sample  R@5 whole  R@5 sample  confidence, mean difference  |difference|  search, p50"
    );
    for base in bases.iter().filter(|base| base.kind == EntryKind::Passage) {
        compare(base, &embeddings, parts);
    }
}

#[derive(Default)]
struct Sums {
    same: usize,
    whole: [usize; 2],
    sample: [usize; 2],
    difference: f64,
    absolute: f64,
}

fn compare(base: &Base, embeddings: &Embeddings, parts: u128) {
    let whole = Index::build(base.entries.clone());
    let held = |entry: &&Entry| !held_elsewhere(entry.id, parts);
    let sample: Vec<Entry> = base.entries.iter().filter(held).cloned().collect();
    let count = sample.len();
    let sample = Index::build(sample);
    let elsewhere = Elsewhere::of(base, parts);
    let (mut sums, mut times) = (Sums::default(), Vec::new());
    for asked in &base.questions {
        let query = Query::new(&asked.text, embeddings.get(&asked.text));
        let expected = whole.search(&query, ASKED_FOR).candidates;
        let found = elsewhere.find(&sample, &query);
        let begun = Instant::now();
        let got = sample.with_found(found).search(&query, ASKED_FOR).candidates;
        times.push(begun.elapsed());
        sums.add(asked, &expected, &got);
    }
    times.sort_unstable();
    print(base, count, &sums, times[times.len() / 2]);
}

impl Sums {
    fn add(&mut self, asked: &Asked, whole: &[Candidate], sample: &[Candidate]) {
        let first = |found: &[Candidate]| found.first().map(|best| best.id);
        let sure = |found: &[Candidate]| found.first().map_or(0.0, |best| f64::from(best.probability));
        let is_right = |found: &[Candidate], among: usize| {
            let right = |one: &Candidate| asked.answers.contains(&one.group);
            usize::from(found.iter().take(among).any(right))
        };
        self.same += usize::from(first(whole) == first(sample));
        for (at, among) in [1, 5].into_iter().enumerate() {
            self.whole[at] += is_right(whole, among);
            self.sample[at] += is_right(sample, among);
        }
        self.difference += sure(sample) - sure(whole);
        self.absolute += (sure(sample) - sure(whole)).abs();
    }
}

fn print(base: &Base, held: usize, sums: &Sums, p50: Duration) {
    let share = |count: usize| 100.0 * count as f64 / base.questions.len() as f64;
    let mean = |sum: f64| sum / base.questions.len() as f64;
    println!(
        "{:18} {held:5} {:5}  {:8.2} %  {:7.2} %  {:8.2} %  {:7.2} %  {:8.2} %  {:+27.4}  {:12.4}  {p50:9.1?}",
        base.name,
        base.entries.len(),
        share(sums.same),
        share(sums.whole[0]),
        share(sums.sample[0]),
        share(sums.whole[1]),
        share(sums.sample[1]),
        mean(sums.difference),
        mean(sums.absolute),
    );
}

/// Stands for the index: all passages, with the words that each holds.
struct Elsewhere<'a> {
    base: &'a Base,
    parts: u128,
    holding: HashMap<String, Vec<usize>>,
}

impl<'a> Elsewhere<'a> {
    fn of(base: &'a Base, parts: u128) -> Self {
        let mut holding: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, entry) in base.entries.iter().enumerate() {
            for word in passage_words(&entry.title, &entry.text, entry.language) {
                holding.entry(word).or_default().push(at);
            }
        }
        Self { base, parts, holding }
    }

    fn find(&self, sample: &Index, query: &Query<'_>) -> FoundPassages {
        let mut holding = HashMap::new();
        let mut known: Vec<Vec<&String>> = Vec::new();
        let words = sample.words_to_look_for(query.text, query.language);
        for word in &words {
            for form in word.forms.iter().chain(&word.guesses) {
                if let Some(held) = self.holding.get(form) {
                    holding.insert(form.clone(), held.len());
                }
            }
            let present = |forms: &'_ [String]| -> Vec<&String> {
                let keys = forms.iter().filter_map(|form| self.holding.get_key_value(form));
                keys.map(|(word, _)| word).collect()
            };
            let forms = present(&word.forms);
            let forms = if forms.is_empty() {
                present(&word.guesses)
            } else {
                forms
            };
            if !forms.is_empty() {
                known.push(forms);
            }
        }
        let count = |forms: &Vec<&String>| forms.iter().map(|form| self.holding[*form].len()).sum::<usize>();
        known.sort_by_key(count);
        known.truncate(MOST_WORDS);
        let mut weights = vec![0.0_f32; self.base.entries.len()];
        for forms in &known {
            let idf = (self.base.entries.len() as f32 / count(forms) as f32).ln_1p();
            let held = forms.iter().flat_map(|form| &self.holding[*form]);
            held.for_each(|at| weights[*at] += idf);
        }
        let mut chosen = best(&weights);
        chosen.retain(|at| weights[*at] > 0.0);
        if let Some(vector) = query.vector {
            let cosine = |entry: &Entry| {
                let of_entry = entry.vector.as_deref();
                of_entry.map_or(-1.0, |of_entry| {
                    of_entry.iter().zip(vector).map(|(a, b)| a * b).sum()
                })
            };
            let cosines: Vec<f32> = self.base.entries.iter().map(cosine).collect();
            chosen.extend(best(&cosines));
        }
        chosen.sort_unstable();
        chosen.dedup();
        let is_elsewhere = |entry: &&Entry| held_elsewhere(entry.id, self.parts);
        let entries = chosen
            .into_iter()
            .map(|at| &self.base.entries[at])
            .filter(is_elsewhere);
        FoundPassages {
            entries: entries.cloned().collect(),
            passages: self.base.entries.len(),
            holding,
        }
    }
}

fn held_elsewhere(id: Uuid, parts: u128) -> bool {
    !id.as_u128().is_multiple_of(parts)
}

fn best(scores: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    order.truncate(CANDIDATES);
    order
}
