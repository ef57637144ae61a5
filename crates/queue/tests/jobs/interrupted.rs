//! The database or a worker goes away in the middle.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use embedded_postgres::State;
use queue::{Attempt, Error, Options, Runner};
use tokio::sync::mpsc;

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
async fn a_job_interrupted_by_a_restart_of_the_database_runs_again_soon_and_keeps_its_attempts() {
    let rig = start_or_skip!();
    rig.enqueue(1, Options::default()).await;
    let (started, mut starts) = mpsc::unbounded_channel();
    let runs = Arc::new(AtomicU16::new(0));
    let counted = runs.clone();
    let pool = rig.app.clone();
    let mut work = work(
        Runner::builder(rig.app.clone()).register(move |_: Greet, attempt: Attempt| {
            counted.fetch_add(1, Ordering::SeqCst);
            started.send(attempt.number).unwrap();
            let (first, pool) = (counted.load(Ordering::SeqCst) == 1, pool.clone());
            async move {
                if first {
                    sqlx::query("select pg_sleep(60)").execute(&pool).await.map(drop)
                } else {
                    Ok(())
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
    assert!(begun.elapsed().as_secs() < 10);
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
