//! A suspended tenant: people read, programs are refused, visitors are told politely, work waits, and nothing is lost.

use serde_json::json;
use sqlx::PgConnection;
use testkit::{Api, Method, Receiver, Server, Tenant, require_runtime};

use super::{operator, path};
use crate::support::server;

#[tokio::test]
async fn a_suspended_tenant_reads_and_nothing_else() {
    require_runtime!();
    let server = server().start().await;
    let operator = operator(&server).await;
    let tenant = server.tenant("Shop").await;
    let other = server.tenant("Other").await;
    tenant
        .teach("Do you ship to Belgium?", "Yes, in three days.")
        .await;
    let owner = server.member(&tenant, "chief@shop.example", "owner").await;
    let visitor = tenant.visitor().await;
    visitor.say("Do you ship to Belgium?").await;

    suspend(&operator, &tenant).await;
    people_read(&owner).await;
    programs_are_refused(&server, &tenant).await;
    visitors_are_told(&server, &tenant).await;
    let refused = visitor.message("again", "Are you there?").send().await;
    refused.problem(403, "channel_unavailable");
    // its neighbour goes on
    other.api.get("/api/v1/qa-pairs").expect(200).await;
    // twice is once
    suspend(&operator, &tenant).await;
    let log = operator
        .get(&format!("/api/v1/instance/log?tenant_id={}", tenant.id))
        .expect(200)
        .await;
    assert_eq!(log["items"].as_array().expect("a log").len(), 1, "{log}");

    let row = operator.post(&path(&tenant, "/resume")).expect(200).await;
    assert_eq!(
        (&row["status"], &row["is_active"]),
        (&json!("trial"), &json!(true)),
        "{row}"
    );
    tenant.api.get("/api/v1/qa-pairs").expect(200).await;
    let patch = json!({"website_url": "https://shop.example"});
    owner.patch("/api/v1/workspace").json(&patch).expect(200).await;
    let session = owner.get("/api/v1/session").expect(200).await;
    assert_eq!(session["suspension"], json!(null));
    let log = owner.get("/api/v1/audit-log?actor=operator").expect(200).await;
    let actions: Vec<_> = log["items"]
        .as_array()
        .expect("a log")
        .iter()
        .map(|entry| &entry["action"])
        .collect();
    assert!(actions.contains(&&json!("tenant_suspended")), "{log}");
    assert!(actions.contains(&&json!("tenant_resumed")), "{log}");
}

async fn suspend(operator: &Api, tenant: &Tenant) {
    let body = json!({"note": "The invoice of May is open. Write to billing."});
    let row = operator
        .post(&path(tenant, "/suspend"))
        .json(&body)
        .expect(200)
        .await;
    assert_eq!(
        (&row["status"], &row["is_active"]),
        (&json!("suspended"), &json!(false)),
        "{row}"
    );
}

async fn people_read(owner: &Api) {
    let session = owner.get("/api/v1/session").expect(200).await;
    assert_eq!(
        session["suspension"]["note"],
        "The invoice of May is open. Write to billing."
    );
    for path in [
        "/api/v1/qa-pairs",
        "/api/v1/qa-pairs/export",
        "/api/v1/conversations",
        "/api/v1/audit-log",
    ] {
        assert_eq!(owner.get(path).send().await.status, 200, "{path}");
    }
    let pair = json!({"question": "Are you open?", "answer": "Yes."});
    for write in [
        owner.post("/api/v1/qa-pairs").json(&pair),
        owner.patch("/api/v1/workspace").json(&json!({"name": "Shop 2"})),
        owner
            .post("/api/v1/ask")
            .json(&json!({"question": "Do you ship to Belgium?"})),
    ] {
        write.send().await.problem(403, "tenant_suspended");
    }
    // what is one's own stays so
    owner
        .patch("/api/v1/profile")
        .json(&json!({"theme": "dark"}))
        .expect(200)
        .await;
}

async fn programs_are_refused(server: &Server, tenant: &Tenant) {
    tenant
        .api
        .get("/api/v1/qa-pairs")
        .send()
        .await
        .problem(403, "tenant_suspended");
    let asked = tenant.api.get("/v1/models").send().await;
    assert_eq!(asked.status, 403, "{}", asked.text());
    let told = server.rapport(&["tenant", "suspend", &tenant.slug]).await;
    assert_eq!(told["state"], "suspended already");
}

async fn visitors_are_told(server: &Server, tenant: &Tenant) {
    let stranger = server.api.without_credential();
    let widget = format!("/api/widget/{}", tenant.channel_key);
    let settings = stranger.get(&widget).expect(200).await;
    assert_eq!(settings["is_available"], false, "{settings}");
    let says = settings["welcome_message"].as_str().expect("a greeting");
    assert!(says.starts_with("This chat is not available"), "{says}");
    let french = stranger
        .get(&widget)
        .header("accept-language", "fr-BE")
        .expect(200)
        .await;
    let says = french["welcome_message"].as_str().expect("a greeting");
    assert!(says.starts_with("Ce chat n’est pas disponible"), "{says}");
    let opened = stranger
        .post(&format!("{widget}/sessions"))
        .json(&json!({}))
        .send()
        .await;
    opened.problem(403, "channel_unavailable");
    // a browser that asks whether it may write is let to, and reads why not
    let asked = stranger.call(Method::OPTIONS, &format!("{widget}/sessions"));
    let asked = asked.header("origin", "https://shop.example").send().await;
    assert_eq!(asked.status, 204);
}

#[tokio::test]
async fn work_waits_while_a_tenant_is_suspended_and_is_done_after_it() {
    require_runtime!();
    let server = server().start().await;
    let operator = operator(&server).await;
    let tenant = server.tenant("Shop").await;
    let receiver = Receiver::start().await;
    let endpoint = json!({"url": receiver.url(), "event_types": ["conversation.resolved"]});
    tenant
        .api
        .post("/api/v1/webhook-endpoints")
        .json(&endpoint)
        .expect(201)
        .await;
    tenant.visitor().await.say("Do you ship to Belgium?").await;

    suspend(&operator, &tenant).await;
    // as what was begun before it would go on: from within
    let mut owner = server.owner().await;
    let inside = format!("set app.current_tenant_id = '{}'", tenant.id);
    sqlx::raw_sql(sqlx::AssertSqlSafe(inside))
        .execute(&mut owner)
        .await
        .expect("inside the tenant");
    sqlx::query("update conversations set status = 'resolved', resolved_at = now() where tenant_id = $1")
        .bind(tenant.id)
        .execute(&mut owner)
        .await
        .expect("it is resolved");
    held(&mut owner, &tenant).await;
    assert!(receiver.rest().await.is_empty(), "it was told while suspended");

    operator.post(&path(&tenant, "/resume")).expect(200).await;
    assert_eq!(receiver.next().await.kind(), "conversation.resolved");
}

/// Returns once a job of the tenant is put off, with no attempt used up.
async fn held(owner: &mut PgConnection, tenant: &Tenant) {
    let sql = "select exists (select from graphile_worker._private_jobs
        where payload ->> 'tenant' = $1 and run_at > now() + interval '50 years' and attempts = 0 and locked_at is null)";
    loop {
        let is_held: bool = sqlx::query_scalar(sql)
            .bind(tenant.id.to_string())
            .fetch_one(&mut *owner)
            .await
            .expect("the jobs");
        if is_held {
            return;
        }
    }
}
