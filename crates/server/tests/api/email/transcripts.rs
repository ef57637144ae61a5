//! Transcripts: to whom they go, and to whom they do not (R40).

use serde_json::json;
use testkit::{Api, MailServer, Tenant, Visitor, require_runtime};
use uuid::Uuid;

use super::server_with;
use crate::identity::jwt;

#[tokio::test]
async fn no_mail_goes_to_an_address_that_a_visitor_only_typed() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let tenant = crate::quick_tenant(&server).await;
    let agent = server.member(&tenant, "ana@shop.example", "agent").await;
    let viewer = server.member(&tenant, "eye@shop.example", "viewer").await;
    let visitor = tenant.visitor().await;
    visitor.say("What is the answer to everything?").await;
    send(&agent, visitor.conversation_id)
        .await
        .problem(409, "no_email");
    leave(&visitor, "victim@example.com").await;
    send(&agent, visitor.conversation_id)
        .await
        .problem(409, "email_not_verified");
    send(&viewer, visitor.conversation_id)
        .await
        .problem(403, "permission_missing");
    // a program that replies is nobody
    tenant.reply(visitor.conversation_id, "Automatic.").await;
    send(&agent, visitor.conversation_id)
        .await
        .problem(409, "email_not_verified");
    // nor is an address that somebody else has typed first, whose identity this contact therefore does not have
    let second = tenant.visitor().await;
    second.say("Hello").await;
    leave(&second, "victim@example.com").await;
    send(&agent, second.conversation_id)
        .await
        .problem(409, "email_not_verified");

    // a person has answered
    let body = json!({"client_message_id": "1", "text": "It is 42 – voilà."});
    agent
        .post(&format!(
            "/api/v1/conversations/{}/messages",
            visitor.conversation_id
        ))
        .json(&body)
        .expect(201)
        .await;
    send(&agent, visitor.conversation_id).await.expect(202);
    let came = mail.wait_for("victim@example.com", 1).await.remove(0);
    let text = came.text();
    assert!(
        text.contains("It is 42 – voilà.") && text.contains("What is the answer"),
        "{text}"
    );
    assert!(came.header("Auto-Submitted").is_some());

    // what one has typed is not what the other one's person has answered
    send(&agent, second.conversation_id)
        .await
        .problem(409, "email_not_verified");
    assert_eq!(mail.mails().len(), 1);
    let stranger = server.tenant("Other").await;
    let stranger = server.member(&stranger, "eve@other.example", "admin").await;
    send(&stranger, visitor.conversation_id)
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn an_address_gets_three_mails_a_day_from_all_workspaces_together() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let mut conversations = Vec::new();
    for name in ["One", "Two"] {
        let tenant = server.tenant(name).await;
        let agent = server
            .member(&tenant, &format!("{name}@shop.example"), "agent")
            .await;
        let customer = customer(&tenant, &server.api.without_credential(), "Ana@Example.com").await;
        customer.say("Hello").await;
        conversations.push((agent, customer.conversation_id));
    }
    let (one, two) = (&conversations[0], &conversations[1]);
    send(&one.0, one.1).await.expect(202);
    send(&two.0, two.1).await.expect(202);
    mail.wait_for("Ana@Example.com", 2).await;
    send(&one.0, one.1).await.expect(202);
    mail.wait_for("Ana@Example.com", 3).await;
    send(&two.0, two.1).await.problem(429, "rate_limited");
    send(&one.0, one.1).await.problem(429, "rate_limited");
    assert_eq!(mail.mails().len(), 3);

    // an address that a colleague has put in its place is not the one that was vouched for
    let contact = one
        .0
        .get(&format!("/api/v1/conversations/{}", one.1))
        .expect(200)
        .await;
    let id = contact["contact"]["id"].as_str().expect("a contact");
    one.0
        .patch(&format!("/api/v1/contacts/{id}"))
        .json(&json!({"email": "other@example.com"}))
        .expect(200)
        .await;
    send(&one.0, one.1).await.problem(409, "email_not_verified");
}

async fn customer(tenant: &Tenant, nobody: &Api, email: &str) -> Visitor {
    let body = json!({"name": "Club", "settings": {"join_messages": "never"}});
    let made = tenant.api.post("/api/v1/channels").json(&body).expect(201).await;
    let text = |name: &str| made[name].as_str().expect("a text").to_owned();
    let claims = json!({"sub": "42", "email": email, "name": "Ana", "exp": 4_000_000_000_u64});
    let token = jwt(&json!({"alg": "HS256"}), &claims, &text("identity_secret"));
    Visitor::start(nobody, &text("channel_key"), &json!({"identity_token": token})).await
}

async fn leave(visitor: &Visitor, email: &str) {
    let call = visitor.api.post(&visitor.path("contact"));
    let answer = call.json(&json!({"email": email})).send().await;
    assert!(answer.status < 300, "{}", answer.text());
}

async fn send(api: &Api, conversation: Uuid) -> testkit::Answer {
    api.post(&format!("/api/v1/conversations/{conversation}/transcript-email"))
        .send()
        .await
}
