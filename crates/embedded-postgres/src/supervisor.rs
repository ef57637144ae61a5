//! Keeps one server running until told to stop.
//!
//! The server is a child of a thread that lives as long as the supervision: the kernel sends the server
//! SIGINT when that *thread* ends, so a killed owner takes its server with it. The child is in a process
//! group of its own, so Ctrl-C in a terminal reaches us and not the server, and we stop it in order.

use std::os::unix::process::CommandExt;
use std::process::ExitStatus;
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::{Instant, interval, sleep, timeout};

use crate::binaries::Programs;
use crate::layout::Layout;
use crate::{Error, leftover, probe, startup_log};

/// What the server is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// First start of this process.
    Starting,
    /// Connections are accepted.
    Ready,
    /// The server died; a new one is being started.
    Restarting,
    /// The server has not come up for a while. Attempts go on, so `Ready` may follow.
    Failed {
        /// The server's own words.
        reason: String,
    },
    /// Stopped by [`crate::Cluster::stop`].
    Stopped,
}

/// Restarts are tried this long before the state becomes `Failed` (and go on after that).
const GIVE_UP_AFTER: Duration = Duration::from_secs(45);

/// A server that ran this long was healthy; the next failure starts counting anew.
const HEALTHY_AFTER: Duration = Duration::from_secs(30);

/// A first start that fails this often for a reason of its own will not succeed by waiting.
const FIRST_START_ATTEMPTS: u32 = 3;

/// How long the server gets for each harder way of stopping.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

/// A running supervision; dropping it stops the server and waits for that.
#[derive(Debug)]
pub(crate) struct Supervisor {
    stop: watch::Sender<bool>,
    state: watch::Receiver<State>,
    thread: Option<JoinHandle<()>>,
}

