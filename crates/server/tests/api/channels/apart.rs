//! What belongs to one person or one tenant stays with them: replies, conversations, and the server's time.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Person, Site, SitePage, Vendor, require_runtime};

use super::{ANSWER, OTHER_ANSWER, OTHER_QUESTION, QUESTION, open_server, quick_channel};

#[tokio::test]
async fn an_answer_goes_where_the_person_asked_last() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    let Person::Program(ana) = vendor.person(1) else {
        unreachable!()
    };
    ana.sends(json!({"text": QUESTION, "thread": "ticket-1"})).await;
    vendor.said(1).await;
    ana.sends(json!({"text": OTHER_QUESTION, "thread": "ticket-2"}))
        .await;
    let said = vendor.said(2).await;
    let places: Vec<_> = said
        .iter()
        .map(|entry| (entry.body["thread"].as_str().expect("a thread"), &entry.text))
        .collect();
    assert_eq!(places[0].0, "ticket-1", "{said:#?}");
    assert!(places[0].1.contains(ANSWER), "{said:#?}");
    assert_eq!(places[1].0, "ticket-2", "{said:#?}");
    assert!(places[1].1.contains(OTHER_ANSWER), "{said:#?}");
    assert_eq!(channel.conversations().await.len(), 1);
}

/// Two people may have the same name.
#[tokio::test]
async fn contacts_tell_by_what_they_can_be_told_apart() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "telegram").await;
    vendor.person(1).says(QUESTION).await;
    vendor.said(1).await;
    let visitor = channel.tenant.visitor().await;
    visitor.say(QUESTION).await;
    let found = channel.tenant.api.get("/api/v1/contacts").expect(200).await;
    let found = found["items"].as_array().expect("a list");
    assert_eq!(found.len(), 2);
    assert!(
        found
            .iter()
            .all(|contact| contact["last_interaction_at"].is_string())
    );
    let channels: Vec<_> = found.iter().map(|contact| &contact["channels"]).collect();
    let on_the_site = channels
        .iter()
        .position(|channels| channels[0]["kind"] == "widget");
    let on_the_site = on_the_site.expect("the visitor");
    assert_eq!(channels[on_the_site][0]["platform_id"], Value::Null);
    let person = &found[1 - on_the_site];
    let expected = json!([{"kind": "telegram", "name": "telegram", "platform_id": "400000001"}]);
    assert_eq!(person["channels"], expected);
    let path = format!("/api/v1/contacts/{}", person["id"].as_str().expect("an id"));
    assert_eq!(
        channel.tenant.api.get(&path).expect(200).await["channels"],
        expected
    );
}

/// Nobody vouches for the user id that a web site gives its visitors on Crisp.
#[tokio::test]
async fn on_crisp_a_user_id_opens_nobody_elses_session() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "crisp").await;
    let user = json!({"user_id": "user-1", "nickname": "Ana"});
    let mut sessions = Vec::new();
    for (number, question) in [(1, QUESTION), (2, OTHER_QUESTION)] {
        let Person::Crisp(person) = vendor.person(number) else {
            unreachable!()
        };
        person
            .sends(json!({"type": "text", "content": question, "user": user}))
            .await;
        vendor.said(sessions.len() + 1).await;
        sessions.push(person.session_id().to_owned());
    }
    assert_eq!(channel.conversations().await.len(), 2);
    let said = vendor.record().messages();
    let recipients: Vec<_> = said.iter().map(|entry| &entry.recipient).collect();
    assert_eq!(recipients, [&sessions[0], &sessions[1]]);
}

/// One tenant's customers send files that take long to fetch: another tenant's customer is answered meanwhile.
#[tokio::test]
async fn slow_files_of_one_tenant_keep_no_other_waiting() {
    require_runtime!();
    let server = open_server().await;
    let site = Site::start().await;
    site.put(
        "/slow.txt",
        SitePage::new(200, "x".repeat(400)).dripping(Duration::from_millis(500)),
    );
    let (slow_vendor, slow) = quick_channel(&server, "api").await;
    let (vendor, channel) = quick_channel(&server, "telegram").await;
    let Vendor::Program(program) = &slow_vendor else {
        unreachable!()
    };
    for number in 0..24 {
        let attachment = json!({"url": site.url("/slow.txt"), "name": "slow.txt", "mime_type": "text/plain"});
        let customer = program.customer(&format!("customer-{number}"), "Customer");
        let sent = customer
            .sends(json!({"text": "look", "attachments": [attachment]}))
            .await;
        assert_eq!(sent.status, Some(200));
    }
    site.asked_for("/slow.txt").await;
    vendor.person(1).says(QUESTION).await;
    channel.delivered(ANSWER, "sent").await;
    let still = slow.ledger("kind=message&status=pending").await;
    assert_eq!(still.len(), 24, "somebody had to wait for them");
}

#[tokio::test]
async fn a_message_keeps_its_first_ten_files() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    let Vendor::Program(program) = &vendor else {
        unreachable!()
    };
    let site = Site::start().await;
    site.make(|_| Some(SitePage::new(200, "hello")));
    let attachments: Vec<_> = (0..13)
        .map(|number| json!({"url": site.url(&format!("/{number}.txt")), "name": "a.txt", "mime_type": "text/plain"}))
        .collect();
    program
        .customer("customer-1", "Ana")
        .sends(json!({"text": "all of these", "attachments": attachments}))
        .await;
    let thread = channel.thread_until(|thread| thread.len() >= 11).await;
    let from_them = || thread.iter().filter(|message| message["sender_type"] == "user");
    assert_eq!(
        from_them()
            .filter(|message| !message["attachment"].is_null())
            .count(),
        10
    );
    assert!(from_them().any(|message| {
        message["extras"]["missing_file"]
            .as_str()
            .is_some_and(|why| why.contains("3 more"))
    }));
}
