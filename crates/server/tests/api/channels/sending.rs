//! The way out when it is not smooth: later, refused, cut off, too late, by hand, by program.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use simulators::whatsapp::Status;
use simulators::{Fault, Receipts};
use testkit::{Channel, Server, Vendor, require_runtime};

use super::conversing::answered_once;
use super::{ANSWER, QUESTION, open_server, quick_channel, shop};
use crate::support::server;

async fn retry(channel: &Channel, message: &Value) -> testkit::Answer {
    let id = message["id"].as_str().expect("an id");
    let path = format!(
        "/api/v1/conversations/{}/messages/{id}/retry",
        channel.conversation().await
    );
    channel.tenant.api.post(&path).send().await
}

#[tokio::test]
async fn what_is_too_much_now_is_sent_later() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "telegram", "api"] {
        let (vendor, channel) = quick_channel(&server, kind).await;
        vendor.rate_limit(2);
        vendor.person(1).says(QUESTION).await;
        // it is being sent again now and then
        let waits = |thread: &[Value]| {
            thread.len() == 2
                && thread[1]["delivery"]["status"] == "queued"
                && thread[1]["delivery"]["reason"].is_string()
        };
        channel.thread_until(waits).await;
        vendor.said(1).await;
        let sent = channel
            .delivered(ANSWER, if kind == "telegram" { "sent" } else { "read" })
            .await;
        assert!(sent["delivery"]["reason"].is_null(), "{kind}: {sent:#}");
        assert_eq!(
            (vendor.record().messages().len(), vendor.faults().left()),
            (1, 0),
            "{kind}"
        );
    }
}

/// As if the reply that waits had been tried so often, and had been said so long ago. It is tried again now.
async fn let_time_pass(server: &Server, channel: &Channel, attempts: i32, hours: i32) {
    let sql = "update deliveries set attempts = $2, created_at = created_at - make_interval(hours => $3), next_attempt_at = now()
        where channel_id = $1 and status = 'queued'";
    let done = sqlx::query(sql).bind(channel.id).bind(attempts).bind(hours);
    let done = done.execute(&mut server.owner().await).await.expect("times");
    assert_eq!(done.rows_affected(), 1);
    channel.configure(&json!({"is_active": false})).await;
    channel.configure(&json!({"is_active": true})).await;
}

#[tokio::test]
async fn a_channel_whose_replies_wait_says_so_and_why() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    channel.check().await.expect(200);
    let in_an_hour = simulators::Reply::json(503, &json!({})).with("retry-after", "3600");
    vendor.faults().next(1, &Fault::Refuse(in_an_hour));
    vendor.person(1).says(QUESTION).await;
    let thread = channel
        .thread_until(|thread| thread.len() == 2 && thread[1]["delivery"]["code"] == "status_503")
        .await;
    let health = channel.health().await;
    assert_eq!(
        (
            &health["state"],
            &health["replies"]["queued"],
            &health["replies"]["late"]
        ),
        (&json!("healthy"), &json!(1), &Value::Null)
    );
    let earlier =
        "update deliveries set created_at = created_at - interval '2 minutes' where channel_id = $1";
    let earlier = sqlx::query(earlier).bind(channel.id);
    earlier.execute(&mut server.owner().await).await.expect("a time");
    let health = channel.health().await;
    assert_eq!(health["state"], "attention", "{health:#}");
    let advice = &health["advice"][0];
    assert_eq!(
        (&advice["code"], &advice["params"]["count"]),
        (&json!("replies_wait"), &json!("1"))
    );
    let late = &health["replies"]["late"];
    assert_eq!(
        (&late["count"], &late["code"]),
        (&json!(1), &json!("status_503")),
        "{health:#}"
    );
    let time = |time: &Value| -> DateTime<Utc> { time.as_str().expect("a time").parse().expect("a time") };
    let (since, sent) = (time(&late["since"]), time(&thread[1]["created_at"]));
    assert!(sent - since > TimeDelta::minutes(1), "{since}");
    // it is mended, and tested: what waits goes, and all is well
    channel.configure(&json!({"is_active": false})).await;
    sqlx::query("update deliveries set next_attempt_at = now() where channel_id = $1")
        .bind(channel.id)
        .execute(&mut server.owner().await)
        .await
        .expect("now");
    channel.configure(&json!({"is_active": true})).await;
    channel.delivered(ANSWER, "read").await;
    let health = channel.health().await;
    assert_eq!(
        (&health["state"], &health["replies"]["late"]),
        (&json!("healthy"), &Value::Null)
    );
}

