//! Two clients that are one: what belongs to one moves to the other, and can be moved back. Clients with contacts take
//! them along, and the other way round: merging contacts in the inbox merges their clients (by trigger).

pub mod api;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::ids::{ClientId, ClientMergeId};
use serde::Serialize;

use super::ClientRow;

/// A merge that can be taken back.
#[derive(Debug, Clone, Serialize, sqlx::FromRow, utoipa::ToSchema)]
pub struct ClientMerge {
    pub id: ClientMergeId,
    pub merged_id: ClientId,
    /// The merged client's own name.
    pub name: Option<String>,
    /// Null: by rule.
    pub merged_by: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// A client that may be the same.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct SimilarClient {
    /// `email`, `phone`, `name`.
    pub reasons: Vec<String>,
    /// The same address is proven for both: verified, or written by the business. Else a visitor has merely typed it.
    pub is_verified: bool,
    pub client: ClientRow,
}

/// Two clients with the same address or number.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DuplicatePair {
    /// `email` or `phone`.
    pub reason: String,
    /// It is proven for both: verified, or written by the business. Else a visitor has merely typed it.
    pub is_verified: bool,
    /// The older one.
    pub a: ClientRow,
    pub b: ClientRow,
}
