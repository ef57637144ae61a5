//! Past chats: read, mined by a job, proposed, and accepted once.

use serde_json::{Value, json};
use testkit::{Answer, Server, Tenant, require_runtime};

use crate::support::server;

mod permissions;
mod quality;
mod working;

async fn send(tenant: &Tenant, query: &str, text: impl Into<Vec<u8>>) -> Answer {
    let path = format!("/api/v1/transcripts?{query}");
    tenant.api.post(&path).body("text/plain", text).send().await
}

fn path_of(transcript: &Value) -> String {
    format!(
        "/api/v1/transcripts/{}",
        transcript["id"].as_str().expect("an id")
    )
}

async fn start(tenant: &Tenant, transcript: &Value, business: &[&str]) -> Value {
    let path = format!("{}/start", path_of(transcript));
    tenant
        .api
        .post(&path)
        .json(&json!({"business": business}))
        .expect(202)
        .await
}

/// Follows the live stream until it is worked out.
async fn settled(tenant: &Tenant, transcript: &Value) -> Value {
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    loop {
        let now = tenant.api.get(&path_of(transcript)).expect(200).await;
        if now["status"] == "done" || now["status"] == "failed" {
            return now;
        }
        events.next().await.expect("an event when it goes on");
    }
}

async fn proposals(tenant: &Tenant, query: &str) -> Vec<Value> {
    let found = tenant
        .api
        .get(&format!("/api/v1/qa-proposals?limit=200&{query}"))
        .expect(200)
        .await;
    found["items"].as_array().expect("a list").clone()
}

async fn pairs(tenant: &Tenant) -> Vec<Value> {
    tenant.api.get("/api/v1/qa-pairs").expect(200).await["items"]
        .as_array()
        .expect("a list")
        .clone()
}

async fn accept(tenant: &Tenant, proposal: &Value, body: Value) -> Answer {
    let path = format!(
        "/api/v1/qa-proposals/{}/accept",
        proposal["id"].as_str().expect("an id")
    );
    tenant.api.post(&path).json(&body).send().await
}

const ANDROID: &str = "12/31/23, 9:14 PM - Messages and calls are end-to-end encrypted.\n\
    12/31/23, 9:15 PM - Marie: Hello!\n12/31/23, 9:15 PM - Marie: Do you ship furniture to Belgium?\n\
    12/31/23, 9:16 PM - Oak & Ash: Hi Marie, one moment please\n\
    12/31/23, 9:20 PM - Oak & Ash: Yes, we ship to Belgium within five working days.\nIt costs 49 euros.\n\
    12/31/23, 9:21 PM - Marie: Thank you\n12/31/23, 9:22 PM - Oak & Ash: <Media omitted>\n";

