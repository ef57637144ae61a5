//! What other programs are told of meetings, wherever they were booked.

use serde_json::json;
use testkit::{Receiver, require_runtime};

use super::{known_visitor, meetings, shop};
use crate::support::server;

#[tokio::test]
async fn other_programs_are_told_when_a_meeting_is_booked_moved_cancelled_and_over() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let receiver = Receiver::start().await;
    let hook = json!({"url": receiver.url(),
        "event_types": ["meeting.booked", "meeting.moved", "meeting.cancelled", "meeting.completed"]});
    let call = tenant.api.post("/api/v1/webhook-endpoints").json(&hook);
    call.expect(201).await;

    let visitor = known_visitor(&tenant, "mia@example.com").await;
    visitor.say("Can I book a call?").await;
    visitor.say("1").await;
    let booked = receiver.next().await;
    assert_eq!(booked.kind(), "meeting.booked");
    let data = booked.json()["data"].clone();
    let meeting = meetings(&tenant, "").await.remove(0);
    assert_eq!(
        (&data["meeting_id"], &data["source"]),
        (&meeting["id"], &json!("builtin"))
    );
    assert_eq!(data["attendee"]["email"], "mia@example.com");
    visitor.say("Move my meeting").await;
    visitor.say("2").await;
    assert_eq!(receiver.next().await.kind(), "meeting.moved");
    visitor.say("Cancel my meeting").await;
    visitor.say("Yes").await;
    assert_eq!(receiver.next().await.kind(), "meeting.cancelled");

    let visit = json!({"title": "Visit", "scheduled_at": "2099-03-02T09:00:00Z"});
    let visit = tenant.api.post("/api/v1/meetings").json(&visit).expect(201).await;
    let booked = receiver.next().await;
    assert_eq!(
        (booked.kind().as_str(), &booked.json()["data"]["source"]),
        ("meeting.booked", &json!("agent"))
    );
    let path = format!("/api/v1/meetings/{}", visit["id"].as_str().expect("an id"));
    // another title is no other time
    for (patch, told) in [
        (json!({"title": "A visit"}), None),
        (json!({"status": "completed"}), Some("meeting.completed")),
        (json!({"status": "scheduled"}), Some("meeting.booked")),
        (json!({"status": "no_show"}), None),
        (json!({"status": "cancelled"}), Some("meeting.cancelled")),
    ] {
        tenant.api.patch(&path).json(&patch).expect(200).await;
        if let Some(told) = told {
            assert_eq!(receiver.next().await.kind(), told);
        }
    }
}
