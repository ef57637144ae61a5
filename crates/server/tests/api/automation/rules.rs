//! Rules: what sets them off, what they do, once and in their order, and what cuts them short.

use serde_json::{Value, json};
use sqlx::Connection as _;
use testkit::{Server, Tenant, Visitor, require_runtime};
use uuid::Uuid;

use super::{conversation, has_label, id, label, timeline, until};
use crate::quick_tenant;
use crate::support::server;

pub async fn make_rule(tenant: &Tenant, rule: Value) -> Uuid {
    id(&tenant
        .api
        .post("/api/v1/automation/rules")
        .json(&rule)
        .expect(201)
        .await)
}

pub async fn drop_rule(tenant: &Tenant, rule: Uuid) {
    let path = format!("/api/v1/automation/rules/{rule}");
    tenant.api.delete(&path).send().await.expect(204);
}

/// What the log says of a rule, newest first, once it says so much.
pub async fn firings(tenant: &Tenant, rule: Uuid, count: usize) -> Vec<Value> {
    let path = format!("/api/v1/automation/firings?limit=200&rule_id={rule}");
    let look = || async { tenant.api.get(&path).expect(200).await["items"].clone() };
    let seen = until(look, |items| {
        items.as_array().is_some_and(|items| items.len() >= count)
    })
    .await;
    let items = seen.as_array().expect("a list").clone();
    assert_eq!(items.len(), count, "{seen}");
    items
}

#[tokio::test]
async fn rules_act_on_what_happens() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    server.user(&tenant, "sam@shop.example", "agent").await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    a_new_conversation_is_labelled(&tenant).await;
    every_action_is_done(&tenant).await;
    one_action_that_fails_keeps_none_from_its_turn(&tenant).await;
    the_first_may_keep_an_event_to_itself(&tenant).await;
    loops_are_cut(&tenant).await;
    gaps_escalations_and_ends_are_told(&tenant).await;
    sales_are_told(&server, &tenant).await;
    an_event_fires_a_rule_once(&server, &tenant).await;
    what_was_said_goes_with_the_visitor(&server, &tenant).await;
}

async fn a_new_conversation_is_labelled(tenant: &Tenant) {
    let new = label(tenant, "New").await;
    let rule = make_rule(
        tenant,
        json!({
            "name": "Mark what is new", "event": "conversation.created",
            "conditions": {"all": [{"field": "channel_kind", "op": "is", "value": "widget"}]},
            "actions": [{"type": "label", "label_id": new}],
        }),
    )
    .await;
    let visitor = tenant.visitor().await;
    assert_eq!(
        visitor.say("Where is the shop?").await["answer"]["text"],
        "In Ghent."
    );
    let fired = firings(tenant, rule, 1).await;
    assert_eq!(fired[0]["status"], "done");
    assert_eq!(fired[0]["conversation_id"], json!(visitor.conversation_id));
    assert_eq!(fired[0]["actions"], json!([{"type": "label", "error": null}]));
    assert!(has_label(&conversation(tenant, &visitor).await, new));
    let told = timeline(tenant, &visitor).await;
    assert_eq!(told, [("label_added".to_owned(), json!("Mark what is new"))]);
    // a second message begins nothing new
    visitor.say("Where is the shop?").await;
    let path = format!("/api/v1/automation/rules/{rule}");
    let shown = tenant.api.get(&path).expect(200).await;
    assert_eq!(shown["fired_count"], 1);
    assert!(shown["last_fired_at"].is_string());
    drop_rule(tenant, rule).await;
}