#[tokio::test]
async fn a_chat_of_whatsapp_waits_for_who_is_who_and_proposes_what_was_answered() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let sent = send(&tenant, "filename=WhatsApp%20Chat.txt", ANDROID)
        .await
        .expect(202);
    let expected = json!({"title": "WhatsApp Chat.txt", "format": "whatsapp", "status": "waiting", "source": "upload",
        "conversation_count": 1, "message_count": 5, "exchange_count": null});
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&sent[name], value, "{name} of {sent}");
    }
    let speakers = sent["speakers"].as_array().expect("a list");
    assert_eq!(
        (&speakers[0]["name"], &speakers[0]["is_business"]),
        (&json!("Oak & Ash"), &json!(true))
    );
    assert_eq!(
        (&speakers[1]["name"], &speakers[1]["is_business"]),
        (&json!("Marie"), &json!(false))
    );

    let refused = tenant
        .api
        .post(&format!("{}/start", path_of(&sent)))
        .json(&json!({"business": ["Nobody"]}))
        .send()
        .await;
    refused.problem(422, "unknown_speaker");
    start(&tenant, &sent, &["Oak & Ash"]).await;
    let again = tenant
        .api
        .post(&format!("{}/start", path_of(&sent)))
        .json(&json!({"business": ["Oak & Ash"]}))
        .send()
        .await;
    again.problem(409, "already_started");
    let done = settled(&tenant, &sent).await;
    assert_eq!(
        (
            &done["exchange_count"],
            &done["proposed_count"],
            &done["speakers"]
        ),
        (&json!(1), &json!(1), &json!([])),
        "{done}"
    );

    let found = proposals(&tenant, "").await;
    let proposal = &found[0];
    assert_eq!(proposal["question"], "Do you ship furniture to Belgium?");
    assert_eq!(
        proposal["answer"],
        "Yes, we ship to Belgium within five working days.\nIt costs 49 euros."
    );
    assert_eq!(
        (&proposal["reasons"], &proposal["overlap"], &proposal["language"]),
        (&json!(["seen_once"]), &Value::Null, &json!("en"))
    );
    assert_eq!(proposal["excerpts"][0]["chat"], "#1");

    // nobody is answered from it before it is accepted; accepting it twice writes it once
    assert_eq!(
        tenant.ask("Do you ship furniture to Belgium?").await["answer"]["gap_detected"],
        true
    );
    let (one, other) = tokio::join!(
        accept(&tenant, proposal, json!({})),
        accept(&tenant, proposal, json!({}))
    );
    let (one, other) = (one.expect(200), other.expect(200));
    assert_eq!(
        (&one["status"], &one["qa_pair_id"]),
        (&json!("accepted"), &other["qa_pair_id"])
    );
    let all = pairs(&tenant).await;
    assert_eq!(
        (all.len(), &all[0]["source"], &all[0]["id"]),
        (1, &json!("transcript_extraction"), &one["qa_pair_id"])
    );
    let answered = tenant.ask("Do you ship furniture to Belgium?").await.to_string();
    assert!(answered.contains("within five working days"), "{answered}");

    tenant.api.delete(&path_of(&sent)).expect(204).await;
    assert_eq!(proposals(&tenant, "status=accepted").await.len(), 0);
    assert_eq!(pairs(&tenant).await.len(), 1, "what was accepted stays");
    let log = tenant.api.get("/api/v1/audit-log").send().await.text();
    assert!(
        log.contains("transcript_added") && log.contains("transcript_deleted"),
        "{log}"
    );
}

const CRISP: &str = r#"[{"session_id": "session_1", "messages": [
    {"type": "text", "from": "user", "content": "How long is the warranty on your oak tables?", "timestamp": 1, "fingerprint": 1},
    {"type": "note", "from": "operator", "content": "The secret margin is ninety percent.", "timestamp": 2, "fingerprint": 2},
    {"type": "text", "from": "operator", "automated": true, "content": "As a bot I guess it is one hundred years.", "timestamp": 3, "fingerprint": 3},
    {"type": "text", "from": "operator", "content": "The warranty on all our tables is ten years.", "timestamp": 4, "fingerprint": 4}]}]"#;
const TIDIO: &str = r#"{"contact_id": "7c", "messages": [
    {"created_at": "2026-01-01T00:01:00Z", "author_type": "operator", "content": "You can pay by card, by PayPal or in three instalments."},
    {"created_at": "2026-01-01T00:00:00Z", "author_type": "contact", "content": "Which payment methods do you accept?"}]}"#;
const INTERCOM: &str = r#"{"type": "conversation", "id": "9", "created_at": 1,
    "source": {"body": "<p>Can I visit your showroom on Saturdays?</p>", "author": {"type": "lead", "name": "Marie"}},
    "conversation_parts": {"conversation_parts": [
        {"part_type": "note", "body": "<p>The secret margin is ninety percent.</p>", "created_at": 2, "author": {"type": "admin"}},
        {"part_type": "comment", "body": "<p>The showroom is open on Saturdays from 10 to 18.</p>", "created_at": 3, "author": {"type": "admin", "name": "Anna"}}]}}"#;
const ZENDESK: &str = r#"{"tickets": [{"id": 5, "requester_id": 11, "comments": [
    {"author_id": 11, "plain_body": "How do I care for an oiled wooden surface?", "public": true},
    {"author_id": 12, "body": "The secret margin is ninety percent.", "public": false},
    {"author_id": 12, "body": "Wipe it with a damp cloth, and oil it once a year.", "public": true}]}]}"#;
const TABLE: &str = "conversation_id,role,message\n1,visitor,Do you take back old furniture?\n1,agent,We take your old furniture back free of charge.\n";
const LINES: &str = "{\"conversation_id\": 1, \"role\": \"user\", \"text\": \"Est-ce que vous faites des meubles sur mesure ?\"}\n\
    {\"conversation_id\": 1, \"role\": \"agent\", \"text\": \"Oui, nous fabriquons des meubles sur mesure en six semaines.\"}\n";

