//! When the bot is silent: a person answers in the vendor's own inbox, takes over there, or was faster.

use serde_json::{Value, json};
use simulators::Receipts;
use testkit::{Channel, Person, Vendor, require_runtime};

use super::conversing::answered_once;
use super::{ANSWER, OTHER_ANSWER, OTHER_QUESTION, QUESTION, open_server, quick_channel};

/// All messages of people that came so far are worked on.
async fn heard(channel: &Channel, count: usize) -> Vec<Value> {
    let is_through =
        |events: &[Value]| events.len() == count && events.iter().all(|event| event["status"] == "processed");
    channel.ledger_until("kind=message", is_through).await
}

#[tokio::test]
async fn a_person_in_the_vendors_own_inbox_silences_the_bot() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "messenger", "instagram", "crisp", "tidio"] {
        println!("{kind}");
        let (vendor, channel) = quick_channel(&server, kind).await;
        let ana = vendor.person(1);
        ana.says(QUESTION).await;
        vendor.said(1).await;
        let last = if kind == "tidio" { "sent" } else { "read" };
        channel.delivered(ANSWER, last).await;
        // our own echoes came back by now and said nothing
        let thread = channel.thread_until(|thread| thread.len() == 2).await;
        assert_eq!(
            channel.conversations().await[0]["ai_paused"],
            false,
            "{kind}: {thread:#?}"
        );

        let said = vendor.staff_says(&ana, "This is Bea, I will see to it.").await;
        assert_eq!(said.expect("an inbox").status, Some(200));
        let thread = channel.thread_until(|thread| thread.len() == 3).await;
        assert_eq!(thread[2]["text"], "This is Bea, I will see to it.");
        assert_eq!(thread[2]["sender_type"], "agent");
        assert_eq!(thread[2]["extras"]["is_from_elsewhere"], true);
        assert_eq!(channel.conversations().await[0]["ai_paused"], true);
        // told twice, said once
        vendor.hooks().redeliver(1).await;
        ana.says(OTHER_QUESTION).await;
        heard(&channel, 2).await;
        let thread = channel.thread_until(|thread| thread.len() >= 4).await;
        assert_eq!(thread.len(), 4, "{kind}: {thread:#?}");
        assert_eq!(vendor.record().messages().len(), 1, "{kind}");
    }
}

/// The vendor is faster with its news than with the answer to the call that they are about.
#[tokio::test]
async fn news_that_come_before_the_answer_to_the_call_are_understood() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "messenger", "instagram", "crisp"] {
        println!("{kind}");
        let (vendor, channel) = quick_channel(&server, kind).await;
        match &vendor {
            Vendor::Whatsapp(vendor) => vendor.set_receipts(Receipts::BeforeAnswer),
            Vendor::Messenger(vendor) | Vendor::Instagram(vendor) => {
                vendor.set_receipts(Receipts::BeforeAnswer)
            }
            Vendor::Crisp(vendor) => vendor.set_receipts(Receipts::BeforeAnswer),
            _ => unreachable!(),
        }
        vendor.person(1).says(QUESTION).await;
        channel.delivered(ANSWER, "read").await;
        channel
            .ledger_until("", |events| {
                events.iter().all(|event| event["status"] == "processed")
            })
            .await;
        let thread = channel.thread_until(|thread| thread.len() >= 2).await;
        assert_eq!(thread.len(), 2, "{kind}: {thread:#?}");
        assert_eq!(channel.conversations().await[0]["ai_paused"], false, "{kind}");
    }
}

#[tokio::test]
async fn crisp_hands_a_conversation_over_and_back() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = answered_once(&server, "crisp").await;
    let (Vendor::Crisp(crisp), Person::Crisp(ana)) = (&vendor, vendor.person(1)) else {
        unreachable!()
    };
    let paused = async |expected: bool| {
        let other = channel.ledger_until("", |events| {
            events.iter().all(|event| event["status"] == "processed")
        });
        other.await;
        assert_eq!(channel.conversations().await[0]["ai_paused"], expected);
    };
    crisp
        .routes_to(ana.session_id(), Some("a4c32c68-be91-4e29-b05e-a5f6ef0bcd69"))
        .await;
    paused(true).await;
    ana.says(OTHER_QUESTION).await;
    heard(&channel, 2).await;
    assert_eq!(vendor.record().messages().len(), 1);
    crisp.routes_to(ana.session_id(), None).await;
    paused(false).await;
    ana.says("And on Sundays? What are your opening hours?").await;
    let said = vendor.said(2).await;
    assert!(said[1].text.contains(OTHER_ANSWER), "{said:#?}");
    crisp.sets_state(ana.session_id(), "resolved").await;
    paused(false).await;
    assert_eq!(channel.conversations().await[0]["status"], "resolved");
    // whoever writes again opens it again
    ana.says(QUESTION).await;
    vendor.said(3).await;
    assert_eq!(channel.conversations().await.len(), 1);
    assert_eq!(channel.conversations().await[0]["status"], "open");
}

#[tokio::test]
async fn a_reply_of_the_bot_that_a_person_has_overtaken_is_not_sent() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = answered_once(&server, "whatsapp").await;
    let ana = vendor.person(1);
    // the second answer cannot go: the vendor says "not now" until the person has replied
    vendor.rate_limit(1_000);
    ana.says(OTHER_QUESTION).await;
    channel.thread_until(|thread| thread.len() == 4).await;
    channel.reply("Robin here: we open at ten.").await;
    vendor.faults().clear();
    channel.delivered("Robin here", "read").await;
    let cancelled = channel.delivered(OTHER_ANSWER, "cancelled").await;
    assert!(
        cancelled["delivery"]["reason"]
            .as_str()
            .is_some_and(|why| !why.is_empty())
    );
    let said: Vec<_> = vendor
        .record()
        .messages()
        .into_iter()
        .map(|said| said.text)
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    // a person may still send it
    let path = format!(
        "/api/v1/conversations/{}/messages/{}/retry",
        channel.conversation().await,
        cancelled["id"].as_str().expect("an id")
    );
    channel.tenant.api.post(&path).json(&json!({})).expect(200).await;
    channel.delivered(OTHER_ANSWER, "read").await;
    assert_eq!(vendor.record().doubled(), []);
}
