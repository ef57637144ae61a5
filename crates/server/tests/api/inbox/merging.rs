//! Two contacts that are one person: put together by hand, though each token goes on with its own, and taken apart.

use serde_json::{Value, json};
use testkit::{Method, Tenant, Visitor, require_runtime};

use crate::identity::jwt;
use crate::quick_tenant;
use crate::support::server;

/// A visitor who has written, with the contact that they are.
async fn writer(tenant: &Tenant, text: &str) -> (Visitor, String, String) {
    let visitor = tenant.visitor().await;
    let said = visitor.say(text).await;
    let conversation = said["conversation"]["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/conversations/{conversation}");
    let details = tenant.api.get(&path).expect(200).await;
    let contact = details["contact"]["id"].as_str().expect("an id").to_owned();
    (visitor, contact, conversation)
}

async fn contact(tenant: &Tenant, id: &str) -> Value {
    let mut contact = tenant
        .api
        .get(&format!("/api/v1/contacts/{id}"))
        .expect(200)
        .await;
    // when they were heard of last is nobody's to take back
    contact["last_interaction_at"].take();
    for conversation in contact["conversations"].as_array_mut().expect("a list") {
        conversation
            .as_object_mut()
            .expect("an object")
            .retain(|key, _| key == "id" || key == "status");
    }
    contact
}

async fn merge(tenant: &Tenant, kept: &str, merged: &str) -> String {
    let path = format!("/api/v1/contacts/{kept}/merge/{merged}");
    let contact = tenant.api.post(&path).expect(200).await;
    contact["merges"][0]["id"].as_str().expect("an id").to_owned()
}

async fn undo(tenant: &Tenant, kept: &str, merge: &str) {
    let path = format!("/api/v1/contacts/{kept}/merges/{merge}");
    tenant.api.call(Method::DELETE, &path).expect(200).await;
}

