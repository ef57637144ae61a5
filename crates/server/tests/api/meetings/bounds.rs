//! Events out of order, times that cannot be, and whose meeting it is.

use serde_json::json;
use testkit::require_runtime;

use super::{booking, meetings, server_with_address, shop, tell};
use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn a_booking_that_was_moved_and_cancelled_leaves_nothing_in_whatever_order_it_is_told() {
    require_runtime!();
    let server = server_with_address().start().await;
    let (tenant, path) = shop(&server).await;
    let (first, second) = ("2026-01-06T15:00:00Z", "2026-01-07T09:00:00Z");
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let name = |part: &str| format!("{order:?}-{part}");
        let moved = json!({"rescheduleUid": name("a")});
        let told = [
            booking(
                "BOOKING_CREATED",
                &name("a"),
                "2026-01-05T10:00:00Z",
                first,
                json!({}),
            ),
            booking(
                "BOOKING_RESCHEDULED",
                &name("b"),
                "2026-01-05T11:00:00Z",
                second,
                moved,
            ),
            booking(
                "BOOKING_CANCELLED",
                &name("b"),
                "2026-01-05T12:00:00Z",
                second,
                json!({}),
            ),
        ];
        for event in order {
            tell(&tenant, &path, &told[event]).await.expect(200);
        }
        let ahead = meetings(&tenant, "?status=scheduled,rescheduled").await;
        assert!(ahead.is_empty(), "{order:?}: {ahead:?}");
    }
    // moved twice, and told of the second move first
    let twice = [
        booking("BOOKING_CREATED", "c", "2026-01-05T10:00:00Z", first, json!({})),
        booking(
            "BOOKING_RESCHEDULED",
            "e",
            "2026-01-05T12:00:00Z",
            second,
            json!({"rescheduleUid": "d"}),
        ),
        booking(
            "BOOKING_RESCHEDULED",
            "d",
            "2026-01-05T11:00:00Z",
            "2026-01-08T09:00:00Z",
            json!({"rescheduleUid": "c"}),
        ),
    ];
    for event in &twice {
        tell(&tenant, &path, event).await.expect(200);
    }
    let ahead = meetings(&tenant, "?status=scheduled,rescheduled").await;
    assert_eq!(ahead.len(), 1, "{ahead:?}");
    assert_eq!(ahead[0]["scheduled_at"], second);
}

#[tokio::test]
async fn a_time_that_cannot_be_is_refused_and_harms_nobody() {
    require_runtime!();
    let server = server_with_address().start().await;
    let (tenant, path) = shop(&server).await;
    let far = "+262142-12-31T23:59:59Z";
    let body = |at: &str| json!({"title": "Visit", "scheduled_at": at});
    let meeting = tenant
        .api
        .post("/api/v1/meetings")
        .json(&body("2090-01-01T10:00:00Z"));
    let one = format!(
        "/api/v1/meetings/{}",
        meeting.expect(201).await["id"].as_str().expect("an id")
    );
    for at in [
        far,
        "-262143-01-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
    ] {
        let made = tenant.api.post("/api/v1/meetings").json(&body(at)).send().await;
        made.problem(422, "bad_time");
        let moved = tenant.api.patch(&one).json(&json!({"scheduled_at": at}));
        moved.send().await.problem(422, "bad_time");
    }
    let far_in_query = far.replace('+', "%2B");
    for query in [
        format!("?from={far_in_query}"),
        format!("?to={far_in_query}"),
        "?from=-262143-01-01T00:00:00Z".to_owned(),
    ] {
        for list in ["meetings", "meetings/slots"] {
            let answer = tenant.api.get(&format!("/api/v1/{list}{query}")).send().await;
            assert!(
                [200, 422].contains(&answer.status),
                "{list}{query}: {}",
                answer.text()
            );
        }
    }
    for (key, value) in [
        ("startTime", json!(far)),
        ("startTime", json!("tomorrow")),
        ("endTime", json!("0001-01-01T00:00:00Z")),
    ] {
        let name = format!("{key}-{value}");
        let event = booking(
            "BOOKING_CREATED",
            &name,
            "2026-01-05T10:00:00Z",
            "2026-01-06T15:00:00Z",
            json!({key: value}),
        );
        let answer = tell(&tenant, &path, &event).await.expect(200);
        assert_eq!(answer["status"], "failed", "{answer}");
        assert!(
            answer["error"].as_str().is_some_and(|error| error.contains(key)),
            "{answer}"
        );
    }
    let long = json!({"length": i64::MAX / 60_000});
    let event = booking(
        "BOOKING_CREATED",
        "long",
        "2026-01-05T10:00:00Z",
        "2026-01-06T15:00:00Z",
        long,
    );
    tell(&tenant, &path, &event).await.expect(200);
    let failed: i64 = sqlx::query_scalar("select count(*) from meeting_events where error is not null")
        .fetch_one(&mut server.owner().await)
        .await
        .expect("a count");
    assert_eq!(failed, 3);
}

