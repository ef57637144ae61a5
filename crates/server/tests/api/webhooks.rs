//! Outgoing webhooks: who is told what, how it is signed, and what becomes of what cannot be delivered. Where time has to
//! pass, the background's work is called here with a clock that the test moves.

mod endings;
mod failing;
mod sales;
mod told;

use std::time::Duration;

use automation::webhooks::jobs::{self, RetryWebhooks, WakeWebhooks};
use kernel::outbound::{AllowList, Outbound};
use kernel::secrets::MasterKey;
use kernel::{Clock, Database};
use serde_json::{Value, json};
use testkit::{Receiver, Server, Tenant};
use uuid::Uuid;

/// What takes longer is a defect.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// An endpoint of a tenant.
struct Hook {
    tenant: Tenant,
    id: Uuid,
    secret: String,
}

impl Hook {
    async fn make(tenant: &Tenant, receiver: &Receiver, event_types: &[&str]) -> Self {
        let body = json!({"url": receiver.url(), "event_types": event_types});
        let made = tenant.api.post("/api/v1/webhook-endpoints").json(&body);
        let made = made.expect(201).await;
        Self {
            tenant: tenant.clone(),
            id: id(&made["endpoint"]),
            secret: made["secret"].as_str().expect("a secret").to_owned(),
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/api/v1/webhook-endpoints/{}{rest}", self.id)
    }

    async fn show(&self) -> Value {
        let list = self.tenant.api.get("/api/v1/webhook-endpoints").expect(200).await;
        let items = list["items"].as_array().expect("a list");
        let own = items.iter().find(|endpoint| id(endpoint) == self.id);
        own.expect("the endpoint").clone()
    }

    /// Newest first.
    async fn deliveries(&self) -> Vec<Value> {
        let page = self.tenant.api.get(&self.path("/deliveries")).expect(200).await;
        page["items"].as_array().expect("a list").clone()
    }

    /// The newest delivery, with its body and attempts.
    async fn newest(&self) -> Value {
        let newest = id(&self.deliveries().await[0]);
        let path = format!("/api/v1/webhook-deliveries/{newest}");
        self.tenant.api.get(&path).expect(200).await
    }

    /// The newest delivery once so many attempts stand in its log.
    async fn after_attempts(&self, count: usize) -> Value {
        let has_attempts = |newest: &Value| newest["attempts"].as_array().expect("a list").len() >= count;
        until(|| self.newest(), has_attempts).await
    }

    /// The endpoint once it has asked for a pause.
    async fn paused(&self) -> Value {
        until(|| self.show(), |endpoint| endpoint["paused_until"].is_string()).await
    }

    async fn change(&self, patch: Value) -> Value {
        self.tenant
            .api
            .patch(&self.path(""))
            .json(&patch)
            .expect(200)
            .await
    }

    /// The endpoint's turn, as a worker of the server gives it, at the clock's time.
    async fn take_turn(&self, ctx: &automation::Context) {
        let job = json!({"tenant": self.tenant.id, "endpoint": self.id});
        let job: RetryWebhooks = serde_json::from_value(job).expect("a job");
        jobs::retry_webhooks(ctx, job).await.expect("a turn");
    }

    async fn audit(&self) -> Vec<Value> {
        let log = self.tenant.api.get("/api/v1/audit-log").expect(200).await;
        let items = log["items"].as_array().expect("a list").iter();
        let subject = format!("webhook_endpoint:{}", self.id);
        items
            .filter(|entry| entry["subject"] == subject.as_str())
            .cloned()
            .collect()
    }
}

/// What is looked at, once it is as it should be.
async fn until<Looking: Future<Output = Value>>(
    look: impl Fn() -> Looking,
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    let looking = async {
        loop {
            let seen = look().await;
            if is_so(&seen) {
                return seen;
            }
        }
    };
    let seen = tokio::time::timeout(LONGEST_WAIT, looking).await;
    seen.unwrap_or_else(|_| panic!("it has not come to that within {LONGEST_WAIT:?}"))
}

fn id(value: &Value) -> Uuid {
    let id = value["id"].as_str().and_then(|text| text.parse().ok());
    id.unwrap_or_else(|| panic!("no id: {value}"))
}

/// The background of another process, whose clock the test moves.
async fn background(server: &Server, clock: &Clock, allow: &str) -> automation::Context {
    let key = std::fs::read_to_string(server.data_dir().join("master.key")).expect("the master key");
    let key = MasterKey::from_hex(key.trim()).expect("a key");
    let allow: AllowList = allow.parse().expect("a list");
    let db: Database = server.database(clock.clone()).await;
    automation::Context::new(db, key, Outbound::new(allow).expect("a client"))
}

/// A job that a trigger has enqueued, for a test that plays the worker.
fn wake_job(hook: &Hook) -> WakeWebhooks {
    let job = json!({"tenant": hook.tenant.id, "endpoint": hook.id});
    serde_json::from_value(job).expect("a job")
}
