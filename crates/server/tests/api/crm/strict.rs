//! A field that is misspelt is refused by its name, and nothing is written.

use serde_json::{Value, json};
use testkit::{Method, require_runtime};

use super::sales::{DEALS, ORDERS, PRODUCTS, create};
use super::{client, id, open, writer};
use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn a_misspelt_field_is_refused_by_its_name_and_changes_nothing() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let api = &tenant.api;
    let (clients, activities) = ("/api/v1/crm/clients", "/api/v1/crm/activities");
    let ana = id(&client(&tenant, json!({"name": "Ana"})).await);
    let deal = create(api, DEALS, json!({"client_id": ana, "name": "Chairs"})).await;
    let order = create(api, ORDERS, json!({"client_id": ana, "total": "1.00"})).await;
    let product = create(api, PRODUCTS, json!({"name": "Chair"})).await;
    let call = json!({"client_id": ana, "activity_type": "call", "subject": "Ring"});
    let activity = create(api, activities, call.clone()).await;
    let lines = json!([{"name": "Chair", "unit_price": "1.00", "qantity": 2}]);
    let one = |path: &str, thing: &Value| format!("{path}/{}", id(thing));
    for (method, path, body, field) in [
        (
            Method::POST,
            clients.to_owned(),
            json!({"name": "Bo", "emial": "bo@x.example"}),
            "emial",
        ),
        (
            Method::PATCH,
            format!("{clients}/{ana}"),
            json!({"name": "Bo", "emial": null}),
            "emial",
        ),
        // whose it is, is said once
        (
            Method::PATCH,
            format!("{clients}/{ana}"),
            json!({"name": "Bo", "contact_id": null}),
            "contact_id",
        ),
        (
            Method::POST,
            DEALS.to_owned(),
            json!({"client_id": ana, "name": "Bo", "vlaue": "1"}),
            "vlaue",
        ),
        (
            Method::POST,
            DEALS.to_owned(),
            json!({"client_id": ana, "name": "Bo", "products": lines}),
            "qantity",
        ),
        (
            Method::PATCH,
            one(DEALS, &deal),
            json!({"name": "Bo", "vlaue": "1"}),
            "vlaue",
        ),
        // a deal is moved, and not patched to another stage
        (
            Method::PATCH,
            one(DEALS, &deal),
            json!({"name": "Bo", "stage": "proposal"}),
            "stage",
        ),
        (
            Method::POST,
            format!("{}/move", one(DEALS, &deal)),
            json!({"stage": "proposal", "note": "x"}),
            "note",
        ),
        (
            Method::POST,
            ORDERS.to_owned(),
            json!({"client_id": ana, "totla": "2.00"}),
            "totla",
        ),
        (
            Method::PATCH,
            one(ORDERS, &order),
            json!({"totla": "2.00"}),
            "totla",
        ),
        (
            Method::POST,
            PRODUCTS.to_owned(),
            json!({"name": "Bo", "prcie": "2.00"}),
            "prcie",
        ),
        (
            Method::PATCH,
            one(PRODUCTS, &product),
            json!({"name": "Bo", "prcie": "2.00"}),
            "prcie",
        ),
        (
            Method::POST,
            activities.to_owned(),
            json!({"client_id": ana, "activity_type": "call", "subject": "Bo", "due": null}),
            "due",
        ),
        (
            Method::PATCH,
            one(activities, &activity),
            json!({"subject": "Bo", "due": null}),
            "due",
        ),
        (
            Method::POST,
            "/api/v1/crm/notes".to_owned(),
            json!({"client_id": ana, "content": "Bo", "pinned": true}),
            "pinned",
        ),
    ] {
        let answer = api.call(method.clone(), &path).json(&body).send().await;
        let problem = answer.problem(422, "invalid_body");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(
            detail.contains(&format!("`{field}`")),
            "{method} {path}: {detail}"
        );
    }
    for (path, key) in [
        (clients, "name"),
        (DEALS, "name"),
        (PRODUCTS, "name"),
        (activities, "subject"),
    ] {
        let list = api.get(path).expect(200).await;
        let names: Vec<&Value> = list["items"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|row| &row[key])
            .collect();
        assert!(names.len() == 1 && names[0] != "Bo", "{path}: {names:?}");
    }
    let again = api.get(&one(ORDERS, &order)).expect(200).await;
    assert_eq!(again["total"], "1.00");

    // what is said once goes together with what can be changed later
    let (_, contact, own) = writer(&tenant, "Hello").await;
    api.delete(&format!("{clients}/{own}")).expect(204).await;
    let made = client(
        &tenant,
        json!({"contact_id": contact, "name": "Bo", "custom_fields": {}}),
    )
    .await;
    let made = open(&tenant, &id(&made)).await;
    assert_eq!(
        (&made["contact_id"], &made["name"]),
        (&json!(contact), &json!("Bo"))
    );
    let body =
        json!({"client_id": ana, "name": "Oak", "stage": "proposal", "deal_value": "7.00", "probability": 5});
    let deal = create(api, DEALS, body).await;
    assert_eq!(
        (&deal["stage"], &deal["deal_value"]),
        (&json!("proposal"), &json!("7.00"))
    );
}

/// The description of the API allows what the API takes.
#[tokio::test]
async fn bodies_that_make_something_are_described_as_one_closed_object() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let api = tenant
        .api
        .without_credential()
        .get("/openapi.json")
        .expect(200)
        .await;
    for (name, fields) in [
        ("NewClient", ["contact_id", "email"]),
        ("NewDeal", ["pipeline_id", "deal_value"]),
    ] {
        let schema = &api["components"]["schemas"][name];
        assert_eq!(schema["additionalProperties"], false, "{schema:#}");
        for field in fields {
            assert!(schema["properties"][field].is_object(), "{name}.{field}");
        }
    }
}