#[tokio::test]
async fn exports_that_say_who_is_who_are_read_at_once_and_notes_never() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    for (format, text, question) in [
        ("crisp", CRISP, "How long is the warranty on your oak tables?"),
        ("tidio", TIDIO, "Which payment methods do you accept?"),
        ("intercom", INTERCOM, "Can I visit your showroom on Saturdays?"),
        ("zendesk", ZENDESK, "How do I care for an oiled wooden surface?"),
        ("csv", TABLE, "Do you take back old furniture?"),
        ("jsonl", LINES, "Est-ce que vous faites des meubles sur mesure ?"),
    ] {
        let sent = send(&tenant, "", text).await.expect(202);
        assert_eq!(
            (&sent["format"], &sent["status"]),
            (&json!(format), &json!("mining")),
            "{sent}"
        );
        let done = settled(&tenant, &sent).await;
        assert_eq!(done["status"], "done", "{done}");
        let found = proposals(
            &tenant,
            &format!("transcript_id={}", sent["id"].as_str().expect("an id")),
        )
        .await;
        assert_eq!(found.len(), 1, "{format}: {found:?}");
        assert_eq!(found[0]["question"], question);
    }
    let everything = format!("{:?}", proposals(&tenant, "").await);
    assert!(
        !everything.contains("secret") && !everything.contains("hundred years"),
        "{everything}"
    );

    // all of them at once, in one version
    let ids: Vec<Value> = proposals(&tenant, "")
        .await
        .iter()
        .map(|proposal| proposal["id"].clone())
        .collect();
    let report = tenant
        .api
        .post("/api/v1/qa-proposals/accept")
        .json(&json!({"ids": ids}))
        .expect(200)
        .await;
    assert_eq!(
        (report["accepted"].as_array().map(Vec::len), &report["left"]),
        (Some(6), &json!([])),
        "{report}"
    );
    let versions = tenant
        .api
        .get("/api/v1/versions?status=published")
        .expect(200)
        .await;
    assert_eq!(versions["items"][0]["added"], 6, "{versions}");
}

