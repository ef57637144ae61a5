//! Nothing is lost: what comes to a paused channel, what nobody understands, what fails, and what a broken account left.

use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _};
use testkit::{Channel, Receiver, Reply, Server, Vendor, require_runtime};
use uuid::Uuid;

use super::conversing::answered_once;
use super::{ANSWER, OTHER_ANSWER, OTHER_QUESTION, QUESTION, open_server, quick_channel};
use crate::support::server;

async fn replay(channel: &Channel, event: &Value) -> testkit::Answer {
    let id = event["id"].as_str().expect("an id");
    let path = format!("/api/v1/channels/{}/inbound-events/{id}/replay", channel.id);
    channel.tenant.api.post(&path).send().await
}

#[tokio::test]
async fn a_paused_channel_takes_everything_and_says_nothing_until_it_is_resumed() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = answered_once(&server, "whatsapp").await;
    channel.delivered(ANSWER, "read").await;
    channel.configure(&json!({"is_active": false})).await;
    assert_eq!(channel.health().await["state"], "paused");
    for text in ["One moment.", OTHER_QUESTION] {
        assert_eq!(vendor.person(1).says(text).await.status, Some(200));
    }
    assert_eq!(vendor.person(2).says(QUESTION).await.status, Some(200));
    channel.reply("Robin here, we are back soon.").await;
    let pending = channel.ledger("status=pending").await;
    assert_eq!(pending.len(), 3, "{pending:#?}");
    assert_eq!(vendor.record().messages().len(), 1);
    channel.configure(&json!({"is_active": true})).await;
    channel
        .ledger_until("kind=message", |events| {
            events.iter().all(|event| event["status"] == "processed")
        })
        .await;
    let said = vendor.said(3).await;
    let texts: Vec<_> = said.iter().map(|entry| entry.text.as_str()).collect();
    assert!(texts.iter().any(|text| text.contains("Robin here")), "{texts:?}");
    // a person has the floor in the first conversation; the second one is the bot's
    let to_second = said
        .iter()
        .filter(|entry| Some(&entry.recipient) == vendor.person(2).address().as_ref());
    assert_eq!(to_second.count(), 1, "{texts:?}");
    assert_eq!(vendor.record().doubled(), []);
}

#[tokio::test]
async fn a_vendor_learns_the_servers_new_address_at_the_next_test() {
    require_runtime!();
    let mut server = server().start().await;
    let (tenant, vendor) = (server.tenant("Shop").await, Vendor::start("telegram").await);
    let channel = tenant.connect_untested(&server, &vendor).await;
    let checked = channel.check().await.expect(200);
    let codes = |health: &Value| -> Vec<Value> {
        let warnings = health["warnings"].as_array().expect("a list").iter();
        warnings.map(|warning| warning["code"].clone()).collect()
    };
    assert_eq!(
        codes(&checked),
        ["telegram_no_address", "no_public_address"],
        "{checked:#}"
    );
    assert_eq!(vendor.hooks().url(), None);
    for address in ["http://127.0.0.1:9001", "http://127.0.0.1:9002"] {
        server.stop().await;
        let settings = server.data_dir().join("rapport.toml");
        std::fs::write(settings, format!("public_url = \"{address}\"\n")).expect("a file");
        server.start_again().await;
        let checked = channel.check().await.expect(200);
        assert!(codes(&checked).is_empty(), "{checked:#}");
        let url = vendor.hooks().url().expect("an address");
        assert!(url.starts_with(address), "{url}");
        let shown = channel.health().await["webhook_url"].clone();
        assert_eq!(shown, json!(url));
    }
}

#[tokio::test]
async fn a_revoked_token_is_seen_and_a_new_one_connects_in_place() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = answered_once(&server, "whatsapp").await;
    channel.delivered(ANSWER, "read").await;
    let Vendor::Whatsapp(whatsapp) = &vendor else {
        unreachable!()
    };
    whatsapp.revoke_token();
    vendor.person(1).says(OTHER_QUESTION).await;
    let failed = channel.delivered(OTHER_ANSWER, "failed").await;
    assert!(
        failed["delivery"]["reason"]
            .as_str()
            .is_some_and(|why| !why.is_empty()),
        "{failed:#}"
    );
    let health = channel.health().await;
    assert_eq!(health["state"], "broken", "{health:#}");
    assert!(health["last_error"]["said"].is_string());
    channel.check().await.problem(422, "vendor_refused");
    let state = format!("/api/v1/conversations/{}/channel", channel.conversation().await);
    assert!(channel.tenant.api.get(&state).expect(200).await["problem"]["text"].is_string());
    // what is said meanwhile waits
    channel.reply("Robin here.").await;
    channel.delivered("Robin here.", "queued").await;

    let options = simulators::whatsapp::Options {
        access_token: "EAAanothertoken".into(),
        ..Default::default()
    };
    let renewed = Vendor::Whatsapp(
        simulators::whatsapp::Simulator::start(options)
            .await
            .expect("a free port"),
    );
    renewed.point_at(&channel);
    // whom the vendor knows and whose window is open
    renewed.person(1).says("Are you there?").await;
    let values = json!({"values": renewed.values()});
    let path = format!("/api/v1/channels/{}/connection", channel.id);
    let reconnected = channel
        .tenant
        .api
        .call(testkit::Method::PUT, &path)
        .json(&values)
        .expect(200)
        .await;
    assert_ne!(reconnected["state"], "broken", "{reconnected:#}");
    channel.delivered("Robin here.", "read").await;
    channel.check().await.expect(200);
    assert_eq!(renewed.record().messages().len(), 1);
}

