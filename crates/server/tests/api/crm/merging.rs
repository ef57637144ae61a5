//! Two clients that are one, with their contacts or without, and two again.

use serde_json::{Value, json};
use testkit::{Method, Tenant, require_runtime};

use super::{client, id, open, writer};
use crate::quick_tenant;
use crate::support::server;

async fn merge(tenant: &Tenant, kept: &str, merged: &str) -> Value {
    let path = format!("/api/v1/crm/clients/{kept}/merge");
    tenant
        .api
        .post(&path)
        .json(&json!({"merged_id": merged}))
        .expect(200)
        .await
}

async fn merges(tenant: &Tenant, kept: &str) -> Vec<String> {
    let path = format!("/api/v1/crm/clients/{kept}/merges");
    let list = tenant.api.get(&path).expect(200).await;
    list["items"].as_array().expect("a list").iter().map(id).collect()
}

/// What people see of a client, without when it was touched.
async fn seen(tenant: &Tenant, client: &str) -> Value {
    let mut client = open(tenant, client).await;
    for key in ["updated_at", "score_reasons", "lead_score", "contact"] {
        client[key].take();
    }
    client
}

#[tokio::test]
async fn clients_without_contacts_become_one_and_two_again() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let field = json!({"entity": "client", "label": "Size", "field_type": "text"});
    tenant
        .api
        .post("/api/v1/crm/fields")
        .json(&field)
        .expect(201)
        .await;
    let body = json!({"name": "Ana", "email": "ana@x.example", "tags": ["A"], "first_contact_date": "2026-02-02T00:00:00Z"});
    let kept = id(&client(&tenant, body).await);
    let body = json!({"name": "Ana B.", "email": "Ana@X.example", "phone": "12345", "tags": ["A", "B"], "client_type": "customer",
        "custom_fields": {"size": "L"}, "ecommerce_customer_id": "c-9", "first_contact_date": "2026-01-01T00:00:00Z"});
    let merged = id(&client(&tenant, body).await);
    let note = json!({"client_id": merged, "content": "Likes blue."});
    tenant.api.post("/api/v1/crm/notes").json(&note).expect(201).await;
    let call = json!({"client_id": merged, "activity_type": "call", "subject": "Ring", "status": "completed",
        "completed_at": "2030-01-01T00:00:00Z"});
    tenant
        .api
        .post("/api/v1/crm/activities")
        .json(&call)
        .expect(201)
        .await;
    let before = (seen(&tenant, &kept).await, seen(&tenant, &merged).await);
    let similar = tenant
        .api
        .get(&format!("/api/v1/crm/clients/{kept}/similar"))
        .expect(200)
        .await;
    assert_eq!(
        (
            &similar["items"][0]["client"]["id"],
            &similar["items"][0]["reasons"]
        ),
        (&json!(merged), &json!(["email"]))
    );
    let pairs = tenant.api.get("/api/v1/crm/duplicates").expect(200).await;
    assert_eq!(
        (&pairs["items"][0]["reason"], &pairs["items"][0]["a"]["id"]),
        (&json!("email"), &json!(kept))
    );

    let one = merge(&tenant, &kept, &merged).await;
    assert_eq!(
        (
            &one["name"],
            &one["phone"],
            &one["tags"],
            &one["custom_fields"],
            &one["ecommerce_customer_id"]
        ),
        (
            &json!("Ana"),
            &json!("12345"),
            &json!(["A", "B"]),
            &json!({"size": "L"}),
            &json!("c-9")
        )
    );
    assert_eq!(
        (
            &one["first_contact_date"],
            &one["last_contact_date"],
            &one["client_type"]
        ),
        (
            &json!("2026-01-01T00:00:00Z"),
            &json!("2030-01-01T00:00:00Z"),
            &json!("customer")
        )
    );
    assert_eq!(open(&tenant, &merged).await["merged_into"], kept.as_str());
    let timeline = tenant
        .api
        .get(&format!("/api/v1/crm/clients/{merged}/timeline"))
        .expect(200)
        .await;
    let kinds: Vec<&str> = timeline["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|item| item["kind"].as_str())
        .collect();
    assert_eq!(kinds, ["merge", "activity", "note"]);
    let path = format!("/api/v1/crm/clients/{merged}");
    let gone = tenant.api.patch(&path).json(&json!({"name": "X"})).send().await;
    gone.problem(409, "merged_already");
    let again = tenant.api.post(&format!("/api/v1/crm/clients/{kept}/merge"));
    again
        .json(&json!({"merged_id": merged}))
        .send()
        .await
        .problem(409, "merged_already");
    let itself = tenant.api.post(&format!("/api/v1/crm/clients/{kept}/merge"));
    itself
        .json(&json!({"merged_id": kept}))
        .send()
        .await
        .problem(409, "same_client");

    // what somebody has written since stays
    let path = format!("/api/v1/crm/clients/{kept}");
    tenant
        .api
        .patch(&path)
        .json(&json!({"phone": "67890"}))
        .expect(200)
        .await;
    let undo = format!(
        "/api/v1/crm/clients/{kept}/merges/{}/undo",
        merges(&tenant, &kept).await[0]
    );
    let back = tenant.api.post(&undo).expect(200).await;
    assert_eq!(back["id"], merged.as_str());
    assert_eq!(seen(&tenant, &merged).await, before.1);
    let mut kept_again = seen(&tenant, &kept).await;
    assert_eq!(kept_again["phone"], "67890");
    kept_again["phone"].take();
    kept_again["is_phone_proven"] = json!(false);
    assert_eq!(kept_again, before.0);
    let notes = tenant
        .api
        .get(&format!("/api/v1/crm/notes?client_id={merged}"))
        .expect(200)
        .await;
    assert_eq!(notes["items"][0]["content"], "Likes blue.");
    tenant.api.post(&undo).send().await.problem(404, "not_found");
}

