//! Pipelines: every tenant has one, and none loses deals.

use serde_json::{Value, json};
use testkit::{Tenant, require_runtime};

use super::sales::{DEALS, PIPELINES, client, columns, create, id_of, items};
use crate::support::server;

fn names(pipeline: &Value) -> Vec<&str> {
    let stages = pipeline["stages"].as_array().expect("stages").iter();
    stages
        .map(|stage| stage["name"].as_str().expect("a name"))
        .collect()
}

async fn default(tenant: &Tenant) -> Value {
    let all = tenant.api.get(PIPELINES).expect(200).await;
    let found = items(&all).iter().find(|pipeline| pipeline["is_default"] == true);
    found.expect("a default pipeline").clone()
}

#[tokio::test]
async fn every_tenant_begins_with_a_pipeline_and_keeps_one() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let api = &tenant.api;
    let first = default(&tenant).await;
    assert_eq!(
        names(&first),
        [
            "Prospecting",
            "Qualification",
            "Proposal",
            "Negotiation",
            "Won",
            "Lost"
        ]
    );
    let probabilities: Vec<&Value> = first["stages"]
        .as_array()
        .expect("stages")
        .iter()
        .map(|stage| &stage["probability"])
        .collect();
    assert_eq!(probabilities, [10, 25, 50, 75, 100, 0]);
    let path = format!("{PIPELINES}/{}", id_of(&first));
    api.delete(&path).send().await.problem(409, "last_pipeline");

    let second = create(api, PIPELINES, json!({"name": "Partners"})).await;
    assert_eq!(second["is_default"], false);
    let taken = json!({"name": "Partners"});
    api.post(PIPELINES)
        .json(&taken)
        .send()
        .await
        .problem(409, "pipeline_taken");
    let off = json!({"is_default": false});
    api.patch(&path)
        .json(&off)
        .send()
        .await
        .problem(422, "default_needed");
    api.delete(&path).expect(204).await;
    assert_eq!(default(&tenant).await["id"], second["id"]);
}

#[tokio::test]
async fn a_pipeline_has_open_won_and_lost_stages_and_no_deal_falls_out() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let api = &tenant.api;
    for stages in [
        json!([]),
        json!([{"name": "Won", "stage": "closed_won"}, {"name": "Lost", "stage": "closed_lost"}]),
        json!([{"name": "Open", "stage": "proposal"}, {"name": "Lost", "stage": "closed_lost"}]),
        json!([{"name": "Open", "stage": "proposal"}, {"name": "Won", "stage": "closed_won"}]),
    ] {
        let body = json!({"name": "Bad", "stages": stages});
        api.post(PIPELINES)
            .json(&body)
            .send()
            .await
            .problem(422, "stages_missing");
    }
    let pipeline = default(&tenant).await;
    let path = format!("{PIPELINES}/{}", id_of(&pipeline));
    let kim = client(&tenant, "kim@buyer.example").await;
    let deal = create(api, DEALS, json!({"client_id": kim, "name": "Chairs"})).await;
    api.delete(&path).send().await.problem(409, "pipeline_in_use");
    let mut stages = pipeline["stages"].as_array().expect("stages").clone();
    let without_first = json!({"stages": stages[1..]});
    api.patch(&path)
        .json(&without_first)
        .send()
        .await
        .problem(409, "stage_in_use");

    // two change names, one goes, one comes, and the deal's column comes to mean something else
    stages[0]["name"] = "Qualification".into();
    stages[0]["stage"] = "negotiation".into();
    stages[1]["name"] = "Prospecting".into();
    stages.remove(2);
    stages.insert(1, json!({"name": "Visit", "stage": "proposal"}));
    let changed = api
        .patch(&path)
        .json(&json!({"stages": stages}))
        .expect(200)
        .await;
    assert_eq!(
        names(&changed),
        [
            "Qualification",
            "Visit",
            "Prospecting",
            "Negotiation",
            "Won",
            "Lost"
        ]
    );
    assert_eq!(changed["stages"][0]["deals"], 1);
    let path = format!("{DEALS}/{}", id_of(&deal));
    let moved = api.get(&path).expect(200).await;
    assert_eq!(
        (&moved["stage"], &moved["pipeline_stage_id"]),
        (&json!("negotiation"), &deal["pipeline_stage_id"])
    );
    let history = api.get(&format!("{path}/history")).expect(200).await;
    let last = items(&history).last().expect("the last entry");
    assert_eq!(
        (&last["from_stage"], &last["to_stage"]),
        (&json!("prospecting"), &json!("negotiation"))
    );
}

#[tokio::test]
async fn another_tenants_stage_is_none() {
    require_runtime!();
    let server = server().start().await;
    let (ours, theirs) = (server.tenant("Ours").await, server.tenant("Theirs").await);
    let kim = client(&ours, "kim@buyer.example").await;
    let (foreign, _) = columns(&theirs).await[0].clone();
    let body = json!({"client_id": kim, "name": "Chairs", "pipeline_stage_id": foreign});
    let answer = ours.api.post(DEALS).json(&body).send().await;
    answer.problem(422, "no_such_stage");
    let deal = create(&ours.api, DEALS, json!({"client_id": kim, "name": "Chairs"})).await;
    let path = format!("{DEALS}/{}/move", id_of(&deal));
    let answer = ours
        .api
        .post(&path)
        .json(&json!({"pipeline_stage_id": foreign}))
        .send()
        .await;
    answer.problem(422, "no_such_stage");
}
