//! Evaluation sets: questions with what a right answer is, asked on the page and on the command line.

use serde_json::{Value, json};
use testkit::fake::FakeProvider;
use testkit::{Method, Provider, Tenant, require_runtime};

use crate::quick_tenant;
use crate::support::server;

#[tokio::test]
async fn a_set_is_filled_asked_and_its_scores_are_kept() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let id = tenant
        .teach("Can I return a table?", "You may return a table within 30 days.")
        .await;
    tenant
        .learn(
            "Care",
            "# Oak\nOil an oak table with linseed oil once a year.",
            None,
        )
        .await;
    let set = json!({"name": "Basics", "cases": [
        {"question": "Can I return a table?", "expects": "qa_pair", "expected_qa_id": id},
        {"question": "How do I feed a parrot?", "expects": "no_answer"},
    ]});
    let set = tenant
        .api
        .post("/api/v1/evaluation-sets")
        .json(&set)
        .expect(201)
        .await;
    let path = format!("/api/v1/evaluation-sets/{}", set["id"].as_str().expect("an id"));
    let file = "question,expected_text,expected_source\nWith what do I oil an oak table?,,care\nCan I return a table?,two weeks,\n\"Who is the king, of Spain?\",Felipe,\n";
    let filled = tenant
        .api
        .post(&format!("{path}/import"))
        .body("text/csv", file)
        .expect(200)
        .await;
    assert_eq!(
        filled["case_count"], 4,
        "a question that was there gets the new expectation: {filled}"
    );

    let run = tenant.api.post(&format!("{path}/runs")).expect(201).await;
    let counts = ["total", "right", "wrong", "declined", "false_answers"].map(|name| run[name].clone());
    assert_eq!(counts, [4, 2, 1, 1, 0].map(|count| json!(count)), "{run}");
    let verdict = |question: &str| {
        let results = run["results"].as_array().expect("results");
        let found = results.iter().find(|result| result["question"] == question);
        found.expect("a result")["verdict"].clone()
    };
    assert_eq!(verdict("Can I return a table?"), "wrong");
    assert_eq!(verdict("Who is the king, of Spain?"), "declined");

    tenant.teach("How do I feed a parrot?", "With seeds.").await;
    let said = server.rapport(&["eval", "Basics"]).await;
    assert_eq!(
        (&said[0]["right"], &said[0]["false_answers"]),
        (&json!(1), &json!(1)),
        "{said}"
    );
    let failed = said[0]["failed"].as_array().expect("what failed");
    let questions: Vec<_> = failed
        .iter()
        .map(|case| (&case["question"], &case["verdict"]))
        .collect();
    assert_eq!(questions.len(), 3, "{said}");
    assert!(
        questions.contains(&(&json!("Can I return a table?"), &json!("wrong"))),
        "{said}"
    );
    let history = tenant.api.get(&format!("{path}/runs")).expect(200).await;
    let rights: Vec<&Value> = history["items"]
        .as_array()
        .expect("runs")
        .iter()
        .map(|run| &run["right"])
        .collect();
    assert_eq!(rights, [&json!(1), &json!(2)]);
    for (arguments, told) in [
        (["eval", "--at-least", "90"], "such as 0.9 for 90 percent"),
        (
            ["eval", "--data-dir", "/nowhere/at/all"],
            "There is no installation in",
        ),
    ] {
        let refused = server.try_rapport(&arguments, "").await;
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && said.contains(told), "{said}");
    }
    let fails = server.try_rapport(&["eval", "--at-least", "0.9"], "").await;
    assert_eq!(fails.status.code(), Some(1));

    // a case whose pair is gone is not judged
    let by_pair = json!({"cases": [{"question": "Returns?", "expects": "qa_pair", "expected_qa_id": id}]});
    tenant
        .api
        .post(&format!("{path}/cases"))
        .json(&by_pair)
        .expect(200)
        .await;
    tenant
        .api
        .delete(&format!("/api/v1/qa-pairs/{id}"))
        .expect(204)
        .await;
    let run = tenant.api.post(&format!("{path}/runs")).expect(201).await;
    assert_eq!(run["total"], 4, "{run}");
}

#[tokio::test]
async fn what_cannot_be_judged_is_refused_with_its_line() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    let set = tenant
        .api
        .post("/api/v1/evaluation-sets")
        .json(&json!({"name": "Basics"}))
        .expect(201)
        .await;
    let path = format!("/api/v1/evaluation-sets/{}", set["id"].as_str().expect("an id"));
    tenant
        .api
        .post(&format!("{path}/runs"))
        .send()
        .await
        .problem(422, "set_empty");
    let case = json!({"cases": [{"question": "Why?", "expects": "text"}]});
    tenant
        .api
        .post(&format!("{path}/cases"))
        .json(&case)
        .send()
        .await
        .problem(422, "no_expectation");
    let unknown = json!({"cases": [{"question": "Why?", "expects": "qa_pair", "expected_qa_id": uuid::Uuid::now_v7()}]});
    tenant
        .api
        .post(&format!("{path}/cases"))
        .json(&unknown)
        .send()
        .await
        .problem(422, "unknown_qa_pair");
    let file = format!("question,expected_text\n{},x\n", "long ".repeat(400));
    let refused = tenant
        .api
        .post(&format!("{path}/import"))
        .body("text/csv", file)
        .send()
        .await;
    let problem = refused.problem(422, "bad_question");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|detail| detail.starts_with("Line 2")),
        "{problem}"
    );
    let twice = tenant
        .api
        .post("/api/v1/evaluation-sets")
        .json(&json!({"name": "Basics"}))
        .send()
        .await;
    twice.problem(409, "name_taken");
}

