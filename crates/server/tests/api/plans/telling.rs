//! What owners are told by mail, and trials that end. Days have to pass: the background's work is called here with a clock of
//! its own.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::Clock;
use kernel::outbound::{AllowList, Outbound};
use kernel::secrets::MasterKey;
use serde_json::json;
use sqlx::AssertSqlSafe;
use testkit::{Server, Tenant, require_runtime};

use super::{limit, used};
use crate::quick_tenant;
use crate::support::server;

/// What the background does every ten minutes.
async fn look(server: &Server, clock: &Clock) {
    let db = server.database(clock.clone()).await;
    let outbound = Outbound::new(AllowList::default()).expect("a client");
    let notifications = notifications::Context::new(db, MasterKey::random(), outbound, None, None);
    notifications::plans::look_everywhere(&notifications)
        .await
        .expect("a look");
}

async fn with_mail_server(server: &Server, tenant: &Tenant) {
    let sql = format!(
        "set app.current_tenant_id = '{}'; insert into email_settings (tenant_id, host, port, tls, from_address)
        values (current_tenant_id(), 'mail.example.com', 25, 'none', 'shop@shop.example')",
        tenant.id
    );
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut server.owner().await)
        .await
        .expect("a mail server");
}

/// Address and subject of each mail about the plan.
async fn mails(server: &Server, tenant: &Tenant) -> Vec<(String, String)> {
    sqlx::query_as(
        "select to_address, subject from emails where tenant_id = $1 and kind = 'plan' order by created_at, id",
    )
    .bind(tenant.id)
    .fetch_all(&mut server.owner().await)
    .await
    .expect("mails")
}

#[tokio::test]
async fn owners_hear_once_that_something_runs_out_and_once_that_it_stopped() {
    require_runtime!();
    let server = server().start().await;
    limit(&server, "messages", "5", "0").await;
    let tenant = quick_tenant(&server).await;
    with_mail_server(&server, &tenant).await;
    server.user(&tenant, "owner@shop.example", "owner").await;
    server.user(&tenant, "agent@shop.example", "agent").await;
    let clock = Clock::system();
    for _ in 0..3 {
        tenant.visitor().await.say("thanks").await;
    }
    look(&server, &clock).await;
    assert_eq!(mails(&server, &tenant).await, [], "three of five");
    tenant.visitor().await.say("thanks").await;
    assert_eq!(used(&tenant, "messages").await["level"], "near");
    look(&server, &clock).await;
    look(&server, &clock).await;
    let told = mails(&server, &tenant).await;
    let near = (
        "owner@shop.example".to_owned(),
        "Replies of the bot: 80% used – Shop".to_owned(),
    );
    assert_eq!(told, [near]);
    tenant.visitor().await.say("thanks").await;
    look(&server, &clock).await;
    look(&server, &clock).await;
    let told = mails(&server, &tenant).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[1].1, "Replies of the bot: stopped – Shop");
}

#[tokio::test]
async fn a_trial_is_announced_to_end_and_ends() {
    require_runtime!();
    let server = server().start().await;
    let before = server.tenant("Before").await;
    server.rapport(&["plan", "trial", "14"]).await;
    let tenant = server.tenant("Shop").await;
    let subscribed = server.tenant("Subscribed").await;
    server.rapport(&["plan", "give", &subscribed.slug, "pro"]).await;
    with_mail_server(&server, &tenant).await;
    server.user(&tenant, "owner@shop.example", "owner").await;
    let plan = tenant.api.get("/api/v1/plan").expect(200).await;
    let ends_at: DateTime<Utc> = plan["trial_ends_at"]
        .as_str()
        .and_then(|at| at.parse().ok())
        .expect("an end");
    let plan = subscribed.api.get("/api/v1/plan").expect(200).await;
    assert_eq!(
        (&plan["plan"], &plan["status"]),
        (&json!("pro"), &json!("active"))
    );
    assert_eq!(plan["trial_ends_at"], json!(null));

    let clock = Clock::manual(ends_at - TimeDelta::days(3) - TimeDelta::minutes(1));
    look(&server, &clock).await;
    assert_eq!(mails(&server, &tenant).await, []);
    clock.advance(TimeDelta::minutes(2));
    look(&server, &clock).await;
    look(&server, &clock).await;
    let told = mails(&server, &tenant).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].1, "Your trial ends soon – Shop");
    tenant.api.get("/api/v1/channels").expect(200).await;

    clock.advance(TimeDelta::days(3));
    look(&server, &clock).await;
    let refused = tenant.api.get("/api/v1/channels").send().await;
    refused.problem(403, "tenant_suspended");
    for open in [&before, &subscribed] {
        open.api.get("/api/v1/channels").expect(200).await;
    }
    let (status, note): (String, Option<String>) =
        sqlx::query_as("select subscription_status, suspension_note from tenants where tenant_id = $1")
            .bind(tenant.id)
            .fetch_one(&mut server.owner().await)
            .await
            .expect("the tenant");
    assert_eq!(
        (status.as_str(), note.as_deref()),
        ("suspended", Some("The trial is over."))
    );
}
