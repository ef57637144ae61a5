//! Versions: what changed is kept, can be tried on past questions before it serves, and taken back.

mod prompts;

use serde_json::{Value, json};
use testkit::{Answer, Method, Tenant, require_runtime};
use uuid::Uuid;

use crate::quick_tenant;
use crate::support::server;

const SHIPPING: (&str, &str) = ("Do you ship to Belgium?", "Yes, to Belgium within three days.");
const RETURNS: (&str, &str) = ("Can I return a table?", "You may return a table within 30 days.");
const HOURS: (&str, &str) = ("When is the shop open?", "The shop is open from nine to six.");

async fn versions(tenant: &Tenant, status: &str) -> Vec<Value> {
    let list = tenant
        .api
        .get(&format!("/api/v1/versions?status={status}"))
        .expect(200)
        .await;
    list["items"].as_array().expect("a list").clone()
}

async fn draft(tenant: &Tenant, changes: Value) -> Value {
    let draft = json!({"title": "Try this", "changes": changes});
    tenant.api.post("/api/v1/drafts").json(&draft).expect(201).await
}

fn path(draft: &Value, rest: &str) -> String {
    format!("/api/v1/drafts/{}{rest}", draft["id"].as_str().expect("an id"))
}

async fn backtest(tenant: &Tenant, draft: &Value) -> Value {
    tenant.api.post(&path(draft, "/backtest")).expect(201).await
}

async fn publish(tenant: &Tenant, draft: &Value) -> Answer {
    tenant.api.post(&path(draft, "/publish")).send().await
}

fn pair(id: Option<Uuid>, question: &str, answer: &str) -> Value {
    json!({"subject": "qa_pair", "id": id, "after": {"question": question, "answer": answer}})
}

fn gone(id: Uuid) -> Value {
    json!({"subject": "qa_pair", "id": id, "after": null})
}

async fn set_rule(tenant: &Tenant, rule: &str) {
    let call = tenant.api.call(Method::PUT, "/api/v1/publishing");
    call.json(&json!({"rule": rule})).expect(200).await;
}

/// The visitor finds the answer to this helpful.
async fn ask_and_approve(tenant: &Tenant, question: &str) {
    let visitor = tenant.visitor().await;
    let said = visitor.say(question).await;
    let message = said["answer"]["id"].as_str().expect("an answer").to_owned();
    let feedback = visitor.path(&format!("messages/{message}/feedback"));
    let call = visitor.api.post(&feedback).json(&json!({"value": "up"}));
    call.expect(200).await;
}

