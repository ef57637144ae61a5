//! What an agent does to conversations: lists, labels, many at once, escalations.

use serde_json::{Value, json};
use testkit::{Visitor, require_runtime};
use uuid::Uuid;

use super::{Team, change, details, events, follow, id, in_three_hours, kinds, listed, path, reply};
use crate::support::server;

#[tokio::test]
async fn conversations_are_sorted_labelled_and_closed() {
    require_runtime!();
    let server = server().start().await;
    let team = Team::make(&server).await;
    what_is_done_is_written_down(&team).await;
    lists_show_what_belongs_in_them(&team).await;
    labels_replies_and_views_are_shared(&team).await;
    escalations_are_worked_on(&team).await;
    many_are_changed_at_once_and_back(&team).await;
}

async fn what_is_done_is_written_down(team: &Team) {
    let visitor = team.visitor().await;
    change(&team.robin, &visitor, json!({"ai_paused": true})).await;
    change(&team.robin, &visitor, json!({"assigned_to": team.sam_id})).await;
    let until = in_three_hours();
    let snoozed = change(&team.sam, &visitor, json!({"snoozed_until": until})).await;
    assert_eq!(snoozed["assignee_name"], "Sam");
    visitor.say("Anybody there?").await;
    assert_eq!(details(&team.sam, &visitor).await["snoozed_until"], Value::Null);
    change(
        &team.sam,
        &visitor,
        json!({"assigned_to": null, "status": "escalated"}),
    )
    .await;
    change(&team.sam, &visitor, json!({"ai_paused": false})).await;
    change(&team.sam, &visitor, json!({"status": "resolved"})).await;
    change(&team.sam, &visitor, json!({"status": "open"})).await;
    assert_eq!(
        kinds(&team.robin, &visitor).await,
        [
            "assigned",
            "taken_over",
            "assigned",
            "snoozed",
            "woken",
            "unassigned",
            "escalated",
            "given_back",
            "resolved",
            "reopened"
        ]
    );
    let events = events(&team.robin, &visitor).await;
    assert_eq!(
        events[2].1["data"],
        json!({"user_id": team.sam_id, "name": "Sam"})
    );
    assert_eq!(
        (&events[2].1["actor_name"], &events[4].1["actor_name"]),
        (&json!("Robin"), &Value::Null)
    );
    // nothing happens, nothing is written
    change(
        &team.sam,
        &visitor,
        json!({"status": "open", "assigned_to": null}),
    )
    .await;
    assert_eq!(kinds(&team.robin, &visitor).await.len(), events.len());
    for (patch, status, code) in [
        (
            json!({"snoozed_until": "2001-01-01T00:00:00Z"}),
            422,
            "bad_snooze",
        ),
        (json!({"assigned_to": Uuid::now_v7()}), 422, "not_a_member"),
        (json!({"add_label_ids": [Uuid::now_v7()]}), 422, "no_such_label"),
        (
            json!({"status": "resolved", "snoozed_until": until}),
            409,
            "conversation_resolved",
        ),
    ] {
        let answer = team.sam.patch(&path(&visitor, "")).json(&patch).send().await;
        answer.problem(status, code);
    }
}