#[tokio::test]
async fn what_is_for_another_account_waits_until_that_is_connected() {
    require_runtime!();
    let server = open_server().await;
    let (_vendor, channel) = answered_once(&server, "whatsapp").await;
    let options = simulators::whatsapp::Options {
        phone_number_id: "100000000000077".into(),
        display_phone_number: "15550007777".into(),
        ..Default::default()
    };
    let second = Vendor::Whatsapp(
        simulators::whatsapp::Simulator::start(options)
            .await
            .expect("a free port"),
    );
    second.point_at(&channel);
    assert_eq!(second.person(1).says(OTHER_QUESTION).await.status, Some(200));
    let kept = channel
        .ledger_until("status=quarantined", |events| events.len() == 1)
        .await;
    assert!(
        kept[0]["note"]["text"]
            .as_str()
            .is_some_and(|note| note.contains("100000000000077")),
        "{kept:#?}"
    );
    assert_eq!(channel.health().await["state"], "attention");
    replay(&channel, &kept[0]).await.problem(409, "unknown_account");
    let made = channel
        .tenant
        .try_connect("whatsapp", "Second number", &second.values())
        .await;
    let other = Channel::of(&channel.tenant, &server, &made.expect(201));
    replay(&channel, &kept[0]).await.expect(200);
    let said = second.said(1).await;
    assert!(said[0].text.contains(OTHER_ANSWER), "{said:#?}");
    assert_eq!(other.conversations().await.len(), 1);
    assert_eq!(channel.conversations().await.len(), 1);
    assert!(channel.ledger("status=quarantined").await.is_empty());
    // both numbers of the application have one address: each message finds its own
    second.person(2).says(QUESTION).await;
    second.said(2).await;
    assert_eq!(other.conversations().await.len(), 2);
    // what came again does nothing
    second.hooks().redeliver_all(simulators::Order::Kept).await;
    assert_eq!(second.record().doubled(), []);
}

#[tokio::test]
async fn events_that_nobody_knows_are_kept_for_somebody_to_look_at() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "telegram", "tidio", "crisp", "api"] {
        println!("{kind}");
        let (vendor, channel) = quick_channel(&server, kind).await;
        match &vendor {
            Vendor::Whatsapp(vendor) => vendor.tells("carrier_pigeons", json!({"seen": 3})).await,
            Vendor::Telegram(vendor) => {
                // Telegram itself sends only what it was asked for
                let update = json!({"update_id": 7, "carrier_pigeon": {"seen": 3}});
                vendor.hooks().post_bytes(update.to_string().into_bytes()).await;
                simulators::Sent::default()
            }
            Vendor::Tidio(vendor) => vendor.tells("carrier.pigeon", json!({"seen": 3})).await,
            Vendor::Crisp(vendor) => vendor.tells("carrier:pigeon", json!({"seen": 3})).await,
            Vendor::Program(vendor) => vendor.tells(json!({"carrier": "pigeon", "seen": 3})).await,
            _ => unreachable!(),
        };
        let kept = channel
            .ledger_until("status=quarantined", |events| events.len() == 1)
            .await;
        let path = format!(
            "/api/v1/channels/{}/inbound-events/{}",
            channel.id,
            kept[0]["id"].as_str().expect("an id")
        );
        let read = channel.tenant.api.get(&path).expect(200).await;
        let body = read["body"].as_str().expect("as it came");
        assert!(body.contains("igeon") && body.contains('3'), "{kind}: {read:#}");
        replay(&channel, &kept[0]).await.expect(200);
        let again = |events: &[Value]| events.len() == 1 && events[0]["attempts"] == 1;
        channel.ledger_until("status=quarantined", again).await;
        // and what is not even JSON
        if kind != "api" && kind != "telegram" {
            vendor.hooks().post_bytes(b"{not json".to_vec()).await;
            channel
                .ledger_until("status=quarantined", |events| events.len() == 2)
                .await;
        }
        vendor.person(1).says(QUESTION).await;
        vendor.said(1).await;
    }
}

