//! Training sets: what goes in, what is taken out, what a digest names, and who takes their words along.

use hex::ToHex as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use testkit::{Tenant, Visitor, require_runtime};

use super::{PAIRS, get, like, post, text};
use crate::quick_tenant;
use crate::support::server;

async fn preview(tenant: &Tenant, filter: Value) -> Value {
    post(tenant, "training-sets/preview", &json!({"filter": filter}), 200).await
}

fn found<'a>(list: &'a Value, question: &str) -> &'a Value {
    let examples = list.as_array().expect("a list");
    let found = examples.iter().find(|example| example["question"] == question);
    found.unwrap_or_else(|| panic!("{question} is not in {list}"))
}

async fn examples(tenant: &Tenant, set: &str) -> Value {
    get(tenant, &format!("training-sets/{set}/examples?limit=200")).await["items"].clone()
}

/// Somebody with a name, who likes an answer, and whose other question becomes knowledge.
async fn ana(tenant: &Tenant) -> (Visitor, String) {
    let visitor = tenant.visitor().await;
    like(
        &visitor,
        "Do you ship to Belgium? I am Ana Muster, ana@muster.example, order 48213",
    )
    .await;
    let conversation = get(tenant, &format!("conversations/{}", visitor.conversation_id)).await;
    let contact = text(&conversation["contact"]["id"]);
    let path = format!("/api/v1/contacts/{contact}");
    let named = tenant.api.patch(&path).json(&json!({"name": "Ana Muster"}));
    named.expect(200).await;
    visitor.say("Does the zeppelin hangar sell kerosene?").await;
    let gaps = get(tenant, "gaps?status=open").await;
    let gap = gaps["items"].as_array().expect("gaps").iter();
    let gap = gap
        .filter(|gap| text(&gap["question"]).contains("zeppelin"))
        .map(|gap| text(&gap["id"]))
        .next()
        .expect("the gap");
    let answer = json!({"answer": "Only on Mondays.", "question": "Is kerosene sold?"});
    post(tenant, &format!("gaps/{gap}/resolve"), &answer, 200).await;
    (visitor, contact)
}

#[tokio::test]
async fn a_training_set_holds_what_is_approved_and_nobody_in_it() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach_all(&PAIRS).await;
    let (_, contact) = ana(&tenant).await;
    everything_is_shown_before_it_is_stored(&tenant).await;
    let set = it_is_frozen_under_a_digest(&tenant).await;
    it_is_written_as_providers_read_it(&tenant, &set).await;
    an_erased_visitor_is_in_no_set(&tenant, &set, &contact).await;
}

async fn everything_is_shown_before_it_is_stored(tenant: &Tenant) {
    let all = preview(tenant, json!({})).await;
    let counts = &all["counts"];
    assert_eq!(
        counts["by_origin"],
        json!({"gap": 1, "approved": PAIRS.len() + 1, "feedback": 1}),
        "{all}"
    );
    assert_eq!(counts["examples"], PAIRS.len() + 3);
    assert_eq!(
        counts["redacted"], 1,
        "the shop's own number is for everybody: {all}"
    );
    let gap = &all["examples"][0];
    assert_eq!(
        (&gap["origin"], &gap["question"], &gap["answer"]),
        (
            &json!("gap"),
            &json!("Does the zeppelin hangar sell kerosene?"),
            &json!("Only on Mondays.")
        )
    );
    let liked = preview(tenant, json!({"origins": ["feedback"]})).await;
    let example = found(
        &liked["examples"],
        "Do you ship to Belgium? I am [name] [name], [e-mail], order [number]",
    );
    assert_eq!(
        (&example["answer"], &example["redactions"]),
        (&json!("Yes, for 12 euros."), &json!(4))
    );
    let french = preview(tenant, json!({"languages": ["fr"]})).await;
    assert_eq!(french["counts"]["examples"], 0, "{french}");
    let past = preview(tenant, json!({"to": "2020-01-01"})).await;
    assert_eq!(past["counts"]["examples"], 0, "{past}");
    let recent = preview(tenant, json!({"from": "2020-01-01"})).await;
    assert_eq!(recent["counts"], all["counts"]);
    assert_eq!(get(tenant, "training-sets").await["items"], json!([]));
    let call = tenant.api.post("/api/v1/training-sets");
    let backwards = json!({"name": "x", "filter": {"from": "2026-02-01", "to": "2026-01-01"}});
    call.json(&backwards).send().await.problem(422, "bad_dates");
    let nothing = json!({"name": "x", "filter": {"languages": ["fr"]}});
    let call = tenant.api.post("/api/v1/training-sets");
    call.json(&nothing).send().await.problem(422, "no_examples");
}

