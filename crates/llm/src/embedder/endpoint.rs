//! Vectors from any OpenAI-compatible `/embeddings`: OpenAI itself, Ollama, vLLM, TEI and others.
//!
//! Large lists are sent in pieces, one after the other; a piece that fails for a passing reason is
//! sent again. Nothing is cached here.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, timeout};
use url::Url;

use super::{EmbedError, Embedder, normalise};
use crate::breaker::Breaker;
use crate::error::{ChatError, Wait};
use crate::http::{self, ApiKey, HttpRequest, endpoint};
use crate::limits::RetryPolicy;
use crate::retry::Tries;

/// Texts of one request. OpenAI takes 2,048; fewer keep the answer small.
const BATCH_TEXTS: usize = 256;
/// Estimated tokens of one request. OpenAI takes 300,000.
const BATCH_TOKENS: usize = 100_000;
/// Estimated tokens of one text; what is longer is cut. OpenAI takes 8,192.
const TEXT_TOKENS: usize = 8_000;
const TIMEOUT: Duration = Duration::from_secs(60);
/// 256 vectors of 4,096 values stay well below it.
const MAX_ANSWER: usize = 16 << 20;
/// In an answer that holds no vectors, what went wrong stands near the beginning.
const MAX_ERROR: usize = 64 << 10;
/// Between these lies the largest number of a vector that says something.
const SMALLEST: f32 = 1e-12;
const LARGEST: f32 = 1e12;

/// Which model to ask where.
#[derive(Debug, Clone)]
pub struct EndpointConfig {
    /// Ends in `/v1` as a rule. The caller has checked that it may be called.
    pub base_url: Url,
    /// Empty where none is needed.
    pub api_key: ApiKey,
    pub model: String,
    /// The length of the vectors: asked of models that can shorten theirs, checked of all.
    pub dimensions: Option<usize>,
}

/// An embedding model behind HTTP.
pub struct EndpointEmbedder {
    config: EndpointConfig,
    client: reqwest::Client,
    breaker: Breaker,
    retry: RetryPolicy,
    dimensions: usize,
    name: String,
}

impl EndpointEmbedder {
    /// An embedder for this model. Where the configuration leaves the length of its vectors open, one
    /// word is embedded to learn it. `client` and `breaker` as in [`crate::RemoteModel::new`].
    pub async fn connect(
        config: EndpointConfig,
        client: reqwest::Client,
        breaker: Breaker,
    ) -> Result<Self, EmbedError> {
        let mut embedder = Self {
            config,
            client,
            breaker,
            retry: RetryPolicy::default(),
            dimensions: 0,
            name: String::new(),
        };
        embedder.dimensions = match embedder.config.dimensions {
            Some(dimensions) => dimensions,
            None => embedder
                .embed_batch(&["word".to_owned()])
                .await?
                .first()
                .map_or(0, Vec::len),
        };
        embedder.name = format!("{}/{}", embedder.config.model, embedder.dimensions);
        Ok(embedder)
    }

    /// The same embedder with other rules for repeating a call.
    pub fn with_retry(self, retry: RetryPolicy) -> Self {
        Self { retry, ..self }
    }

    async fn embed_all(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in split(texts) {
            for vector in self.embed_batch(&batch).await? {
                if vector.len() != self.dimensions {
                    return Err(EmbedError::WrongDimensions {
                        expected: self.dimensions,
                        got: vector.len(),
                    });
                }
                vectors.push(vector);
            }
        }
        Ok(vectors)
    }

