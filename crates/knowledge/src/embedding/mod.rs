//! Which model turns this tenant's texts into vectors, and the work of doing so.
//!
//! A text is embedded when it is written. Where that fails (an endpoint is down), the row is stored without a
//! vector, found by its words alone, and a job tries again. Changing the model computes the new vectors beside the
//! old ones and swaps them at once, so that half-embedded knowledge never serves.

pub mod api;
pub mod jobs;
pub mod store;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use kernel::error::{invalid, unavailable};
use kernel::ids::TenantId;
use kernel::outbound::Outbound;
use kernel::secrets::MasterKey;
use kernel::{Result, TenantTx};
use llm::embedder::{Embedder, EndpointConfig, EndpointEmbedder};
use llm::{ApiKey, Breakers};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::retrieval::ModelReach;

/// What pgvector's columns hold at most.
const LONGEST_VECTOR: usize = 16_000;
/// An endpoint that was chosen has to give its first vector within it: the person who chose it is waiting.
const FIRST_VECTOR: Duration = Duration::from_secs(25);

/// A tenant's choice of embedding model, as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EmbedderChoice {
    /// The model that ships with Rapport: English, in process, free.
    Local,
    /// Any OpenAI-compatible embeddings endpoint.
    Endpoint {
        base_url: String,
        model: String,
        dimensions: Option<u32>,
        encrypted_key: String,
    },
}

impl EmbedderChoice {
    /// Equal names mean that the vectors can be compared.
    pub fn name(&self) -> String {
        match self {
            Self::Local => "all-MiniLM-L6-v2".to_owned(),
            Self::Endpoint {
                base_url,
                model,
                dimensions,
                ..
            } => match dimensions {
                Some(dimensions) => format!("{model} ({dimensions}) {base_url}"),
                None => format!("{model} {base_url}"),
            },
        }
    }

    /// Which languages its vectors can be trusted with.
    pub fn reach(&self) -> ModelReach {
        match self {
            Self::Local => ModelReach::English,
            Self::Endpoint { .. } => ModelReach::Multilingual,
        }
    }
}

/// Why texts could not be embedded, for those who chose the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = EmbeddingFailure)]
pub struct Failure {
    pub reason: String,
    /// False: it was tried too often, and is tried again only when knowledge changes or a model is chosen.
    pub is_tried_again: bool,
}

/// Finds the embedder for a choice. Clones share the local model and the connections.
#[derive(Clone)]
pub struct Embedders {
    local: Option<Arc<dyn Embedder>>,
    outbound: Outbound,
    master_key: MasterKey,
    breakers: Breakers,
    endpoints: Arc<Mutex<HashMap<TenantId, Connected>>>,
}

/// An endpoint that has been asked before, with the choice that led to it.
type Connected = (EmbedderChoice, Arc<dyn Embedder>);

impl Embedders {
    /// `local` is none when the model files are not installed: full text alone then.
    pub fn new(local: Option<Arc<dyn Embedder>>, outbound: Outbound, master_key: MasterKey) -> Self {
        Self {
            local,
            outbound,
            master_key,
            breakers: Breakers::default(),
            endpoints: Arc::default(),
        }
    }

    pub fn has_local(&self) -> bool {
        self.local.is_some()
    }

    /// The embedder, or none where there is no model: search then goes by words.
    pub async fn find(&self, tenant: TenantId, choice: &EmbedderChoice) -> Result<Option<Arc<dyn Embedder>>> {
        let EmbedderChoice::Endpoint {
            base_url,
            model,
            dimensions,
            encrypted_key,
        } = choice
        else {
            return Ok(self.local.clone());
        };
        if let Some((known, embedder)) = self.endpoints.lock().get(&tenant)
            && known == choice
        {
            return Ok(Some(embedder.clone()));
        }
        let config = EndpointConfig {
            base_url: self.outbound.check(base_url)?,
            api_key: ApiKey::new(self.master_key.open(&context(tenant), encrypted_key)?),
            model: model.clone(),
            dimensions: dimensions.map(|count| count as usize),
        };
        let circuit = self.breakers.circuit(format!("{tenant}/embeddings/{base_url}"));
        let connected = EndpointEmbedder::connect(config, self.outbound.client().clone(), circuit).await;
        let embedder: Arc<dyn Embedder> = Arc::new(
            connected.map_err(|error| unavailable(format!("The embeddings endpoint failed: {error}.")))?,
        );
        self.endpoints
            .lock()
            .insert(tenant, (choice.clone(), embedder.clone()));
        Ok(Some(embedder))
    }

