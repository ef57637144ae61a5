//! A server that outlived its owner: find it, prove that it is ours, and end it.
//!
//! After a SIGKILL of the owner, PostgreSQL usually shuts itself down (see `supervisor.rs`), but that
//! takes a moment, and `postmaster.pid` may stay behind naming a number that by now belongs to a stranger.
//! Nothing here ever signals a process without having seen, just before, that it works in our cluster.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use crate::layout::{Layout, remove_tree};
use crate::settings::replace_file;
use crate::{Error, probe};

/// How long a server gets to react before the next, harder signal.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a process number stands for, seen from one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    /// No such process, or dead and merely not yet reaped.
    Gone,
    /// A PostgreSQL process that works in this cluster.
    Ours,
    /// Anything else. Hands off.
    Stranger,
}

/// Call it as the owner of the lock, before a start: afterwards no server runs in the cluster, and no
/// lock file of PostgreSQL's stops a new one.
pub(crate) async fn clear(layout: &Layout) -> Result<(), Error> {
    let (pid_file, socket_lock) = (layout.cluster.join("postmaster.pid"), socket_lock(layout));
    for pid in [&pid_file, &socket_lock]
        .into_iter()
        .filter_map(|file| pid_in(file))
    {
        if who(pid, layout) == Who::Ours {
            tracing::warn!(%pid, "a PostgreSQL of an earlier run is still there; stopping it");
            end(pid, layout).await;
        }
        if who(pid, layout) == Who::Ours {
            return Err(Error::Start {
                reason: format!("process {pid} of an earlier run cannot be stopped"),
            });
        }
    }
    // PostgreSQL only asks whether a process of that number exists, so a stranger's, or that of a dead
    // process which nobody has reaped yet, would stop it.
    remove_tree(&socket_lock)?;
    match pid_in(&pid_file) {
        Some(pid) if Path::new(&format!("/proc/{pid}")).exists() => name_ourselves(layout, &pid_file),
        _ => Ok(()),
    }
}

/// Kills what a dead server left behind: PostgreSQL processes in our cluster that lost their parent and
/// still hold its shared memory. They normally end by themselves.
pub(crate) fn kill_orphans(layout: &Layout) {
    for pid in processes()
        .into_iter()
        .filter(|pid| is_orphan(*pid) && who(*pid, layout) == Who::Ours)
    {
        tracing::warn!(%pid, "killing a PostgreSQL process that outlived its server");
        let _ = kill(pid, Signal::SIGKILL);
    }
}

/// Waits until a stopped server's processes have ended; kills what is still there after a while.
pub(crate) async fn wait_for_end(processes: &[Pid], layout: &Layout) {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if !processes.iter().any(|pid| is_postgres(*pid)) {
            return;
        }
        sleep(Duration::from_millis(5)).await;
    }
    for pid in processes.iter().filter(|pid| who(**pid, layout) == Who::Ours) {
        let _ = kill(*pid, Signal::SIGKILL);
    }
}

/// The processes that a server started, for the case that it has to be killed.
pub(crate) fn children_of(parent: Pid) -> Vec<Pid> {
    processes()
        .into_iter()
        .filter(|pid| parent_of(*pid) == Some(parent))
        .collect()
}

/// Identifies a process by its working directory, which PostgreSQL sets to the cluster. Where the kernel
/// hides that (root without the right to trace, as in a container), by its command line and user.
pub(crate) fn who(pid: Pid, layout: &Layout) -> Who {
    let Some((name, state)) = name_and_state(pid) else {
        return Who::Gone;
    };
    if matches!(state, 'Z' | 'X') {
        return Who::Gone;
    }
    let ours = name.starts_with("postgres") && works_in(pid, layout);
    if ours { Who::Ours } else { Who::Stranger }
}

fn is_postgres(pid: Pid) -> bool {
    name_and_state(pid)
        .is_some_and(|(name, state)| name.starts_with("postgres") && !matches!(state, 'Z' | 'X'))
}