#[tokio::test]
async fn every_change_is_kept_and_can_be_taken_back() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let id = tenant.teach(RETURNS.0, RETURNS.1).await;
    let address = format!("/api/v1/qa-pairs/{id}");
    let changed = json!({"answer": "Never.", "phrasings": ["May I send a table back?"]});
    tenant.api.patch(&address).json(&changed).expect(200).await;
    // what says the same as before is no version
    tenant
        .api
        .patch(&address)
        .json(&json!({"answer": "Never."}))
        .expect(200)
        .await;
    let kept = versions(&tenant, "published").await;
    let numbers: Vec<_> = kept.iter().map(|version| version["number"].clone()).collect();
    assert_eq!(numbers, [json!(2), json!(1)]);
    assert_eq!((&kept[0]["changed"], &kept[1]["added"]), (&json!(1), &json!(1)));
    assert!(
        kept[0]["created_by"]
            .as_str()
            .is_some_and(|actor| actor.starts_with("api_key:")),
        "{kept:?}"
    );
    let second = tenant
        .api
        .get(&format!(
            "/api/v1/versions/{}",
            kept[0]["id"].as_str().expect("an id")
        ))
        .expect(200)
        .await;
    let change = &second["changes"][0];
    assert_eq!(
        (&change["before"]["answer"], &change["after"]["answer"]),
        (&json!(RETURNS.1), &json!("Never."))
    );
    assert_eq!(change["after"]["phrasings"], json!(["May I send a table back?"]));

    tenant.api.delete(&address).expect(204).await;
    let first = kept[1]["id"].as_str().expect("an id");
    let back = tenant
        .api
        .post(&format!("/api/v1/versions/{first}/restore"))
        .expect(201)
        .await;
    assert_eq!(back["added"], 1, "{back}");
    assert!(
        tenant.ask(RETURNS.0).await["answer"]["gap_detected"] == json!(true),
        "a draft does not serve"
    );
    publish(&tenant, &back).await.expect(200);
    let answered = tenant.ask(RETURNS.0).await;
    assert_eq!(answered["answer"]["text"], RETURNS.1);
    assert_eq!(
        answered["answer"]["matched_qa_ids"],
        json!([id]),
        "it is the same pair again"
    );
    let nothing = tenant
        .api
        .post(&format!("/api/v1/versions/{first}/restore"))
        .send()
        .await;
    nothing.problem(409, "nothing_to_undo");

    // undo takes back one version and leaves the others
    tenant.teach(HOURS.0, HOURS.1).await;
    tenant
        .api
        .patch(&address)
        .json(&json!({"answer": "Never."}))
        .expect(200)
        .await;
    let newest = versions(&tenant, "published").await[0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let undo = tenant
        .api
        .post(&format!("/api/v1/versions/{newest}/undo"))
        .expect(201)
        .await;
    assert_eq!(undo["undoes"], newest);
    publish(&tenant, &undo).await.expect(200);
    assert_eq!(tenant.ask(RETURNS.0).await["answer"]["text"], RETURNS.1);
    assert_eq!(tenant.ask(HOURS.0).await["answer"]["text"], HOURS.1);
}

#[tokio::test]
async fn a_backtest_flags_each_bad_edit_and_passes_each_good_one() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let shipping = tenant.teach(SHIPPING.0, SHIPPING.1).await;
    let returns = tenant.teach(RETURNS.0, RETURNS.1).await;
    tenant.teach(HOURS.0, HOURS.1).await;
    ask_and_approve(&tenant, SHIPPING.0).await;
    ask_and_approve(&tenant, "Can I return the table I bought?").await;
    tenant.visitor().await.say(HOURS.0).await;
    tenant.visitor().await.say("Is there a warranty on chairs?").await;
    let expected = json!({"name": "Promises", "cases": [
        {"question": "Can I return a table?", "expects": "text", "expected_text": "30 days"},
        {"question": "How do I feed a parrot?", "expects": "no_answer"},
    ]});
    tenant
        .api
        .post("/api/v1/evaluation-sets")
        .json(&expected)
        .expect(201)
        .await;

    let reworded = pair(
        Some(returns),
        RETURNS.0,
        "You may return a table whenever you like.",
    );
    let hijacks = pair(None, "Can I return the table I bought?", "Please write to us.");
    let bad = [
        gone(shipping),
        reworded,
        hijacks,
        pair(None, "How do I feed a parrot?", "With seeds."),
    ];
    for edit in bad {
        let bad = draft(&tenant, json!([edit])).await;
        let result = backtest(&tenant, &bad).await;
        assert!(
            result["broken"].as_i64() > Some(0),
            "{edit} breaks something: {result}"
        );
        assert_eq!(result["differences"][0]["verdict"], "broken");
    }

    let closes_gap = pair(
        None,
        "Is there a warranty on chairs?",
        "Chairs have a warranty of two years.",
    );
    let says_it_better = pair(Some(returns), RETURNS.0, "Return it within 30 days, in its box.");
    let other_words = json!({"subject": "qa_pair", "id": shipping,
        "after": {"question": SHIPPING.0, "answer": SHIPPING.1, "phrasings": ["Is delivery to Brussels possible?"]}});
    let good = [(closes_gap, 1), (says_it_better, 0), (other_words, 1)];
    for (edit, fixed) in good {
        let good = draft(&tenant, json!([edit])).await;
        let result = backtest(&tenant, &good).await;
        assert_eq!(
            (&result["broken"], &result["fixed"]),
            (&json!(0), &json!(fixed)),
            "{edit}: {result}"
        );
    }
}

