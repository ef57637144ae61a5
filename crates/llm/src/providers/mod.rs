//! The wire formats: what each provider wants to be sent and how its stream reads.
//!
//! An adapter is pure: it builds a request and reads events. Sending, limits, retries and the
//! terminal marker are the same for all and live in [`crate::remote`]. One more provider is one more
//! file and one line in [`ModelConfig::wire`]; one that copies OpenAI's format needs neither.

mod anthropic;
mod gemini;
mod openai;

use std::sync::Arc;

use url::Url;

use crate::chat::{ChatRequest, FinishReason, ToolCall};
use crate::error::ChatError;
use crate::http::{ApiKey, HttpRequest};
use crate::sse::SseEvent;

/// Whose wire format is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// OpenAI, and with a base URL everything that copies it: Ollama, vLLM, LM Studio and most vendors.
    OpenAi,
    Anthropic,
    Gemini,
}

impl Provider {
    /// The name for traces and keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
        }
    }

    fn default_base(self) -> &'static str {
        match self {
            Self::OpenAi => "https://api.openai.com/v1",
            Self::Anthropic => "https://api.anthropic.com",
            Self::Gemini => "https://generativelanguage.googleapis.com/v1beta",
        }
    }
}

/// Which model to talk to.
#[derive(Debug, Clone)]
pub struct ModelConfig {
    pub provider: Provider,
    /// Instead of the provider's own address; for OpenAI's format it ends in `/v1` as a rule. The
    /// caller has checked that it may be called.
    pub base_url: Option<Url>,
    /// Empty where none is needed.
    pub api_key: ApiKey,
    /// The provider's name of the model.
    pub model: String,
}

impl ModelConfig {
    /// The address that is called: the given one, else the provider's own.
    #[expect(clippy::expect_used, reason = "the constants are URLs")]
    pub(crate) fn base(&self) -> Url {
        let own = || Url::parse(self.provider.default_base()).expect("a URL");
        self.base_url.clone().unwrap_or_else(own)
    }

    pub(crate) fn wire(self) -> Arc<dyn Wire> {
        match self.provider {
            Provider::OpenAi => Arc::new(openai::OpenAi::new(self)),
            Provider::Anthropic => Arc::new(anthropic::Anthropic::new(self)),
            Provider::Gemini => Arc::new(gemini::Gemini::new(self)),
        }
    }
}

/// One provider's format.
pub(crate) trait Wire: Send + Sync {
    fn request(&self, request: &ChatRequest) -> Result<HttpRequest, ChatError>;

    /// Changes a request that a server refused with these words, if a milder form may pass.
    fn adapt(&self, _body: &mut serde_json::Value, _refusal: &str) -> bool {
        false
    }

    fn reader(&self) -> Box<dyn Reader>;
}

/// Reads the events of one answer.
pub(crate) trait Reader: Send {
    fn read(&mut self, event: &SseEvent, pieces: &mut Vec<Piece>) -> Result<(), ChatError>;
}

/// What an event says, the same for all providers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    ToolCall(ToolCall),
    /// Bytes of something that is not shown: reasoning, or arguments still growing.
    Hidden(usize),
    InputTokens(u32),
    OutputTokens(u32),
    Reason(FinishReason),
    /// The terminal marker: the answer is whole.
    End,
}

/// Parses an event's data as JSON.
fn parse<T: serde::de::DeserializeOwned>(event: &SseEvent) -> Result<T, ChatError> {
    serde_json::from_str(&event.data)
        .map_err(|_| ChatError::invalid("an event that is not the expected JSON"))
}

/// Arguments that arrived as text. Nothing at all means no arguments.
fn parse_arguments(text: &str) -> Result<serde_json::Value, ChatError> {
    if text.trim().is_empty() {
        return Ok(serde_json::json!({}));
    }
    serde_json::from_str(text).map_err(|_| ChatError::invalid("tool arguments that are not JSON"))
}
