//! Where the files of a cluster live.
//!
//! Normally all of it is in the data directory: `cluster/` (PostgreSQL's own), `postgres-bin/` (the
//! unpacked programs), `run/` (the socket) and the lock file. Two things can force a move:
//!
//! - Root hands PostgreSQL to an unprivileged user. When that user cannot enter a folder above the data
//!   directory (the home of root, say), the cluster lives under `/var/lib/rapport/clusters/<hash>`
//!   and the data directory keeps a link `cluster` to it. Opening up somebody's private folder instead
//!   would be worse.
//! - A unix socket's path must fit into 107 bytes. A longer one moves to `/run` or `/tmp`.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Error;
use crate::lock::LOCK_FILE;
use crate::privileges::RunAs;

/// The data directory of root, and the home of clusters that had to move.
pub(crate) const SYSTEM_HOME: &str = "/var/lib/rapport";

/// Longest folder that still leaves room for the socket's own name.
const LONGEST_SOCKET_DIR: usize = 85;

/// The folders of one cluster. All paths are absolute and canonical.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub data_dir: PathBuf,
    /// The data directory, or the folder the cluster had to move to.
    pub home: PathBuf,
    pub programs_home: PathBuf,
    pub cluster: PathBuf,
    pub socket_dir: PathBuf,
    pub run_as: RunAs,
}

/// Makes the data directory and returns its canonical path.
pub(crate) fn make_data_dir(data_dir: &Path) -> Result<PathBuf, Error> {
    make_dirs(data_dir, 0o755)?;
    data_dir
        .canonicalize()
        .map_err(Error::file("cannot open", data_dir))
}

impl Layout {
    /// Decides where everything goes. Changes nothing but the data directory's own permission.
    pub(crate) fn plan(data_dir: &Path) -> Result<Layout, Error> {
        let link = data_dir.join("cluster");
        let run_as = RunAs::choose(&link)?;
        let moved = fs::read_link(&link)
            .ok()
            .and_then(|cluster| Some(cluster.parent()?.to_owned()));
        let (home, programs_home) = match moved {
            Some(home) => (home, PathBuf::from(SYSTEM_HOME)),
            None if can_stay(data_dir, &run_as)? => (data_dir.to_owned(), data_dir.to_owned()),
            None => (
                Path::new(SYSTEM_HOME).join("clusters").join(short_hash(data_dir)),
                PathBuf::from(SYSTEM_HOME),
            ),
        };
        Ok(Layout {
            socket_dir: socket_dir(&home),
            cluster: home.join("cluster"),
            data_dir: data_dir.to_owned(),
            home,
            programs_home,
            run_as,
        })
    }

    /// Makes the home, which also holds the lock file.
    pub(crate) fn make_home(&self) -> Result<(), Error> {
        make_dirs(&self.home, 0o755)?;
        let barrier = self
            .run_as
            .first_barrier(&self.home)
            .map_err(Error::file("cannot read", &self.home))?;
        if let Some(dir) = barrier {
            return Err(Error::Unreachable {
                user: self.run_as.name.clone(),
                dir,
            });
        }
        Ok(())
    }

    /// Makes the socket folder, and the link when the cluster had to move. Call it as the owner.
    pub(crate) fn prepare(&self) -> Result<(), Error> {
        let link = self.data_dir.join("cluster");
        if self.home != self.data_dir && fs::symlink_metadata(&link).is_err() {
            symlink(&self.cluster, &link).map_err(Error::file("cannot link", &link))?;
        }
        self.make_socket_dir()
    }

    /// Deletes the cluster, its socket folder and its link. The data directory itself and the programs stay.
    pub(crate) fn remove_cluster(&self) -> Result<(), Error> {
        remove_tree(&self.cluster)?;
        remove_tree(&self.socket_dir)?;
        if self.home != self.data_dir {
            remove_tree(&self.home)?;
            remove_tree(&self.data_dir.join("cluster"))?;
        }
        Ok(())
    }

