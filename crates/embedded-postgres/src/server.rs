//! One server process: start it, stop it.
//!
//! It is a child of the thread that starts it: the kernel sends the server SIGINT when that *thread* ends,
//! so a killed owner takes its server with it. It is in a process group of its own, so Ctrl-C in a terminal
//! reaches us and not the server, and we stop it in order.

use std::os::unix::process::CommandExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::binaries::Programs;
use crate::layout::Layout;
use crate::{Error, leftover, startup_log};

/// How long the server gets for each harder way of stopping.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that was started, ready or not.
pub(crate) struct Server {
    child: Child,
    layout: Layout,
}

impl Server {
    pub(crate) fn start(programs: &Programs, layout: &Layout) -> Result<Server, Error> {
        let failed = |source| Error::System {
            action: "cannot start PostgreSQL",
            source,
        };
        let log = startup_log::create(layout)?;
        let mut command = programs.command("postgres", layout);
        command
            .arg("-D")
            .arg(&layout.cluster)
            .process_group(0)
            .stdin(Stdio::null());
        command.stdout(log.try_clone().map_err(failed)?).stderr(log);
        end_with_this_thread(&mut command);
        let child = Command::from(command)
            .kill_on_drop(false)
            .spawn()
            .map_err(failed)?;
        Ok(Server {
            child,
            layout: layout.clone(),
        })
    }

    /// Its process number, while it runs.
    pub(crate) fn pid(&self) -> Option<Pid> {
        let pid = i32::try_from(self.child.id()?).ok()?;
        Some(Pid::from_raw(pid))
    }

    /// Returns when it has ended.
    pub(crate) async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// SIGINT ends connections and shuts down cleanly; SIGQUIT gives up cleanliness; SIGKILL is for a
    /// server that does not react at all, and then its children are ended too, which have groups of their
    /// own.
    pub(crate) async fn stop(mut self) {
        let Some(pid) = self.pid() else { return };
        let children = leftover::children_of(pid);
        for signal in [Signal::SIGINT, Signal::SIGQUIT] {
            let _ = kill(pid, signal);
            if timeout(PATIENCE, self.ended()).await.is_ok() {
                // The process that writes the log ends after the server.
                return leftover::wait_for_end(&children, &self.layout).await;
            }
            tracing::warn!(%signal, "PostgreSQL does not stop");
        }
        for child in leftover::children_of(pid) {
            let _ = kill(child, Signal::SIGKILL);
        }
        let _ = killpg(pid, Signal::SIGKILL);
        let _ = self.ended().await;
        leftover::wait_for_end(&children, &self.layout).await;
    }
}

/// Asks the kernel to send the child SIGINT when the thread that started it ends.
fn end_with_this_thread(command: &mut std::process::Command) {
    #[cfg(target_os = "linux")]
    {
        let parent = nix::unistd::getpid();
        let arm = move || {
            nix::sys::prctl::set_pdeathsig(Signal::SIGINT)?;
            // The parent may have died before the line above took effect.
            if nix::unistd::getppid() == parent {
                Ok(())
            } else {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
        };
        // SAFETY: between fork and exec the closure makes two system calls and allocates nothing. It runs
        // after the change of user, which would clear the setting.
        unsafe { command.pre_exec(arm) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}
