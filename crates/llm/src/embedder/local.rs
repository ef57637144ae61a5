//! all-MiniLM-L6-v2 in this process: 384 dimensions, English, at most 256 tokens of a text.
//!
//! [`LocalEmbedder::embed_text`] blocks its caller; from async code use [`Embedder::embed`]. Both
//! run on the embedder's own threads, one for each core.

use std::path::Path;
use std::sync::{Arc, mpsc};

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{Semaphore, oneshot};

use super::load::{LoadError, Precision, load_model, require};
use super::model::{HIDDEN, MAX_TOKENS, Model, Workspace};
use super::pool::{Lane, Pool};
use super::tokens::Tokens;
use super::{EmbedError, Embedder};

/// Up to so many texts at once count as a question that somebody waits for.
const QUESTION_TEXTS: usize = 2;
/// Tokens of a batch that run together: enough to reuse the weights, few enough to yield soon.
const BATCH_TOKENS: usize = 128;
/// Pieces of work queued at once; callers beyond it wait their turn.
const QUEUED: usize = 64;

/// The local model, loaded and ready. Cheap to share behind an `Arc`.
pub struct LocalEmbedder {
    network: Arc<Network>,
    pool: Pool<Workspace>,
    places: Arc<Semaphore>,
}

struct Network {
    model: Model,
    tokens: Tokens,
}

impl LocalEmbedder {
    /// Loads `model.safetensors` and `tokenizer.json` from `folder` and starts one thread a core.
    pub fn load(folder: &Path, precision: Precision) -> Result<Self, LoadError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self::load_with_threads(folder, precision, threads)
    }

    /// As [`LocalEmbedder::load`], with a given number of threads.
    pub fn load_with_threads(folder: &Path, precision: Precision, threads: usize) -> Result<Self, LoadError> {
        let weights = require(folder, "model.safetensors")?;
        let tokenizer = require(folder, "tokenizer.json")?;
        let model = load_model(&weights, precision)?;
        let tokens = Tokens::load(&tokenizer, model.words.len())?;
        let pool = Pool::start(threads.max(1)).map_err(|source| LoadError::Read {
            path: folder.into(),
            source,
        })?;
        Ok(Self {
            network: Arc::new(Network { model, tokens }),
            pool,
            places: Arc::new(Semaphore::new(QUEUED)),
        })
    }

    /// The unit vector of one text. Blocks the calling thread for one to some milliseconds.
    #[expect(
        clippy::expect_used,
        reason = "no answer means that the model panicked: pass it on"
    )]
    pub fn embed_text(&self, text: &str) -> Vec<f32> {
        let (sender, receiver) = mpsc::sync_channel(1);
        let (network, text) = (Arc::clone(&self.network), text.to_owned());
        let job = move |workspace: &mut Workspace| {
            let _ = sender.send(network.embed(&[text], workspace));
        };
        self.pool.submit(Lane::Question, Box::new(job));
        receiver
            .recv()
            .ok()
            .and_then(|mut vectors| vectors.pop())
            .expect("a vector for the text")
    }

    /// The token ids of a text, `[CLS]` and `[SEP]` among them; at most 256.
    pub fn token_ids(&self, text: &str) -> Vec<u32> {
        self.network.tokens.encode(text)
    }

    async fn embed_all(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EmbedError> {
        let lane = if texts.len() <= QUESTION_TEXTS {
            Lane::Question
        } else {
            Lane::Bulk
        };
        let mut vectors = vec![Vec::new(); texts.len()];
        let mut pending = Vec::new();
        for batch in split(texts) {
            pending.push(self.submit(lane, batch).await?);
        }
        for (indices, receiver) in pending {
            let batch = receiver.await.map_err(|_| EmbedError::Stopped)?;
            indices
                .into_iter()
                .zip(batch)
                .for_each(|(index, vector)| vectors[index] = vector);
        }
        Ok(vectors)
    }

    /// Queues a batch, waiting for a place; a batch whose caller has gone is not computed.
    async fn submit(&self, lane: Lane, batch: Batch) -> Result<(Vec<usize>, Receiver), EmbedError> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|_| EmbedError::Stopped)?;
        let (sender, receiver) = oneshot::channel();
        let network = Arc::clone(&self.network);
        let job = move |workspace: &mut Workspace| {
            if !sender.is_closed() {
                let _ = sender.send(network.embed(&batch.texts, workspace));
            }
            drop(place);
        };
        self.pool.submit(lane, Box::new(job));
        Ok((batch.indices, receiver))
    }
}

type Receiver = oneshot::Receiver<Vec<Vec<f32>>>;

impl Embedder for LocalEmbedder {
    fn model(&self) -> &str {
        "all-MiniLM-L6-v2"
    }

    fn dimensions(&self) -> usize {
        HIDDEN
    }

    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, EmbedError>> {
        self.embed_all(texts).boxed()
    }
}

impl Network {
    fn embed(&self, texts: &[String], workspace: &mut Workspace) -> Vec<Vec<f32>> {
        let ids: Vec<Vec<u32>> = texts.iter().map(|text| self.tokens.encode(text)).collect();
        let ids: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
        self.model.embed(&ids, workspace)
    }
}

/// Texts that run together, and their places in the caller's list.
struct Batch {
    indices: Vec<usize>,
    texts: Vec<String>,
}

/// Cuts a list into batches of similar cost, the shortest texts first.
fn split(texts: Vec<String>) -> Vec<Batch> {
    let mut texts: Vec<(usize, String)> = texts.into_iter().enumerate().collect();
    texts.sort_by_key(|(_, text)| text.len());
    let mut batches: Vec<Batch> = Vec::new();
    let mut room = 0;
    for (index, text) in texts {
        let tokens = estimate_tokens(&text);
        if tokens > room || batches.is_empty() {
            batches.push(Batch {
                indices: Vec::new(),
                texts: Vec::new(),
            });
            room = BATCH_TOKENS.max(tokens);
        }
        room -= tokens;
        if let Some(batch) = batches.last_mut() {
            batch.indices.push(index);
            batch.texts.push(text);
        }
    }
    batches
}

fn estimate_tokens(text: &str) -> usize {
    (text.len() / 4 + 3).min(MAX_TOKENS)
}
