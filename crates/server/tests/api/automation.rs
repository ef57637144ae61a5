//! What happens by itself: keyword actions in the bot's turn, and rules for what has happened.

mod evidence;
mod keywords;
mod rules;
mod trials;
mod waiting;
mod written;

use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Tenant, Visitor};
use uuid::Uuid;

/// What takes longer is a defect.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

fn id(value: &Value) -> Uuid {
    let id = value["id"].as_str().and_then(|text| text.parse().ok());
    id.unwrap_or_else(|| panic!("no id: {value}"))
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

async fn label(tenant: &Tenant, name: &str) -> Uuid {
    let body = json!({"name": name, "color": "red"});
    id(&tenant.api.post("/api/v1/labels").json(&body).expect(201).await)
}

async fn conversation(tenant: &Tenant, visitor: &Visitor) -> Value {
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    tenant.api.get(&path).expect(200).await
}

/// The kinds of the conversation's events, each with what did it.
async fn timeline(tenant: &Tenant, visitor: &Visitor) -> Vec<(String, Value)> {
    let path = format!("/api/v1/conversations/{}/timeline", visitor.conversation_id);
    let timeline = tenant.api.get(&path).expect(200).await;
    let events = timeline["events"].as_array().expect("a list").iter();
    events
        .map(|event| {
            let kind = event["kind"].as_str().expect("a kind").to_owned();
            (kind, event["data"]["via_name"].clone())
        })
        .collect()
}

fn has_label(conversation: &Value, label: Uuid) -> bool {
    let labels = conversation["labels"].as_array().expect("a list");
    labels.iter().any(|has| id(has) == label)
}
