//! Bases with more passages than are held in memory: judged by a sample, searched through an index, and answered like all
//! others. One suite for every index.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Row as _};
use testkit::{FakeQdrant, Server, Tenant, require_runtime};
use uuid::Uuid;

use crate::quick_tenant;
use crate::support::server;

/// Passages of one tenant that are held.
const HELD: &str = "40";
const LAMPS: usize = 300;

const FIRST: [&str; 18] = [
    "Bal", "Cor", "Dun", "Fen", "Gar", "Hol", "Jas", "Kel", "Lor", "Mar", "Nor", "Pel", "Quin", "Ros", "Sel",
    "Tor", "Ven", "Wil",
];
const LAST: [&str; 18] = [
    "ada", "bury", "cott", "dine", "ford", "gate", "ham", "ion", "ley", "mont", "nell", "ona", "port", "ric",
    "stead", "ton", "vale", "wick",
];

fn lamp(number: usize) -> String {
    format!("{}{}", FIRST[number % 18], LAST[number / 18 % 18])
}

/// Ten documents, each with passages about thirty lamps.
fn catalogue(lamps: std::ops::Range<usize>) -> Vec<(String, String)> {
    let about = |number: usize| {
        let (name, price, weight) = (lamp(number), 11 + number * 7 % 90, 300 + number * 13 % 900);
        format!(
            "# {name} lamp\nThe {name} lamp weighs {weight} grams. A new shade for it costs {price} euros.\n\n"
        )
    };
    let lamps: Vec<usize> = lamps.collect();
    let documents = lamps.chunks(30).enumerate();
    documents
        .map(|(number, lamps)| {
            let text = lamps.iter().map(|lamp| about(*lamp)).collect();
            (format!("Catalogue {number}"), text)
        })
        .collect()
}

/// Passages that are asked for in other words.
const HOUSE_RULES: &str = "# Returns\nCustomers may send goods back within thirty days of receiving them.\n\n\
    # Warranty\nEvery article is guaranteed for two years against faults of its making.\n\n\
    # Opening\nOur showroom in Ghent receives visitors from nine to six, except on Sundays.\n\n\
    # Staff\nWe employ twelve people, most of whom have been with us for over ten years.\n\n\
    # Energy\nAll bulbs that we sell are of efficiency class A and dim smoothly.";

const QUESTIONS: [&str; 8] = [
    "How much does a new shade for the Kelford lamp cost?",
    "How heavy is the Rosmont lamp?",
    "What does the shade of a Torbury lamp cost?",
    "Weight of Quinmont",
    "What does a new shade for the Marstead lamp cost?",
    "How long do I have to return something I bought?",
    "When can I visit your shop?",
    "How many workers do you have?",
];

async fn teach(tenant: &Tenant, documents: Vec<(String, String)>) -> Vec<Uuid> {
    let mut ids = Vec::new();
    for (title, text) in documents {
        ids.push(tenant.learn(&title, &text, None).await);
    }
    ids
}

async fn teach_shop(tenant: &Tenant) -> Vec<Uuid> {
    let mut documents = catalogue(0..LAMPS);
    documents.push(("House rules".into(), HOUSE_RULES.into()));
    let ids = teach(tenant, documents).await;
    tenant.teach("Do you speak French?", "Yes, three of us do.").await;
    ids
}

async fn index_of(tenant: &Tenant) -> Value {
    tenant.api.get("/api/v1/knowledge/index").expect(200).await
}

/// Follows the live stream until the index is as wanted. A question is what makes a server look after it.
async fn until(tenant: &Tenant, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    tenant.ask("Do you speak French?").await;
    loop {
        let state = index_of(tenant).await;
        if wanted(&state) {
            return state;
        }
        events.next().await.expect("an event when the indexing goes on");
    }
}

async fn indexed(tenant: &Tenant) -> Value {
    until(tenant, |state| {
        state["indexed"] == state["passages"]
            && state["is_searched_by_index"] == true
            && state["recall_at_10"].is_f64()
    })
    .await
}

/// The passage that was found first.
fn first(asked: &Value) -> String {
    let candidates = asked["trace"]["candidates"].as_array().into_iter().flatten();
    let mut passages = candidates.filter(|candidate| candidate["kind"] == "passage");
    passages
        .next()
        .map_or_else(String::new, |passage| passage["title"].to_string())
}

/// The server with settings for an index.
async fn large(settings: &[(&str, &str)]) -> Server {
    let mut builder = server().set("RAPPORT_KNOWLEDGE_IN_MEMORY_PER_TENANT", HELD);
    for (name, value) in settings {
        builder = builder.set(name, value);
    }
    builder.start().await
}