#[tokio::test]
async fn another_embedding_model_forgets_how_the_confidence_was_corrected() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    tenant.teach("Can I return a table?", "Within 30 days.").await;
    let corrected =
        "update knowledge_state set calibration = '{\"slope\": 1.5, \"intercept\": -0.5, \"labels\": 80}'
        where tenant_id = $1";
    sqlx::query(corrected)
        .bind(tenant.id)
        .execute(&mut server.owner().await)
        .await
        .expect("a correction");
    let before = tenant.api.get("/api/v1/promise").expect(200).await;
    assert_eq!(before["calibration"]["slope"], 1.5, "{before}");

    embed_by_another_model(&tenant).await;
    let after = tenant.api.get("/api/v1/promise").expect(200).await;
    assert!(after["calibration"].is_null(), "{after}");
}

/// Until it has embedded everything and serves.
pub async fn embed_by_another_model(tenant: &Tenant) {
    embed_by_another_model_of(tenant, &FakeProvider::start().await).await;
}

/// The provider must live as long as its model is asked.
pub async fn embed_by_another_model_of(tenant: &Tenant, provider: &FakeProvider) {
    let other = json!({"kind": "endpoint", "base_url": provider.base_url(Provider::OpenAi).as_str(), "model": "other", "key": "secret"});
    let change = tenant.api.call(Method::PUT, "/api/v1/knowledge/embedder");
    change.json(&other).expect(200).await;
    until_it_serves(tenant).await;
}

/// Follows the live stream until the chosen model has embedded everything.
pub async fn until_it_serves(tenant: &Tenant) {
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    while !tenant.api.get("/api/v1/knowledge/embedder").expect(200).await["next"].is_null() {
        events.next().await.expect("an event when the new vectors serve");
    }
}

/// Pairs that are alike, and what is right to answer to questions about them.
const WOODS: [&str; 20] = [
    "oak", "elm", "ash", "beech", "birch", "cedar", "cherry", "larch", "lime", "maple", "pine", "plum",
    "poplar", "walnut", "willow", "yew", "teak", "alder", "hazel", "spruce",
];

/// The questions of the pairs, with `{}` for the wood.
const OF_TABLES: &str = "How do I care for a table of {}?";
const OF_DOORS: &str = "What do I do with a door of {}?";
const OF_FLOORS: &str = "How is a floor of {} kept clean?";

/// A pair for each wood and question.
async fn teach_woods(tenant: &Tenant, questions: &[&str]) {
    let pairs = questions.iter().flat_map(|question| {
        WOODS.map(|wood| (question.replace("{}", wood), format!("Rub the {wood} with oil.")))
    });
    let pairs: Vec<_> = pairs.collect();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(question, answer)| (question.as_str(), answer.as_str()))
        .collect();
    tenant.teach_all(&pairs).await;
}

/// A set says that the answers about so many woods are right, to each of these questions.
async fn judge_woods(tenant: &Tenant, questions: &[&str], right: usize) {
    let cases = questions.iter().flat_map(|question| {
        WOODS.iter().enumerate().map(move |(at, wood)| {
            let expected = if at < right { "oil" } else { "wax" };
            json!({"question": question.replace("{}", wood), "expects": "text", "expected_text": expected})
        })
    });
    let set = json!({"name": "Woods", "cases": cases.collect::<Vec<_>>()});
    tenant
        .api
        .post("/api/v1/evaluation-sets")
        .json(&set)
        .expect(201)
        .await;
}

/// Every question is asked word for word, so the bot is sure; a set says that so many of its answers are right.
async fn judge(tenant: &Tenant, questions: &[&str], right: usize) {
    teach_woods(tenant, questions).await;
    judge_woods(tenant, questions, right).await;
    for question in questions {
        for wood in WOODS {
            tenant.visitor().await.say(&question.replace("{}", wood)).await;
        }
    }
}

