//! The audit log is searched by who, what, on what and when, and taken along as a table.

use serde_json::{Value, json};
use testkit::{Api, Tenant, require_runtime};

use crate::support::server;

#[tokio::test]
async fn an_owner_finds_who_did_what_and_takes_it_along() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let owner = server.member(&tenant, "owner@shop.example", "owner").await;
    let agent = server.member(&tenant, "agent@shop.example", "agent").await;
    let key = json!({"name": "Import", "scopes": ["ask"]});
    let key = owner.post("/api/v1/api-keys").json(&key).expect(201).await;
    let channel = json!({"name": "=HYPERLINK(\"https://evil.example\")"});
    let channel = owner.post("/api/v1/channels").json(&channel).expect(201).await;
    let path = format!("/api/v1/api-keys/{}", key["id"].as_str().expect("an id"));
    tenant.api.delete(&path).expect(204).await;

    it_is_searched(&owner, &key, &channel).await;
    it_is_read_page_by_page(&owner).await;
    it_is_taken_along(&owner, &tenant).await;
    for path in ["/api/v1/audit-log", "/api/v1/audit-log/export.csv"] {
        agent.get(path).send().await.problem(403, "permission_missing");
    }
}

async fn found(owner: &Api, query: &str) -> Vec<Value> {
    let list = owner.get(&format!("/api/v1/audit-log?{query}")).expect(200).await;
    list["items"].as_array().expect("a list").clone()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries
        .iter()
        .map(|entry| entry["action"].as_str().expect("an action"))
        .collect()
}

async fn it_is_searched(owner: &Api, key: &Value, channel: &Value) {
    let (key, channel) = (key["id"].as_str(), channel["id"].as_str());
    let subject = format!("api_key:{}", key.expect("an id"));
    let of_key = found(owner, &format!("subject={subject}")).await;
    assert_eq!(actions(&of_key), ["api_key_revoked", "api_key_created"]);
    let (revoked, created) = (&of_key[0], &of_key[1]);
    let by_owner = created["actor"].as_str().expect("an actor");
    assert!(by_owner.starts_with("user:"));
    let all_of_owner = found(owner, &format!("actor={by_owner}")).await;
    assert!(all_of_owner.iter().all(|entry| entry["actor"] == by_owner));
    assert!(actions(&all_of_owner).contains(&"channel_created"));
    assert!(!actions(&all_of_owner).contains(&"api_key_revoked"));
    let both = found(owner, &format!("actor={by_owner}&subject=api_key")).await;
    assert_eq!(actions(&both), ["api_key_created"]);
    let channels = found(owner, "subject=channel&action=channel_created").await;
    assert!(
        channels
            .iter()
            .any(|entry| entry["subject"] == format!("channel:{}", channel.expect("an id")))
    );

    let at = |entry: &Value| entry["created_at"].as_str().expect("a time").to_owned();
    let later = found(owner, &format!("subject={subject}&from={}", at(revoked))).await;
    assert_eq!(actions(&later), ["api_key_revoked"]);
    let earlier = found(owner, &format!("subject={subject}&to={}", at(revoked))).await;
    assert_eq!(actions(&earlier), ["api_key_created"]);
    assert!(found(owner, "actor=nobody").await.is_empty());
    for wrong in ["action=dancing", "from=yesterday"] {
        let answer = owner.get(&format!("/api/v1/audit-log?{wrong}")).send().await;
        answer.problem(422, "invalid_query");
    }
}

async fn it_is_read_page_by_page(owner: &Api) {
    let all = found(owner, "subject=api_key").await;
    let mut read = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/v1/audit-log?subject=api_key&limit=1{cursor}");
        let page = owner.get(&path).expect(200).await;
        read.extend(page["items"].as_array().expect("a list").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(read, all);
}

async fn it_is_taken_along(owner: &Api, tenant: &Tenant) {
    let path = "/api/v1/audit-log/export.csv?subject=channel";
    let answer = owner.get(path).send().await;
    answer.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(
        answer
            .header("content-disposition")
            .is_some_and(|name| name.contains("audit-log.csv"))
    );
    let text = answer.text();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("created_at,actor,actor_name,action,subject,subject_name,details")
    );
    // no spreadsheet runs what somebody gave as a name
    assert!(
        text.contains("\"'=HYPERLINK(\"\"https://evil.example\"\")\""),
        "{text}"
    );
    assert!(lines.all(|line| line.contains(",channel:")), "{text}");
    let noted = &found(owner, "action=audit_log_exported").await[0];
    assert_eq!(noted["actor_name"], "Robin");
    assert_eq!(noted["subject"], format!("tenant:{}", tenant.id));
    assert_eq!(noted["details"]["filter"], json!({"subject": "channel"}));
}
