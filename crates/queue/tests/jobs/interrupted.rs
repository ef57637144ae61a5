//! The database or a worker goes away in the middle.

use std::process::Command;

use embedded_postgres::State;
use queue::{Attempt, Error, Event, Options, Runner};
use sqlx::{Connection, Executor, PgConnection};
use tokio::sync::{mpsc, watch};

use crate::rig::{Greet, Rig, start_or_skip, work};

async fn kill_the_database(rig: &Rig) {
    let pid_file = std::fs::read_to_string(rig.cluster.cluster_dir().join("postmaster.pid")).unwrap();
    let killed = Command::new("kill")
        .args(["-9", pid_file.lines().next().unwrap()])
        .status()
        .unwrap();
    assert!(killed.success());
    let mut state = rig.cluster.state();
    state.wait_for(|state| *state == State::Restarting).await.unwrap();
}

async fn wait_for_the_database(rig: &Rig) {
    rig.cluster
        .state()
        .wait_for(|state| *state == State::Ready)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_idle_worker_survives_a_restart_of_the_database() {
    let rig = start_or_skip!();
    rig.enqueue(1, Options::default()).await;
    let handler = |_: Greet, _| std::future::ready(Ok::<(), Error>(()));
    let mut work = work(Runner::builder(rig.app.clone()).register(handler));
    work.done().await;
    kill_the_database(&rig).await;
    wait_for_the_database(&rig).await;
    rig.enqueue(2, Options::default()).await;
    work.done().await;
    work.stop().await;
}

#[tokio::test]
async fn a_job_that_failed_with_the_database_runs_again_soon() {
    let rig = start_or_skip!();
    rig.enqueue(1, Options::default()).await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let pool = rig.app.clone();
    let mut work = work(
        Runner::builder(rig.app.clone()).register(move |_: Greet, attempt: Attempt| {
            started.send(attempt.number).unwrap();
            let pool = pool.clone();
            async move {
                match attempt.number {
                    1 => sqlx::query("select pg_sleep(60)").execute(&pool).await.map(drop),
                    _ => Ok(()),
                }
            }
        }),
    );
    assert_eq!(starts.recv().await, Some(1));
    let begun = std::time::Instant::now();
    kill_the_database(&rig).await;
    wait_for_the_database(&rig).await;
    work.done().await;
    println!("done {:?} after the kill", begun.elapsed());
    work.stop().await;
}

#[tokio::test]
async fn a_job_whose_end_could_not_be_written_is_put_back_at_once_and_loses_no_attempt() {
    let rig = start_or_skip!();
    rig.enqueue(1, Options::default()).await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let (finish, finished) = watch::channel(false);
    let mut work = work(
        Runner::builder(rig.app.clone()).register(move |_: Greet, attempt: Attempt| {
            started.send(attempt.number).unwrap();
            let mut finished = finished.clone();
            async move { finished.wait_for(|finish| *finish).await.map(drop) }
        }),
    );
    assert_eq!(starts.recv().await, Some(1));

    let mut owner = PgConnection::connect(&rig.cluster.url("rapport_owner"))
        .await
        .unwrap();
    owner.execute("alter role app nologin").await.unwrap();
    owner
        .execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'")
        .await
        .unwrap();
    finish.send_replace(true);
    while !matches!(work.event().await, Event::Restarting { .. }) {}
    owner.execute("alter role app login").await.unwrap();
    work.done().await;
    assert_eq!(starts.recv().await, Some(1));
    work.stop().await;
}

#[tokio::test]
async fn stopping_ends_in_time_while_the_database_is_gone() {
    let rig = start_or_skip!();
    rig.enqueue(1, Options::default()).await;
    let handler = |_: Greet, _| std::future::ready(Ok::<(), Error>(()));
    let mut work = work(Runner::builder(rig.app.clone()).register(handler));
    work.done().await;
    rig.cluster.stop().await;
    let stopping = work.ask_to_stop();
    tokio::time::timeout(std::time::Duration::from_secs(30), stopping)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_dead_workers_job_runs_at_once_where_all_workers_are_known_to_be_dead() {
    let rig = start_or_skip!();
    let job_id = rig.enqueue(1, Options::default()).await;
    rig.leave_to_a_dead_worker(job_id, "gone").await;
    queue::declare_workers_dead(&rig.app).await.unwrap();
    let handler = |_: Greet, _| std::future::ready(Ok::<(), Error>(()));
    let mut work = work(Runner::builder(rig.app.clone()).register(handler));
    // the rig waits for less time than a dead worker is given
    work.done().await;
    work.stop().await;
}

#[tokio::test]
async fn a_job_that_was_replaced_before_its_worker_died_is_neither_run_nor_given_up() {
    let rig = start_or_skip!();
    let options = || Options::default().replacing("greeting").in_series("greetings");
    let first = rig.enqueue(1, options()).await;
    rig.leave_to_a_dead_worker(first, "gone").await;
    rig.enqueue(2, options()).await;
    queue::declare_workers_dead(&rig.app).await.unwrap();
    let (worked, mut works) = mpsc::unbounded_channel();
    let (gave_up, mut given_up) = mpsc::unbounded_channel();
    let mut work = work(
        Runner::builder(rig.app.clone())
            .register(move |job: Greet, _| {
                worked.send(job.number).unwrap();
                std::future::ready(Ok::<(), Error>(()))
            })
            .when_given_up(move |job: Greet| {
                gave_up.send(job.number).unwrap();
                std::future::ready(Ok::<(), Error>(()))
            }),
    );
    assert!(matches!(work.event().await, Event::Done { .. }));
    work.stop().await;
    assert_eq!((works.recv().await, works.try_recv().ok()), (Some(2), None));
    assert!(given_up.try_recv().is_err());
    let mut connection = rig.app.acquire().await.unwrap();
    assert_eq!(queue::dead::list(&mut connection, 10).await.unwrap(), []);
    assert_eq!(queue::dead::backlog(&mut connection).await.unwrap().dead, 0);
}

/// Fails each time, and tells which attempt it was, and how many workers died before.
fn failing(
    attempts: &mpsc::UnboundedSender<(u16, u16)>,
) -> impl Fn(Greet, Attempt) -> Failed + Clone + use<> {
    let attempts = attempts.clone();
    move |_, attempt| {
        attempts.send((attempt.number, attempt.deaths)).unwrap();
        std::future::ready(Err("no"))
    }
}

type Failed = std::future::Ready<Result<(), &'static str>>;

#[tokio::test]
async fn a_job_that_kills_its_workers_is_given_up_and_can_be_retried() {
    let rig = start_or_skip!();
    let job_id = rig
        .enqueue(1, Options::default().in_series("conversation 7"))
        .await;
    let (tried, mut attempts) = mpsc::unbounded_channel();
    rig.leave_to_a_dead_worker(job_id, "one").await;
    queue::declare_workers_dead(&rig.app).await.unwrap();
    let mut first = work(Runner::builder(rig.app.clone()).register(failing(&tried)));
    assert!(matches!(first.event().await, Event::Failed { .. }));
    first.stop().await;
    assert_eq!(
        attempts.recv().await,
        Some((1, 1)),
        "at once, and no attempt is lost"
    );

    for (worker, pauses) in [
        ("two", 5.0..=30.0),
        ("three", 55.0..=180.0),
        ("four", 355.0..=1080.0),
    ] {
        rig.leave_to_a_dead_worker(job_id, worker).await;
        queue::declare_workers_dead(&rig.app).await.unwrap();
        let next = work(Runner::builder(rig.app.clone()).register(failing(&tried)));
        let pause = rig.pause_after_death(job_id).await;
        next.stop().await;
        assert!(pauses.contains(&pause), "{worker}: {pause}");
    }

    rig.leave_to_a_dead_worker(job_id, "five").await;
    queue::declare_workers_dead(&rig.app).await.unwrap();
    rig.make_due().await;
    let (gave_up, mut given_up) = mpsc::unbounded_channel();
    let mut last = work(
        Runner::builder(rig.app.clone())
            .register(failing(&tried))
            .when_given_up(move |job: Greet| {
                gave_up.send(job.number).unwrap();
                std::future::ready(Ok::<(), Error>(()))
            }),
    );
    let Event::Dead { cause, .. } = last.event().await else {
        panic!("it is not given up")
    };
    assert_eq!(cause, "the server died while it worked on this, too often");
    assert_eq!(given_up.recv().await, Some(1));
    assert!(attempts.try_recv().is_err(), "it was tried once more");

    let mut connection = rig.app.acquire().await.unwrap();
    assert!(queue::dead::retry(&mut connection, job_id).await.unwrap());
    assert!(matches!(last.event().await, Event::Failed { .. }));
    assert_eq!(attempts.recv().await, Some((1, 0)));
    last.stop().await;
    assert!(given_up.try_recv().is_err());
}

#[tokio::test]
async fn deaths_count_once_and_not_for_what_comes_after_work_that_was_done() {
    let rig = start_or_skip!();
    let job_id = rig.enqueue(1, Options::default()).await;
    let (tried, mut attempts) = mpsc::unbounded_channel();
    // the one who noticed it died before it had put the job back
    for worker in ["one", "two", "two"] {
        rig.leave_to_a_dead_worker(job_id, worker).await;
        queue::declare_workers_dead(&rig.app).await.unwrap();
        let noticing = work(Runner::builder(rig.app.clone()).register(failing(&tried)));
        rig.pause_after_death(job_id).await;
        noticing.stop().await;
    }
    let mut connection = rig.app.acquire().await.unwrap();
    queue::dead::absolve(&mut connection, job_id).await.unwrap();
    rig.leave_to_a_dead_worker(job_id, "three").await;
    queue::declare_workers_dead(&rig.app).await.unwrap();
    while attempts.try_recv().is_ok() {}
    rig.make_due().await;
    let work = work(Runner::builder(rig.app.clone()).register(failing(&tried)));
    assert_eq!(attempts.recv().await.map(|(_, deaths)| deaths), Some(1));
    work.stop().await;
}

#[tokio::test]
async fn a_worker_that_seems_silent_because_the_clock_has_leapt_keeps_its_job() {
    let rig = start_or_skip!();
    let job_id = rig.enqueue(1, Options::default()).await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let (finish, finished) = watch::channel(false);
    let handler = move |_: Greet, attempt: Attempt| {
        started.send(attempt.number).unwrap();
        let mut finished = finished.clone();
        async move { finished.wait_for(|finish| *finish).await.map(drop) }
    };
    let mut one = work(Runner::builder(rig.app.clone()).register(handler.clone()));
    assert_eq!(starts.recv().await, Some(1));
    rig.let_seem_silent(job_id).await;
    let other = work(Runner::builder(rig.app.clone()).register(handler));
    rig.swept().await;
    assert!(rig.is_taken(job_id).await, "it was taken away");
    finish.send_replace(true);
    one.done().await;
    one.stop().await;
    other.stop().await;
    assert!(starts.try_recv().is_err(), "it ran twice");
}

#[tokio::test]
async fn a_job_that_was_planned_before_the_clock_was_put_back_does_not_wait_for_its_old_time() {
    let rig = start_or_skip!();
    for number in [1, 2] {
        rig.enqueue(number, Options::default()).await;
    }
    rig.put_clock_back().await;
    let (worked, mut works) = mpsc::unbounded_channel();
    let mut work = work(Runner::builder(rig.app.clone()).register(move |job: Greet, _| {
        worked.send(job.number).unwrap();
        std::future::ready(Ok::<(), Error>(()))
    }));
    work.done().await;
    work.done().await;
    work.stop().await;
    let mut numbers = [works.recv().await, works.recv().await];
    numbers.sort();
    assert_eq!(numbers, [Some(1), Some(2)]);
    assert!(works.try_recv().is_err(), "one ran twice");
}
