//! R22: a database and its master key belong together. With another key, or without it, nothing starts and nothing changes.

use std::fs;
use std::path::PathBuf;

use sqlx::Executor as _;
use testkit::{Server, require_runtime};

use crate::shop;

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

fn key_file(server: &Server) -> PathBuf {
    server.data_dir().join("master.key")
}

/// By the server and by a command, which leave no key behind that was not there.
async fn refused(server: &Server, because: &str) {
    let before = fs::read_to_string(key_file(server)).ok();
    for arguments in [&SERVE[..], &["tenant", "list"]] {
        let output = server.try_rapport(arguments, "").await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{arguments:?}");
        assert!(said.contains(because), "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_to_string(key_file(server)).ok(), before, "{because}");
}

async fn fingerprint(server: &Server) -> Option<String> {
    sqlx::query_scalar("select fingerprint from platform.master_key")
        .fetch_optional(&mut server.owner().await)
        .await
        .expect("the database answers")
        .flatten()
}

#[tokio::test]
async fn another_key_or_none_is_refused_and_no_new_one_is_made() {
    require_runtime!();
    let mut server = shop::server().start().await;
    let tenant = shop::open(&server, "One key").await;
    let known = fingerprint(&server).await;
    assert!(known.is_some(), "the first start writes it down");
    let key = fs::read_to_string(key_file(&server)).expect("the key of the first start");
    assert!(
        !known.iter().any(|known| key.contains(known)),
        "it is no part of the key"
    );
    server.stop().await;

    fs::remove_file(key_file(&server)).expect("no key");
    refused(&server, "there is no master key here").await;
    fs::write(key_file(&server), "ab".repeat(32)).expect("another key");
    refused(&server, "belongs to another master key").await;
    let file = server.data_dir().with_file_name("never.rapport");
    let backup = server
        .try_rapport(&["backup", file.to_str().expect("a path")], "")
        .await;
    assert!(!backup.status.success() && !file.exists());
    let doctor = server.try_rapport(&["doctor"], "").await;
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(
        said.contains("belongs to another master key") && !doctor.status.success(),
        "{said}"
    );

    fs::write(key_file(&server), &key).expect("the old key");
    server.start_again().await;
    assert_eq!(fingerprint(&server).await, known);
    let answer = tenant.ask(shop::KNOWN[0].0).await;
    assert!(answer.to_string().contains(shop::KNOWN[0].1), "{answer}");
}

#[tokio::test]
async fn a_database_older_than_that_is_asked_for_a_secret_that_opens() {
    require_runtime!();
    let mut server = shop::server().start().await;
    server.tenant("Older").await;
    let known = fingerprint(&server).await;
    let key = fs::read_to_string(key_file(&server)).expect("the key");
    let mut owner = server.owner().await;
    owner
        .execute("delete from platform.master_key; update tenants set is_active = false")
        .await
        .expect("as it was before");
    drop(owner);
    server.stop().await;

    fs::write(key_file(&server), "ab".repeat(32)).expect("another key");
    refused(&server, "belongs to another master key").await;
    fs::remove_file(key_file(&server)).expect("no key");
    refused(&server, "there is no master key here").await;
    fs::write(key_file(&server), &key).expect("the old key");
    server.start_again().await;
    assert_eq!(fingerprint(&server).await, known);
}

#[tokio::test]
async fn who_has_lost_the_key_for_good_can_go_on_with_another() {
    require_runtime!();
    let mut server = shop::server().start().await;
    server.tenant("Lost").await;
    let known = fingerprint(&server).await;
    let mut owner = server.owner().await;
    owner
        .execute("update platform.master_key set fingerprint = null")
        .await
        .expect("as the page says");
    drop(owner);
    server.stop().await;
    fs::remove_file(key_file(&server)).expect("no key");
    server.start_again().await;
    let other = fingerprint(&server).await;
    assert!(other.is_some() && other != known, "{other:?}");
    let doctor = server.try_rapport(&["doctor"], "").await;
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(said.contains("does not open"), "{said}");
}
