//! Somebody waits for a person: noticed once, after as long as a rule says.

use automation::rules::waiting;
use chrono::TimeDelta;
use kernel::outbound::{AllowList, Outbound};
use kernel::secrets::MasterKey;
use kernel::{Clock, Database};
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use testkit::{Server, Tenant, require_runtime};

use super::rules::{drop_rule, firings, make_rule};
use super::{conversation, has_label, label};
use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn whoever_waits_too_long_is_noticed() {
    require_runtime!();
    let server = server().start().await;
    somebody_who_waits_is_noticed_once(&server, &quick_tenant(&server).await).await;
    what_was_late_before_there_was_a_rule_is_left_alone(&server, &quick_tenant(&server).await).await;
}

async fn somebody_who_waits_is_noticed_once(server: &Server, tenant: &Tenant) {
    let late = label(tenant, "Late").await;
    let waiting_before = tenant.visitor().await;
    waiting_before.say("I want to talk to a human").await;
    let rule = make_rule(
        tenant,
        json!({"name": "Nobody answers", "event": "no_reply", "after_minutes": 30,
        "conditions": {"all": [{"field": "waiting_minutes", "op": "at_least", "value": 30}]},
        "actions": [{"type": "label", "label_id": late}]}),
    )
    .await;
    let visitor = tenant.visitor().await;
    visitor.say("I want to talk to a human").await;
    let clock = Clock::manual(chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()));
    let ctx = background(server, &clock).await;
    waiting::look_everywhere(&ctx).await.expect("a look");
    clock.advance(TimeDelta::minutes(31));
    for _ in 0..2 {
        waiting::look_everywhere(&ctx).await.expect("a look");
    }
    // both: when the rule was made, half an hour had passed for none of them
    let fired = firings(tenant, rule, 2).await;
    assert!(fired.iter().all(|firing| firing["status"] == "done"), "{fired:?}");
    for who in [&visitor, &waiting_before] {
        assert!(has_label(&conversation(tenant, who).await, late));
    }
    // an answer ends the wait
    tenant.reply(visitor.conversation_id, "Here I am.").await;
    clock.advance(TimeDelta::minutes(31));
    waiting::look_everywhere(&ctx).await.expect("a look");
    firings(tenant, rule, 2).await;
    drop_rule(tenant, rule).await;
}

async fn what_was_late_before_there_was_a_rule_is_left_alone(server: &Server, tenant: &Tenant) {
    let late = label(tenant, "Too late").await;
    let visitor = tenant.visitor().await;
    visitor.say("I want to talk to a human").await;
    let mut owner = PgConnection::connect_with(&server.owner_options().await)
        .await
        .expect("a connection");
    let yesterday = format!(
        "set app.current_tenant_id = '{}'; update conversations set waiting_since = now() - interval '1 day' where id = '{}'",
        tenant.id, visitor.conversation_id
    );
    let yesterday = sqlx::raw_sql(sqlx::AssertSqlSafe(yesterday));
    yesterday.execute(&mut owner).await.expect("an update");
    let rule = json!({"name": "Too late", "event": "no_reply", "after_minutes": 60,
        "actions": [{"type": "label", "label_id": late}]});
    // it would be set off now, were it asked
    let tried = tenant.api.post("/api/v1/automation/rules/dry-run");
    let tried = tried.json(&json!({"rule": rule})).expect(200).await;
    assert_eq!(tried["matched"], 1);
    let rule = make_rule(tenant, rule).await;
    let clock = Clock::manual(chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()));
    let ctx = background(server, &clock).await;
    waiting::look_everywhere(&ctx).await.expect("a look");
    let noted: i64 = sqlx::query_scalar("select count(*) from automation_events where rule_id = $1")
        .bind(rule)
        .fetch_one(&mut owner)
        .await
        .expect("a count");
    assert_eq!(noted, 0);
}

pub async fn background(server: &Server, clock: &Clock) -> automation::Context {
    let key = std::fs::read_to_string(server.data_dir().join("master.key")).expect("the master key");
    let key = MasterKey::from_hex(key.trim()).expect("a key");
    let db: Database = server.database(clock.clone()).await;
    automation::Context::new(db, key, Outbound::new(AllowList::default()).expect("a client"))
}
