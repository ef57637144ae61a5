//! Time and memory.

use std::path::Path;
use std::time::{Duration, Instant};

use llm::embedder::{Embedder, LocalEmbedder, Precision};

/// Prints the median time of one text, and the throughput of a batch on all cores.
pub fn report(float32: &LocalEmbedder, int8: &LocalEmbedder, folder: &Path) {
    for tokens in [8, 16, 32, 128] {
        let text = vec!["card"; tokens - 2].join(" ");
        assert_eq!(int8.token_ids(&text).len(), tokens);
        println!(
            "| {tokens} tokens, 1 thread, median | {:.2} ms | {:.2} ms |",
            one(float32, &text),
            one(int8, &text)
        );
    }
    println!(
        "| 1,000 sentences of 8 to 18 tokens, all cores | {:.0}/s | {:.0}/s |",
        many(folder, Precision::Float32),
        many(folder, Precision::Int8)
    );
}

fn one(embedder: &LocalEmbedder, text: &str) -> f64 {
    let mut times: Vec<Duration> = (0..300)
        .map(|_| {
            let start = Instant::now();
            std::hint::black_box(embedder.embed_text(text));
            start.elapsed()
        })
        .skip(20)
        .collect();
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}

fn many(folder: &Path, precision: Precision) -> f64 {
    let words = [
        "how", "do", "i", "return", "a", "parcel", "that", "came", "broken", "to", "you",
    ];
    let texts: Vec<String> = (0..1000)
        .map(|index| {
            (0..6 + index % 11)
                .map(|at| words[(index * 7 + at * 3) % words.len()])
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let embedder = LocalEmbedder::load(folder, precision).expect("the model loads");
    let start = Instant::now();
    crate::block_on(embedder.embed(texts)).expect("vectors");
    1000.0 / start.elapsed().as_secs_f64()
}

/// Memory that this process holds, in MB.
pub fn resident_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}