#[tokio::test]
async fn a_vendor_that_is_away_is_tried_for_a_day() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    let in_an_hour = simulators::Reply::json(503, &json!({})).with("retry-after", "3600");
    vendor.faults().next(3, &Fault::Refuse(in_an_hour));
    vendor.person(1).says(QUESTION).await;
    for left in [2, 1] {
        // what was read before the call is not what came of it
        channel.thread_until(|_| vendor.faults().left() == left).await;
        let waits = |thread: &[Value]| {
            thread.len() == 2
                && thread[1]["delivery"]["status"] == "queued"
                && thread[1]["delivery"]["code"] == "status_503"
        };
        channel.thread_until(waits).await;
        let_time_pass(&server, &channel, 20, if left == 1 { 23 } else { 0 }).await;
    }
    let failed = channel.delivered(ANSWER, "failed").await;
    assert_eq!(
        (&failed["delivery"]["code"], vendor.faults().left()),
        (&json!("status_503"), 0)
    );
    let metrics = server.api.get("/metrics").send().await.text();
    let counted = "rapport_deliveries_total{kind=\"api\",outcome=\"failed\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    // wanted again much later, it has another day
    let earlier = "update deliveries set failed_at = failed_at - interval '3 days' where channel_id = $1";
    let earlier = sqlx::query(earlier).bind(channel.id);
    earlier.execute(&mut server.owner().await).await.expect("a time");
    vendor.rate_limit(1);
    retry(&channel, &failed).await.expect(200);
    channel.delivered(ANSWER, "read").await;
}

#[tokio::test]
async fn what_is_refused_says_why_and_is_sent_again_by_hand() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "whatsapp").await;
    let Vendor::Whatsapp(whatsapp) = &vendor else {
        unreachable!()
    };
    whatsapp.refuse(1, 400, 131_009, "Parameter value is not valid");
    vendor.person(1).says(QUESTION).await;
    let failed = channel.delivered(ANSWER, "failed").await;
    assert_eq!(failed["delivery"]["code"], "131009");
    assert!(
        failed["delivery"]["reason"]
            .as_str()
            .is_some_and(|why| why.contains("not valid")),
        "{failed:#}"
    );
    let health = channel.health().await;
    assert_eq!(
        (&health["state"], &health["replies"]["failed"]),
        (&json!("attention"), &json!(1)),
        "{health:#}"
    );
    retry(&channel, &failed).await.expect(200);
    channel.delivered(ANSWER, "read").await;
    retry(&channel, &failed).await.problem(409, "nothing_to_retry");
    assert_eq!(vendor.record().messages().len(), 1);
}

