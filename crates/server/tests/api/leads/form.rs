//! A keyword makes the bot ask for an address, wherever; and what somebody wants speaks for their client.

use serde_json::{Value, json};
use simulators::n8n::{Auth, Options, Simulator};
use testkit::{Method, Tenant, Visitor, require_runtime};

use super::{contact_of, id, leads, shop, text};
use crate::quick_tenant;
use crate::support::server;

async fn keyword(tenant: &Tenant, word: &str, more: Value) {
    let channel = id(&tenant.channel().await);
    let body = json!({"channel_id": channel, "keyword": word, "action_type": "LEAD_FORM", "argument": more});
    let call = tenant.api.post("/api/v1/automation/keyword-actions").json(&body);
    call.expect(201).await;
}

/// A shop whose bot asks nobody by itself.
async fn reserved(server: &testkit::Server) -> Tenant {
    let tenant = shop(server).await;
    let off = json!({"settings": {"lead_capture": "off"}});
    tenant.configure(&off).await;
    tenant
}

/// The codes of what speaks for the visitor's client.
async fn reasons(tenant: &Tenant, visitor: &Visitor) -> Vec<String> {
    let contact = contact_of(tenant, visitor.conversation_id).await["id"].clone();
    let clients = tenant.api.get("/api/v1/crm/clients").expect(200).await;
    let clients = clients["items"].as_array().expect("a list").clone();
    let own = clients.iter().find(|client| client["contact_id"] == contact);
    let path = format!("/api/v1/crm/clients/{}", id(own.expect("a client")));
    let client = tenant.api.get(&path).expect(200).await;
    let reasons = client["score_reasons"].as_array().expect("a list").iter();
    reasons
        .map(|reason| reason["code"].as_str().expect("a code").to_owned())
        .collect()
}

#[tokio::test]
async fn a_keyword_asks_also_where_the_bot_asks_nobody_by_itself() {
    require_runtime!();
    let server = server().start().await;
    let tenant = reserved(&server).await;
    keyword(&tenant, "call me", json!({"text": "Gladly."})).await;
    let visitor = tenant.visitor().await;
    assert_eq!(
        text(&visitor.say("How much is the oak table?").await),
        "The oak table costs 400 euros."
    );
    // what nobody has asked for is not read
    visitor.say("I am mia@example.com, by the way").await;
    assert!(leads(&tenant, "").await.is_empty());

    let said = visitor.say("Please call me about the price").await;
    assert_eq!(said["answer"]["mode"], "action");
    let asked = text(&said);
    assert!(asked.starts_with("Gladly.\n\n"), "{asked}");
    assert!(asked.contains("your e-mail address or phone number"), "{asked}");
    let said = text(&visitor.say("mia@example.com. Do you ship to Belgium?").await);
    assert!(said.contains("mia@example.com"), "{said}");
    assert!(said.ends_with("Yes, within three days."), "{said}");
    let all = leads(&tenant, "").await;
    assert_eq!(
        (all.len(), &all[0]["intent"], &all[0]["source"]),
        (1, &json!("price"), &json!("bot"))
    );
    assert!(
        all[0]["consent"]["text"]
            .as_str()
            .is_some_and(|text| text.contains("just say no"))
    );
    // who can be reached is not asked again
    let said = text(&visitor.say("call me").await);
    assert_eq!(said, "Gladly.\n\nI have noted it. A person will get back to you.");
    assert_eq!(leads(&tenant, "").await.len(), 1);
    let list = tenant.api.get("/api/v1/automation/keyword-actions");
    assert_eq!(list.expect(200).await["items"][0]["use_count"], 2);
}

#[tokio::test]
async fn a_no_is_heard_and_whoever_asks_again_is_asked_again() {
    require_runtime!();
    let server = server().start().await;
    let tenant = reserved(&server).await;
    keyword(&tenant, "rappel", json!({})).await;
    keyword(&tenant, "call back", json!({})).await;
    let visitor = tenant.visitor().await;
    assert!(text(&visitor.say("A call back, please").await).contains("just say no"));
    assert!(text(&visitor.say("No thanks").await).contains("I will not ask again"));
    assert!(leads(&tenant, "").await.is_empty());
    let asked = text(&visitor.say("Je voudrais un rappel de votre part").await);
    assert!(asked.contains("votre adresse e-mail"), "{asked}");
    let said = text(&visitor.say("Anna Petit, anna@exemple.fr").await);
    assert!(said.contains("anna@exemple.fr"), "{said}");
    assert_eq!(leads(&tenant, "").await[0]["intent"], "other");
    // who says it in the same breath is not asked
    let quick = tenant.visitor().await;
    let said = text(&quick.say("A call back to +32 470 12 34 56, please").await);
    assert!(said.contains("+32470123456"), "{said}");
    assert_eq!(leads(&tenant, "").await.len(), 2);
}

#[tokio::test]
async fn a_workflow_leaves_what_is_said_to_it_to_us() {
    require_runtime!();
    let server = server().with_public_address().start().await;
    let tenant = quick_tenant(&server).await;
    let n8n = Simulator::start(Options {
        auth: Auth::None,
        ..Options::default()
    })
    .await
    .expect("a free port");
    let path = format!("/api/v1/channels/{}/brain", id(&tenant.channel().await));
    let brain = json!({"kind": "webhook", "url": n8n.chat_url(), "timeout_seconds": 5});
    tenant.api.call(Method::PUT, &path).json(&brain).expect(200).await;
    tenant.configure(&json!({"settings": {}})).await;
    keyword(&tenant, "call me", json!({})).await;
    let visitor = tenant.visitor().await;
    assert_eq!(visitor.say("Hello").await["answer"]["mode"], "webhook");
    assert_eq!(visitor.say("call me").await["answer"]["mode"], "action");
    let said = visitor.say("mia@example.com").await;
    assert!(text(&said).contains("mia@example.com"), "{said}");
    assert_eq!(said["answer"]["mode"], "action");
    assert_eq!(leads(&tenant, "").await.len(), 1);
    assert_eq!(visitor.say("Hello again").await["answer"]["mode"], "webhook");
}

#[tokio::test]
async fn what_somebody_wants_speaks_for_their_client() {
    require_runtime!();
    let server = server().start().await;
    let tenant = shop(&server).await;
    let visitor = tenant.visitor().await;
    visitor.say("Do you ship to Belgium?").await;
    let before = reasons(&tenant, &visitor).await;
    assert!(!before.contains(&"asked_price".to_owned()), "{before:?}");
    // it counts as soon as the bot has asked, whatever is said to that
    visitor.say("How much is the oak table?").await;
    let after = reasons(&tenant, &visitor).await;
    assert!(after.contains(&"asked_price".to_owned()), "{after:?}");
    assert!(!after.contains(&"asked_meeting".to_owned()), "{after:?}");

    let other = tenant.visitor().await;
    other.say("Do you ship to Belgium?").await;
    let body = json!({"conversation_id": other.conversation_id, "intent": "meeting",
        "contact_info": {"name": "Ana", "email": "ana@example.com"}});
    let made = tenant.api.post("/api/v1/leads").json(&body).expect(201).await;
    let after = reasons(&tenant, &other).await;
    assert!(after.contains(&"asked_meeting".to_owned()), "{after:?}");
    // and no longer once the lead is gone
    let path = format!("/api/v1/leads/{}", id(&made));
    tenant.api.delete(&path).send().await.expect(204);
    let after = reasons(&tenant, &other).await;
    assert!(!after.contains(&"asked_meeting".to_owned()), "{after:?}");
}