#[tokio::test]
async fn a_question_that_leant_on_the_one_before_is_tried_as_it_was_understood() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach(SHIPPING.0, SHIPPING.1).await;
    let spain = tenant.teach("Do you ship to Spain?", "Not yet.").await;
    tenant.teach(HOURS.0, HOURS.1).await;
    let visitor = tenant.visitor().await;
    visitor.say(SHIPPING.0).await;
    assert_eq!(visitor.say("And to Spain?").await["answer"]["text"], "Not yet.");

    let removal = draft(&tenant, json!([gone(spain)])).await;
    let result = backtest(&tenant, &removal).await;
    assert_eq!(
        (&result["broken"], &result["unchanged"]),
        (&json!(1), &json!(1)),
        "{result}"
    );
    let broken = &result["differences"][0];
    assert_eq!(
        (&broken["verdict"], &broken["question"], &broken["before"]["text"]),
        (
            &json!("broken"),
            &json!("Do you ship to Spain?"),
            &json!("Not yet.")
        )
    );
    assert_eq!(broken["conversation_id"], json!(visitor.conversation_id));
    assert_eq!(broken["after"]["is_answered"], false, "{broken}");
}

#[tokio::test]
async fn where_only_tried_drafts_may_be_published_nothing_else_changes_the_knowledge() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let shipping = tenant.teach(SHIPPING.0, SHIPPING.1).await;
    tenant.visitor().await.say(SHIPPING.0).await;
    set_rule(&tenant, "tested").await;

    let direct = json!({"question": HOURS.0, "answer": HOURS.1});
    let refused = tenant.api.post("/api/v1/qa-pairs").json(&direct).send().await;
    refused.problem(409, "publish_by_draft");
    let address = format!("/api/v1/qa-pairs/{shipping}");
    tenant
        .api
        .delete(&address)
        .send()
        .await
        .problem(409, "publish_by_draft");
    let prompt = json!({"name": "Formal", "system_prompt": "Be formal."});
    tenant
        .api
        .post("/api/v1/agent-prompts")
        .json(&prompt)
        .send()
        .await
        .problem(409, "publish_by_draft");

    let good = draft(&tenant, json!([pair(None, HOURS.0, HOURS.1)])).await;
    publish(&tenant, &good).await.problem(409, "draft_untested");
    assert_eq!(backtest(&tenant, &good).await["is_current"], true);
    // the draft was changed since
    let more = json!({"changes": [gone(shipping)]});
    tenant
        .api
        .post(&path(&good, "/changes"))
        .json(&more)
        .expect(200)
        .await;
    publish(&tenant, &good).await.problem(409, "draft_untested");
    assert_eq!(backtest(&tenant, &good).await["broken"], 1);
    publish(&tenant, &good).await.problem(409, "draft_breaks_answers");
    let agent = server.member(&tenant, "agent@shop.example", "agent").await;
    let despite = json!({"despite_regressions": true});
    agent
        .post(&path(&good, "/publish"))
        .json(&despite)
        .send()
        .await
        .problem(403, "permission_missing");
    let changes = tenant
        .api
        .get(&format!(
            "/api/v1/versions/{}",
            good["id"].as_str().expect("an id")
        ))
        .expect(200)
        .await;
    let removal = changes["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .find(|change| change["after"].is_null());
    let removal = removal.expect("the removal")["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    tenant
        .api
        .delete(&path(&good, &format!("/changes/{removal}")))
        .expect(200)
        .await;
    assert_eq!(backtest(&tenant, &good).await["broken"], 0);
    agent.post(&path(&good, "/publish")).expect(200).await;
    assert_eq!(tenant.ask(HOURS.0).await["answer"]["text"], HOURS.1);
    publish(&tenant, &good).await.problem(409, "version_published");

    // a backtest asks no model, so it is no trial of a prompt
    let prompt = json!({"subject": "agent_prompt", "id": null, "after": {"name": "Formal", "system_prompt": "Be formal."}});
    let spoken = draft(&tenant, json!([prompt])).await;
    assert_eq!(backtest(&tenant, &spoken).await["broken"], 0);
    publish(&tenant, &spoken).await.problem(409, "prompt_untried");

    let over = draft(&tenant, json!([gone(shipping)])).await;
    tenant
        .api
        .post(&path(&over, "/publish"))
        .json(&despite)
        .expect(200)
        .await;
    assert_eq!(tenant.ask(SHIPPING.0).await["answer"]["gap_detected"], true);
}

#[tokio::test]
async fn a_draft_does_not_silently_undo_what_a_colleague_has_done_since() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let id = tenant.teach(RETURNS.0, RETURNS.1).await;
    let mine = draft(&tenant, json!([pair(Some(id), RETURNS.0, "Within 60 days.")])).await;
    let address = format!("/api/v1/qa-pairs/{id}");
    tenant
        .api
        .patch(&address)
        .json(&json!({"answer": "Within 45 days."}))
        .expect(200)
        .await;
    let seen = tenant
        .api
        .get(&format!(
            "/api/v1/versions/{}",
            mine["id"].as_str().expect("an id")
        ))
        .expect(200)
        .await;
    assert_eq!(seen["changes"][0]["is_outdated"], true);
    publish(&tenant, &mine).await.problem(409, "draft_outdated");
    let over = json!({"despite_others": true});
    tenant
        .api
        .post(&path(&mine, "/publish"))
        .json(&over)
        .expect(200)
        .await;
    assert_eq!(tenant.ask(RETURNS.0).await["answer"]["text"], "Within 60 days.");
    // and history tells both
    let history = tenant
        .api
        .get(&format!("/api/v1/versions?subject_id={id}"))
        .expect(200)
        .await;
    assert_eq!(history["items"].as_array().map(Vec::len), Some(3));
    let newest = tenant
        .api
        .get(&format!(
            "/api/v1/versions/{}",
            mine["id"].as_str().expect("an id")
        ))
        .expect(200)
        .await;
    assert_eq!(newest["changes"][0]["before"]["answer"], "Within 45 days.");
}

