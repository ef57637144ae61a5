//! The bot answers, asks once, and reads what it is told.

use serde_json::json;
use testkit::{Receiver, require_runtime};
use uuid::Uuid;

use super::{contact_of, leads, shop, text};
use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn who_asks_for_the_price_is_answered_then_asked_and_becomes_a_lead() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let consent = json!({"settings": {"lead_consent_text": "We use it for this question only."}});
    tenant.configure(&consent).await;
    let visitor = tenant.visitor().await;

    let said = text(&visitor.say("How much is the oak table?").await);
    assert!(said.starts_with("The oak table costs 400 euros."), "{said}");
    assert!(
        said.contains("your name and your e-mail address or phone number"),
        "{said}"
    );
    assert!(said.ends_with("We use it for this question only."), "{said}");
    assert!(leads(&tenant, "").await.is_empty());

    let said = text(
        &visitor
            .say("Sure: Mia Brown, Mia@Example.com or +32 470 12 34 56")
            .await,
    );
    assert!(
        said.contains("Mia Brown, Mia@Example.com, +32470123456"),
        "{said}"
    );
    let all = leads(&tenant, "").await;
    assert_eq!(all.len(), 1, "{all:?}");
    let lead = &all[0];
    assert_eq!(lead["conversation_id"], visitor.conversation_id.to_string());
    assert_eq!(lead["intent"], "price");
    assert_eq!((&lead["status"], &lead["source"]), (&json!("new"), &json!("bot")));
    let expected =
        json!({"name": "Mia Brown", "email": "Mia@Example.com", "phone": "+32470123456", "company": null});
    assert_eq!(lead["contact_info"], expected);
    assert!(
        lead["consent"]["text"]
            .as_str()
            .is_some_and(|text| text.contains("this question only"))
    );
    assert!(lead["consent"]["given_at"].is_string(), "{lead}");

    let contact = contact_of(&tenant, visitor.conversation_id).await;
    assert_eq!(
        (&contact["name"], &contact["phone"]),
        (&json!("Mia Brown"), &json!("32470123456"))
    );
    assert_eq!(contact["email"], "Mia@Example.com");
    let identities = contact["identities"].as_array().expect("a list");
    assert!(
        identities.iter().all(|identity| identity["is_verified"] == false),
        "{contact}"
    );

    // never again in this conversation, and no second lead
    let said = text(&visitor.say("How much is the oak table?").await);
    assert_eq!(said, "The oak table costs 400 euros.");
    assert_eq!(leads(&tenant, "").await.len(), 1);
}

#[tokio::test]
async fn a_no_is_a_no() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let visitor = tenant.visitor().await;
    assert!(text(&visitor.say("How much is the oak table?").await).contains("just say no"));
    let said = text(&visitor.say("No thanks").await);
    assert!(said.contains("I will not ask again"), "{said}");
    let said = text(&visitor.say("How much is the oak table?").await);
    assert_eq!(said, "The oak table costs 400 euros.");
    assert!(leads(&tenant, "").await.is_empty());
    // who changes their mind is heard
    visitor.say("Well, write to mia@example.com").await;
    assert_eq!(leads(&tenant, "").await.len(), 1);
}

#[tokio::test]
async fn a_question_beside_the_address_is_answered_too() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let visitor = tenant.visitor().await;
    visitor.say("How much is the oak table?").await;
    let said = text(&visitor.say("mia@example.com. Do you ship to Belgium?").await);
    assert!(
        said.contains("mia@example.com") && said.ends_with("Yes, within three days."),
        "{said}"
    );
    assert_eq!(
        leads(&tenant, "").await[0]["contact_info"]["email"],
        "mia@example.com"
    );
}

#[tokio::test]
async fn french_is_answered_in_french() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    tenant
        .teach(
            "Combien coûte la table en chêne ?",
            "La table en chêne coûte 400 euros.",
        )
        .await;
    let visitor = tenant.visitor().await;
    let said = text(&visitor.say("Combien coûte la table en chêne ?").await);
    assert!(said.contains("votre nom et votre adresse e-mail"), "{said}");
    let said = text(&visitor.say("Je m'appelle Zoé, 06 12 34 56 78").await);
    assert!(said.starts_with("Merci, c’est noté : Zoé, 0612345678."), "{said}");
    let lead = &leads(&tenant, "").await[0];
    assert_eq!(lead["contact_info"]["phone"], "0612345678");
}

