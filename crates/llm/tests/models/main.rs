//! Providers over real HTTP, against the fake one: the wire formats, and every way to misbehave.

mod circuit;
mod cuts;
mod embeddings;
mod hangs;
mod lies;
mod retries;
mod secrets;
mod support;
mod wire;
