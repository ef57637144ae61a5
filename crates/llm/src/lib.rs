//! Talk to language models: chat, stream, embed, fine-tune; and the local embedder.
//!
//! What it is not: it knows no tenants, prompts or prices, stores nothing and builds no HTTP client
//! (the caller passes a guarded one). Start at [`ChatModel`] and [`RemoteModel`] for words, at
//! [`embedder`] for vectors. Why the wire formats are our own: `docs/decisions/0002-own-model-adapters.md`.

mod breaker;
mod chat;
pub mod embedder;
mod error;
#[cfg(feature = "fake")]
pub mod fake;
mod http;
mod limits;
mod providers;
mod remote;
mod retry;
mod sse;
mod tuning;

pub use breaker::{Breaker, Breakers};
pub use chat::{ChatEvent, ChatMessage, ChatModel, ChatRequest, FinishReason, ToolCall, ToolSpec, Usage};
pub use error::{ChatError, Wait};
pub use http::ApiKey;
pub use limits::{Limits, RetryPolicy};
pub use providers::{ModelConfig, Provider};
pub use remote::RemoteModel;
pub use tuning::{NewTuning, Tuner, TuningError, TuningEvent, TuningJob};
