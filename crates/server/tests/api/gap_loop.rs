//! The gap loop: what visitors ask in vain is put together by meaning, answered once for all wordings, through a
//! backtest if one likes, and measured afterwards.

use serde_json::{Value, json};
use testkit::{Tenant, require_runtime};
use uuid::Uuid;

use crate::quick_tenant;
use crate::support::server;

const WRAPPING: [&str; 3] = [
    "Do you offer gift wrapping?",
    "Can you gift wrap my order?",
    "Is gift wrapping available?",
];
const PARKING: &str = "Where can I park my car near the shop?";

/// Asks each question as a visitor of its own.
async fn ask_in_vain(tenant: &Tenant, questions: &[&str]) {
    for question in questions {
        let said = tenant.visitor().await.say(question).await;
        assert_eq!(said["answer"]["gap_detected"], true, "{said}");
    }
}

async fn clusters(tenant: &Tenant) -> Vec<Value> {
    let list = tenant.api.get("/api/v1/gap-clusters").expect(200).await;
    list["items"].as_array().expect("a list").clone()
}

/// The open clusters, once there are `count` of them. `asking` is done after the stream of events is open.
async fn clusters_after(tenant: &Tenant, count: usize, asking: impl Future<Output = ()>) -> Vec<Value> {
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    asking.await;
    loop {
        let found = clusters(tenant).await;
        if found.len() == count {
            return found;
        }
        events.next().await.expect("an event when they are put together");
    }
}

fn path(cluster: &Value, action: &str) -> String {
    format!(
        "/api/v1/gap-clusters/{}{action}",
        cluster["id"].as_str().expect("an id")
    )
}