    async fn embed_batch(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ChatError> {
        let mut tries = Tries::new(self.retry);
        loop {
            let permit = self.breaker.enter()?;
            match timeout(TIMEOUT, self.try_batch(texts))
                .await
                .unwrap_or(Err(ChatError::Timeout(Wait::Total)))
            {
                Ok(vectors) => {
                    permit.succeeded();
                    return Ok(vectors);
                }
                Err(error) => {
                    permit.failed(&error);
                    drop(permit);
                    let next: Instant = tries.next_after(&error).ok_or(error)?;
                    tokio::time::sleep_until(next).await;
                }
            }
        }
    }

    async fn try_batch(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ChatError> {
        let key = &self.config.api_key;
        let mut headers = HeaderMap::new();
        if !key.is_empty() {
            headers.insert(AUTHORIZATION, key.header("Bearer ")?);
        }
        let mut body = json!({"model": self.config.model, "input": texts, "encoding_format": "float"});
        if let Some(dimensions) = self.config.dimensions {
            body["dimensions"] = dimensions.into();
        }
        let mut request = HttpRequest {
            url: endpoint(&self.config.base_url, "embeddings"),
            headers,
            body,
        };
        let response = match http::post(&self.client, &request, key).await {
            // Most models have one length only, and say so.
            Err(ChatError::Refused {
                status: 400 | 422,
                detail,
            }) if detail.contains("dimension") => {
                request
                    .body
                    .as_object_mut()
                    .map(|fields| fields.remove("dimensions"));
                http::post(&self.client, &request, key).await?
            }
            result => result?,
        };
        let body = http::read_some(response, MAX_ANSWER).await;
        parse(&body, texts.len(), key)
    }
}

impl Embedder for EndpointEmbedder {
    fn model(&self) -> &str {
        &self.name
    }

    fn dimensions(&self) -> usize {
        self.dimensions
    }

    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, EmbedError>> {
        self.embed_all(texts).boxed()
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

/// The vectors in the order of the texts, at length one.
fn parse(body: &[u8], expected: usize, key: &ApiKey) -> Result<Vec<Vec<f32>>, ChatError> {
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else {
        let body = body.get(..MAX_ERROR.min(body.len())).unwrap_or_default();
        let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
        let is_error = body.get("error").is_some();
        return Err(if is_error {
            http::classify_inline(&body, key)
        } else {
            ChatError::invalid("it is not a list of vectors")
        });
    };
    let mut vectors = vec![Vec::new(); expected];
    for item in answer.data {
        let place = vectors.get_mut(item.index);
        let place = place.ok_or_else(|| ChatError::invalid("a vector for a text that was not sent"))?;
        *place = item.embedding;
    }
    for vector in &mut vectors {
        if vector.is_empty() || vector.iter().any(|value| !value.is_finite()) {
            return Err(ChatError::invalid("a vector is missing or not made of numbers"));
        }
        // beyond that a length cannot be reckoned
        let largest = vector
            .iter()
            .fold(0.0_f32, |largest, value| largest.max(value.abs()));
        if !(SMALLEST..=LARGEST).contains(&largest) {
            return Err(ChatError::invalid(
                "a vector is made of zeros, or of numbers beyond measure",
            ));
        }
        normalise(vector);
    }
    Ok(vectors)
}

/// Cuts a list into requests within the provider's bounds.
fn split(texts: Vec<String>) -> Vec<Vec<String>> {
    let mut batches: Vec<Vec<String>> = Vec::new();
    let mut room = 0;
    for text in texts {
        let (text, tokens) = prepare(text);
        match batches.last_mut() {
            Some(batch) if tokens <= room && batch.len() < BATCH_TEXTS => batch.push(text),
            _ => {
                batches.push(vec![text]);
                room = BATCH_TOKENS;
            }
        }
        room = room.saturating_sub(tokens);
    }
    batches
}

/// A text that the endpoint accepts (not empty, not too long) and a generous estimate of its tokens.
fn prepare(mut text: String) -> (String, usize) {
    if text.trim().is_empty() {
        return ("-".into(), 1);
    }
    // A third of a token for an ASCII character, one for any other.
    let mut thirds = 0;
    for (at, character) in text.char_indices() {
        thirds += if character.is_ascii() { 1 } else { 3 };
        if thirds > TEXT_TOKENS * 3 {
            text.truncate(at);
            break;
        }
    }
    (text, thirds / 3 + 1)
}
