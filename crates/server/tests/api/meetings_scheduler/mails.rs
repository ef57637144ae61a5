//! Invitations, their changes, and reminders.

use serde_json::{Value, json};
use testkit::{Mail, MailServer, require_runtime};
use uuid::Uuid;

use super::{known_visitor, meetings, shop, text};
use crate::email::{look, server_with};

/// A line of the invitation, unfolded.
fn line(mail: &Mail, name: &str) -> String {
    let text = mail.text().replace("\n ", "");
    let mut lines = text.lines();
    let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    found.unwrap_or_else(|| panic!("no {name} in {text}")).to_owned()
}

fn id(value: &Value) -> Uuid {
    let id = value["id"].as_str().and_then(|id| id.parse().ok());
    id.unwrap_or_else(|| panic!("no id: {value}"))
}

#[tokio::test]
async fn both_sides_get_an_invitation_its_change_and_its_end() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let tenant = shop(&server).await;
    let members = tenant.api.get("/api/v1/members").expect(200).await;
    let mut members = members["items"].as_array().expect("a list").iter();
    let owner = members
        .find(|member| member["role"] == "owner")
        .expect("an owner");
    let owner_email = owner["email"].as_str().expect("an address").to_owned();
    let visitor = known_visitor(&tenant, "mia@example.com").await;
    visitor
        .api
        .post(&visitor.path("contact"))
        .json(&json!({"email": "mia@example.com", "name": "BUY http://evil.example"}))
        .send()
        .await;
    visitor.say("Can I book a call?").await;
    visitor.say("1").await;
    let meeting = meetings(&tenant, "").await.remove(0);

    let invited = mail.wait_for("mia@example.com", 1).await.remove(0);
    assert!(
        invited.raw.contains("text/calendar") && invited.raw.contains("method=REQUEST"),
        "{}",
        invited.raw
    );
    assert!(!invited.raw.contains("evil.example"), "{}", invited.raw);
    assert_eq!(line(&invited, "METHOD"), "REQUEST");
    assert_eq!(
        line(&invited, "UID"),
        meeting["ical_uid"].as_str().expect("a uid")
    );
    assert_eq!(line(&invited, "SEQUENCE"), "0");
    let start = meeting["scheduled_at"].as_str().expect("a time");
    assert_eq!(line(&invited, "DTSTART"), start.replace(['-', ':'], ""));
    let told = mail.wait_for(&owner_email, 1).await.remove(0);
    assert_eq!(line(&told, "UID"), line(&invited, "UID"));
    assert!(
        told.text().contains("Visitor: ") && told.text().contains("mia@example.com"),
        "{}",
        told.text()
    );

    visitor.say("Move my meeting").await;
    visitor.say("3").await;
    let moved = mail.wait_for("mia@example.com", 2).await.remove(1);
    assert_eq!(
        (line(&moved, "METHOD"), line(&moved, "SEQUENCE")),
        ("REQUEST".to_owned(), "1".to_owned())
    );
    assert_ne!(line(&moved, "DTSTART"), line(&invited, "DTSTART"));
    visitor.say("Cancel my meeting").await;
    let said = text(&visitor.say("Yes").await);
    assert!(said.contains("is cancelled"), "{said}");
    let gone = mail.wait_for("mia@example.com", 3).await.remove(2);
    assert!(gone.raw.contains("method=CANCEL"), "{}", gone.raw);
    assert_eq!(
        (
            line(&gone, "METHOD"),
            line(&gone, "SEQUENCE"),
            line(&gone, "STATUS")
        ),
        ("CANCEL".to_owned(), "2".to_owned(), "CANCELLED".to_owned())
    );
    assert_eq!(line(&gone, "UID"), line(&invited, "UID"));
    mail.wait_for(&owner_email, 3).await;
}