/// What every index has to do.
async fn answers_as_if_all_were_held(server: &Server) {
    let whole = crate::support::server().start().await;
    let (tenant, reference) = (quick_tenant(server).await, quick_tenant(&whole).await);
    let documents = teach_shop(&tenant).await;
    teach_shop(&reference).await;
    let state = indexed(&tenant).await;
    assert_eq!(state["passages"], LAMPS + 5, "{state}");
    let held = state["held_in_memory"].as_u64().expect("a number");
    assert!(
        (4..=16).contains(&held),
        "an even fifth of what may be held: {state}"
    );
    assert!(state["recall_at_10"].as_f64() >= Some(0.95), "{state}");
    assert_eq!(state["recall_questions"], 50, "{state}");
    assert_eq!(index_of(&reference).await["is_searched_by_index"], false);
    for question in QUESTIONS {
        let (ours, theirs) = (tenant.ask(question).await, reference.ask(question).await);
        assert_eq!(first(&ours), first(&theirs), "{question}: {ours}\n{theirs}");
        assert!(ours["trace"]["notes"]["without_index"].is_null(), "{ours}");
    }
    let answered = tenant.ask(QUESTIONS[0]).await;
    let price = 11 + (7 + 4 * 18) * 7 % 90;
    assert!(
        answered["answer"]["text"]
            .to_string()
            .contains(&format!("{price} euros")),
        "{answered}"
    );
    assert_eq!(
        answered["answer"]["sources"][0]["title"], "Catalogue 2 › Kelford lamp",
        "{answered}"
    );
    // what is deleted is gone at once, and soon also from the index
    let path = format!("/api/v1/documents/{}", documents[2]);
    tenant.api.delete(&path).expect(204).await;
    let answered = tenant.ask(QUESTIONS[0]).await.to_string();
    assert!(!answered.contains("Kelford lamp weighs"), "{answered}");
    until(&tenant, |state| state["indexed"] == LAMPS + 5 - 30).await;
    // and what is new is found before it is in the index, and after
    let lost = catalogue(LAMPS..LAMPS + 5);
    teach(&tenant, lost).await;
    let question = format!("How heavy is the {} lamp?", lamp(LAMPS + 3));
    assert!(first(&tenant.ask(&question).await).contains(&lamp(LAMPS + 3)));
    indexed(&tenant).await;
    assert!(first(&tenant.ask(&question).await).contains(&lamp(LAMPS + 3)));
}

#[tokio::test]
async fn a_large_base_in_postgresql_answers_as_if_all_of_it_were_held() {
    require_runtime!();
    let server = large(&[]).await;
    answers_as_if_all_were_held(&server).await;
    hnsw_is_used_under_row_security(&server).await;
}

#[tokio::test]
async fn a_large_base_in_qdrant_answers_as_if_all_of_it_were_held() {
    require_runtime!();
    let fake = FakeQdrant::start().await;
    let server = large(&[
        ("RAPPORT_VECTOR_INDEX", "qdrant"),
        ("RAPPORT_QDRANT_URL", &fake.url()),
    ])
    .await;
    answers_as_if_all_were_held(&server).await;
}

#[tokio::test]
async fn a_large_base_in_a_real_qdrant_answers_as_if_all_of_it_were_held() {
    require_runtime!();
    let Ok(url) = std::env::var("RAPPORT_TEST_QDRANT_URL") else {
        println!("skipped: RAPPORT_TEST_QDRANT_URL names no Qdrant server");
        return;
    };
    let collection = format!("rapport-test-{}", Uuid::now_v7().simple());
    let server = large(&[
        ("RAPPORT_VECTOR_INDEX", "qdrant"),
        ("RAPPORT_QDRANT_URL", &url),
        ("RAPPORT_QDRANT_COLLECTION", &collection),
    ])
    .await;
    answers_as_if_all_were_held(&server).await;
}

/// The planner may take the index for the server's own statement, as the role that is subject to row security.
async fn hnsw_is_used_under_row_security(server: &Server) {
    let mut owner = server.owner().await;
    let row = sqlx::query(
        "select tenant_id, embedding::text as vector from knowledge_chunks where index_name = 'pgvector' limit 1",
    )
    .fetch_one(&mut owner)
    .await
    .expect("an indexed passage");
    let (tenant, vector): (Uuid, String) = (row.get("tenant_id"), row.get("vector"));
    let mut app = server.connect_as("rapport_app").await;
    // so few rows are sorted as quickly: these other ways are forbidden
    let explain = format!(
        "begin; set local app.current_tenant_id = '{tenant}'; set local enable_sort = off; set local enable_seqscan = off;
        set local hnsw.iterative_scan = 'relaxed_order'"
    );
    sqlx::raw_sql(AssertSqlSafe(explain))
        .execute(&mut app)
        .await
        .expect("a transaction");
    let select = format!(
        "explain select id from knowledge_chunks
        where tenant_id = current_tenant_id() and index_name = 'pgvector' and vector_dims(embedding) = 384
        order by embedding::halfvec(384) <=> '{vector}'::vector::halfvec(384) limit 64"
    );
    let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(select))
        .fetch_all(&mut app)
        .await
        .expect("a plan");
    let plan = plan.join("\n");
    assert!(plan.contains("knowledge_chunks_hnsw_384"), "{plan}");
}

