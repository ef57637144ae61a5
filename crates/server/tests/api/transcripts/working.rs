//! How proposals come about: from resolved conversations, over a stop of the server, and put into words by a model.

use serde_json::{Value, json};
use testkit::require_runtime;

use super::{asked, learn, path_of, proposals, send, settled};
use crate::support::server;

#[tokio::test]
async fn resolved_conversations_propose_what_people_answered_and_go_with_their_contact() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let resolved = "/api/v1/transcripts/resolved";
    tenant
        .api
        .post(resolved)
        .send()
        .await
        .problem(409, "nothing_resolved");
    let visitor = tenant.visitor().await;
    visitor.say("Can I rent a chair for a wedding?").await;
    let conversation = visitor.conversation_id;
    let path = format!("/api/v1/conversations/{conversation}");
    let note = json!({"client_note_id": "1", "text": "The secret margin is ninety percent."});
    tenant
        .api
        .post(&format!("{path}/notes"))
        .json(&note)
        .expect(201)
        .await;
    tenant
        .reply(conversation, "We rent chairs for weddings from 20 pieces on.")
        .await;
    tenant
        .api
        .post(resolved)
        .send()
        .await
        .problem(409, "nothing_resolved");
    tenant
        .api
        .patch(&path)
        .json(&json!({"status": "resolved"}))
        .expect(200)
        .await;
    let later = json!({"since": "2099-01-01T00:00:00Z"});
    tenant
        .api
        .post(resolved)
        .json(&later)
        .send()
        .await
        .problem(409, "nothing_resolved");
    let begun = tenant.api.post(resolved).expect(202).await;
    assert_eq!(
        (&begun["source"], &begun["format"], &begun["conversation_count"]),
        (&json!("resolved"), &Value::Null, &json!(1))
    );
    settled(&tenant, &begun).await;
    let found = proposals(&tenant, "").await;
    assert_eq!(found[0]["question"], "Can I rent a chair for a wedding?");
    assert_eq!(
        found[0]["answer"],
        "We rent chairs for weddings from 20 pieces on."
    );
    assert_eq!(found[0]["excerpts"][0]["conversation_id"], json!(conversation));
    assert!(!format!("{found:?}").contains("secret"));

    let contact = tenant.api.get(&path).expect(200).await["contact"]["id"].clone();
    let contact = format!("/api/v1/contacts/{}", contact.as_str().expect("an id"));
    tenant.api.delete(&contact).expect(204).await;
    assert_eq!(proposals(&tenant, "").await.len(), 0, "it came from them alone");
}

#[tokio::test]
async fn a_proposal_goes_with_everybody_whose_words_it_has() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let mut asked_last = None;
    for month in [
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
    ] {
        let visitor = tenant.visitor().await;
        visitor
            .say(&format!("Can I rent a chair for a wedding in {month}?"))
            .await;
        let conversation = visitor.conversation_id;
        tenant
            .reply(conversation, "We rent chairs for weddings from 20 pieces on.")
            .await;
        let path = format!("/api/v1/conversations/{conversation}");
        tenant
            .api
            .patch(&path)
            .json(&json!({"status": "resolved"}))
            .expect(200)
            .await;
        asked_last = Some(path);
    }
    let begun = tenant.api.post("/api/v1/transcripts/resolved").expect(202).await;
    settled(&tenant, &begun).await;
    let found = proposals(&tenant, "").await;
    assert_eq!(found.len(), 1, "{found:?}");
    let texts = |list: &Value, of: fn(&Value) -> &Value| -> Vec<Value> {
        list.as_array()
            .expect("a list")
            .iter()
            .map(|one| of(one).clone())
            .collect()
    };
    let mut wordings = texts(&found[0]["phrasings"], |text| text);
    wordings.push(found[0]["question"].clone());
    assert_eq!(wordings.len(), 8, "{found:?}");
    let known = texts(&found[0]["excerpts"], |excerpt| &excerpt["question"]);
    assert!(
        wordings.iter().all(|wording| known.contains(wording)),
        "{found:?}"
    );
    let contact = tenant.api.get(&asked_last.expect("a visitor")).expect(200).await["contact"]["id"].clone();
    let contact = format!("/api/v1/contacts/{}", contact.as_str().expect("an id"));
    tenant.api.delete(&contact).expect(204).await;
    assert_eq!(proposals(&tenant, "").await, Vec::<Value>::new());
}

/// Some hundred different questions.
fn many() -> String {
    let things = [
        "chair", "table", "bed", "lamp", "shelf", "desk", "sofa", "bench", "wardrobe", "mirror",
    ];
    let places = [
        "Ghent", "Lille", "Cologne", "Basel", "Turin", "Porto", "Dublin", "Vienna", "Oslo", "Riga",
    ];
    let chat = |thing: &str, place: &str| {
        asked(
            &format!("What does the delivery of a {thing} to {place} cost?"),
            &format!("A {thing} is delivered to {place} by our carrier at the rate of that city."),
        )
    };
    things
        .iter()
        .flat_map(|thing| places.iter().map(move |place| chat(thing, place)))
        .collect()
}

#[tokio::test]
async fn what_was_begun_goes_on_where_it_was_when_the_server_stopped() {
    require_runtime!();
    let mut server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    let sent = send(&tenant, "", many()).await.expect(202);
    // the chats are gone then, and their exchanges are being compared
    while tenant.api.get(&path_of(&sent)).expect(200).await["exchange_count"].is_null() {
        events.next().await.expect("an event when it goes on");
    }
    server.stop().await;
    server.start_again().await;
    let done = settled(&tenant, &sent).await;
    assert_eq!(
        (&done["status"], &done["exchange_count"]),
        (&json!("done"), &json!(100)),
        "{done}"
    );
    let seen: i64 = proposals(&tenant, "")
        .await
        .iter()
        .filter_map(|proposal| proposal["times_seen"].as_i64())
        .sum();
    assert_eq!(seen, 100, "nothing is lost, nothing counted twice");
}

#[tokio::test]
async fn a_model_words_proposals_and_invents_nothing() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let provider = testkit::fake::FakeProvider::start().await;
    tenant
        .use_model(provider.base_url(testkit::Provider::OpenAi).as_str())
        .await;
    let chat = || {
        asked(
            "hi can i rent a chair for a wedding",
            "We rent chairs for weddings from 20 pieces on.",
        )
    };
    let worded = r#"{"question": "Can I rent chairs for a wedding?", "answer": "We rent chairs for weddings from 20 pieces on."}"#;
    provider.reply(testkit::fake::Reply::text(worded));
    let found = learn(&tenant, chat()).await;
    assert_eq!(
        (&found[0]["question"], &found[0]["is_worded"]),
        (&json!("Can I rent chairs for a wedding?"), &json!(true)),
        "{found:?}"
    );
    assert_eq!(found[0]["phrasings"], json!(["Can i rent a chair for a wedding"]));

    provider.reply(testkit::fake::Reply::text(
        r#"{"question": "Are benches free?", "answer": "All benches are free for 99 days."}"#,
    ));
    let invented = learn(
        &tenant,
        asked(
            "how heavy are your garden benches",
            "A bench weighs about as much as two people.",
        ),
    )
    .await;
    assert_eq!(
        (&invented[0]["answer"], &invented[0]["is_worded"]),
        (
            &json!("A bench weighs about as much as two people."),
            &json!(false)
        )
    );
}
