//! R1: SIGKILL under load. Nothing acknowledged is lost, nothing is doubled, every question is answered once.

use uuid::Uuid;

use crate::book::{self, Book};
use crate::crowd::Crowd;
use crate::{scale, shop};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_and_doubles_nothing_and_answers_what_it_left() {
    testkit::require_runtime!();
    let mut server = shop::server().start().await;
    let tenant = shop::open(&server, "Killed").await;
    let mut crowd = Crowd::gather(&tenant, 16 * scale().min(4));
    for round in 0..3 * scale() {
        crowd.wait_for(random(20, 80)).await;
        server.kill().await;
        println!("round {round}: killed");
        server.start_again().await;
    }
    crowd.wait_for(20).await;
    let promises = crowd.go_home().await;
    println!("{} messages acknowledged", promises.len());
    book::wait_until_nobody_waits(&server, &tenant).await;
    let book = Book::read(&mut server.owner().await, &tenant).await;
    book.keeps(promises.iter().map(|(promise, _)| promise));
    book.is_answered();
}

/// Between `from` and `to`, another number each time.
fn random(from: usize, to: usize) -> usize {
    let noise = Uuid::now_v7().as_u128() as usize;
    from + noise % (to - from)
}
