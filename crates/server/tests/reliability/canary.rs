//! R8: a test event goes through the queue all the time, and the operator is told when none arrives.

use std::time::Duration;

use sqlx::Executor as _;
use testkit::{Server, require_runtime};

use crate::shop;

/// What takes longer is a defect.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

async fn text(server: &Server, path: &str) -> String {
    server.api.get(path).send().await.text()
}

async fn until(server: &Server, path: &str, fits: impl Fn(&str) -> bool) -> String {
    let looking = async {
        let mut look = tokio::time::interval(Duration::from_millis(50));
        loop {
            look.tick().await;
            let seen = text(server, path).await;
            if fits(&seen) {
                return seen;
            }
        }
    };
    let seen = tokio::time::timeout(LONGEST_WAIT, looking).await;
    seen.unwrap_or_else(|_| panic!("{path} has not come to that within {LONGEST_WAIT:?}"))
}

/// A test event each second is late on a busy machine now and then.
async fn until_work_is(server: &Server, state: &str) {
    let looking = async { while work(server).await != state {} };
    let seen = tokio::time::timeout(LONGEST_WAIT, looking).await;
    seen.unwrap_or_else(|_| panic!("work is not {state} within {LONGEST_WAIT:?}"));
}

/// The state of the doctor's check of that name.
async fn work(server: &Server) -> String {
    let output = server.try_rapport(&["doctor"], "").await;
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON on standard output");
    let mut checks = report["checks"].as_array().expect("a list").iter();
    let work = checks.find(|check| check["name"] == "work").expect("the check");
    work["state"].as_str().expect("a state").to_owned()
}

fn number(metrics: &str, name: &str) -> f64 {
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value
        .and_then(|value| value.parse().ok())
        .unwrap_or_else(|| panic!("no {name}"))
}

const ARRIVED: &str = "rapport_canary_seconds_count";
const LAST: &str = "rapport_canary_last_success_timestamp_seconds";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_is_told_when_nobody_works_the_queue_and_when_somebody_does_again() {
    require_runtime!();
    let server = shop::server().set("RAPPORT_CANARY_SECONDS", "1").start().await;
    let is_told = |metrics: &str| metrics.contains(ARRIVED) && metrics.contains(LAST);
    let came = number(&until(&server, "/metrics", is_told).await, ARRIVED);
    until(&server, "/metrics", |metrics| {
        number(metrics, ARRIVED) >= came + 2.0
    })
    .await;
    until(&server, "/readyz", |ready| ready == "ready\n").await;
    until_work_is(&server, "ok").await;

    // the workers find nothing to do, whatever is queued
    let mut owner = server.owner().await;
    let stop = "create policy nobody_works on graphile_worker._private_jobs as restrictive for update to rapport_app using (false)";
    owner.execute(stop).await.expect("a policy");
    let warned = until(&server, "/readyz", |ready| ready.contains("warning")).await;
    assert!(warned.starts_with("ready\nwarning: no test event"), "{warned}");
    until_work_is(&server, "problem").await;
    until(&server, "/healthz", |_| {
        server.log().contains("no test event has come through the queue")
    })
    .await;
    let stood = text(&server, "/metrics").await;
    let kept = "select (select count(*) from platform.canary),
        (select count(*) from graphile_worker.jobs where task_identifier = 'pass_canary')";
    let one_of_each = async {
        while sqlx::query_as::<_, (i64, i64)>(kept)
            .fetch_one(&mut owner)
            .await
            .expect("counts")
            != (1, 1)
        {}
    };
    let one_of_each = tokio::time::timeout(LONGEST_WAIT, one_of_each).await;
    one_of_each.expect("one test event is under way, and its job");

    owner
        .execute("drop policy nobody_works on graphile_worker._private_jobs")
        .await
        .expect("no policy");
    until(&server, "/readyz", |ready| ready == "ready\n").await;
    let (before, now) = (
        number(&stood, LAST),
        number(&text(&server, "/metrics").await, LAST),
    );
    assert!(now > before + 1.0, "{before}, {now}");
    until_work_is(&server, "ok").await;
}
