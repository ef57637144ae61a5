//! Creates the cluster and its database, once per data directory.

use std::fs::{self, DirBuilder};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::binaries::Programs;
use crate::config::{DATABASE, OWNER_ROLE};
use crate::layout::{Layout, flush, remove_tree};
use crate::{Error, settings};

/// Whether there is a cluster already.
pub(crate) fn is_done(layout: &Layout) -> bool {
    layout.cluster.join("PG_VERSION").exists()
}

/// Everything happens in a scratch folder that is renamed at the end, so a cluster that exists is whole.
pub(crate) fn create(programs: &Programs, layout: &Layout) -> Result<(), Error> {
    let scratch = layout.home.join("cluster.new");
    remove_tree(&scratch)?;
    DirBuilder::new()
        .mode(0o700)
        .create(&scratch)
        .map_err(Error::file("cannot create", &scratch))?;
    layout.run_as.give(&scratch)?;
    initdb(programs, layout, &scratch)?;
    settings::write(layout, &scratch)?;
    create_database(programs, layout, &scratch)?;
    // Once for everything, instead of file by file in initdb.
    flush(&scratch)?;
    fs::rename(&scratch, &layout.cluster).map_err(Error::file("cannot create", &layout.cluster))
}

/// Refuses a cluster of another major version, takes over one that root restored, and refreshes settings.
pub(crate) fn check(programs: &Programs, layout: &Layout) -> Result<(), Error> {
    let version_file = layout.cluster.join("PG_VERSION");
    let found = fs::read_to_string(&version_file).map_err(Error::file("cannot read", &version_file))?;
    if found.trim() != programs.major.to_string() {
        let cluster = layout.cluster.clone();
        return Err(Error::OtherVersion {
            cluster,
            found: found.trim().to_owned(),
            programs: programs.major,
        });
    }
    let about = fs::metadata(&layout.cluster).map_err(Error::file("cannot read", &layout.cluster))?;
    if about.uid() != layout.run_as.uid {
        layout.run_as.give_tree(&layout.cluster)?;
    }
    settings::write(layout, &layout.cluster)
}

fn initdb(programs: &Programs, layout: &Layout, cluster: &Path) -> Result<(), Error> {
    let mut command = programs.command("initdb", layout);
    command
        .arg("--pgdata")
        .arg(cluster)
        .args([
            "--username",
            OWNER_ROLE,
            "--encoding=UTF8",
            "--data-checksums",
            "--no-instructions",
        ])
        .args(["--auth-local=trust", "--auth-host=reject"])
        .args(locale(programs.major));
    run(command, "", layout)
}

/// Code point order, with upper and lower case for all of Unicode; needs nothing installed since 17.
fn locale(major: u32) -> &'static [&'static str] {
    if major >= 17 {
        &[
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
        ]
    } else {
        &["--locale=C.UTF-8"]
    }
}

/// In single-user mode, so that the cluster never exists without its database.
fn create_database(programs: &Programs, layout: &Layout, cluster: &Path) -> Result<(), Error> {
    let mut command = programs.command("postgres", layout);
    command.arg("--single").arg("-D").arg(cluster);
    command.args([
        "-c",
        "exit_on_error=on",
        "-c",
        "logging_collector=off",
        "postgres",
    ]);
    run(command, &format!("create database {DATABASE};\n"), layout)
}

fn run(mut command: Command, input: &str, layout: &Layout) -> Result<(), Error> {
    let failed = |reason: String| Error::Initialise {
        cluster: layout.cluster.clone(),
        reason,
    };
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut finish = || -> std::io::Result<Output> {
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        child.wait_with_output()
    };
    let output = finish().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed(format!("{} ({})", said.trim(), output.status)))
}
