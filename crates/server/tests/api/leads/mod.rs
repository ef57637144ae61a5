//! Leads: what the bot asks and hears, what forms, colleagues and programs write down, and what becomes of it.

mod asking;
mod becoming;
mod form;

use serde_json::{Value, json};
use testkit::{Server, Tenant};
use uuid::Uuid;

use crate::quick_tenant;

/// A shop that knows its prices and wants to know who asks for them.
pub async fn shop(server: &Server) -> Tenant {
    let tenant = quick_tenant(server).await;
    tenant
        .teach("How much is the oak table?", "The oak table costs 400 euros.")
        .await;
    tenant
        .teach("Do you ship to Belgium?", "Yes, within three days.")
        .await;
    tenant
        .configure(&json!({"settings": {"lead_capture": "when_useful"}}))
        .await;
    tenant
}

async fn leads(tenant: &Tenant, query: &str) -> Vec<Value> {
    let list = tenant.api.get(&format!("/api/v1/leads{query}")).expect(200).await;
    list["items"].as_array().expect("a list").clone()
}

async fn contact_of(tenant: &Tenant, conversation: Uuid) -> Value {
    let path = format!("/api/v1/conversations/{conversation}");
    let contact = tenant.api.get(&path).expect(200).await["contact"]["id"].clone();
    let path = format!("/api/v1/contacts/{}", contact.as_str().expect("an id"));
    tenant.api.get(&path).expect(200).await
}

fn text(said: &Value) -> String {
    said["answer"]["text"].as_str().unwrap_or_default().to_owned()
}

fn id(value: &Value) -> Uuid {
    let id = value["id"].as_str().and_then(|id| id.parse().ok());
    id.unwrap_or_else(|| panic!("no id: {value}"))
}
