//! Retrieval that learns from a workspace's own questions: better where there is something to learn, unchanged where not.

use serde_json::{Value, json};
use testkit::{Tenant, require_runtime};

use crate::evaluation::embed_by_another_model;
use crate::quick_tenant;
use crate::support::server;

/// What the shop sells, and what its customers call it.
const THINGS: [(&str, &str); 12] = [
    ("mattress", "flimmer"),
    ("lamp", "zorb"),
    ("curtain", "quonk"),
    ("armchair", "brastle"),
    ("bookshelf", "dwimp"),
    ("carpet", "kelvo"),
    ("mirror", "snarb"),
    ("wardrobe", "plind"),
    ("kettle", "trungle"),
    ("blanket", "yapple"),
    ("bicycle", "grindle"),
    ("tent", "moxet"),
];

/// A question as it is written in the knowledge, how customers have asked it, and how they will.
struct Matter {
    written: &'static str,
    asked: [&'static str; 4],
    to_come: [&'static str; 2],
}

const MATTERS: [Matter; 3] = [
    Matter {
        written: "How do I clean a {}?",
        asked: [
            "my {} is filthy, what now",
            "spilled coffee on the {}, how to get it out",
            "can I wash the {} with soap",
            "best way to get dirt off a {}",
        ],
        to_come: ["there is a stain on our {}", "how should the {} be washed"],
    },
    Matter {
        written: "How long is the guarantee of a {}?",
        asked: [
            "the {} broke after a year, is that covered",
            "for how many years is the {} under warranty",
            "do you repair a {} for free if it fails",
            "guarantee on the {} please",
        ],
        to_come: [
            "is my broken {} still covered",
            "warranty period for the {}, anyone",
        ],
    },
    Matter {
        written: "Can I return a {}?",
        asked: [
            "I do not like the {}, can it go back",
            "how do I send the {} back to you",
            "money back for a {} that I do not want",
            "wrong colour of {}, I want to return it",
        ],
        to_come: [
            "I changed my mind about the {}, take it back please",
            "sending back a {}",
        ],
    },
];

/// Teaches every matter of every thing, and gives the pairs' ids by their questions.
async fn teach(tenant: &Tenant) -> Vec<Value> {
    let pairs: Vec<(String, String)> = THINGS
        .iter()
        .flat_map(|(thing, _)| {
            MATTERS.iter().enumerate().map(move |(at, matter)| {
                let answer = format!("Leaflet {at} about the {thing} says it.");
                (matter.written.replace("{}", thing), answer)
            })
        })
        .collect();
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(question, answer)| (question.as_str(), answer.as_str()))
        .collect();
    tenant.teach_all(&pairs).await;
    let list = tenant.api.get("/api/v1/qa-pairs?limit=200").expect(200).await;
    let items = list["items"].as_array().expect("pairs");
    let id_of = |question: &str| {
        let found = items.iter().find(|pair| pair["question"] == question);
        found.expect("the pair")["id"].clone()
    };
    pairs.iter().map(|(question, _)| id_of(question)).collect()
}

/// Says which pair answers what customers have asked, by `right`: from the number of the right pair and of the case.
async fn label(tenant: &Tenant, ids: &[Value], right: impl Fn(usize, usize) -> usize) {
    let mut cases = Vec::new();
    for (thing, (_, slang)) in THINGS.iter().enumerate() {
        for (at, matter) in MATTERS.iter().enumerate() {
            for asked in matter.asked {
                let pair = right(thing * MATTERS.len() + at, cases.len());
                cases.push(json!({
                    "question": asked.replace("{}", slang),
                    "expects": "qa_pair",
                    "expected_qa_id": ids[pair],
                }));
            }
        }
    }
    let set = json!({"name": "What customers say", "cases": cases});
    tenant
        .api
        .post("/api/v1/evaluation-sets")
        .json(&set)
        .expect(201)
        .await;
}

/// How many of the questions to come find their answer first.
async fn found_first(tenant: &Tenant, ids: &[Value]) -> usize {
    let mut found = 0;
    for (thing, (_, slang)) in THINGS.iter().enumerate() {
        for (at, matter) in MATTERS.iter().enumerate() {
            for question in matter.to_come {
                let body = json!({"query": question.replace("{}", slang), "limit": 1});
                let search = tenant.api.post("/api/v1/knowledge/search");
                let answer = search.json(&body).expect(200).await;
                found += usize::from(answer["items"][0]["id"] == ids[thing * MATTERS.len() + at]);
            }
        }
    }
    found
}

async fn model(tenant: &Tenant) -> Value {
    tenant.api.get("/api/v1/retrieval-model").expect(200).await
}

/// Trains a version, and waits until it has been tried.
async fn train(tenant: &Tenant) -> Value {
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    let started = tenant.api.post("/api/v1/retrieval-model/train").expect(202).await;
    assert_eq!(started["versions"][0]["status"], "training", "{started}");
    assert_eq!(started["versions"][0]["progress"], 0.0, "{started}");
    let again = tenant.api.post("/api/v1/retrieval-model/train").send().await;
    again.problem(409, "training_runs");
    loop {
        let now = model(tenant).await;
        if now["versions"][0]["status"] != "training" {
            return now;
        }
        events.next().await.expect("an event when the training has ended");
    }
}

#[tokio::test]
async fn a_shop_whose_customers_have_words_of_their_own_is_understood_better() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let ids = teach(&tenant).await;
    let too_few = tenant.api.post("/api/v1/retrieval-model/train").send().await;
    too_few.problem(409, "too_few_labels");
    label(&tenant, &ids, |pair, _| pair).await;
    let before = found_first(&tenant, &ids).await;

