//! Reads single tensors out of a safetensors file without loading the rest.
//!
//! The format: 8 bytes of header length (little endian), a JSON header that maps names to type,
//! shape and byte range, then the data. Only 32-bit floats are understood.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::load::LoadError;

/// A header beyond this is not a model of ours.
const MAX_HEADER: u64 = 4 << 20;

pub(super) struct SafeTensors {
    path: PathBuf,
    file: File,
    data_at: u64,
    tensors: HashMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

impl SafeTensors {
    pub(super) fn open(path: &Path) -> Result<Self, LoadError> {
        let file = File::open(path).map_err(|source| LoadError::Read {
            path: path.into(),
            source,
        })?;
        let read = |bytes: &mut [u8], at| {
            file.read_exact_at(bytes, at).map_err(|source| LoadError::Read {
                path: path.into(),
                source,
            })
        };
        let mut length = [0_u8; 8];
        read(&mut length, 0)?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER {
            return Err(LoadError::format(path, "its header is too long"));
        }
        let mut header = vec![0_u8; length as usize];
        read(&mut header, 8)?;
        let tensors = parse_header(&header).map_err(|error| LoadError::format(path, error))?;
        Ok(Self {
            path: path.into(),
            file,
            data_at: 8 + length,
            tensors,
        })
    }

    /// Reads the whole tensor `name`, which must have exactly this shape.
    pub(super) fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, LoadError> {
        let rows = shape[0];
        let mut values = Vec::with_capacity(shape.iter().product());
        self.read_rows(name, shape, rows, |chunk| values.extend_from_slice(chunk))?;
        Ok(values)
    }

    /// Hands out the tensor in pieces of up to `rows` rows, so that a large one is never in memory
    /// as a whole.
    pub(super) fn read_rows(
        &self,
        name: &str,
        shape: &[usize],
        rows: usize,
        mut take: impl FnMut(&[f32]),
    ) -> Result<(), LoadError> {
        let entry = self.find(name, shape)?;
        let row_bytes = shape[1..].iter().product::<usize>() * size_of::<f32>();
        let mut bytes = vec![0_u8; rows.min(shape[0]) * row_bytes];
        let mut floats = Vec::with_capacity(bytes.len() / size_of::<f32>());
        let mut at = self.data_at + entry.data_offsets[0];
        let mut left = shape[0] * row_bytes;
        while left > 0 {
            let take_now = left.min(bytes.len());
            let bytes = &mut bytes[..take_now];
            self.file
                .read_exact_at(bytes, at)
                .map_err(|source| LoadError::Read {
                    path: self.path.clone(),
                    source,
                })?;
            floats.clear();
            floats.extend(
                bytes
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .map(|bytes| f32::from_le_bytes(*bytes)),
            );
            take(&floats);
            at += take_now as u64;
            left -= take_now;
        }
        Ok(())
    }

    /// The number of rows of a tensor, if it exists.
    pub(super) fn rows(&self, name: &str) -> Option<usize> {
        self.tensors.get(name)?.shape.first().copied()
    }

    fn find(&self, name: &str, shape: &[usize]) -> Result<&Entry, LoadError> {
        let bad = |what: String| LoadError::format(&self.path, what);
        let entry = self
            .tensors
            .get(name)
            .ok_or_else(|| bad(format!("it has no tensor {name}")))?;
        let length = (shape.iter().product::<usize>() * size_of::<f32>()) as u64;
        let [start, end] = entry.data_offsets;
        if entry.dtype != "F32" || entry.shape != shape || end.checked_sub(start) != Some(length) {
            return Err(bad(format!(
                "tensor {name} is not a 32-bit float tensor of shape {shape:?}"
            )));
        }
        Ok(entry)
    }
}

fn parse_header(header: &[u8]) -> Result<HashMap<String, Entry>, serde_json::Error> {
    let mut raw: HashMap<String, serde_json::Value> = serde_json::from_slice(header)?;
    raw.remove("__metadata__");
    raw.into_iter()
        .map(|(name, entry)| Ok((name, serde_json::from_value(entry)?)))
        .collect()
}