fn ids(contact: &Value) -> Vec<&str> {
    let list = contact["conversations"].as_array().expect("a list");
    let mut ids: Vec<_> = list.iter().filter_map(|one| one["id"].as_str()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn two_contacts_become_one_and_two_again() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (first, kept, older) = writer(&tenant, "Where is my desk?").await;
    let (second, merged, newer) = writer(&tenant, "It is me again, from my phone.").await;
    let patch = json!({"name": "Ana", "email": "ana@example.com", "is_blocked": false});
    let path = format!("/api/v1/contacts/{merged}");
    tenant
        .api
        .call(Method::PATCH, &path)
        .json(&patch)
        .expect(200)
        .await;
    let before = (contact(&tenant, &kept).await, contact(&tenant, &merged).await);

    let undoing = merge(&tenant, &kept, &merged).await;
    let one = contact(&tenant, &kept).await;
    let mut both = [older.as_str(), newer.as_str()];
    both.sort_unstable();
    assert_eq!(
        (ids(&one), &one["name"]),
        (both.to_vec(), &json!("Ana")),
        "{one:#}"
    );
    assert_eq!(
        one["identities"].as_array().map(Vec::len),
        before.0["identities"]
            .as_array()
            .zip(before.1["identities"].as_array())
            .map(|(own, others)| own.len() + others.len()),
    );
    assert_eq!(contact(&tenant, &merged).await["merged_into"], kept.as_str());
    // nobody has proven that they are one: each token goes on with its own conversation
    for (visitor, words, own) in [
        (&second, "Still me.", &newer),
        (&first, "And from my desk.", &older),
    ] {
        let said = visitor.say(words).await;
        assert_eq!(said["conversation"]["id"], own.as_str(), "{said:#}");
    }
    let again = format!("/api/v1/contacts/{kept}/merge/{merged}");
    tenant
        .api
        .post(&again)
        .send()
        .await
        .problem(409, "merged_already");

    undo(&tenant, &kept, &undoing).await;
    let after = (contact(&tenant, &kept).await, contact(&tenant, &merged).await);
    assert_eq!(after, before);
    let said = first.say("My own again.").await;
    assert_eq!(said["conversation"]["id"], older.as_str(), "{said:#}");
    let said = second.say("Mine, too.").await;
    assert_eq!(said["conversation"]["id"], newer.as_str(), "{said:#}");
    let undone = format!("/api/v1/contacts/{kept}/merges/{undoing}");
    tenant
        .api
        .call(Method::DELETE, &undone)
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_person_of_three_is_taken_apart_step_by_step() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let (_, kept, _) = writer(&tenant, "One").await;
    let (_, middle, _) = writer(&tenant, "Two").await;
    let (third, last, own) = writer(&tenant, "Three").await;
    let path = format!("/api/v1/contacts/{last}");
    tenant
        .api
        .call(Method::PATCH, &path)
        .json(&json!({"is_blocked": true}))
        .expect(200)
        .await;
    let before = contact(&tenant, &middle).await;
    let inner = merge(&tenant, &middle, &last).await;
    let whole = contact(&tenant, &middle).await;
    assert_eq!(whole["is_blocked"], true, "who is blocked anywhere is blocked");
    let outer = merge(&tenant, &kept, &middle).await;
    assert_eq!(contact(&tenant, &last).await["merged_into"], kept.as_str());
    undo(&tenant, &kept, &outer).await;
    assert_eq!(contact(&tenant, &middle).await, whole);
    assert_eq!(contact(&tenant, &kept).await["is_blocked"], false);
    assert_eq!(contact(&tenant, &last).await["merged_into"], middle.as_str());
    undo(&tenant, &middle, &inner).await;
    assert_eq!(contact(&tenant, &middle).await, before);
    tenant
        .api
        .call(Method::PATCH, &path)
        .json(&json!({"is_blocked": false}))
        .expect(200)
        .await;
    assert_eq!(third.say("Mine").await["conversation"]["id"], own.as_str());
}

/// A channel that knows its customers.
struct Club {
    tenant: Tenant,
    key: String,
    secret: String,
}

impl Club {
    async fn open(tenant: Tenant) -> Self {
        let body = json!({"name": "Club", "settings": {"join_messages": "never"}});
        let made = tenant.api.post("/api/v1/channels").json(&body).expect(201).await;
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Self {
            key: text("channel_key"),
            secret: text("identity_secret"),
            tenant,
        }
    }

    /// Somebody signs in; nobody without a name.
    async fn enter(&self, name: Option<&str>) -> Visitor {
        let body = match name {
            None => json!({}),
            Some(name) => {
                let email = format!("{name}@example.com");
                let claims = json!({"sub": name, "name": name, "email": email, "exp": 4_000_000_000_u64});
                let token = jwt(&json!({"alg": "HS256"}), &claims, &self.secret);
                json!({"identity_token": token})
            }
        };
        Visitor::start(&self.tenant.api.without_credential(), &self.key, &body).await
    }

    /// Somebody who has written, with the contact that they are.
    async fn writer(&self, name: Option<&str>, words: &str) -> (Visitor, String) {
        let visitor = self.enter(name).await;
        let said = visitor.say(words).await;
        let conversation = said["conversation"]["id"].as_str().expect("an id");
        let path = format!("/api/v1/conversations/{conversation}");
        let details = self.tenant.api.get(&path).expect(200).await;
        let contact = details["contact"]["id"].as_str().expect("an id").to_owned();
        (visitor, contact)
    }
}

/// What the visitor reads in the newest conversation that is theirs.
async fn reads(visitor: &Visitor) -> String {
    visitor.history().await.to_string()
}

#[tokio::test]
async fn customers_who_sign_in_again_stay_who_they_are() {
    require_runtime!();
    let server = server().start().await;
    let club = Club::open(quick_tenant(&server).await).await;
    for (kept_name, merged_name) in [
        (Some("ana"), Some("ben")),
        (None, Some("cleo")),
        (Some("dan"), None),
    ] {
        let (kept, kept_id) = club.writer(kept_name, "KEPT-1").await;
        let (merged, merged_id) = club.writer(merged_name, "MERGED-1").await;
        let before = contact(&club.tenant, &kept_id).await;
        let undoing = merge(&club.tenant, &kept_id, &merged_id).await;

        let (mut kept_again, mut merged_again) = (kept, merged);
        for round in ["2", "3", "4"] {
            if round == "4" {
                undo(&club.tenant, &kept_id, &undoing).await;
            }
            let (kept_before, merged_before) = (kept_again, merged_again);
            kept_again = match kept_name {
                Some(_) => club.enter(kept_name).await,
                None => kept_before.clone(),
            };
            merged_again = match merged_name {
                Some(_) => club.enter(merged_name).await,
                None => merged_before.clone(),
            };
            merged_again.say(&format!("MERGED-{round}")).await;
            kept_again.say(&format!("KEPT-{round}")).await;
            for visitor in [&kept_before, &kept_again] {
                let read = reads(visitor).await;
                assert!(!read.contains("MERGED"), "{kept_name:?} {round}: {read}");
            }
            for visitor in [&merged_before, &merged_again] {
                let read = reads(visitor).await;
                assert!(!read.contains("KEPT"), "{merged_name:?} {round}: {read}");
            }
            assert!(reads(&kept_again).await.contains(&format!("KEPT-{round}")));
            assert!(reads(&merged_again).await.contains(&format!("MERGED-{round}")));
        }
        let after = contact(&club.tenant, &kept_id).await;
        for field in ["name", "email", "identities", "merged_into"] {
            assert_eq!(after[field], before[field], "{field} of {kept_name:?}");
        }
        let other = contact(&club.tenant, &merged_id).await;
        assert_eq!(other["name"], json!(merged_name), "{other:#}");
    }
}
