//! SIGKILL in the middle of long work: files that are read, vectors of another model, the index of a large base. The
//! work goes on when the server is back, nothing is there twice, and until it is done visitors are answered from what
//! was there before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::fake::{FakeProvider, Reply};
use testkit::{FakeQdrant, Method, Provider, Server, Tenant, require_runtime};
use tokio::sync::watch;

use crate::build::pdf::pdf;
use crate::shop;

/// Gives vectors for so many lists of texts, and keeps whoever sends more of them waiting. Single texts are questions,
/// which it never keeps waiting.
struct SlowModel {
    provider: FakeProvider,
    gate: watch::Sender<bool>,
    room: Arc<AtomicUsize>,
    kept_waiting: watch::Receiver<usize>,
}

impl SlowModel {
    async fn start() -> Self {
        let provider = FakeProvider::start().await;
        let (gate, opened) = watch::channel(false);
        let (keep, kept_waiting) = watch::channel(0);
        let room = Arc::new(AtomicUsize::new(usize::MAX));
        let left = room.clone();
        provider.answer_with(move |asked| {
            let is_list = asked.body["input"]
                .as_array()
                .is_some_and(|texts| texts.len() > 1);
            let take = |left: usize| left.checked_sub(1);
            if !is_list
                || left
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, take)
                    .is_ok()
            {
                return Reply::text("");
            }
            keep.send_modify(|count| *count += 1);
            Reply::text("").behind(opened.clone())
        });
        Self {
            provider,
            gate,
            room,
            kept_waiting,
        }
    }

    fn set_room(&self, lists: usize) {
        self.room.store(lists, Ordering::SeqCst);
    }

    async fn keeps_waiting(&mut self, count: usize) {
        let kept = self.kept_waiting.wait_for(|kept| *kept >= count);
        let kept = tokio::time::timeout(Duration::from_secs(120), kept).await;
        kept.expect("somebody asks for vectors").expect("the model lives");
    }

    fn open(&self) {
        self.gate.send_replace(true);
    }

    /// How often each text was sent.
    fn texts(&self) -> BTreeMap<String, usize> {
        let mut texts = BTreeMap::new();
        for asked in self.provider.requests() {
            for text in asked.body["input"].as_array().into_iter().flatten() {
                *texts
                    .entry(text.as_str().unwrap_or_default().to_owned())
                    .or_default() += 1;
            }
        }
        texts
    }

    /// At most the list that was under way was sent again.
    fn lost_at_most(&self, list: usize) {
        let texts = self.texts();
        let again = texts
            .iter()
            .filter(|(text, times)| text.contains("weighs") && **times > 1);
        let again = again.count();
        assert!(again <= list, "{again} texts were sent again");
    }

    async fn choose(&self, tenant: &Tenant) {
        let url = self.provider.base_url(Provider::OpenAi);
        let choice = json!({"kind": "endpoint", "base_url": url.as_str(), "model": "other"});
        let change = tenant.api.call(Method::PUT, "/api/v1/knowledge/embedder");
        change.json(&choice).expect(200).await;
    }
}

/// Follows the live stream until a page of the API says what is wanted.
async fn until(tenant: &Tenant, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    loop {
        let state = tenant.api.get(path).expect(200).await;
        if wanted(&state) {
            return state;
        }
        events.next().await.expect("an event when the work goes on");
    }
}

/// A passage for each lamp, and one about who looks after them.
fn catalogue(maker: &str, lamps: usize, curator: &str) -> String {
    let about = |number: usize| {
        format!("# {maker} {number}\nThe lamp {maker} {number} weighs {number} grams, without its shade.\n\n")
    };
    let lamps: String = (1..lamps).map(about).collect();
    format!("{lamps}# Curator\nThe {maker} collection is looked after by {curator}, our curator.\n")
}

async fn upload(tenant: &Tenant, name: &str, bytes: impl Into<Vec<u8>>) -> String {
    let path = format!("/api/v1/documents/files?filename={name}");
    let sent = tenant.api.post(&path).body("application/octet-stream", bytes);
    let id = sent.expect(202).await["id"].clone();
    format!("/api/v1/documents/{}", id.as_str().expect("an id"))
}

async fn read(tenant: &Tenant, document: &str) -> Value {
    let read = until(tenant, document, |document| document["status"] != "pending").await;
    assert_eq!(read["status"], "processed", "{read}");
    assert_eq!(read["embedded_count"], read["chunk_count"], "{read}");
    read
}

/// Each passage of a document stands in the database once.
async fn is_there_once(tenant: &Tenant, document: &str, passages: usize) {
    let path = format!("{document}/passages");
    let found = tenant.api.get(&path).expect(200).await;
    let found = found["items"].as_array().expect("a list").clone();
    let texts: BTreeSet<String> = found.iter().map(|passage| passage["text"].to_string()).collect();
    assert_eq!((found.len(), texts.len()), (passages, passages));
}

