//! The tables of days and months: counted bit by bit they are what they are when counted from nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sqlx::PgConnection;
use testkit::{Tenant, require_runtime};

use super::histories::World;
use super::recount::{self, list, text};
use super::{execute, read};
use crate::crm::histories::seeds;
use crate::quick_tenant;
use crate::support::server;

const TABLES: &str = "
    select jsonb_build_object(
        'conversations', (select coalesce(jsonb_agg(to_jsonb(t) order by t.conversation_id), '[]') from analytics_conversations t
            where t.tenant_id = s::uuid),
        'daily', (select coalesce(jsonb_agg(to_jsonb(t) - array['id', 'created_at'] order by t.date, t.channel_id), '[]')
            from analytics_daily t where t.tenant_id = s::uuid),
        'deals', (select coalesce(jsonb_agg(to_jsonb(t) - 'id' order by t.period_month, t.stage, t.owner_id), '[]')
            from analytics_deal_metrics t where t.tenant_id = s::uuid),
        'clients', (select coalesce(jsonb_agg(to_jsonb(t) - 'id' order by t.period_month, t.lifecycle_stage, t.client_type, t.source,
            t.assigned_to), '[]') from analytics_client_metrics t where t.tenant_id = s::uuid),
        'revenue', (select coalesce(jsonb_agg(to_jsonb(t) - 'id' order by t.period_day), '[]')
            from analytics_revenue_metrics t where t.tenant_id = s::uuid),
        'chatbot', (select coalesce(jsonb_agg(to_jsonb(t) - 'id' order by t.period_day), '[]')
            from analytics_chatbot_effectiveness t where t.tenant_id = s::uuid),
        'channels', (select coalesce(jsonb_agg(to_jsonb(t) - 'id' order by t.period_month, t.channel_id), '[]')
            from analytics_channel_performance t where t.tenant_id = s::uuid)
    )
    from set_config('app.current_tenant_id', $1::uuid::text, false) s";

async fn tables(owner: &mut PgConnection, tenant: &Tenant) -> Value {
    sqlx::query_scalar(TABLES)
        .bind(tenant.id)
        .fetch_one(owner)
        .await
        .expect("rows")
}

#[tokio::test]
async fn counted_bit_by_bit_is_counted_from_nothing() {
    require_runtime!();
    let server = server().start().await;
    let mut owner = server.owner().await;
    for seed in seeds(&[11, 98_765]) {
        let mut world = World::begin(&server, seed).await;
        for _ in 0..5 {
            for _ in 0..12 {
                world.step(&mut owner).await;
            }
            execute(&mut owner, &world.tenant, "select refresh_all_analytics()").await;
            let bit_by_bit = tables(&mut owner, &world.tenant).await;
            let anew = "delete from analytics_conversations where tenant_id = current_tenant_id();
                insert into analytics_touched (tenant_id, subject, conversation_id)
                select tenant_id, 'conversation', id from conversations where tenant_id = current_tenant_id();
                insert into analytics_touched (tenant_id, subject) values (current_tenant_id(), 'all');
                select refresh_all_analytics()";
            execute(&mut owner, &world.tenant, anew).await;
            let from_nothing = tables(&mut owner, &world.tenant).await;
            for (table, rows) in from_nothing.as_object().expect("tables") {
                assert_eq!(&bit_by_bit[table], rows, "{table}, seed {seed}");
            }
            check(&from_nothing, &recount::rows(&mut owner, &world.tenant).await);
        }
    }
}

