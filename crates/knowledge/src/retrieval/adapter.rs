//! Moves a question's vector towards what this tenant's visitors mean by their words, before it is compared.
//!
//! A few directions are read from the vector, and each adds something to it: `q + Σ (readᵣ · q) writeᵣ`. Entries keep their
//! vectors, so nothing is embedded anew, and without an adapter nothing is computed. [`super::lessons`] learns one. Start at
//! [`Adapter::apply`].

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// What was learned from a tenant's own questions.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    dimensions: usize,
    /// One row of `dimensions` a direction.
    read: Vec<f32>,
    write: Vec<f32>,
    /// The questions that it was learned from: of these it says nothing about itself.
    learned_from: BTreeSet<u64>,
}

/// Before the numbers, so that other bytes are not taken for an adapter.
const MARK: &[u8; 4] = b"rpa1";
const HEADER: usize = 16;
/// Sums of products are kept in so many parts, whatever the processor: the same questions give the same adapter.
const LANES: usize = 16;

impl Adapter {
    /// `read` and `write` hold one row a direction.
    pub(super) fn new(dimensions: usize, read: Vec<f32>, write: Vec<f32>) -> Adapter {
        Adapter {
            dimensions,
            read,
            write,
            learned_from: BTreeSet::new(),
        }
    }

    /// Remembers the questions, by a digest of each.
    pub fn learned_from<'a>(mut self, questions: impl IntoIterator<Item = &'a str>) -> Adapter {
        self.learned_from = questions.into_iter().map(digest).collect();
        self
    }

    pub fn has_learned_from(&self, question: &str) -> bool {
        self.learned_from.contains(&digest(question))
    }

    /// SHA-256 of what it computes with, in hex: equal ones do the same.
    pub fn digest(&self) -> String {
        let hash = Sha256::digest(self.to_bytes());
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub fn directions(&self) -> usize {
        self.read.len() / self.dimensions.max(1)
    }

    /// The question as this tenant means it, of length 1. `None` for a vector of another size: another model's.
    pub fn apply(&self, vector: &[f32]) -> Option<Vec<f32>> {
        if vector.len() != self.dimensions {
            return None;
        }
        let mut moved = vector.to_vec();
        let rows = self.read.chunks_exact(self.dimensions);
        for (read, write) in rows.zip(self.write.chunks_exact(self.dimensions)) {
            add(&mut moved, dot(read, vector), write);
        }
        let length = dot(&moved, &moved).sqrt();
        if length == 0.0 || !length.is_finite() {
            return None;
        }
        moved.iter_mut().for_each(|x| *x /= length);
        Some(moved)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes();
        let mut bytes = MARK.to_vec();
        bytes.extend(count(self.dimensions));
        bytes.extend(count(self.directions()));
        bytes.extend(count(self.learned_from.len()));
        for x in self.read.iter().chain(&self.write) {
            bytes.extend(x.to_le_bytes());
        }
        bytes.extend(self.learned_from.iter().flat_map(|digest| digest.to_le_bytes()));
        bytes
    }

    /// `None` for what [`Adapter::to_bytes`] has not written.
    pub fn from_bytes(bytes: &[u8]) -> Option<Adapter> {
        let (header, rest) = bytes.split_at_checked(HEADER)?;
        let (words, _) = header.as_chunks::<4>();
        let count = |at: usize| Some(u32::from_le_bytes(*words.get(at)?) as usize);
        let (dimensions, directions, learned) = (count(1)?, count(2)?, count(3)?);
        let numbers = dimensions.checked_mul(directions)?;
        let length = numbers.checked_mul(8)?.checked_add(learned.checked_mul(8)?)?;
        if words.first() != Some(MARK) || dimensions == 0 || rest.len() != length {
            return None;
        }
        let (numbers_of_both, learned_from) = rest.split_at(numbers * 8);
        let read_number = |number: &[u8; 4]| f32::from_le_bytes(*number);
        let mut read: Vec<f32> = numbers_of_both
            .as_chunks::<4>()
            .0
            .iter()
            .map(read_number)
            .collect();
        let write = read.split_off(numbers);
        let digests = learned_from.as_chunks::<8>().0.iter();
        Some(Adapter {
            dimensions,
            read,
            write,
            learned_from: digests.map(|digest| u64::from_le_bytes(*digest)).collect(),
        })
    }
}

/// Of a question as people repeat it: case and white space do not count.
fn digest(question: &str) -> u64 {
    let plain = question.split_whitespace().collect::<Vec<_>>().join(" ");
    let hash = Sha256::digest(plain.to_lowercase().as_bytes());
    u64::from_le_bytes(std::array::from_fn(|i| hash[i]))
}

/// The sum of products, in [`LANES`] parts that are added up in one order.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut parts = [0.0_f32; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for (part, (x, y)) in parts.iter_mut().zip(a.iter().zip(b)) {
            *part += x * y;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    parts.iter().sum::<f32>() + rest
}

/// `to += factor × row`.
pub(super) fn add(to: &mut [f32], factor: f32, row: &[f32]) {
    to.iter_mut().zip(row).for_each(|(to, x)| *to += factor * x);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter() -> Adapter {
        Adapter::new(3, vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0])
    }

    #[test]
    fn what_is_read_adds_what_is_written() {
        let moved = adapter().apply(&[1.0, 0.0, 0.0]).unwrap();
        assert!((moved[0] - moved[1]).abs() < 1e-6 && (dot(&moved, &moved) - 1.0).abs() < 1e-6);
        assert_eq!(
            adapter().apply(&[0.0, 0.0, 1.0]).unwrap(),
            [0.0, 0.0, 1.0],
            "who says nothing of it is not moved"
        );
        assert!(adapter().apply(&[1.0, 0.0]).is_none(), "another model's vector");
    }

    #[test]
    fn an_adapter_survives_being_stored_and_other_bytes_are_none() {
        let kept = adapter().learned_from(["Do you  ship?", "When?"]);
        let bytes = kept.to_bytes();
        let read = Adapter::from_bytes(&bytes).unwrap();
        assert_eq!(read, kept);
        assert!(read.has_learned_from("do you ship?") && !read.has_learned_from("Do you pay?"));
        assert!(Adapter::from_bytes(&bytes[..bytes.len() - 1]).is_none());
        assert!(Adapter::from_bytes(b"something else, long enough").is_none());
        assert!(Adapter::from_bytes(&[]).is_none());
    }
}
