//! Operators in a workspace: by its owner's consent alone, for as long as it lasts, and never unseen.

use serde_json::{Value, json};
use testkit::{Api, Server, Tenant, require_runtime};

use super::{operator, path};
use crate::support::server;

const ACCESS: &str = "/api/v1/operator-access";

#[tokio::test]
async fn operators_come_in_by_consent_alone_and_are_seen() {
    require_runtime!();
    let server = server().start().await;
    let operator = operator(&server).await;
    let tenant = server.tenant("Shop").await;
    tenant
        .teach("Do you ship to Belgium?", "Yes, in three days.")
        .await;
    let owner = server.member(&tenant, "chief@shop.example", "owner").await;
    let admin = server.member(&tenant, "admin@shop.example", "admin").await;

    operator
        .post(&path(&tenant, "/visit"))
        .send()
        .await
        .problem(403, "no_consent");
    consent_is_an_owners(&tenant, &admin, &operator).await;

    grant(&owner, false).await;
    let begun = operator.post(&path(&tenant, "/visit")).expect(201).await;
    assert_eq!(begun["slug"], tenant.slug);
    let session = operator.get("/api/v1/session").expect(200).await;
    assert_eq!(session["tenant"]["slug"], tenant.slug);
    assert_eq!(
        (&session["is_visiting"], &session["role"]),
        (&json!(true), &json!("viewer"))
    );
    looking_is_all_there_is(&operator).await;
    what_was_looked_at_is_logged(&owner).await;
    everybody_sees_who_is_there(&admin).await;

    // sent out at once, and home again
    owner.delete(ACCESS).expect(204).await;
    operator
        .get("/api/v1/qa-pairs")
        .send()
        .await
        .problem(403, "visit_over");
    let session = operator.get("/api/v1/session").expect(200).await;
    assert_eq!(session["tenant"]["name"], "Agency");
    operator
        .post(&path(&tenant, "/visit"))
        .send()
        .await
        .problem(403, "no_consent");
    owner.delete(ACCESS).send().await.problem(404, "not_found");
}

async fn grant(owner: &Api, may_change: bool) -> Value {
    let body = json!({"hours": 2, "may_change": may_change});
    owner
        .call(testkit::Method::PUT, ACCESS)
        .json(&body)
        .expect(200)
        .await
}

async fn consent_is_an_owners(tenant: &Tenant, admin: &Api, operator: &Api) {
    let body = json!({"hours": 2});
    for (caller, code) in [(admin, "owners_only"), (&tenant.api, "owners_only")] {
        let refused = caller.call(testkit::Method::PUT, ACCESS).json(&body).send().await;
        refused.problem(403, code);
    }
    let _ = operator;
}

async fn looking_is_all_there_is(operator: &Api) {
    let pairs = operator.get("/api/v1/qa-pairs").expect(200).await;
    assert_eq!(pairs["items"][0]["question"], "Do you ship to Belgium?");
    let pair = json!({"question": "Planted?", "answer": "Yes."});
    let refused = operator.post("/api/v1/qa-pairs").json(&pair).send().await;
    refused.problem(403, "visit_reads_only");
    // what belongs to a person or opens the door for good stays closed
    operator
        .get("/api/v1/profile")
        .send()
        .await
        .problem(403, "not_a_person");
    operator
        .get("/api/v1/api-keys")
        .send()
        .await
        .problem(403, "permission_missing");
    // the console is still theirs
    operator.get(super::TENANTS).expect(200).await;
}

async fn what_was_looked_at_is_logged(owner: &Api) {
    let log = owner
        .get("/api/v1/audit-log?action=operator_read")
        .expect(200)
        .await;
    let entries = log["items"].as_array().expect("a log");
    let found = entries
        .iter()
        .find(|entry| entry["details"]["path"] == "/qa-pairs");
    let entry = found.unwrap_or_else(|| panic!("the look is not in {log}"));
    assert_eq!(entry["details"]["method"], "GET");
    assert_eq!(entry["actor_name"], "Robin", "{entry}");
    assert!(
        entry["actor"]
            .as_str()
            .is_some_and(|actor| actor.starts_with("operator:")),
        "{entry}"
    );
    let came = owner
        .get("/api/v1/audit-log?action=operator_came")
        .expect(200)
        .await;
    assert_eq!(came["items"].as_array().expect("a log").len(), 1);
    let granted = owner
        .get("/api/v1/audit-log?action=operator_access_granted")
        .expect(200)
        .await;
    assert_eq!(granted["items"][0]["details"]["hours"], 2, "{granted}");
}

