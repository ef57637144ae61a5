//! The report of the figures by mail: to whom, about what, once.

use chrono::{DateTime, Utc};
use insights::analytics::mails;
use kernel::Clock;
use kernel::outbound::{AllowList, Outbound};
use kernel::secrets::MasterKey;
use serde_json::json;
use testkit::{Method, Server, require_runtime};

use super::execute;
use crate::quick_tenant;
use crate::support::server;

/// The report's job, at this time.
pub async fn tell(server: &Server, at: DateTime<Utc>) {
    let db = server.database(Clock::manual(at)).await;
    let outbound = Outbound::new(AllowList::default()).expect("a client");
    let notifications = notifications::Context::new(db.clone(), MasterKey::random(), outbound, None, None);
    mails::tell_everywhere(&db, &notifications)
        .await
        .expect("reports");
}

#[tokio::test]
async fn a_report_comes_once_a_week_to_whoever_wants_it_and_quotes_nobody() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Where is the shop?", "In Ghent.").await;
    tenant.visitor().await.say("Where is the shop?").await;
    let robin = server.member(&tenant, "robin@shop.example", "agent").await;
    server.member(&tenant, "sam@shop.example", "agent").await;
    let path = "/api/v1/profile/email-choices";
    let mut body = json!({"messages": "none", "escalations": false, "mentions": false, "pace": "never", "report": "weekly"});
    let chosen = robin.call(Method::PUT, path).json(&body).expect(200).await;
    assert_eq!(chosen["report"], "weekly");
    body.as_object_mut().expect("an object").remove("report");
    let chosen = robin.call(Method::PUT, path).json(&body).expect(200).await;
    assert_eq!(chosen["report"], "weekly", "what is not sent stays");

    let mut owner = server.owner().await;
    let own_server = "insert into email_settings (tenant_id, host, port, tls, from_address)
        values (current_tenant_id(), 'mail.example.com', 25, 'none', 'shop@shop.example')";
    execute(&mut owner, &tenant, own_server).await;
    let monday: DateTime<Utc> = sqlx::query_scalar(
        "select (date_trunc('week', now() at time zone 'UTC') + interval '7 days 9 hours') at time zone 'UTC'",
    )
    .fetch_one(&mut owner)
    .await
    .expect("a time");
    for (at, mails_by_then) in [
        (monday - chrono::TimeDelta::hours(2), 0),
        (monday, 1),
        (monday, 1),
    ] {
        tell(&server, at).await;
        let mails: Vec<(String, String, Option<String>)> =
            sqlx::query_as("select to_address, subject, body from emails where kind = 'report'")
                .fetch_all(&mut owner)
                .await
                .expect("mails");
        assert_eq!(mails.len(), mails_by_then, "{at}: {mails:?}");
        for (to, subject, body) in &mails {
            assert_eq!(to, "robin@shop.example");
            assert!(subject.contains("Your figures"), "{subject}");
            let body = body.as_deref().expect("a text");
            assert!(body.contains("Conversations: 1"), "{body}");
            assert!(body.contains("Automation rate: 100%"), "{body}");
            assert!(!body.to_lowercase().contains("shop?"), "{body}");
        }
    }
}
