//! Where the passages of a large base are searched instead of in memory: nearest vectors by one of two indexes, words by a
//! table.
//!
//! A tenant with more passages than may be held has a sample of them in its snapshot, which the others are judged by
//! ([`plan`]). A job puts all of them into the index ([`jobs`]); a question finds its candidates there ([`search`]).
//! What an index names is always read again under row security, so that it can neither show a passage that is gone nor
//! another tenant's. Start at [`VectorIndex`].

pub mod api;
pub mod jobs;
mod pgvector;
mod qdrant;
pub mod search;
pub mod store;

use std::sync::Arc;

use futures::future::BoxFuture;
use kernel::db::JobTenant;
use kernel::{Database, Result};
use uuid::Uuid;

pub use pgvector::Pgvector;
pub use qdrant::{Qdrant, QdrantServer};

/// Finds the nearest passages of one tenant, approximately.
pub trait VectorIndex: Send + Sync {
    /// What the rows that it holds are marked with: other than that of every other index.
    fn name(&self) -> &str;

    /// For the API: `pgvector` or `qdrant`.
    fn backend(&self) -> &'static str;

    /// The lengths of the vectors that can be held; none: any. A tenant whose model has another one is held in memory.
    fn lengths(&self) -> Option<&'static [i32]>;

    /// Up to `limit` passages, roughly the nearest first. Some may be gone since.
    fn nearest<'a>(
        &'a self,
        tenant: JobTenant,
        vector: &'a [f32],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Uuid>>>;

    /// Adds or replaces passages. They are all of one length, and are found when this returns.
    fn put<'a>(&'a self, tenant: JobTenant, points: &'a [Point]) -> BoxFuture<'a, Result<()>>;

    /// Takes passages out; those that are not there are passed over.
    fn remove<'a>(&'a self, tenant: JobTenant, ids: &'a [Uuid]) -> BoxFuture<'a, Result<()>>;

    /// Takes everything of a tenant out.
    fn forget(&self, tenant: JobTenant) -> BoxFuture<'_, Result<()>>;

    /// Whether it answers now.
    fn ping(&self) -> BoxFuture<'_, Result<()>>;
}

/// A passage as an index holds it.
#[derive(Debug, Clone)]
pub struct Point {
    pub id: Uuid,
    pub vector: Vec<f32>,
}

/// The index that the operator has chosen, and from which size on it is used. Clones share it.
#[derive(Clone)]
pub struct LargeBases {
    pub index: Arc<dyn VectorIndex>,
    /// Passages of one tenant that may be held in memory.
    pub most_held: usize,
}

impl LargeBases {
    /// In PostgreSQL unless a Qdrant server is named.
    pub fn new(db: &Database, most_held: usize, qdrant: Option<QdrantServer>) -> Result<Self> {
        let index: Arc<dyn VectorIndex> = match qdrant {
            Some(server) => Arc::new(Qdrant::new(server)?),
            None => Arc::new(Pgvector::new(db.clone())),
        };
        Ok(Self { index, most_held })
    }

    /// How a tenant's passages are held.
    pub fn plan(&self, passages: usize, indexed: usize) -> Plan {
        let sample = (self.most_held / SAMPLE_SHARE).max(1);
        let waiting = passages.saturating_sub(indexed);
        if passages <= self.most_held || waiting + sample > self.most_held {
            return Plan::Whole;
        }
        // a share of all, so that the same ones stay while the base grows a little
        Plan::Sample {
            parts: ((sample * ALL_PARTS).div_ceil(passages) as i64).min(ALL_PARTS as i64),
        }
    }
}

/// Of what may be held, a fifth is a sample; the rest is room for passages that are not in the index yet.
const SAMPLE_SHARE: usize = 5;
/// Passages are divided into so many parts by hash.
const ALL_PARTS: usize = 1_000_000;

/// What of a tenant's passages is held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// All: they are few, or too many of them are not in the index yet.
    Whole,
    /// Those that are not in the index, and of the others this many millionths.
    Sample { parts: i64 },
}

impl Plan {
    /// About so many passages are held.
    pub fn held(self, passages: usize, indexed: usize) -> usize {
        match self {
            Self::Whole => passages,
            Self::Sample { parts } => {
                let share = parts as f64 / ALL_PARTS as f64;
                passages - indexed + (indexed as f64 * share).round() as usize
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(passages: usize, indexed: usize) -> Plan {
        let db = Database::new(
            kernel::db::Login::EachRole(Default::default()),
            kernel::db::PoolSize::default(),
            kernel::Clock::system(),
        );
        let large = LargeBases::new(&db, 100, None).unwrap();
        large.plan(passages, indexed)
    }

    #[tokio::test]
    async fn a_base_is_sampled_when_it_is_large_and_what_is_left_out_is_in_the_index() {
        assert_eq!(plan(100, 100), Plan::Whole);
        assert_eq!(plan(400, 0), Plan::Whole);
        assert_eq!(plan(400, 319), Plan::Whole);
        assert_eq!(plan(400, 320), Plan::Sample { parts: 50_000 });
        assert_eq!(plan(400, 400), Plan::Sample { parts: 50_000 });
    }
}
