//! Builds the files that the tests read.
#![allow(dead_code, reason = "two programs of tests use it, each a part")]

pub mod pdf;
pub mod word;