#[tokio::test]
async fn what_was_cut_off_is_unknown_and_never_sent_again_by_itself() {
    require_runtime!();
    let mut server = open_server().await;
    for kind in ["whatsapp", "messenger", "instagram", "telegram", "crisp", "tidio"] {
        println!("{kind}");
        let (vendor, channel) = quick_channel(&server, kind).await;
        no_receipts(&vendor);
        vendor.faults().next(1, &Fault::CloseAfter);
        vendor.person(1).says(QUESTION).await;
        let unknown = channel.delivered(ANSWER, "unknown").await;
        assert!(
            unknown["delivery"]["reason"]
                .as_str()
                .is_some_and(|why| !why.is_empty())
        );
        assert_eq!(channel.health().await["replies"]["unknown"], 1);
        // whatever wakes the queue: a pause, a test, the next message
        channel.configure(&json!({"is_active": false})).await;
        channel.configure(&json!({"is_active": true})).await;
        channel.check().await.expect(200);
        channel.reply("Robin here.").await;
        channel.delivered("Robin here.", "sent").await;
        let said = vendor.record().messages();
        assert_eq!(said.len(), 2, "{kind}: {said:#?}");
        assert_eq!(vendor.record().doubled(), [], "{kind}");
        // a person knows better
        if kind == "whatsapp" {
            server.stop().await;
            server.start_again().await;
            retry(&channel, &unknown).await.expect(200);
            vendor.said(3).await;
            channel.delivered(ANSWER, "sent").await;
        }
    }
}

fn no_receipts(vendor: &Vendor) {
    match vendor {
        Vendor::Whatsapp(vendor) => vendor.set_receipts(Receipts::Off),
        Vendor::Messenger(vendor) | Vendor::Instagram(vendor) => vendor.set_receipts(Receipts::Off),
        Vendor::Crisp(vendor) => vendor.set_receipts(Receipts::Off),
        _ => {}
    }
}

#[tokio::test]
async fn news_of_the_vendor_settle_what_was_unknown() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "crisp"] {
        for receipts in [Receipts::Automatic, Receipts::BeforeAnswer] {
            let (vendor, channel) = named_channel(&server, kind, &format!("{kind} {receipts:?}")).await;
            match &vendor {
                Vendor::Whatsapp(vendor) => vendor.set_receipts(receipts),
                Vendor::Crisp(vendor) => vendor.set_receipts(receipts),
                _ => unreachable!(),
            }
            vendor.faults().next(1, &Fault::CloseAfter);
            vendor.person(1).says(QUESTION).await;
            channel.delivered(ANSWER, "read").await;
            assert_eq!(vendor.record().messages().len(), 1, "{kind}");
        }
    }
    // where a call may be repeated under the same id, it is
    let (vendor, channel) = named_channel(&server, "api", "api").await;
    vendor.faults().next(2, &Fault::CloseAfter);
    vendor.person(1).says(QUESTION).await;
    channel.delivered(ANSWER, "read").await;
    assert_eq!(vendor.record().messages().len(), 1);
}

async fn named_channel(server: &Server, kind: &str, name: &str) -> (Vendor, Channel) {
    let (tenant, vendor) = (shop(server, name).await, Vendor::start(kind).await);
    let channel = tenant.connect(server, &vendor).await;
    (vendor, channel)
}

/// As if the person had written so long ago.
async fn let_hours_pass(server: &Server, vendor: &Vendor, hours: i64) {
    let ago = format!("update messages set sent_at = sent_at - interval '{hours} hours'");
    sqlx::query(sqlx::AssertSqlSafe(ago))
        .execute(&mut server.owner().await)
        .await
        .expect("times");
    if let Vendor::Whatsapp(vendor) = vendor {
        vendor.clock().advance(TimeDelta::hours(hours));
    }
}