#[tokio::test]
async fn qdrant_is_always_asked_for_one_tenant_and_never_believed() {
    require_runtime!();
    let fake = FakeQdrant::start().await;
    let server = large(&[
        ("RAPPORT_VECTOR_INDEX", "qdrant"),
        ("RAPPORT_QDRANT_URL", &fake.url()),
        ("RAPPORT_QDRANT_API_KEY", "a secret key"),
        ("RAPPORT_QDRANT_COLLECTION", "shops"),
    ])
    .await;
    let (ours, theirs) = (quick_tenant(&server).await, server.tenant("Theirs").await);
    teach_shop(&ours).await;
    let secret = "# Discount\nThe discount code for employees is HEDGEHOG-77.\n\n";
    let mut documents = catalogue(0..90);
    documents.push(("Staff".into(), secret.into()));
    teach(&theirs, documents).await;
    theirs.teach("Do you speak French?", "No, sorry.").await;
    indexed(&ours).await;
    indexed(&theirs).await;
    fake.set_blind(true);
    for tenant in [&theirs, &ours] {
        let told = tenant
            .ask("What is the discount code for employees?")
            .await
            .to_string();
        assert_eq!(told.contains("HEDGEHOG-77"), tenant.id == theirs.id, "{told}");
    }
    fake.set_blind(false);
    let gone = fake.points().len();
    server.rapport(&["tenant", "delete", &theirs.slug, "--yes"]).await;
    assert_eq!(fake.points().len(), gone - 91, "a tenant's points go with it");

    for request in fake.requests() {
        assert_eq!(request.headers["api-key"], "a secret key", "{request:?}");
        if request.path.contains("/points/") {
            let filter = request.body["filter"]["must"].to_string();
            let is_of = |tenant: &Tenant| {
                filter.contains(&json!({"key": "tenant_id", "match": {"value": tenant.id}}).to_string())
            };
            assert!(is_of(&ours) || is_of(&theirs), "{request:?}");
        }
    }
    let asked = |method: &str, path: &str| {
        let found = fake
            .requests()
            .into_iter()
            .find(|request| request.method == method && request.path.starts_with(path));
        found.unwrap_or_else(|| panic!("no {method} {path}")).body
    };
    let payload_index = asked("PUT", "/collections/shops-384/index");
    assert_eq!(
        payload_index,
        json!({"field_name": "tenant_id", "field_schema": {"type": "keyword", "is_tenant": true}})
    );
    assert_eq!(
        asked("PUT", "/collections/shops-384")["vectors"]["distance"],
        "Cosine"
    );
}

#[tokio::test]
async fn a_base_that_is_half_indexed_is_held_whole_and_a_broken_index_keeps_nobody_waiting() {
    require_runtime!();
    let fake = FakeQdrant::start().await;
    let server = large(&[
        ("RAPPORT_VECTOR_INDEX", "qdrant"),
        ("RAPPORT_QDRANT_URL", &fake.url()),
    ])
    .await;
    let tenant = quick_tenant(&server).await;
    teach_shop(&tenant).await;
    indexed(&tenant).await;
    fake.set_broken(true);
    // the words still lead to the passage
    let answered = tenant.ask(QUESTIONS[0]).await;
    assert_eq!(
        answered["trace"]["notes"]["without_index"],
        json!(["vectors"]),
        "{answered}"
    );
    assert!(first(&answered).contains("Kelford"), "{answered}");
    let answered = tenant.ask("Do you speak French?").await.to_string();
    assert!(answered.contains("three of us do"), "{answered}");
    let doctor = server.try_rapport(&["doctor"], "").await;
    let told = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(
        told.contains("qdrant") && told.contains("does not answer as it should"),
        "{told}"
    );
    // more than there is room for waits to be indexed
    let mut more = String::new();
    for number in 0..60 {
        more += &format!(
            "# Clause {number}\nClause {number} of the agreement says that {} pays {number} crowns.\n\n",
            lamp(number)
        );
    }
    tenant.learn("Agreement", &more, None).await;
    let state = index_of(&tenant).await;
    assert_eq!(state["is_searched_by_index"], false, "{state}");
    assert_eq!(state["held_in_memory"], state["passages"], "{state}");
    for (question, right) in [
        ("What does clause 41 of the agreement say?", "Clause 41"),
        (QUESTIONS[0], "Kelford"),
    ] {
        let answered = tenant.ask(question).await;
        assert!(
            answered["trace"]["notes"]["without_index"].is_null(),
            "{answered}"
        );
        let named = first(&answered);
        assert!(named.contains(right), "{named}");
    }
}
