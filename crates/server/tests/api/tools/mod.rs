//! What the bot may do: orders of a visitor's own, codes by mail, what waits for a person, tools of a model (R41).

mod approvals;
mod codes;
mod model;
mod orders;
mod settings;

use serde_json::{Value, json};
use testkit::{Api, Method, Server, Tenant, Visitor};

use crate::identity::jwt;

/// The year 2096.
const FAR: u64 = 4_000_000_000;

/// A business with a channel that knows its customers.
struct Shop {
    tenant: Tenant,
    channel: String,
    key: String,
    secret: String,
}

impl Shop {
    async fn open(server: &Server, name: &str) -> Self {
        let tenant = server.tenant(name).await;
        let body = json!({"name": "Club", "settings": {"join_messages": "never"}});
        let made = tenant.api.post("/api/v1/channels").json(&body).expect(201).await;
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Self {
            channel: text("id"),
            key: text("channel_key"),
            secret: text("identity_secret"),
            tenant,
        }
    }

    async fn stranger(&self) -> Visitor {
        Visitor::start(&self.tenant.api.without_credential(), &self.key, &json!({})).await
    }

    /// Somebody whom the business vouches for.
    async fn customer(&self, email: &str) -> Visitor {
        let claims = json!({"sub": email, "email": email, "exp": FAR});
        let token = jwt(&json!({"alg": "HS256"}), &claims, &self.secret);
        let nobody = self.tenant.api.without_credential();
        Visitor::start(&nobody, &self.key, &json!({"identity_token": token})).await
    }

    /// The contact that a visitor who has written is.
    async fn contact(&self, visitor: &Visitor) -> String {
        let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
        let details = self.tenant.api.get(&path).expect(200).await;
        details["contact"]["id"].as_str().expect("an id").to_owned()
    }

    async fn order(&self, email: &str, number: &str, more: &Value) -> Value {
        let mut body = json!({"client": {"email": email}, "order_number": number,
            "items": [{"name": "Oak *table*", "quantity": 2, "unit_price": "10.00"}]});
        let more = more.as_object().expect("an object").clone();
        body.as_object_mut().expect("an object").extend(more);
        let call = self.tenant.api.post("/api/v1/crm/orders").json(&body);
        call.expect(201).await
    }

    async fn allow(&self, items: Value) -> Value {
        let path = format!("/api/v1/channels/{}/tools", self.channel);
        let call = self.tenant.api.call(Method::PUT, &path);
        call.json(&json!({"items": items})).expect(200).await
    }

    async fn calls(&self, visitor: &Visitor) -> Vec<Value> {
        calls(&self.tenant.api, visitor).await
    }

    async fn status(&self, order: &Value) -> Value {
        let path = format!("/api/v1/crm/orders/{}", order["id"].as_str().expect("an id"));
        self.tenant.api.get(&path).expect(200).await["status"].clone()
    }
}

async fn calls(api: &Api, visitor: &Visitor) -> Vec<Value> {
    let path = format!("/api/v1/conversations/{}/tool-calls", visitor.conversation_id);
    let list = api.get(&path).expect(200).await;
    list["items"].as_array().expect("a list").clone()
}

fn text(said: &Value) -> String {
    let text = said["answer"]["text"].as_str();
    text.unwrap_or_else(|| panic!("an answer: {said:#}")).to_owned()
}
