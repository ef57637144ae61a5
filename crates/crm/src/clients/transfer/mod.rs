//! Clients as files: CSV in, with every row judged before anything is written, and CSV out.

pub mod api;
pub mod columns;
pub mod csv;
pub mod rows;
pub mod store;

use std::collections::BTreeMap;

use kernel::ids::ClientId;
use serde::{Deserialize, Serialize};

/// A file may have so many rows, and be so large.
pub const MOST_ROWS: usize = 10_000;
pub const LARGEST_FILE: usize = 5 * 1024 * 1024;

/// What becomes of a row whose client is there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClientImportDuplicate)]
pub enum OnDuplicate {
    #[default]
    Skip,
    /// What the row says replaces what was known; empty cells change nothing, tags are added.
    Update,
    Create,
}

/// By what a client is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClientImportMatch)]
pub enum MatchBy {
    Email,
    Phone,
    EcommerceCustomerId,
}

fn by_address() -> Vec<MatchBy> {
    vec![MatchBy::Email]
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientImport {
    /// The file's text: UTF-8, with commas, semicolons or tabs. Or `rows`.
    pub csv: Option<String>,
    /// Each a row, by the names of its columns.
    #[schema(value_type = Option<Vec<Object>>)]
    pub rows: Option<Vec<BTreeMap<String, serde_json::Value>>>,
    /// Column → field, `custom.KEY`, `address.street` and so on, or `ignore`. Columns that are not named are understood by
    /// their names.
    #[serde(default)]
    pub mapping: BTreeMap<String, String>,
    #[serde(default)]
    pub on_duplicate: OnDuplicate,
    #[serde(default = "by_address")]
    pub match_by: Vec<MatchBy>,
    /// Only tell what would be done.
    #[serde(default)]
    pub dry_run: bool,
    #[serde(default)]
    pub default_tags: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClientImportAction)]
pub enum Action {
    Create,
    Update,
    Skip,
    Fail,
}

/// A row that could not be used.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ClientImportError {
    /// The line of the file, the heading being line 1; of `rows` their number from 1.
    pub row: u64,
    pub column: Option<String>,
    pub code: String,
    pub detail: String,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ClientImportPreview {
    pub row: u64,
    pub action: Action,
    /// The client that it is, where there is one.
    pub id: Option<ClientId>,
    /// What the row says.
    #[schema(value_type = Object)]
    pub client: serde_json::Value,
}

#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
pub struct ClientImportResult {
    pub rows: usize,
    pub created: usize,
    pub updated: usize,
    pub skipped: usize,
    pub failed: usize,
    /// The first 500.
    pub errors: Vec<ClientImportError>,
    /// The first 20 rows.
    pub preview: Vec<ClientImportPreview>,
}

/// A column of a file.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ClientImportColumn)]
pub struct Column {
    pub name: String,
    /// The first three values that are not empty.
    pub sample: Vec<String>,
    /// A field, `custom.KEY` or `ignore`.
    pub suggested: String,
}
