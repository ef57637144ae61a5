//! Shared by the evaluations: the public data sets, cached embeddings, and measures.
//!
//! Not part of the product. Data is looked for in `RAPPORT_SHARED` (or `../shared` beside the
//! repository), the model in `RAPPORT_RUNTIME_DIR` (or `runtime/`). See docs/answer-quality.md.
#![allow(dead_code, reason = "each evaluation uses its part")]

pub mod bases;
pub mod data;
pub mod embeddings;
pub mod evaluate;
pub mod fitting;
pub mod measures;
pub mod random;
pub mod shop;
pub mod simulate;

use std::path::{Path, PathBuf};

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

/// The folder with the model's files, if it is there.
pub fn model_folder() -> Option<PathBuf> {
    let runtime =
        std::env::var_os("RAPPORT_RUNTIME_DIR").map_or_else(|| repository().join("runtime"), PathBuf::from);
    Some(runtime.join("models/all-MiniLM-L6-v2")).filter(|folder| folder.join("model.safetensors").is_file())
}
