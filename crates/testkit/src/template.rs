//! A data folder that a server has been started on once: most tests begin with a copy of it, and not with an empty
//! database that every migration has to run on.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::UNIX_EPOCH;

use nix::sys::signal::Signal;

use crate::process::Process;

/// Puts a copy at `data_dir`. `start` makes the command that starts the server on a folder.
pub(crate) async fn copy_to(data_dir: &Path, binary: &Path, start: impl FnOnce(&Path) -> Command) {
    let template = find_or_make(binary, start).await;
    let mut copy = Command::new("cp");
    copy.args(["-a", "--reflink=auto"]).args([&template, data_dir]);
    let status = copy.status().expect("cp starts");
    assert!(status.success(), "the template could not be copied: {status}");
}

/// Made by whoever comes first; the others wait. That of an older build is removed.
async fn find_or_make(binary: &Path, start: impl FnOnce(&Path) -> Command) -> PathBuf {
    let place = binary.with_file_name("test-template");
    fs::create_dir_all(&place).expect("a folder beside the binary");
    let lock = File::create(place.join("lock")).expect("the lock file");
    lock.lock().expect("the lock");
    let build = fs::metadata(binary).expect("the binary");
    let changed = build.modified().expect("a time").duration_since(UNIX_EPOCH);
    let name = format!("{}-{}", changed.expect("after 1970").as_nanos(), build.len());
    let template = place.join(name);
    if template.exists() {
        return template;
    }
    for old in fs::read_dir(&place).expect("the folder").flatten() {
        if old.path().is_dir() {
            fs::remove_dir_all(old.path()).expect("an old template goes");
        }
    }
    let scratch = place.join("being-made");
    let mut server = Process::start(start(&scratch), &place.join("server.log")).await;
    server.signal(Signal::SIGTERM);
    let status = server.wait();
    assert!(status.success(), "the template's server: {status}");
    fs::rename(&scratch, &template).expect("the template in its place");
    template
}
