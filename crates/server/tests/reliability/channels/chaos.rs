//! Everything at once: several vendors, repeated, reordered and late events, slow and failing sends, and a server that is
//! killed. Nothing accepted is lost, nothing is said twice, everybody is answered.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use simulators::{Fault, Order, Post};
use testkit::{Channel, Vendor, require_runtime};
use tokio::task::JoinSet;

use super::{channel, count, open_server, settled};
use crate::{scale, shop};

const KINDS: [&str; 5] = ["whatsapp", "messenger", "telegram", "crisp", "api"];
const PEOPLE: u32 = 6;

const EVENTS: &str = "select count(*) from inbound_events where tenant_id = $1 and kind = 'message'";
const BAD: &str = "select count(*) from inbound_events where tenant_id = $1 and status <> 'processed'";
const MESSAGES: &str = "select count(*) from messages where tenant_id = $1 and sender_type = 'user'";
const UNANSWERED: &str =
    "select count(*) from conversations c where c.tenant_id = $1 and c.status <> 'escalated'
    and (select m.sender_type from messages m where m.tenant_id = c.tenant_id and m.conversation_id = c.id
        order by m.seq desc limit 1) <> 'ai'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chaos_loses_nothing_and_says_nothing_twice() {
    require_runtime!();
    let mut server = open_server().await;
    let mut channels: Vec<(Arc<Vendor>, Channel)> = Vec::new();
    for kind in KINDS {
        let (vendor, channel) = channel(&server, kind, false).await;
        channels.push((Arc::new(vendor), channel));
    }
    let mut writing = JoinSet::new();
    for (vendor, _) in &channels {
        vendor.faults().set_latency(Duration::from_millis(40));
        vendor.faults().next(1, &Fault::CloseAfter);
        vendor.faults().next(1, &Fault::CloseBefore);
        for number in 0..PEOPLE {
            writing.spawn(write(vendor.clone(), number));
        }
    }
    for _ in 0..2 {
        channels[0].0.said(2).await;
        server.kill().await;
        server.start_again().await;
    }
    writing.join_all().await;
    for (vendor, _) in &channels {
        // the vendor tries again until everything has arrived
        while vendor.hooks().posts().iter().any(|post| !post.is_received()) {
            vendor.hooks().redeliver_failed().await;
        }
    }
    let mut owner = server.owner().await;
    for (vendor, channel) in &channels {
        let (kind, tenant) = (vendor.kind(), channel.tenant.id);
        settled(&server, tenant).await;
        vendor.hooks().redeliver_all(Order::Reversed).await;
        settled(&server, tenant).await;
        let posts = vendor.hooks().posts();
        let accepted = posts
            .iter()
            .filter(|post| post.is_received() && is_message(kind, post));
        let accepted = accepted.count() as i64;
        assert_eq!(accepted, i64::from(PEOPLE) * lines() as i64, "{kind}: accepted");
        assert_eq!(
            count(&mut owner, EVENTS, tenant).await,
            accepted,
            "{kind}: accounted for"
        );
        assert_eq!(count(&mut owner, BAD, tenant).await, 0, "{kind}: not processed");
        assert_eq!(
            count(&mut owner, MESSAGES, tenant).await,
            accepted,
            "{kind}: stored"
        );
        assert_eq!(channel.conversations().await.len(), PEOPLE as usize, "{kind}");
        assert_eq!(
            count(&mut owner, UNANSWERED, tenant).await,
            0,
            "{kind}: unanswered"
        );
        doubled(vendor);
    }
}

/// Whether a person says something in it: one post is one message.
fn is_message(kind: &str, post: &Post) -> bool {
    let body: Value = serde_json::from_slice(&post.bytes).expect("JSON");
    match kind {
        "whatsapp" => body.pointer("/entry/0/changes/0/value/messages").is_some(),
        "messenger" => {
            let message = body.pointer("/entry/0/messaging/0/message");
            message.is_some_and(|message| message["is_echo"] != true)
        }
        "telegram" => body["message"].is_object(),
        "crisp" => body["event"] == "message:send",
        _ => body["from"].is_object(),
    }
}

/// Where the vendor has no field for our id, the text stands for it; nobody asks the same question twice.
fn doubled(vendor: &Vendor) {
    assert_eq!(vendor.record().doubled(), [], "{}", vendor.kind());
}

fn lines() -> usize {
    3 * scale().min(4)
}

async fn write(vendor: Arc<Vendor>, number: u32) {
    let person = vendor.person(number);
    for line in 0..lines() {
        person.says(shop::question(line)).await;
        if (number as usize + line).is_multiple_of(3) {
            vendor.hooks().redeliver(2).await;
        }
        if (number as usize + line).is_multiple_of(4) {
            vendor.hooks().redeliver_failed().await;
        }
    }
}