async fn open_gaps(tenant: &Tenant, cluster: &Value) -> Vec<Value> {
    let gaps = tenant.api.get(&path(cluster, "")).expect(200).await;
    gaps["items"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn what_most_visitors_wait_for_comes_first_and_is_answered_once_for_all() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let found = clusters_after(&tenant, 2, async {
        ask_in_vain(&tenant, &[PARKING]).await;
        ask_in_vain(&tenant, &WRAPPING).await;
    })
    .await;
    let (first, second) = (&found[0], &found[1]);
    assert_eq!(
        (&first["visitors"], &first["gap_count"], &first["times_asked"]),
        (&json!(3), &json!(3), &json!(3))
    );
    assert_eq!(
        (&second["visitors"], &second["question"]),
        (&json!(1), &json!(PARKING))
    );
    let gaps = open_gaps(&tenant, first).await;
    let oldest = &gaps
        .iter()
        .find(|gap| gap["question"] == WRAPPING[0])
        .expect("it")["id"];
    assert_eq!(&first["id"], oldest, "a cluster has the id of its oldest gap");

    // one of the wordings is left out; the answer knows the others
    let left_out = gaps
        .iter()
        .find(|gap| gap["question"] == WRAPPING[2])
        .expect("it");
    let chosen: Vec<&Value> = gaps
        .iter()
        .filter(|gap| *gap != left_out)
        .map(|gap| &gap["id"])
        .collect();
    let answer = json!({"answer": "Yes, for 3 euros.", "gap_ids": chosen});
    let done = tenant
        .api
        .post(&path(first, "/resolve"))
        .json(&answer)
        .expect(200)
        .await;
    assert_eq!(done["closed"].as_array().map(Vec::len), Some(2));
    assert_eq!(done["qa_pair"]["phrasings"].as_array().map(Vec::len), Some(1));
    for question in &WRAPPING[..2] {
        assert_eq!(tenant.ask(question).await["answer"]["text"], "Yes, for 3 euros.");
    }
    let rest = open_gaps(&tenant, first).await;
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["question"], WRAPPING[2]);
    let pair = json!({"qa_id": done["qa_pair"]["id"], "gap_ids": [rest[0]["id"]]});
    tenant
        .api
        .post(&path(first, "/link"))
        .json(&pair)
        .expect(200)
        .await;
    assert_eq!(
        tenant.ask(WRAPPING[2]).await["answer"]["text"],
        "Yes, for 3 euros."
    );
    for action in ["/resolve", "/link"] {
        let body = json!({"answer": "Again", "qa_id": done["qa_pair"]["id"]});
        let refused = tenant.api.post(&path(first, action)).json(&body).send().await;
        refused.problem(409, "gap_closed");
    }
    tenant.api.post(&path(second, "/dismiss")).expect(200).await;
    assert_eq!(clusters(&tenant).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_gap_answered_by_a_draft_is_closed_when_the_draft_is_published_and_its_effect_is_counted() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let found = clusters_after(&tenant, 1, ask_in_vain(&tenant, &WRAPPING)).await;
    let gaps = open_gaps(&tenant, &found[0]).await;
    let ids: Vec<&Value> = gaps.iter().map(|gap| &gap["id"]).collect();
    let change = json!({
        "subject": "qa_pair", "id": null, "closes_gaps": ids,
        "after": {"question": WRAPPING[0], "answer": "Yes, for 3 euros.", "phrasings": &WRAPPING[1..]},
    });
    let draft = json!({"title": "Wrapping", "changes": [change]});
    let draft = tenant.api.post("/api/v1/drafts").json(&draft).expect(201).await;
    assert_eq!(
        draft["changes"][0]["closes_gaps"].as_array().map(Vec::len),
        Some(3)
    );
    let drafts = format!("/api/v1/drafts/{}", draft["id"].as_str().expect("an id"));
    let tried = tenant.api.post(&format!("{drafts}/backtest")).expect(201).await;
    assert_eq!((&tried["fixed"], &tried["broken"]), (&json!(3), &json!(0)));
    assert_eq!(clusters(&tenant).await.len(), 1, "trying closes nothing");
    tenant.api.post(&format!("{drafts}/publish")).expect(200).await;
    assert_eq!(clusters(&tenant).await.len(), 0);

    let effect = async || {
        let effects = tenant.api.get("/api/v1/gap-effects").expect(200).await;
        assert_eq!(effects["items"].as_array().map(Vec::len), Some(1), "{effects}");
        effects["items"][0].clone()
    };
    let before = effect().await;
    assert_eq!(
        (
            &before["in_vain_before"],
            &before["answered_after"],
            &before["share"]
        ),
        (&json!(3), &json!(0), &Value::Null)
    );
    for question in ["Do you offer gift wrapping?", "Can you gift wrap my order?"] {
        let visitor = tenant.visitor().await;
        let said = visitor.say(question).await;
        let message = said["answer"]["id"].as_str().expect("an answer").to_owned();
        let feedback = visitor.path(&format!("messages/{message}/feedback"));
        visitor
            .api
            .post(&feedback)
            .json(&json!({"value": "up"}))
            .expect(200)
            .await;
    }
    let after = effect().await;
    assert_eq!(
        (
            &after["answered_after"],
            &after["in_vain_after"],
            &after["thumbs_up"]
        ),
        (&json!(2), &json!(0), &json!(2))
    );
    // two of two: by Wilson's interval at least a third
    assert_eq!(after["share"], 1.0);
    let low = after["low"].as_f64().expect("a share");
    assert!((0.34..0.35).contains(&low), "{after}");
}

#[tokio::test]
async fn an_answer_is_proposed_from_what_people_wrote_and_from_documents() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let reply = async |visitor: &testkit::Visitor, text: &str| {
        let path = format!("/api/v1/conversations/{}/messages", visitor.conversation_id);
        tenant
            .api
            .post(&path)
            .json(&json!({"text": text, "client_message_id": Uuid::now_v7()}))
            .expect(201)
            .await;
    };
    for answer in ["Gift wrapping costs 3 euros.", "Gift wrapping costs 3 euros."] {
        let visitor = tenant.visitor().await;
        visitor.say(WRAPPING[0]).await;
        reply(&visitor, answer).await;
        visitor.say("And how do I pay?").await;
        reply(&visitor, "By card.").await;
    }
    let proposals = async |question: &str| {
        let found = clusters(&tenant).await;
        let cluster = found.iter().find(|cluster| cluster["question"] == question);
        let made = tenant
            .api
            .post(&path(cluster.expect("it"), "/proposals"))
            .expect(200)
            .await;
        made["items"].as_array().expect("a list").clone()
    };
    let made = proposals(WRAPPING[0]).await;
    assert_eq!(
        (&made[0]["origin"], &made[0]["answer"], &made[0]["times"]),
        (
            &json!("person"),
            &json!("Gift wrapping costs 3 euros."),
            &json!(2)
        )
    );
    assert_eq!(made[0]["conversations"].as_array().map(Vec::len), Some(2));

    ask_in_vain(
        &tenant,
        &["Why do your tortoises sleep in the attic in winter, and who feeds them there?"],
    )
    .await;
    // the document comes after the question
    let url = "https://shop.example/attic";
    tenant
        .learn(
            "The attic",
            "# Tortoises\nWe keep animals. Tortoises hibernate in the attic from November to March.",
            Some(url),
        )
        .await;
    let made =
        proposals("Why do your tortoises sleep in the attic in winter, and who feeds them there?").await;
    let from_document = made
        .iter()
        .find(|one| one["origin"] == "document")
        .expect("an excerpt");
    assert!(
        from_document["answer"]
            .as_str()
            .is_some_and(|text| text.contains("November to March")),
        "{from_document}"
    );
    assert_eq!(from_document["sources"][0]["url"], url);
}