#[tokio::test]
async fn a_draft_deletes_no_more_than_its_publisher_may() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let id = tenant.teach(RETURNS.0, RETURNS.1).await;
    let removal = draft(&tenant, json!([gone(id)])).await;
    let agent = server.member(&tenant, "agent@example.com", "agent").await;
    let refused = agent.post(&path(&removal, "/publish")).send().await;
    refused.problem(409, "qa_pair_active");
    assert_eq!(tenant.ask(RETURNS.0).await["answer"]["text"], RETURNS.1);

    let admin = server.member(&tenant, "admin@example.com", "admin").await;
    admin.post(&path(&removal, "/publish")).expect(200).await;
    let log = admin
        .get("/api/v1/audit-log?action=qa_pair_deleted")
        .expect(200)
        .await;
    assert_eq!(log["items"][0]["subject"], json!(format!("qa_pair:{id}")));
    assert_eq!(log["items"][0]["details"]["question"], RETURNS.0);
}

#[tokio::test]
async fn a_prompt_is_drafted_published_and_taken_back_like_a_pair() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let new = json!({"name": "Formal", "system_prompt": "Be formal."});
    let prompt = tenant
        .api
        .post("/api/v1/agent-prompts")
        .json(&new)
        .expect(201)
        .await;
    let changed = json!({"subject": "agent_prompt", "id": prompt["id"], "after": {"name": "Formal", "system_prompt": "Be very formal."}});
    let draft = draft(&tenant, json!([changed])).await;
    publish(&tenant, &draft).await.expect(200);
    let prompts = async || tenant.api.get("/api/v1/agent-prompts").expect(200).await;
    assert_eq!(prompts().await["items"][0]["system_prompt"], "Be very formal.");
    let undo = tenant
        .api
        .post(&format!(
            "/api/v1/versions/{}/undo",
            draft["id"].as_str().expect("an id")
        ))
        .expect(201)
        .await;
    publish(&tenant, &undo).await.expect(200);
    assert_eq!(prompts().await["items"][0]["system_prompt"], "Be formal.");
}

