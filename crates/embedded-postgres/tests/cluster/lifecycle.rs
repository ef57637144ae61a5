//! Start, crash, stop.

use std::sync::Mutex;
use std::time::Instant;

use embedded_postgres::{Cluster, Config, Progress, State};
use nix::sys::signal::{Signal, kill};

use crate::rig::{
    data_dir, is_root, open, postmaster, processes_in, query, user_of, wait_for, wheel_or_skip,
};

#[tokio::test]
async fn the_first_start_makes_a_database_and_the_second_finds_it() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let steps = Mutex::new(Vec::new());
    let begun = Instant::now();
    let record = |step| steps.lock().unwrap().push((step, begun.elapsed()));
    let first = Cluster::open(Config::new(dir.path(), wheel.clone()), record)
        .await
        .unwrap();
    assert!(first.is_owner());
    assert_eq!(query(&first).await, 1);
    first.stop().await;
    let steps = steps.into_inner().unwrap();
    println!("first start: {steps:?}");
    use Progress::{Initialising, Ready, Starting, Unpacking};
    assert_eq!(
        steps.iter().map(|step| step.0).collect::<Vec<_>>(),
        [Unpacking, Initialising, Starting, Ready]
    );

    drop(first);
    let begun = Instant::now();
    let second = open(dir.path(), &wheel).await;
    println!("warm start: {:?}", begun.elapsed());
    assert_eq!(query(&second).await, 1);
    let begun = Instant::now();
    second.stop().await;
    println!("stop: {:?}", begun.elapsed());
}

#[tokio::test]
async fn the_cluster_has_checksums_utf8_pgvector_and_no_network() {
    use sqlx::{Connection, PgConnection};
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    let mut connection = PgConnection::connect(&cluster.url("rapport_owner"))
        .await
        .unwrap();
    let mut shown = Vec::new();
    for setting in [
        "data_checksums",
        "server_encoding",
        "listen_addresses",
        "synchronous_commit",
        "jit",
    ] {
        let sql = sqlx::AssertSqlSafe(format!("show {setting}"));
        shown.push(
            sqlx::query_scalar::<_, String>(sql)
                .fetch_one(&mut connection)
                .await
                .unwrap(),
        );
    }
    assert_eq!(shown, ["on", "UTF8", "", "on", "off"]);
    let upper: String = sqlx::query_scalar("select upper('élève')")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(upper, "ÉLÈVE");
    sqlx::query("create extension vector")
        .execute(&mut connection)
        .await
        .unwrap();
    cluster.stop().await;
}

#[tokio::test]
async fn a_killed_server_comes_back_by_itself() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    let killed = postmaster(cluster.cluster_dir());
    kill(killed, Signal::SIGKILL).unwrap();
    wait_for(&cluster, State::Restarting).await;
    let begun = Instant::now();
    wait_for(&cluster, State::Ready).await;
    println!("back after SIGKILL of the postmaster: {:?}", begun.elapsed());
    assert_eq!(query(&cluster).await, 1);
    assert_ne!(postmaster(cluster.cluster_dir()), killed);
    cluster.stop().await;
}

#[tokio::test]
async fn a_server_killed_with_all_its_children_comes_back_by_itself() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    let running = processes_in(cluster.cluster_dir());
    assert!(running.len() > 3, "{running:?}");
    for pid in running {
        let _ = kill(pid, Signal::SIGKILL);
    }
    wait_for(&cluster, State::Restarting).await;
    let begun = Instant::now();
    wait_for(&cluster, State::Ready).await;
    println!("back after SIGKILL of everything: {:?}", begun.elapsed());
    assert_eq!(query(&cluster).await, 1);
    cluster.stop().await;
}

#[tokio::test]
async fn a_stopped_cluster_leaves_no_process() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    let running = processes_in(cluster.cluster_dir());
    assert!(running.len() > 3, "{running:?}");
    assert!(
        !is_root() || running.iter().all(|pid| user_of(*pid) != Some(0)),
        "PostgreSQL runs as root"
    );
    cluster.stop().await;
    assert_eq!(processes_in(cluster.cluster_dir()), []);
    assert_eq!(*cluster.state().borrow(), State::Stopped);
    assert!(!cluster.cluster_dir().join("postmaster.pid").exists());
}

#[tokio::test]
async fn a_dropped_cluster_leaves_no_process() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    let folder = cluster.cluster_dir().to_owned();
    drop(cluster);
    assert_eq!(processes_in(&folder), []);
}

#[tokio::test]
async fn stopping_does_not_wait_for_open_connections() {
    use sqlx::{Connection, PgConnection};
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    let mut connection = PgConnection::connect(&cluster.url("rapport_owner"))
        .await
        .unwrap();
    let begun = Instant::now();
    cluster.stop().await;
    assert!(begun.elapsed().as_secs() < 9, "it took a second signal");
    assert!(sqlx::query("select 1").execute(&mut connection).await.is_err());
}

#[tokio::test]
#[ignore = "takes 20 s: each way of stopping is given its time"]
async fn a_frozen_server_is_killed_with_its_children() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    kill(postmaster(cluster.cluster_dir()), Signal::SIGSTOP).unwrap();
    cluster.stop().await;
    assert_eq!(processes_in(cluster.cluster_dir()), []);
}

#[tokio::test]
async fn a_setting_that_cannot_work_is_reported_in_the_servers_words() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    let own_settings = cluster.cluster_dir().join("postgresql.auto.conf");
    cluster.stop().await;
    drop(cluster);
    std::fs::write(own_settings, "max_connections = 'many'\n").unwrap();
    let refused = Cluster::open(Config::new(dir.path(), wheel), |_| {})
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.starts_with("PostgreSQL does not start: "), "{refused}");
    assert!(
        refused.contains("max_connections") || refused.contains("postgresql.auto.conf"),
        "{refused}"
    );
    println!("{refused}");
}
