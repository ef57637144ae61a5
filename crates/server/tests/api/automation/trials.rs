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

#[tokio::test]
async fn a_trial_of_heavy_patterns_keeps_nobody_waiting() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.configure(&json!({"is_bot_active": false})).await;
    let visitor = tenant.visitor().await;
    visitor.say("Hello").await;
    let insert = format!(
        "insert into automation_events (tenant_id, event, subject_id, conversation_id, facts, is_pending)
        select '{}', 'message.created', gen_random_uuid(), '{}',
            jsonb_build_object('text', repeat('ab é ', 400), 'seq', number), false
        from generate_series(1, 2000) as number",
        tenant.id, visitor.conversation_id
    );
    sqlx::query(sqlx::AssertSqlSafe(insert))
        .execute(&mut server.owner().await)
        .await
        .expect("events");
    let heavy: Vec<Value> = (0..20)
        .map(|number| json!({"field": "text", "op": "matches", "value": format!("(a|b|ab|[a-z]){{1,40}}[a-z ]{{1,60}}z{number}$")}))
        .collect();
    let rule = json!({"name": "Heavy", "event": "message.created", "conditions": {"any": heavy},
        "actions": [{"type": "escalate"}]});
    let mut trials = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let call = tenant.api.post("/api/v1/automation/rules/dry-run");
        let call = call.json(&json!({"rule": rule}));
        trials.spawn(async move { call.send().await });
    }
    while !trials.is_empty() {
        tenant.api.get("/api/v1/conversations").expect(200).await;
        visitor.say("Are you there?").await;
        if let Some(tried) = trials.join_next().await {
            let tried = tried.expect("a trial").expect(200);
            let seen = tried["events"].as_u64().expect("a count");
            // what was not looked at is left for another trial
            assert!(seen > 0 && (seen >= 2000 || tried["next"].is_i64()), "{tried}");
        }
    }
}

#[tokio::test]
async fn what_happens_to_deals_is_for_those_who_read_clients() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let key = async |scopes: Value| {
        let body = json!({"name": "Key", "scopes": scopes});
        let key = tenant.api.post("/api/v1/api-keys").json(&body).expect(201).await;
        tenant.api.with_bearer(key["key"].as_str().expect("a key"))
    };
    let rule = json!({"name": "Won", "event": "deal.stage_changed", "actions": [{"type": "escalate"}]});
    let id = make_rule(&tenant, rule.clone()).await;
    let client = json!({"name": "Ana"});
    let client = tenant
        .api
        .post("/api/v1/crm/clients")
        .json(&client)
        .expect(201)
        .await;
    let deal = json!({"client_id": client["id"], "name": "Oak"});
    let deal = tenant.api.post("/api/v1/crm/deals").json(&deal).expect(201).await;
    let path = format!("/api/v1/crm/deals/{}/move", deal["id"].as_str().expect("an id"));
    let won = json!({"stage": "closed_won"});
    tenant.api.post(&path).json(&won).expect(200).await;
    firings(&tenant, id, 1).await;
    for (scopes, sees) in [
        (json!(["channels:manage", "conversations:read"]), false),
        (json!(["channels:manage", "conversations:read", "crm:read"]), true),
    ] {
        let key = key(scopes).await;
        let list = key.get("/api/v1/automation/firings").expect(200).await;
        assert_eq!(
            list["items"].as_array().map(Vec::len),
            Some(usize::from(sees)),
            "{list}"
        );
        let tried = key.post("/api/v1/automation/rules/dry-run");
        let tried = tried.json(&json!({"rule": rule})).send().await;
        match sees {
            true => assert_eq!(tried.expect(200)["matched"], 1),
            false => drop(tried.problem(403, "permission_missing")),
        }
    }
}

#[tokio::test]
async fn rules_reply_to_no_end_neither_to_another_bot_nor_in_a_persons_place() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.configure(&json!({"is_bot_active": false})).await;
    let rule = json!({"name": "Echo", "event": "message.created", "actions": [{"type": "reply", "text": "We have read it."}]});
    let id = make_rule(&tenant, rule).await;
    let visitor = tenant.visitor().await;
    for number in 1..=12 {
        visitor.say(&format!("I am a bot, line {number}")).await;
    }
    let said = firings(&tenant, id, 12).await;
    let count = |status: &str| said.iter().filter(|firing| firing["status"] == status).count();
    assert_eq!((count("done"), count("stopped")), (10, 2), "{said:#?}");
    let other = tenant.visitor().await;
    other.say("Hello").await;
    firings(&tenant, id, 13).await;
    tenant.reply(other.conversation_id, "It is me, Robin.").await;
    other.say("Thank you").await;
    let said = firings(&tenant, id, 14).await;
    assert_eq!(said[0]["status"], "stopped", "{said:#?}");
    let thread = tenant.thread(other.conversation_id).await;
    let replies = thread
        .iter()
        .filter(|line| line["text"] == "We have read it.")
        .count();
    assert_eq!(replies, 1, "{thread:#?}");
    drop_rule(&tenant, id).await;
}
