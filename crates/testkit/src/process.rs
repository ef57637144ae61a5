//! A child process: started, told apart from strangers by its id, and ended for certain.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::oneshot;

/// A clean stop that takes longer than this is a defect: the process is killed, so that the test ends.
const LONGEST_STOP: Duration = Duration::from_secs(120);

/// A running child that has said its first line.
pub(crate) struct Process {
    child: Child,
    pub(crate) first_line: String,
}

impl Process {
    /// Starts the command and waits for its first line on standard output. Standard error goes to `log`.
    ///
    /// # Panics
    /// With the log, when the process ends without a line or says nothing for three minutes.
    pub(crate) async fn start(mut command: Command, log: &Path) -> Self {
        let errors = File::options()
            .create(true)
            .append(true)
            .open(log)
            .expect("the log file");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().expect("the binary starts");
        let output = child.stdout.take().expect("a pipe");
        let (said, line) = oneshot::channel();
        std::thread::spawn(move || {
            let mut lines = BufReader::new(output).lines().map_while(Result::ok);
            let _ = said.send(lines.next());
            lines.for_each(drop);
        });
        match tokio::time::timeout(Duration::from_secs(180), line).await {
            Ok(Ok(Some(first_line))) => Self { child, first_line },
            _ => {
                let _ = child.kill();
                let status = child.wait();
                let log = std::fs::read_to_string(log).unwrap_or_default();
                panic!("the server did not start ({status:?}):\n{log}");
            }
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().expect("a process id"))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(self.pid(), signal).expect("the child is ours and not yet reaped");
    }

    /// Waits for the end, and kills a process that does not come to it.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let pid = self.pid();
        let (ended, end) = channel::<()>();
        let watchdog = std::thread::spawn(move || {
            if end.recv_timeout(LONGEST_STOP) == Err(RecvTimeoutError::Timeout) {
                eprintln!("the server did not stop within {LONGEST_STOP:?}: killed");
                let _ = kill(pid, Signal::SIGKILL);
            }
        });
        let status = self.child.wait().expect("the child can be waited for");
        drop(ended);
        let _ = watchdog.join();
        status
    }
}

/// Ends a PostgreSQL that outlived a killed server, if it really runs in this cluster.
pub(crate) fn end_orphan(cluster: &Path) {
    let Some(postmaster) = find_postmaster(cluster) else {
        return;
    };
    let _ = kill(postmaster, Signal::SIGQUIT);
    // not our child, so that its end cannot be waited for
    let deadline = Instant::now() + Duration::from_secs(10);
    while is_in(postmaster, cluster) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The postmaster of this cluster, if one runs.
pub(crate) fn find_postmaster(cluster: &Path) -> Option<Pid> {
    let file = std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
    let pid = Pid::from_raw(file.lines().next()?.trim().parse().ok()?);
    is_in(pid, cluster).then_some(pid)
}

fn is_in(pid: Pid, folder: &Path) -> bool {
    let at: Option<PathBuf> = std::fs::read_link(format!("/proc/{pid}/cwd")).ok();
    at.is_some() && at == folder.canonicalize().ok()
}
