//! An address that a visitor has typed, from before and after somebody of the team says that it is right.

use serde_json::{Value, json};
use testkit::{Tenant, require_runtime};

use super::sales::{ORDERS, create};
use super::{client, id, open, writer};
use crate::leads::shop;
use crate::support::server;

const CLIENTS: &str = "/api/v1/crm/clients";

/// Somebody who was asked how they can be reached, and typed this; with the contact and the client that they are.
async fn typing(tenant: &Tenant, addresses: &str) -> (String, String) {
    let (visitor, contact, client) = writer(tenant, "How much is the oak table?").await;
    visitor.say(addresses).await;
    (contact, client)
}

/// Whose an order of this buyer becomes.
async fn buyer(tenant: &Tenant, buyer: Value) -> String {
    let order = create(&tenant.api, ORDERS, json!({"client": buyer, "total": "10.00"})).await;
    order["client_id"].as_str().expect("a client").to_owned()
}

async fn confirm(tenant: &Tenant, client: &str, what: Value) -> Value {
    let path = format!("{CLIENTS}/{client}/confirm");
    tenant.api.post(&path).json(&what).expect(200).await
}

#[tokio::test]
async fn an_order_finds_the_client_by_a_typed_address_from_when_a_colleague_confirms_it() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let (contact, mia) = typing(&tenant, "Mia@example.com or +32 470 12 34 56").await;
    let typed = open(&tenant, &mia).await;
    let (email, phone) = (json!({"email": typed["email"]}), json!({"phone": typed["phone"]}));
    assert!(
        typed["email"].is_string() && typed["phone"].is_string(),
        "{typed:#}"
    );
    assert_eq!(
        (&typed["is_email_proven"], &typed["is_phone_proven"]),
        (&json!(false), &json!(false)),
        "{typed:#}"
    );
    for what in [&email, &phone] {
        let other = buyer(&tenant, what.clone()).await;
        assert_ne!(other, mia);
        tenant.api.delete(&format!("{CLIENTS}/{other}")).expect(204).await;
    }

    let path = format!("{CLIENTS}/{mia}/confirm");
    for (body, status, code) in [
        (json!({}), 422, "nothing_to_confirm"),
        (json!({"mail": "mia@example.com"}), 422, "invalid_body"),
        (json!({"email": "mio@example.com"}), 409, "address_changed"),
        (
            json!({"email": "mia@example.com", "phone": "1"}),
            409,
            "address_changed",
        ),
    ] {
        tenant
            .api
            .post(&path)
            .json(&body)
            .send()
            .await
            .problem(status, code);
    }
    let viewer = server.member(&tenant, "vera@shop.example", "viewer").await;
    let refused = viewer.post(&path).json(&email).send().await;
    refused.problem(403, "permission_missing");

    let confirmed = confirm(&tenant, &mia, json!({"email": "mia@example.com"})).await;
    assert_eq!(
        (&confirmed["is_email_proven"], &confirmed["is_phone_proven"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(buyer(&tenant, email.clone()).await, mia);
    assert_ne!(buyer(&tenant, phone.clone()).await, mia);
    confirm(&tenant, &mia, json!({"email": "mia@example.com"})).await;
    let timeline = format!("{CLIENTS}/{mia}/timeline?kind=confirmation");
    let timeline = tenant.api.get(&timeline).expect(200).await;
    let items = timeline["items"].as_array().expect("a list");
    assert_eq!(items.len(), 1, "{timeline:#}");
    assert_eq!(items[0]["detail"]["field"], "email");
    let log = "/api/v1/audit-log?action=client_address_confirmed";
    let log = tenant.api.get(log).expect(200).await;
    assert_eq!(log["items"].as_array().map(Vec::len), Some(1), "{log}");
    assert!(!log.to_string().to_lowercase().contains("mia@"), "{log}");

    // whoever is erased leaves none of it in the books
    let path = format!("/api/v1/contacts/{contact}");
    tenant.api.delete(&path).expect(204).await;
    let left: (Option<String>, Option<String>) =
        sqlx::query_as("select confirmed_email, confirmed_phone from crm_clients where id = $1::uuid")
            .bind(&mia)
            .fetch_one(&mut server.owner().await)
            .await
            .expect("the client who bought");
    assert_eq!(left, (None, None));
}

/// Another address is another question, unless it is a colleague who writes it.
#[tokio::test]
async fn an_address_that_a_colleague_writes_is_confirmed_by_that() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let (_, mia) = typing(&tenant, "mia@example.com").await;
    // somebody else says that they are whom the colleague is going to write down
    typing(&tenant, "mia.maes@example.com or +32 470 12 34 56").await;

    let path = format!("{CLIENTS}/{mia}");
    let write = async |patch: Value| {
        let after = tenant.api.patch(&path).json(&patch).expect(200).await;
        (after["is_email_proven"].clone(), after["is_phone_proven"].clone())
    };
    let (yes, no) = (json!(true), json!(false));
    // to save what is there already says nothing about it
    let same = json!({"email": "mia@example.com", "name": "Mia"});
    assert_eq!(write(same).await, (no.clone(), no.clone()));
    let written = json!({"email": "Mia.Maes@example.com", "phone": "+32 470 123 456"});
    assert_eq!(write(written).await, (yes.clone(), yes.clone()));
    assert_eq!(
        buyer(&tenant, json!({"email": "mia.maes@example.com"})).await,
        mia
    );
    assert_eq!(buyer(&tenant, json!({"phone": "+32 470 123 456"})).await, mia);
    assert_eq!(
        write(json!({"name": "Mia Maes"})).await,
        (yes.clone(), yes.clone())
    );
    // what the visitor has typed needs a word of its own
    let typed = json!({"email": "mia@example.com", "phone": null});
    assert_eq!(write(typed).await, (no.clone(), no.clone()));
    assert_ne!(buyer(&tenant, json!({"email": "mia@example.com"})).await, mia);
}

#[tokio::test]
async fn a_confirmed_address_goes_with_a_merge_and_comes_back() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let (_, mia) = typing(&tenant, "mia@example.com").await;
    confirm(&tenant, &mia, json!({"email": "mia@example.com"})).await;
    let shop = id(&client(&tenant, json!({"name": "Mia Maes", "phone": "12345"})).await);
    let path = format!("{CLIENTS}/{shop}/merge");
    let one = tenant
        .api
        .post(&path)
        .json(&json!({"merged_id": mia}))
        .expect(200)
        .await;
    assert_eq!(
        (&one["email"], &one["is_email_proven"]),
        (&json!("mia@example.com"), &json!(true))
    );
    assert_eq!(buyer(&tenant, json!({"email": "mia@example.com"})).await, shop);
    let merges = tenant.api.get(&format!("{path}s")).expect(200).await;
    let undo = format!("{path}s/{}/undo", id(&merges["items"][0]));
    let back = tenant.api.post(&undo).expect(200).await;
    assert_eq!(
        (&back["id"], &back["email"], &back["is_email_proven"]),
        (&json!(mia), &json!("mia@example.com"), &json!(true))
    );
    assert_eq!(open(&tenant, &shop).await["email"], Value::Null);
    // the client is somebody of the shop again, whom a visitor may be without anybody's word
    assert_eq!(buyer(&tenant, json!({"email": "mia@example.com"})).await, mia);
}
