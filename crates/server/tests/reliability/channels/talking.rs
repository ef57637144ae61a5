//! Bursts get one reply, bots that talk to each other stop, and news of a vendor end the same in every order.

use std::time::Duration;

use serde_json::{Value, json};
use simulators::Receipts;
use simulators::whatsapp::Status;
use testkit::{Channel, Vendor, require_runtime};

use super::{channel, open_server, settled};
use crate::shop;

/// Of a burst; what it belongs to is said within it on however busy a machine.
const LONGEST_WINDOW_MS: u32 = 10_000;

/// R9.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_gets_one_reply_that_saw_all_of_it() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "telegram"] {
        let (vendor, channel) = channel(&server, kind, false).await;
        channel
            .configure(&json!({"settings": {"burst_window_ms": LONGEST_WINDOW_MS}}))
            .await;
        let ana = vendor.person(1);
        for text in [
            "Hello",
            "I have a question",
            "it is about my sister",
            "she lives abroad",
            shop::question(0),
        ] {
            ana.says(text).await;
        }
        vendor.said(1).await;
        settled(&server, channel.tenant.id).await;
        let said = vendor.record().messages();
        assert_eq!(said.len(), 1, "{kind}: {said:#?}");
        assert!(said[0].text.contains(shop::KNOWN[0].1), "{kind}: {said:#?}");
        let thread = channel.thread_until(|thread| thread.len() == 6).await;
        assert_eq!(thread[5]["sender_type"], "ai");
    }
}

/// R11.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_bots_stop_after_five_turns_and_a_person_is_asked() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "telegram", "api"] {
        let (vendor, channel) = channel(&server, kind, true).await;
        let other_bot = vendor.person(1);
        let mut heard = 0;
        other_bot.says(shop::question(0)).await;
        loop {
            let said = tokio::select! {
                said = vendor.said(heard + 1) => said,
                details = escalated(&channel) => {
                    assert_eq!(details["escalation"]["reason"], "bot_limit", "{kind}: {details:#}");
                    break;
                }
            };
            heard = said.len();
            assert!(heard <= 5, "{kind}: {said:#?}");
            other_bot.says(shop::question(heard)).await;
        }
        assert!(heard >= 2, "{kind}: a person may be quick, too");
    }
}

/// The only conversation, once a person is asked.
async fn escalated(channel: &Channel) -> Value {
    let path = format!("/api/v1/conversations/{}", channel.conversation().await);
    let mut look = tokio::time::interval(Duration::from_millis(50));
    loop {
        look.tick().await;
        let details = channel.tenant.api.get(&path).expect(200).await;
        if details["status"] == "escalated" {
            return details;
        }
    }
}

/// R6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_order_of_a_vendors_news_ends_the_same() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = channel(&server, "whatsapp", true).await;
    let Vendor::Whatsapp(whatsapp) = &vendor else {
        unreachable!()
    };
    whatsapp.set_receipts(Receipts::Off);
    let failed = Status::failed(131_026, "Message undeliverable");
    let sets: [(&[Status], &str); 4] = [
        (
            &[Status::Sent, Status::Delivered, Status::Read, failed.clone()],
            "read",
        ),
        (&[Status::Sent, Status::Delivered, failed.clone()], "delivered"),
        (&[Status::Sent, failed.clone()], "failed"),
        (&[Status::Delivered, Status::Sent], "delivered"),
    ];
    let mut expected = Vec::new();
    for (news, end) in sets {
        for order in orders(news) {
            let person = vendor.person(expected.len() as u32);
            person.says(shop::question(0)).await;
            let said = vendor.said(expected.len() + 1).await;
            let id = said.last().expect("a reply").id.clone();
            for status in order.iter().chain(order.iter().rev()) {
                assert_eq!(whatsapp.tell(&id, status.clone()).await, Some(200));
            }
            expected.push(end);
        }
    }
    channel
        .ledger_until("status=pending", <[serde_json::Value]>::is_empty)
        .await;
    let mut ends = Vec::new();
    for conversation in channel.conversations().await.iter().rev() {
        let id = conversation["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("an id");
        let thread = channel.tenant.thread(id).await;
        let name = conversation["contact"]["name"].as_str().expect("a name");
        let number: usize = name.trim_start_matches("Ana ").parse().expect("a number");
        ends.push((
            number,
            thread[1]["delivery"]["status"]
                .as_str()
                .expect("a status")
                .to_owned(),
        ));
    }
    ends.sort();
    let ends: Vec<_> = ends.into_iter().map(|(_, end)| end).collect();
    assert_eq!(ends, expected);
}

fn orders(news: &[Status]) -> Vec<Vec<Status>> {
    if news.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for index in 0..news.len() {
        let mut rest = news.to_vec();
        let first = rest.remove(index);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            all.push(order);
        }
    }
    all
}
