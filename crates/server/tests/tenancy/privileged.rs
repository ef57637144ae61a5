//! What only owners and admins may do leaves a row in the audit log (R25). Which routes those are is found by asking
//! as an agent, so that a new one cannot be forgotten.

use serde_json::{Value, json};
use testkit::{Answer, Api, Server, require_runtime};

use crate::routes::path_to;
use crate::routes::table::{Door, Names, ROUTES, Route};
use crate::support::server;
use crate::world::{Made, World};

/// Privileged, and yet nothing to write down, each with its reason.
const CHANGES_NOTHING: &[(&str, &str, &str)] = &[
    (
        "POST",
        "/api/v1/llm-credentials/{id}/test",
        "one call to the model",
    ),
    (
        "POST",
        "/api/v1/webhook-endpoints/{id}/test",
        "one request, which is in the endpoint's own log",
    ),
    (
        "POST",
        "/api/v1/webhook-endpoints/{id}/recover",
        "says again what was said, and is in the endpoint's own log",
    ),
    (
        "POST",
        "/api/v1/webhook-deliveries/{id}/replay",
        "the same for one",
    ),
    (
        "POST",
        "/api/v1/channels/{id}/connection/check",
        "asks the vendor, and keeps what it says with the channel",
    ),
    (
        "POST",
        "/api/v1/channels/{id}/brain/test",
        "one call to the workflow",
    ),
    (
        "POST",
        "/api/v1/automation/rules/dry-run",
        "says what a rule would have done; nothing is done",
    ),
    (
        "POST",
        "/api/v1/conversations/bulk-delete",
        "a dry run, which deletes nothing; tests/api/deleting sees the row",
    ),
    (
        "POST",
        "/api/v1/automation/keyword-actions",
        "refused here, for want of a channel; tests/api/automation sees the row",
    ),
    (
        "POST",
        "/api/v1/automation/collections",
        "refused here, for want of a channel; tests/api/automation sees the row",
    ),
    (
        "POST",
        "/api/v1/channels/{id}/agents",
        "refused here, for want of a prompt; tests/api/agents sees the row",
    ),
    (
        "POST",
        "/api/v1/training-sets/preview",
        "says what a set would hold; nothing is stored",
    ),
    (
        "POST",
        "/api/v1/model-versions/tune",
        "refused here, for want of a set; tests/api/models sees the row",
    ),
    (
        "POST",
        "/api/v1/model-versions/{id}/cancel",
        "refused here, for want of training; tests/api/models sees the row",
    ),
    (
        "POST",
        "/api/v1/model-versions/{id}/deactivate",
        "refused here, because it is not active; tests/api/models sees the row",
    ),
    ("POST", "/api/v1/model-versions/{id}/refresh", "asks the provider"),
    (
        "POST",
        "/api/v1/retrieval-model/roll-back",
        "refused here, because nothing is active; tests/api/retrieval_model sees the row",
    ),
    (
        "POST",
        "/api/v1/retrieval-model/train",
        "refused here, for want of labels; tests/api/retrieval_model sees the row",
    ),
    (
        "PATCH",
        "/api/v1/channels/{id}/draft",
        "visitors get it when it is published",
    ),
    (
        "DELETE",
        "/api/v1/channels/{id}/draft",
        "visitors have never seen it",
    ),
];

#[tokio::test]
async fn every_privileged_change_is_in_the_audit_log() {
    require_runtime!();
    let server = server().start().await;
    let world = World::make(&server, "Ours", "").await;
    let owner = server.member(&world.tenant, "owner@a.example", "owner").await;
    let agent = server.member(&world.tenant, "agent@a.example", "agent").await;
    let known = documented_actions(&server).await;
    let mut audited = 0;
    for route in ROUTES.iter().filter(|route| is_write(route)) {
        let refused = call(&world, route, &agent).await;
        if refused.status != 403 || refused.json()["code"] != "permission_missing" {
            continue;
        }
        println!("{} {}", route.method, route.path);
        let before = newest(&owner).await;
        let done = call(&world, route, &owner).await;
        assert_eq!(done.status, route.success, "{route:?}: {}", done.text());
        let after = newest(&owner).await;
        if let Some((.., reason)) = exception(route) {
            assert_eq!(before["id"], after["id"], "{route:?}: {reason}");
            continue;
        }
        assert_ne!(before["id"], after["id"], "{route:?} leaves no row");
        assert_eq!(after["actor_name"], "Robin", "{route:?}: {after}");
        assert!(known.contains(&after["action"]), "{after}");
        audited += 1;
    }
    assert!(audited > 20, "only {audited} privileged routes were found");
}

fn is_write(route: &Route) -> bool {
    route.door == Door::Dashboard && route.method != "GET"
}

fn exception(route: &Route) -> Option<&'static (&'static str, &'static str, &'static str)> {
    CHANGES_NOTHING
        .iter()
        .find(|(method, path, _)| (*method, *path) == (route.method, route.path))
}

/// On a thing of its own, with a body that changes something.
async fn call(world: &World, route: &Route, caller: &Api) -> Answer {
    if route.path == "/api/v1/email-settings/escalation-address" {
        let call = route.call(caller, route.path, &world.model);
        return call.json(&json!({"address": "owner@a.example"})).send().await;
    }
    let (Names::One(thing) | Names::Within(thing)) = route.names else {
        return world.call_anew(route, caller).await;
    };
    let made = world.make_thing(thing).await;
    let call = route.call(caller, &path_to(route, &made), &world.model);
    match (route.method, route.path) {
        ("PATCH", "/api/v1/members/{user_id}") => call.json(&json!({"role": "viewer"})).send().await,
        ("POST", "/api/v1/channels/{id}/publish") => {
            let revision = draft(world, &made).await;
            call.json(&json!({"revision": revision})).send().await
        }
        _ => call.send().await,
    }
}

/// Gives a channel something to publish.
async fn draft(world: &World, channel: &Made) -> Value {
    let api = &world.tenant.api;
    let path = format!("/api/v1/channels/{}", channel.id);
    let revision = api.get(&path).expect(200).await["revision"].clone();
    let body = json!({"settings": {"primary_color": "#112233"}, "revision": revision});
    let saved = api.patch(&format!("{path}/draft")).json(&body).expect(200).await;
    saved["revision"].clone()
}

/// The newest row that somebody signed in has written; things are made with the tenant's key.
async fn newest(owner: &Api) -> Value {
    let log = owner.get("/api/v1/audit-log?limit=20").expect(200).await;
    let mut rows = log["items"].as_array().expect("a list").iter();
    let by_a_person = rows.find(|row| {
        row["actor"]
            .as_str()
            .is_some_and(|actor| actor.starts_with("user:"))
    });
    by_a_person.cloned().unwrap_or_default()
}

async fn documented_actions(server: &Server) -> Vec<Value> {
    let document = server.api.get("/openapi.json").expect(200).await;
    let actions = &document["components"]["schemas"]["AuditAction"]["enum"];
    actions.as_array().expect("a list of actions").clone()
}