/// Puts a new pair with this answer into a draft that closes the gaps.
async fn draft_of(tenant: &Tenant, question: &str, answer: &str, closes: &[&Value]) -> Value {
    let change = json!({
        "subject": "qa_pair", "id": null, "closes_gaps": closes,
        "after": {"question": question, "answer": answer},
    });
    let draft = json!({"title": question, "changes": [change]});
    tenant.api.post("/api/v1/drafts").json(&draft).expect(201).await
}

async fn of_draft(tenant: &Tenant, draft: &Value, action: &str, status: u16) -> Value {
    let id = draft["id"].as_str().expect("an id");
    let call = tenant.api.post(&format!("/api/v1/drafts/{id}/{action}"));
    call.expect(status).await
}

/// The draft that takes the version back.
async fn taking_back(tenant: &Tenant, version: &Value, how: &str) -> Value {
    let id = version["id"].as_str().expect("an id");
    let call = tenant.api.post(&format!("/api/v1/versions/{id}/{how}"));
    call.expect(201).await
}

async fn newest_version(tenant: &Tenant) -> Value {
    let list = tenant
        .api
        .get("/api/v1/versions?status=published")
        .expect(200)
        .await;
    list["items"][0].clone()
}

async fn gaps(tenant: &Tenant, status: &str) -> Vec<Value> {
    let list = tenant
        .api
        .get(&format!("/api/v1/gaps?status={status}"))
        .expect(200)
        .await;
    list["items"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_version_that_is_taken_back_opens_the_gaps_that_it_had_closed() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("When do you open?", "At nine.").await;
    let first = newest_version(&tenant).await;
    ask_in_vain(&tenant, &[PARKING]).await;
    let gap = gaps(&tenant, "open").await[0]["id"].clone();
    let path = format!("/api/v1/gaps/{}", gap.as_str().expect("an id"));
    let answer = json!({"answer": "In the yard."});

    // answered directly, undone by a draft
    tenant
        .api
        .post(&format!("{path}/resolve"))
        .json(&answer)
        .expect(200)
        .await;
    let undoing = taking_back(&tenant, &newest_version(&tenant).await, "undo").await;
    assert_eq!(
        gaps(&tenant, "open").await,
        Vec::<Value>::new(),
        "a draft opens nothing"
    );
    let undone = of_draft(&tenant, &undoing, "publish", 200).await;
    assert_eq!(undone["reopened_gaps"], json!([gap]), "{undone}");
    let open = gaps(&tenant, "open").await;
    assert_eq!(
        (
            &open[0]["id"],
            &open[0]["reopened_by"],
            &open[0]["resolved_qa_id"]
        ),
        (&gap, &undoing["id"], &Value::Null)
    );
    assert_eq!(clusters(&tenant).await[0]["reopened_by"], undoing["id"]);
    let log = tenant
        .api
        .get("/api/v1/audit-log?action=gaps_reopened")
        .expect(200)
        .await;
    assert_eq!(log["items"].as_array().map(Vec::len), Some(1), "{log}");
    assert_eq!(log["items"][0]["details"]["gaps"], 1, "{log}");

    // answered by a draft, and everything brought back to how it was before
    let draft = draft_of(&tenant, PARKING, "In the yard.", &[&gap]).await;
    let published = of_draft(&tenant, &draft, "publish", 200).await;
    assert_eq!(published["closed_gaps"], json!([gap]));
    assert_eq!(gaps(&tenant, "resolved").await[0]["reopened_by"], Value::Null);
    let restoring = taking_back(&tenant, &first, "restore").await;
    let restored = of_draft(&tenant, &restoring, "publish", 200).await;
    assert_eq!(restored["reopened_gaps"], json!([gap]), "{restored}");

    // what was closed otherwise since stays closed
    let draft = draft_of(&tenant, PARKING, "In the yard.", &[&gap]).await;
    let published = of_draft(&tenant, &draft, "publish", 200).await;
    tenant.api.post(&format!("{path}/reopen")).expect(200).await;
    tenant.api.post(&format!("{path}/dismiss")).expect(200).await;
    let undoing = taking_back(&tenant, &published, "undo").await;
    let undone = of_draft(&tenant, &undoing, "publish", 200).await;
    assert_eq!(undone["reopened_gaps"], json!([]));
    assert_eq!(gaps(&tenant, "dismissed").await.len(), 1);
}

#[tokio::test]
async fn a_gap_that_a_newer_version_answers_stays_closed_until_that_is_taken_back_too() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    ask_in_vain(&tenant, &[PARKING]).await;
    let gap = gaps(&tenant, "open").await[0]["id"].clone();
    let draft = draft_of(&tenant, PARKING, "In the yard.", &[&gap]).await;
    let answered = of_draft(&tenant, &draft, "publish", 200).await;
    let newer = tenant
        .teach("Where can I park my car near your shop?", "In the street.")
        .await;
    let again = newest_version(&tenant).await;

    let undoing = taking_back(&tenant, &answered, "undo").await;
    let undone = of_draft(&tenant, &undoing, "publish", 200).await;
    assert_eq!(undone["reopened_gaps"], json!([]), "{undone}");
    assert_eq!(tenant.ask(PARKING).await["answer"]["text"], "In the street.");
    assert_eq!(gaps(&tenant, "resolved").await[0]["resolved_qa_id"], json!(newer));

    let undoing = taking_back(&tenant, &again, "undo").await;
    let undone = of_draft(&tenant, &undoing, "publish", 200).await;
    assert_eq!(undone["reopened_gaps"], json!([gap]), "{undone}");
}

