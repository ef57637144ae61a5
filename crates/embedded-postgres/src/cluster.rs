//! An open cluster: owned and supervised, or attached to one that another process owns.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::binaries::{self, Programs};
use crate::config::DATABASE;
use crate::layout::{self, Layout};
use crate::lock::{self, Lock};
use crate::supervisor::Supervisor;
use crate::{Binaries, Config, Error, Progress, Sharing, State, initialise, probe};

/// An open cluster. Dropping an owned one stops its server too, but blocks the thread meanwhile, so
/// prefer [`Cluster::stop`].
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    bin_dir: PathBuf,
    role: Role,
}

/// Fields are dropped in this order: first the server, then the lock.
#[derive(Debug)]
enum Role {
    Owner { supervisor: Supervisor, _lock: Lock },
    Attached { state: watch::Sender<State> },
}

impl Cluster {
    /// Opens the cluster and returns when it accepts connections. On first use this unpacks PostgreSQL
    /// and creates the cluster; `progress` hears about each step, as it begins.
    pub async fn open(config: Config, progress: impl Fn(Progress)) -> Result<Cluster, Error> {
        let data_dir = config.data_dir.clone();
        let layout = blocking(move || {
            let layout = Layout::plan(&layout::make_data_dir(&data_dir)?)?;
            layout.make_home()?;
            Ok(layout)
        })
        .await?;
        let bin_dir = binaries::bin_dir(&config.binaries, &layout);
        let role = match wait_for_turn(&config, &layout, &progress).await? {
            Some(lock) => own(&config, &layout, lock, &progress).await?,
            None => Role::Attached {
                state: watch::Sender::new(State::Ready),
            },
        };
        progress(Progress::Ready);
        Ok(Cluster {
            layout,
            bin_dir,
            role,
        })
    }

    /// The folder of the unix socket; at most 85 bytes long.
    pub fn socket_dir(&self) -> &Path {
        &self.layout.socket_dir
    }

    /// For `role` in the product's database, as sqlx and psql understand it.
    pub fn url(&self, role: &str) -> String {
        self.url_of(role, DATABASE)
    }

    /// For `role` in another database of this cluster.
    pub fn url_of(&self, role: &str, database: &str) -> String {
        let socket_dir = percent_encode(&self.layout.socket_dir);
        format!("postgres://{role}@localhost/{database}?host={socket_dir}")
    }

    /// Follows the server. For an attached cluster it is `Ready` until [`Cluster::stop`].
    pub fn state(&self) -> watch::Receiver<State> {
        match &self.role {
            Role::Owner { supervisor, .. } => supervisor.state(),
            Role::Attached { state } => state.subscribe(),
        }
    }

    /// Whether this process supervises the server.
    pub fn is_owner(&self) -> bool {
        matches!(self.role, Role::Owner { .. })
    }

    /// Stops the server (at most about 20 s) if this process owns it. Close connections first: those
    /// still open are ended.
    pub async fn stop(&self) {
        match &self.role {
            Role::Owner { supervisor, .. } => supervisor.stop().await,
            Role::Attached { state } => {
                state.send_replace(State::Stopped);
            }
        }
    }

    /// Stops the server and deletes the cluster with all its data. An attached process deletes nothing.
    pub async fn remove(self) -> Result<(), Error> {
        if !self.is_owner() {
            let holder = lock::holder(&self.layout.home);
            return Err(Error::Held {
                data_dir: self.layout.data_dir.clone(),
                holder,
            });
        }
        self.stop().await;
        self.layout.remove_cluster()
    }

    /// The `psql` that belongs to this PostgreSQL, else the system's.
    pub fn find_psql(&self) -> Option<PathBuf> {
        let bundled = self.bin_dir.join("psql");
        if bundled.is_file() {
            Some(bundled)
        } else {
            binaries::find_psql_on_path()
        }
    }

    /// The folder with PostgreSQL's programs (`pg_dump` and the like).
    pub fn bin_dir(&self) -> &Path {
        &self.bin_dir
    }

    /// PostgreSQL's own folder, as its processes know it.
    pub fn cluster_dir(&self) -> &Path {
        &self.layout.cluster
    }
}

/// The lock, or `None` when there is a server of another process to attach to.
async fn wait_for_turn(
    config: &Config,
    layout: &Layout,
    progress: &impl Fn(Progress),
) -> Result<Option<Lock>, Error> {
    let deadline = Instant::now() + config.lock_timeout;
    let mut told = false;
    loop {
        if let Some(lock) = lock::try_lock(&layout.home)? {
            return Ok(Some(lock));
        }
        if config.sharing == Sharing::AttachIfHeld && probe::accepts_connections(&layout.socket_dir).await {
            return Ok(None);
        }
        if Instant::now() >= deadline {
            return Err(held(config, layout));
        }
        if !std::mem::replace(&mut told, true) {
            progress(Progress::WaitingForOwner);
        }
        sleep(Duration::from_millis(50)).await;
    }
}

fn held(config: &Config, layout: &Layout) -> Error {
    let data_dir = layout.data_dir.clone();
    match (lock::holder(&layout.home), config.sharing) {
        (Some(holder), Sharing::AttachIfHeld) => Error::OwnerSilent {
            data_dir,
            holder,
            seconds: config.lock_timeout.as_secs(),
        },
        (holder, _) => Error::Held { data_dir, holder },
    }
}

async fn own(
    config: &Config,
    layout: &Layout,
    lock: Lock,
    progress: &impl Fn(Progress),
) -> Result<Role, Error> {
    let programs = prepare(&config.binaries, layout, progress).await?;
    progress(Progress::Starting);
    let supervisor = Supervisor::start(programs, layout.clone())?;
    let mut state = supervisor.state();
    let settled = timeout(
        config.start_timeout,
        state.wait_for(|state| *state != State::Starting),
    )
    .await;
    let reason = match settled.map(|state| state.map(|state| state.clone())) {
        Ok(Ok(State::Ready | State::Restarting)) => {
            return Ok(Role::Owner {
                supervisor,
                _lock: lock,
            });
        }
        Ok(Ok(State::Failed { reason })) => reason,
        Ok(_) => "it was stopped".to_owned(),
        Err(_) => {
            let log = layout.cluster.join("log");
            format!(
                "not ready after {} s; its log is in {}",
                config.start_timeout.as_secs(),
                log.display()
            )
        }
    };
    supervisor.stop().await;
    Err(Error::Start { reason })
}

async fn prepare(
    binaries: &Binaries,
    layout: &Layout,
    progress: &impl Fn(Progress),
) -> Result<Programs, Error> {
    if binaries::must_unpack(binaries, layout) {
        progress(Progress::Unpacking);
    }
    let (from, to) = (binaries.clone(), layout.clone());
    let programs = blocking(move || {
        to.prepare()?;
        binaries::prepare(&from, &to)
    })
    .await?;
    let new = !initialise::is_done(layout);
    if new {
        progress(Progress::Initialising);
    }
    let (with, at) = (programs.clone(), layout.clone());
    blocking(move || {
        if new {
            initialise::create(&with, &at)?;
        }
        initialise::check(&with, &at)
    })
    .await?;
    Ok(programs)
}

/// Runs file work where it may block.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(broken) => Err(Error::System {
            action: "cannot prepare PostgreSQL",
            source: std::io::Error::other(broken),
        }),
    }
}

fn percent_encode(path: &Path) -> String {
    let mut encoded = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(*byte))
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_folder_is_encoded_for_a_url() {
        assert_eq!(percent_encode(Path::new("/srv/a b/é")), "%2Fsrv%2Fa%20b%2F%C3%A9");
    }
}
