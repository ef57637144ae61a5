//! What an earlier run left behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::rig::{
    data_dir, is_alive, is_root, open, postmaster, processes_in, query, unpacked, wheel_or_skip,
};

/// A process that does nothing, as the cluster's user and under a name of choice.
fn bystander(dir: &Path, name: &str, cluster_dir: &Path) -> Child {
    let program = dir.join(name);
    fs::copy("/bin/sleep", &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    as_owner_of(cluster_dir, Command::new(program).arg("600").current_dir("/"))
        .spawn()
        .unwrap()
}

fn as_owner_of<'a>(cluster_dir: &Path, command: &'a mut Command) -> &'a mut Command {
    let owner = fs::metadata(cluster_dir).unwrap();
    if is_root() {
        command.uid(owner.uid()).gid(owner.gid())
    } else {
        command
    }
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap())
}

/// Writes a pid file as a killed server would have left it.
fn leave_pid_file(cluster_dir: &Path, pid: i32) {
    let text = format!(
        "{pid}\n{}\n1700000000\n5432\n/nowhere\n\n  1234567         9\nready   \n",
        cluster_dir.display()
    );
    fs::write(cluster_dir.join("postmaster.pid"), text).unwrap();
}

#[tokio::test]
async fn a_pid_file_that_names_a_stranger_neither_stops_the_start_nor_hurts_the_stranger() {
    let wheel = wheel_or_skip!();
    let (dir, programs) = (data_dir(), data_dir());
    fs::set_permissions(programs.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let cluster = open(dir.path(), &wheel).await;
    let folder = cluster.cluster_dir().to_owned();
    cluster.stop().await;
    drop(cluster);
    for name in ["editor", "postgres"] {
        let mut stranger = bystander(programs.path(), name, &folder);
        leave_pid_file(&folder, pid_of(&stranger).as_raw());
        let cluster = open(dir.path(), &wheel).await;
        assert_eq!(query(&cluster).await, 1);
        cluster.stop().await;
        assert!(
            is_alive(pid_of(&stranger)),
            "the process called {name} was signalled"
        );
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }
}

#[tokio::test]
async fn a_pid_file_that_names_a_dead_or_unreaped_process_does_not_stop_the_start() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    let folder = cluster.cluster_dir().to_owned();
    cluster.stop().await;
    drop(cluster);

    let mut zombie = as_owner_of(&folder, Command::new("/bin/sleep").arg("600"))
        .spawn()
        .unwrap();
    zombie.kill().unwrap();
    leave_pid_file(&folder, pid_of(&zombie).as_raw());
    let cluster = open(dir.path(), &wheel).await;
    assert_eq!(query(&cluster).await, 1);
    cluster.stop().await;
    drop(cluster);

    zombie.wait().unwrap();
    leave_pid_file(&folder, pid_of(&zombie).as_raw());
    let cluster = open(dir.path(), &wheel).await;
    assert_eq!(query(&cluster).await, 1);
    cluster.stop().await;
}

#[tokio::test]
async fn a_server_that_outlived_its_owner_is_replaced() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    let folder = cluster.cluster_dir().to_owned();
    cluster.stop().await;
    drop(cluster);

    let postgres = unpacked(dir.path()).join("bin/postgres");
    let mut by_hand = Command::new(postgres);
    as_owner_of(&folder, by_hand.arg("-D").arg(&folder).stderr(Stdio::piped()));
    let mut old = by_hand.spawn().unwrap();
    let mut said = BufReader::new(old.stderr.take().unwrap()).lines();
    assert!(said.next().is_some(), "the old server did not even start");
    while !folder.join("postmaster.pid").exists() {
        std::thread::yield_now();
    }

    let cluster = open(dir.path(), &wheel).await;
    assert_eq!(query(&cluster).await, 1);
    assert!(!is_alive(pid_of(&old)));
    assert_ne!(postmaster(&folder), pid_of(&old));
    old.wait().unwrap();
    cluster.stop().await;
}

#[tokio::test]
async fn the_next_start_works_when_the_owner_was_killed() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let (mut owner, folder) = other_process_that_owns(dir.path());
    let old = postmaster(&folder);
    assert!(is_alive(old));
    owner.kill().unwrap();
    owner.wait().unwrap();

    let begun = std::time::Instant::now();
    let cluster = open(dir.path(), &wheel).await;
    println!("start after the owner was killed: {:?}", begun.elapsed());
    assert!(cluster.is_owner());
    assert_eq!(query(&cluster).await, 1);
    assert!(!is_alive(old));
    cluster.stop().await;
    assert_eq!(processes_in(&folder), []);
}

#[tokio::test]
async fn the_next_start_works_when_owner_and_server_were_killed_together() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let (mut owner, folder) = other_process_that_owns(dir.path());
    kill(pid_of(&owner), Signal::SIGSTOP).unwrap();
    kill(postmaster(&folder), Signal::SIGKILL).unwrap();
    owner.kill().unwrap();
    owner.wait().unwrap();
    let cluster = open(dir.path(), &wheel).await;
    assert_eq!(query(&cluster).await, 1);
    cluster.stop().await;
}

#[tokio::test]
async fn a_server_does_not_outlive_its_owner_even_if_nobody_starts_again() {
    let _wheel = wheel_or_skip!();
    let dir = data_dir();
    let (mut owner, folder) = other_process_that_owns(dir.path());
    let server = postmaster(&folder);
    owner.kill().unwrap();
    owner.wait().unwrap();
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while is_alive(server) {
        assert!(
            std::time::Instant::now() < patience,
            "the server runs on without its owner"
        );
        tokio::task::yield_now().await;
    }
}

/// Starts this test program again, to run only the test below.
fn other_process_that_owns(data_dir: &Path) -> (Child, PathBuf) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "leftovers::holds_a_cluster_for_another_test",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env("HOLD_DATA_DIR", data_dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let folder = lines.find_map(|line| {
        line.split_once("holding ")
            .map(|(_, folder)| PathBuf::from(folder))
    });
    (child, folder.expect("the other process did not open the cluster"))
}

#[tokio::test]
#[ignore = "started by the tests above, in a process that they kill"]
async fn holds_a_cluster_for_another_test() {
    let Some(data_dir) = std::env::var_os("HOLD_DATA_DIR") else {
        return;
    };
    let cluster = open(Path::new(&data_dir), &wheel_or_skip!()).await;
    println!("holding {}", cluster.cluster_dir().display());
    std::future::pending::<()>().await;
}
