//! What the knowledge asks for by itself: contradictions, what visitors find wrong, days gone by.

use serde_json::{Value, json};
use testkit::{Tenant, require_runtime};

use crate::evaluation::embed_by_another_model;
use crate::quick_tenant;
use crate::support::server;

async fn upkeep(tenant: &Tenant) -> Value {
    tenant.api.get("/api/v1/upkeep").expect(200).await
}

async fn dismiss(tenant: &Tenant, body: Value) {
    let call = tenant.api.post("/api/v1/upkeep/dismissals").json(&body);
    call.expect(204).await;
}

#[tokio::test]
async fn pairs_that_contradict_each_other_are_found_until_somebody_says_that_they_do_not() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let thirty = tenant
        .teach("How long can I return a table?", "You have 30 days.")
        .await;
    let fourteen = tenant
        .teach(
            "How many days do I have to return a table?",
            "Send it back within 14 days.",
        )
        .await;
    tenant.teach("When is the shop open?", "From nine to six.").await;
    let found = upkeep(&tenant).await;
    let contradictions = found["contradictions"].as_array().expect("a list");
    assert_eq!(contradictions.len(), 1, "{found}");
    assert_eq!(contradictions[0]["because"], "numbers");
    let ids = [
        &contradictions[0]["pair"]["id"],
        &contradictions[0]["other"]["id"],
    ];
    assert!(ids.contains(&&json!(thirty)) && ids.contains(&&json!(fourteen)));

    let finding = json!({"kind": "contradiction", "qa_pair_id": fourteen, "other_id": thirty});
    dismiss(&tenant, finding).await;
    assert_eq!(upkeep(&tenant).await["contradictions"], json!([]));
    // what is changed is looked at again
    let address = format!("/api/v1/qa-pairs/{thirty}");
    let changed = json!({"answer": "You have 31 days."});
    tenant.api.patch(&address).json(&changed).expect(200).await;
    assert_eq!(
        upkeep(&tenant).await["contradictions"].as_array().map(Vec::len),
        Some(1)
    );
    let bad = json!({"kind": "unused", "qa_pair_id": fourteen, "other_id": thirty});
    let refused = tenant
        .api
        .post("/api/v1/upkeep/dismissals")
        .json(&bad)
        .send()
        .await;
    refused.problem(422, "bad_dismissal");
}