async fn it_is_frozen_under_a_digest(tenant: &Tenant) -> String {
    let body = json!({"name": "Spring", "system_prompt": "You sell furniture."});
    let set = post(tenant, "training-sets", &body, 201).await;
    assert_eq!(
        (&set["status"], &set["examples"], &set["digest"]),
        (&json!("draft"), &json!(PAIRS.len() + 3), &Value::Null)
    );
    let call = tenant.api.post("/api/v1/training-sets");
    call.json(&body).send().await.problem(409, "name_taken");
    let id = text(&set["id"]);
    let list = examples(tenant, &id).await;
    let voucher = text(&found(&list, "Do you sell vouchers?")["id"]);
    let path = format!("/api/v1/training-sets/{id}/examples/{voucher}");
    let out = tenant.api.patch(&path).json(&json!({"is_left_out": true}));
    let changed = out.expect(200).await;
    assert_eq!(
        (&changed["examples"], &changed["left_out"]),
        (&json!(PAIRS.len() + 2), &json!(1))
    );
    let frozen = post(tenant, &format!("training-sets/{id}/freeze"), &json!({}), 200).await;
    let lines = exported(tenant, &id, "openai").await;
    let digest: String = Sha256::digest(lines.as_bytes()).encode_hex();
    assert_eq!(
        (&frozen["status"], &frozen["digest"]),
        (&json!("frozen"), &json!(digest))
    );
    let again = tenant.api.patch(&path).json(&json!({"is_left_out": false}));
    again.send().await.problem(409, "set_frozen");
    let again = tenant.api.post(&format!("/api/v1/training-sets/{id}/freeze"));
    again.send().await.problem(409, "set_frozen");
    let other = json!({"system_prompt": "You sell boats."});
    let call = tenant
        .api
        .patch(&format!("/api/v1/training-sets/{id}"))
        .json(&other);
    call.send().await.problem(409, "set_frozen");
    id
}

async fn exported(tenant: &Tenant, set: &str, format: &str) -> String {
    let path = format!("/api/v1/training-sets/{set}/export?format={format}");
    let answer = tenant.api.get(&path).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(
        answer.header("content-type"),
        Some("application/jsonl; charset=utf-8")
    );
    answer.text()
}

async fn it_is_written_as_providers_read_it(tenant: &Tenant, set: &str) {
    let (system, question, answer) = (
        "You sell furniture.",
        "When do you open?",
        "At nine, every day but Sunday.",
    );
    for (format, expected) in [
        (
            "openai",
            json!({"messages": [{"role": "system", "content": system}, {"role": "user", "content": question},
                {"role": "assistant", "content": answer}]}),
        ),
        (
            "anthropic",
            json!({"system": system, "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}),
        ),
        (
            "gemini",
            json!({"systemInstruction": {"parts": [{"text": system}]}, "contents": [
                {"role": "user", "parts": [{"text": question}]}, {"role": "model", "parts": [{"text": answer}]}]}),
        ),
    ] {
        let lines = exported(tenant, set, format).await;
        let lines: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(lines.len(), PAIRS.len() + 2, "{format}");
        assert!(lines.contains(&expected), "{format}: {lines:?}");
        let all = json!(lines).to_string();
        for word in ["vouchers", "muster", "Ana ", "48213"] {
            assert!(!all.contains(word), "{word} is in {format}");
        }
        assert!(all.contains("01 23 45 67 89"), "{format}");
    }
}

async fn an_erased_visitor_is_in_no_set(tenant: &Tenant, frozen: &str, contact: &str) {
    let body = json!({"name": "Summer"});
    let draft = text(&post(tenant, "training-sets", &body, 201).await["id"]);
    let digest = get(tenant, &format!("training-sets/{frozen}")).await["digest"].clone();
    let erased = tenant.api.delete(&format!("/api/v1/contacts/{contact}"));
    erased.expect(204).await;
    for (set, kept, gone) in [(draft.as_str(), PAIRS.len() + 1, 0), (frozen, PAIRS.len(), 2)] {
        let now = get(tenant, &format!("training-sets/{set}")).await;
        assert_eq!(
            (&now["examples"], &now["erased"]),
            (&json!(kept), &json!(gone)),
            "{now}"
        );
        let left = examples(tenant, set).await.to_string();
        assert!(!left.contains("zeppelin") && !left.contains("[e-mail]"), "{left}");
    }
    let now = get(tenant, &format!("training-sets/{frozen}")).await;
    assert_eq!(now["digest"], digest, "it names what there was");
    let gone = tenant.api.delete(&format!("/api/v1/training-sets/{draft}"));
    gone.expect(204).await;
    let agent = tenant.visitor().await;
    agent
        .api
        .get("/api/v1/training-sets")
        .send()
        .await
        .problem(401, "unauthenticated");
}
