//! Measures the local embedder: speed, agreement with the reference vectors, quality.
//!
//! `cargo run --release -p llm --example embedder` prints the tables of `bench/embedder/README.md`.
//! Needs the model in `runtime/` (`make setup`); quality and agreement need the developers' data
//! (`RAPPORT_SHARED`, else `../shared`) and are left out without it.

mod quality;
mod speed;

use std::path::PathBuf;

use llm::embedder::{LocalEmbedder, Precision};

fn main() {
    let folder = model_folder();
    let start = std::time::Instant::now();
    let int8 = LocalEmbedder::load_with_threads(&folder, Precision::Int8, 1).expect("the model loads");
    let int8_load = (start.elapsed(), speed::resident_megabytes());
    let start = std::time::Instant::now();
    let float32 = LocalEmbedder::load_with_threads(&folder, Precision::Float32, 1).expect("the model loads");
    let float32_load = (start.elapsed(), speed::resident_megabytes() - int8_load.1);

    println!("| | 32-bit floats | 8 bits |\n|---|---|---|");
    println!(
        "| load | {:.0} ms | {:.0} ms |",
        float32_load.0.as_secs_f64() * 1e3,
        int8_load.0.as_secs_f64() * 1e3
    );
    println!(
        "| resident memory after it (8 bits: whole process) | +{:.0} MB | {:.0} MB |",
        float32_load.1, int8_load.1
    );
    speed::report(&float32, &int8, &folder);
    match shared_folder() {
        Some(shared) => quality::report(&float32, &int8, &shared),
        None => println!("| quality | left out: no shared data | |"),
    }
}

fn model_folder() -> PathBuf {
    let runtime =
        std::env::var_os("RAPPORT_RUNTIME_DIR").map_or_else(|| root().join("runtime"), PathBuf::from);
    runtime.join("models/all-MiniLM-L6-v2")
}

fn shared_folder() -> Option<PathBuf> {
    let shared = std::env::var_os("RAPPORT_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    shared.join("data").is_dir().then_some(shared)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs a future to its end on this thread.
fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(future)
}
