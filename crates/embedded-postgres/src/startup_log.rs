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
    let logs = std::iter::once(path(layout)).chain(newest_first(layout).into_iter().take(1));
    let mut said = logs.filter_map(|log| last_complaint(&tail(&log).ok()?));
    said.next()
        .unwrap_or_else(|| format!("it said nothing; see {}", layout.cluster.join("log").display()))
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

/// The last line that tells what is wrong, with the hint that may follow it, without time and number.
fn last_complaint(log: &str) -> Option<String> {
    const TELLING: [&str; 4] = ["FATAL: ", "PANIC: ", "error while loading", "could not"];
    let lines: Vec<&str> = log.lines().collect();
    let told = |line: &&str| TELLING.iter().any(|sign| line.contains(sign));
    let at = lines.iter().rposition(told)?;
    let hints = lines[at + 1..]
        .iter()
        .filter_map(|line| Some(line.split_once("HINT: ")?.1.trim()));
    let line = lines[at]
        .split_once("FATAL: ")
        .map_or(lines[at], |(_, message)| message);
    Some(
        std::iter::once(line.trim())
            .chain(hints)
            .collect::<Vec<_>>()
            .join(". "),
    )
}

fn tail(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = i64::try_from(file.metadata()?.len()).unwrap_or(i64::MAX);
    file.seek(SeekFrom::End(-length.min(TAIL)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_complaint_comes_with_its_hint_and_without_the_time() {
        let log = "12:00 [7] LOG:  starting\n12:00 [7] FATAL:  old\n12:01 [8] FATAL:  lock file exists\n\
                   12:01 [8] HINT:  Is another one running?\n12:01 [8] LOG:  shut down\n";
        assert_eq!(
            last_complaint(log).unwrap(),
            "lock file exists. Is another one running?"
        );
        assert_eq!(last_complaint("LOG:  starting\n"), None);
    }
}