#[tokio::test]
async fn a_promise_never_says_what_the_own_labels_contradict() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    judge(&tenant, &[OF_TABLES], 11).await;
    let promise = tenant.api.get("/api/v1/promise").expect(200).await;
    assert_eq!(
        (&promise["basis"], &promise["labels"]),
        (&json!("confidence"), &json!(20)),
        "{promise}"
    );
    let now = &promise["now"];
    assert_eq!((&now["judged"], &now["right"]), (&json!(20), &json!(11)), "{now}");
    let share = |name: &str| now[name].as_f64().expect("a share");
    // Wilson's interval of 11 in 20
    assert!(
        (share("low") - 0.342).abs() < 1e-3 && (share("high") - 0.742).abs() < 1e-3,
        "{now}"
    );
    assert!(share("expected") > share("high"), "{now}");
    assert_eq!(
        (&now["is_contradicted"], &now["precision"]),
        (&json!(true), &json!(0.55))
    );
    for level in promise["levels"].as_array().expect("levels") {
        assert!(level["threshold"].is_null(), "nothing keeps 80 %: {level}");
    }
}

#[tokio::test]
async fn a_promise_is_what_is_expected_where_the_few_own_labels_agree() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    judge(&tenant, &[OF_TABLES], 20).await;
    let promise = tenant.api.get("/api/v1/promise").expect(200).await;
    let now = &promise["now"];
    assert_eq!((&now["judged"], &now["right"]), (&json!(20), &json!(20)), "{now}");
    assert_eq!(now["is_contradicted"], false, "{now}");
    assert_eq!(now["precision"], now["expected"]);
    let levels = promise["levels"].as_array().expect("levels");
    let kept = levels.iter().filter(|level| !level["threshold"].is_null());
    for level in kept.clone() {
        assert!(
            level["precision"].as_f64() >= level["promise"].as_f64(),
            "{level}"
        );
    }
    assert!(kept.count() > 0, "{promise}");
}

#[tokio::test]
async fn a_promise_rests_on_the_own_labels_where_there_are_enough() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    judge(&tenant, &[OF_TABLES, OF_DOORS, OF_FLOORS], 18).await;
    let unknown = "Who painted the ceiling of the chapel?";
    for _ in 0..20 {
        tenant.visitor().await.say(unknown).await;
    }
    let promise = tenant.api.get("/api/v1/promise").expect(200).await;
    assert_eq!(
        ["basis", "labels", "labels_needed", "questions"].map(|name| promise[name].clone()),
        [json!("labels"), json!(60), json!(60), json!(61)],
        "{promise}"
    );
    // 54 of the 60 answers are right, and 20 of 80 questions are not answered
    let check = |level: &Value| {
        assert_eq!((&level["judged"], &level["right"]), (&json!(60), &json!(54)));
        let share = |name: &str| level[name].as_f64().expect("a share");
        assert_eq!((share("precision"), share("coverage")), (0.9, 0.75), "{level}");
        // Wilson's interval of 54 in 60
        assert!(
            (share("low") - 0.799).abs() < 1e-3 && (share("high") - 0.953).abs() < 1e-3,
            "{level}"
        );
    };
    check(&promise["now"]);
    for level in promise["levels"].as_array().expect("levels") {
        match level["promise"].as_f64() {
            Some(promised) if promised <= 0.9 => check(level),
            _ => assert!(level["threshold"].is_null(), "nobody has seen that kept: {level}"),
        }
    }
}

#[tokio::test]
async fn labels_that_contradict_a_boastful_confidence_correct_it_whatever_model_embeds() {
    require_runtime!();
    let server = server().start().await;
    let tenant = quick_tenant(&server).await;
    teach_woods(&tenant, &[OF_TABLES]).await;
    let asked = [
        "How should I care for my table of {}?",
        "How to care for the table of {}?",
        "Care for a table of {}, how do I do it?",
        "How do I best care for the {} table?",
    ];
    judge_woods(&tenant, &asked, 5).await;
    let question = asked[0].replace("{}", "oak");
    let confidence = async || {
        let answer = tenant.ask(&question).await["answer"].clone();
        answer["confidence"].as_f64().expect("a confidence")
    };
    let boastful = confidence().await;
    let calibration = async || tenant.api.get("/api/v1/promise").expect(200).await["calibration"].clone();
    assert!(calibration().await.is_null());

    let refit = tenant.api.post("/api/v1/calibration/refit").expect(200).await;
    assert_eq!(refit["fit"]["helps"], true, "{refit}");
    let by_local = calibration().await;
    assert_eq!(by_local, refit["fit"]["calibration"]);
    assert_eq!(by_local["labels"], 80, "{by_local}");
    let corrected = confidence().await;
    assert!(
        boastful > 0.95 && (0.2..0.4).contains(&corrected),
        "{boastful} became {corrected}"
    );

    // another model's confidence is fitted anew as soon as it serves
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    let provider = FakeProvider::start().await;
    embed_by_another_model_of(&tenant, &provider).await;
    while calibration().await.is_null() {
        events
            .next()
            .await
            .expect("an event when the confidence is fitted");
    }
    let by_other = calibration().await;
    assert_eq!(by_other["labels"], 80, "{by_other}");
    assert_ne!(by_other, by_local);
}
