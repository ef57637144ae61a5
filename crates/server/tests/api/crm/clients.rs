//! Making, changing and losing clients: by hand, by writing, by erasure.

use serde_json::json;
use testkit::{Method, require_runtime};

use super::{client, id, open, writer};
use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn a_client_is_made_changed_and_deleted() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let clients = tenant.api.post("/api/v1/crm/clients");
    let nobody = clients.json(&json!({"source": "fair"})).send().await;
    nobody.problem(422, "no_name");
    let field = json!({"entity": "client", "label": "Shoe size", "field_type": "number"});
    let made = tenant
        .api
        .post("/api/v1/crm/fields")
        .json(&field)
        .expect(201)
        .await;
    assert_eq!(made["key"], "shoe_size");

    let body = json!({"name": " Zoé ", "email": "Zoe@x.example", "phone": "+33 6 11 22 33 44", "tags": ["VIP", "VIP"],
        "custom_fields": {"shoe_size": "41"}, "ecommerce_customer_id": "c-1"});
    let zoe = client(&tenant, body.clone()).await;
    assert_eq!(
        (
            &zoe["name"],
            &zoe["tags"],
            &zoe["custom_fields"],
            &zoe["currency"]
        ),
        (
            &json!("Zoé"),
            &json!(["VIP"]),
            &json!({"shoe_size": 41}),
            &json!("EUR")
        )
    );
    // address and number speak for a client; nobody has said how good a lead it is
    assert_eq!(
        (&zoe["lead_score"], &zoe["lead_quality"]),
        (&json!(20), &json!("cold"))
    );
    let again = tenant.api.post("/api/v1/crm/clients").json(&body).send().await;
    let detail = again.problem(409, "client_exists")["detail"].to_string();
    assert!(detail.contains(&id(&zoe)), "{detail}");
    let tags = tenant.api.get("/api/v1/crm/tags").expect(200).await;
    assert_eq!(
        tags["items"][0]["name"], "VIP",
        "a tag that was not there is made"
    );

    let path = format!("/api/v1/crm/clients/{}", id(&zoe));
    for (patch, code) in [
        (
            json!({"custom_fields": {"shoe_size": "large"}}),
            "bad_custom_field",
        ),
        (json!({"custom_fields": {"hat_size": 1}}), "bad_custom_field"),
        (json!({"email": "nowhere"}), "bad_email"),
        (json!({"phone": "call me"}), "bad_phone"),
        (json!({"assigned_to": id(&zoe)}), "not_a_member"),
        (json!({"name": null, "email": "", "phone": null}), "no_name"),
    ] {
        let refused = tenant.api.patch(&path).json(&patch).send().await;
        refused.problem(422, code);
    }
    let patch = json!({"lead_quality": "hot", "company_name": "Ateliers Zoé", "phone": null});
    let changed = tenant.api.patch(&path).json(&patch).expect(200).await;
    assert_eq!(
        (
            &changed["lead_quality"],
            &changed["is_quality_set"],
            &changed["lead_score"],
            &changed["phone"]
        ),
        (&json!("hot"), &json!(true), &json!(15), &json!(null))
    );
    let patch = json!({"lead_quality": null});
    let changed = tenant.api.patch(&path).json(&patch).expect(200).await;
    assert_eq!(changed["lead_quality"], "cold", "the score decides again");

    tenant.api.call(Method::DELETE, &path).expect(204).await;
    tenant.api.get(&path).send().await.problem(404, "not_found");
}