    let trained = train(&tenant).await;
    let version = &trained["versions"][0];
    assert_eq!(
        (&version["status"], &version["is_active"], &version["version"]),
        (&json!("ready"), &json!(true), &json!("v1")),
        "{trained}"
    );
    assert_eq!(
        (&trained["active"], &trained["before"]),
        (&version["id"], &Value::Null)
    );
    let figures = &version["figures"];
    assert_eq!(figures["questions"], 144, "{figures}");
    assert!(
        figures["gain_recall_at_1"]["low"].as_f64() > Some(0.0),
        "{figures}"
    );
    assert!(
        figures["adapted"]["mrr"].as_f64() > figures["base"]["mrr"].as_f64(),
        "{figures}"
    );
    assert!(figures["refusal"].is_null(), "{figures}");
    let after = found_first(&tenant, &ids).await;
    assert!(
        after >= before + 15,
        "of 72 questions nobody had asked before, {before} were understood, and {after} now: {figures}"
    );

    // the same questions give the same version
    let again = train(&tenant).await;
    assert_eq!(again["versions"][0]["figures"]["digest"], figures["digest"]);
    assert_eq!(
        (&again["versions"][0]["version"], &again["before"]),
        (&json!("v2"), &version["id"]),
        "{again}"
    );

    let roll_back = async || {
        tenant
            .api
            .post("/api/v1/retrieval-model/roll-back")
            .expect(200)
            .await
    };
    let first = roll_back().await;
    assert_eq!(first["active"], version["id"], "{first}");
    assert_eq!(found_first(&tenant, &ids).await, after);
    let alone = roll_back().await;
    assert!(alone["active"].is_null() && alone["before"].is_null(), "{alone}");
    assert_eq!(found_first(&tenant, &ids).await, before, "the search model alone");
    let nothing = tenant.api.post("/api/v1/retrieval-model/roll-back").send().await;
    nothing.problem(409, "nothing_to_roll_back");

    let log = tenant.api.get("/api/v1/audit-log?limit=50").expect(200).await;
    let entries = log["items"].as_array().expect("entries");
    let count = |action: &str| entries.iter().filter(|entry| entry["action"] == action).count();
    let actions = [
        "retrieval_training_started",
        "retrieval_trained",
        "model_version_activated",
        "model_version_deactivated",
    ];
    assert_eq!(actions.map(count), [2, 2, 3, 1], "{log}");
}

#[tokio::test]
async fn labels_that_are_chance_change_nothing() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let ids = teach(&tenant).await;
    let count = ids.len();
    label(&tenant, &ids, |_, case| {
        let mixed = (case as u64 + 1)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(23)
            .wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed >> 33) as usize % count
    })
    .await;
    let before = found_first(&tenant, &ids).await;
    let trained = train(&tenant).await;
    let version = &trained["versions"][0];
    assert_eq!(
        (&version["status"], &version["is_active"]),
        (&json!("deprecated"), &json!(false)),
        "{trained}"
    );
    assert!(version["figures"]["refusal"].is_string(), "{trained}");
    assert_eq!(found_first(&tenant, &ids).await, before);
    // nobody can insist on it
    let path = format!(
        "/api/v1/model-versions/{}",
        version["id"].as_str().expect("an id")
    );
    let activate = format!("{path}/activate");
    tenant.api.post(&activate).send().await.problem(409, "not_ready");
    let insist = json!({"is_deprecated": false});
    tenant.api.patch(&path).json(&insist).expect(200).await;
    tenant.api.post(&activate).send().await.problem(409, "not_better");
    assert!(model(&tenant).await["active"].is_null());
}

#[tokio::test]
async fn another_search_model_does_not_read_what_this_one_has_learned() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let ids = teach(&tenant).await;
    label(&tenant, &ids, |pair, _| pair).await;
    let trained = train(&tenant).await;
    let id = trained["active"].as_str().expect("an active version").to_owned();
    embed_by_another_model(&tenant).await;
    let changed = model(&tenant).await;
    assert!(changed["active"].is_null(), "{changed}");
    assert_ne!(changed["base_model"], trained["base_model"]);
    let activate = format!("/api/v1/model-versions/{id}/activate");
    let refused = tenant.api.post(&activate).send().await;
    refused.problem(409, "another_search_model");
}

#[tokio::test]
async fn thumbs_and_closed_gaps_are_what_is_learned_from() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant
        .teach("Can I return a table?", "You may return a table within 30 days.")
        .await;
    let judged = async |question: &str, value: &str| {
        let visitor = tenant.visitor().await;
        let said = visitor.say(question).await;
        let message = said["answer"]["id"].as_str().expect("an answer").to_owned();
        let path = visitor.path(&format!("messages/{message}/feedback"));
        visitor
            .api
            .post(&path)
            .json(&json!({"value": value}))
            .expect(200)
            .await
    };
    judged("Can I return a table?", "up").await;
    judged("Can I return the table?", "down").await;
    let visitor = tenant.visitor().await;
    visitor.say("Do you sell parrots?").await;
    let gaps = tenant.api.get("/api/v1/gaps").expect(200).await;
    let gap = gaps["items"][0]["id"].as_str().expect("a gap").to_owned();
    tenant
        .api
        .post(&format!("/api/v1/gaps/{gap}/resolve"))
        .json(&json!({"answer": "No, only furniture."}))
        .expect(200)
        .await;
    let set = json!({"name": "Basics", "cases": [{"question": "Who is the king?", "expects": "no_answer"}]});
    tenant
        .api
        .post("/api/v1/evaluation-sets")
        .json(&set)
        .expect(201)
        .await;
    assert_eq!(
        model(&tenant).await["labels"],
        json!({"questions": 2, "rejections": 1, "unanswerable": 1})
    );
}