async fn lists_show_what_belongs_in_them(team: &Team) {
    let (quiet, waiting, taken, asleep, done) = (
        team.visitor().await,
        team.waiting().await,
        team.waiting().await,
        team.waiting().await,
        team.visitor().await,
    );
    change(&team.robin, &taken, json!({"assigned_to": team.robin_id})).await;
    let until = in_three_hours();
    change(&team.robin, &asleep, json!({"snoozed_until": until})).await;
    change(&team.robin, &done, json!({"status": "resolved"})).await;
    let all = [&quiet, &waiting, &taken, &asleep, &done];
    for (query, wanted) in [
        ("view=all", &[true, true, true, true, true]),
        ("view=open", &[true, true, true, false, false]),
        ("view=needs_person", &[false, true, true, false, false]),
        ("view=unassigned", &[false, true, false, false, false]),
        ("view=mine", &[false, false, true, false, false]),
        ("view=snoozed", &[false, false, false, true, false]),
        ("view=resolved", &[false, false, false, false, true]),
        ("assigned_to=none", &[true, true, false, true, true]),
        (
            &format!("assigned_to={}", team.robin_id),
            &[false, false, true, false, false],
        ),
        ("view=open&unread=true", &[true, true, true, false, false]),
        ("language=xx", &[false; 5]),
        ("breached=true", &[false; 5]),
    ] {
        let found = listed(&team.robin, query).await;
        let there = all.map(|visitor| found.contains(&visitor.conversation_id));
        assert_eq!(&there, wanted, "{query}");
    }
    let counts = team.robin.get("/api/v1/inbox/counts").expect(200).await;
    for (name, query) in [
        ("needs_person", "view=needs_person"),
        ("mine", "view=mine"),
        ("unassigned", "view=unassigned"),
        ("snoozed", "view=snoozed"),
        ("unread", "view=open&unread=true"),
    ] {
        assert_eq!(counts[name], listed(&team.robin, query).await.len(), "{name}");
    }
    let by_wait = listed(&team.robin, "view=needs_person&sort=waiting").await;
    let newest = listed(&team.robin, "view=all").await;
    let mut oldest = listed(&team.robin, "view=all&sort=oldest").await;
    oldest.reverse();
    assert_eq!(newest, oldest);
    let place = |visitor: &Visitor| by_wait.iter().position(|id| *id == visitor.conversation_id);
    assert!(place(&waiting) < place(&taken), "who waits longest comes first");
    pages_follow_each_other(team, "view=all&sort=waiting").await;
    change(&team.robin, &asleep, json!({"snoozed_until": null})).await;

    team.robin.post(&path(&quiet, "/read")).expect(204).await;
    assert_eq!(details(&team.robin, &quiet).await["unread_count"], 0);
    team.robin.post(&path(&quiet, "/unread")).expect(204).await;
    assert_eq!(details(&team.robin, &quiet).await["unread_count"], 1);
}

async fn pages_follow_each_other(team: &Team, query: &str) {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/conversations?limit=2&{query}{cursor}");
        let page = team.robin.get(&path).expect(200).await;
        let items = page["items"].as_array().expect("a list");
        seen.extend(items.iter().map(|item| id(&item["id"])));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, listed(&team.robin, query).await);
}

