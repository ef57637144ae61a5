//! Time and memory.

use std::path::Path;
use std::time::Instant;

use llm::embedder::{Embedder, LocalEmbedder, Precision};

/// Prints the time of one text (the fastest of many, and the mean time on the processor, which other
/// work on the machine moves less than the clock on the wall) and the throughput of a list.
pub fn report(float32: &LocalEmbedder, int8: &LocalEmbedder, folder: &Path) {
    for tokens in [8, 16, 32, 128] {
        let text = vec!["card"; tokens - 2].join(" ");
        assert_eq!(int8.token_ids(&text).len(), tokens);
        println!(
            "| {tokens} tokens, 1 thread, fastest / mean on the processor | {} | {} |",
            one(float32, &text),
            one(int8, &text)
        );
    }
    println!(
        "| 1,000 sentences of 8 to 18 tokens, all cores: a second / a second of processor time | {} | {} |",
        many(folder, Precision::Float32),
        many(folder, Precision::Int8)
    );
}

fn one(embedder: &LocalEmbedder, text: &str) -> String {
    let run = || {
        let start = Instant::now();
        std::hint::black_box(embedder.embed_text(text));
        start.elapsed()
    };
    (0..20).map(|_| run()).for_each(|_| {});
    let before = processor_seconds();
    let fastest = (0..300).map(|_| run()).min().unwrap_or_default();
    let mean = (processor_seconds() - before) / 300.0;
    format!("{:.2} / {:.2} ms", fastest.as_secs_f64() * 1e3, mean * 1e3)
}

fn many(folder: &Path, precision: Precision) -> String {
    let words = [
        "how", "do", "i", "return", "a", "parcel", "that", "came", "broken", "to", "you",
    ];
    let sentence = |index: usize| {
        let words = (0..6 + index % 11).map(|at| words[(index * 7 + at * 3) % words.len()]);
        words.collect::<Vec<_>>().join(" ")
    };
    let texts = (0..1000).map(sentence).collect();
    let embedder = LocalEmbedder::load(folder, precision).expect("the model loads");
    let (start, before) = (Instant::now(), processor_seconds());
    crate::block_on(embedder.embed(texts)).expect("vectors");
    let (wall, processor) = (start.elapsed().as_secs_f64(), processor_seconds() - before);
    format!("{:.0} / {:.0}", 1000.0 / wall, 1000.0 / processor)
}

/// Time that all threads of this process have spent on a processor.
fn processor_seconds() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let times = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        times.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// Memory that this process holds, in MB.
pub fn resident_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(f64::NAN) / 1024.0
}
