//! From the files of all-MiniLM-L6-v2 to a model that is ready to run.
//!
//! Tensors are read one at a time, packed and dropped, so that in 8 bits the 90 MB of the file
//! never sit in memory together.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use super::linear::{Kernels, Linear};
use super::model::{FEED_FORWARD, HEAD, HIDDEN, Layer, MAX_TOKENS, Model, Norm, WordTable};
use super::safetensors::SafeTensors;

/// Rows of the word table that are read and converted together.
const ROWS_AT_ONCE: usize = 512;

/// How exact the local model computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats: the yardstick. Four times the memory, about four times the time.
    Float32,
    /// 8-bit weights and activations: what the product runs.
    Int8,
}

/// Why the local model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the embedding model needs {}, which is not there; `make setup` fetches it", path.display())]
    Missing { path: PathBuf },
    #[error("{} could not be read", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{} is not a usable embedding model: {reason}; delete it and run `make setup`", path.display())]
    Format { path: PathBuf, reason: String },
}

impl LoadError {
    pub(super) fn format(path: &Path, reason: impl Display) -> Self {
        Self::Format {
            path: path.into(),
            reason: reason.to_string(),
        }
    }
}

/// The path of one of the model's files, if it is there.
pub(super) fn require(folder: &Path, name: &str) -> Result<PathBuf, LoadError> {
    let path = folder.join(name);
    if path.is_file() {
        Ok(path)
    } else {
        Err(LoadError::Missing { path })
    }
}

pub(super) fn load_model(path: &Path, precision: Precision) -> Result<Model, LoadError> {
    let file = SafeTensors::open(path)?;
    let kernels = Kernels::default();
    let mut layers = Vec::new();
    while file
        .rows(&format!("encoder.layer.{}.output.dense.bias", layers.len()))
        .is_some()
    {
        let prefix = format!("encoder.layer.{}", layers.len());
        layers.push(load_layer(&file, &kernels, precision, &prefix)?);
    }
    if layers.is_empty() {
        return Err(LoadError::format(path, "it has no encoder layers"));
    }
    Ok(Model {
        words: load_words(&file, precision, path)?,
        positions: load_positions(&file)?,
        norm: load_norm(&file, "embeddings.LayerNorm")?,
        layers,
    })
}

fn load_layer(
    file: &SafeTensors,
    kernels: &Kernels,
    precision: Precision,
    prefix: &str,
) -> Result<Layer, LoadError> {
    let dense = |name: &str, inputs, outputs| -> Result<Linear, LoadError> {
        let weights = file.read(&format!("{prefix}.{name}.weight"), &[outputs, inputs])?;
        let bias = file.read(&format!("{prefix}.{name}.bias"), &[outputs])?;
        Ok(Linear::pack(kernels, precision, &weights, bias))
    };
    Ok(Layer {
        projection: load_projection(file, kernels, precision, prefix)?,
        attention_output: dense("attention.output.dense", HIDDEN, HIDDEN)?,
        attention_norm: load_norm(file, &format!("{prefix}.attention.output.LayerNorm"))?,
        expand: dense("intermediate.dense", HIDDEN, FEED_FORWARD)?,
        contract: dense("output.dense", FEED_FORWARD, HIDDEN)?,
        output_norm: load_norm(file, &format!("{prefix}.output.LayerNorm"))?,
    })
}

/// Query, key and value as one product; the queries carry the 1/√head of the attention.
fn load_projection(
    file: &SafeTensors,
    kernels: &Kernels,
    precision: Precision,
    prefix: &str,
) -> Result<Linear, LoadError> {
    let mut weights = Vec::with_capacity(3 * HIDDEN * HIDDEN);
    let mut bias = Vec::with_capacity(3 * HIDDEN);
    for part in ["query", "key", "value"] {
        let name = format!("{prefix}.attention.self.{part}");
        weights.extend(file.read(&format!("{name}.weight"), &[HIDDEN, HIDDEN])?);
        bias.extend(file.read(&format!("{name}.bias"), &[HIDDEN])?);
        if part == "query" {
            let scale = 1.0 / (HEAD as f32).sqrt();
            weights
                .iter_mut()
                .chain(&mut bias)
                .for_each(|value| *value *= scale);
        }
    }
    Ok(Linear::pack(kernels, precision, &weights, bias))
}

fn load_words(file: &SafeTensors, precision: Precision, path: &Path) -> Result<WordTable, LoadError> {
    let name = "embeddings.word_embeddings.weight";
    let count = file
        .rows(name)
        .ok_or_else(|| LoadError::format(path, "it has no word embeddings"))?;
    let mut table = WordTable::with_capacity(precision, count);
    file.read_rows(name, &[count, HIDDEN], ROWS_AT_ONCE, |rows| table.extend(rows))?;
    Ok(table)
}

/// Position embeddings with the only segment that sentences use added to each.
fn load_positions(file: &SafeTensors) -> Result<Vec<f32>, LoadError> {
    let name = "embeddings.position_embeddings.weight";
    let mut positions = file.read(name, &[file.rows(name).unwrap_or(0), HIDDEN])?;
    positions.truncate(MAX_TOKENS * HIDDEN);
    positions.shrink_to_fit();
    let segment = file.read("embeddings.token_type_embeddings.weight", &[2, HIDDEN])?;
    for row in positions.chunks_exact_mut(HIDDEN) {
        row.iter_mut()
            .zip(&segment)
            .for_each(|(value, segment)| *value += segment);
    }
    Ok(positions)
}

fn load_norm(file: &SafeTensors, name: &str) -> Result<Norm, LoadError> {
    Ok(Norm {
        gain: file.read(&format!("{name}.weight"), &[HIDDEN])?,
        bias: file.read(&format!("{name}.bias"), &[HIDDEN])?,
    })
}
