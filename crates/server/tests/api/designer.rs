//! The widget's draft, the first visit, the rating, and onboarding by facts.

use serde_json::{Value, json};
use testkit::{Method, Visitor, require_runtime};

use crate::support::server;

#[tokio::test]
async fn visitors_see_a_draft_only_when_it_is_published() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let owner = server.member(&tenant, "owner@shop.example", "owner").await;
    let list = owner.get("/api/v1/channels").expect(200).await;
    let channel = &list["items"][0];
    let path = format!("/api/v1/channels/{}", channel["id"].as_str().expect("an id"));
    let public = format!("/api/widget/{}", tenant.channel_key);
    let seen = async || server.api.get(&public).expect(200).await["primary_color"].clone();

    let before = seen().await;
    let draft = json!({"settings": {"primary_color": "#112233"}, "revision": channel["revision"]});
    let drafted = owner
        .patch(&format!("{path}/draft"))
        .json(&draft)
        .expect(200)
        .await;
    assert_eq!(drafted["draft"]["primary_color"], "#112233");
    assert_eq!(
        (&drafted["settings"]["primary_color"], &seen().await),
        (&before, &before)
    );
    let bad = json!({"settings": {"primary_color": "red"}, "revision": channel["revision"]});
    owner
        .patch(&format!("{path}/draft"))
        .json(&bad)
        .send()
        .await
        .problem(422, "bad_settings");

    let revision = json!({"revision": channel["revision"]});
    let published = owner
        .post(&format!("{path}/publish"))
        .json(&revision)
        .expect(200)
        .await;
    assert_eq!(
        (&published["draft"], &published["published_by"]),
        (&Value::Null, &json!("Robin"))
    );
    assert_eq!(seen().await, "#112233");
    let late = owner
        .patch(&format!("{path}/draft"))
        .json(&draft)
        .send()
        .await
        .problem(409, "published_meanwhile");
    assert!(
        late["detail"]
            .as_str()
            .expect("a sentence")
            .starts_with("Robin has published")
    );

    let again = json!({"settings": {"primary_color": "#445566"}, "revision": published["revision"]});
    owner
        .patch(&format!("{path}/draft"))
        .json(&again)
        .expect(200)
        .await;
    let discarded = owner.delete(&format!("{path}/draft")).expect(200).await;
    assert_eq!(
        (&discarded["draft"], &seen().await),
        (&Value::Null, &json!("#112233"))
    );
    let agent = server.member(&tenant, "agent@shop.example", "agent").await;
    agent
        .post(&format!("{path}/publish"))
        .json(&revision)
        .send()
        .await
        .problem(403, "permission_missing");
}