#[tokio::test]
async fn clients_and_contacts_go_together_both_ways() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (_, kept_contact, kept) = writer(&tenant, "One").await;
    let (_, merged_contact, merged) = writer(&tenant, "Two").await;
    let told = format!("/api/v1/contacts/{merged_contact}");
    tenant
        .api
        .patch(&told)
        .json(&json!({"email": "two@x.example"}))
        .expect(200)
        .await;
    let before = (seen(&tenant, &kept).await, seen(&tenant, &merged).await);

    // in the inbox
    let path = format!("/api/v1/contacts/{kept_contact}/merge/{merged_contact}");
    let contact = tenant.api.post(&path).expect(200).await;
    assert_eq!(open(&tenant, &merged).await["merged_into"], kept.as_str());
    assert_eq!(open(&tenant, &kept).await["email"], "two@x.example");
    let path = format!(
        "/api/v1/contacts/{kept_contact}/merges/{}",
        id(&contact["merges"][0])
    );
    tenant.api.call(Method::DELETE, &path).expect(200).await;
    assert_eq!((seen(&tenant, &kept).await, seen(&tenant, &merged).await), before);

    // among the clients
    merge(&tenant, &kept, &merged).await;
    let contact = tenant.api.get(&told).expect(200).await;
    assert_eq!(contact["merged_into"], kept_contact.as_str());
    let undo = format!(
        "/api/v1/crm/clients/{kept}/merges/{}/undo",
        merges(&tenant, &kept).await[0]
    );
    tenant.api.post(&undo).expect(200).await;
    let contact = tenant.api.get(&told).expect(200).await;
    assert_eq!(contact["merged_into"], json!(null));
    assert_eq!((seen(&tenant, &kept).await, seen(&tenant, &merged).await), before);
}

