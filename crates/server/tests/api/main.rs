//! The API as its callers meet it: the real server over HTTP, one module for each subject.

mod accounts;
mod agents;
mod analytics;
mod assets;
mod audit;
mod automation;
mod channels;
mod conversations;
mod crm;
mod deleting;
mod demos;
mod designer;
mod documents;
mod email;
mod embedding;
mod erasure;
mod errors;
mod evaluation;
mod gap_loop;
mod identity;
mod inbox;
mod injection;
mod instance;
mod joining;
mod keys;
mod knowledge;
mod knowledge_table;
mod large_bases;
mod leads;
mod limits;
mod meetings;
mod meetings_scheduler;
mod members;
mod model_versions;
mod origins;
mod outbound;
mod plans;
mod playground;
mod programs;
mod provenance;
mod public_sets;
mod retrieval_model;
mod sessions;
#[path = "../support/mod.rs"]
mod support;
mod taking_out;
mod taking_over;
mod tools;
mod topics;
mod transcripts;
mod triage;
mod upkeep;
mod versions;
mod webhooks;
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
