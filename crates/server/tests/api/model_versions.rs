//! Models of a workspace's own: training sets made of what the team has approved, tuned by a provider that is played, and
//! versions of which one answers.

mod sets;
mod tuning;

use serde_json::{Value, json};
use testkit::{Tenant, Visitor};

/// Questions enough for a provider.
const PAIRS: [(&str, &str); 12] = [
    ("Do you ship to Belgium?", "Yes, for 12 euros."),
    ("When do you open?", "At nine, every day but Sunday."),
    ("Can I return a chair?", "Within thirty days, unused."),
    ("Which wood are the tables made of?", "Of oak from the Ardennes."),
    ("Is there a guarantee?", "Five years on frames."),
    (
        "Do you repair old furniture?",
        "Only what we have made ourselves.",
    ),
    ("How can I pay?", "By card, transfer or cash."),
    ("Where is the workshop?", "In Ghent, behind the station."),
    ("Do you take orders by phone?", "Yes, on 01 23 45 67 89."),
    ("How long does delivery take?", "Two to three weeks."),
    ("May I visit the workshop?", "On the first Saturday of a month."),
    ("Do you sell vouchers?", "From fifty euros on."),
];

async fn post(tenant: &Tenant, path: &str, body: &Value, status: u16) -> Value {
    tenant
        .api
        .post(&format!("/api/v1/{path}"))
        .json(body)
        .expect(status)
        .await
}

async fn get(tenant: &Tenant, path: &str) -> Value {
    tenant.api.get(&format!("/api/v1/{path}")).expect(200).await
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// Asks, and likes the answer.
async fn like(visitor: &Visitor, question: &str) -> Value {
    let said = visitor.say(question).await;
    let path = visitor.path(&format!("messages/{}/feedback", text(&said["answer"]["id"])));
    let liked = visitor.api.post(&path).json(&json!({"value": "up"}));
    liked.expect(200).await;
    said
}

/// A set of all that is approved, frozen.
async fn frozen_set(tenant: &Tenant) -> String {
    let set = json!({"name": "Approved", "system_prompt": "You sell furniture."});
    let id = text(&post(tenant, "training-sets", &set, 201).await["id"]);
    post(tenant, &format!("training-sets/{id}/freeze"), &json!({}), 200).await;
    id
}
