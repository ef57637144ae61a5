//! The whole installation in one file, and back.
//!
//! A zip archive: `database.dump` (by `pg_dump`, custom format), `assets/…` (the files that people uploaded), and at its
//! end `manifest.json`. The master key and `rapport.toml`, which may hold passwords, are in it only if asked for:
//! whoever has both the database and the key can open every stored secret.

mod restore;
mod store;
mod take;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command};

use chrono::{DateTime, Utc};
use embedded_postgres::Cluster;
use kernel::error::{Error, Result, invalid};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;

pub use restore::{check, restore};
pub use store::connect as owner;
pub use take::take;
pub(super) use take::{beside, broken, cannot_write, finish};

const DATABASE: &str = "database.dump";
const ASSETS: &str = "assets/";
const MANIFEST: &str = "manifest.json";
/// What is left out unless asked for.
const SECRETS: [&str; 2] = ["master.key", "rapport.toml"];

/// What an archive holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this page's layout: 1.
    pub format: u32,
    /// The program that took it.
    pub program: String,
    pub taken_at: DateTime<Utc>,
    /// The newest migration.
    pub schema: i64,
    /// The major version of PostgreSQL.
    pub postgres: i32,
    /// The fingerprint of the master key.
    pub master_key_check: String,
    /// Rows, a table.
    pub tables: BTreeMap<String, i64>,
    /// SHA-256, a file.
    pub files: BTreeMap<String, String>,
}

/// Counts what passes through.
pub(super) struct Hashing<T> {
    inner: T,
    digest: Sha256,
}

impl<T> Hashing<T> {
    pub(super) fn new(inner: T) -> Self {
        Self {
            inner,
            digest: Sha256::new(),
        }
    }

    pub(super) fn finish(self) -> String {
        hex::encode(self.digest.finalize())
    }
}

impl<T: Read> Read for Hashing<T> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.digest.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

impl<T: Write> Write for Hashing<T> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// PostgreSQL's own program of that name: the bundled one, else the system's.
fn program(cluster: Option<&Cluster>, name: &str) -> Result<PathBuf> {
    let bundled = cluster
        .map(|cluster| cluster.bin_dir().join(name))
        .filter(|program| program.is_file());
    let on_path = || {
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders)
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
    };
    bundled.or_else(on_path).ok_or_else(|| {
        invalid(
            "program_missing",
            format!("There is no {name} here. Install the PostgreSQL client programs of the server's version or newer."),
        )
    })
}

/// Tells PostgreSQL's program where the database is. A password goes by the environment: arguments are seen by every
/// account of the machine.
fn point(program: &mut Command, database: &str) {
    let without_password = Url::parse(database).ok().and_then(|mut url| {
        let password = percent_decode_str(url.password()?)
            .decode_utf8()
            .ok()?
            .into_owned();
        url.set_password(None).ok()?;
        Some((url, password))
    });
    match without_password {
        Some((url, password)) => program
            .env("PGPASSWORD", password)
            .args(["--dbname", url.as_str()]),
        None => program.args(["--dbname", database]),
    };
}

/// Waits for its end, with what it said as the error.
fn end(mut child: Child, name: &str) -> Result<()> {
    let mut said = String::new();
    if let Some(mut errors) = child.stderr.take() {
        let _ = errors.read_to_string(&mut said);
    }
    let status = child.wait().map_err(|error| failed(name, &error.to_string()))?;
    if status.success() {
        return Ok(());
    }
    Err(failed(name, said.trim()))
}

fn failed(name: &str, said: &str) -> Error {
    invalid("program_failed", format!("{name} failed: {said}"))
}
