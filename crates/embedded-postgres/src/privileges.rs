//! Which user PostgreSQL runs as. It refuses to run as root, so root hands it to an unprivileged user.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::{Gid, Uid, User, getegid, geteuid};

use crate::Error;

/// The user that owns the cluster and runs the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunAs {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// Whether this process is root and so has to become that user.
    pub drop_privileges: bool,
}

impl RunAs {
    /// Ourselves, unless we are root: then the owner of an existing cluster, else `rapport`, `postgres`
    /// or `nobody`, the first that exists.
    pub(crate) fn choose(existing_cluster: &Path) -> Result<RunAs, Error> {
        if !geteuid().is_root() {
            return Ok(RunAs::myself());
        }
        let owner = fs::metadata(existing_cluster).ok().filter(|of| of.uid() != 0);
        if let Some(user) = owner.and_then(|of| User::from_uid(Uid::from_raw(of.uid())).ok().flatten()) {
            return Ok(RunAs::unprivileged(user));
        }
        ["rapport", "postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(RunAs::unprivileged)
            .ok_or(Error::NoUser)
    }

    /// Makes `command` start as this user, without root's groups.
    pub(crate) fn apply(&self, command: &mut Command) {
        if self.drop_privileges {
            command.uid(self.uid).gid(self.gid);
        }
    }

    /// Gives one file or folder to this user; a link itself, never what it points to.
    pub(crate) fn give(&self, path: &Path) -> Result<(), Error> {
        if !self.drop_privileges {
            return Ok(());
        }
        lchown(path, Some(self.uid), Some(self.gid)).map_err(Error::file("cannot change the owner of", path))
    }

    /// Gives a whole tree to this user, for a cluster that root restored from a backup.
    pub(crate) fn give_tree(&self, path: &Path) -> Result<(), Error> {
        let about = fs::symlink_metadata(path).map_err(Error::file("cannot read", path))?;
        if !self.drop_privileges || (about.uid() == self.uid && !about.is_dir()) {
            return Ok(());
        }
        self.give(path)?;
        if !about.is_dir() {
            return Ok(());
        }
        for entry in fs::read_dir(path).map_err(Error::file("cannot read", path))? {
            self.give_tree(&entry.map_err(Error::file("cannot read", path))?.path())?;
        }
        Ok(())
    }

    /// The first folder on the way to `path` (itself included) that this user cannot enter.
    pub(crate) fn first_barrier(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        if !self.drop_privileges {
            return Ok(None);
        }
        let mut folders: Vec<&Path> = path.ancestors().collect();
        folders.reverse();
        for folder in folders {
            if !self.may_enter(&fs::metadata(folder)?) {
                return Ok(Some(folder.to_owned()));
            }
        }
        Ok(None)
    }

    fn may_enter(&self, folder: &fs::Metadata) -> bool {
        let needed = match (folder.uid() == self.uid, folder.gid() == self.gid) {
            (true, _) => 0o100,
            (false, true) => 0o010,
            (false, false) => 0o001,
        };
        folder.mode() & needed != 0
    }

    fn myself() -> RunAs {
        let uid = geteuid();
        let name = User::from_uid(uid)
            .ok()
            .flatten()
            .map_or_else(|| uid.to_string(), |user| user.name);
        RunAs {
            name,
            uid: uid.as_raw(),
            gid: getegid().as_raw(),
            drop_privileges: false,
        }
    }

    fn unprivileged(User { name, uid, gid, .. }: User) -> RunAs {
        let gid = if gid == Gid::from_raw(0) {
            Gid::from_raw(uid.as_raw())
        } else {
            gid
        };
        RunAs {
            name,
            uid: uid.as_raw(),
            gid: gid.as_raw(),
            drop_privileges: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn stranger() -> RunAs {
        RunAs {
            name: "somebody".into(),
            uid: 54_321,
            gid: 54_321,
            drop_privileges: true,
        }
    }

    #[test]
    fn a_private_folder_is_a_barrier_and_everything_below_it_too() {
        let private = tempfile::tempdir().unwrap();
        fs::set_permissions(private.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let below = private.path().join("below");
        fs::create_dir(&below).unwrap();
        let canonical = private.path().canonicalize().unwrap();
        assert_eq!(
            stranger().first_barrier(&below.canonicalize().unwrap()).unwrap(),
            Some(canonical.clone())
        );
        fs::set_permissions(&canonical, fs::Permissions::from_mode(0o711)).unwrap();
        assert_eq!(
            stranger().first_barrier(&below.canonicalize().unwrap()).unwrap(),
            None
        );
    }

    #[test]
    fn no_folder_is_a_barrier_for_the_user_that_we_are() {
        let private = tempfile::tempdir().unwrap();
        let us = RunAs {
            drop_privileges: false,
            ..stranger()
        };
        assert_eq!(us.first_barrier(private.path()).unwrap(), None);
    }
}
