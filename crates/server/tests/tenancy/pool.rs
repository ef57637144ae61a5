//! Pooled connections: twenty tenants on five connections, with callers that hang up at any moment, and no answer ever
//! holds another tenant's word (R26).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Connection as _;
use testkit::{Api, Call, Server, require_runtime};
use uuid::Uuid;

use crate::support::server;

const TENANTS: usize = 20;
const WORKERS: usize = 25;
const REQUESTS_EACH: usize = 80;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_ever_reads_with_another_tenants_connection() {
    require_runtime!();
    let server = server()
        .set("RAPPORT_DATABASE_CONNECTIONS", "5")
        .set("RAPPORT_TRUSTED_PROXIES", "[\"127.0.0.1\"]")
        .start()
        .await;
    let mut tenants = Vec::new();
    for number in 0..TENANTS {
        tenants.push(Small::make(&server, number).await);
    }
    let tenants = Arc::new(tenants);
    let (answered, hung_up) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let workers = (0..WORKERS).map(|worker| {
        let (tenants, answered, hung_up) = (tenants.clone(), answered.clone(), hung_up.clone());
        tokio::spawn(async move {
            let mut chance = Chance(worker as u64 + 1);
            for _ in 0..REQUESTS_EACH {
                let tenant = &tenants[chance.below(TENANTS)];
                let call = tenant.call(chance.below(8));
                let count = match chance.below(10) {
                    0..4 => match hang_up(call, chance.below(6000)).await {
                        Some(answer) => tenant.check(answer, &answered),
                        None => &hung_up,
                    },
                    _ => tenant.check(call.send().await, &answered),
                };
                count.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.expect("no foreign word");
    }
    let (answered, hung_up) = (answered.load(Ordering::Relaxed), hung_up.load(Ordering::Relaxed));
    println!("{answered} answered, {hung_up} hung up on");
    assert_eq!(answered + hung_up, WORKERS * REQUESTS_EACH);
    assert!(
        hung_up > WORKERS * REQUESTS_EACH / 100,
        "only {hung_up} were hung up on"
    );
    for tenant in tenants.iter() {
        tenant.still_has_its_own().await;
    }
}

/// A tenant whose requests all wait for one lock holds half of the connections; the others go on as if nothing were.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenant_that_stands_still_does_not_stop_the_others() {
    require_runtime!();
    let server = server()
        .set("RAPPORT_DATABASE_CONNECTIONS", "4")
        .set("RAPPORT_TRUSTED_PROXIES", "[\"127.0.0.1\"]")
        .start()
        .await;
    let (stuck, other) = (Small::make(&server, 1).await, Small::make(&server, 2).await);
    let mut owner = server.owner().await;
    let mut lock = owner.begin().await.expect("a transaction");
    sqlx::query("select from knowledge_state for update")
        .execute(&mut *lock)
        .await
        .expect("every tenant's knowledge is locked");
    let body = json!({"changes": [{"filter": {}, "change": {"category": "stuck"}}]});
    let mut waiting: tokio::task::JoinSet<_> = (0..6)
        .map(|_| stuck.api.post("/api/v1/qa-pairs/bulk").json(&body).send())
        .collect();
    // who gets no turn is told so, and then all that the tenant may hold is held
    for _ in 0..4 {
        let refused = waiting.join_next().await.expect("six requests");
        refused.expect("an answer").problem(503, "database_unavailable");
    }
    for _ in 0..4 {
        other.api.get("/api/v1/qa-pairs").expect(200).await;
    }
    lock.rollback().await.expect("the lock is given back");
    let answers = waiting.join_all().await;
    let changed = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(changed, 2, "half of the connections");
    stuck.still_has_its_own().await;
}

/// Drops the request after so many microseconds, unless it was answered before.
async fn hang_up(call: Call, after: usize) -> Option<testkit::Answer> {
    tokio::time::timeout(Duration::from_micros(after as u64), call.send())
        .await
        .ok()
}

/// A tenant in which everything holds its own word.
struct Small {
    word: String,
    api: Api,
    visitor: testkit::Visitor,
}

/// In every word, followed by the tenant's number.
const WORD: &str = "kestrel";

impl Small {
    /// By sign-up, which is quicker than the command line; each from an address of its own.
    async fn make(server: &Server, number: usize) -> Self {
        let word = format!("{WORD}{number:02}");
        let account = json!({"email": format!("{word}@example.com"), "password": "a long password", "name": word, "business_name": word});
        let answer = server
            .api
            .post("/api/v1/sign-up")
            .header("x-forwarded-for", &format!("203.0.113.{number}"))
            .json(&account);
        let answer = answer.send().await;
        answer.expect(201);
        let api = server.api.with_cookie(&answer.cookie().expect("a cookie"));
        let pair = json!({"question": "What is the word?", "answer": format!("The word is {word}.")});
        api.post("/api/v1/qa-pairs").json(&pair).expect(201).await;
        let document =
            json!({"title": word, "text": format!("Our word is {word}, and no other word is ours.")});
        api.post("/api/v1/documents").json(&document).expect(201).await;
        let channels = api.get("/api/v1/channels").expect(200).await;
        let key = channels["items"][0]["channel_key"]
            .as_str()
            .expect("a channel key");
        let visitor = testkit::Visitor::start(&server.api, key, &json!({})).await;
        visitor.say(&format!("What is the word? Is it {word}?")).await;
        Self { word, api, visitor }
    }

    /// One of the things that read or write.
    fn call(&self, kind: usize) -> Call {
        match kind {
            0 => self.api.get("/api/v1/qa-pairs"),
            1 => self.api.get("/api/v1/conversations"),
            2 => self.api.get("/api/v1/documents"),
            3 => self.api.get("/api/v1/qa-pairs/export"),
            4 => self.api.get("/api/v1/session"),
            5 => self
                .api
                .post("/api/v1/ask")
                .json(&json!({"question": "What is the word?"})),
            6 => {
                let text = format!("What is the word? Is it {}?", self.word);
                self.visitor.message(&Uuid::now_v7().to_string(), &text)
            }
            _ => self.visitor.api.get(&self.visitor.path("messages")),
        }
    }

    /// Every word in the answer is this tenant's own.
    fn check<'a>(&self, answer: testkit::Answer, answered: &'a AtomicUsize) -> &'a AtomicUsize {
        let text = answer.text();
        assert_eq!(answer.status, 200, "{text}");
        assert!(text.contains(&self.word), "{} is missing in {text}", self.word);
        let own = text.matches(&self.word).count();
        assert_eq!(
            text.matches(WORD).count(),
            own,
            "a word that is not {} in {text}",
            self.word
        );
        answered
    }

    async fn still_has_its_own(&self) {
        let pairs = self.api.get("/api/v1/qa-pairs").expect(200).await;
        assert_eq!(pairs["items"].as_array().map(Vec::len), Some(1));
        let conversations = self.api.get("/api/v1/conversations").expect(200).await;
        let own = conversations["items"].as_array().expect("a list");
        assert_eq!(
            own.iter().map(|one| &one["id"]).collect::<Vec<_>>(),
            [&Value::from(self.visitor.conversation_id.to_string())]
        );
    }
}

/// The same numbers in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        // an xorshift generator
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }
}