async fn count(server: &Server, sql: &'static str, tenant: &Tenant) -> i64 {
    sqlx::query_scalar(sql)
        .bind(tenant.id)
        .fetch_one(&mut server.owner().await)
        .await
        .expect("a number")
}

async fn curator_of(tenant: &Tenant, maker: &str) -> String {
    let question = format!("Who is the curator of the {maker} collection?");
    let asked = tenant.ask(&question).await;
    asked["answer"]["text"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn files_that_were_being_read_are_read_once_and_what_they_replace_answers_until_then() {
    require_runtime!();
    let mut server = shop::server().start().await;
    let tenant = shop::open(&server, "Killed").await;
    let mut model = SlowModel::start().await;
    model.choose(&tenant).await;
    until(&tenant, "/api/v1/knowledge/embedder", |state| {
        state["next"].is_null()
    })
    .await;
    let lamps = upload(&tenant, "lamps.md", catalogue("Kelford", 1, "Odile")).await;
    read(&tenant, &lamps).await;

    model.set_room(1);
    let replace = tenant
        .api
        .call(Method::PUT, &format!("{lamps}/file?filename=lamps.md"));
    let other = catalogue("Kelford", 300, "Bernard");
    replace.body("text/markdown", other).expect(202).await;
    let others = upload(&tenant, "others.md", catalogue("Rosmont", 150, "Mireille")).await;
    model.keeps_waiting(1).await;
    server.kill().await;
    server.start_again().await;
    model.keeps_waiting(2).await;

    let half = tenant.api.get(&lamps).expect(200).await;
    assert_eq!(
        (&half["status"], &half["is_serving"]),
        (&json!("pending"), &json!(true))
    );
    assert_eq!(
        (&half["chunk_count"], &half["embedded_count"]),
        (&json!(300), &json!(128)),
        "{half}"
    );
    let waiting = tenant.api.get(&others).expect(200).await;
    assert_eq!(
        (&waiting["status"], &waiting["is_serving"]),
        (&json!("pending"), &json!(false))
    );
    let told = curator_of(&tenant, "Kelford").await;
    assert!(told.contains("Odile"), "from what is to be replaced: {told}");
    let told = curator_of(&tenant, "Rosmont").await;
    assert!(!told.contains("Mireille"), "from what is half read: {told}");

    model.open();
    read(&tenant, &lamps).await;
    read(&tenant, &others).await;
    is_there_once(&tenant, &lamps, 300).await;
    is_there_once(&tenant, &others, 150).await;
    let passages = "select count(*) from knowledge_chunks where tenant_id = $1";
    assert_eq!(
        count(&server, passages, &tenant).await,
        450,
        "no passage of what was replaced"
    );
    model.lost_at_most(128);
    for (maker, curator) in [("Kelford", "Bernard"), ("Rosmont", "Mireille")] {
        let told = curator_of(&tenant, maker).await;
        assert!(told.contains(curator), "{maker}: {told}");
    }
}

#[tokio::test]
async fn a_file_whose_reader_was_at_work_is_read_after_the_next_start() {
    require_runtime!();
    let mut server = shop::server().start().await;
    let tenant = shop::open(&server, "Killed").await;
    let page = "Oil the oak table with linseed oil once a year.";
    let pages = vec![page; 4_000];
    let guide = upload(&tenant, "guide.pdf", pdf(&pages)).await;
    let notes = upload(&tenant, "notes.txt", "The workshop mends chairs on Tuesdays.").await;
    a_reader_of(&server).await;
    server.kill().await;
    server.start_again().await;
    assert_eq!(read(&tenant, &guide).await["page_count"], 4_000);
    read(&tenant, &notes).await;
    is_there_once(&tenant, &guide, 1).await;
    is_there_once(&tenant, &notes, 1).await;
}

/// Waits until the server has a child that reads a file.
async fn a_reader_of(server: &Server) {
    let mut look = tokio::time::interval(Duration::from_millis(5));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !has_reader(server.pid()) {
        assert!(tokio::time::Instant::now() < deadline, "no file is being read");
        look.tick().await;
    }
}

fn has_reader(pid: i32) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let children = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<String> = children.collect();
    let mut children = children.iter().flat_map(|list| list.split_whitespace());
    children.any(|child| {
        let line = std::fs::read(Path::new("/proc").join(child).join("cmdline"));
        String::from_utf8_lossy(&line.unwrap_or_default()).contains("read-document")
    })
}

#[tokio::test]
async fn another_models_vectors_are_made_to_the_end_and_the_old_ones_serve_until_then() {
    require_runtime!();
    let mut server = shop::server().start().await;
    let tenant = shop::open(&server, "Killed").await;
    tenant
        .learn("Lamps", &catalogue("Kelford", 300, "Odile"), None)
        .await;
    let texts = shop::KNOWN.len() + 300;
    let mut model = SlowModel::start().await;
    // the pairs, and two lists of passages
    model.set_room(3);
    model.choose(&tenant).await;
    model.keeps_waiting(1).await;
    server.kill().await;
    server.start_again().await;
    model.keeps_waiting(2).await;

    let half = tenant.api.get("/api/v1/knowledge/embedder").expect(200).await;
    assert_eq!(
        (&half["current"]["kind"], &half["next"]["model"]),
        (&json!("local"), &json!("other"))
    );
    assert_eq!(
        (&half["texts"], &half["waiting"]),
        (&json!(texts), &json!(0)),
        "{half}"
    );
    assert_eq!(
        half["waiting_next"],
        300 - 2 * 64,
        "what was made is kept: {half}"
    );
    let (question, answer) = ("Do you ship parcels to Belgium?", shop::KNOWN[0].1);
    let is_asked = |model: &SlowModel| model.texts().contains_key(question);
    assert!(tenant.ask(question).await.to_string().contains(answer));
    assert!(
        !is_asked(&model),
        "a question was asked of the model that is not ready"
    );

    model.open();
    let whole = until(&tenant, "/api/v1/knowledge/embedder", |state| {
        state["next"].is_null()
    })
    .await;
    assert_eq!(
        (&whole["current"]["model"], &whole["waiting"]),
        (&json!("other"), &json!(0))
    );
    assert!(tenant.ask(question).await.to_string().contains(answer));
    assert!(is_asked(&model));
    model.lost_at_most(64);
    let odd = "select count(*) from knowledge_chunks
        where tenant_id = $1 and (vector_dims(embedding) is distinct from 8 or embedding_next is not null)";
    assert_eq!(count(&server, odd, &tenant).await, 0, "vectors of two models");
    let passages = "select count(*) from knowledge_chunks where tenant_id = $1";
    assert_eq!(count(&server, passages, &tenant).await, 300);
}

/// Passages of one tenant that are held.
const HELD: &str = "40";
const PASSAGES: usize = 1_400;
const CURATORS: [(&str, &str); 4] = [
    ("Kelford", "Odile"),
    ("Rosmont", "Mireille"),
    ("Torbury", "Bernard"),
    ("Quinley", "Anselm"),
];

#[tokio::test]
async fn an_index_is_built_to_the_end_and_the_base_is_held_whole_until_then() {
    require_runtime!();
    let qdrant = FakeQdrant::start().await;
    let settings = shop::server()
        .set("RAPPORT_KNOWLEDGE_IN_MEMORY_PER_TENANT", HELD)
        .set("RAPPORT_VECTOR_INDEX", "qdrant")
        .set("RAPPORT_QDRANT_URL", &qdrant.url());
    let mut server = settings.start().await;
    let tenant = shop::open(&server, "Killed").await;
    let model = SlowModel::start().await;
    model.choose(&tenant).await;
    until(&tenant, "/api/v1/knowledge/embedder", |state| {
        state["next"].is_null()
    })
    .await;
    qdrant.set_room(0);
    for (maker, curator) in CURATORS {
        let lamps = catalogue(maker, PASSAGES / CURATORS.len(), curator);
        tenant.learn(maker, &lamps, None).await;
    }
    is_held_whole(&tenant, 0).await;
    server.kill().await;
    server.start_again().await;
    // the first thousand in four requests, and a part of the others
    qdrant.set_room(5);
    qdrant.is_full().await;
    is_held_whole(&tenant, 1_000).await;
    server.kill().await;
    server.start_again().await;
    is_held_whole(&tenant, 1_000).await;

    qdrant.set_room(usize::MAX);
    let whole = until(&tenant, "/api/v1/knowledge/index", |state| {
        state["indexed"] == PASSAGES && state["is_searched_by_index"] == true
    })
    .await;
    assert_eq!(whole["passages"], PASSAGES, "{whole}");
    let points = qdrant.points();
    let once: BTreeSet<&String> = points.iter().collect();
    assert_eq!((points.len(), once.len()), (PASSAGES, PASSAGES));
    let twice = "select count(*) - count(distinct passage) from knowledge_index_batches, unnest(passage_ids) as passage
        where tenant_id = $1";
    assert_eq!(
        count(&server, twice, &tenant).await,
        0,
        "a passage is in two batches"
    );
    all_are_found(&tenant).await;
}

async fn all_are_found(tenant: &Tenant) {
    for (maker, curator) in CURATORS {
        let told = curator_of(tenant, maker).await;
        assert!(told.contains(curator), "{maker}: {told}");
    }
}

async fn is_held_whole(tenant: &Tenant, indexed: usize) {
    all_are_found(tenant).await;
    let state = tenant.api.get("/api/v1/knowledge/index").expect(200).await;
    assert_eq!(
        (&state["indexed"], &state["held_in_memory"]),
        (&json!(indexed), &json!(PASSAGES)),
        "{state}"
    );
    assert_eq!(state["is_searched_by_index"], false, "{state}");
}