/// As if so many attempts had failed already: they take four minutes. Between two of them, which know how many there were.
async fn let_attempts_pass(server: &Server, tenant: Uuid) {
    let mut owner = server.owner().await;
    loop {
        let mut tx = owner.begin().await.expect("a transaction");
        // nobody begins another meanwhile
        tx.execute("lock table graphile_worker._private_jobs in share mode")
            .await
            .expect("a lock");
        let done = sqlx::query(
            "update inbound_events set attempts = 9 where tenant_id = $1 and status = 'pending'
            and not exists (select from graphile_worker._private_jobs where locked_at is not null)",
        );
        let done = done.bind(tenant).execute(&mut *tx).await.expect("attempts");
        tx.commit().await.expect("the database answers");
        if done.rows_affected() > 0 {
            return;
        }
    }
}

/// A database that does not take this text.
async fn refuse_messages(server: &Server, text: &str) {
    let rule = format!("alter table messages add constraint none_of_these check (text_content <> '{text}')");
    sqlx::raw_sql(sqlx::AssertSqlSafe(rule))
        .execute(&mut server.owner().await)
        .await
        .expect("a rule");
}

async fn take_messages(server: &Server) {
    sqlx::raw_sql("alter table messages drop constraint none_of_these")
        .execute(&mut server.owner().await)
        .await
        .expect("no rule");
}

#[tokio::test]
async fn a_file_that_comes_late_is_waited_for_a_while_and_then_the_words_come_alone() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    let Vendor::Program(program) = &vendor else {
        unreachable!()
    };
    let shelf = Receiver::start().await;
    let file = json!({"url": shelf.url(), "name": "order.txt", "mime_type": "text/plain"});
    shelf.reply(Reply::Status(503));
    program
        .customer("ana-1", "Ana")
        .sends(json!({"text": "My order", "attachments": [file]}))
        .await;
    let failing = |events: &[Value]| events.iter().any(|event| event["attempts"].as_i64() > Some(0));
    channel.ledger_until("status=pending", failing).await;
    shelf.reply(Reply::Long(40));
    let thread = channel.thread_until(|thread| !thread.is_empty()).await;
    assert!(thread[0]["attachment"].is_object(), "{thread:#?}");
    shelf.reply(Reply::Status(503));
    let file = json!({"url": shelf.url(), "name": "bill.txt", "mime_type": "text/plain"});
    program
        .customer("bea-1", "Bea")
        .sends(json!({"text": "My bill", "attachments": [file]}))
        .await;
    let processed =
        |events: &[Value]| events.len() == 2 && events.iter().all(|event| event["status"] == "processed");
    let events = channel.ledger_until("kind=message", processed).await;
    assert_eq!(events[0]["attempts"], 4, "{events:#?}");
    let conversation = events[0]["conversation_id"]
        .as_str()
        .and_then(|id| id.parse().ok());
    let thread = channel.tenant.thread(conversation.expect("a conversation")).await;
    assert!(
        thread[0]["extras"]["missing_file"]
            .as_str()
            .is_some_and(|why| why.contains("503")),
        "{thread:#?}"
    );
}

#[tokio::test]
async fn what_fails_ten_times_is_dead_and_lives_again_by_hand() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    let Vendor::Program(program) = &vendor else {
        unreachable!()
    };
    refuse_messages(&server, "My order").await;
    let ana = program.customer("ana-1", "Ana");
    ana.says("My order").await;
    // whoever writes on the same thread waits behind it, others do not
    ana.says(QUESTION).await;
    let failing = |events: &[Value]| events.iter().any(|event| event["attempts"].as_i64() > Some(0));
    let waiting = channel.ledger_until("status=pending", failing).await;
    assert_eq!(waiting.len(), 2);
    assert!(
        waiting.iter().any(|event| event["note"]["text"].is_string()),
        "{waiting:#?}"
    );
    program.customer("bea-1", "Bea").says(OTHER_QUESTION).await;
    vendor.said(1).await;
    let_attempts_pass(&server, channel.tenant.id).await;
    let dead = channel
        .ledger_until("status=dead", |events| events.len() == 1)
        .await;
    assert_eq!(
        (&dead[0]["attempts"], dead[0]["note"]["text"].is_string()),
        (&json!(10), true)
    );
    assert_eq!(channel.health().await["events"]["dead"], 1);
    // the next one in the lane goes on
    vendor.said(2).await;
    take_messages(&server).await;
    replay(&channel, &dead[0]).await.expect(200);
    channel
        .ledger_until("", |events| {
            events.iter().all(|event| event["status"] == "processed")
        })
        .await;
    assert_eq!(channel.health().await["events"]["dead"], 0);
    assert_eq!(vendor.record().doubled(), []);
}
