//! What comes in: acknowledged after the commit, once, in its order.

use std::sync::Arc;

use serde_json::json;
use simulators::Order;
use testkit::{Channel, Person, Receiver, Vendor, require_runtime};
use tokio::task::JoinSet;

use super::{channel, count, open_server, settled};
use crate::{processes, scale, shop};

const MESSAGES: &str = "select count(*) from messages where tenant_id = $1 and sender_type = 'user'";
const REPLIES: &str = "select count(*) from messages where tenant_id = $1 and sender_type = 'ai'";
const CONVERSATIONS: &str = "select count(*) from conversations where tenant_id = $1";
const CONTACTS: &str = "select count(*) from contacts where tenant_id = $1";
const EVENTS: &str = "select count(*) from inbound_events where tenant_id = $1";

/// R3.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_while_the_database_is_frozen() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = channel(&server, "whatsapp", true).await;
    vendor.person(1).says(shop::question(0)).await;
    vendor.said(1).await;
    settled(&server, channel.tenant.id).await;
    let frozen = processes::Frozen::postgres_of(&server);
    for number in 2..5 {
        // it stands still all the while: this is said without it, before the vendor gives up
        let sent = vendor.person(number).says(shop::question(0)).await;
        assert_eq!(sent.status, Some(503), "{}", sent.answer);
    }
    drop(frozen);
    while vendor.hooks().posts().iter().any(|post| !post.is_received()) {
        vendor.hooks().redeliver_failed().await;
    }
    vendor.said(4).await;
    settled(&server, channel.tenant.id).await;
    assert_eq!(vendor.record().doubled(), []);
    assert_eq!(
        count(&mut server.owner().await, MESSAGES, channel.tenant.id).await,
        4
    );
}

/// R4.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_event_again_is_one_message_one_reply_and_one_outgoing_event() {
    require_runtime!();
    let mut server = open_server().await;
    let mut all = Vec::new();
    for kind in Vendor::KINDS {
        let (vendor, channel) = channel(&server, kind, true).await;
        let receiver = Receiver::start().await;
        let body = json!({"url": receiver.url(), "event_types": ["message.created"]});
        channel
            .tenant
            .api
            .post("/api/v1/webhook-endpoints")
            .json(&body)
            .expect(201)
            .await;
        // the vendor's news about our replies are no part of this
        vendor.hooks().hold();
        vendor.person(1).says(shop::question(0)).await;
        vendor.hooks().release(Order::Kept).await;
        let again = || vendor.hooks().redeliver(1);
        let (a, b, c, d, e) = tokio::join!(again(), again(), again(), again(), again());
        let statuses: Vec<_> = [a, b, c, d, e].concat();
        assert_eq!(statuses, [Some(200); 5], "{kind}");
        vendor.said(1).await;
        all.push((vendor, channel, receiver));
    }
    server.stop().await;
    server.start_again().await;
    let mut owner = server.owner().await;
    for (vendor, channel, receiver) in all {
        let (kind, tenant) = (vendor.kind(), channel.tenant.id);
        vendor.hooks().redeliver_all(Order::Reversed).await;
        settled(&server, tenant).await;
        assert_eq!(count(&mut owner, MESSAGES, tenant).await, 1, "{kind}");
        assert_eq!(count(&mut owner, REPLIES, tenant).await, 1, "{kind}");
        assert_eq!(vendor.record().messages().len(), 1, "{kind}");
        let mut told = vec![receiver.next().await.json(), receiver.next().await.json()];
        told.extend(receiver.rest().await.iter().map(testkit::Received::json));
        assert_eq!(told.len(), 2, "{kind}: the message and its reply: {told:#?}");
    }
}

/// R4, inside a batch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_event_in_a_batch_takes_no_other_with_it() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = channel(&server, "whatsapp", false).await;
    let Person::Whatsapp(ana) = vendor.person(1) else {
        unreachable!()
    };
    vendor.hooks().hold();
    let first = ana.says(shop::question(0)).await;
    ana.sends(json!({"id": first.id, "type": "text", "text": {"body": shop::question(0)}}))
        .await;
    ana.says(shop::question(1)).await;
    assert_eq!(vendor.hooks().release_together().await, Some(200));
    vendor.said(1).await;
    settled(&server, channel.tenant.id).await;
    let mut owner = server.owner().await;
    assert_eq!(count(&mut owner, MESSAGES, channel.tenant.id).await, 2);
}

/// R5.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_first_messages_at_once_are_one_contact_and_one_conversation() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = channel(&server, "whatsapp", false).await;
    channel.configure(&json!({"is_bot_active": false})).await;
    let (vendor, rounds) = (Arc::new(vendor), 20 * scale() as u32);
    for round in 0..rounds {
        let mut writing = JoinSet::new();
        for number in 0..10 {
            let person = vendor.person(round);
            writing.spawn(async move { person.says(&format!("Message {number}")).await.status });
        }
        assert_eq!(writing.join_all().await, [Some(200); 10]);
    }
    settled_events(&channel).await;
    let (mut owner, tenant) = (server.owner().await, channel.tenant.id);
    assert_eq!(count(&mut owner, CONTACTS, tenant).await, i64::from(rounds));
    assert_eq!(count(&mut owner, CONVERSATIONS, tenant).await, i64::from(rounds));
    assert_eq!(count(&mut owner, MESSAGES, tenant).await, i64::from(rounds) * 10);
    let lost: i64 = count(
        &mut owner,
        "select count(*) from inbound_events where tenant_id = $1 and (status <> 'processed' or attempts > 1)",
        tenant,
    )
    .await;
    assert_eq!(lost, 0, "a lost race is no failure");
}

async fn settled_events(channel: &Channel) {
    channel
        .ledger_until("status=pending", <[serde_json::Value]>::is_empty)
        .await;
}

/// R9.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_conversation_keeps_its_order_however_many_write() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = channel(&server, "telegram", false).await;
    channel.configure(&json!({"is_bot_active": false})).await;
    let (people, each) = (20, 10 * scale());
    let mut writing = JoinSet::new();
    for number in 0..people {
        let person = vendor.person(number);
        writing.spawn(async move {
            for line in 0..each {
                assert_eq!(person.says(&format!("{line}")).await.status, Some(200));
            }
        });
    }
    writing.join_all().await;
    settled_events(&channel).await;
    let conversations = channel.conversations().await;
    assert_eq!(conversations.len(), people as usize);
    for conversation in conversations {
        let id = conversation["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id");
        let thread = channel.tenant.thread(id).await;
        let lines: Vec<_> = thread
            .iter()
            .map(|message| message["text"].as_str().expect("text").to_owned())
            .collect();
        let expected: Vec<_> = (0..each).map(|line| line.to_string()).collect();
        assert_eq!(lines, expected);
    }
    assert_eq!(
        count(&mut server.owner().await, EVENTS, channel.tenant.id).await,
        i64::from(people) * each as i64
    );
}