#[tokio::test]
async fn a_meeting_that_a_colleague_takes_over_leaves_the_others_calendar() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let tenant = shop(&server).await;
    let ana = server.member(&tenant, "ana@shop.example", "agent").await;
    let bo = server.member(&tenant, "bo@shop.example", "agent").await;
    let who = |session: Value| session["user"]["id"].clone();
    let ana_id = who(ana.get("/api/v1/session").expect(200).await);
    let bo_id = who(bo.get("/api/v1/session").expect(200).await);
    let meeting = json!({"title": "Visit", "scheduled_at": "2099-03-02T09:00:00Z", "assigned_to": ana_id});
    let meeting = ana.post("/api/v1/meetings").json(&meeting).expect(201).await;
    let told = mail.wait_for("ana@shop.example", 1).await.remove(0);
    assert_eq!(line(&told, "METHOD"), "REQUEST");
    let patch = json!({"assigned_to": bo_id});
    let path = format!("/api/v1/meetings/{}", id(&meeting));
    ana.patch(&path).json(&patch).expect(200).await;
    let told = mail.wait_for("bo@shop.example", 1).await.remove(0);
    assert_eq!(line(&told, "METHOD"), "REQUEST");
    let told = mail.wait_for("ana@shop.example", 2).await.remove(1);
    assert_eq!(line(&told, "METHOD"), "CANCEL");
    // handed back and cancelled at once: whoever has it hears of it, and whoever never had it does not
    let patch = json!({"assigned_to": ana_id, "status": "cancelled"});
    ana.patch(&path).json(&patch).expect(200).await;
    let told = mail.wait_for("bo@shop.example", 2).await.remove(1);
    assert_eq!(line(&told, "METHOD"), "CANCEL");
    assert_eq!(mail.wait_for("ana@shop.example", 2).await.len(), 2);
}

#[tokio::test]
async fn a_meeting_and_an_activity_are_reminded_of_once() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let tenant = shop(&server).await;
    let ana = server.member(&tenant, "ana@shop.example", "agent").await;
    let ana_id = ana.get("/api/v1/session").expect(200).await["user"]["id"].clone();
    let meeting = json!({"title": "Visit", "scheduled_at": "2099-03-02T09:00:00Z", "assigned_to": ana_id,
        "attendee_email": "mia@example.com"});
    let meeting = ana.post("/api/v1/meetings").json(&meeting).expect(201).await;
    mail.wait_for("mia@example.com", 1).await;
    mail.wait_for("ana@shop.example", 1).await;
    let activity = json!({"activity_type": "call", "subject": "Call the oak people", "assigned_to": ana_id,
        "remind_at": "2099-03-02T09:00:00Z"});
    let activity = ana
        .post("/api/v1/crm/activities")
        .json(&activity)
        .expect(201)
        .await;

    // as if both had come near
    let mut owner = server.owner().await;
    for (sql, id) in [
        (
            "update meetings set created_at = now() - interval '1 day', scheduled_at = now() + interval '50 minutes',
                ends_at = now() + interval '80 minutes' where id = $1",
            id(&meeting),
        ),
        (
            "update crm_activities set remind_at = now() - interval '1 minute' where id = $1",
            id(&activity),
        ),
    ] {
        let query = sqlx::query(sql).bind(id);
        query.execute(&mut owner).await.expect(sql);
    }
    look(&mut owner, &tenant).await;
    let reminded = mail.wait_for("mia@example.com", 2).await.remove(1);
    assert!(
        reminded
            .header("Subject")
            .is_some_and(|subject| subject.contains("Reminder")),
        "{}",
        reminded.raw
    );
    assert!(!reminded.raw.contains("text/calendar"));
    let told = mail.wait_for("ana@shop.example", 3).await;
    let texts: Vec<String> = told.iter().map(Mail::text).collect();
    assert!(
        texts.iter().any(|text| text.contains("Call the oak people")),
        "{texts:?}"
    );
    // another look, and another mail behind it: nothing was told twice
    look(&mut owner, &tenant).await;
    let path = format!("/api/v1/meetings/{}", id(&meeting));
    let cancelled = json!({"status": "cancelled"});
    ana.patch(&path).json(&cancelled).expect(200).await;
    let told = mail.wait_for("ana@shop.example", 4).await;
    assert_eq!((told.len(), line(&told[3], "METHOD")), (4, "CANCEL".to_owned()));
    assert_eq!(mail.wait_for("mia@example.com", 3).await.len(), 3);
    let path = format!("/api/v1/crm/activities/{}", id(&activity));
    let activity = ana.get(&path).expect(200).await;
    assert!(activity["reminded_at"].is_string(), "{activity}");
}
