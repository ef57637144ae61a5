//! R7: SIGKILL around a send. Each reply reaches its person once or not at all, and what nobody knows is shown so.

use std::time::Duration;

use simulators::Receipts;
use testkit::{Server, Vendor, require_runtime};
use uuid::Uuid;

use super::{channel, count, open_server, settled};
use crate::{scale, shop};

/// The vendor does not answer while the server lives.
const FOREVER: Duration = Duration::from_secs(3600);

/// Waits until a call is under way.
async fn sending(server: &Server, tenant: Uuid) {
    const SENDING: &str = "select count(*) from deliveries where tenant_id = $1 and status = 'sending'";
    let mut owner = server.owner().await;
    let mut look = tokio::time::interval(Duration::from_millis(50));
    while count(&mut owner, SENDING, tenant).await == 0 {
        look.tick().await;
    }
}

const DEAD: &str =
    "select count(*) from inbound_events where tenant_id = $1 and status in ('dead', 'quarantined')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_around_a_send_says_nothing_twice() {
    require_runtime!();
    let mut server = open_server().await;
    let (vendor, channel) = channel(&server, "whatsapp", true).await;
    let Vendor::Whatsapp(whatsapp) = &vendor else {
        unreachable!()
    };
    // news would settle what is unknown
    whatsapp.set_receipts(Receipts::Off);
    let rounds = 10 * scale() as u32;
    for round in 0..rounds {
        vendor.faults().set_latency(Duration::from_millis(30));
        let said_before = vendor.record().messages().len();
        for number in 0..3 {
            vendor.person(round * 3 + number).says(shop::question(0)).await;
        }
        // another point each time: before, within and after the calls
        if round % 2 == 0 {
            vendor.said(said_before + 1).await;
        }
        tokio::time::sleep(Duration::from_millis(u64::from(round % 20) * 13)).await;
        server.kill().await;
        server.start_again().await;
        // what met the dead server comes again
        while vendor.hooks().posts().iter().any(|post| !post.is_received()) {
            vendor.hooks().redeliver_failed().await;
        }
    }
    // and once certainly within the call
    let within = rounds * 3;
    vendor.faults().set_latency(FOREVER);
    vendor.person(within).says(shop::question(0)).await;
    sending(&server, channel.tenant.id).await;
    server.kill().await;
    vendor.faults().clear();
    server.start_again().await;
    settled(&server, channel.tenant.id).await;
    assert_eq!(vendor.record().doubled(), []);
    // an innocent event is not given up, however often the server dies
    let mut owner = server.owner().await;
    assert_eq!(count(&mut owner, DEAD, channel.tenant.id).await, 0);
    let conversations = channel.all_conversations().await;
    assert_eq!(conversations.len(), within as usize + 1);
    let mut unknown = 0;
    for conversation in conversations {
        let id = conversation["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id");
        let thread = channel.tenant.thread(id).await;
        assert_eq!(thread.len(), 2, "{thread:#?}");
        let name = conversation["contact"]["name"].as_str().expect("a name");
        let number = name.trim_start_matches("Ana ").parse().expect("a number");
        let heard = vendor
            .record()
            .to(&vendor.person(number).address().expect("a phone"))
            .len();
        match thread[1]["delivery"]["status"].as_str() {
            Some("sent") => assert_eq!(heard, 1, "{thread:#?}"),
            Some("unknown") => unknown += 1,
            // given up at the fifth death, before it was begun
            Some("failed") => assert_eq!(
                (thread[1]["delivery"]["code"].as_str(), heard),
                (Some("server_died"), 0),
                "{thread:#?}"
            ),
            _ => panic!("{thread:#?}"),
        }
    }
    println!("{unknown} of {} are unknown", within + 1);
    assert!(unknown > 0, "the last one is");
    // whatever happens later, they are not sent again
    let before = vendor.record().messages().len();
    server.stop().await;
    server.start_again().await;
    settled(&server, channel.tenant.id).await;
    assert_eq!(vendor.record().messages().len(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_at_which_the_server_died_too_often_may_have_arrived() {
    require_runtime!();
    let mut server = open_server().await;
    let (vendor, channel) = channel(&server, "telegram", true).await;
    vendor.faults().set_latency(FOREVER);
    vendor.person(1).says(shop::question(0)).await;
    sending(&server, channel.tenant.id).await;
    // as if it had died of this job twice before
    let given_up =
        "update graphile_worker._private_jobs set flags = '{\"deadly\": true}' where locked_at is not null
        and task_id = (select id from graphile_worker._private_tasks where identifier = 'deliver_replies')";
    let done = sqlx::query(given_up).execute(&mut server.owner().await).await;
    assert_eq!(done.expect("a job").rows_affected(), 1);
    server.kill().await;
    vendor.faults().clear();
    server.start_again().await;
    let unknown = channel.delivered(shop::KNOWN[0].1, "unknown").await;
    assert_eq!(unknown["delivery"]["code"], "server_died", "{unknown:#}");
    assert_eq!(vendor.record().doubled(), []);
}