/// Some of it by a plain recount.
fn check(tables: &Value, rows: &Value) {
    let channel_of = |conversation: &str| {
        let all = list(rows, "conversations").iter();
        let found = all.into_iter().find(|row| text(row, "id") == conversation);
        text(found.expect("a conversation"), "channel_id").to_owned()
    };
    let mut chats: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    let mut by_bot: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut monthly: BTreeMap<(&str, String), u64> = BTreeMap::new();
    for message in list(rows, "messages") {
        let conversation = text(message, "conversation");
        let channel = channel_of(conversation);
        let day = chats
            .entry((text(message, "day").to_owned(), channel.clone()))
            .or_default();
        if message["by"] == "user" {
            day.insert(conversation);
        }
        if message["by"] == "ai" {
            let answer = &rows["answers"][text(message, "id")];
            let passed = answer["mode"] == "no_answer" || answer["gap_detected"] == true;
            let count = by_bot.entry(text(message, "day")).or_default();
            count.0 += 1;
            count.1 += u64::from(!passed);
        }
        *monthly.entry((text(message, "month"), channel)).or_default() += 1;
    }
    let shown: BTreeMap<(String, String), u64> = list(tables, "daily")
        .iter()
        .map(|row| {
            let key = (text(row, "date").to_owned(), text(row, "channel_id").to_owned());
            (key, row["num_chats"].as_u64().expect("a count"))
        })
        .collect();
    let wanted: BTreeMap<(String, String), u64> = chats
        .into_iter()
        .map(|(key, ids)| (key, ids.len() as u64))
        .collect();
    assert_eq!(shown, wanted, "daily");
    let shown: Vec<(u64, u64)> = list(tables, "chatbot")
        .iter()
        .map(|row| {
            let number = |column: &str| row[column].as_u64().expect("a count");
            (
                number("total_chatbot_interactions"),
                number("successful_interactions"),
            )
        })
        .collect();
    // days are in the same order
    let wanted: Vec<(u64, u64)> = by_bot.into_values().collect();
    assert_eq!(shown, wanted, "chatbot");
    let shown: u64 = list(tables, "channels")
        .iter()
        .filter_map(|row| row["total_messages"].as_u64())
        .sum();
    assert_eq!(shown, monthly.values().sum::<u64>(), "channels");
    assert_eq!(list(tables, "channels").len(), monthly.len(), "channels");
    let orders = list(rows, "orders")
        .iter()
        .filter(|order| !["cancelled", "refunded"].contains(&text(order, "status")));
    let own: f64 = orders
        .filter(|order| order["currency"] == rows["currency"])
        .filter_map(|order| order["total"].as_f64())
        .sum();
    let shown: f64 = list(tables, "revenue")
        .iter()
        .filter_map(|row| row["total_revenue"].as_f64())
        .sum();
    assert!((shown - own).abs() < 0.001, "revenue {shown} {own}");
    let deals: u64 = list(tables, "deals")
        .iter()
        .filter_map(|row| row["deal_count"].as_u64())
        .sum();
    assert_eq!(deals, list(rows, "deals").len() as u64, "deals");
}

#[tokio::test]
async fn the_tables_are_read_fresh_and_forget_whoever_is_erased() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    let visitor = tenant.visitor().await;
    visitor.say("Where is the shop?").await;
    let daily = read(&tenant.api, "tables/daily").await;
    let day = &daily["items"][0];
    assert_eq!(day["num_chats"], 1, "{daily}");
    assert_eq!(
        day["most_common_questions"],
        json!([{"question": "Where is the shop?", "count": 1}])
    );
    let performance = read(&tenant.api, "tables/channel_performance?from=2026-01-01").await;
    assert_eq!(performance["items"][0]["incoming_messages"], 1, "{performance}");
    assert_eq!(performance["items"][0]["ai_responses"], 1, "{performance}");

    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    let details = tenant.api.get(&path).expect(200).await;
    let path = format!("/api/v1/contacts/{}", text(&details["contact"], "id"));
    tenant.api.delete(&path).expect(204).await;
    let mut owner = server.owner().await;
    let left: i64 = sqlx::query_scalar(
        "select count(*) from analytics_daily where tenant_id = $1 and most_common_questions::text ilike '%shop%'",
    )
    .bind(tenant.id)
    .fetch_one(&mut owner)
    .await
    .expect("a count");
    assert_eq!(
        left, 0,
        "the words of the erased are gone before anything is counted"
    );
    assert_eq!(read(&tenant.api, "tables/daily").await["items"], json!([]));
    tenant
        .api
        .get("/api/v1/analytics/tables/secrets")
        .send()
        .await
        .problem(404, "not_found");
}
