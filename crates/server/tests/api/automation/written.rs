//! Rules as they are written down: what is refused, and how one is changed.

use serde_json::{Value, json};
use testkit::{Tenant, require_runtime};
use uuid::Uuid;

use super::rules::{drop_rule, make_rule};
use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn rules_are_checked_when_they_are_written() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    what_makes_no_sense_is_refused(&tenant).await;
    rules_can_be_changed(&tenant).await;
}

async fn what_makes_no_sense_is_refused(tenant: &Tenant) {
    let good = json!({"name": "Good", "event": "message.created", "actions": [{"type": "escalate"}]});
    let with = |field: &str, value: Value| {
        let mut rule = good.clone();
        rule[field] = value;
        rule
    };
    let condition = |field: &str, op: &str, value: Value| {
        with(
            "conditions",
            json!({"all": [{"field": field, "op": op, "value": value}]}),
        )
    };
    let nobody = Uuid::now_v7();
    for (rule, code) in [
        (with("name", json!(" ")), "bad_name"),
        (with("event", json!("moon.rose")), "invalid_body"),
        (with("event", json!("no_reply")), "bad_after_minutes"),
        (with("actions", json!([])), "bad_actions"),
        (with("actions", json!([{"type": "dance"}])), "invalid_body"),
        (
            with("actions", json!([{"type": "label", "label_id": nobody}])),
            "no_such_label",
        ),
        (
            with("actions", json!([{"type": "assign", "user_id": nobody}])),
            "not_a_member",
        ),
        (
            with("actions", json!([{"type": "reply", "text": " "}])),
            "bad_text",
        ),
        (
            with("actions", json!([{"type": "set_status", "status": "escalated"}])),
            "bad_status",
        ),
        (
            with("actions", json!([{"type": "snooze", "minutes": 0}])),
            "bad_snooze",
        ),
        (condition("moon", "is", json!("full")), "unknown_field"),
        (condition("to_stage", "is", json!("closed_won")), "unknown_field"),
        (condition("seq", "contains", json!("1")), "bad_operator"),
        (condition("seq", "at_least", json!("1")), "bad_value"),
        (condition("text", "contains", json!(3)), "bad_value"),
        (condition("text", "is", json!([])), "bad_value"),
        (condition("text", "matches", json!("(")), "bad_pattern"),
        (condition("ai_paused", "is", json!("yes")), "bad_value"),
        (condition("status", "is", json!("asleep")), "bad_value"),
        (condition("labels", "has", json!(nobody)), "no_such_label"),
        (condition("channel_id", "is", json!(nobody)), "no_such_channel"),
        (condition("assigned_to", "is", json!(nobody)), "not_a_member"),
    ] {
        let call = tenant.api.post("/api/v1/automation/rules").json(&rule);
        call.send().await.problem(422, code);
        let call = tenant
            .api
            .post("/api/v1/automation/rules/dry-run")
            .json(&json!({"rule": rule}));
        call.send().await.problem(422, code);
    }
}

async fn rules_can_be_changed(tenant: &Tenant) {
    let rule = make_rule(
        tenant,
        json!({"name": "One", "event": "message.created", "actions": [{"type": "escalate"}]}),
    )
    .await;
    let two = json!({"name": "Two", "event": "message.created", "actions": [{"type": "escalate"}], "is_active": false});
    let two = make_rule(tenant, two).await;
    let path = format!("/api/v1/automation/rules/{two}");
    tenant
        .api
        .patch(&path)
        .json(&json!({"name": "One"}))
        .send()
        .await
        .problem(409, "name_taken");
    let patch =
        json!({"event": "no_reply", "after_minutes": 5, "actions": [{"type": "note", "text": "Hurry."}]});
    let changed = tenant.api.patch(&path).json(&patch).expect(200).await;
    assert_eq!(
        (&changed["name"], &changed["after_minutes"]),
        (&json!("Two"), &json!(5))
    );
    let log = tenant
        .api
        .get("/api/v1/audit-log?action=rule_changed")
        .expect(200)
        .await;
    assert_eq!(
        log["items"][0]["details"]["after_minutes"],
        json!({"from": null, "to": 5})
    );
    let fields = tenant.api.get("/api/v1/automation/fields").expect(200).await;
    let events = fields["items"].as_array().expect("a list");
    assert_eq!(events.len(), 8);
    assert!(
        events
            .iter()
            .all(|event| event["fields"].as_array().is_some_and(|all| all.len() >= 12))
    );
    drop_rule(tenant, rule).await;
    drop_rule(tenant, two).await;
}