#[tokio::test]
async fn a_gap_tells_of_the_draft_that_closes_it() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    ask_in_vain(&tenant, &[PARKING]).await;
    let gap = gaps(&tenant, "open").await[0].clone();
    assert_eq!(gap["draft_id"], Value::Null);
    let draft = draft_of(&tenant, PARKING, "In the yard.", &[&gap["id"]]).await;
    assert_eq!(gaps(&tenant, "open").await[0]["draft_id"], draft["id"]);
    let cluster = clusters(&tenant).await[0].clone();
    assert_eq!(cluster["draft_id"], draft["id"]);
    assert_eq!(open_gaps(&tenant, &cluster).await[0]["draft_id"], draft["id"]);
    let address = format!("/api/v1/drafts/{}", draft["id"].as_str().expect("an id"));
    tenant.api.delete(&address).expect(204).await;
    assert_eq!(clusters(&tenant).await[0]["draft_id"], Value::Null);
}

#[tokio::test]
async fn publishing_closes_every_gap_that_the_backtest_found_fixed() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    ask_in_vain(&tenant, &WRAPPING).await;
    ask_in_vain(&tenant, &[PARKING]).await;
    let open = gaps(&tenant, "open").await;
    let id_of = |question: &str| {
        let gap = open.iter().find(|gap| gap["question"] == question);
        gap.expect("a gap")["id"].clone()
    };
    // meant for one gap, and it answers another one in passing
    let pair = |question: &str, answer: &str, closes: Vec<Value>| {
        json!({"subject": "qa_pair", "id": null, "closes_gaps": closes,
            "after": {"question": question, "answer": answer}})
    };
    let changes = [
        pair(PARKING, "In the yard.", vec![id_of(PARKING)]),
        pair(WRAPPING[0], "Yes, for 3 euros.", vec![]),
    ];
    let draft = json!({"title": "Both", "changes": changes});
    let draft = tenant.api.post("/api/v1/drafts").json(&draft).expect(201).await;
    let tried = of_draft(&tenant, &draft, "backtest", 201).await;
    let fixed = tried["closes_gaps"].as_i64().expect("a count");
    assert!(fixed >= 2, "{tried}");
    assert_eq!(tried["closes_gaps"], tried["fixed"], "{tried}");
    let published = of_draft(&tenant, &draft, "publish", 200).await;
    let closed = published["closed_gaps"].as_array().expect("a list");
    assert_eq!(closed.len() as i64, fixed, "{published}");
    assert!(closed.contains(&id_of(PARKING)) && closed.contains(&id_of(WRAPPING[0])));
    let resolved = gaps(&tenant, "resolved").await;
    let wrapping = resolved.iter().find(|gap| gap["question"] == WRAPPING[0]);
    let pair = tenant.ask(WRAPPING[0]).await["answer"]["matched_qa_ids"][0].clone();
    assert_eq!(wrapping.expect("it")["resolved_qa_id"], pair);
    assert_eq!(gaps(&tenant, "open").await.len(), 4 - closed.len());

    // and all of them open again with it
    let undoing = taking_back(&tenant, &published, "undo").await;
    let undone = of_draft(&tenant, &undoing, "publish", 200).await;
    assert_eq!(
        undone["reopened_gaps"].as_array().map(Vec::len),
        Some(closed.len())
    );

    // what somebody has taken off stays open
    let mut change = pair_of(WRAPPING[0], "Yes, for 3 euros.");
    change["leaves_gaps"] = json!([id_of(WRAPPING[0])]);
    let left = json!({"title": "Left", "changes": [change]});
    let left = tenant.api.post("/api/v1/drafts").json(&left).expect(201).await;
    of_draft(&tenant, &left, "backtest", 201).await;
    let published = of_draft(&tenant, &left, "publish", 200).await;
    let closed = published["closed_gaps"].as_array().expect("a list");
    assert!(!closed.contains(&id_of(WRAPPING[0])), "{published}");
    let undoing = taking_back(&tenant, &published, "undo").await;
    of_draft(&tenant, &undoing, "publish", 200).await;

    // also where the draft closed it before
    let mut meant = pair_of(PARKING, "In the yard.");
    meant["closes_gaps"] = json!([id_of(PARKING)]);
    let draft = json!({"title": "Meant", "changes": [meant]});
    let draft = tenant.api.post("/api/v1/drafts").json(&draft).expect(201).await;
    let mut again = pair_of(PARKING, "In the yard.");
    again["id"] = draft["changes"][0]["subject_id"].clone();
    again["leaves_gaps"] = json!([id_of(PARKING)]);
    let address = format!("/api/v1/drafts/{}/changes", draft["id"].as_str().expect("an id"));
    let call = tenant.api.post(&address).json(&json!({"changes": [again]}));
    let draft = call.expect(200).await;
    assert_eq!(draft["changes"][0]["closes_gaps"], json!([]), "{draft}");
    assert_eq!(draft["changes"][0]["leaves_gaps"], json!([id_of(PARKING)]));

    // a backtest from before the draft was changed says nothing about it
    let draft = draft_of(&tenant, WRAPPING[0], "Yes, for 3 euros.", &[]).await;
    of_draft(&tenant, &draft, "backtest", 201).await;
    let address = format!("/api/v1/drafts/{}/changes", draft["id"].as_str().expect("an id"));
    let more = json!({"changes": [pair_of("Do you deliver?", "Yes.")]});
    tenant.api.post(&address).json(&more).expect(200).await;
    let published = of_draft(&tenant, &draft, "publish", 200).await;
    assert_eq!(published["closed_gaps"], json!([]));
}

fn pair_of(question: &str, answer: &str) -> Value {
    json!({"subject": "qa_pair", "id": null, "after": {"question": question, "answer": answer}})
}
