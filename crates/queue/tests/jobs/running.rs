//! Jobs that go well.

use std::convert::Infallible;
use std::future::Ready;
use std::sync::{Arc, Mutex};

use queue::{Attempt, Options, Runner, dead};
use sqlx::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::rig::{Greet, start_or_skip, work};

type Seen = Arc<Mutex<Vec<i64>>>;

/// A list of what ran, and the handler that writes it.
fn recorder() -> (
    Seen,
    impl Fn(Greet, Attempt) -> Ready<Result<(), Infallible>> + Clone,
) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let list = seen.clone();
    let handler = move |job: Greet, _| {
        list.lock().unwrap().push(job.number);
        std::future::ready(Ok(()))
    };
    (seen, handler)
}

#[tokio::test]
async fn a_job_goes_with_its_transaction() {
    let rig = start_or_skip!();
    let mut connection = rig.app.acquire().await.unwrap();
    let mut rolled_back = connection.begin().await.unwrap();
    queue::enqueue(&mut rolled_back, &Greet { number: 1 }, Options::default())
        .await
        .unwrap();
    rolled_back.rollback().await.unwrap();
    let mut committed = connection.begin().await.unwrap();
    queue::enqueue(&mut committed, &Greet { number: 2 }, Options::default())
        .await
        .unwrap();
    committed.commit().await.unwrap();

    let (seen, handler) = recorder();
    let mut work = work(Runner::builder(rig.app.clone()).register(handler));
    work.done().await;
    work.stop().await;
    assert_eq!(*seen.lock().unwrap(), [2]);
    let backlog = dead::backlog(&mut connection).await.unwrap();
    assert_eq!(
        (backlog.waiting, backlog.running, backlog.scheduled, backlog.dead),
        (0, 0, 0, 0)
    );
}

#[tokio::test]
async fn two_workers_run_each_job_once() {
    let rig = start_or_skip!();
    for number in 0..60 {
        rig.enqueue(number, Options::default()).await;
    }
    let (seen, handler) = recorder();
    let mut one = work(Runner::builder(rig.app.clone()).register(handler.clone()));
    let mut other = work(Runner::builder(rig.app.clone()).register(handler));
    for _ in 0..60 {
        tokio::select! {
            () = one.done() => {}
            () = other.done() => {}
        }
    }
    one.stop().await;
    other.stop().await;
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    assert_eq!(seen, (0..60).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_series_keeps_its_order_and_is_forgotten_when_idle() {
    let rig = start_or_skip!();
    for number in 0..20 {
        rig.enqueue(number, Options::default().in_series("conversation 7"))
            .await;
    }
    let (seen, handler) = recorder();
    let mut work = work(Runner::builder(rig.app.clone()).concurrency(8).register(handler));
    for _ in 0..20 {
        work.done().await;
    }
    work.stop().await;
    assert_eq!(*seen.lock().unwrap(), (0..20).collect::<Vec<_>>());

    rig.enqueue(20, Options::default().in_series("conversation 8"))
        .await;
    queue::forget_idle_series(&rig.app).await.unwrap();
    let sql = "select array_agg(queue_name) from graphile_worker._private_job_queues";
    let left: Vec<String> = sqlx::query_scalar(sql).fetch_one(&rig.app).await.unwrap();
    assert_eq!(left, ["conversation 8"]);
}

#[tokio::test]
async fn a_backlog_is_worked_off_without_pauses() {
    let rig = start_or_skip!();
    let mut all = rig.app.begin().await.unwrap();
    for number in 0..1000 {
        let series = format!("conversation {}", number % 50);
        queue::enqueue(&mut all, &Greet { number }, Options::default().in_series(series))
            .await
            .unwrap();
    }
    all.commit().await.unwrap();
    let (seen, handler) = recorder();
    let begun = std::time::Instant::now();
    let mut work = work(Runner::builder(rig.app.clone()).concurrency(8).register(handler));
    for _ in 0..1000 {
        work.done().await;
    }
    println!("1000 jobs in 50 series: {:?}", begun.elapsed());
    work.stop().await;
    let seen = seen.lock().unwrap();
    for conversation in 0..50 {
        let order: Vec<_> = seen
            .iter()
            .filter(|number| *number % 50 == conversation)
            .collect();
        assert!(order.len() == 20 && order.is_sorted(), "{order:?}");
    }
    assert!(begun.elapsed().as_secs() < 90, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_key_replaces_the_waiting_job() {
    let rig = start_or_skip!();
    let first = rig.enqueue(1, Options::default().replacing("answer 7")).await;
    let second = rig.enqueue(2, Options::default().replacing("answer 7")).await;
    assert_eq!(first, second);
    let (seen, handler) = recorder();
    let mut work = work(Runner::builder(rig.app.clone()).register(handler));
    work.done().await;
    work.stop().await;
    assert_eq!(*seen.lock().unwrap(), [2]);
}

#[tokio::test]
async fn a_job_for_later_waits() {
    let rig = start_or_skip!();
    let far = "2999-01-01T00:00:00Z".parse().unwrap();
    rig.enqueue(1, Options::default().at(far)).await;
    rig.enqueue(2, Options::default()).await;
    let (seen, handler) = recorder();
    let mut work = work(Runner::builder(rig.app.clone()).register(handler));
    work.done().await;
    let mut connection = rig.app.acquire().await.unwrap();
    assert_eq!(dead::backlog(&mut connection).await.unwrap().scheduled, 1);
    rig.make_due().await;
    work.done().await;
    work.stop().await;
    assert_eq!(*seen.lock().unwrap(), [2, 1]);
}

#[tokio::test]
async fn stopping_lets_the_running_job_finish() {
    let rig = start_or_skip!();
    rig.enqueue(1, Options::default()).await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let (finish, finished) = oneshot::channel::<()>();
    let finished = Arc::new(Mutex::new(Some(finished)));
    let work = work(Runner::builder(rig.app.clone()).register(move |_: Greet, _| {
        let finished = finished.lock().unwrap().take().unwrap();
        started.send(()).unwrap();
        finished
    }));
    starts.recv().await.unwrap();
    let stopping = work.ask_to_stop();
    tokio::task::yield_now().await;
    assert!(!stopping.is_finished());
    finish.send(()).unwrap();
    stopping.await.unwrap();
    let mut connection = rig.app.acquire().await.unwrap();
    let backlog = dead::backlog(&mut connection).await.unwrap();
    assert_eq!((backlog.waiting, backlog.running), (0, 0));
}

#[tokio::test]
async fn the_application_role_owns_nothing_and_cannot_empty_the_queue_at_once() {
    let rig = start_or_skip!();
    for forbidden in [
        "truncate graphile_worker._private_jobs",
        "drop table graphile_worker._private_jobs",
        "select * from graphile_worker.jobs",
        "delete from graphile_worker.migrations",
        "create table graphile_worker.mine ()",
    ] {
        let refused = sqlx::query(forbidden).execute(&rig.app).await.unwrap_err();
        let code = refused
            .as_database_error()
            .and_then(|error| error.code().map(|code| code.into_owned()));
        assert_eq!(code.as_deref(), Some("42501"), "{forbidden}: {refused}");
    }
}
