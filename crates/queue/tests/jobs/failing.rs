//! Jobs that fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use queue::{Attempt, Error, Event, Options, Runner, dead};

use crate::rig::{Greet, start_or_skip, work};

#[tokio::test]
async fn a_failing_job_is_tried_again_and_then_listed_dead_with_its_cause() {
    let rig = start_or_skip!();
    let job_id = rig
        .enqueue(7, Options::default().in_series("conversation 7"))
        .await;
    let broken = Arc::new(AtomicBool::new(true));
    let still_broken = broken.clone();
    let mut work = work(
        Runner::builder(rig.app.clone()).register(move |_: Greet, attempt: Attempt| {
            let broken = still_broken.load(Ordering::SeqCst);
            std::future::ready(if broken {
                Err(format!("attempt {} met \"x\"", attempt.number))
            } else {
                Ok(())
            })
        }),
    );
    let cause = |text: &str| text.to_owned();
    let name = "greet".to_owned();
    assert_eq!(
        work.event().await,
        Event::Failed {
            job_id,
            name: name.clone(),
            cause: cause("attempt 1 met \"x\"")
        }
    );
    rig.make_due().await;
    assert_eq!(
        work.event().await,
        Event::Dead {
            job_id,
            name,
            cause: cause("attempt 2 met \"x\"")
        }
    );

    let mut connection = rig.app.acquire().await.unwrap();
    let listed = dead::list(&mut connection, 10).await.unwrap();
    assert_eq!(listed.len(), 1);
    let job = &listed[0];
    assert_eq!((job.id, job.name.as_str(), job.attempts), (job_id, "greet", 2));
    assert_eq!(job.cause, "attempt 2 met \"x\"");
    assert_eq!(job.payload, serde_json::json!({"number": 7}));
    assert_eq!(job.series.as_deref(), Some("conversation 7"));
    assert_eq!(dead::backlog(&mut connection).await.unwrap().dead, 1);

    broken.store(false, Ordering::SeqCst);
    assert!(dead::retry(&mut connection, job_id).await.unwrap());
    work.done().await;
    assert!(dead::list(&mut connection, 10).await.unwrap().is_empty());
    assert!(!dead::retry(&mut connection, job_id).await.unwrap());
    work.stop().await;
}

#[tokio::test]
async fn a_panic_and_an_unreadable_payload_are_failures_like_any_other() {
    let rig = start_or_skip!();
    let job_id = rig.enqueue(1, Options::default()).await;
    let mut work = work(
        Runner::builder(rig.app.clone()).register(|job: Greet, _| async move {
            assert!(job.number != 1, "one is not welcome");
            Ok::<(), Error>(())
        }),
    );
    let Event::Failed { cause, .. } = work.event().await else {
        panic!("it did not fail")
    };
    assert_eq!(cause, "one is not welcome");
    let sql =
        "update graphile_worker._private_jobs set run_at = now(), payload = '{\"other\": 1}' where id = $1";
    sqlx::query(sql).bind(job_id).execute(&rig.app).await.unwrap();
    let Event::Dead { cause, .. } = work.event().await else {
        panic!("it is not dead")
    };
    assert!(cause.starts_with("unreadable payload: "), "{cause}");
    let mut connection = rig.app.acquire().await.unwrap();
    assert!(dead::delete(&mut connection, job_id).await.unwrap());
    assert!(dead::list(&mut connection, 10).await.unwrap().is_empty());
    work.stop().await;
}

#[tokio::test]
async fn mistakes_in_the_set_up_are_reported_before_anything_runs() {
    let pool = sqlx::PgPool::connect_lazy("postgres://app@localhost/none").unwrap();
    let handler = |_: Greet, _| std::future::ready(Ok::<(), Error>(()));
    let twice = Runner::builder(pool.clone())
        .register(handler)
        .register(handler)
        .build();
    assert!(matches!(twice, Err(Error::RegisteredTwice { name: "greet" })));
    let nobody = Runner::builder(pool.clone())
        .schedule("0 4 * * *", &Greet { number: 1 })
        .build();
    assert!(matches!(nobody, Err(Error::NotRegistered { name: "greet" })));
    let never = Runner::builder(pool)
        .register(handler)
        .schedule("daily", &Greet { number: 1 })
        .build();
    assert!(matches!(never, Err(Error::Schedule { .. })));
}