async fn labels_replies_and_views_are_shared(team: &Team) {
    let visitor = team.visitor().await;
    let mut live = follow(&team.robin).await;
    let mut labels = Vec::new();
    for (name, color) in [("Return", "amber"), ("Urgent", "red")] {
        let body = json!({"name": name, "color": color});
        labels.push(id(&team
            .owner
            .post("/api/v1/labels")
            .json(&body)
            .expect(201)
            .await["id"]));
    }
    live.find(|event| event.name == "workspace" && event.json()["what"] == "labels")
        .await;
    let taken = json!({"name": "urgent", "color": "gray"});
    let answer = team.owner.post("/api/v1/labels").json(&taken).send().await;
    answer.problem(409, "label_taken");
    let labelled = change(&team.robin, &visitor, json!({"add_label_ids": labels})).await;
    assert_eq!(
        (&labelled["labels"][0]["name"], &labelled["labels"][1]["color"]),
        (&json!("Return"), &json!("red"))
    );
    let other = team.visitor().await;
    change(&team.robin, &other, json!({"add_label_ids": [labels[0]]})).await;
    let both = format!("label={}&label={}", labels[0], labels[1]);
    assert_eq!(listed(&team.robin, &both).await, [visitor.conversation_id]);
    change(&team.robin, &visitor, json!({"remove_label_ids": [labels[0]]})).await;
    assert_eq!(
        kinds(&team.robin, &visitor).await,
        ["label_added", "label_added", "label_removed"]
    );
    let path = format!("/api/v1/labels/{}", labels[1]);
    team.owner.delete(&path).expect(204).await;
    assert_eq!(details(&team.robin, &visitor).await["labels"], json!([]));

    let log = team.owner.get("/api/v1/audit-log").expect(200).await.to_string();
    assert!(
        log.contains("label_created") && log.contains("label_deleted"),
        "{log}"
    );

    let body = json!({"shortcut": "hours", "title": "Hours", "text": "Hello {{contact.first_name}}", "language": "EN"});
    let saved = team
        .robin
        .post("/api/v1/saved-replies")
        .json(&body)
        .expect(201)
        .await;
    assert_eq!(saved["language"], "en");
    let again = team.robin.post("/api/v1/saved-replies").json(&body).send().await;
    again.problem(409, "shortcut_taken");
    let path = format!("/api/v1/saved-replies/{}", id(&saved["id"]));
    let patched = team
        .sam
        .patch(&path)
        .json(&json!({"language": null}))
        .expect(200)
        .await;
    assert_eq!(
        (&patched["language"], &patched["title"]),
        (&Value::Null, &json!("Hours"))
    );
    assert_eq!(
        team.sam.get("/api/v1/saved-replies").expect(200).await["items"],
        json!([patched])
    );
    team.sam.delete(&path).expect(204).await;

    let own = json!({"name": "My returns", "query": "view=open"});
    let own = team
        .robin
        .post("/api/v1/inbox-views")
        .json(&own)
        .expect(201)
        .await;
    assert_eq!(
        team.sam.get("/api/v1/inbox-views").expect(200).await["items"],
        json!([])
    );
    let path = format!("/api/v1/inbox-views/{}", id(&own["id"]));
    team.sam.delete(&path).send().await.problem(404, "not_found");
    team.robin
        .patch(&path)
        .json(&json!({"is_shared": true}))
        .expect(200)
        .await;
    let seen = team.sam.get("/api/v1/inbox-views").expect(200).await;
    assert_eq!(seen["items"][0]["is_mine"], false);
    team.sam.delete(&path).send().await.problem(403, "not_your_view");
    team.owner.delete(&path).expect(204).await;
}

async fn escalations_are_worked_on(team: &Team) {
    let visitor = team.visitor().await;
    let escalations = path(&visitor, "/escalations");
    let body = json!({"summary": "Wants a refund.", "assigned_to": team.sam_id});
    let made = team.robin.post(&escalations).json(&body).expect(201).await;
    assert_eq!(
        (&made["reason"], &made["status"], &made["assignee_name"]),
        (&json!("agent"), &json!("pending"), &json!("Sam"))
    );
    let again = team.robin.post(&escalations).json(&json!({})).send().await;
    again.problem(409, "already_escalated");
    let now = details(&team.robin, &visitor).await;
    assert_eq!(
        (&now["status"], &now["assigned_to"], &now["escalation"]["summary"]),
        (
            &json!("escalated"),
            &json!(team.sam_id),
            &json!("Wants a refund.")
        )
    );
    let one = format!("/api/v1/escalations/{}", id(&made["id"]));
    let patch =
        json!({"status": "in_progress", "summary": "Wants a refund for two.", "assigned_to": team.robin_id});
    let patched = team.sam.patch(&one).json(&patch).expect(200).await;
    assert_eq!(patched["assignee_name"], "Robin");
    let closed = team
        .sam
        .patch(&one)
        .json(&json!({"status": "resolved"}))
        .expect(200)
        .await;
    assert!(closed["resolved_at"].is_string());
    let now = details(&team.robin, &visitor).await;
    assert_eq!(
        (&now["status"], &now["ai_paused"], &now["escalation"]),
        (&json!("open"), &json!(true), &Value::Null)
    );
    let list = team.robin.get(&escalations).expect(200).await;
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1));

    // whoever has the conversation has its escalation
    let visitor = team.waiting().await;
    let stands = async || {
        let escalation = details(&team.robin, &visitor).await["escalation"].clone();
        (escalation["status"].clone(), escalation["assigned_to"].clone())
    };
    assert_eq!(stands().await, (json!("pending"), Value::Null));
    change(&team.robin, &visitor, json!({"assigned_to": team.sam_id})).await;
    assert_eq!(stands().await, (json!("pending"), json!(team.sam_id)));
    change(&team.robin, &visitor, json!({"assigned_to": null})).await;
    assert_eq!(stands().await, (json!("pending"), Value::Null));
    reply(&team.robin, &visitor, json!({})).await.expect(201);
    assert_eq!(stands().await, (json!("in_progress"), json!(team.robin_id)));
    // also one that was closed meanwhile and goes on
    change(&team.robin, &visitor, json!({"status": "resolved"})).await;
    change(&team.robin, &visitor, json!({"assigned_to": team.sam_id})).await;
    change(&team.robin, &visitor, json!({"status": "escalated"})).await;
    assert_eq!(stands().await, (json!("in_progress"), json!(team.sam_id)));
}