impl Supervisor {
    pub(crate) fn start(programs: Programs, layout: Layout) -> Result<Supervisor, Error> {
        let (state, watched) = watch::channel(State::Starting);
        let (stop, stopping) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| Error::System {
            action: "cannot watch PostgreSQL",
            source,
        })?;
        let mut run = Run {
            programs,
            layout,
            state,
            stopping,
            tries: Tries::default(),
        };
        let thread = std::thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(move || runtime.block_on(run.keep_running()))
            .map_err(|source| Error::System {
                action: "cannot watch PostgreSQL",
                source,
            })?;
        Ok(Supervisor {
            stop,
            state: watched,
            thread: Some(thread),
        })
    }

    pub(crate) fn state(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Stops the server and returns when it is gone.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        let mut state = self.state.clone();
        let _ = state.wait_for(|state| *state == State::Stopped).await;
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Consecutive failures.
#[derive(Debug, Default)]
struct Tries {
    failed: u32,
    since: Option<Instant>,
    was_ready: bool,
}

impl Tries {
    fn record(&mut self) {
        self.failed += 1;
        self.since.get_or_insert_with(Instant::now);
    }

    fn forget(&mut self) {
        self.failed = 0;
        self.since = None;
    }

    fn pause(&self) -> Duration {
        let doubled = Duration::from_millis(100) * 2_u32.pow(self.failed.saturating_sub(1).min(6));
        doubled.min(Duration::from_secs(5))
    }

    /// What lets go by itself (an old lock file or shared memory) is worth waiting for, even at first.
    fn look_hopeless(&self, reason: &str) -> bool {
        let passing = ["lock file", "shared memory block"]
            .iter()
            .any(|sign| reason.contains(sign));
        let tired = self.since.is_some_and(|since| since.elapsed() > GIVE_UP_AFTER);
        tired || (!self.was_ready && !passing && self.failed >= FIRST_START_ATTEMPTS)
    }
}

struct Run {
    programs: Programs,
    layout: Layout,
    state: watch::Sender<State>,
    stopping: watch::Receiver<bool>,
    tries: Tries,
}

impl Run {
    async fn keep_running(&mut self) {
        while !*self.stopping.borrow() {
            let reason = match self.run_once().await {
                Ok(()) => "it ended".to_owned(),
                Err(Error::Start { reason }) => reason,
                Err(error) => error.to_string(),
            };
            if *self.stopping.borrow() {
                break;
            }
            self.after_failure(&reason).await;
        }
        self.state.send_replace(State::Stopped);
    }

    /// One server from start to end. `Err` when it never became ready.
    async fn run_once(&mut self) -> Result<(), Error> {
        leftover::clear(&self.layout).await?;
        let mut server = self.spawn()?;
        if !self.wait_until_ready(&mut server).await? {
            stop(&mut server, &self.layout).await;
            return Ok(());
        }
        let since = Instant::now();
        self.tries.was_ready = true;
        self.state.send_replace(State::Ready);
        tracing::info!(pid = server.id(), "PostgreSQL is ready");
        self.attend(&mut server).await;
        if since.elapsed() > HEALTHY_AFTER {
            self.tries.forget();
        }
        Ok(())
    }

    fn spawn(&self) -> Result<Child, Error> {
        let log = startup_log::create(&self.layout)?;
        let log_too = log.try_clone().map_err(|source| Error::System {
            action: "cannot start PostgreSQL",
            source,
        })?;
        let mut command = self.programs.command("postgres", &self.layout);
        command
            .arg("-D")
            .arg(&self.layout.cluster)
            .process_group(0)
            .stdout(log)
            .stderr(log_too);
        command.stdin(std::process::Stdio::null());
        end_with_this_thread(&mut command);
        let spawned = Command::from(command).kill_on_drop(false).spawn();
        spawned.map_err(|source| Error::System {
            action: "cannot start PostgreSQL",
            source,
        })
    }

    /// False when told to stop meanwhile. Recovery may take minutes: as long as the server lives, it is
    /// not disturbed.
    async fn wait_until_ready(&mut self, server: &mut Child) -> Result<bool, Error> {
        // Each question during recovery leaves a line in the server's log, so they become rarer.
        let mut pause = Duration::from_millis(10);
        loop {
            tokio::select! {
                () = told_to_stop(&mut self.stopping) => return Ok(false),
                status = server.wait() => return Err(self.start_failure(status)),
                () = sleep(pause) => {}
            }
            if probe::accepts_connections(&self.layout.socket_dir).await {
                return Ok(true);
            }
            pause = (pause * 5 / 4).min(Duration::from_millis(500));
        }
    }

    fn start_failure(&self, status: std::io::Result<ExitStatus>) -> Error {
        let ended = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        Error::Start {
            reason: format!("{} ({ended})", startup_log::reason(&self.layout)),
        }
    }

    /// Returns when the server has ended, by itself or because we stopped it.
    async fn attend(&mut self, server: &mut Child) {
        let mut tidy = interval(Duration::from_secs(60));
        loop {
            tokio::select! {
                () = told_to_stop(&mut self.stopping) => return stop(server, &self.layout).await,
                status = server.wait() => {
                    self.state.send_replace(State::Restarting);
                    return tracing::error!(?status, "PostgreSQL ended unexpectedly; restarting it");
                }
                _ = tidy.tick() => startup_log::delete_old(&self.layout),
            }
        }
    }

    async fn after_failure(&mut self, reason: &str) {
        self.tries.record();
        if self.tries.look_hopeless(reason) {
            self.state.send_replace(State::Failed {
                reason: reason.to_owned(),
            });
        }
        if self.tries.failed > 3 {
            leftover::kill_orphans(&self.layout);
        }
        let pause = self.tries.pause();
        tracing::warn!(
            reason,
            failures = self.tries.failed,
            ?pause,
            "PostgreSQL is not running; next attempt soon"
        );
        tokio::select! {
            () = told_to_stop(&mut self.stopping) => {}
            () = sleep(pause) => {}
        }
    }
}

/// Also returns when nobody is left who could tell.
async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// SIGINT ends connections and shuts down cleanly; SIGQUIT gives up cleanliness; SIGKILL is for a server
/// that does not react at all, and then its children are ended too, which have groups of their own.
async fn stop(server: &mut Child, layout: &Layout) {
    let Some(pid) = server
        .id()
        .and_then(|pid| i32::try_from(pid).ok())
        .map(Pid::from_raw)
    else {
        return;
    };
    let children = leftover::children_of(pid);
    for signal in [Signal::SIGINT, Signal::SIGQUIT] {
        let _ = kill(pid, signal);
        if timeout(STOP_PATIENCE, server.wait()).await.is_ok() {
            // The process that writes the log ends after the server.
            return leftover::wait_for_end(&children, layout).await;
        }
        tracing::warn!(%signal, "PostgreSQL does not stop");
    }
    for child in leftover::children_of(pid) {
        let _ = kill(child, Signal::SIGKILL);
    }
    let _ = killpg(pid, Signal::SIGKILL);
    let _ = server.wait().await;
    leftover::wait_for_end(&children, layout).await;
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