#[tokio::test]
async fn after_the_reply_window_only_a_template_goes() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = answered_once(&server, "whatsapp").await;
    channel.delivered(ANSWER, "read").await;
    let conversation = channel.conversation().await;
    let state = format!("/api/v1/conversations/{conversation}/channel");
    let open = channel.tenant.api.get(&state).expect(200).await;
    assert_eq!(
        (&open["is_window_open"], &open["kind"]),
        (&json!(true), &json!("whatsapp")),
        "{open:#}"
    );
    let_hours_pass(&server, &vendor, 25).await;
    let closed = channel.tenant.api.get(&state).expect(200).await;
    assert_eq!(closed["is_window_open"], false, "{closed:#}");
    channel.reply("Are you still interested?").await;
    let failed = channel.delivered("still interested", "failed").await;
    assert!(
        failed["delivery"]["reason"]
            .as_str()
            .is_some_and(|why| !why.is_empty()),
        "{failed:#}"
    );
    assert_eq!(channel.health().await["state"], "attention");

    let templates = channel
        .tenant
        .api
        .get(&format!("/api/v1/channels/{}/templates", channel.id));
    let templates = templates.expect(200).await;
    let names: Vec<_> = templates["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["name"].clone())
        .collect();
    assert!(
        names.contains(&json!("follow_up")) && !names.contains(&json!("spring_sale")),
        "{templates:#}"
    );
    let template = json!({
        "name": "follow_up", "language": "en_US", "parameters": ["Ana"], "text": "Hello Ana, may we help you further?",
    });
    let body = json!({"client_message_id": "template-1", "text": "", "template": template});
    let path = format!("/api/v1/conversations/{conversation}/messages");
    channel.tenant.api.post(&path).json(&body).expect(201).await;
    let said = vendor.said(2).await;
    assert_eq!(said[1].body["type"], "template", "{said:#?}");
    assert!(said[1].text.contains("Hello Ana"), "{said:#?}");
    channel.delivered("may we help you further", "read").await;
}

#[tokio::test]
async fn a_program_begins_a_conversation_once_however_often_it_asks() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = named_channel(&server, "whatsapp", "Program").await;
    vendor.person(7);
    let template =
        json!({"name": "hello_world", "language": "en_US", "parameters": [], "text": "Hello World"});
    let path = format!("/api/v1/channels/{}/messages", channel.id);
    let body = json!({"to": {"phone": "+32 470 00 00 07", "name": "Ana"}, "template": template});
    let post = |key: &str| {
        let call = channel.tenant.api.post(&path).json(&body);
        match key {
            "" => call,
            key => call.header("idempotency-key", key),
        }
    };
    post("").send().await.problem(422, "idempotency_key_missing");
    let (first, second) = tokio::join!(post("order-17").send(), post("order-17").send());
    let (first, second) = (first.expect(201), second.expect(201));
    let third = post("order-17").expect(201).await;
    assert_eq!((&first["id"], &first["id"]), (&second["id"], &third["id"]));
    let said = vendor.said(1).await;
    assert_eq!(said[0].recipient, "32470000007");
    channel.delivered("Hello World", "read").await;
    // the person answers in the same conversation
    vendor.person(7).says(QUESTION).await;
    channel.thread_until(|thread| thread.len() == 2).await;
    let contact = channel.conversations().await[0]["contact"]["id"].clone();
    let again = json!({"to": {"contact_id": contact}, "text": "Your table is ready."});
    let sent = channel
        .tenant
        .api
        .post(&path)
        .json(&again)
        .header("idempotency-key", "order-17-ready");
    let sent = sent.expect(201).await;
    assert_eq!(sent["conversation_id"], first["conversation_id"]);
    channel.delivered("table is ready", "read").await;
    assert_eq!(
        (vendor.record().messages().len(), vendor.record().doubled()),
        (2, vec![])
    );
    for (to, code) in [
        (json!({}), "bad_recipient"),
        (json!({"phone": "12"}), "bad_phone"),
        (
            json!({"phone": "+32470000007", "platform_id": "1"}),
            "bad_recipient",
        ),
    ] {
        let body = json!({"to": to, "text": "Hello"});
        let call = channel.tenant.api.post(&path).json(&body);
        call.header("idempotency-key", code)
            .send()
            .await
            .problem(422, code);
    }
}