#[tokio::test]
async fn what_is_no_transcript_is_refused_and_lines_that_are_lost_are_named() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    send(&tenant, "", "A story without any names.")
        .await
        .problem(422, "unknown_format");
    send(&tenant, "", vec![0x50, 0x4b, 3, 4, 0])
        .await
        .problem(422, "not_text");
    send(&tenant, "", "  ").await.problem(422, "transcript_empty");
    send(&tenant, "", vec![b'a'; 21 * 1024 * 1024 - 9])
        .await
        .problem(413, "transcript_too_large");
    send(&tenant, "format=csv", "a,b\n1,2\n")
        .await
        .problem(422, "columns_missing");
    send(&tenant, "format=sms", "A: b")
        .await
        .problem(422, "invalid_query");
    send(&tenant, "", "A: b\n".repeat(50_001))
        .await
        .problem(422, "transcript_too_long");
    send(&tenant, "", "{".repeat(200_000))
        .await
        .problem(422, "unknown_format");
    let broken = send(
        &tenant,
        "",
        "{\"role\": \"user\", \"text\": \"Do you ship?\"}\n{nonsense\n",
    )
    .await
    .expect(202);
    assert_eq!(broken["problems"][0]["line"], 2, "{broken}");
    assert_eq!(
        tenant.api.get("/api/v1/transcripts").expect(200).await["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

fn asked(question: &str, answer: &str) -> String {
    format!("Customer: {question}\nAgent: {answer}\n---\n")
}

async fn learn(tenant: &Tenant, text: String) -> Vec<Value> {
    let sent = send(tenant, "", text).await.expect(202);
    assert_eq!(settled(tenant, &sent).await["status"], "done");
    proposals(
        tenant,
        &format!("transcript_id={}", sent["id"].as_str().expect("an id")),
    )
    .await
}

#[tokio::test]
async fn what_is_answered_already_is_shown_beside_it_and_never_written_twice() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    tenant
        .teach("Do you ship to Belgium?", "Yes, in two weeks.")
        .await;
    let found = learn(
        &tenant,
        asked(
            "Do you ship to Belgium please?",
            "We ship to Belgium within five days.",
        ),
    )
    .await;
    let proposal = &found[0];
    assert_eq!(
        proposal["overlap"]["question"], "Do you ship to Belgium?",
        "{proposal}"
    );
    assert!(
        proposal["overlap"]["similarity"]
            .as_f64()
            .is_some_and(|similarity| similarity >= 0.85),
        "{proposal}"
    );

    accept(&tenant, proposal, json!({}))
        .await
        .problem(409, "already_answered");
    let report = tenant
        .api
        .post("/api/v1/qa-proposals/accept")
        .json(&json!({"ids": [proposal["id"]]}))
        .expect(200)
        .await;
    assert_eq!(
        (&report["accepted"], &report["left"][0]["code"]),
        (&json!([]), &json!("already_answered")),
        "{report}"
    );
    let replaced = accept(&tenant, proposal, json!({"outcome": "replaced"}))
        .await
        .expect(200);
    assert_eq!(replaced["outcome"], "replaced");
    let all = pairs(&tenant).await;
    assert_eq!(all.len(), 1);
    assert_eq!(
        (&all[0]["answer"], &all[0]["phrasings"]),
        (
            &json!("We ship to Belgium within five days."),
            &json!(["Do you ship to Belgium please?"])
        )
    );

    // as a phrasing the answer stays; the same wording is not there twice
    let found = learn(
        &tenant,
        asked(
            "Hello, do you ship to Belgium?",
            "By van, perhaps in a month or so.",
        ),
    )
    .await;
    accept(&tenant, &found[0], json!({"outcome": "phrasing"}))
        .await
        .expect(200);
    let all = pairs(&tenant).await;
    assert_eq!(
        (all.len(), &all[0]["answer"]),
        (1, &json!("We ship to Belgium within five days."))
    );
    assert_eq!(all[0]["phrasings"].as_array().map(Vec::len), Some(1), "{all:?}");

    // whoever has seen the other pair may want both
    let found = learn(
        &tenant,
        asked("Would you ship to Belgium?", "Only on Mondays, by bicycle."),
    )
    .await;
    let both = json!({"despite_id": found[0]["overlap"]["id"]});
    accept(&tenant, &found[0], both).await.expect(200);
    assert_eq!(pairs(&tenant).await.len(), 2);
}

#[tokio::test]
async fn a_proposal_is_changed_dismissed_and_not_proposed_again() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let chat = asked(
        "Can I rent a chair for a wedding?",
        "We rent chairs for weddings from 20 pieces on.",
    );
    let proposal = learn(&tenant, chat.clone()).await.remove(0);
    let path = format!("/api/v1/qa-proposals/{}", proposal["id"].as_str().expect("an id"));
    let changed = tenant
        .api
        .patch(&path)
        .json(&json!({"answer": " From 10 pieces on. ", "phrasings": ["Chair rental?"]}))
        .expect(200)
        .await;
    assert_eq!(
        (&changed["answer"], &changed["is_edited"]),
        (&json!("From 10 pieces on."), &json!(true))
    );
    tenant
        .api
        .patch(&path)
        .json(&json!({"answer": " "}))
        .send()
        .await
        .problem(422, "bad_answer");
    tenant.api.post(&format!("{path}/dismiss")).expect(200).await;
    tenant
        .api
        .patch(&path)
        .json(&json!({"answer": "No."}))
        .send()
        .await
        .problem(409, "proposal_dismissed");
    accept(&tenant, &proposal, json!({}))
        .await
        .problem(409, "proposal_dismissed");
    assert_eq!(learn(&tenant, chat).await.len(), 0, "it was dismissed");
    tenant.api.post(&format!("{path}/reopen")).expect(200).await;
    let as_read = json!({"updated_at": proposal["updated_at"]});
    accept(&tenant, &proposal, as_read)
        .await
        .problem(409, "proposal_changed");
    accept(&tenant, &proposal, json!({})).await.expect(200);
    tenant
        .api
        .post(&format!("{path}/dismiss"))
        .send()
        .await
        .problem(409, "proposal_accepted");
    let all = pairs(&tenant).await;
    assert_eq!(
        (&all[0]["answer"], &all[0]["phrasings"]),
        (&json!("From 10 pieces on."), &json!(["Chair rental?"]))
    );
}

