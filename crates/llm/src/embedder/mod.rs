//! Text to vectors: one trait, two ways to get them.
//!
//! [`LocalEmbedder`] runs all-MiniLM-L6-v2 inside this process and needs no network;
//! [`EndpointEmbedder`] asks any OpenAI-compatible `/embeddings`. Both return unit vectors, so the
//! dot product of two of them is their cosine. Vectors of different models must never be compared:
//! store [`Embedder::model`] beside every vector.

mod attention;
#[cfg(target_arch = "x86_64")]
mod bytes;
mod endpoint;
mod linear;
mod load;
mod local;
mod model;
mod pool;
mod safetensors;
mod simd;
mod tokens;

use futures::future::BoxFuture;

use crate::error::ChatError;

pub use endpoint::{EndpointConfig, EndpointEmbedder};
pub use load::{LoadError, Precision};
pub use local::LocalEmbedder;

/// Turns texts into unit vectors.
pub trait Embedder: Send + Sync {
    /// Names the model and its settings, such that equal names mean comparable vectors.
    fn model(&self) -> &str;

    /// The length of every vector.
    fn dimensions(&self) -> usize;

    /// One unit vector for each text, in the order of the texts.
    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, EmbedError>>;
}

/// Why texts could not be embedded.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The local embedder is shutting down, or one of its threads failed.
    #[error("the local embedder has stopped; restart the server")]
    Stopped,
    /// The endpoint failed; the inner error says how.
    #[error(transparent)]
    Provider(#[from] ChatError),
    /// The endpoint's vectors are not those of the model that was set up.
    #[error(
        "the embeddings endpoint sent vectors of {got} values where {expected} were set up; choose the model again to embed everything anew"
    )]
    WrongDimensions { expected: usize, got: usize },
}

/// Scales a vector to length one; a zero vector stays as it is.
fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
}