#[tokio::test]
async fn setting_up_is_ticked_by_facts() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let owner = server.member(&tenant, "owner@shop.example", "owner").await;
    let done = async || {
        let steps = owner.get("/api/v1/onboarding").expect(200).await["steps"].clone();
        let steps = steps.as_array().expect("steps").clone();
        let ids = steps.iter().filter(|step| step["is_done"] == true);
        ids.map(|step| step["id"].as_str().expect("an id").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(done().await, Vec::<String>::new());
    let document = json!({"title": "Hours", "text": "We are open from nine to six."});
    let document = owner.post("/api/v1/documents").json(&document).expect(201).await;
    assert_eq!(done().await, ["add_knowledge"], "a file teaches too");
    let document = format!("/api/v1/documents/{}", document["id"].as_str().expect("an id"));
    owner.delete(&document).expect(204).await;
    assert_eq!(done().await, Vec::<String>::new());

    let template = owner
        .get("/api/v1/onboarding/template?language=fr")
        .expect(200)
        .await;
    let used = owner
        .post("/api/v1/onboarding/template")
        .json(&template)
        .expect(201)
        .await;
    assert!(
        used["active"].as_i64() >= Some(2) && used["with_blanks"].as_i64() > Some(5),
        "{used}"
    );
    tenant.teach("Where is the shop?", "In Ghent.").await;
    assert_eq!(done().await, ["add_knowledge"]);
    for _ in 0..3 {
        owner
            .post("/api/v1/ask")
            .json(&json!({"question": "Where is the shop?"}))
            .expect(200)
            .await;
    }
    assert_eq!(done().await, ["add_knowledge", "ask_test"]);

    let settings = format!("/api/widget/{}", tenant.channel_key);
    server.api.get(&settings).expect(200).await;
    assert_eq!(done().await.len(), 2, "a program is no visit");
    let visit = server.api.get(&settings).header("origin", "https://shop.example");
    visit.expect(200).await;
    let channel = owner.get("/api/v1/channels").expect(200).await["items"][0].clone();
    assert_eq!(channel["first_session_origin"], "https://shop.example");
    owner
        .post("/api/v1/channels")
        .json(&json!({"name": "Second"}))
        .expect(201)
        .await;
    let invitation = json!({"role": "agent", "email": "new@shop.example"});
    owner
        .post("/api/v1/invitations")
        .json(&invitation)
        .expect(201)
        .await;
    assert_eq!(
        done().await,
        [
            "add_knowledge",
            "ask_test",
            "install_widget",
            "invite_colleague",
            "connect_channel"
        ]
    );
    owner
        .call(Method::PUT, "/api/v1/onboarding")
        .json(&json!({"is_hidden": true}))
        .expect(204)
        .await;
    assert_eq!(
        owner.get("/api/v1/onboarding").expect(200).await["is_hidden"],
        true
    );

    tenant.visitor().await.say("Where is the shop?").await;
    let lost = tenant.visitor().await;
    lost.api
        .post(&lost.path("escalations"))
        .json(&json!({}))
        .expect(201)
        .await;
    lost.say("Is anybody there?").await;
    let overview = owner.get("/api/v1/overview").expect(200).await;
    assert_eq!(
        overview["today"],
        json!({"conversations": 2, "automated": 1, "automation_rate": 50.0})
    );
    assert_eq!(overview["needs_person"], 1);
    let listed = owner
        .get("/api/v1/analytics/automation_rate/conversations")
        .expect(200)
        .await;
    assert_eq!(listed["count"], 1);
    assert_ne!(listed["items"][0]["id"], json!(lost.conversation_id));

    let later = kernel::Clock::system().now() + chrono::TimeDelta::hours(3);
    let snoozed = json!({"snoozed_until": later});
    let path = format!("/api/v1/conversations/{}", lost.conversation_id);
    owner.patch(&path).json(&snoozed).expect(200).await;
    let overview = owner.get("/api/v1/overview").expect(200).await;
    assert_eq!(overview["needs_person"], 0, "as in the inbox's list");
}

#[tokio::test]
async fn a_conversation_is_rated_when_it_is_over_and_an_address_is_kept_unverified() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let visitor = tenant.visitor().await;
    let rate = async |body: Value| visitor.api.post(&visitor.path("rating")).json(&body).send().await;
    rate(json!({"rating": 5})).await.problem(404, "not_found");
    visitor.say("Hello").await;
    rate(json!({"rating": 5})).await.problem(409, "not_resolved");
    let conversation = format!("/api/v1/conversations/{}", visitor.conversation_id);
    tenant
        .api
        .patch(&conversation)
        .json(&json!({"status": "resolved"}))
        .expect(200)
        .await;
    rate(json!({"rating": 6})).await.problem(422, "bad_rating");
    rate(json!({"rating": 4})).await.expect(204);
    rate(json!({"rating": 4, "comment": "Quick."})).await.expect(204);
    assert_eq!(visitor.history().await["conversation"]["rating"], 4);

    let leave = async |email: &str| {
        let body = json!({"email": email});
        visitor
            .api
            .post(&visitor.path("contact"))
            .json(&body)
            .send()
            .await
    };
    for bad in [
        "mia",
        "mia@",
        "@x.example",
        "mia@x",
        "a b@x.example",
        "a@b@x.example",
    ] {
        leave(bad).await.problem(422, "bad_email");
    }
    let known = async || {
        let details = tenant.api.get(&conversation).expect(200).await;
        details["contact"]["email"].clone()
    };
    leave("mia@x.example").await.expect(204);
    leave("mia@y.example").await.expect(204);
    assert_eq!(known().await, "mia@y.example", "their own may be corrected");
    let details = tenant.api.get(&conversation).expect(200).await;
    let contact = details["contact"]["id"].as_str().expect("an id").to_owned();
    let contact = format!("/api/v1/contacts/{contact}");
    let by_hand = tenant.api.patch(&contact);
    by_hand
        .json(&json!({"email": "mia@real.example"}))
        .expect(200)
        .await;
    leave("eve@x.example").await.expect(204);
    assert_eq!(known().await, "mia@real.example", "a colleague's is kept");

    let block = tenant.api.patch(&contact);
    block.json(&json!({"is_blocked": true})).expect(200).await;
    leave("eve@x.example")
        .await
        .problem(403, blocked_code(&visitor).await.as_str());
}

/// What a blocked visitor is told when they write.
async fn blocked_code(visitor: &Visitor) -> String {
    let answer = visitor.say_as("blocked", "Hello?").await;
    answer.json()["code"].as_str().expect("a code").to_owned()
}