async fn many_are_changed_at_once_and_back(team: &Team) {
    let label = json!({"name": "Bulk", "color": "blue"});
    let label = id(&team.owner.post("/api/v1/labels").json(&label).expect(201).await["id"]);
    let (plain, escalated, snoozed) = (team.visitor().await, team.waiting().await, team.visitor().await);
    change(
        &team.robin,
        &escalated,
        json!({"assigned_to": team.sam_id, "add_label_ids": [label]}),
    )
    .await;
    let until = in_three_hours();
    change(
        &team.robin,
        &snoozed,
        json!({"snoozed_until": until, "ai_paused": true}),
    )
    .await;
    let all = [&plain, &escalated, &snoozed];
    let mut before = Vec::new();
    for visitor in all {
        before.push(looks_like(&details(&team.robin, visitor).await));
    }
    let nobody = Uuid::now_v7();
    let mut changes: Vec<Value> = all
        .iter()
        .map(|visitor| {
            json!({"id": visitor.conversation_id, "status": "resolved", "assigned_to": team.robin_id,
                "add_label_ids": [label]})
        })
        .collect();
    changes.insert(1, json!({"id": nobody, "status": "resolved"}));
    let done = bulk(team, json!(changes)).await;
    assert_eq!(
        (&done[1]["before"], &done[1]["error"]["code"]),
        (&Value::Null, &json!("not_found"))
    );
    assert_eq!(
        done[2]["before"].get("add_label_ids"),
        None,
        "it had the label before"
    );
    for visitor in all {
        let now = details(&team.robin, visitor).await;
        assert_eq!(
            (&now["status"], &now["assigned_to"], &now["labels"][0]["name"]),
            (&json!("resolved"), &json!(team.robin_id), &json!("Bulk"))
        );
    }
    let back = done.iter().filter(|item| item["before"].is_object()).map(|item| {
        let mut change = item["before"].clone();
        change["id"] = item["id"].clone();
        change
    });
    let undone = bulk(team, json!(back.collect::<Vec<_>>())).await;
    assert!(undone.iter().all(|item| item["error"].is_null()), "{undone:?}");
    for (visitor, before) in all.iter().zip(before) {
        assert_eq!(looks_like(&details(&team.robin, visitor).await), before);
    }
    let twice = json!({"changes": [{"id": nobody}, {"id": nobody}]});
    let answer = team
        .robin
        .post("/api/v1/conversations/bulk")
        .json(&twice)
        .send()
        .await;
    answer.problem(422, "repeated_conversation");
    for visitor in all {
        change(&team.robin, visitor, json!({"status": "resolved"})).await;
    }
}

fn looks_like(details: &Value) -> Value {
    json!({
        "status": details["status"], "ai_paused": details["ai_paused"], "assigned_to": details["assigned_to"],
        "snoozed_until": details["snoozed_until"], "labels": details["labels"], "needs_person": details["needs_person"],
        "escalation": details["escalation"]["id"],
    })
}

async fn bulk(team: &Team, changes: Value) -> Vec<Value> {
    let body = json!({"changes": changes});
    let done = team
        .robin
        .post("/api/v1/conversations/bulk")
        .json(&body)
        .expect(200)
        .await;
    done["items"].as_array().expect("a list").clone()
}
