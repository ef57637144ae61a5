//! What models are trained on and tried with: training sets, evaluation sets, versions.

use serde_json::{Value, json};

use super::{Made, World, fresh, id_of, lonely};
use crate::routes::table::Thing;

impl World {
    pub(super) async fn make_thing_of_models(&self, thing: Thing) -> Made {
        let api = &self.tenant.api;
        match thing {
            Thing::ModelVersion => {
                let key = Box::pin(self.make_thing(Thing::Credential)).await.id;
                let body = json!({"model_name": fresh(&self.mark), "credential_id": key});
                lonely(self.create("model-versions", body).await)
            }
            _ => {
                let body = json!({"name": fresh(&self.mark), "filter": {"origins": ["approved"]}});
                let set = self.create("training-sets", body).await;
                if thing == Thing::TrainingSet {
                    return lonely(set);
                }
                let path = format!("/api/v1/training-sets/{set}/examples");
                let examples = api.get(&path).expect(200).await;
                Made {
                    parent: set,
                    id: id_of(&examples["items"][0]),
                }
            }
        }
    }

    pub(super) async fn make_evaluation_set(&self) -> Value {
        let case = json!({"question": fresh(&self.mark), "expects": "no_answer"});
        let set = json!({"name": fresh(&self.mark), "cases": [case]});
        self.tenant
            .api
            .post("/api/v1/evaluation-sets")
            .json(&set)
            .expect(201)
            .await
    }
}