    /// The socket needs no password, so its folder must belong to the server's user alone.
    fn make_socket_dir(&self) -> Result<(), Error> {
        match DirBuilder::new().mode(0o700).create(&self.socket_dir) {
            Ok(()) => return self.run_as.give(&self.socket_dir),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::file("cannot create", &self.socket_dir)(error)),
        }
        let about =
            fs::symlink_metadata(&self.socket_dir).map_err(Error::file("cannot read", &self.socket_dir))?;
        if about.is_dir() && about.uid() == self.run_as.uid && about.mode() & 0o077 == 0 {
            return Ok(());
        }
        Err(Error::SocketDirTaken {
            dir: self.socket_dir.clone(),
            user: self.run_as.name.clone(),
        })
    }
}

/// Makes a folder and those above it with exactly this mode, whatever the umask; leaves existing ones alone.
pub(crate) fn make_dirs(path: &Path, mode: u32) -> Result<(), Error> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_dirs(parent, mode)?;
    }
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        created => created.map_err(Error::file("cannot create", path))?,
    }
    let exact = fs::Permissions::from_mode(mode);
    fs::set_permissions(path, exact).map_err(Error::file("cannot change the permissions of", path))
}

/// Writes to disk what was made in a folder: a power cut after a rename must not leave empty files behind.
pub(crate) fn flush(dir: &Path) -> Result<(), Error> {
    let opened = fs::File::open(dir).map_err(Error::file("cannot open", dir))?;
    #[cfg(target_os = "linux")]
    let flushed = nix::unistd::syncfs(opened).map_err(std::io::Error::from);
    #[cfg(not(target_os = "linux"))]
    let flushed = {
        nix::unistd::sync();
        opened.sync_all()
    };
    flushed.map_err(Error::file("cannot flush", dir))
}

/// Deletes a file, link or tree; missing is fine.
pub(crate) fn remove_tree(path: &Path) -> Result<(), Error> {
    let removed = match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => return Ok(()),
    };
    removed.map_err(Error::file("cannot delete", path))
}

/// Whether the server's user can get at the data directory; opens the directory itself when it is ours.
fn can_stay(data_dir: &Path, run_as: &RunAs) -> Result<bool, Error> {
    let barrier = || {
        run_as
            .first_barrier(data_dir)
            .map_err(Error::file("cannot read", data_dir))
    };
    if barrier()?.as_deref() == Some(data_dir) && is_ours(data_dir) {
        let mode = fs::metadata(data_dir)
            .map_err(Error::file("cannot read", data_dir))?
            .mode();
        fs::set_permissions(data_dir, fs::Permissions::from_mode(mode | 0o011))
            .map_err(Error::file("cannot change the permissions of", data_dir))?;
    }
    Ok(barrier()?.is_none())
}

/// A data directory is ours when it holds a cluster, or nothing that we did not make.
fn is_ours(data_dir: &Path) -> bool {
    const OURS: [&str; 4] = [LOCK_FILE, "clusters", "postgres-bin", "run"];
    let known = |name: &std::ffi::OsStr| OURS.iter().any(|ours| name == *ours);
    data_dir.join("cluster").exists()
        || fs::read_dir(data_dir)
            .is_ok_and(|entries| entries.flatten().all(|entry| known(&entry.file_name())))
}

fn socket_dir(home: &Path) -> PathBuf {
    let beside = home.join("run");
    if beside.as_os_str().len() <= LONGEST_SOCKET_DIR {
        return beside;
    }
    let root = nix::unistd::geteuid().is_root() && Path::new("/run").is_dir();
    let parent = if root { "/run" } else { "/tmp" };
    Path::new(parent).join(format!("rapport-{}", short_hash(home)))
}

fn short_hash(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    hex::encode(&digest[..6])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_home_keeps_its_socket_beside_it() {
        assert_eq!(
            socket_dir(Path::new("/srv/rapport")),
            Path::new("/srv/rapport/run")
        );
    }

    #[test]
    fn a_long_home_gets_a_short_socket_folder_of_its_own() {
        let long = |end| PathBuf::from(format!("/srv/{}/{end}", "x".repeat(120)));
        let dir = socket_dir(&long("a"));
        assert!(dir.as_os_str().len() <= LONGEST_SOCKET_DIR, "{}", dir.display());
        assert_ne!(dir, socket_dir(&long("b")));
    }

    #[test]
    fn a_folder_with_other_peoples_files_is_not_ours() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(LOCK_FILE), "").unwrap();
        assert!(is_ours(folder.path()));
        fs::write(folder.path().join("letter.txt"), "").unwrap();
        assert!(!is_ours(folder.path()));
    }
}