#[tokio::test]
async fn where_only_drafts_change_knowledge_proposals_go_into_one() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let belgium = tenant
        .teach("Do you ship to Belgium?", "Yes, in two weeks.")
        .await;
    tenant
        .api
        .call(testkit::Method::PUT, "/api/v1/publishing")
        .json(&json!({"rule": "tested"}))
        .expect(200)
        .await;
    let chats = asked(
        "Can I rent a chair for a wedding?",
        "We rent chairs for weddings from 20 pieces on.",
    ) + &asked(
        "Do you ship to Belgium please?",
        "We ship to Belgium within five days.",
    );
    let found = learn(&tenant, chats).await;
    let is_new = |proposal: &&Value| proposal["overlap"].is_null();
    let new = found.iter().find(is_new).expect("the chair");
    let known = found.iter().find(|proposal| !is_new(proposal)).expect("Belgium");
    accept(&tenant, new, json!({}))
        .await
        .problem(409, "publish_by_draft");
    assert_eq!(proposals(&tenant, "").await.len(), 2, "nothing has happened");
    let drafted = accept(&tenant, new, json!({"draft": {"title": "From chats"}}))
        .await
        .expect(200);
    let draft = drafted["draft_id"].as_str().expect("a draft").to_owned();
    let removes = json!({"title": "Less", "changes": [{"subject": "qa_pair", "id": belgium, "after": null}]});
    let less = tenant.api.post("/api/v1/drafts").json(&removes).expect(201).await;
    let into = json!({"outcome": "replaced", "draft": {"id": less["id"]}});
    accept(&tenant, known, into)
        .await
        .problem(409, "removed_by_draft");
    accept(
        &tenant,
        known,
        json!({"outcome": "replaced", "draft": {"id": draft}}),
    )
    .await
    .expect(200);
    let read = tenant
        .api
        .get(&format!("/api/v1/versions/{draft}"))
        .expect(200)
        .await;
    assert_eq!(
        (&read["added"], &read["changed"]),
        (&json!(1), &json!(1)),
        "{read}"
    );
    assert_eq!(pairs(&tenant).await.len(), 1);
    tenant
        .api
        .delete(&format!("/api/v1/drafts/{draft}"))
        .expect(204)
        .await;
    assert_eq!(
        proposals(&tenant, "").await.len(),
        2,
        "what left the draft is proposed again"
    );
}

#[tokio::test]
async fn a_draft_takes_what_is_nearly_the_same_once() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let answer = "We rent chairs for weddings from 20 pieces on.";
    learn(&tenant, asked("Can I rent a chair for a wedding?", answer)).await;
    learn(&tenant, asked("Can I rent chairs for a wedding please?", answer)).await;
    let found = proposals(&tenant, "").await;
    let ids: Vec<&Value> = found.iter().map(|proposal| &proposal["id"]).collect();
    assert_eq!(ids.len(), 2, "{found:?}");
    let all = json!({"ids": ids, "draft": {"title": "From chats"}});
    let report = tenant
        .api
        .post("/api/v1/qa-proposals/accept")
        .json(&all)
        .expect(200)
        .await;
    assert_eq!(report["accepted"].as_array().map(Vec::len), Some(1), "{report}");
    assert_eq!(report["left"][0]["code"], "already_in_draft", "{report}");
}

#[tokio::test]
async fn another_tenant_sees_nothing_of_it() {
    require_runtime!();
    let server: Server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let stranger = server.tenant("Other").await;
    let found = learn(
        &tenant,
        asked(
            "Can I rent a chair for a wedding?",
            "We rent chairs from 20 pieces on.",
        ),
    )
    .await;
    let path = format!(
        "/api/v1/qa-proposals/{}/accept",
        found[0]["id"].as_str().expect("an id")
    );
    stranger.api.post(&path).send().await.problem(404, "not_found");
    let many = json!({"ids": [found[0]["id"]]});
    stranger
        .api
        .post("/api/v1/qa-proposals/accept")
        .json(&many)
        .send()
        .await
        .problem(404, "not_found");
    assert_eq!(proposals(&stranger, "").await.len(), 0);
    assert_eq!(proposals(&tenant, "").await.len(), 1);
}