async fn every_action_is_done(tenant: &Tenant) {
    let label = label(tenant, "Angry").await;
    let members = tenant.api.get("/api/v1/members").expect(200).await;
    let user = &members["items"][0]["user_id"];
    let on = |name: &str, actions: Value| {
        json!({"name": name, "event": "message.created", "actions": actions,
            "conditions": {"all": [{"field": "text", "op": "contains", "value": name}]}})
    };
    let refund = make_rule(tenant, on("refund", json!([
        {"type": "label", "label_id": label}, {"type": "assign", "user_id": user}, {"type": "escalate"},
        {"type": "reply", "text": "A colleague looks at it."}, {"type": "note", "text": "Look at the order first."},
    ])))
    .await;
    let later = make_rule(tenant, on("later", json!([{"type": "snooze", "minutes": 60}]))).await;
    let quiet = make_rule(tenant, on("quiet", json!([{"type": "pause_ai"}]))).await;
    let loud = make_rule(tenant, on("loud", json!([{"type": "resume_ai"}]))).await;
    let done = make_rule(
        tenant,
        on("done", json!([{"type": "set_status", "status": "resolved"}])),
    )
    .await;

    let visitor = tenant.visitor().await;
    visitor.say("I want a REFUND").await;
    let fired = firings(tenant, refund, 1).await;
    assert_eq!(fired[0]["status"], "done", "{fired:?}");
    let seen = conversation(tenant, &visitor).await;
    assert!(has_label(&seen, label));
    assert_eq!(
        (&seen["assigned_to"], &seen["status"]),
        (user, &json!("escalated"))
    );
    let thread = tenant.thread(visitor.conversation_id).await;
    let said = thread
        .iter()
        .find(|message| message["text"] == "A colleague looks at it.");
    assert_eq!(said.expect("the reply")["sender_type"], "ai");
    let path = format!("/api/v1/conversations/{}/timeline", visitor.conversation_id);
    let told = tenant.api.get(&path).expect(200).await;
    assert_eq!(told["notes"][0]["author"]["name"], "refund");
    assert!(
        !visitor
            .history()
            .await
            .to_string()
            .contains("Look at the order first")
    );

    let other = tenant.visitor().await;
    for (text, rule, field, value) in [
        ("quiet", quiet, "ai_paused", json!(true)),
        ("loud", loud, "ai_paused", json!(false)),
        ("done", done, "status", json!("resolved")),
    ] {
        other.say(text).await;
        firings(tenant, rule, 1).await;
        assert_eq!(conversation(tenant, &other).await[field], value, "{text}");
    }
    other.say("later").await;
    firings(tenant, later, 1).await;
    assert!(conversation(tenant, &other).await["snoozed_until"].is_string());
    for rule in [refund, later, quiet, loud, done] {
        drop_rule(tenant, rule).await;
    }
}

async fn one_action_that_fails_keeps_none_from_its_turn(tenant: &Tenant) {
    let (gone, kept) = (label(tenant, "Gone").await, label(tenant, "Kept").await);
    let rule = make_rule(
        tenant,
        json!({"name": "Half", "event": "conversation.created",
        "actions": [{"type": "label", "label_id": gone}, {"type": "label", "label_id": kept}]}),
    )
    .await;
    tenant
        .api
        .delete(&format!("/api/v1/labels/{gone}"))
        .send()
        .await
        .expect(204);
    let visitor = tenant.visitor().await;
    visitor.say("Where is the shop?").await;
    let fired = firings(tenant, rule, 1).await;
    assert_eq!(fired[0]["status"], "failed");
    let why = fired[0]["actions"][0]["error"].as_str().expect("why");
    assert!(why.contains("no such label"), "{why}");
    assert_eq!(fired[0]["actions"][1]["error"], Value::Null);
    assert!(has_label(&conversation(tenant, &visitor).await, kept));
    drop_rule(tenant, rule).await;
}

async fn the_first_may_keep_an_event_to_itself(tenant: &Tenant) {
    let rule = |name: &str, stop: bool| {
        json!({"name": name, "event": "conversation.created", "stop_after": stop,
            "actions": [{"type": "note", "text": name}]})
    };
    let second = make_rule(tenant, rule("second", false)).await;
    let first = make_rule(tenant, rule("first", true)).await;
    let order = json!({"ids": [first, second]});
    let ordered = tenant
        .api
        .post("/api/v1/automation/rules/order")
        .json(&order)
        .expect(200)
        .await;
    assert_eq!(ordered["items"][0]["name"], "first");
    tenant.visitor().await.say("Where is the shop?").await;
    firings(tenant, first, 1).await;
    let path = format!("/api/v1/automation/rules/{first}");
    tenant
        .api
        .patch(&path)
        .json(&json!({"stop_after": false}))
        .expect(200)
        .await;
    tenant.visitor().await.say("Where is the shop?").await;
    firings(tenant, second, 1).await;
    firings(tenant, first, 2).await;
    drop_rule(tenant, first).await;
    drop_rule(tenant, second).await;
}

