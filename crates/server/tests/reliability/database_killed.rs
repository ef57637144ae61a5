//! R2: SIGKILL of PostgreSQL under load, and what is left of it when the server ends.

use std::time::{Duration, Instant};

use testkit::Server;

use crate::book::{self, Book};
use crate::crowd::{Crowd, Write};
use crate::processes::{kill_postgres_of, postgres_of};
use crate::{scale, shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_database_comes_back_by_itself_and_meanwhile_nothing_is_acknowledged() {
    testkit::require_runtime!();
    let mut server = shop::server().start().await;
    let tenant = shop::open(&server, "Database").await;
    let mut crowd = Crowd::gather(&tenant, 16 * scale().min(4));
    let mut outages = Vec::new();
    for _ in 0..scale() {
        crowd.wait_for(40).await;
        outages.push(outage(&server).await);
        crowd.wait_for(20).await;
    }
    let promises = crowd.go_home().await;
    for (killed, back) in outages {
        let lies = promises
            .iter()
            .filter(|(_, Write { sent, acknowledged })| *sent > killed && *acknowledged < back);
        assert_eq!(lies.count(), 0, "messages were acknowledged without a database");
    }
    book::wait_until_nobody_waits(&server, &tenant).await;
    let book = Book::read(&mut server.owner().await, &tenant).await;
    book.keeps(promises.iter().map(|(promise, _)| promise));
    book.is_answered();
    assert!(server.stop().await.success(), "a clean stop");
    assert_eq!(postgres_of(&server), [], "PostgreSQL outlived the server");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_with_its_database_running_starts_again_at_once() {
    testkit::require_runtime!();
    let mut server = shop::server().start().await;
    let tenant = shop::open(&server, "Orphan").await;
    let visitor = tenant.visitor().await;
    visitor.say(shop::question(0)).await;
    let before = postgres_of(&server);
    server.kill().await;
    server.start_again().await;
    visitor.say(shop::question(1)).await;
    let after = postgres_of(&server);
    assert!(!after.is_empty(), "the database runs");
    let strays = before.iter().filter(|pid| after.contains(pid)).count();
    assert_eq!(strays, 0, "the old server's PostgreSQL still works in the folder");
    Book::read(&mut server.owner().await, &tenant).await.is_answered();
    assert!(server.stop().await.success(), "a clean stop");
    assert_eq!(postgres_of(&server), [], "PostgreSQL outlived the server");
}

/// Kills the database and waits until it is back. The time of the kill, and the last moment at which no new
/// PostgreSQL had been seen.
async fn outage(server: &Server) -> (Instant, Instant) {
    let dead = kill_postgres_of(server);
    let killed = Instant::now();
    let mut look = tokio::time::interval(Duration::from_millis(20));
    let mut still_gone = killed;
    loop {
        look.tick().await;
        let looked = Instant::now();
        let is_ready = server.api.get("/readyz").send().await.status == 200;
        let is_back = postgres_of(server).iter().any(|pid| !dead.contains(pid));
        assert!(is_back || !is_ready, "/readyz knows nothing of it");
        assert_eq!(
            server.api.get("/healthz").send().await.status,
            200,
            "the server stays up"
        );
        if !is_back {
            still_gone = looked;
        }
        if is_ready && is_back {
            break;
        }
        assert!(
            killed.elapsed() < Duration::from_secs(180),
            "the database does not come back"
        );
    }
    println!("back after {:?}", killed.elapsed());
    assert!(still_gone > killed, "nobody has asked while it was away");
    (killed, still_gone)
}
