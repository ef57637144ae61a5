//! Meetings: what Cal.com tells is believed once and with its secret only, links carry the conversation, and nobody is
//! booked twice.

mod bounds;

use serde_json::{Value, json};
use testkit::{Answer, Server, Tenant, require_runtime};
use uuid::Uuid;

use crate::quick_tenant;
use crate::support::server;

const SECRET: &str = "a shared secret";

/// A workspace that takes bookings from Cal.com; the path of its door.
async fn shop(server: &Server) -> (Tenant, String) {
    let tenant = quick_tenant(server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    let patch = json!({"calcom_secret": SECRET, "booking_url": "https://cal.com/shop/intro"});
    let settings = tenant
        .api
        .patch("/api/v1/meetings/settings")
        .json(&patch)
        .expect(200)
        .await;
    assert_eq!(settings["has_calcom_secret"], true);
    let url = settings["webhook_url"].as_str().expect("an address");
    let path = url.find("/hooks/").and_then(|at| url.get(at..)).expect("a path");
    (tenant, path.to_owned())
}

fn signature(body: &str) -> String {
    let signed = kernel::secrets::sign(SECRET.as_bytes(), body.as_bytes());
    signed.iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn tell(tenant: &Tenant, path: &str, event: &Value) -> Answer {
    let body = event.to_string();
    let call = tenant.api.without_credential().post(path);
    let call = call.header("x-cal-signature-256", &signature(&body));
    call.body("application/json", body).send().await
}

fn booking(trigger: &str, uid: &str, at: &str, start: &str, more: Value) -> Value {
    let mut payload = json!({"uid": uid, "title": "Intro call", "startTime": start, "endTime": null, "length": 30,
        "organizer": {"email": "robin@shop.example"}, "status": "ACCEPTED", "iCalUID": format!("{uid}@Cal.com"),
        "attendees": [{"name": "Ana", "email": "ana@example.com"}]});
    if let (Some(payload), Some(more)) = (payload.as_object_mut(), more.as_object()) {
        payload.extend(more.clone());
    }
    json!({"triggerEvent": trigger, "createdAt": at, "payload": payload})
}

async fn meetings(tenant: &Tenant, query: &str) -> Vec<Value> {
    let list = tenant
        .api
        .get(&format!("/api/v1/meetings{query}"))
        .expect(200)
        .await;
    list["items"].as_array().expect("a list").clone()
}

fn server_with_address() -> testkit::ServerBuilder {
    server().with_public_address()
}

#[tokio::test]
async fn a_booking_comes_back_to_the_conversation_that_it_was_offered_in() {
    require_runtime!();
    let server = server_with_address().start().await;
    let (tenant, path) = shop(&server).await;
    let robin = server.member(&tenant, "robin@shop.example", "agent").await;
    let visitor = tenant.visitor().await;
    let said = visitor.say("Can I book a call?").await;
    let action = &said["answer"]["actions"][0];
    assert_eq!(action["kind"], "offer_booking", "{said}");
    let url = action["url"].as_str().expect("an address");
    let token = url
        .split_once("metadata%5Bconversation_id%5D=")
        .expect("the conversation")
        .1;
    assert!(
        url.starts_with("https://cal.com/shop/intro?")
            && token.starts_with(&visitor.conversation_id.to_string())
    );

    let at = "2026-01-05T10:00:00.000Z";
    let more = json!({"metadata": {"conversation_id": token, "videoCallUrl": "https://video.example/x"}});
    let event = booking("BOOKING_CREATED", "bk_1", at, "2026-01-06T15:00:00Z", more);
    assert_eq!(tell(&tenant, &path, &event).await.json()["status"], "noted");
    assert_eq!(tell(&tenant, &path, &event).await.json()["status"], "known");
    let of = format!("?conversation_id={}", visitor.conversation_id);
    let found = meetings(&tenant, &of).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let meeting = &found[0];
    assert_eq!(
        (&meeting["source"], &meeting["status"]),
        (&json!("calcom"), &json!("scheduled"))
    );
    assert_eq!(
        (&meeting["scheduled_at"], &meeting["duration_minutes"]),
        (&json!("2026-01-06T15:00:00Z"), &json!(30))
    );
    assert_eq!(
        (&meeting["attendee_email"], &meeting["meeting_url"]),
        (&json!("ana@example.com"), &json!("https://video.example/x"))
    );
    assert!(meeting["contact_id"].is_string());
    let mine = robin.get("/api/v1/meetings?assigned_to=me&from=2026-01-06T00:00:00Z&to=2026-01-07T00:00:00Z&status=scheduled").expect(200).await;
    assert_eq!(mine["items"].as_array().map(Vec::len), Some(1));
    assert!(meetings(&tenant, "?to=2026-01-06T15:00:00Z").await.is_empty());

    // somebody else's conversation cannot be named
    let forged = token.replacen(
        &visitor.conversation_id.to_string(),
        &Uuid::now_v7().to_string(),
        1,
    );
    let more = json!({"metadata": {"conversation_id": forged}, "attendees": [{"email": "eve@example.com"}]});
    tell(
        &tenant,
        &path,
        &booking("BOOKING_CREATED", "bk_2", at, "2026-01-08T15:00:00Z", more),
    )
    .await
    .expect(200);
    let last = meetings(&tenant, "?from=2026-01-08T00:00:00Z").await.remove(0);
    assert!(last["conversation_id"].is_null() && last["contact_id"].is_null());
}

#[tokio::test]
async fn a_booking_is_moved_cancelled_and_ended_in_whatever_order_it_is_told() {
    require_runtime!();
    let server = server_with_address().start().await;
    let (tenant, path) = shop(&server).await;
    let (one, two, three) = (
        "2026-01-05T10:00:00Z",
        "2026-01-05T11:00:00Z",
        "2026-01-05T12:00:00Z",
    );
    let (first, second) = ("2026-01-06T15:00:00Z", "2026-01-07T09:00:00Z");
    let none = json!({});
    let moved = json!({"rescheduleUid": "bk_1"});
    // told in order, then late ones again
    for (event, status) in [
        (
            booking("BOOKING_CREATED", "bk_1", one, first, none.clone()),
            "noted",
        ),
        (
            booking("BOOKING_RESCHEDULED", "bk_2", two, second, moved.clone()),
            "noted",
        ),
        (
            booking(
                "BOOKING_CREATED",
                "bk_1",
                "2026-01-05T10:00:01Z",
                first,
                none.clone(),
            ),
            "ignored",
        ),
        (
            json!({"triggerEvent": "MEETING_ENDED", "createdAt": three, "uid": "bk_1"}),
            "ignored",
        ),
        (json!({"triggerEvent": "PING", "createdAt": three}), "ignored"),
    ] {
        let answer = tell(&tenant, &path, &event).await;
        assert_eq!(answer.json()["status"], status, "{event}: {}", answer.text());
    }
    let all = meetings(&tenant, "").await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (&all[0]["status"], &all[0]["scheduled_at"]),
        (&json!("rescheduled"), &json!(second))
    );
    assert_eq!(
        (&all[0]["cal_event_id"], &all[0]["sequence"]),
        (&json!("bk_2"), &json!(1))
    );
    // its time is that of the booking, not of the event
    let ended = json!({"triggerEvent": "MEETING_ENDED", "createdAt": one, "uid": "bk_2", "id": 91});
    tell(&tenant, &path, &ended).await.expect(200);
    assert_eq!(meetings(&tenant, "?status=completed").await.len(), 1);
    let missed = json!({"triggerEvent": "BOOKING_NO_SHOW_UPDATED", "createdAt": "2099-01-07T10:00:00Z",
        "payload": {"bookingUid": "bk_2", "attendees": [{"email": "ana@example.com", "noShow": true}]}});
    tell(&tenant, &path, &missed).await.expect(200);
    assert_eq!(meetings(&tenant, "?status=no_show").await.len(), 1);

    // moved before it was known, cancelled before it was made
    tell(
        &tenant,
        &path,
        &booking(
            "BOOKING_RESCHEDULED",
            "bk_4",
            two,
            second,
            json!({"rescheduleUid": "bk_3"}),
        ),
    )
    .await
    .expect(200);
    tell(
        &tenant,
        &path,
        &booking("BOOKING_CREATED", "bk_3", one, first, none.clone()),
    )
    .await
    .expect(200);
    let cancelled = json!({"cancellationReason": "Ill"});
    tell(
        &tenant,
        &path,
        &booking("BOOKING_CANCELLED", "bk_5", two, first, cancelled),
    )
    .await
    .expect(200);
    tell(
        &tenant,
        &path,
        &booking("BOOKING_CREATED", "bk_5", one, first, none),
    )
    .await
    .expect(200);
    let all = meetings(&tenant, "").await;
    let states: Vec<_> = all
        .iter()
        .map(|one| (one["cal_event_id"].clone(), one["status"].clone()))
        .collect();
    assert_eq!(all.len(), 3, "{states:?}");
    assert!(
        states.contains(&(json!("bk_4"), json!("scheduled"))),
        "{states:?}"
    );
    assert!(
        states.contains(&(json!("bk_5"), json!("cancelled"))),
        "{states:?}"
    );
    assert_eq!(
        meetings(&tenant, "?status=cancelled").await[0]["cancel_reason"],
        "Ill"
    );
}

#[tokio::test]
async fn what_is_not_signed_with_the_secret_is_not_believed() {
    require_runtime!();
    let server = server_with_address().start().await;
    let (tenant, path) = shop(&server).await;
    let other = quick_tenant(&server).await;
    let event = booking(
        "BOOKING_CREATED",
        "bk_1",
        "2026-01-05T10:00:00Z",
        "2026-01-06T15:00:00Z",
        json!({}),
    );
    let body = event.to_string();
    let call = |path: &str| tenant.api.without_credential().post(path);
    let wrong = signature("another body");
    for given in [None, Some("no-secret-provided"), Some(""), Some(wrong.as_str())] {
        let call = call(&path);
        let call = given.map_or(call.header("x-nothing", "1"), |given| {
            call_with(tenant.api.without_credential().post(&path), given)
        });
        let answer = call.body("application/json", body.clone()).send().await;
        assert_eq!(answer.status, 401, "{given:?}");
    }
    // a door without a secret stays closed, one that was never made is not there
    let settings = other.api.get("/api/v1/meetings/settings").expect(200).await;
    let url = settings["webhook_url"].as_str().expect("an address");
    let closed = url.find("/hooks/").and_then(|at| url.get(at..)).expect("a path");
    assert_eq!(tell(&other, closed, &event).await.status, 401);
    assert_eq!(tell(&tenant, &format!("{path}x"), &event).await.status, 404);
    assert_eq!(tell(&tenant, "/hooks/calcom/x.y", &event).await.status, 404);
    let call = call_with(tenant.api.without_credential().post(&path), &signature("no JSON"));
    assert_eq!(
        call.body("application/json", "no JSON".to_owned())
            .send()
            .await
            .status,
        422
    );
    assert!(meetings(&tenant, "").await.is_empty());
    // the secret is never shown, and can be taken away
    let settings = tenant.api.get("/api/v1/meetings/settings").expect(200).await;
    assert!(!settings.to_string().contains(SECRET));
    tenant
        .api
        .patch("/api/v1/meetings/settings")
        .json(&json!({"calcom_secret": null}))
        .expect(200)
        .await;
    assert_eq!(tell(&tenant, &path, &event).await.status, 401);
    for patch in [
        json!({"calcom_secret": "short"}),
        json!({"booking_url": "http://cal.com/x"}),
    ] {
        let refused = tenant
            .api
            .patch("/api/v1/meetings/settings")
            .json(&patch)
            .send()
            .await;
        assert_eq!(refused.status, 422, "{patch}");
    }
}

fn call_with(call: testkit::Call, signature: &str) -> testkit::Call {
    call.header("x-cal-signature-256", signature)
}

#[tokio::test]
async fn a_colleague_writes_meetings_down_and_nobody_is_booked_twice() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let robin = server.member(&tenant, "robin@shop.example", "agent").await;
    let me = robin.get("/api/v1/session").expect(200).await["user"]["id"].clone();
    let at = |hour: u32| format!("2026-03-02T{hour:02}:00:00Z");
    let body = |hour: u32| {
        json!({"title": "Visit", "scheduled_at": at(hour), "duration_minutes": 60, "assigned_to": me,
        "attendee_email": "mia@example.com"})
    };
    // the same hour from ten sides at once
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..10 {
        let call = robin.post("/api/v1/meetings").json(&body(9));
        calls.spawn(async move { call.send().await.status });
    }
    let statuses = calls.join_all().await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 201).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 409).count(),
        9,
        "{statuses:?}"
    );
    let first = meetings(&tenant, "").await.remove(0);
    let second = robin.post("/api/v1/meetings").json(&body(10)).expect(201).await;
    let path = |meeting: &Value| format!("/api/v1/meetings/{}", meeting["id"].as_str().expect("an id"));
    let clash = robin
        .patch(&path(&second))
        .json(&json!({"scheduled_at": "2026-03-02T09:30:00Z"}))
        .send()
        .await;
    assert_eq!((clash.status, &clash.json()["code"]), (409, &json!("slot_taken")));
    let cancelled = json!({"status": "cancelled", "cancel_reason": "Snow"});
    let gone = robin.patch(&path(&first)).json(&cancelled).expect(200).await;
    assert_eq!(
        (&gone["status"], &gone["cancel_reason"], &gone["sequence"]),
        (&json!("cancelled"), &json!("Snow"), &json!(1))
    );
    let moved = robin
        .patch(&path(&second))
        .json(&json!({"scheduled_at": "2026-03-02T09:30:00Z"}))
        .expect(200)
        .await;
    assert_eq!(
        (&moved["status"], &moved["sequence"]),
        (&json!("rescheduled"), &json!(1))
    );
    // the first cannot come back: its time is taken by now
    let back = robin
        .patch(&path(&first))
        .json(&json!({"status": "scheduled"}))
        .send()
        .await;
    assert_eq!(back.status, 409, "{}", back.text());
    for (body, status) in [
        (json!({"title": "", "scheduled_at": at(9)}), 422),
        (
            json!({"title": "x", "scheduled_at": at(9), "duration_minutes": 4}),
            422,
        ),
        (
            json!({"title": "x", "scheduled_at": at(9), "attendee_email": "mia"}),
            422,
        ),
        (
            json!({"title": "x", "scheduled_at": at(9), "assigned_to": Uuid::now_v7()}),
            422,
        ),
        (
            json!({"title": "x", "scheduled_at": at(9), "conversation_id": Uuid::now_v7()}),
            422,
        ),
    ] {
        let refused = robin.post("/api/v1/meetings").json(&body).send().await;
        assert_eq!(refused.status, status, "{body}: {}", refused.text());
    }
    let viewer = server.member(&tenant, "vera@shop.example", "viewer").await;
    viewer.get(&path(&first)).expect(200).await;
    assert_eq!(
        viewer.patch(&path(&first)).json(&cancelled).send().await.status,
        403
    );
}

#[tokio::test]
async fn what_was_booked_with_calcom_is_moved_there() {
    require_runtime!();
    let server = server_with_address().start().await;
    let (tenant, path) = shop(&server).await;
    let event = booking(
        "BOOKING_CREATED",
        "bk_1",
        "2026-01-05T10:00:00Z",
        "2026-01-06T15:00:00Z",
        json!({}),
    );
    tell(&tenant, &path, &event).await.expect(200);
    let id = meetings(&tenant, "").await[0]["id"].clone();
    let path = format!("/api/v1/meetings/{}", id.as_str().expect("an id"));
    for patch in [
        json!({"status": "cancelled"}),
        json!({"scheduled_at": "2026-01-09T15:00:00Z"}),
    ] {
        let refused = tenant.api.patch(&path).json(&patch).send().await;
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (409, &json!("booked_elsewhere")),
            "{patch}"
        );
    }
    let done = tenant
        .api
        .patch(&path)
        .json(&json!({"status": "completed"}))
        .expect(200)
        .await;
    assert_eq!(done["status"], "completed");
}