#[tokio::test]
async fn a_merge_within_a_merge_is_taken_back_last() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let [one, two, three] = [
        id(&client(&tenant, json!({"name": "One"})).await),
        id(&client(&tenant, json!({"name": "Two"})).await),
        id(&client(&tenant, json!({"name": "Three", "email": "three@x.example"})).await),
    ];
    merge(&tenant, &two, &three).await;
    let inner = format!(
        "/api/v1/crm/clients/{two}/merges/{}/undo",
        merges(&tenant, &two).await[0]
    );
    merge(&tenant, &one, &two).await;
    assert_eq!(open(&tenant, &three).await["merged_into"], one.as_str());
    tenant
        .api
        .post(&inner)
        .send()
        .await
        .problem(409, "merged_already");
    let outer = format!(
        "/api/v1/crm/clients/{one}/merges/{}/undo",
        merges(&tenant, &one).await[0]
    );
    tenant.api.post(&outer).expect(200).await;
    assert_eq!(open(&tenant, &two).await["email"], "three@x.example");
    tenant.api.post(&inner).expect(200).await;
    assert_eq!(open(&tenant, &two).await["email"], json!(null));
    assert_eq!(open(&tenant, &three).await["merged_into"], json!(null));
}

#[tokio::test]
async fn a_client_follows_a_contact_that_becomes_part_of_one_without() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (_, kept_contact, lost) = writer(&tenant, "One").await;
    let path = format!("/api/v1/crm/clients/{lost}");
    tenant.api.call(Method::DELETE, &path).expect(204).await;
    let (_, merged_contact, follower) = writer(&tenant, "Two").await;
    let path = format!("/api/v1/contacts/{kept_contact}/merge/{merged_contact}");
    let contact = tenant.api.post(&path).expect(200).await;
    assert_eq!(
        open(&tenant, &follower).await["contact_id"],
        kept_contact.as_str()
    );
    let path = format!(
        "/api/v1/contacts/{kept_contact}/merges/{}",
        id(&contact["merges"][0])
    );
    tenant.api.call(Method::DELETE, &path).expect(200).await;
    assert_eq!(
        open(&tenant, &follower).await["contact_id"],
        merged_contact.as_str()
    );
}

/// Two visitors leave the same address, and somebody believes it.
#[tokio::test]
async fn merging_two_visitors_shows_neither_what_the_other_wrote() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (one, one_contact, kept) = writer(&tenant, "The SECRET of One").await;
    let (two, _, merged) = writer(&tenant, "The SECRET of Two").await;
    for visitor in [&one, &two] {
        let call = visitor.api.post(&visitor.path("contact"));
        call.json(&json!({"email": "same@x.example"})).expect(204).await;
    }
    let similar = format!("/api/v1/crm/clients/{kept}/similar");
    let similar = tenant.api.get(&similar).expect(200).await;
    assert_eq!(similar["items"][0]["is_verified"], false, "{similar:#}");
    let pairs = tenant.api.get("/api/v1/crm/duplicates").expect(200).await;
    assert_eq!(pairs["items"][0]["is_verified"], false, "{pairs:#}");

    // a key that may not touch the inbox does not put contacts together
    let key = json!({"name": "Shop", "scopes": ["crm:read", "crm:write"]});
    let key = tenant.api.post("/api/v1/api-keys").json(&key).expect(201).await;
    let key = server.api.with_bearer(key["key"].as_str().expect("a key"));
    let path = format!("/api/v1/crm/clients/{kept}/merge");
    let body = json!({"merged_id": merged});
    assert_eq!(key.post(&path).json(&body).send().await.status, 403);

    let nobody_reads_the_other = async |when: &str| {
        for (visitor, others) in [(&one, "SECRET of Two"), (&two, "SECRET of One")] {
            let renewed = testkit::Visitor::start(&visitor.api, &tenant.channel_key, &json!({})).await;
            visitor.say(&format!("And {when}")).await;
            for visitor in [visitor, &renewed] {
                let seen = visitor.history().await.to_string();
                assert!(!seen.contains(others), "{when}: {seen}");
                assert!(seen.contains("SECRET of"), "{when}, their own: {seen}");
            }
        }
    };
    merge(&tenant, &kept, &merged).await;
    let both = tenant
        .api
        .get(&format!("/api/v1/contacts/{one_contact}"))
        .expect(200)
        .await;
    assert_eq!(both["conversations"].as_array().map(Vec::len), Some(2));
    nobody_reads_the_other("merged").await;
    let undo = format!(
        "/api/v1/crm/clients/{kept}/merges/{}/undo",
        merges(&tenant, &kept).await[0]
    );
    tenant.api.post(&undo).expect(200).await;
    nobody_reads_the_other("taken back").await;
}
