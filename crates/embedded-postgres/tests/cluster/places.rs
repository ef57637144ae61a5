//! Data directories in awkward places.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::rig::{data_dir, is_root, open, query, wheel_or_skip};

#[tokio::test]
async fn a_long_path_gets_a_socket_folder_elsewhere() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let long = dir.path().join("a".repeat(60)).join("b b".repeat(20));
    let cluster = open(&long, &wheel).await;
    assert!(cluster.socket_dir().as_os_str().len() < 100);
    assert_eq!(
        cluster.socket_dir().metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert_eq!(query(&cluster).await, 1);
    let socket_dir = cluster.socket_dir().to_owned();
    cluster.remove().await.unwrap();
    assert!(!socket_dir.exists());
}

#[tokio::test]
async fn below_a_private_folder_of_root_the_cluster_lives_elsewhere_and_is_found_again() {
    let wheel = wheel_or_skip!();
    if !is_root() {
        return println!("skipped: only root hands PostgreSQL to another user");
    }
    let private = data_dir();
    let dir = private.path().join("data");
    let cluster = open(&dir, &wheel).await;
    assert_eq!(fs::read_link(dir.join("cluster")).unwrap(), cluster.cluster_dir());
    assert!(cluster.cluster_dir().starts_with("/var/lib/rapport/clusters"));
    assert_eq!(
        private.path().metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    cluster.stop().await;
    let folder = cluster.cluster_dir().to_owned();
    drop(cluster);

    let again = open(&dir, &wheel).await;
    assert_eq!(again.cluster_dir(), folder);
    assert_eq!(query(&again).await, 1);
    again.remove().await.unwrap();
    assert!(!folder.exists() && fs::symlink_metadata(dir.join("cluster")).is_err());
}

#[tokio::test]
async fn a_cluster_that_root_restored_is_taken_over() {
    let wheel = wheel_or_skip!();
    if !is_root() {
        return println!("skipped: only root hands PostgreSQL to another user");
    }
    let dir = data_dir();
    let cluster = open(dir.path(), &wheel).await;
    let folder = cluster.cluster_dir().to_owned();
    cluster.stop().await;
    drop(cluster);
    let given = std::process::Command::new("chown")
        .args(["-R", "0:0"])
        .arg(&folder)
        .status()
        .unwrap();
    assert!(given.success());
    let cluster = open(dir.path(), &wheel).await;
    assert_eq!(query(&cluster).await, 1);
    cluster.stop().await;
}
