//! Vectors of the evaluation's texts, computed once and kept in `target/` by content hash.

use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use llm::embedder::{Embedder, LocalEmbedder, Precision};
use sha2::{Digest, Sha256};

use super::{model_folder, repository};

type Key = [u8; 16];

pub struct Embeddings {
    embedder: LocalEmbedder,
    runtime: tokio::runtime::Runtime,
    known: HashMap<Key, Box<[f32]>>,
    file: PathBuf,
}

/// Texts embedded between two writes of the cache.
const BLOCK: usize = 2_048;

impl Embeddings {
    /// `None` when the model's files are not there.
    pub fn open(precision: Precision) -> Option<Embeddings> {
        let name = format!("{precision:?}").to_lowercase();
        let embedder = LocalEmbedder::load(&model_folder()?, precision).expect("the model loads");
        let folder = repository().join("target/quality-cache");
        fs::create_dir_all(&folder).expect("a folder in target/");
        let file = folder.join(format!("minilm-{name}.bin"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .expect("a runtime");
        let known = read(&file, embedder.dimensions());
        Some(Embeddings {
            embedder,
            runtime,
            known,
            file,
        })
    }

    /// Makes sure that [`Embeddings::get`] knows all these texts.
    pub fn prepare<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        let mut missing: Vec<String> = texts
            .into_iter()
            .filter(|text| !self.known.contains_key(&key(text)))
            .map(str::to_owned)
            .collect();
        missing.sort_by_key(|text| (text.len(), text.clone()));
        missing.dedup();
        let start = Instant::now();
        for block in missing.chunks(BLOCK) {
            let vectors = self
                .runtime
                .block_on(self.embedder.embed(block.to_vec()))
                .expect("vectors");
            self.store(block, vectors);
        }
        if missing.len() > BLOCK {
            eprintln!("embedded {} new texts in {:.0?}", missing.len(), start.elapsed());
        }
    }

    pub fn get(&self, text: &str) -> &[f32] {
        self.known.get(&key(text)).expect("a prepared text")
    }

    fn store(&mut self, texts: &[String], vectors: Vec<Vec<f32>>) {
        let mut bytes = Vec::new();
        for (text, vector) in texts.iter().zip(vectors) {
            bytes.extend(key(text));
            vector.iter().for_each(|x| bytes.extend(x.to_le_bytes()));
            self.known.insert(key(text), vector.into());
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.file)
            .expect("the cache file");
        file.write_all(&bytes).expect("room in target/");
    }
}

fn key(text: &str) -> Key {
    let digest = Sha256::digest(text.as_bytes());
    std::array::from_fn(|i| digest[i])
}

fn read(file: &PathBuf, dimensions: usize) -> HashMap<Key, Box<[f32]>> {
    let bytes = fs::read(file).unwrap_or_default();
    bytes
        .chunks_exact(16 + 4 * dimensions)
        .map(|record| {
            let (key, components) = record.split_at(16);
            let vector = components
                .as_chunks::<4>()
                .0
                .iter()
                .map(|x| f32::from_le_bytes(*x))
                .collect();
            (key.try_into().expect("16 bytes"), vector)
        })
        .collect()
}
