//! Finds what answers a question, and says how sure it is. Pure: no database, no HTTP, no clock.
//!
//! The caller loads a tenant's rows, builds an [`Index`] once, shares it, and replaces it when the base
//! changes. A search mixes meaning (vectors) and words (BM25 with real idf), then a small fitted model turns
//! what is known about each candidate into a probability. Start at [`Index`] and [`Query`].

pub mod adapter;
pub mod base;
pub mod confidence;
mod examples;
pub mod features;
mod found;
mod index;
pub mod lessons;
mod lexical;
mod names;
mod phrases;
mod ranking;
pub mod reranking;
mod search;
mod shelf;
mod similar;
pub mod text;
mod trust;
pub mod tuning;
mod twins;
mod vectors;
mod vocabulary;
mod yardstick;

#[cfg(test)]
mod tests;

pub use features::Features;
pub use found::{FoundPassages, QuestionWord, passage_words};
pub use index::{Entry, EntryKind, Index};
pub use names::names;
pub use search::{Candidate, Query, SearchResult, SearchedBase};
pub use similar::{NearPair, NearPairs, Similar, Wording};
pub use trust::ModelReach;
pub use tuning::Tuning;
pub use vectors::cosine;