#[tokio::test]
async fn whoever_writes_becomes_a_client_if_the_channels_rule_says_so() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (_, contact, first) = writer(&tenant, "Hello").await;
    let known = open(&tenant, &first).await;
    assert_eq!(
        (
            &known["source"],
            &known["contact_id"],
            &known["contact"]["id"],
            &known["name"]
        ),
        (&json!("widget"), &json!(contact), &json!(contact), &json!(null))
    );
    assert_eq!(known["score_reasons"][0]["code"], "spoke_this_week");

    // what becomes known fills what is empty, and leaves what a colleague wrote
    let path = format!("/api/v1/crm/clients/{first}");
    tenant
        .api
        .patch(&path)
        .json(&json!({"name": "Ana at work"}))
        .expect(200)
        .await;
    let details = json!({"name": "Ana", "email": "ana@x.example"});
    let told = format!("/api/v1/contacts/{contact}");
    tenant.api.patch(&told).json(&details).expect(200).await;
    let known = open(&tenant, &first).await;
    assert_eq!(
        (&known["name"], &known["email"]),
        (&json!("Ana at work"), &json!("ana@x.example"))
    );

    let settings = tenant.api.get("/api/v1/crm/settings").expect(200).await;
    let channel = id(&settings["channels"][0]);
    let rule = |rule: &str| json!({"client_rules": {channel.as_str(): rule}});
    let patch = tenant.api.patch("/api/v1/crm/settings");
    patch.json(&rule("identified")).expect(200).await;
    let visitor = tenant.visitor().await;
    visitor.say("Hello").await;
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    let contact = id(&tenant.api.get(&path).expect(200).await["contact"]);
    let of_contact = format!("/api/v1/crm/contacts/{contact}/client");
    tenant.api.get(&of_contact).send().await.problem(404, "no_client");
    let told = format!("/api/v1/contacts/{contact}");
    tenant
        .api
        .patch(&told)
        .json(&json!({"phone": "0612345678"}))
        .expect(200)
        .await;
    let found = tenant.api.get(&of_contact).expect(200).await;
    assert_eq!(
        (&found["phone"], &found["source"]),
        (&json!("0612345678"), &json!("widget"))
    );

    let patch = tenant.api.patch("/api/v1/crm/settings");
    patch.json(&rule("never")).expect(200).await;
    let visitor = tenant.visitor().await;
    visitor.say("Hello").await;
    let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
    let contact = id(&tenant.api.get(&path).expect(200).await["contact"]);
    let of_contact = format!("/api/v1/crm/contacts/{contact}/client");
    tenant.api.get(&of_contact).send().await.problem(404, "no_client");
    let made = tenant.api.post(&of_contact).expect(201).await;
    assert_eq!(made["contact_id"], contact.as_str());
}

#[tokio::test]
async fn an_erased_contact_takes_its_client_along() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (_, contact, first) = writer(&tenant, "Hello").await;
    let path = format!("/api/v1/contacts/{contact}");
    tenant.api.call(Method::DELETE, &path).expect(204).await;
    let path = format!("/api/v1/crm/clients/{first}");
    tenant.api.get(&path).send().await.problem(404, "not_found");
}

#[tokio::test]
async fn a_tag_is_renamed_and_deleted_wherever_it_stands() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let zoe = id(&client(&tenant, json!({"name": "Zoé", "tags": ["VIP", "Paris"]})).await);
    let tags = tenant.api.get("/api/v1/crm/tags").expect(200).await;
    let tags = tags["items"].as_array().expect("a list").clone();
    let vip = id(tags.iter().find(|tag| tag["name"] == "VIP").expect("the tag"));
    let path = format!("/api/v1/crm/tags/{vip}");
    let taken = tenant
        .api
        .patch(&path)
        .json(&json!({"name": "Paris"}))
        .send()
        .await;
    taken.problem(409, "tag_taken");
    tenant
        .api
        .patch(&path)
        .json(&json!({"name": "Gold"}))
        .expect(200)
        .await;
    assert_eq!(open(&tenant, &zoe).await["tags"], json!(["Gold", "Paris"]));
    assert_eq!(super::names(&tenant, "tag=Gold&tag=Paris").await, ["Zoé"]);
    assert!(super::names(&tenant, "tag=VIP").await.is_empty());
    tenant.api.call(Method::DELETE, &path).expect(204).await;
    assert_eq!(open(&tenant, &zoe).await["tags"], json!(["Paris"]));
}