async fn loops_are_cut(tenant: &Tenant) {
    // handing over tells of an escalation, which gives back to the bot and hands over again
    let up = make_rule(
        tenant,
        json!({"name": "up", "event": "message.created", "actions": [{"type": "escalate"}],
        "conditions": {"all": [{"field": "text", "op": "is", "value": "round"}]}}),
    )
    .await;
    let again = make_rule(
        tenant,
        json!({"name": "again", "event": "escalation.created",
        "actions": [{"type": "resume_ai"}, {"type": "escalate"}]}),
    )
    .await;
    let visitor = tenant.visitor().await;
    visitor.say("round").await;
    firings(tenant, up, 1).await;
    let fired = firings(tenant, again, 2).await;
    let statuses: Vec<_> = fired.iter().map(|firing| firing["status"].clone()).collect();
    assert_eq!(statuses, ["skipped_loop", "done"]);
    drop_rule(tenant, up).await;
    drop_rule(tenant, again).await;

    // six rules, each of which opens or ends what the one before has ended or opened
    let mut chain = Vec::new();
    for turn in 0..6 {
        let (event, action) = match turn % 2 {
            0 => ("conversation.resolved", json!([{"type": "escalate"}])),
            _ => (
                "escalation.created",
                json!([{"type": "set_status", "status": "resolved"}]),
            ),
        };
        let rule =
            json!({"name": format!("turn {turn}"), "event": event, "actions": action, "stop_after": true});
        chain.push(make_rule(tenant, rule).await);
    }
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    tenant
        .api
        .patch(&path)
        .json(&json!({"status": "resolved"}))
        .expect(200)
        .await;
    let look = || async {
        let all = tenant
            .api
            .get("/api/v1/automation/firings?limit=200")
            .expect(200)
            .await;
        let items = all["items"].as_array().expect("a list").clone();
        let of_chain = items
            .into_iter()
            .filter(|firing| chain.contains(&rule_of(firing)));
        Value::Array(of_chain.collect())
    };
    let has_ended = |firings: &Value| {
        let firings = firings.as_array().expect("a list");
        firings.iter().filter(|firing| firing["status"] == "done").count() == 5
            && firings[0]["status"] == "skipped_loop"
    };
    until(look, has_ended).await;
    for rule in chain {
        drop_rule(tenant, rule).await;
    }
}

fn rule_of(firing: &Value) -> Uuid {
    firing["rule_id"]
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("a rule")
}

async fn gaps_escalations_and_ends_are_told(tenant: &Tenant) {
    let note = |name: &str, event: &str, conditions: Value| json!({"name": name, "event": event, "conditions": conditions, "actions": [{"type": "note", "text": name}]});
    let gap = make_rule(
        tenant,
        note(
            "gap",
            "gap.created",
            json!({"all": [{"field": "question", "op": "contains", "value": "zeppelin"}]}),
        ),
    )
    .await;
    let asked = make_rule(
        tenant,
        note(
            "asked",
            "escalation.created",
            json!({"all": [{"field": "reason", "op": "is", "value": ["visitor_asked", "bot_limit"]}]}),
        ),
    )
    .await;
    let ended = make_rule(tenant, note("ended", "conversation.resolved",
        json!({"any": [{"field": "page_url", "op": "is_set"}, {"field": "message_count", "op": "at_least", "value": 2}]}))).await;
    let visitor = tenant.visitor().await;
    visitor.say("Do you repair zeppelin engines?").await;
    firings(tenant, gap, 1).await;
    visitor.say("I want to talk to a human").await;
    firings(tenant, asked, 1).await;
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    tenant
        .api
        .patch(&path)
        .json(&json!({"status": "resolved"}))
        .expect(200)
        .await;
    firings(tenant, ended, 1).await;
    for rule in [gap, asked, ended] {
        drop_rule(tenant, rule).await;
    }
}

