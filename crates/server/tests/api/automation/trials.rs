//! A dry run says of what has happened what the rule has done, or would have done.

use serde_json::{Value, json};
use testkit::{Tenant, require_runtime};
use uuid::Uuid;

use super::rules::{drop_rule, firings, make_rule};
use super::{label, until};
use crate::quick_tenant;
use crate::support::server;

/// So many messages are written; more on request, to see what a large history takes.
fn messages() -> usize {
    let asked = std::env::var("RAPPORT_TEST_RULE_EVENTS").ok();
    asked.and_then(|count| count.parse().ok()).unwrap_or(300)
}

async fn try_out(tenant: &Tenant, trial: Value) -> Value {
    let call = tenant.api.post("/api/v1/automation/rules/dry-run").json(&trial);
    call.expect(200).await
}

#[tokio::test]
async fn a_dry_run_says_what_firing_does() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.configure(&json!({"is_bot_active": false})).await;
    let big = label(&tenant, "Big").await;
    let rule = |conditions: Value| {
        json!({"name": "Big orders", "event": "message.created", "conditions": conditions,
            "actions": [{"type": "label", "label_id": big}]})
    };
    let wanted = rule(
        json!({"all": [{"field": "text", "op": "matches", "value": "order of [5-9]\\d"}],
        "any": [{"field": "seq", "op": "at_most", "value": 20}, {"field": "text", "op": "contains", "value": "Äpfel"}]}),
    );
    let id = make_rule(&tenant, wanted.clone()).await;
    let expected = write(&server, &tenant).await;
    let look = || try_out(&tenant, json!({"rule": rule(json!({}))}));
    let all = until(look, |all| all["events"] == messages()).await;
    assert_eq!(all["matched"], messages());
    assert_eq!(all["sample"].as_array().map(Vec::len), Some(50));
    let fired = count_fired(&tenant, id, expected).await;
    assert_eq!(fired, expected);

    // the same rule over the same history, as itself and as a new one
    for trial in [json!({"rule": wanted, "rule_id": id}), json!({"rule": wanted})] {
        let tried = try_out(&tenant, trial).await;
        assert_eq!(
            (&tried["events"], &tried["matched"]),
            (&json!(messages()), &json!(expected))
        );
        let first = &tried["sample"][0];
        assert_eq!(first["would_do"], json!([{"type": "label", "label_id": big}]));
        assert!(
            first["event"]["facts"]["text"]
                .as_str()
                .is_some_and(|text| text.contains("order of"))
        );
    }
    // less of it
    let tried = try_out(&tenant, json!({"rule": wanted, "limit": 10})).await;
    assert_eq!(tried["events"], 10);
    let tried = try_out(&tenant, json!({"rule": wanted, "since": "2999-01-01T00:00:00Z"})).await;
    assert_eq!(tried["events"], 0);
    // one in front keeps the events to itself
    let path = format!("/api/v1/automation/rules/{id}");
    tenant
        .api
        .patch(&path)
        .json(&json!({"stop_after": true}))
        .expect(200)
        .await;
    let tried = try_out(&tenant, json!({"rule": rule(json!({}))})).await;
    assert_eq!(tried["matched"], messages() - expected);
    // nothing of all that was done
    assert_eq!(count_fired(&tenant, id, expected).await, expected);
    drop_rule(&tenant, id).await;
}

async fn count_fired(tenant: &Tenant, rule: Uuid, expected: usize) -> usize {
    if expected <= 200 {
        return firings(tenant, rule, expected).await.len();
    }
    let path = format!("/api/v1/automation/rules/{rule}");
    let shown = || tenant.api.get(&path).expect(200);
    let shown = until(shown, |rule| rule["fired_count"] == expected).await;
    usize::try_from(shown["fired_count"].as_i64().expect("a count")).expect("a count")
}

/// Messages of several visitors, straight into the database; gives how many of them the rule is meant for.
async fn write(server: &testkit::Server, tenant: &Tenant) -> usize {
    use sqlx::Connection as _;
    let per_visitor = 30;
    let mut owner = sqlx::PgConnection::connect_with(&server.owner_options().await)
        .await
        .expect("a connection");
    let mut expected = 0;
    for begin in (0..messages()).step_by(per_visitor) {
        let visitor = tenant.visitor().await;
        visitor.say("Hello").await;
        let mut rows = Vec::new();
        // one of them is the visitor's own
        for number in begin + 1..(begin + per_visitor).min(messages()) {
            let seq = number - begin + 1;
            let (amount, fruit) = (number % 100, ["pears", "ÄPFEL", "plums"][number % 3]);
            if amount >= 50 && (seq <= 20 || number % 3 == 1) {
                expected += 1;
            }
            rows.push(format!(
                "('{}', '{}', '{}', 0, 'user', 'An order of {amount:02} {fruit}')",
                tenant.id,
                Uuid::now_v7(),
                visitor.conversation_id
            ));
        }
        let insert = format!(
            "set app.current_tenant_id = '{}';
            insert into messages (tenant_id, id, conversation_id, seq, sender_type, text_content) values {}",
            tenant.id,
            rows.join(", ")
        );
        let insert = sqlx::raw_sql(sqlx::AssertSqlSafe(insert));
        insert.execute(&mut owner).await.expect("messages");
    }
    expected
}
