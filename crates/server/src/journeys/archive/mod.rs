//! A tenant as one file that another installation can take in: `docs/export.md` describes it.
//!
//! A zip archive: `data/<table>.jsonl`, one row a line; `files/<id>`, what people uploaded; at its end `manifest.json`.
//! Which tables there are is read from the catalogue, so that a new one comes along by itself; what stays behind is
//! named in [`left_out`], each with its reason. Start with [`export`] and [`import`].

mod export;
mod import;
pub mod jobs;
pub mod left_out;
pub mod requests;
mod store;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use chrono::{DateTime, Utc};
use kernel::error::{Error, Result, invalid};
use kernel::ids::TenantId;
use kernel::migrate;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use zip::ZipArchive;

use super::backup::Hashing;
use left_out::LeftOut;

pub use export::export;
pub use import::import;

const DATA: &str = "data/";
const FILES: &str = "files/";
const MANIFEST: &str = "manifest.json";
const LARGEST_MANIFEST: u64 = 1 << 30;

/// What an archive holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Of the archive's layout: 1.
    pub format: u32,
    /// The program that wrote it.
    pub program: String,
    pub taken_at: DateTime<Utc>,
    /// The newest migration.
    pub schema: i64,
    pub tenant: Whose,
    /// SHA-256 over all entries but this one: the same for the same data, wherever it lies.
    pub digest: String,
    pub tables: BTreeMap<String, TableFacts>,
    /// SHA-256, an uploaded file.
    pub files: BTreeMap<Uuid, String>,
    /// The public keys of channels. They are kept where nobody else has them.
    pub channel_keys: BTreeMap<Uuid, String>,
    /// What stays behind, and why.
    pub left_out: Vec<LeftOut>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Whose {
    pub id: TenantId,
    pub slug: String,
    pub name: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct TableFacts {
    pub rows: u64,
    /// Of its lines.
    pub sha256: String,
    pub columns: Vec<String>,
}

impl Manifest {
    /// Of all entries: what [`Manifest::digest`] has to be.
    fn digest_of_entries(&self) -> String {
        let mut digest = Sha256::new();
        for (table, facts) in &self.tables {
            digest.update(format!("{}  {DATA}{table}.jsonl\n", facts.sha256));
        }
        for (file, sha256) in &self.files {
            digest.update(format!("{sha256}  {FILES}{file}\n"));
        }
        hex::encode(digest.finalize())
    }
}

/// How an uploaded file is named where its address would stand.
fn name_of_file(id: Uuid) -> String {
    format!("asset-{id}")
}

type Archive = ZipArchive<BufReader<File>>;

/// Reads every byte and compares it with the manifest.
///
/// # Errors
/// If something is missing or another than when it was written, or if a newer Rapport wrote it.
pub fn check(file: &Path) -> Result<Manifest> {
    let mut archive = open(file)?;
    let manifest = manifest(&mut archive)?;
    for (table, facts) in &manifest.tables {
        check_entry(&mut archive, &format!("{DATA}{table}.jsonl"), &facts.sha256)?;
    }
    for (file, sha256) in &manifest.files {
        check_entry(&mut archive, &format!("{FILES}{file}"), sha256)?;
    }
    if manifest.digest_of_entries() != manifest.digest {
        return Err(damaged("the digest is another"));
    }
    if manifest.schema > migrate::newest() {
        return Err(invalid(
            "schema_too_new",
            format!(
                "The archive is of a newer Rapport ({}). Import it with that one or a newer.",
                manifest.program
            ),
        ));
    }
    Ok(manifest)
}

fn check_entry(archive: &mut Archive, name: &str, sha256: &str) -> Result<()> {
    let entry = archive
        .by_name(name)
        .map_err(|error| damaged(&error.to_string()))?;
    let mut entry = Hashing::new(entry);
    std::io::copy(&mut entry, &mut std::io::sink()).map_err(|error| damaged(&error.to_string()))?;
    if entry.finish() != sha256 {
        return Err(damaged(&format!("`{name}` is not what was written")));
    }
    Ok(())
}

fn open(file: &Path) -> Result<Archive> {
    let opened =
        File::open(file).map_err(|error| invalid("cannot_read", format!("{}: {error}.", file.display())))?;
    ZipArchive::new(BufReader::new(opened)).map_err(|error| damaged(&error.to_string()))
}

fn manifest(archive: &mut Archive) -> Result<Manifest> {
    let entry = archive
        .by_name(MANIFEST)
        .map_err(|error| damaged(&error.to_string()))?;
    let manifest: Manifest =
        serde_json::from_reader(entry.take(LARGEST_MANIFEST)).map_err(|error| damaged(&error.to_string()))?;
    if manifest.format != 1 {
        return Err(invalid(
            "archive_too_new",
            format!(
                "The archive is of another kind (format {}). Use a newer Rapport.",
                manifest.format
            ),
        ));
    }
    Ok(manifest)
}

fn damaged(what: &str) -> Error {
    invalid(
        "archive_damaged",
        format!("This is not a whole archive of a tenant: {what}."),
    )
}
