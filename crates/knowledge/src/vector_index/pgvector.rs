//! The index in PostgreSQL: HNSW over the rows themselves, so that it can never be behind them.
//!
//! A row is in the index as soon as it is marked with its name, by whoever puts it there, and out of it when it is changed
//! or deleted. So putting and removing are nothing of their own here.

use futures::FutureExt as _;
use futures::future::{BoxFuture, ready};
use kernel::db::JobTenant;
use kernel::{Database, Result};
use uuid::Uuid;

use super::search::LONGEST_LOOK;
use super::{Point, VectorIndex, store};

/// What the partial indexes' condition compares with.
pub const NAME: &str = "pgvector";

/// HNSW over `knowledge_chunks.embedding`.
pub struct Pgvector {
    db: Database,
}

impl Pgvector {
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

impl VectorIndex for Pgvector {
    fn name(&self) -> &str {
        NAME
    }

    fn backend(&self) -> &'static str {
        "pgvector"
    }

    fn lengths(&self) -> Option<&'static [i32]> {
        Some(&store::INDEXED_LENGTHS)
    }

    fn nearest<'a>(
        &'a self,
        tenant: JobTenant,
        vector: &'a [f32],
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Uuid>>> {
        async move {
            let mut tx = self.db.tenant_read(&tenant).await?;
            store::limit_time(&mut tx, LONGEST_LOOK).await?;
            store::list_nearest(&mut tx, vector, limit).await
        }
        .boxed()
    }

    fn put<'a>(&'a self, _: JobTenant, _: &'a [Point]) -> BoxFuture<'a, Result<()>> {
        ready(Ok(())).boxed()
    }

    fn remove<'a>(&'a self, _: JobTenant, _: &'a [Uuid]) -> BoxFuture<'a, Result<()>> {
        ready(Ok(())).boxed()
    }

    fn forget(&self, _: JobTenant) -> BoxFuture<'_, Result<()>> {
        ready(Ok(())).boxed()
    }

    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        self.db.ping().boxed()
    }
}