#[tokio::test]
async fn what_visitors_find_wrong_and_what_names_a_day_gone_by_is_shown_until_it_is_mended() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let question = "Is there a summer sale?";
    let id = tenant
        .teach(question, "Yes, until 31 August 2025 everything costs half.")
        .await;
    tenant
        .teach("Since when does the shop exist?", "Since 3 May 2024.")
        .await;
    for _ in 0..2 {
        let visitor = tenant.visitor().await;
        let said = visitor.say(question).await;
        let message = said["answer"]["id"].as_str().expect("an answer").to_owned();
        let feedback = visitor.path(&format!("messages/{message}/feedback"));
        visitor
            .api
            .post(&feedback)
            .json(&json!({"value": "down"}))
            .expect(200)
            .await;
    }
    let found = upkeep(&tenant).await;
    assert_eq!(found["disliked"][0]["pair"]["id"], json!(id), "{found}");
    assert_eq!(found["disliked"][0]["thumbs_down"], 2);
    assert_eq!(found["outdated"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["outdated"][0]["named"], "2025-08-31");
    assert_eq!((&found["unused"], &found["answers"]), (&json!([]), &json!(2)));

    let address = format!("/api/v1/qa-pairs/{id}");
    let mended = json!({"answer": "Not at the moment."});
    tenant.api.patch(&address).json(&mended).expect(200).await;
    let found = upkeep(&tenant).await;
    assert_eq!((&found["disliked"], &found["outdated"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_pair_that_no_answer_needed_for_months_is_shown_until_one_does() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let question = "Do you repair umbrellas?";
    let id = tenant.teach(question, "Yes, on Mondays.").await;
    let young = tenant.teach("Do you sell ladders?", "No.").await;
    tenant.teach("When is the shop open?", "From nine to six.").await;
    tenant.visitor().await.say(question).await;
    let long_ago = [
        "update qa_pairs set created_at = now() - interval '200 days' where tenant_id = $1 and id <> $2",
        "update answers set created_at = now() - interval '91 days' where tenant_id = $1 and id <> $2",
        "update qa_pair_uses set used_at = now() - interval '91 days' where tenant_id = $1 and qa_pair_id <> $2",
    ];
    let mut owner = server.owner().await;
    for update in long_ago {
        let updated = sqlx::query(update).bind(tenant.id).bind(young);
        let updated = updated.execute(&mut owner).await.expect("another day");
        assert!(updated.rows_affected() > 0, "{update}");
    }
    let visitor = tenant.visitor().await;
    for _ in 0..99 {
        visitor.say("When is the shop open?").await;
    }
    let found = upkeep(&tenant).await;
    assert_eq!((&found["answers"], &found["unused"]), (&json!(99), &json!([])));

    visitor.say("When is the shop open?").await;
    let found = upkeep(&tenant).await;
    assert_eq!(found["answers"], 100);
    let unused = found["unused"].as_array().expect("a list");
    let ids: Vec<_> = unused.iter().map(|pair| &pair["id"]).collect();
    assert_eq!(ids, [&json!(id)], "neither the young one nor the needed one");

    visitor.say(question).await;
    assert_eq!(upkeep(&tenant).await["unused"], json!([]));
}

#[tokio::test]
async fn what_was_dismissed_stays_so_when_another_model_embeds_the_pairs() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let id = tenant
        .teach("Is there a summer sale?", "Yes, until 31 August 2025.")
        .await;
    assert_eq!(
        upkeep(&tenant).await["outdated"].as_array().map(Vec::len),
        Some(1)
    );
    dismiss(&tenant, json!({"kind": "outdated", "qa_pair_id": id})).await;
    embed_by_another_model(&tenant).await;
    assert_eq!(upkeep(&tenant).await["outdated"], json!([]));
}

#[tokio::test]
async fn a_question_whose_answer_was_disliked_is_put_into_the_gap_queue_once() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Is there a summer sale?", "Yes.").await;
    let mut asked = Vec::new();
    for comment in [None, Some("When?")] {
        let visitor = tenant.visitor().await;
        let said = visitor.say("Is there a summer sale?").await;
        let message = said["answer"]["id"].as_str().expect("an answer").to_owned();
        let feedback = visitor.path(&format!("messages/{message}/feedback"));
        let body = json!({"value": "down", "comment": comment});
        visitor.api.post(&feedback).json(&body).expect(200).await;
        asked.push((visitor.conversation_id, message));
    }
    let questions = async || upkeep(&tenant).await["disliked"][0]["questions"].clone();
    let found = questions().await;
    assert_eq!(found.as_array().map(Vec::len), Some(2), "{found}");
    let (conversation, answer) = &asked[1];
    assert_eq!(
        (&found[0]["question"], &found[0]["comment"], &found[0]["gap_id"]),
        (&json!("Is there a summer sale?"), &json!("When?"), &Value::Null)
    );
    assert_eq!(
        (&found[0]["conversation_id"], &found[0]["answer_id"]),
        (&json!(conversation), &json!(answer))
    );

    let path = format!("/api/v1/answers/{answer}/gap");
    let gap = tenant.api.post(&path).expect(200).await;
    assert_eq!(
        (&gap["question"], &gap["ai_answer"], &gap["status"]),
        (&json!("Is there a summer sale?"), &json!("Yes."), &json!("open"))
    );
    let again = tenant.api.post(&path).expect(200).await;
    assert_eq!((&again["id"], &again["times_asked"]), (&gap["id"], &json!(1)));
    assert_eq!(questions().await[0]["gap_id"], gap["id"]);
    assert_eq!(questions().await[1]["gap_id"], Value::Null);
    let other = format!("/api/v1/answers/{}/gap", asked[0].1);
    let same = tenant.api.post(&other).expect(200).await;
    assert_eq!((&same["id"], &same["times_asked"]), (&gap["id"], &json!(2)));

    let nothing = tenant
        .api
        .post(&format!("/api/v1/answers/{}/gap", uuid::Uuid::now_v7()))
        .send()
        .await;
    nothing.problem(404, "not_found");
}

async fn against_documents(tenant: &Tenant) -> Vec<Value> {
    let found = upkeep(tenant).await;
    found["against_documents"].as_array().expect("a list").clone()
}

async fn learn_terms(tenant: &Tenant, text: &str) -> String {
    let body = json!({"title": "Terms", "text": text, "url": "https://shop.example/terms"});
    let call = tenant.api.post("/api/v1/documents").json(&body);
    let made = call.expect(201).await;
    format!("/api/v1/documents/{}", made["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_document_that_names_another_number_is_shown_beside_the_answer() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let id = tenant
        .teach("How long can I return a table?", "You have 30 days.")
        .await;
    tenant.teach("When is the shop open?", "From 9 to 6.").await;
    let says = "Write to us first. A table may be returned within 14 days.";
    let terms = learn_terms(&tenant, says).await;
    let found = against_documents(&tenant).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        (&found[0]["pair"]["id"], &found[0]["sentence"], &found[0]["url"]),
        (
            &json!(id),
            &json!("A table may be returned within 14 days."),
            &json!("https://shop.example/terms")
        )
    );
    dismiss(&tenant, json!({"kind": "against_document", "qa_pair_id": id})).await;
    assert!(against_documents(&tenant).await.is_empty());
    // another document is another matter
    tenant.api.delete(&terms).expect(204).await;
    let other = learn_terms(&tenant, "A table may be returned within 10 days of delivery.").await;
    assert_eq!(against_documents(&tenant).await.len(), 1);
    tenant.api.delete(&other).expect(204).await;
    learn_terms(&tenant, "A table may be returned within 30 days.").await;
    assert!(against_documents(&tenant).await.is_empty());
}

#[tokio::test]
async fn what_visitors_asked_is_for_those_who_may_read_conversations() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let question = "Is there a summer sale?";
    tenant.teach(question, "Yes.").await;
    for _ in 0..2 {
        let visitor = tenant.visitor().await;
        let said = visitor.say(question).await;
        let message = said["answer"]["id"].as_str().expect("an answer").to_owned();
        let feedback = visitor.path(&format!("messages/{message}/feedback"));
        let down = json!({"value": "down", "comment": "My name is Zoe"});
        visitor.api.post(&feedback).json(&down).expect(200).await;
    }
    assert!(upkeep(&tenant).await.to_string().contains("Zoe"));
    let owner = server.member(&tenant, "owner@shop.example", "owner").await;
    let body = json!({"name": "Sync", "scopes": ["knowledge:read"]});
    let made = owner.post("/api/v1/api-keys").json(&body).expect(201).await;
    let key = owner.with_bearer(made["key"].as_str().expect("a key"));
    let seen = key.get("/api/v1/upkeep").expect(200).await;
    assert_eq!(seen["disliked"][0]["thumbs_down"], 2, "{seen}");
    assert_eq!(seen["disliked"][0]["questions"], json!([]));
}
