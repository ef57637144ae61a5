//! The API as its callers meet it: the real server over HTTP, one module for each subject.

mod conversations;
mod errors;
mod identity;
mod joining;
mod keys;
mod knowledge;
mod limits;
mod origins;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod taking_over;
