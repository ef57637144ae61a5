//! Other people's programs: the bot in the format of OpenAI's chat completions, and tools over the Model Context Protocol.

mod chat;
mod mcp;

use serde_json::json;
use testkit::{Api, Tenant};

/// The API as a program with these scopes uses it.
async fn key(tenant: &Tenant, scopes: &[&str]) -> Api {
    let body = json!({"name": "Program", "scopes": scopes});
    let made = tenant.api.post("/api/v1/api-keys").json(&body).expect(201).await;
    tenant.api.with_bearer(made["key"].as_str().expect("a key"))
}
