//! A server that outlived its owner: find it, prove that it is ours, and end it.
//!
//! After a SIGKILL of the owner, PostgreSQL usually shuts itself down (see `supervisor.rs`), but that
//! takes a moment, and `postmaster.pid` may stay behind naming a number that by now belongs to a stranger.
//! Nothing here ever signals a process without having seen, just before, that it works in our cluster.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

use crate::Error;
use crate::layout::Layout;
use crate::settings::replace_file;

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

/// Call it as the owner of the lock, before a start: afterwards no server runs in the cluster, and
/// `postmaster.pid` does not stop a new one.
pub(crate) async fn clear(layout: &Layout) -> Result<(), Error> {
    let Some(pid) = pid_in_file(&layout.cluster) else {
        return Ok(());
    };
    if who(pid, layout) == Who::Ours {
        tracing::warn!(%pid, "a PostgreSQL of an earlier run is still there; stopping it");
        end(pid, layout).await;
    }
    match who(pid, layout) {
        Who::Ours => Err(Error::Start {
            reason: format!("process {pid} of an earlier run cannot be stopped"),
        }),
        // PostgreSQL asks only whether a process of that number exists, so it would wait for ever.
        Who::Stranger => name_ourselves(layout),
        Who::Gone => match fs::exists(format!("/proc/{pid}")) {
            Ok(true) => name_ourselves(layout),
            _ => Ok(()),
        },
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
fn name_ourselves(layout: &Layout) -> Result<(), Error> {
    let path = layout.cluster.join("postmaster.pid");
    let Ok(text) = fs::read_to_string(&path) else {
        return Ok(());
    };
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    replace_file(layout, &path, &format!("{}\n{rest}", std::process::id()))
}

fn pid_in_file(cluster: &Path) -> Option<Pid> {
    let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
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