/// By the database's own hand: what a shop's program or a colleague would do to deals and orders.
async fn sales_are_told(server: &Server, tenant: &Tenant) {
    let label = label(tenant, "Won").await;
    let rule = |name: &str, event: &str, field: &str, value: &str| {
        json!({"name": name, "event": event, "actions": [{"type": "label", "label_id": label}, {"type": "note", "text": name}],
            "conditions": {"all": [{"field": field, "op": "is", "value": value}]}})
    };
    let won = make_rule(
        tenant,
        rule("won", "deal.stage_changed", "to_stage", "closed_won"),
    )
    .await;
    let sent = make_rule(
        tenant,
        rule("sent", "order.status_changed", "to_status", "shipped"),
    )
    .await;
    let visitor = tenant.visitor().await;
    visitor.say("Where is the shop?").await;
    let contact = conversation(tenant, &visitor).await["contact"]["id"].clone();
    let contact: Uuid = contact
        .as_str()
        .and_then(|id| id.parse().ok())
        .expect("a contact");
    let mut owner = sqlx::PgConnection::connect_with(&server.owner_options().await)
        .await
        .expect("a connection");
    let sell = format!(
        "set app.current_tenant_id = '{tenant}';
        insert into crm_clients (tenant_id, id, contact_id) values ('{tenant}', '{client}', '{contact}')
        on conflict (tenant_id, contact_id) do update set id = excluded.id;
        insert into crm_pipelines (tenant_id, id, name) values ('{tenant}', '{pipeline}', 'Of a test');
        insert into crm_pipeline_stages (tenant_id, id, pipeline_id, name, stage, probability, position) values
            ('{tenant}', '{first}', '{pipeline}', 'First', 'prospecting', 10, 0), ('{tenant}', '{last}', '{pipeline}', 'Last', 'closed_won', 100, 1);
        insert into crm_deals (tenant_id, id, client_id, pipeline_id, pipeline_stage_id, name, stage)
            values ('{tenant}', '{deal}', '{client}', '{pipeline}', '{first}', 'A table', 'prospecting');
        update crm_deals set pipeline_stage_id = '{last}', stage = 'closed_won' where id = '{deal}';
        insert into crm_orders (tenant_id, client_id, order_number) values ('{tenant}', '{client}', 'A-1');
        update crm_orders set status = 'shipped' where tenant_id = '{tenant}' and order_number = 'A-1';",
        tenant = tenant.id,
        client = Uuid::now_v7(),
        pipeline = Uuid::now_v7(),
        first = Uuid::now_v7(),
        last = Uuid::now_v7(),
        deal = Uuid::now_v7(),
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sell))
        .execute(&mut owner)
        .await
        .expect("a deal and an order");
    assert_eq!(
        firings(tenant, won, 1).await[0]["conversation_id"],
        json!(visitor.conversation_id)
    );
    assert_eq!(firings(tenant, sent, 1).await[0]["status"], "done");
    assert!(has_label(&conversation(tenant, &visitor).await, label));
    drop_rule(tenant, won).await;
    drop_rule(tenant, sent).await;
}

/// A server that is killed between two steps begins again with the same event: it finds what was done.
async fn an_event_fires_a_rule_once(server: &Server, tenant: &Tenant) {
    let rule = make_rule(
        tenant,
        json!({"name": "Once", "event": "conversation.created",
        "actions": [{"type": "reply", "text": "Welcome."}]}),
    )
    .await;
    let visitor = tenant.visitor().await;
    visitor.say("Where is the shop?").await;
    let fired = firings(tenant, rule, 1).await;
    let mut owner = sqlx::PgConnection::connect_with(&server.owner_options().await)
        .await
        .expect("a connection");
    let again = format!(
        "set app.current_tenant_id = '{}'; update automation_events set is_pending = true where id = '{}';",
        tenant.id,
        fired[0]["event_id"].as_str().expect("an event"),
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(again))
        .execute(&mut owner)
        .await
        .expect("an update");
    let other = tenant.visitor().await;
    other.say("Where is the shop?").await;
    firings(tenant, rule, 2).await;
    let thread = tenant.thread(visitor.conversation_id).await;
    let welcomes = thread.iter().filter(|message| message["text"] == "Welcome.");
    assert_eq!(welcomes.count(), 1);
    drop_rule(tenant, rule).await;
}

async fn what_was_said_goes_with_the_visitor(server: &Server, tenant: &Tenant) {
    let visitor: Visitor = tenant.visitor().await;
    visitor.say("My secret is a walnut").await;
    let contact = conversation(tenant, &visitor).await["contact"]["id"].clone();
    let mut owner = sqlx::PgConnection::connect_with(&server.owner_options().await)
        .await
        .expect("a connection");
    assert_eq!(walnuts(&mut owner, tenant).await, 1);
    let path = format!("/api/v1/contacts/{}", contact.as_str().expect("an id"));
    tenant.api.delete(&path).send().await.expect(204);
    assert_eq!(walnuts(&mut owner, tenant).await, 0);
}

async fn walnuts(owner: &mut sqlx::PgConnection, tenant: &Tenant) -> i64 {
    let set = format!("set app.current_tenant_id = '{}'", tenant.id);
    sqlx::raw_sql(sqlx::AssertSqlSafe(set))
        .execute(&mut *owner)
        .await
        .expect("a tenant");
    sqlx::query_scalar("select count(*) from automation_events where facts ->> 'text' like '%walnut%'")
        .fetch_one(owner)
        .await
        .expect("a count")
}
