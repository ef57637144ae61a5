//! Keeps one server running until told to stop, on a thread of its own (see `server.rs` for why).

use std::process::ExitStatus;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{interval, sleep};

use crate::binaries::Programs;
use crate::layout::Layout;
use crate::server::Server;
use crate::tries::Tries;
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

/// Failures in a row after which processes that a dead server left behind are killed.
const FAILURES_BLAMED_ON_ORPHANS: u32 = 4;

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
            if !*self.stopping.borrow() {
                self.after_failure(&reason).await;
            }
        }
        self.state.send_replace(State::Stopped);
    }

    /// One server from start to end. `Err` when it never became ready.
    async fn run_once(&mut self) -> Result<(), Error> {
        leftover::clear(&self.layout).await?;
        let mut server = Server::start(&self.programs, &self.layout)?;
        if self.wait_until_ready(&mut server).await? {
            self.tries.succeeded();
            self.state.send_replace(State::Ready);
            tracing::info!(pid = ?server.pid(), "PostgreSQL is ready");
            self.attend(&mut server).await;
        }
        server.stop().await;
        Ok(())
    }

    /// False when told to stop meanwhile. Recovery may take minutes: as long as the server lives, it is
    /// not disturbed.
    async fn wait_until_ready(&mut self, server: &mut Server) -> Result<bool, Error> {
        // Each question during recovery leaves a line in the server's log, so they become rarer.
        let mut pause = Duration::from_millis(10);
        loop {
            tokio::select! {
                () = told_to_stop(&mut self.stopping) => return Ok(false),
                status = server.ended() => return Err(self.start_failure(status)),
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

    /// Returns when the server has ended, or when told to stop it.
    async fn attend(&mut self, server: &mut Server) {
        let mut tidy = interval(Duration::from_secs(60));
        loop {
            tokio::select! {
                () = told_to_stop(&mut self.stopping) => return,
                status = server.ended() => {
                    self.state.send_replace(State::Restarting);
                    return tracing::error!(?status, "PostgreSQL ended unexpectedly; restarting it");
                }
                _ = tidy.tick() => startup_log::delete_old(&self.layout),
            }
        }
    }

    async fn after_failure(&mut self, reason: &str) {
        let failures = self.tries.failed();
        if self.tries.look_hopeless(reason) {
            self.state.send_replace(State::Failed {
                reason: reason.to_owned(),
            });
        }
        if failures >= FAILURES_BLAMED_ON_ORPHANS {
            leftover::kill_orphans(&self.layout);
        }
        let pause = self.tries.pause();
        tracing::warn!(
            reason,
            failures,
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
