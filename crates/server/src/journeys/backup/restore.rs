//! A file into an installation that has nothing yet. Before the first change the file is read as a whole and the master
//! key is tried.

use std::fs::{self, File};
use std::io::{BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kernel::error::{Error, Result, internal, invalid};
use kernel::migrate;
use kernel::secrets::MasterKey;
use uuid::Uuid;
use zip::ZipArchive;

use super::{ASSETS, DATABASE, Hashing, MANIFEST, Manifest, SECRETS, end, failed, point, program, store};
use crate::config::Config;
use crate::database::{self, Opened, Purpose, Redo};
use crate::{master_key, wiring};

type Archive = ZipArchive<BufReader<File>>;

const LARGEST_MANIFEST: u64 = 1 << 30;

/// Reads every byte and compares it with the manifest.
///
/// # Errors
/// If something is missing, too much or another than when it was taken.
pub fn check(file: &Path) -> Result<Manifest> {
    let mut archive = open(file)?;
    let manifest = manifest(&mut archive)?;
    for (name, digest) in &manifest.files {
        if !is_expected(name) {
            return Err(damaged(&format!("it holds `{name}`")));
        }
        let entry = archive
            .by_name(name)
            .map_err(|error| damaged(&error.to_string()))?;
        let mut entry = Hashing::new(entry);
        std::io::copy(&mut entry, &mut std::io::sink()).map_err(|error| damaged(&error.to_string()))?;
        if entry.finish() != *digest {
            return Err(damaged(&format!("`{name}` is not what was written")));
        }
    }
    if !manifest.files.contains_key(DATABASE) {
        return Err(damaged("there is no database in it"));
    }
    if manifest.schema > migrate::newest() {
        return Err(invalid(
            "schema_too_new",
            format!(
                "The backup is of a newer Rapport ({}). Restore it with that one or a newer.",
                manifest.program
            ),
        ));
    }
    Ok(manifest)
}

/// # Errors
/// If the file is damaged, the master key is another or missing, or something is there already. Then nothing has changed.
pub async fn restore(config: &Config, file: &Path, tell: impl Fn(&str)) -> Result<Manifest> {
    tell("reading the backup");
    let path = file.to_owned();
    let manifest = tokio::task::spawn_blocking(move || check(&path))
        .await
        .map_err(internal)??;
    require_room(config)?;
    let key = key_of(config, file, &manifest)?;
    let opened = database::connect(config, Purpose::Command, &tell).await?;
    let restored = into(config, &opened, file, &manifest, &key, &tell).await;
    if let Err(error) = restored {
        opened.db.close().await;
        if let Some(cluster) = opened.cluster {
            cluster.remove().await.map_err(|left| {
                invalid(
                    "restore_failed",
                    format!("{} What was begun could not be removed: {left}.", error.detail),
                )
            })?;
        }
        remove_uploads(config, &manifest);
        return Err(match &config.database_url {
            Some(_) if error.code != "not_empty" && error.code != "program_failed" => invalid(
                "restore_failed",
                format!(
                    "{} The database holds what was restored: empty it before the next try.",
                    error.detail
                ),
            ),
            _ => error,
        });
    }
    opened.close().await;
    Ok(manifest)
}

async fn into(
    config: &Config,
    opened: &Opened,
    file: &Path,
    manifest: &Manifest,
    key: &str,
    tell: &impl Fn(&str),
) -> Result<()> {
    let url = opened.url(config);
    let mut owner = store::connect(&url).await?;
    if !store::is_empty(&mut owner).await? {
        return Err(invalid(
            "not_empty",
            "This database has tables of Rapport already. Name an empty one.",
        ));
    }
    migrate::prepare(&mut owner).await?;
    store::drop_empty_schema(&mut owner).await?;
    tell("restoring the database");
    let mut command = Command::new(program(opened.cluster.as_ref(), "pg_restore")?);
    command.args(["--no-owner", "--single-transaction", "--exit-on-error"]);
    point(&mut command, &url);
    let path = file.to_owned();
    tokio::task::spawn_blocking(move || load(command, &path))
        .await
        .map_err(internal)??;
    let counts = store::counts(&mut owner).await?;
    if let Some((table, rows)) = manifest
        .tables
        .iter()
        .find(|(table, rows)| counts.get(*table) != Some(*rows))
    {
        return Err(internal(format!(
            "{table} had {rows} rows and has {:?}",
            counts.get(table)
        )));
    }
    drop(owner);
    tell("restoring files");
    unpack(config, file, manifest, key)?;
    tell("checking the schema");
    opened.migrate(Redo::Everything).await
}

fn require_room(config: &Config) -> Result<()> {
    let there = |name: &str| {
        invalid(
            "not_empty",
            format!(
                "{} has `{name}` already. Name another --data-dir, or move away what is there.",
                config.data_dir.display()
            ),
        )
    };
    if config.database_url.is_none() && config.data_dir.join("cluster").exists() {
        return Err(there("cluster"));
    }
    let assets = config.data_dir.join("assets");
    if fs::read_dir(assets).is_ok_and(|mut files| files.next().is_some()) {
        return Err(there("assets"));
    }
    Ok(())
}

/// As text: the configured one, the one in the folder, or the one in the backup.
fn key_of(config: &Config, file: &Path, manifest: &Manifest) -> Result<String> {
    let in_backup = || -> Result<Option<MasterKey>> {
        if !manifest.files.contains_key("master.key") {
            return Ok(None);
        }
        let mut archive = open(file)?;
        let mut text = String::new();
        let mut entry = archive
            .by_name("master.key")
            .map_err(|error| damaged(&error.to_string()))?;
        entry
            .read_to_string(&mut text)
            .map_err(|error| damaged(&error.to_string()))?;
        MasterKey::from_hex(&text).map(Some).map_err(damaged)
    };
    let key = match master_key::existing(config) {
        Ok(key) => key,
        Err(missing) if missing.code == "master_key_missing" => in_backup()?.ok_or(missing)?,
        Err(error) => return Err(error),
    };
    if key.fingerprint() != manifest.master_key_check {
        return Err(invalid(
            "wrong_master_key",
            "The backup belongs to another master key. Put the right one into `master.key` in the data folder, or into \
             RAPPORT_MASTER_KEY.",
        ));
    }
    Ok(key.to_hex())
}

fn load(mut command: Command, file: &Path) -> Result<()> {
    let mut archive = open(file)?;
    let mut database = archive
        .by_name(DATABASE)
        .map_err(|error| damaged(&error.to_string()))?;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed("pg_restore", &error.to_string()))?;
    let copied = match child.stdin.take() {
        Some(mut input) => std::io::copy(&mut database, &mut input).and_then(|_| input.flush()),
        None => Ok(()),
    };
    // what it says is clearer than that it no longer listens
    end(child, "pg_restore")?;
    copied.map_err(|error| failed("pg_restore", &error.to_string()))
}

