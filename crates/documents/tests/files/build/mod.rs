//! Builds the files that the tests read.
#![allow(clippy::unwrap_used, reason = "a file that cannot be built fails its test")]
#![allow(dead_code, reason = "several programs of tests use it, each a part")]

pub mod hostile;
pub mod pdf;
pub mod sheet;
pub mod word;
