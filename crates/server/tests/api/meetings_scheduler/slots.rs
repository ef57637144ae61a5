//! Which times are free.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use serde_json::{Value, json};
use testkit::require_runtime;
use uuid::Uuid;

use super::{set, shop, slots};
use crate::quick_tenant;
use crate::support::server;

fn time(slot: &Value, field: &str) -> DateTime<Utc> {
    let text = slot[field].as_str().expect("a time");
    text.parse().expect("a time")
}

fn starts(slots: &[Value]) -> BTreeSet<DateTime<Utc>> {
    slots.iter().map(|slot| time(slot, "starts_at")).collect()
}

#[tokio::test]
async fn free_times_lie_in_the_hours_and_keep_away_from_meetings() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    set(&tenant, &json!({"notice_minutes": 1440, "horizon_days": 5})).await;
    let before = server_time(&tenant.api.get("/api/v1/meetings/slots").send().await);
    let all = slots(&tenant, "").await;
    assert!(!all.is_empty());
    for slot in &all {
        let (begin, end) = (time(slot, "starts_at"), time(slot, "ends_at"));
        assert_eq!(end - begin, TimeDelta::minutes(30));
        assert!(begin >= before + TimeDelta::days(1) && begin < before + TimeDelta::days(6));
        // 9 to 17 in Paris is 8 to 16 in winter, 7 to 15 in summer
        assert!((7..16).contains(&begin.hour()), "{begin}");
    }
    assert_eq!(starts(&all).len(), all.len());

    // the owner's meeting takes its time, and the buffer around it
    let owner = all[0]["members"][0].clone();
    let taken = time(&all[3], "starts_at");
    let meeting = json!({"title": "Visit", "scheduled_at": taken, "assigned_to": owner});
    let made = tenant
        .api
        .post("/api/v1/meetings")
        .json(&meeting)
        .expect(201)
        .await;
    let after = starts(&slots(&tenant, "").await);
    let gone: Vec<_> = starts(&all).difference(&after).copied().collect();
    assert_eq!(gone, [taken]);
    set(&tenant, &json!({"buffer_minutes": 15})).await;
    let after = starts(&slots(&tenant, "").await);
    assert_eq!(starts(&all).difference(&after).count(), 3, "and its neighbours");
    // to move it, its own time is free
    let own = format!("?meeting_id={}", made["id"].as_str().expect("an id"));
    assert!(starts(&slots(&tenant, &own).await).contains(&taken));
    // cancelled, it takes none
    let path = format!("/api/v1/meetings/{}", made["id"].as_str().expect("an id"));
    let cancelled = json!({"status": "cancelled"});
    tenant.api.patch(&path).json(&cancelled).expect(200).await;
    assert_eq!(starts(&slots(&tenant, "").await), starts(&all));
}

/// By the server's clock, which may not be ours.
fn server_time(answer: &testkit::Answer) -> DateTime<Utc> {
    let date = answer.header("date").map(DateTime::parse_from_rfc2822);
    match date {
        Some(Ok(date)) => date.with_timezone(&Utc),
        _ => std::time::SystemTime::now().into(),
    }
}

#[tokio::test]
async fn whoever_is_chosen_is_booked_and_each_has_times_of_their_own() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let robin = server.member(&tenant, "robin@shop.example", "agent").await;
    let robin = robin.get("/api/v1/session").expect(200).await["user"]["id"].clone();
    let owner = slots(&tenant, "").await[0]["members"].clone();
    assert_ne!(owner, json!([robin]));
    let settings = set(&tenant, &json!({"members": [robin]})).await;
    assert_eq!(settings["members"], json!([robin]));
    let all = slots(&tenant, "").await;
    assert_eq!(all[0]["members"], json!([robin]));
    let both = json!([robin, owner[0]]);
    set(&tenant, &json!({"members": both})).await;
    let taken = all[0]["starts_at"].clone();
    let meeting = json!({"title": "Visit", "scheduled_at": taken, "assigned_to": robin});
    tenant
        .api
        .post("/api/v1/meetings")
        .json(&meeting)
        .expect(201)
        .await;
    let first = slots(&tenant, "").await.remove(0);
    assert_eq!((&first["starts_at"], &first["members"]), (&taken, &owner));
    let query = format!("?assigned_to={}", robin.as_str().expect("an id"));
    assert_ne!(slots(&tenant, &query).await[0]["starts_at"], taken);
    // who leaves is not booked any more
    let path = format!("/api/v1/members/{}", robin.as_str().expect("an id"));
    tenant.api.delete(&path).expect(204).await;
    let settings = set(&tenant, &json!({})).await;
    assert_eq!(settings["members"], owner);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    server.user(&tenant, "olga@shop.example", "owner").await;
    for scheduler in [
        json!({"duration_minutes": 4}),
        json!({"buffer_minutes": -1}),
        json!({"notice_minutes": 50_000}),
        json!({"horizon_days": 0}),
        json!({"reminder_minutes": 1}),
        json!({"time_zone": "Europe/Atlantis"}),
        json!({"hours": {"monday": [["17:00", "09:00"]]}}),
        json!({"members": [Uuid::now_v7()]}),
        json!({"meeting_url": "http://meet.example.com"}),
        json!({"consent_text": "x".repeat(501)}),
    ] {
        let patch = json!({"scheduler": scheduler});
        let call = tenant.api.patch("/api/v1/meetings/settings").json(&patch);
        assert_eq!(call.send().await.status, 422, "{scheduler}");
    }
    for query in [
        "?duration_minutes=1",
        "?from=2026-01-01T00:00:00Z&to=2099-01-01T00:00:00Z",
        "?from=soon",
    ] {
        let path = format!("/api/v1/meetings/slots{query}");
        assert_eq!(tenant.api.get(&path).send().await.status, 422, "{query}");
    }
    // without hours of its own or the workspace's: office hours
    let free = slots(&tenant, "").await;
    assert!(!free.is_empty());
}