#[tokio::test]
async fn nobody_is_asked_where_the_business_did_not_turn_it_on_or_knows_the_person() {
    require_runtime!();
    let server = server().start().await;
    let quiet = quick_tenant(&server).await;
    quiet.teach("How much is the oak table?", "400 euros.").await;
    let visitor = quiet.visitor().await;
    assert_eq!(
        text(&visitor.say("How much is the oak table?").await),
        "400 euros."
    );
    assert!(leads(&quiet, "").await.is_empty());

    let tenant = shop(&server).await;
    let visitor = tenant.visitor().await;
    visitor.say("Do you ship to Belgium?").await;
    let email = json!({"email": "mia@example.com"});
    let path = visitor.path("contact");
    visitor.api.post(&path).json(&email).expect(204).await;
    let said = text(&visitor.say("How much is the oak table?").await);
    assert_eq!(said, "The oak table costs 400 euros.");
    // they can be reached: that is a lead already
    let lead = &leads(&tenant, "").await[0];
    assert_eq!(lead["contact_info"]["email"], "mia@example.com");
    assert!(lead["consent"].is_null());
}

#[tokio::test]
async fn settings_out_of_range_are_refused() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let path = format!("/api/v1/channels/{}", super::id(&tenant.channel().await));
    for settings in [
        json!({"lead_fields": ["name"]}),
        json!({"lead_capture": "always"}),
        json!({"lead_consent_text": "x".repeat(501)}),
    ] {
        let patch = json!({"settings": settings});
        let answer = tenant.api.patch(&path).json(&patch).send().await;
        assert_eq!(answer.status, 422, "{settings}");
    }
}

#[tokio::test]
async fn a_form_makes_one_lead_and_other_programs_are_told() {
    require_runtime!();
    let server = server().with_usual_limits().start().await;
    let tenant = quick_tenant(&server).await;
    let receiver = Receiver::start().await;
    let hook = json!({"url": receiver.url(), "event_types": ["lead.created", "lead.status_changed"]});
    tenant
        .api
        .post("/api/v1/webhook-endpoints")
        .json(&hook)
        .expect(201)
        .await;
    let visitor = tenant.visitor().await;
    let path = visitor.path("leads");
    let form = json!({"name": "Mia", "email": "mia@example.com", "company": "Oak & Co", "intent": "quote", "message": "40 chairs",
        "consent_text": "You may write to me."});
    visitor.api.post(&path).json(&form).expect(204).await;
    let again = json!({"email": "mia@example.com", "phone": "+32 470 12 34 56"});
    visitor.api.post(&path).json(&again).expect(204).await;
    let all = leads(&tenant, "?status=new&intent=quote,form&q=oak").await;
    assert_eq!(all.len(), 1, "{all:?}");
    let lead = &all[0];
    assert_eq!(
        (&lead["source"], &lead["note"]),
        (&json!("form"), &json!("40 chairs"))
    );
    assert_eq!(lead["contact_info"]["company"], "Oak & Co");
    assert_eq!(lead["consent"]["text"], "You may write to me.");

    let told = receiver.next().await.json();
    assert_eq!(told["type"], "lead.created", "{told}");
    assert_eq!(told["data"]["contact"]["email"], "mia@example.com");
    let path_of_lead = format!("/api/v1/leads/{}", super::id(lead));
    tenant
        .api
        .patch(&path_of_lead)
        .json(&json!({"status": "contacted"}))
        .expect(200)
        .await;
    let told = receiver.next().await.json();
    assert_eq!(
        (&told["type"], &told["data"]["status"]),
        (&json!("lead.status_changed"), &json!("contacted"))
    );

    for body in [
        json!({}),
        json!({"email": "nobody"}),
        json!({"name": "Mia"}),
        json!({"phone": "12"}),
    ] {
        let refused = visitor.api.post(&path).json(&body).send().await;
        assert_eq!(refused.status, 422, "{body}: {}", refused.text());
    }
    let stranger = tenant.api.without_credential();
    assert_eq!(stranger.post(&path).json(&form).send().await.status, 401);
    // the same guard as for messages: ten a minute
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(visitor.api.post(&path).json(&form).send().await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn a_contact_that_is_erased_takes_its_leads_along_and_one_that_is_merged_keeps_them() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let visitor = tenant.visitor().await;
    visitor.say("How much is the oak table?").await;
    visitor.say("mia@example.com").await;
    let other = tenant.visitor().await;
    other.say("Do you ship to Belgium?").await;
    let kept = super::id(&contact_of(&tenant, other.conversation_id).await);
    let merged = super::id(&contact_of(&tenant, visitor.conversation_id).await);
    let path = format!("/api/v1/contacts/{kept}/merge/{merged}");
    let after = tenant.api.post(&path).expect(200).await;
    let of = |contact: Uuid| format!("?contact_id={contact}");
    assert_eq!(leads(&tenant, &of(kept)).await.len(), 1);
    let merge = after["merges"][0]["id"].as_str().expect("an id");
    let path = format!("/api/v1/contacts/{kept}/merges/{merge}");
    tenant.api.delete(&path).expect(200).await;
    assert_eq!(leads(&tenant, &of(merged)).await.len(), 1);
    tenant
        .api
        .delete(&format!("/api/v1/contacts/{merged}"))
        .expect(204)
        .await;
    assert!(leads(&tenant, "").await.is_empty());
}