fn unpack(config: &Config, file: &Path, manifest: &Manifest, key: &str) -> Result<()> {
    let mut archive = open(file)?;
    for (name, digest) in manifest.files.iter().filter(|(name, _)| *name != DATABASE) {
        let path = config.data_dir.join(name);
        if SECRETS.contains(&name.as_str()) && path.exists() {
            continue; // what is set up here goes before
        }
        let cannot = |error: std::io::Error| invalid("cannot_write", format!("{}: {error}.", path.display()));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(cannot)?;
        }
        let entry = archive
            .by_name(name)
            .map_err(|error| damaged(&error.to_string()))?;
        let mut entry = Hashing::new(entry);
        let mut target = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(cannot)?;
        std::io::copy(&mut entry, &mut target).map_err(cannot)?;
        target.sync_all().map_err(cannot)?;
        if entry.finish() != *digest {
            return Err(damaged(&format!("`{name}` has changed since it was checked")));
        }
    }
    if config.master_key.is_none() {
        let path = master_key::file(config);
        wiring::write_secret(&path, key)
            .map_err(|error| invalid("cannot_write", format!("{}: {error}.", path.display())))?;
    }
    Ok(())
}

/// After a failure: what was unpacked so far.
fn remove_uploads(config: &Config, manifest: &Manifest) {
    for name in manifest.files.keys().filter(|name| name.starts_with(ASSETS)) {
        let path = config.data_dir.join(name);
        let _ = fs::remove_file(&path);
        let _ = path.parent().map(fs::remove_dir);
    }
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
            "backup_too_new",
            format!(
                "The backup is of another kind (format {}). Use a newer Rapport.",
                manifest.format
            ),
        ));
    }
    Ok(manifest)
}

/// Nothing leads out of the data folder.
fn is_expected(name: &str) -> bool {
    name == DATABASE || SECRETS.contains(&name) || name.strip_prefix(ASSETS).is_some_and(is_upload)
}

/// Two UUIDs: the tenant's folder and the file.
pub(super) fn is_upload(name: &str) -> bool {
    let path = PathBuf::from(name);
    let parts: Vec<_> = path.iter().filter_map(|part| part.to_str()).collect();
    matches!(parts.as_slice(), [tenant, file] if [tenant, file].iter().all(|part| Uuid::parse_str(part).is_ok()))
        && name.split('/').count() == 2
}

fn damaged(what: &str) -> Error {
    invalid("backup_damaged", format!("This is not a whole backup: {what}."))
}
