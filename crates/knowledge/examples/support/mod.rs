//! Shared by the fit, the tests of quality and the measurement of speed: where data and model lie, and tenants made of them.
//!
//! Not part of the product. Data is looked for in `RAPPORT_SHARED` (or `../shared` beside the
//! repository), the model in `RAPPORT_RUNTIME_DIR` (or `runtime/`). See docs/answer-quality.md.
#![allow(dead_code, reason = "each evaluation uses its part")]

pub mod faq;
pub mod fitting;
pub mod random;
pub mod shop;
pub mod simulate;
pub mod small_shops;

use std::path::{Path, PathBuf};

use knowledge::public_sets::Embeddings;

/// The root of the repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .find(|folder| folder.join("Cargo.lock").exists())
        .unwrap_or(here)
        .to_path_buf()
}

/// The folder with the public data sets, if it is there.
pub fn data_folder() -> Option<PathBuf> {
    let shared =
        std::env::var_os("RAPPORT_SHARED").map_or_else(|| repository().join("../shared"), PathBuf::from);
    Some(shared.join("data")).filter(|folder| folder.join("banking77").is_dir())
}

/// The local model with the vectors of earlier runs, if it is there.
pub fn embeddings() -> Option<Embeddings> {
    let runtime =
        std::env::var_os("RAPPORT_RUNTIME_DIR").map_or_else(|| repository().join("runtime"), PathBuf::from);
    let model = runtime.join("models/all-MiniLM-L6-v2");
    let cache = repository().join("target/quality-cache");
    let is_there = model.join("model.safetensors").is_file();
    is_there.then(|| Embeddings::open(&model, Some(&cache)).expect("the model loads"))
}
