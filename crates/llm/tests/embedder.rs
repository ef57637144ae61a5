//! The local model on real text: against committed numbers, and against the developers' reference
//! vectors. Skipped, with a line that says so, where the model or the data is not there.

use std::path::PathBuf;

use llm::embedder::{Embedder, LoadError, LocalEmbedder, Precision};
use serde::Deserialize;

/// Values of the 32-bit model's vectors at positions 0, 50, 100, … 350.
const SAMPLES: [(&str, [f32; 8]); 4] = [
    (
        "Do you ship to Belgium?",
        [
            0.03967, 0.074103, 0.115889, -0.039899, 0.058713, 0.009582, 0.112247, -0.023465,
        ],
    ),
    (
        "Où est mon colis ?",
        [
            -0.011651, 0.016423, 0.010019, 0.042966, 0.02206, -0.010571, -0.08559, 0.003065,
        ],
    ),
    (
        "I would like to return a broken lamp.",
        [
            -0.022461, 0.05496, 0.068283, 0.0214, -0.06022, 0.053974, -0.046166, -0.007938,
        ],
    ),
    (
        "",
        [
            -0.118838, -0.018234, 0.03595, -0.023039, 0.037717, 0.048589, -0.018427, -0.001827,
        ],
    ),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn load(precision: Precision) -> Option<LocalEmbedder> {
    let runtime =
        std::env::var_os("RAPPORT_RUNTIME_DIR").map_or_else(|| root().join("runtime"), PathBuf::from);
    match LocalEmbedder::load(&runtime.join("models/all-MiniLM-L6-v2"), precision) {
        Err(LoadError::Missing { path }) => {
            println!(
                "skipped: {} is not there, `make setup` fetches it",
                path.display()
            );
            None
        }
        loaded => Some(loaded.expect("a usable model")),
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn both_precisions_agree_with_the_committed_samples() {
    for (precision, tolerance) in [(Precision::Float32, 1e-5), (Precision::Int8, 0.02)] {
        let Some(embedder) = load(precision) else { return };
        for (text, expected) in SAMPLES {
            let vector = embedder.embed_text(text);
            assert_eq!(vector.len(), 384);
            assert!((dot(&vector, &vector) - 1.0).abs() < 1e-5);
            for (value, expected) in vector.iter().step_by(50).zip(expected) {
                assert!(
                    (value - expected).abs() < tolerance,
                    "{precision:?} {text}: {value} for {expected}"
                );
            }
        }
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

fn reference() -> Option<Reference> {
    let shared = std::env::var_os("RAPPORT_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    match std::fs::read(shared.join("data/minilm-reference.json")) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).expect("the reference format")),
        Err(_) => {
            println!("skipped: no shared data (RAPPORT_SHARED)");
            None
        }
    }
}

/// Mean and lowest cosine to the reference vectors.
fn agreement(precision: Precision) -> Option<(f32, f32)> {
    let (embedder, reference) = (load(precision)?, reference()?);
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
    Some((mean, cosines.into_iter().fold(f32::INFINITY, f32::min)))
}

#[test]
fn floats_reproduce_the_reference_vectors() {
    let Some((_, lowest)) = agreement(Precision::Float32) else {
        return;
    };
    assert!(lowest > 0.9999, "{lowest}");
}

#[test]
fn eight_bits_stay_close_to_the_reference_vectors() {
    let Some((mean, lowest)) = agreement(Precision::Int8) else {
        return;
    };
    assert!(mean >= 0.997 && lowest >= 0.99, "mean {mean}, lowest {lowest}");
}

#[tokio::test]
async fn a_list_gives_the_same_vectors_as_its_texts_alone_and_in_order() {
    let Some(embedder) = load(Precision::Int8) else {
        return;
    };
    let mut texts: Vec<String> = (0..90)
        .map(|count| "where is my parcel ".repeat(count % 11))
        .collect();
    texts.extend([
        "\u{0} \u{feff} \u{1f381}".into(),
        "word ".repeat(5_000),
        "x".repeat(100_000),
        "包裹".repeat(300),
    ]);
    let vectors = embedder.embed(texts.clone()).await.expect("vectors");
    assert_eq!(vectors.len(), texts.len());
    for (text, vector) in texts.iter().zip(&vectors) {
        assert_eq!(vector, &embedder.embed_text(text), "{:.40}", text);
    }
    assert!(embedder.embed(Vec::new()).await.expect("nothing").is_empty());
}

#[tokio::test]
async fn many_callers_are_served_at_once() {
    let Some(embedder) = load(Precision::Int8) else {
        return;
    };
    let expected = embedder.embed_text("Do you gift-wrap?");
    let bulk = embedder.embed(vec!["a passage of some length ".repeat(4); 100]);
    let questions = (0..50).map(|_| embedder.embed(vec!["Do you gift-wrap?".into()]));
    let (bulk, questions) = futures::join!(bulk, futures::future::join_all(questions));
    assert_eq!(bulk.expect("vectors").len(), 100);
    for vectors in questions {
        assert_eq!(vectors.expect("a vector"), std::slice::from_ref(&expected));
    }
}

#[test]
fn a_missing_model_says_which_file_is_missing_and_how_to_get_it() {
    let error = LocalEmbedder::load("no/such/folder".as_ref(), Precision::Int8)
        .err()
        .expect("an error");
    assert!(matches!(error, LoadError::Missing { .. }));
    let shown = error.to_string();
    assert!(
        shown.contains("no/such/folder/model.safetensors") && shown.contains("make setup"),
        "{shown}"
    );
}

#[test]
fn a_damaged_model_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let header =
        br#"{"encoder.layer.0.output.dense.bias":{"dtype":"F32","shape":[384],"data_offsets":[0,1536]}}"#;
    let whole = [&(header.len() as u64).to_le_bytes()[..], header].concat();
    for bytes in [
        b"".as_slice(),
        b"short",
        &u64::MAX.to_le_bytes(),
        b"\x04\0\0\0\0\0\0\0oops",
        &whole,
    ] {
        std::fs::write(folder.path().join("model.safetensors"), bytes).expect("a file");
        std::fs::write(folder.path().join("tokenizer.json"), "{}").expect("a file");
        let error = LocalEmbedder::load(folder.path(), Precision::Int8)
            .err()
            .expect("an error");
        assert!(
            matches!(error, LoadError::Read { .. } | LoadError::Format { .. }),
            "{error}"
        );
    }
}
