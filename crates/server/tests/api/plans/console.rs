//! Operators say what plans have and who is on which; nobody in a workspace can.

use serde_json::json;
use testkit::{Api, Server, Tenant, require_runtime};

use super::used;
use crate::support::server;

/// Somebody who runs the installation, signed in.
async fn operator(server: &Server, tenant: &Tenant) -> Api {
    let email = "ines@provider.example";
    let api = server.member(tenant, email, "owner").await;
    server.rapport(&["operator", "add", email]).await;
    sqlx::query(
        "update platform.users set totp_secret = 'sealed', totp_confirmed_at = now() where email = $1",
    )
    .bind(email)
    .execute(&mut server.owner().await)
    .await
    .expect("a second factor");
    api
}

#[tokio::test]
async fn operators_change_plans_and_give_exceptions_and_it_is_written_down() {
    require_runtime!();
    let server = server().start().await;
    let (own, tenant) = (server.tenant("Provider").await, server.tenant("Shop").await);
    let ines = operator(&server, &own).await;
    let owner = server.member(&tenant, "owner@shop.example", "owner").await;

    let limits = json!({"limits": [{"resource": "channels", "most": 3, "grace_percent": 0}]});
    let terms = ines
        .patch("/api/v1/instance/plans/pro")
        .json(&limits)
        .expect(200)
        .await;
    let pro = &terms["plans"][1];
    assert_eq!(
        (&pro["plan"], pro["limits"].as_array().map(Vec::len)),
        (&json!("pro"), Some(5))
    );
    assert_eq!(pro["limits"][2], limits["limits"][0]);
    assert_eq!(ines.get("/api/v1/instance/plans").expect(200).await, terms);
    assert_eq!(
        used(&tenant, "channels").await["most"],
        json!(null),
        "they are on another plan"
    );

    let path = format!("/api/v1/instance/tenants/{}/plan", tenant.id);
    let patch =
        json!({"plan": "pro", "ends_trial": true, "exceptions": [{"resource": "messages", "most": 7}]});
    let plan = ines.patch(&path).json(&patch).expect(200).await;
    assert_eq!(
        (&plan["plan"], &plan["status"]),
        (&json!("pro"), &json!("active"))
    );
    assert_eq!(plan["exceptions"], patch["exceptions"]);
    assert_eq!(ines.get(&path).expect(200).await, plan);
    assert_eq!(used(&tenant, "channels").await["most"], 3);
    let messages = used(&tenant, "messages").await;
    assert_eq!((&messages["most"], &messages["stops_at"]), (&json!(7), &json!(8)));
    let log = owner.get("/api/v1/audit-log?limit=1").expect(200).await;
    let entry = &log["items"][0];
    assert_eq!(
        (&entry["action"], &entry["actor"]),
        (&json!("plan_changed"), &json!("operator"))
    );
    assert_eq!(entry["details"]["plan"], json!({"from": "basic", "to": "pro"}));
    let log = ines.get("/api/v1/instance/log?limit=2").expect(200).await;
    let actions: Vec<_> = log["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| entry["action"].clone())
        .collect();
    assert_eq!(actions, ["tenant_plan_changed", "plan_changed"]);

    let patch = json!({"exceptions": []});
    ines.patch(&path).json(&patch).expect(200).await;
    assert_eq!(used(&tenant, "messages").await["most"], json!(null));
    let nobody = format!("/api/v1/instance/tenants/{}/plan", uuid::Uuid::now_v7());
    ines.patch(&nobody)
        .json(&patch)
        .send()
        .await
        .problem(404, "not_found");
    owner
        .patch(&path)
        .json(&patch)
        .send()
        .await
        .problem(404, "not_found");
    owner
        .get("/api/v1/instance/plans")
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn what_is_no_limit_is_refused() {
    require_runtime!();
    let server = server().start().await;
    let own = server.tenant("Provider").await;
    let ines = operator(&server, &own).await;
    for (limit, code) in [
        (
            json!({"resource": "seats", "most": -1, "grace_percent": 0}),
            "bad_limit",
        ),
        (
            json!({"resource": "seats", "most": 2_000_000_000, "grace_percent": 0}),
            "bad_limit",
        ),
        (
            json!({"resource": "seats", "most": 1, "grace_percent": 101}),
            "bad_grace",
        ),
    ] {
        let call = ines.patch("/api/v1/instance/plans/basic");
        call.json(&json!({"limits": [limit]}))
            .send()
            .await
            .problem(422, code);
    }
    for days in [0, 366] {
        let call = ines.patch("/api/v1/instance/plans");
        call.json(&json!({"trial_days": days}))
            .send()
            .await
            .problem(422, "bad_trial_days");
    }
    let call = ines
        .patch("/api/v1/instance/plans/gold")
        .json(&json!({"limits": []}));
    assert!(matches!(call.send().await.status, 400 | 404 | 422));
}
