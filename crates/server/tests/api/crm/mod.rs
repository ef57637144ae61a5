//! The business behind the conversation: clients, what is planned with them, and what they bought.

mod activities;
mod clients;
mod confirming;
mod deals;
mod figures;
pub mod histories;
mod importing;
mod lists;
mod merging;
mod named;
mod orders;
mod parallel;
mod pipelines;
mod products;
mod recount;
pub mod sales;
mod strict;

use serde_json::Value;
use testkit::{Tenant, Visitor};

fn id(thing: &Value) -> String {
    let id = thing["id"].as_str();
    id.unwrap_or_else(|| panic!("no id: {thing}")).to_owned()
}

/// A client, made by hand.
async fn client(tenant: &Tenant, body: Value) -> Value {
    tenant
        .api
        .post("/api/v1/crm/clients")
        .json(&body)
        .expect(201)
        .await
}

async fn open(tenant: &Tenant, client: &str) -> Value {
    let path = format!("/api/v1/crm/clients/{client}");
    tenant.api.get(&path).expect(200).await
}

/// Names of the clients that a query finds, in order.
async fn names(tenant: &Tenant, query: &str) -> Vec<String> {
    let path = format!("/api/v1/crm/clients?{query}");
    let page = tenant.api.get(&path).expect(200).await;
    let items = page["items"].as_array().expect("a list").iter();
    items
        .map(|item| item["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Somebody who has written, with the contact and the client that they are.
async fn writer(tenant: &Tenant, text: &str) -> (Visitor, String, String) {
    let visitor = tenant.visitor().await;
    visitor.say(text).await;
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    let details = tenant.api.get(&path).expect(200).await;
    let contact = id(&details["contact"]);
    let path = format!("/api/v1/crm/contacts/{contact}/client");
    let client = id(&tenant.api.get(&path).expect(200).await);
    (visitor, contact, client)
}
