//! What the tenant knows: Q&A pairs, documents and web sites, how they are found, and what visitors asked in vain.
//!
//! Start with [`retrieval`] for how a question finds its answer, and with [`snapshot`] for how the database and
//! the in-memory index stay in step.

pub mod adapters;
pub mod bases;
pub mod calibration;
pub mod documents;
pub mod embedding;
pub mod gaps;
pub mod language;
pub mod learning;
pub mod measures;
pub mod passages;
mod provenance;
pub mod public_sets;
pub mod qa_pairs;
pub mod retrieval;
pub mod snapshot;
pub mod transcripts;
pub mod upkeep;
pub mod vector_index;
pub mod versions;
pub mod websites;

use kernel::Database;
use utoipa_axum::router::OpenApiRouter;

use embedding::Embedders;
use snapshot::Snapshots;
use vector_index::LargeBases;
use websites::fetch::Crawler;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
    pub embedders: Embedders,
    pub snapshots: Snapshots,
    /// Where the passages of large bases are searched.
    pub large: LargeBases,
    /// Reads files, each in a process of its own.
    pub reader: ::documents::Reader,
    /// The bytes that a tenant's documents may take.
    pub file_quota: i64,
    /// Reads web sites.
    pub crawler: Crawler,
}

pub fn routes(ctx: Context) -> OpenApiRouter {
    OpenApiRouter::new()
        .merge(qa_pairs::api::routes())
        .merge(documents::api::routes())
        .merge(websites::api::routes())
        .merge(transcripts::api::routes())
        .merge(gaps::api::routes())
        .merge(upkeep::api::routes())
        .merge(provenance::api::routes())
        .merge(versions::api::routes())
        .merge(bases::api::routes())
        .merge(embedding::api::routes())
        .merge(vector_index::api::routes())
        .with_state(ctx)
}
