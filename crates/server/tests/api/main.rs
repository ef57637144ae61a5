//! The API as its callers meet it: the real server over HTTP, one module for each subject.

mod accounts;
mod assets;
mod conversations;
mod designer;
mod documents;
mod errors;
mod evaluation;
mod identity;
mod inbox;
mod joining;
mod keys;
mod knowledge;
mod knowledge_table;
mod limits;
mod members;
mod origins;
mod playground;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod taking_over;
mod triage;
mod versions;
mod websites;

use serde_json::json;
use testkit::{Server, Tenant};

/// A tenant whose bot answers at once.
async fn quick_tenant(server: &Server) -> Tenant {
    let tenant = server.tenant("Shop").await;
    tenant
        .configure(&json!({"settings": {"join_messages": "never"}}))
        .await;
    tenant
}
