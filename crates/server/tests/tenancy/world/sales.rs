//! What is sold, and to whom.

use serde_json::json;
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
            _ => id_of(&self.make_sale_order().await),
        }
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
