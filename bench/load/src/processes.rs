//! What `/proc` tells: the memory of the server, and the processor time of it, its database and this program.

use std::fs;
use std::path::Path;

/// Resident memory of one process, in megabytes.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub now: f64,
    pub highest: f64,
}

pub fn memory(pid: u32) -> Option<Memory> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
    };
    Some(Memory {
        now: field("VmRSS:")?,
        highest: field("VmHWM:")?,
    })
}

/// Processor time so far, in seconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    pub server: f64,
    pub database: f64,
    pub load: f64,
}

impl Cpu {
    /// `cluster` is the folder in which the database's processes work.
    pub fn read(server: u32, cluster: &Path) -> Self {
        let database =
            pids().filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == cluster));
        Self {
            server: seconds(server).unwrap_or(0.0),
            database: database.filter_map(seconds).sum(),
            load: seconds(std::process::id()).unwrap_or(0.0),
        }
    }

    pub fn since(self, before: Self) -> Self {
        Self {
            server: self.server - before.server,
            database: self.database - before.database,
            load: self.load - before.load,
        }
    }
}

fn pids() -> impl Iterator<Item = u32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// User and system time of a process and of its children that have ended. The kernel counts in hundredths.
fn seconds(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = fields
        .get(11..15)?
        .iter()
        .filter_map(|field| field.parse::<f64>().ok());
    Some(ticks.sum::<f64>() / 100.0)
}

/// Processor and memory of this machine, in one line.
pub fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(": "));
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .map(|rest| rest.trim().trim_end_matches(" kB"));
    let total = total.and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0 / 1024.0;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{cores} cores ({}), {total:.0} GB",
        model.map_or("unknown processor", |(_, name)| name.trim())
    )
}
