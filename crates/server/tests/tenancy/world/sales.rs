//! What is sold, and to whom.

use kernel::secrets;
use serde_json::json;
use testkit::{Method, Visitor};
use uuid::Uuid;

use super::{World, fresh, id_of};
use crate::routes::table::Thing;

impl World {
    pub(super) async fn make_sale(&self, thing: Thing) -> Uuid {
        let name = fresh(&self.mark);
        match thing {
            Thing::Pipeline => self.create("crm/pipelines", json!({"name": name})).await,
            Thing::Product => {
                let body = json!({"name": name, "sku": name, "category": self.mark, "price": "45.00"});
                self.create("crm/products", body).await
            }
            Thing::Deal => {
                let order = self.make_sale_order().await;
                let body = json!({"name": name, "client_id": order["client_id"], "deal_value": "90.00", "tags": [name]});
                self.create("crm/deals", body).await
            }
            Thing::ToolCall => self.make_tool_call().await,
            _ => id_of(&self.make_sale_order().await),
        }
    }

    /// A customer whom the business vouches for wants an order cancelled.
    async fn make_tool_call(&self) -> Uuid {
        let api = &self.tenant.api;
        let body = json!({"name": fresh(&self.mark), "settings": {"join_messages": "never"}});
        let channel = api.post("/api/v1/channels").json(&body).expect(201).await;
        let text = |name: &str| channel[name].as_str().expect("a text").to_owned();
        let tools = json!({"items": [{"tool": "cancel_order", "permission": "ask"}]});
        let path = format!("/api/v1/channels/{}/tools", text("id"));
        api.call(Method::PUT, &path).json(&tools).expect(200).await;
        let (email, number) = (
            format!("{}@buyer.example", Uuid::now_v7()),
            Uuid::now_v7().to_string(),
        );
        let body = json!({"client": {"email": email}, "order_number": number, "total": "45.00"});
        api.post("/api/v1/crm/orders").json(&body).expect(201).await;
        let claims = json!({"sub": email, "email": email, "exp": 4_000_000_000_u64});
        let part = |json: &serde_json::Value| secrets::encode(json.to_string().as_bytes());
        let signed = format!("{}.{}", part(&json!({"alg": "HS256"})), part(&claims));
        let signature = secrets::encode(&secrets::sign(
            text("identity_secret").as_bytes(),
            signed.as_bytes(),
        ));
        let body = json!({"identity_token": format!("{signed}.{signature}")});
        let visitor = Visitor::start(&api.without_credential(), &text("channel_key"), &body).await;
        visitor.say(&format!("Cancel order #{number}")).await;
        let path = format!("/api/v1/conversations/{}/tool-calls", visitor.conversation_id);
        let calls = api.get(&path).expect(200).await;
        id_of(&calls["items"][0])
    }

    async fn make_sale_order(&self) -> serde_json::Value {
        let email = format!("{}@buyer.example", Uuid::now_v7());
        let client = json!({"email": email, "name": fresh(&self.mark)});
        let line = json!({"name": fresh(&self.mark), "unit_price": "45.00"});
        let body = json!({"client": client, "order_number": fresh(&self.mark), "items": [line]});
        self.tenant
            .api
            .post("/api/v1/crm/orders")
            .json(&body)
            .expect(201)
            .await
    }
}