fn works_in(pid: Pid, layout: &Layout) -> bool {
    match fs::metadata(format!("/proc/{pid}/cwd")) {
        Ok(there) => fs::metadata(&layout.cluster)
            .is_ok_and(|here| (here.dev(), here.ino()) == (there.dev(), there.ino())),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => was_told_to(pid, layout),
        Err(_) => false,
    }
}

fn was_told_to(pid: Pid, layout: &Layout) -> bool {
    let process = format!("/proc/{pid}");
    let same_user = fs::metadata(&process).is_ok_and(|about| about.uid() == layout.run_as.uid);
    let words = fs::read(format!("{process}/cmdline")).unwrap_or_default();
    let words: Vec<&[u8]> = words.split(|byte| *byte == 0).collect();
    same_user
        && words
            .windows(2)
            .any(|pair| pair[0] == b"-D" && pair[1] == layout.cluster.as_os_str().as_encoded_bytes())
}

/// SIGINT (quick but clean), then SIGQUIT, then SIGKILL; looks again before each.
async fn end(pid: Pid, layout: &Layout) {
    for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGKILL] {
        if who(pid, layout) != Who::Ours {
            return;
        }
        if kill(pid, signal).is_err() {
            return;
        }
        let deadline = Instant::now() + PATIENCE;
        while who(pid, layout) == Who::Ours && Instant::now() < deadline {
            sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Puts our own number into `postmaster.pid`. PostgreSQL takes a file that names its parent for stale, and
/// still checks the shared memory named in it, which deleting the file would forgo.
fn name_ourselves(layout: &Layout, pid_file: &Path) -> Result<(), Error> {
    let Ok(text) = fs::read_to_string(pid_file) else {
        return Ok(());
    };
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    replace_file(layout, pid_file, &format!("{}\n{rest}", std::process::id()))
}

fn socket_lock(layout: &Layout) -> PathBuf {
    probe::socket(&layout.socket_dir).with_extension("5432.lock")
}

/// The number in the first line of one of PostgreSQL's lock files; negative while in single-user mode.
fn pid_in(lock_file: &Path) -> Option<Pid> {
    let text = fs::read_to_string(lock_file).ok()?;
    let pid: i32 = text.lines().next()?.trim().parse().ok()?;
    (pid > 1).then(|| Pid::from_raw(pid))
}

fn processes() -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw))
        .collect()
}

/// Every server process is a child of the postmaster, whose name is the program's; an orphan's parent is not.
fn is_orphan(pid: Pid) -> bool {
    parent_of(pid)
        .and_then(name_and_state)
        .is_none_or(|(name, _)| !name.starts_with("postgres"))
}

fn name_and_state(pid: Pid) -> Option<(String, char)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (name, rest) = split_stat(&stat)?;
    Some((name.to_owned(), rest.chars().next()?))
}

fn parent_of(pid: Pid) -> Option<Pid> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let parent = split_stat(&stat)?.1.split(' ').nth(1)?.parse().ok()?;
    Some(Pid::from_raw(parent))
}

/// `7 (a (b) c) S 1 …` → `a (b) c`, `S 1 …`: a name may hold anything, so the last bracket ends it.
fn split_stat(stat: &str) -> Option<(&str, &str)> {
    let (head, rest) = stat.rsplit_once(") ")?;
    Some((head.split_once('(')?.1, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_with_brackets_does_not_shift_the_fields() {
        assert_eq!(split_stat("7 (a (b) c) S 1 7"), Some(("a (b) c", "S 1 7")));
    }

    #[test]
    fn our_own_parent_is_known() {
        assert_eq!(parent_of(Pid::this()), Some(Pid::parent()));
    }

    #[test]
    fn a_number_that_no_process_has_is_gone() {
        assert_eq!(name_and_state(Pid::from_raw(i32::MAX)), None);
    }
}