async fn everybody_sees_who_is_there(member: &Api) {
    let session = member.get("/api/v1/session").expect(200).await;
    assert_eq!(
        session["operator_access"]["visitors"],
        json!(["Robin"]),
        "{session}"
    );
    assert_eq!(session["is_visiting"], false);
}

#[tokio::test]
async fn an_operator_who_may_change_things_does_so_under_their_own_name() {
    require_runtime!();
    let server = server().start().await;
    let operator = operator(&server).await;
    let tenant = server.tenant("Shop").await;
    let owner = server.member(&tenant, "chief@shop.example", "owner").await;
    grant(&owner, true).await;
    operator.post(&path(&tenant, "/visit")).expect(201).await;
    let patch = json!({"website_url": "https://shop.example"});
    operator.patch("/api/v1/workspace").json(&patch).expect(200).await;
    let log = owner
        .get("/api/v1/audit-log?action=workspace_changed")
        .expect(200)
        .await;
    assert_eq!(log["items"][0]["actor_name"], "Robin", "{log}");
    assert!(
        log["items"][0]["actor"]
            .as_str()
            .is_some_and(|actor| actor.starts_with("operator:")),
        "{log}"
    );
    let acted = owner
        .get("/api/v1/audit-log?action=operator_acted")
        .expect(200)
        .await;
    assert_eq!(acted["items"][0]["details"]["path"], "/workspace", "{acted}");
    for (method, path, body) in [
        (
            "POST",
            "/api/v1/api-keys",
            json!({"name": "Back door", "scopes": ["ask"]}),
        ),
        ("POST", "/api/v1/invitations", json!({"role": "admin"})),
        ("PUT", ACCESS, json!({"hours": 168, "may_change": true})),
    ] {
        let method = method.parse().expect("a method");
        let refused = operator.call(method, path).json(&body).send().await;
        assert_eq!(refused.status, 403, "{path}: {}", refused.text());
    }

    // the time is over by itself
    sqlx::query("update operator_access set expires_at = now() - interval '1 second' where tenant_id = $1")
        .bind(tenant.id)
        .execute(&mut server.owner().await)
        .await
        .expect("it expires");
    operator
        .get("/api/v1/workspace")
        .send()
        .await
        .problem(403, "visit_over");
    let own = operator.get("/api/v1/workspace").expect(200).await;
    assert_eq!(own["name"], "Agency");
}

#[tokio::test]
async fn whoever_is_no_operator_any_more_is_out_of_every_workspace() {
    require_runtime!();
    let server = server().start().await;
    let operator = operator(&server).await;
    let tenant = server.tenant("Shop").await;
    let owner = server.member(&tenant, "chief@shop.example", "owner").await;
    grant(&owner, false).await;
    leaving_is_going_home(&server, &operator, &tenant).await;
    operator.post(&path(&tenant, "/visit")).expect(201).await;
    server
        .rapport(&["operator", "remove", "ops@agency.example"])
        .await;
    let own = operator.get("/api/v1/workspace").expect(200).await;
    assert_eq!(own["name"], "Agency");
}

async fn leaving_is_going_home(_: &Server, operator: &Api, tenant: &Tenant) {
    operator.post(&path(tenant, "/visit")).expect(201).await;
    let visited = operator.get("/api/v1/workspace").expect(200).await;
    assert_eq!(visited["name"], "Shop");
    operator.delete("/api/v1/instance/visit").expect(204).await;
    let own = operator.get("/api/v1/workspace").expect(200).await;
    assert_eq!(own["name"], "Agency");
}
