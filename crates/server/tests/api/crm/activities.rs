//! What is to be done with clients, what was done, and what colleagues write down.

use serde_json::json;
use testkit::{Method, require_runtime};

use super::{client, id, open};
use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn an_activity_is_planned_found_and_completed() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let ana = id(&client(&tenant, json!({"name": "Ana"})).await);
    let plan = |subject: &str, due: Option<&str>| json!({"client_id": ana, "activity_type": "call", "subject": subject, "due_date": due});
    for (subject, due) in [
        ("Late", Some("2020-01-01T00:00:00Z")),
        ("Some day", None),
        ("Far", Some("2090-01-01T00:00:00Z")),
    ] {
        tenant
            .api
            .post("/api/v1/crm/activities")
            .json(&plan(subject, due))
            .expect(201)
            .await;
    }
    let subjects = async |query: &str| -> Vec<String> {
        let path = format!("/api/v1/crm/activities?{query}");
        let page = tenant.api.get(&path).expect(200).await;
        let items = page["items"].as_array().expect("a list").iter();
        items
            .map(|item| item["subject"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(subjects("").await, ["Late", "Far", "Some day"]);
    assert_eq!(subjects("sort=-due_date").await, ["Far", "Late", "Some day"]);
    assert_eq!(subjects("sort=created_at&limit=1").await, ["Late"]);
    assert_eq!(subjects("due=overdue").await, ["Late"]);
    assert_eq!(
        subjects("due=none&status=pending&assigned_to=none").await,
        ["Some day"]
    );
    let page = tenant.api.get("/api/v1/crm/activities?limit=2").expect(200).await;
    let late = &page["items"][0];
    assert_eq!(
        (&late["is_overdue"], &late["client_name"]),
        (&json!(true), &json!("Ana"))
    );
    let rest = format!("limit=2&cursor={}", page["next_cursor"].as_str().expect("more"));
    assert_eq!(subjects(&rest).await, ["Some day"]);

    assert_eq!(open(&tenant, &ana).await["last_contact_date"], json!(null));
    let path = format!("/api/v1/crm/activities/{}", id(late));
    let done = tenant
        .api
        .patch(&path)
        .json(&json!({"status": "completed"}))
        .expect(200)
        .await;
    assert_eq!(
        (done["completed_at"].is_string(), &done["is_overdue"]),
        (true, &json!(false))
    );
    assert!(
        open(&tenant, &ana).await["last_contact_date"].is_string(),
        "somebody has called"
    );
    let open_again = tenant
        .api
        .patch(&path)
        .json(&json!({"status": "pending"}))
        .expect(200)
        .await;
    assert_eq!(open_again["completed_at"], json!(null));
    let nobody = json!({"client_id": id(late), "activity_type": "call", "subject": "Whom?"});
    let refused = tenant
        .api
        .post("/api/v1/crm/activities")
        .json(&nobody)
        .send()
        .await;
    refused.problem(422, "no_such_client");
    tenant.api.call(Method::DELETE, &path).expect(204).await;
    tenant.api.get(&path).send().await.problem(404, "not_found");
}

#[tokio::test]
async fn notes_stand_pinned_first_and_say_who_wrote_them() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let agent = server.member(&tenant, "robin@shop.example", "agent").await;
    let viewer = server.member(&tenant, "vera@shop.example", "viewer").await;
    let ana = id(&client(&tenant, json!({"name": "Ana"})).await);
    let first = json!({"client_id": ana, "content": "First", "tags": ["x"]});
    let note = agent.post("/api/v1/crm/notes").json(&first).expect(201).await;
    assert_eq!(note["author_name"], "Robin");
    agent
        .post("/api/v1/crm/notes")
        .json(&json!({"client_id": ana, "content": "Second"}))
        .expect(201)
        .await;
    let path = format!("/api/v1/crm/notes/{}", id(&note));
    agent
        .patch(&path)
        .json(&json!({"is_pinned": true, "title": "Look"}))
        .expect(200)
        .await;
    let list = viewer
        .get(&format!("/api/v1/crm/notes?client_id={ana}"))
        .expect(200)
        .await;
    assert_eq!(
        (&list["items"][0]["content"], &list["items"][1]["content"]),
        (&json!("First"), &json!("Second"))
    );
    let refused = viewer
        .patch(&path)
        .json(&json!({"is_pinned": false}))
        .send()
        .await;
    refused.problem(403, "permission_missing");
    let about_nothing = agent
        .post("/api/v1/crm/notes")
        .json(&json!({"content": "?"}))
        .send()
        .await;
    about_nothing.problem(422, "no_subject");
}

#[tokio::test]
async fn an_activity_in_a_conversation_is_its_clients() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (visitor, _, own) = super::writer(&tenant, "Hello").await;
    let other = id(&client(&tenant, json!({"name": "Ana"})).await);
    let plan = |client: Option<&str>| json!({"activity_type": "call", "subject": "Ring", "conversation_id": visitor.conversation_id, "client_id": client});
    let path = "/api/v1/crm/activities";
    let made = tenant.api.post(path).json(&plan(None)).expect(201).await;
    assert_eq!(made["client_id"], own.as_str());
    let refused = tenant.api.post(path).json(&plan(Some(&other))).send().await;
    refused.problem(422, "other_client");
    let patch = tenant.api.patch(&format!("{path}/{}", id(&made)));
    let refused = patch.json(&json!({"client_id": other})).send().await;
    refused.problem(422, "other_client");
}

#[tokio::test]
async fn a_key_for_clients_alone_does_not_read_conversations_on_a_timeline() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (_, _, ana) = super::writer(&tenant, "A word for the shop alone").await;
    let path = format!("/api/v1/crm/clients/{ana}/timeline?kind=conversation");
    for (scopes, is_shown) in [
        (json!(["crm:read"]), false),
        (json!(["crm:read", "conversations:read"]), true),
    ] {
        let key = json!({"name": "Key", "scopes": scopes});
        let key = tenant.api.post("/api/v1/api-keys").json(&key).expect(201).await;
        let key = tenant.api.with_bearer(key["key"].as_str().expect("a key"));
        let seen = key.get(&path).expect(200).await;
        assert_eq!(seen["items"].as_array().map(Vec::len), Some(1), "{seen}");
        assert_eq!(
            seen["items"][0]["detail"]["preview"].is_string(),
            is_shown,
            "{seen}"
        );
    }
}
