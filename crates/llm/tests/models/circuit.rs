//! R13: a provider that keeps failing is left alone, for one tenant and for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt;
use llm::fake::{FakeProvider, Reply};
use llm::{Breaker, Breakers, ChatError, ChatModel, Provider, RemoteModel, RetryPolicy};

use crate::support::{ask, client, error_of, question, quick};

/// Circuits whose clock stands still until it is moved.
fn circuits() -> (Breakers, Arc<AtomicU64>) {
    let seconds = Arc::new(AtomicU64::new(0));
    let (start, read) = (Instant::now(), Arc::clone(&seconds));
    (
        Breakers::new(move || start + Duration::from_secs(read.load(Ordering::SeqCst))),
        seconds,
    )
}

fn single_try(fake: &FakeProvider, breaker: Breaker) -> RemoteModel {
    let retry = RetryPolicy {
        max_tries: 1,
        ..RetryPolicy::default()
    };
    RemoteModel::new(fake.config(Provider::OpenAi), client(), breaker).with_limits(quick(), retry)
}

#[tokio::test]
async fn five_failures_open_the_circuit_for_thirty_seconds() {
    let (fake, (circuits, clock)) = (FakeProvider::start().await, circuits());
    let model = single_try(&fake, circuits.circuit("first/openai"));
    fake.reply(Reply::status(503));
    for _ in 0..5 {
        assert_eq!(
            error_of(&model).await,
            ChatError::Overloaded { status: Some(503) }
        );
    }
    fake.reply(Reply::text("Back again."));
    let open = ChatError::CircuitOpen {
        retry_after: Duration::from_secs(30),
    };
    assert_eq!(error_of(&model).await, open);
    assert_eq!(fake.calls(), 5);

    let other = single_try(&fake, circuits.circuit("second/openai"));
    assert_eq!(ask(&other).await.1, None, "another tenant is served");

    clock.store(30, Ordering::SeqCst);
    assert_eq!(ask(&model).await.1, None);
    assert_eq!(ask(&model).await.1, None);
}

#[tokio::test]
async fn a_failed_trial_opens_the_circuit_again() {
    let (fake, (circuits, clock)) = (FakeProvider::start().await, circuits());
    let model = single_try(&fake, circuits.circuit("tenant/openai"));
    fake.reply(Reply::status(500));
    for _ in 0..5 {
        error_of(&model).await;
    }
    clock.store(31, Ordering::SeqCst);
    assert_eq!(error_of(&model).await.fallback_reason(), "overloaded");
    assert_eq!(error_of(&model).await.fallback_reason(), "circuit_open");
    assert_eq!(fake.calls(), 6);
}

#[tokio::test]
async fn only_one_call_tries_a_half_open_circuit_and_giving_it_up_frees_it() {
    let (fake, (circuits, clock)) = (FakeProvider::start().await, circuits());
    let model = single_try(&fake, circuits.circuit("tenant/openai"));
    fake.reply(Reply::status(500));
    for _ in 0..5 {
        error_of(&model).await;
    }
    clock.store(31, Ordering::SeqCst);
    fake.reply(Reply::text("A long answer").hang_after_first_token());
    let mut trial = model.stream(question());
    assert!(matches!(trial.next().await, Some(Ok(_))));
    assert_eq!(error_of(&model).await.fallback_reason(), "circuit_open");
    drop(trial);
    fake.reply(Reply::text("Fine."));
    assert_eq!(ask(&model).await.1, None);
}

#[tokio::test]
async fn slowness_counts_but_throttling_and_refusals_do_not() {
    let (fake, (circuits, _)) = (FakeProvider::start().await, circuits());
    let model = single_try(&fake, circuits.circuit("tenant/openai"));
    for reply in [
        Reply::status(429),
        Reply::status(400),
        Reply::status(401),
        Reply::invalid_json(),
    ] {
        fake.reply_next(vec![reply; 5]);
    }
    for _ in 0..20 {
        assert_ne!(error_of(&model).await.fallback_reason(), "circuit_open");
    }
    fake.reply(Reply::text("").hang_before_first_token());
    for _ in 0..5 {
        assert_eq!(error_of(&model).await.fallback_reason(), "timeout");
    }
    assert_eq!(error_of(&model).await.fallback_reason(), "circuit_open");
}
