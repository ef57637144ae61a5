//! Looks at a ZIP archive before anybody unpacks it: what is in it, counted while inflating, whatever it says itself.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::Unreadable;

const MOST_BYTES: u64 = 200 * 1024 * 1024;
const MOST_ENTRIES: usize = 2_000;
/// A text that repeats itself comes near it; a bomb is at a thousand.
const MOST_RATIO: u64 = 100;
/// Small parts may repeat themselves as they like.
const NO_BOMB: u64 = 10 * 1024 * 1024;

pub fn check(bytes: &[u8]) -> Result<(), Unreadable> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Unreadable::Damaged)?;
    if archive.len() > MOST_ENTRIES {
        return Err(Unreadable::Bomb);
    }
    let allowed = MOST_BYTES.min((bytes.len() as u64 * MOST_RATIO).max(NO_BOMB));
    let mut room = allowed;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| match error {
            ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => Unreadable::Protected,
            _ => Unreadable::Damaged,
        })?;
        if entry.enclosed_name().is_none() || entry.is_symlink() {
            return Err(Unreadable::Damaged);
        }
        let size = std::io::copy(&mut entry.take(room + 1), &mut std::io::sink());
        let size = size.map_err(|_| Unreadable::Damaged)?;
        room = room.checked_sub(size).ok_or(Unreadable::Bomb)?;
    }
    Ok(())
}