#[tokio::test]
async fn a_knowledge_base_has_one_version_of_each_type_in_force() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let write = async |content: &str, is_active: bool| {
        let body = json!({"content_type": "custom", "content": content, "is_active": is_active});
        tenant
            .api
            .post("/api/v1/knowledge-bases")
            .json(&body)
            .expect(201)
            .await
    };
    let question = "With what do I oil an oak table?";
    let first = write("# Oak\nOil an oak table with linseed oil once a year.", true).await;
    assert!(
        tenant
            .ask(question)
            .await
            .to_string()
            .contains("linseed oil once")
    );
    let document = first["document_id"].as_str().expect("what serves").to_owned();
    let document = format!("/api/v1/documents/{document}");
    let refused = tenant.api.delete(&document).send().await;
    refused.problem(409, "document_of_text");
    let second = write("# Oak\nOil an oak table with tung oil once a year.", false).await;
    assert_eq!(
        (&second["version"], &second["is_active"]),
        (&json!(2), &json!(false))
    );
    assert!(
        tenant
            .ask(question)
            .await
            .to_string()
            .contains("linseed oil once"),
        "a draft does not serve"
    );
    let activate = async |base: &Value| {
        let path = format!(
            "/api/v1/knowledge-bases/{}/active",
            base["id"].as_str().expect("an id")
        );
        tenant.api.call(Method::PUT, &path).expect(200).await
    };
    activate(&second).await;
    let answered = tenant.ask(question).await.to_string();
    assert!(
        answered.contains("tung oil once") && !answered.contains("linseed"),
        "{answered}"
    );
    activate(&first).await;
    let answered = tenant.ask(question).await.to_string();
    assert!(
        answered.contains("linseed oil once") && !answered.contains("tung"),
        "{answered}"
    );
    let all = tenant
        .api
        .get("/api/v1/knowledge-bases?content_type=custom")
        .expect(200)
        .await;
    let active: Vec<&Value> = all["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|base| &base["is_active"])
        .collect();
    assert_eq!(active, [&json!(false), &json!(true)], "the newest version first");
    let path = format!(
        "/api/v1/knowledge-bases/{}/active",
        first["id"].as_str().expect("an id")
    );
    tenant.api.delete(&path).expect(204).await;
    assert_eq!(tenant.ask(question).await["answer"]["gap_detected"], true);
}

#[tokio::test]
async fn a_draft_is_published_or_discarded_whoever_is_first() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    for round in 0..6 {
        let changes: Vec<Value> = (0..60)
            .map(|n| pair(None, &format!("Is part {n} of lot {round} in stock?"), "Yes."))
            .collect();
        let draft = draft(&tenant, json!(changes)).await;
        let add = json!({"changes": [pair(None, &format!("Is lot {round} new?"), "Yes.")]});
        let add = tenant.api.post(&path(&draft, "/changes")).json(&add);
        let discard = tenant.api.delete(&path(&draft, ""));
        let (published, added, discarded) =
            tokio::join!(publish(&tenant, &draft), add.send(), discard.send());
        let statuses = [published.status, added.status, discarded.status];
        assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
        assert_ne!(published.status < 300, discarded.status < 300, "{statuses:?}");
        let version = format!("/api/v1/versions/{}", draft["id"].as_str().expect("an id"));
        let known = tenant.api.get(&version).send().await.status < 300;
        assert_eq!(known, published.status < 300, "{statuses:?}");
    }
}