/// What a visitor has typed names nobody, until somebody of the team says that it is right.
#[tokio::test]
async fn a_booking_finds_the_client_whose_address_a_colleague_has_confirmed_or_written() {
    require_runtime!();
    let server = server_with_address().start().await;
    let (tenant, path) = shop(&server).await;
    let visitor = tenant.visitor().await;
    visitor.say("Where is the shop?").await;
    let typed = json!({"email": "mia@example.com"});
    visitor
        .api
        .post(&visitor.path("contact"))
        .json(&typed)
        .expect(204)
        .await;
    let contact = format!("/api/v1/conversations/{}", visitor.conversation_id);
    let contact = tenant.api.get(&contact).expect(200).await["contact"]["id"].clone();
    let client = format!("/api/v1/crm/contacts/{}/client", contact.as_str().expect("an id"));
    let client = tenant.api.get(&client).expect(200).await["id"].clone();
    let client = format!("/api/v1/crm/clients/{}", client.as_str().expect("an id"));
    let whose = async |uid: &str, email: &str| {
        let more = json!({"attendees": [{"name": "Mia", "email": email}]});
        let (at, start) = ("2026-01-05T10:00:00Z", "2026-01-06T15:00:00Z");
        let event = booking("BOOKING_CREATED", uid, at, start, more);
        tell(&tenant, &path, &event).await.expect(200);
        let all = meetings(&tenant, "").await;
        let meeting = all.iter().find(|meeting| meeting["cal_event_id"] == uid);
        meeting.expect("the booking")["contact_id"].clone()
    };
    assert_eq!(whose("a", "Mia@example.com").await, json!(null));
    let confirm = tenant.api.post(&format!("{client}/confirm"));
    confirm.json(&typed).expect(200).await;
    assert_eq!(whose("b", "Mia@example.com").await, contact);
    let written = json!({"email": "mia.maes@example.com"});
    tenant.api.patch(&client).json(&written).expect(200).await;
    assert_eq!(whose("c", "mia.maes@example.com").await, contact);
    // the other one is no longer the client's
    assert_eq!(whose("d", "mia@example.com").await, json!(null));
}

#[tokio::test]
async fn a_meeting_is_with_the_contact_of_its_conversation_and_its_address_names_nobody() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    let (one, other) = (tenant.visitor().await, tenant.visitor().await);
    one.say("Where is the shop?").await;
    other.say("Where is the shop?").await;
    let path = format!("/api/v1/conversations/{}", other.conversation_id);
    let contact = tenant.api.get(&path).expect(200).await["contact"]["id"].clone();
    let meeting = json!({"title": "Visit", "scheduled_at": "2090-01-01T10:00:00Z",
        "conversation_id": one.conversation_id, "contact_id": contact});
    let refused = tenant.api.post("/api/v1/meetings").json(&meeting).send().await;
    refused.problem(422, "other_contact");
    let lead = json!({"intent": "price", "conversation_id": one.conversation_id, "contact_id": contact,
        "contact_info": {"name": "Mia"}});
    let refused = tenant.api.post("/api/v1/leads").json(&lead).send().await;
    refused.problem(422, "other_contact");
    for address in ["https://me:secret@cal.com/x", "https://me@cal.com/x"] {
        let patch = tenant.api.patch("/api/v1/meetings/settings");
        let refused = patch.json(&json!({"booking_url": address})).send().await;
        refused.problem(422, "bad_booking_url");
    }
}
