//! Agreement with the reference vectors, and accuracy on BANKING77.

use std::path::Path;

use crate::block_on;
use llm::embedder::{Embedder, LocalEmbedder};
use serde::Deserialize;

pub fn report(float32: &LocalEmbedder, int8: &LocalEmbedder, shared: &Path) {
    let data = shared.join("data");
    let reference = std::fs::read(data.join("minilm-reference.json")).expect("the reference vectors");
    let reference: Reference = serde_json::from_slice(&reference).expect("the reference format");
    let [float, integer] = [float32, int8].map(|embedder| agreement(embedder, &reference));
    println!(
        "| cosine to the reference, mean | {:.6} | {:.6} |",
        float.0, integer.0
    );
    println!(
        "| the same, lowest of {} | {:.6} | {:.6} |",
        reference.sentences.len(),
        float.1,
        integer.1
    );
    for (file, name) in [
        ("train_5shot.csv", "5 examples an intent"),
        ("train_10shot.csv", "10 examples an intent"),
    ] {
        let [float, integer] =
            [float32, int8].map(|embedder| nearest(embedder, &data.join("banking77"), file));
        println!("| BANKING77, nearest, {name} | {float:.2} % | {integer:.2} % |");
    }
}

#[derive(Deserialize)]
struct Reference {
    sentences: Vec<Sentence>,
}

#[derive(Deserialize)]
struct Sentence {
    text: String,
    token_ids: Vec<u32>,
    vector: Vec<f32>,
}

/// Mean and lowest cosine.
fn agreement(embedder: &LocalEmbedder, reference: &Reference) -> (f32, f32) {
    let cosines = reference.sentences.iter().map(|sentence| {
        assert_eq!(
            embedder.token_ids(&sentence.text),
            sentence.token_ids,
            "{}",
            sentence.text
        );
        dot(&embedder.embed_text(&sentence.text), &sentence.vector)
    });
    let cosines: Vec<f32> = cosines.collect();
    let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
    (mean, cosines.iter().copied().fold(f32::INFINITY, f32::min))
}

/// Percent of the test questions whose nearest example has their intent.
fn nearest(embedder: &LocalEmbedder, folder: &Path, examples: &str) -> f64 {
    let (texts, intents) = read(&folder.join(examples));
    let base = block_on(embedder.embed(texts)).expect("vectors");
    let (texts, expected) = read(&folder.join("test.csv"));
    let questions = block_on(embedder.embed(texts)).expect("vectors");
    let right = questions.iter().zip(&expected).filter(|(question, expected)| {
        let scores = base.iter().map(|entry| dot(entry, question));
        let best = scores.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
        best.is_some_and(|(index, _)| intents[index].eq_ignore_ascii_case(expected))
    });
    100.0 * right.count() as f64 / expected.len() as f64
}

fn read(path: &Path) -> (Vec<String>, Vec<String>) {
    let mut reader = csv::Reader::from_path(path).expect("a CSV file");
    reader
        .deserialize::<(String, String)>()
        .map(|row| row.expect("two columns"))
        .unzip()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
