//! What the server said before its own log began, and how much log is kept.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::Error;
use crate::layout::Layout;

/// Log files kept; each is at most the rotation size of `settings.rs`.
const KEPT: usize = 5;

/// How much of the end of a log is read for a reason.
const TAIL: i64 = 8 * 1024;

/// An empty file for one start's output.
pub(crate) fn create(layout: &Layout) -> Result<File, Error> {
    let path = path(layout);
    File::create(&path).map_err(Error::file("cannot write", &path))
}

/// Why the last start failed, in the server's words.
pub(crate) fn reason(layout: &Layout) -> String {
    let mut said = complaints(&path(layout));
    if said.is_empty() || said.iter().all(|line| line.contains("logging collector")) {
        said = newest_first(layout)
            .first()
            .map(|log| complaints(log))
            .unwrap_or_default();
    }
    match said.is_empty() {
        true => format!("it said nothing; see {}", layout.cluster.join("log").display()),
        false => said.join(" / "),
    }
}

/// Deletes all but the newest log files.
pub(crate) fn delete_old(layout: &Layout) {
    for old in newest_first(layout).into_iter().skip(KEPT) {
        let _ = fs::remove_file(old);
    }
}

fn path(layout: &Layout) -> PathBuf {
    layout.home.join("postgres-start.log")
}

/// The names carry the time, so their order is the order of age.
fn newest_first(layout: &Layout) -> Vec<PathBuf> {
    let folder = layout.cluster.join("log");
    // The folder belongs to the server's user, who could have put a link in its place.
    if !fs::symlink_metadata(&folder).is_ok_and(|about| about.is_dir()) {
        return Vec::new();
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut logs: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    logs.retain(|log| log.extension().is_some_and(|extension| extension == "log"));
    logs.sort_unstable_by(|a, b| b.cmp(a));
    logs
}

/// The last few lines that tell what is wrong.
fn complaints(log: &Path) -> Vec<String> {
    const TELLING: [&str; 4] = ["FATAL:", "PANIC:", "HINT:", "cannot"];
    let text = tail(log).unwrap_or_default();
    let telling = text
        .lines()
        .filter(|line| TELLING.iter().any(|word| line.contains(word)));
    let mut lines: Vec<String> = telling.rev().take(4).map(|line| line.trim().to_owned()).collect();
    lines.reverse();
    lines
}

fn tail(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = i64::try_from(file.metadata()?.len()).unwrap_or(i64::MAX);
    file.seek(SeekFrom::End(-length.min(TAIL)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
