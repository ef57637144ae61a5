//! A tenant into a file: read in one moment by the application's own role, which sees nothing but this tenant.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use kernel::error::{Error, Result, internal, invalid};
use kernel::files::Files;
use kernel::{Database, TenantProof, TenantTx, migrate};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::{self, Receiver, Sender};
use uuid::Uuid;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::left_out;
use super::{DATA, FILES, MANIFEST, Manifest, TableFacts, Whose, store};
use crate::journeys::backup::{Hashing, beside, broken, cannot_write, finish};

/// The file has its name only when it is whole and on the disk. `tell` hears how many tables of how many are done.
///
/// # Errors
/// If the file is there already or cannot be written.
pub async fn export(
    db: &Database,
    uploads: &Files,
    proof: &impl TenantProof,
    file: &Path,
    mut tell: impl FnMut(usize, usize),
) -> Result<Manifest> {
    if file.exists() {
        return Err(invalid(
            "file_exists",
            format!("{} is there already. Name another file.", file.display()),
        ));
    }
    let (pieces, queue) = mpsc::channel(16);
    let target = file.to_owned();
    let writer = tokio::task::spawn_blocking(move || {
        let unfinished = beside(&target);
        let written =
            write(&unfinished, queue).and_then(|manifest| finish(&unfinished, &target).map(|()| manifest));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written
    });
    let mut tx = db.tenant_read(proof).await?;
    let read = read(&mut tx, uploads, &pieces, &mut tell).await;
    drop((tx, pieces));
    let written = writer.await.map_err(internal)?;
    match read {
        Err(Stopped::Failed(error)) => Err(error),
        // why nobody listens any more, the writer says
        Err(Stopped::NobodyListens) | Ok(()) => written,
    }
}

/// What the writer is given, in this order: tables, files, the end.
enum Piece {
    Table(String, Vec<String>),
    Lines(Vec<String>),
    File(Uuid, PathBuf),
    End(Box<Manifest>),
}

enum Stopped {
    Failed(Error),
    NobodyListens,
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

async fn give(pieces: &Sender<Piece>, piece: Piece) -> Result<(), Stopped> {
    pieces.send(piece).await.map_err(|_| Stopped::NobodyListens)
}

async fn read(
    tx: &mut TenantTx,
    uploads: &Files,
    pieces: &Sender<Piece>,
    tell: &mut impl FnMut(usize, usize),
) -> Result<(), Stopped> {
    store::hold_still(tx).await?;
    let (slug, name) = store::name(tx).await?;
    let channel_keys = store::channel_keys(tx).await?;
    let assets = store::assets(tx).await?;
    let tables = store::tables(tx).await?;
    let kept: Vec<_> = tables
        .iter()
        .filter(|table| left_out::is_kept(&table.name))
        .collect();
    for (done, table) in kept.iter().enumerate() {
        tell(done, kept.len());
        let columns = table.kept().map(|column| column.name.clone()).collect();
        give(pieces, Piece::Table(table.name.clone(), columns)).await?;
        store::begin(tx, table).await?;
        loop {
            let lines = store::next(tx, table).await?;
            if lines.is_empty() {
                break;
            }
            let lines = if table.name == "channels" {
                with_named_files(lines, &assets)
            } else {
                lines
            };
            give(pieces, Piece::Lines(lines)).await?;
        }
    }
    tell(kept.len(), kept.len());
    let tenant = tx.tenant_id();
    for (id, _) in assets {
        give(pieces, Piece::File(id, uploads.path(tenant, id))).await?;
    }
    let manifest = Manifest {
        format: 1,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: tx.now(),
        schema: migrate::newest(),
        tenant: Whose {
            id: tenant,
            slug,
            name,
        },
        digest: String::new(),
        tables: BTreeMap::new(),
        files: BTreeMap::new(),
        channel_keys,
        left_out: left_out::all(),
    };
    give(pieces, Piece::End(Box::new(manifest))).await
}

/// The addresses of pictures are signed by the installation: in an archive they name the file alone.
fn with_named_files(lines: Vec<String>, assets: &[(Uuid, String)]) -> Vec<String> {
    let named = |line: String| {
        assets.iter().fold(line, |line, (id, public_id)| {
            line.replace(public_id, &super::name_of_file(*id))
        })
    };
    lines.into_iter().map(named).collect()
}

fn write(file: &Path, mut pieces: Receiver<Piece>) -> Result<Manifest> {
    let cannot = |error: std::io::Error| cannot_write(file, &error);
    let target = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .map_err(cannot)?;
    let mut zip = ZipWriter::new(BufWriter::new(target));
    let mut tables: BTreeMap<String, TableFacts> = BTreeMap::new();
    let mut files = BTreeMap::new();
    let mut open: Option<(String, TableFacts, Sha256)> = None;
    while let Some(piece) = pieces.blocking_recv() {
        if !matches!(piece, Piece::Lines(_)) {
            close(&mut open, &mut tables);
        }
        match piece {
            Piece::Lines(lines) => {
                let Some((_, facts, digest)) = &mut open else {
                    continue;
                };
                facts.rows += lines.len() as u64;
                for line in lines {
                    let line = line + "\n";
                    digest.update(&line);
                    zip.write_all(line.as_bytes()).map_err(cannot)?;
                }
            }
            Piece::Table(name, columns) => {
                begin(&mut zip, &format!("{DATA}{name}.jsonl"))?;
                let facts = TableFacts {
                    columns,
                    ..TableFacts::default()
                };
                open = Some((name, facts, Sha256::new()));
            }
            Piece::File(id, path) => {
                // deleted meanwhile
                let Ok(mut upload) = File::open(&path) else {
                    continue;
                };
                begin(&mut zip, &format!("{FILES}{id}"))?;
                let mut upload = Hashing::new(&mut upload);
                std::io::copy(&mut upload, &mut zip).map_err(cannot)?;
                files.insert(id, upload.finish());
            }
            Piece::End(manifest) => {
                let mut manifest = Manifest {
                    tables,
                    files,
                    ..*manifest
                };
                manifest.digest = manifest.digest_of_entries();
                begin(&mut zip, MANIFEST)?;
                let text = serde_json::to_vec_pretty(&manifest).map_err(internal)?;
                zip.write_all(&text).map_err(cannot)?;
                let mut written = zip.finish().map_err(broken)?;
                written.flush().map_err(cannot)?;
                written.get_ref().sync_all().map_err(cannot)?;
                return Ok(manifest);
            }
        }
    }
    Err(internal("the reader of an archive stopped early"))
}

fn close(open: &mut Option<(String, TableFacts, Sha256)>, tables: &mut BTreeMap<String, TableFacts>) {
    if let Some((name, mut facts, digest)) = open.take() {
        facts.sha256 = hex::encode(digest.finalize());
        tables.insert(name, facts);
    }
}

fn begin(zip: &mut ZipWriter<BufWriter<File>>, name: &str) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .large_file(true)
        .unix_permissions(0o600);
    zip.start_file(name, options).map_err(broken)
}
