//! Everything into a file, also while the server runs.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kernel::error::{Error, Result, internal, invalid};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{ASSETS, DATABASE, Hashing, MANIFEST, Manifest, SECRETS, end, failed, point, program, store};
use crate::config::Config;
use crate::database::Opened;
use crate::master_key;

/// The file has its name only when it is whole and on the disk.
///
/// # Errors
/// If the file is there already, or the login does not see all rows.
pub async fn take(config: &Config, opened: &Opened, file: &Path, with_secrets: bool) -> Result<Manifest> {
    if file.exists() {
        return Err(invalid(
            "file_exists",
            format!("{} is there already. Name another file.", file.display()),
        ));
    }
    let url = opened.url(config);
    let mut owner = store::connect(&url).await?;
    master_key::check(config, &mut owner).await?;
    let key = master_key::existing(config)?;
    if !store::sees_everything(&mut owner).await? {
        return Err(invalid(
            "not_all_rows",
            "This login does not see the rows of all tenants. Use your database server's own backups, or give a login with \
             BYPASSRLS in DATABASE_URL for this command.",
        ));
    }
    let snapshot = store::snapshot(&mut owner).await?;
    let (schema, postgres) = store::versions(&mut owner).await?;
    let manifest = Manifest {
        format: 1,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: opened.db.clock.now(),
        schema,
        postgres,
        master_key_check: key.fingerprint(),
        tables: store::counts(&mut owner).await?,
        files: std::collections::BTreeMap::new(),
    };
    let mut dump = Command::new(program(opened.cluster.as_ref(), "pg_dump")?);
    dump.args([
        "--format=custom",
        "--no-owner",
        "--no-comments",
        "--snapshot",
        &snapshot,
    ]);
    point(&mut dump, &url);
    let (data_dir, target) = (config.data_dir.clone(), file.to_owned());
    let packed = tokio::task::spawn_blocking(move || {
        let unfinished = beside(&target);
        let packed = pack(dump, manifest, &data_dir, &unfinished, with_secrets)
            .and_then(|manifest| finish(&unfinished, &target).map(|()| manifest));
        if packed.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        packed
    });
    let manifest = packed.await.map_err(internal)?;
    drop(owner); // with the moment that it held still
    manifest
}

pub(in crate::journeys) fn beside(target: &Path) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    target.with_file_name(name)
}

pub(in crate::journeys) fn finish(unfinished: &Path, target: &Path) -> Result<()> {
    fs::rename(unfinished, target).map_err(|error| cannot_write(target, &error))?;
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))
        .and_then(|folder| folder.sync_all())
        .map_err(|error| cannot_write(target, &error))
}

fn pack(
    mut dump: Command,
    mut manifest: Manifest,
    data_dir: &Path,
    file: &Path,
    with_secrets: bool,
) -> Result<Manifest> {
    let cannot = |error: std::io::Error| cannot_write(file, &error);
    let target = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .map_err(cannot)?;
    let mut zip = ZipWriter::new(BufWriter::new(target));
    let mut child = dump
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed("pg_dump", &error.to_string()))?;
    if let Some(mut database) = child.stdout.take() {
        // compressed already
        let digest = add(&mut zip, DATABASE, CompressionMethod::Stored, &mut database)?;
        manifest.files.insert(DATABASE.to_owned(), digest);
    }
    end(child, "pg_dump")?;
    // after the database: a file without a row is swept away, a row without its file shows a broken picture
    for (name, path) in uploaded(&data_dir.join("assets")).map_err(cannot)? {
        let Ok(mut upload) = File::open(&path) else {
            continue;
        }; // deleted meanwhile
        let name = format!("{ASSETS}{name}");
        let digest = add(&mut zip, &name, CompressionMethod::Deflated, &mut upload)?;
        manifest.files.insert(name, digest);
    }
    for name in SECRETS.into_iter().filter(|_| with_secrets) {
        let Ok(mut secret) = File::open(data_dir.join(name)) else {
            continue;
        };
        let digest = add(&mut zip, name, CompressionMethod::Deflated, &mut secret)?;
        manifest.files.insert(name.to_owned(), digest);
    }
    let text = serde_json::to_vec_pretty(&manifest).map_err(internal)?;
    add(
        &mut zip,
        MANIFEST,
        CompressionMethod::Deflated,
        &mut text.as_slice(),
    )?;
    let mut written = zip.finish().map_err(broken)?;
    written.flush().map_err(cannot)?;
    written.get_ref().sync_all().map_err(cannot)?;
    Ok(manifest)
}

fn add(
    zip: &mut ZipWriter<BufWriter<File>>,
    name: &str,
    method: CompressionMethod,
    from: &mut impl std::io::Read,
) -> Result<String> {
    let options = SimpleFileOptions::default()
        .compression_method(method)
        .large_file(true)
        .unix_permissions(0o600);
    zip.start_file(name, options).map_err(broken)?;
    let mut from = Hashing::new(from);
    std::io::copy(&mut from, zip).map_err(|error| broken(error.into()))?;
    Ok(from.finish())
}

/// `TENANT/FILE` with its path, in order. Half-written ones have another kind of name.
fn uploaded(root: &Path) -> std::io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    if !root.is_dir() {
        return Ok(found);
    }
    for tenant in fs::read_dir(root)? {
        let tenant = tenant?;
        if !tenant.file_type()?.is_dir() {
            continue;
        }
        for upload in fs::read_dir(tenant.path())? {
            let upload = upload?;
            let name = format!(
                "{}/{}",
                tenant.file_name().display(),
                upload.file_name().display()
            );
            if super::restore::is_upload(&name) {
                found.push((name, upload.path()));
            }
        }
    }
    found.sort();
    Ok(found)
}

pub(in crate::journeys) fn cannot_write(file: &Path, error: &std::io::Error) -> Error {
    invalid("cannot_write", format!("{}: {error}.", file.display()))
}

pub(in crate::journeys) fn broken(error: zip::result::ZipError) -> Error {
    invalid("cannot_write", format!("The archive cannot be written: {error}."))
}
