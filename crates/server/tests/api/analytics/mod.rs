//! Analytics: every figure is what a plain recount of the rows says, and every number opens the very things that it counts.

mod agreement;
mod beside;
mod histories;
mod mails;
mod pages;
mod recount;
mod tables;

use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use testkit::{Api, Tenant};

/// A page or a list of analytics.
async fn read(api: &Api, path: &str) -> Value {
    api.get(&format!("/api/v1/analytics/{path}")).expect(200).await
}

fn figure<'a>(page: &'a Value, metric: &str) -> &'a Value {
    let figures = page["figures"].as_array().expect("figures");
    let found = figures.iter().find(|figure| figure["metric"] == metric);
    found.unwrap_or_else(|| panic!("no {metric}: {page}"))
}

fn chart<'a>(page: &'a Value, name: &str) -> &'a Value {
    let charts = page["charts"].as_array().expect("charts");
    let found = charts.iter().find(|chart| chart["chart"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {page}"))
}

/// As the owner of the database, for what no route can do.
async fn execute(owner: &mut PgConnection, tenant: &Tenant, sql: &str) {
    let sql = format!("set app.current_tenant_id = '{}'; {sql}", tenant.id);
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(owner)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
}

/// A conversation with all that was said and done in it, so many hours earlier.
async fn move_back(owner: &mut PgConnection, tenant: &Tenant, conversation: &str, hours: u64) {
    let earlier = |table: &str, column: &str, of: &str| {
        format!(
            "update {table} set {column} = {column} - interval '{hours} hours' where {of} = '{conversation}';"
        )
    };
    let statements = [
        earlier("messages", "sent_at", "conversation_id"),
        earlier("answers", "created_at", "conversation_id"),
        earlier("escalations", "created_at", "conversation_id"),
        earlier("conversation_events", "created_at", "conversation_id"),
        earlier("conversations", "resolved_at", "id"),
        earlier("conversations", "last_message_at", "id"),
        earlier("conversations", "created_at", "id"),
    ];
    execute(owner, tenant, &statements.concat()).await;
}