    pub fn seal_key(&self, tenant: TenantId, key: &str) -> Result<String> {
        self.master_key.seal(&context(tenant), key)
    }

    /// Refuses an endpoint that must not be called or does not answer with vectors.
    pub async fn check(&self, tenant: TenantId, choice: &EmbedderChoice) -> Result<()> {
        let tried = tokio::time::timeout(FIRST_VECTOR, self.try_once(tenant, choice)).await;
        let vectors = tried.unwrap_or_else(|_| {
            Err(invalid(
                "embedder_failed",
                format!(
                    "The endpoint gave no vector within {} seconds. If it is still starting, please try again.",
                    FIRST_VECTOR.as_secs()
                ),
            ))
        })?;
        let length = vectors.first().map_or(0, Vec::len);
        if length > LONGEST_VECTOR {
            return Err(invalid(
                "vectors_too_long",
                format!(
                    "The endpoint's vectors have {length} numbers; at most {LONGEST_VECTOR} can be kept. Choose another \
                     model, or ask for fewer dimensions."
                ),
            ));
        }
        Ok(())
    }

    async fn try_once(&self, tenant: TenantId, choice: &EmbedderChoice) -> Result<Vec<Vec<f32>>> {
        let Some(embedder) = self.find(tenant, choice).await? else {
            return Err(unavailable(
                "The local model is not installed here. Run `rapport doctor` to see how to install it.",
            ));
        };
        let tried = embedder.embed(vec!["Do you ship to Belgium?".into()]).await;
        tried.map_err(|error| {
            invalid(
                "embedder_failed",
                format!("The endpoint did not give a vector: {error}."),
            )
        })
    }
}

/// What the key of an endpoint is bound to.
pub fn context(tenant: TenantId) -> String {
    format!("knowledge_state/{tenant}")
}

/// Vectors for texts that are about to be written, by the tenant's present model; none where it cannot be had
/// now. Asks outside of any transaction: an endpoint may be slow.
pub async fn embed(
    ctx: &crate::Context,
    tenant: TenantId,
    choice: &EmbedderChoice,
    texts: Vec<String>,
) -> Vec<Option<Vec<f32>>> {
    let count = texts.len();
    let embedded = match ctx.embedders.find(tenant, choice).await {
        Ok(Some(embedder)) => embedder.embed(texts).await.map_err(|error| error.to_string()),
        Ok(None) => return vec![None; count],
        Err(error) => Err(error.to_string()),
    };
    match embedded {
        Ok(vectors) => vectors.into_iter().map(Some).collect(),
        Err(error) => {
            tracing::warn!(%tenant, error, "texts are stored without vectors for now; a job will try again");
            vec![None; count]
        }
    }
}

/// Begins a change of knowledge whose vectors were made by `choice`, outside of the transaction. The model may have
/// been changed meanwhile.
pub async fn begin_change(tx: &mut TenantTx, choice: &EmbedderChoice) -> Result<Change> {
    let state = store::lock(tx).await?;
    Ok(Change {
        fits: state.embedder == *choice,
        is_changing: state.next_embedder.is_some(),
    })
}

/// What a change of knowledge finds.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// Whether the vectors may be written; otherwise the texts are stored without and embedded by a job.
    pub fits: bool,
    is_changing: bool,
}

impl Change {
    /// Ends the change: queues what is left to embed.
    pub async fn finish(self, tx: &mut TenantTx, is_complete: bool) -> Result<()> {
        if self.fits && is_complete && !self.is_changing {
            return Ok(());
        }
        jobs::enqueue(tx).await
    }
}

/// The tenant's present choice.
pub async fn current(tx: &mut TenantTx) -> Result<EmbedderChoice> {
    Ok(store::get(tx).await?.embedder)
}
