//! E-mail: who is told what, when and how often; transcripts; mail servers that refuse, hang and hang up (R40).

mod notices;
mod servers;
mod transcripts;

use serde_json::{Value, json};
use sqlx::PgConnection;
use testkit::{Api, MailServer, Server, Tenant, Visitor};
use uuid::Uuid;

use crate::support;

/// A server whose operator has set this mail server.
pub async fn server_with(mail: &MailServer) -> Server {
    support::server()
        .set("RAPPORT_SMTP__HOST", "127.0.0.1")
        .set("RAPPORT_SMTP__PORT", &mail.port().to_string())
        .set("RAPPORT_SMTP__TLS", "none")
        .set("RAPPORT_SMTP__FROM", "Rapport <rapport@example.com>")
        .set("RAPPORT_PUBLIC_URL", "https://chat.example.com")
        .start()
        .await
}

/// Has the server look for what there is to tell, now instead of in some seconds.
pub async fn look(owner: &mut PgConnection, tenant: &Tenant) {
    sqlx::query(
        "select graphile_worker.add_job(identifier => 'look_for_notices', payload => json_build_object('tenant', $1::uuid),
            queue_name => 'notices/' || $1::text, job_key => 'notices/' || $1::text)",
    )
    .bind(tenant.id)
    .execute(owner)
    .await
    .expect("a job");
}

/// As if the visitor had waited for so many minutes longer.
async fn wait_longer(owner: &mut PgConnection, conversation: Uuid, minutes: i32) {
    for sql in [
        "update conversations set waiting_since = waiting_since - make_interval(mins => $2) where id = $1",
        "update messages set sent_at = sent_at - make_interval(mins => $2) where conversation_id = $1",
        "update note_mentions set created_at = created_at - make_interval(mins => $2) where conversation_id = $1",
    ] {
        sqlx::query(sql)
            .bind(conversation)
            .bind(minutes)
            .execute(&mut *owner)
            .await
            .expect(sql);
    }
}

/// As if nobody had the dashboard open.
async fn all_are_gone(owner: &mut PgConnection) {
    sqlx::query("update member_states set last_seen_at = now() - interval '1 hour'")
        .execute(owner)
        .await
        .expect("no states");
}

async fn log(api: &Api) -> Vec<Value> {
    let list = api.get("/api/v1/emails").expect(200).await;
    list["items"].as_array().expect("a list").clone()
}

/// Follows the live stream until the newest mail of the log is as wanted.
async fn until(api: &Api, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut events = api.get("/api/v1/events").stream().await;
    loop {
        if let Some(newest) = log(api).await.first()
            && wanted(newest)
        {
            return newest.clone();
        }
        events.next().await.expect("an event when a mail goes on");
    }
}

/// Waits until the newest mail of the log has this status.
async fn wait_for_status(api: &Api, status: &str) -> Value {
    until(api, |mail| mail["status"] == status).await
}

async fn choose(member: &Api, messages: &str, pace: &str) {
    let body = json!({"messages": messages, "escalations": true, "mentions": true, "pace": pace});
    member
        .call(testkit::Method::PUT, "/api/v1/profile/email-choices")
        .json(&body)
        .expect(200)
        .await;
}

async fn hand_over(visitor: &Visitor) {
    let call = visitor.api.post(&visitor.path("escalations")).json(&json!({}));
    call.expect(201).await;
}
