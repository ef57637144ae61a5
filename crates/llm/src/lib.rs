//! Talk to language models: chat, stream, embed; and the local embedder.
//!
//! What it is not: it knows no tenants, prompts or prices, stores nothing and builds no HTTP client
//! (the caller passes a guarded one). Start at [`embedder`] for vectors.

pub mod embedder;
