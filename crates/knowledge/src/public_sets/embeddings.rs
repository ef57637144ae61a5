//! Vectors of the sets' texts, computed once and, if wanted, kept in a file by content hash.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use kernel::error::{Result, internal};
use llm::embedder::{Embedder, LocalEmbedder, Precision};
use sha2::{Digest, Sha256};

type Key = [u8; 16];

/// The local model with what it has embedded so far. Blocking: not for use inside of async code.
pub struct Embeddings {
    embedder: LocalEmbedder,
    runtime: tokio::runtime::Runtime,
    known: HashMap<Key, Box<[f32]>>,
    cache: Option<PathBuf>,
}

/// Texts embedded between two writes of the cache.
const BLOCK: usize = 2_048;

impl Embeddings {
    /// Loads the model from its folder, and what an earlier run has left in the folder `cache`.
    pub fn open(model: &Path, cache: Option<&Path>) -> Result<Embeddings> {
        let embedder = LocalEmbedder::load(model, Precision::Int8).map_err(internal)?;
        if let Some(folder) = cache {
            fs::create_dir_all(folder).map_err(internal)?;
        }
        let cache = cache.map(|folder| folder.join("minilm-int8.bin"));
        let known = cache
            .as_ref()
            .map_or_else(HashMap::new, |file| read(file, embedder.dimensions()));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(internal)?;
        Ok(Embeddings {
            embedder,
            runtime,
            known,
            cache,
        })
    }

    /// Makes sure that [`Embeddings::get`] knows all these texts.
    pub fn prepare<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let mut missing: Vec<String> = texts
            .into_iter()
            .filter(|text| !self.known.contains_key(&key(text)))
            .map(str::to_owned)
            .collect();
        // texts of like length go together, because a batch is as long as its longest
        missing.sort_by_key(|text| (text.len(), text.clone()));
        missing.dedup();
        for block in missing.chunks(BLOCK) {
            let vectors = self
                .runtime
                .block_on(self.embedder.embed(block.to_vec()))
                .map_err(internal)?;
            self.store(block, vectors)?;
        }
        Ok(())
    }

    /// The vector of a prepared text.
    pub fn get(&self, text: &str) -> Option<&[f32]> {
        self.known.get(&key(text)).map(|vector| &**vector)
    }

    fn store(&mut self, texts: &[String], vectors: Vec<Vec<f32>>) -> Result<()> {
        let mut bytes = Vec::new();
        for (text, vector) in texts.iter().zip(vectors) {
            bytes.extend(key(text));
            vector.iter().for_each(|x| bytes.extend(x.to_le_bytes()));
            self.known.insert(key(text), vector.into());
        }
        let Some(path) = &self.cache else { return Ok(()) };
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(internal)?;
        file.write_all(&bytes).map_err(internal)
    }
}

fn key(text: &str) -> Key {
    let digest = Sha256::digest(text.as_bytes());
    std::array::from_fn(|i| digest[i])
}

fn read(file: &Path, dimensions: usize) -> HashMap<Key, Box<[f32]>> {
    let bytes = fs::read(file).unwrap_or_default();
    let vector = |components: &[u8]| {
        let floats = components.as_chunks::<4>().0.iter();
        floats.map(|x| f32::from_le_bytes(*x)).collect()
    };
    bytes
        .chunks_exact(16 + 4 * dimensions)
        .filter_map(|record| {
            let (key, components) = record.split_first_chunk::<16>()?;
            Some((*key, vector(components)))
        })
        .collect()
}
