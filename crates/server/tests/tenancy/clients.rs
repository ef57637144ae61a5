//! Clients and what belongs to them, made through their routes.

use serde_json::json;
use uuid::Uuid;

use crate::routes::table::Thing;
use crate::world::{Made, World, fresh, id_of, lonely};

impl World {
    pub async fn make_thing_of_clients(&self, thing: Thing) -> Made {
        let mark = &self.mark;
        match thing {
            Thing::ClientMerge => {
                let (kept, merged) = (self.make_client().await, self.make_client().await);
                let path = format!("/api/v1/crm/clients/{kept}/merge");
                let body = json!({"merged_id": merged});
                self.tenant.api.post(&path).json(&body).expect(200).await;
                let path = format!("/api/v1/crm/clients/{kept}/merges");
                let merges = self.tenant.api.get(&path).expect(200).await;
                Made {
                    parent: kept,
                    id: id_of(&merges["items"][0]),
                }
            }
            Thing::Activity => {
                let body = json!({"activity_type": "call", "subject": fresh(mark), "client_id": self.make_client().await});
                lonely(self.create("crm/activities", body).await)
            }
            Thing::CrmNote => {
                let body = json!({"content": fresh(mark), "client_id": self.make_client().await});
                lonely(self.create("crm/notes", body).await)
            }
            Thing::CrmTag => lonely(self.create("crm/tags", json!({"name": fresh(mark)})).await),
            Thing::CustomField => {
                let id = Uuid::now_v7().simple().to_string();
                let body = json!({"entity": "client", "label": fresh(mark), "field_type": "text",
                    "key": format!("f{id}")});
                lonely(self.create("crm/fields", body).await)
            }
            Thing::Segment => {
                let body = json!({"name": fresh(mark), "filter": {}, "is_shared": true});
                lonely(self.create("crm/segments", body).await)
            }
            _ => lonely(self.make_client().await),
        }
    }

    async fn make_client(&self) -> Uuid {
        self.create("crm/clients", json!({"name": fresh(&self.mark)}))
            .await
    }
}
