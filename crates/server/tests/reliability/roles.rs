//! Two processes on one database: one answers, the other works.

use serde_json::json;
use sqlx::{Executor as _, PgConnection};
use testkit::{Receiver, Server, require_runtime};

use crate::shop;

const METRICS_PAGE: &str = include_str!("../../../../docs/operations.md");

/// A database of their own, in the PostgreSQL of a third.
async fn database_in(host: &Server) -> String {
    drop(host.scratch_database().await);
    let printed = host.rapport(&["psql", "--url"]).await;
    let url = printed["url"].as_str().expect("a connection string");
    let (login, place) = url.split_once("localhost/").expect("a host");
    let (_, socket) = place.split_once('?').expect("a socket");
    format!("{login}localhost/scratch?{socket}")
}

async fn start(role: &str, url: &str) -> Server {
    let builder = shop::server().set("RAPPORT_ROLE", role).set("DATABASE_URL", url);
    let key = "5c".repeat(32);
    builder.set("RAPPORT_MASTER_KEY", &key).start().await
}

/// Outgoing webhooks: those that wait, and those that somebody has tried.
async fn told(owner: &mut PgConnection) -> (i64, i64) {
    sqlx::query_as(
        "select count(*) filter (where status = 'pending'), count(*) filter (where attempt_count > 0) from webhook_deliveries",
    )
    .fetch_one(owner)
    .await
    .expect("counts")
}

async fn metrics(server: &Server) -> String {
    server.api.get("/metrics").send().await.text()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_answers_and_another_does_the_work() {
    require_runtime!();
    let mut host = shop::server().copied().start().await;
    // of three processes together
    let enough = "alter system set max_connections = 200";
    host.owner().await.execute(enough).await.expect("a setting");
    host.stop().await;
    host.start_again().await;
    let url = database_in(&host).await;
    let mut web = start("web", &url).await;
    let tenant = shop::open(&web, "Two processes").await;
    let receiver = Receiver::start().await;
    let endpoint = json!({"url": receiver.url(), "event_types": ["message.created"]});
    let made = tenant.api.post("/api/v1/webhook-endpoints").json(&endpoint);
    made.expect(201).await;
    let visitor = tenant.visitor().await;
    let said = visitor.say(shop::KNOWN[0].0).await;
    assert!(said.to_string().contains(shop::KNOWN[0].1), "{said}");
    let mut owner = web.owner().await;
    assert_eq!(
        told(&mut owner).await,
        (2, 0),
        "whoever answers leaves the rest to others"
    );

    let worker = start("worker", &url).await;
    let (first, second) = (receiver.next().await, receiver.next().await);
    assert_eq!(
        [first.kind(), second.kind()],
        ["message.created", "message.created"]
    );
    assert_eq!(worker.api.get("/healthz").send().await.text(), "ok\n");
    for path in ["/api/v1/session", "/app/", "/widget.js", "/v1/models"] {
        assert_eq!(worker.api.get(path).send().await.status, 404, "{path}");
    }
    let (of_web, of_worker) = (metrics(&web).await, metrics(&worker).await);
    assert!(of_web.contains("rapport_answers_total") && !of_web.contains("rapport_canary_seconds"));
    assert!(!of_worker.contains("rapport_answers_total"), "{of_worker}");
    for told in [&of_web, &of_worker] {
        assert!(
            told.contains("rapport_database_connections{pool=\"jobs\",state=\"used\"}"),
            "{told}"
        );
        assert_eq!(unexplained(told), Vec::<&str>::new());
    }
    assert!(web.stop().await.success());
    let again = start("web", &url).await;
    let answer = again.api.with_bearer(&tenant.api_key).post("/api/v1/ask");
    let answer = answer
        .json(&json!({"question": shop::KNOWN[1].0}))
        .expect(200)
        .await;
    assert!(answer.to_string().contains(shop::KNOWN[1].1), "{answer}");
}

/// Names that no page explains.
fn unexplained(metrics: &str) -> Vec<&str> {
    let lines = metrics.lines().filter(|line| line.starts_with("rapport_"));
    let names = lines.filter_map(|line| line.split(['{', ' ']).next());
    names
        .filter(|name| {
            let name = name.trim_end_matches("_sum").trim_end_matches("_count");
            !METRICS_PAGE.contains(&format!("`{name}`"))
        })
        .collect()
}

#[tokio::test]
async fn the_bundled_database_has_one_process_that_does_everything() {
    require_runtime!();
    let host = shop::server().copied().start().await;
    let output = host.try_rapport(&["serve", "--role", "worker"], "").await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("DATABASE_URL") && !output.status.success(),
        "{said}"
    );
}
