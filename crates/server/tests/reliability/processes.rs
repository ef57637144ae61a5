//! The processes of one server's PostgreSQL, told apart from all others by the folder they work in.

use std::path::PathBuf;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use testkit::Server;

/// Those that run; a dead one that nobody has reaped yet does not.
pub fn postgres_of(server: &Server) -> Vec<Pid> {
    let Ok(cluster) = server.data_dir().join("cluster").canonicalize() else {
        return Vec::new();
    };
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| works_in(*pid) == Some(cluster.clone()))
        .map(Pid::from_raw)
        .collect()
}

/// Kills the postmaster, then its children. It begins none meanwhile.
pub fn kill_postgres_of(server: &Server) -> Vec<Pid> {
    let postmaster = server.postgres_pid().map(Pid::from_raw);
    let _stopped = postmaster.map(|pid| kill(pid, Signal::SIGSTOP));
    let mut killed = postgres_of(server);
    killed.sort_by_key(|pid| Some(*pid) != postmaster);
    for pid in &killed {
        let _ = kill(*pid, Signal::SIGKILL);
    }
    killed
}

/// A PostgreSQL that stands still, and goes on at the latest when this is dropped.
pub struct Frozen(Vec<Pid>);

impl Frozen {
    /// The postmaster first, so that no child begins while the others are stopped; one that ends in that moment does
    /// nothing any more either.
    pub fn postgres_of(server: &Server) -> Self {
        let postmaster = server.postgres_pid().map(Pid::from_raw);
        let mut frozen = Self(Vec::new());
        frozen.stop(postmaster.expect("PostgreSQL runs"));
        for pid in postgres_of(server) {
            frozen.stop(pid);
        }
        frozen
    }

    fn stop(&mut self, pid: Pid) {
        match kill(pid, Signal::SIGSTOP) {
            Err(Errno::ESRCH) => {}
            stopped => stopped.expect("a process of the database"),
        }
        self.0.push(pid);
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for pid in &self.0 {
            let _ = kill(*pid, Signal::SIGCONT);
        }
    }
}

/// A process's folder cannot be read any more once it is dead.
fn works_in(pid: i32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

/// Resident memory at its highest, in megabytes.
pub fn highest_memory(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.expect("the process runs") / 1024
}