#[tokio::test]
async fn the_reply_window_counts_from_when_the_person_wrote_not_from_when_it_came_here() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = named_channel(&server, "whatsapp", "Late").await;
    let Vendor::Whatsapp(whatsapp) = &vendor else {
        unreachable!()
    };
    let ana = whatsapp.customer("32470000001", "Ana");
    let now = whatsapp.clock().now();
    let written = |ago: TimeDelta| {
        let at = (now - ago).timestamp().to_string();
        json!({"type": "text", "timestamp": at, "text": {"body": "Hello"}})
    };
    ana.sends(written(TimeDelta::hours(25))).await;
    let path = format!("/api/v1/conversations/{}/channel", channel.conversation().await);
    let state = async || channel.tenant.api.get(&path).expect(200).await;
    assert_eq!(state().await["is_window_open"], false);

    ana.sends(written(TimeDelta::hours(1))).await;
    channel.thread_until(|thread| users(thread) == 2).await;
    let held_up = state().await;
    let left = closes(&held_up) - now;
    assert_eq!(held_up["is_window_open"], true);
    assert!(
        (left - TimeDelta::hours(23)).abs() < TimeDelta::seconds(2),
        "{held_up:#}"
    );

    // a clock that is ahead of ours lengthens nothing
    ana.sends(written(TimeDelta::hours(-5))).await;
    channel.thread_until(|thread| users(thread) == 3).await;
    let ahead = state().await;
    let left = closes(&ahead) - kernel::Clock::system().now();
    assert!(
        left <= TimeDelta::hours(24) && left > TimeDelta::hours(23),
        "{ahead:#}"
    );
}

fn users(thread: &[Value]) -> usize {
    thread
        .iter()
        .filter(|message| message["sender_type"] == "user")
        .count()
}

fn closes(state: &Value) -> DateTime<Utc> {
    let at = state["window_closes_at"].as_str().and_then(|at| at.parse().ok());
    at.unwrap_or_else(|| panic!("no end: {state:#}"))
}

#[tokio::test]
async fn a_pause_stops_an_answer_between_its_pieces() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = answered_once(&server, "whatsapp").await;
    channel.delivered(ANSWER, "read").await;
    let (other, _other_channel) = named_channel(&server, "whatsapp", "Other").await;
    vendor.faults().hold();
    // in three pieces, of which the first is under way
    channel
        .reply(&"A sentence about lamps and their shades. ".repeat(220))
        .await;
    vendor.faults().held(1).await;
    channel.configure(&json!({"is_active": false})).await;
    vendor.faults().release();
    vendor.said(2).await;
    // an answer elsewhere takes longer than the next piece would
    other.person(1).says(QUESTION).await;
    other.said(1).await;
    assert_eq!(vendor.record().messages().len(), 2);
    channel.configure(&json!({"is_active": true})).await;
    vendor.said(4).await;
    assert_eq!(vendor.record().doubled(), []);
}

#[tokio::test]
async fn that_files_cannot_be_sent_is_told_before_one_is() {
    require_runtime!();
    let (closed, open) = (server().start().await, open_server().await);
    for (kind, without_address) in [
        ("whatsapp", true),
        ("messenger", true),
        ("telegram", true),
        ("instagram", false),
        ("crisp", false),
        ("tidio", false),
        ("api", false),
    ] {
        for (server, expected) in [(&closed, without_address), (&open, true)] {
            let (tenant, vendor) = (shop(server, kind).await, Vendor::start(kind).await);
            // without an address of ours nobody can be told of it: the vendor knows it by hand
            let channel = tenant.connect_untested(server, &vendor).await;
            vendor.point_at(&channel);
            vendor.person(1).says(QUESTION).await;
            let path = format!("/api/v1/conversations/{}/channel", channel.conversation().await);
            let state = channel.tenant.api.get(&path).expect(200).await;
            assert_eq!(state["can_send_files"], expected, "{kind}: {state:#}");
        }
    }
    let tenant = shop(&closed, "Widget").await;
    let visitor = tenant.visitor().await;
    visitor.say(QUESTION).await;
    let path = format!("/api/v1/conversations/{}/channel", visitor.conversation_id);
    assert_eq!(tenant.api.get(&path).expect(200).await["can_send_files"], true);
}

