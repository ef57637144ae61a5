//! The lock file that says which process owns a data directory.
//!
//! The lock is the kernel's (`flock`), so it ends with the process however that ends; the number
//! written into the file only serves messages.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::Error;

/// Ownership of a data directory, for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// The name of the lock file in the data directory; its presence also marks the directory as ours.
pub(crate) const LOCK_FILE: &str = "rapport.lock";

/// `Ok(None)` when another process holds it.
pub(crate) fn try_lock(data_dir: &Path) -> Result<Option<Lock>, Error> {
    let path = path(data_dir);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(Error::file("cannot open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(Error::file("cannot lock", &path)(error)),
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(Error::file("cannot write", &path))?;
    Ok(Some(Lock { _file: file }))
}

/// The process that wrote itself into the lock file last.
pub(crate) fn holder(data_dir: &Path) -> Option<u32> {
    let mut text = String::new();
    File::open(path(data_dir))
        .ok()?
        .take(32)
        .read_to_string(&mut text)
        .ok()?;
    text.trim().parse().ok()
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(LOCK_FILE)
}
