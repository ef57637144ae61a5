//! Several processes, one cluster. A second opening in the same process is refused the lock just alike.

use std::time::Duration;

use embedded_postgres::{Cluster, Config, Error};

use crate::rig::{data_dir, open, processes_in, query, wheel_or_skip};

#[tokio::test]
async fn a_second_opening_attaches_and_its_stop_stops_nothing() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let owner = open(dir.path(), &wheel).await;
    let attached = open(dir.path(), &wheel).await;
    assert!(owner.is_owner() && !attached.is_owner());
    assert_eq!(query(&attached).await, 1);
    attached.stop().await;
    assert_eq!(query(&owner).await, 1);
    assert!(matches!(attached.remove().await, Err(Error::Held { .. })));
    owner.stop().await;
}

#[tokio::test]
async fn two_first_starts_at_once_make_one_owner() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let (one, other) = tokio::join!(open(dir.path(), &wheel), open(dir.path(), &wheel));
    assert!(one.is_owner() != other.is_owner());
    assert_eq!((query(&one).await, query(&other).await), (1, 1));
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn who_must_own_is_told_who_does() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let owner = open(dir.path(), &wheel).await;
    let mut config = Config::new(dir.path(), wheel).must_own();
    config.lock_timeout = Duration::from_millis(100);
    let refused = Cluster::open(config, |_| {}).await.unwrap_err().to_string();
    assert!(
        refused.contains(&format!("process {}", std::process::id())),
        "{refused}"
    );
    owner.stop().await;
}

#[tokio::test]
async fn the_lock_is_free_once_the_owner_is_gone() {
    let wheel = wheel_or_skip!();
    let dir = data_dir();
    let owner = open(dir.path(), &wheel).await;
    let folder = owner.cluster_dir().to_owned();
    drop(owner);
    assert_eq!(processes_in(&folder), []);
    let next = Cluster::open(Config::new(dir.path(), wheel).must_own(), |_| {})
        .await
        .unwrap();
    assert!(next.is_owner());
    next.remove().await.unwrap();
    assert!(!folder.exists());
}