#[tokio::test]
async fn late_news_of_an_attempt_say_nothing_of_the_next_one() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "whatsapp").await;
    no_receipts(&vendor);
    let Vendor::Whatsapp(whatsapp) = &vendor else {
        unreachable!()
    };
    vendor.person(1).says(QUESTION).await;
    let first = vendor.said(1).await.remove(0);
    channel.delivered(ANSWER, "sent").await;
    whatsapp
        .tell(&first.id, Status::failed(131_026, "Message undeliverable"))
        .await;
    let failed = channel.delivered(ANSWER, "failed").await;
    whatsapp.rate_limit(1);
    retry(&channel, &failed).await.expect(200);
    channel
        .thread_until(|thread| thread[1]["delivery"]["reason"].is_string())
        .await;
    assert_eq!(whatsapp.tell(&first.id, Status::Sent).await, Some(200));
    let said = vendor.said(2).await;
    let sent = channel.delivered(ANSWER, "sent").await;
    assert_eq!(said[1].text, first.text);
    // and news of the second one are heard
    whatsapp.tell(&said[1].id, Status::Read).await;
    channel.delivered(ANSWER, "read").await;
    assert_eq!(sent["id"], failed["id"]);
}

#[tokio::test]
async fn a_program_knows_a_message_that_is_sent_again_by_hand() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "api").await;
    vendor
        .faults()
        .next(1, &Fault::Refuse(simulators::Reply::json(422, &json!({}))));
    vendor.person(1).says(QUESTION).await;
    let failed = channel.delivered(ANSWER, "failed").await;
    retry(&channel, &failed).await.expect(200);
    let said = vendor.said(1).await;
    channel.delivered(ANSWER, "read").await;
    assert!(said[0].id.ends_with(".1"), "{said:#?}");
}

#[tokio::test]
async fn a_key_is_good_for_one_request_and_belongs_to_nobody_elses_ids() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = named_channel(&server, "api", "Keys").await;
    channel.configure(&json!({"is_bot_active": false})).await;
    let Vendor::Program(program) = &vendor else {
        unreachable!()
    };
    let path = format!("/api/v1/channels/{}/messages", channel.id);
    let post = |key: &str, to: &str, text: &str| {
        let body = json!({"to": {"platform_id": to}, "text": text});
        let call = channel.tenant.api.post(&path).json(&body);
        call.header("idempotency-key", key)
    };
    for who in ["ana", "bea"] {
        program.customer(who, who).says("Hello").await;
    }
    channel
        .ledger_until("kind=message", |events| {
            events.len() == 2 && events.iter().all(|event| event["status"] == "processed")
        })
        .await;
    let first = post("k-1", "ana", "Ready").expect(201).await;
    assert_eq!(post("k-1", "ana", "Ready").expect(201).await["id"], first["id"]);
    for other in [post("k-1", "bea", "Ready"), post("k-1", "ana", "Not ready")] {
        other.send().await.problem(422, "idempotency_mismatch");
    }
    let (to_ana, to_bea) = tokio::join!(post("k-2", "ana", "One").send(), post("k-2", "bea", "One").send());
    let mut both = [to_ana.status, to_bea.status];
    both.sort_unstable();
    assert_eq!(both, [201, 422]);
    // a customer's message whose id is a key of ours, and a key that is a customer's id
    let sent = json!({"id": "k-1", "from": {"id": "ana"}, "text": "Thank you"});
    assert_eq!(program.tells(sent).await.status, Some(200));
    let events = channel
        .ledger_until("kind=message", |events| {
            events.len() == 3 && events.iter().all(|event| event["status"] == "processed")
        })
        .await;
    let answered = events[0]["message_id"].clone();
    assert_ne!(answered, first["id"], "{events:#?}");
    let sent = json!({"id": "in-4", "from": {"id": "ana"}, "text": "And one more"});
    program.tells(sent).await;
    channel
        .ledger_until("kind=message", |events| {
            events.len() == 4 && events.iter().all(|event| event["status"] == "processed")
        })
        .await;
    post("in-4", "ana", "With pleasure").expect(201).await;
    vendor.said(3).await;
}
