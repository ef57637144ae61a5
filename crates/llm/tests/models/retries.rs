//! R13: refusals and overload are tried again, with patience and only before anything was said.

use std::time::{Duration, Instant};

use llm::fake::{FakeProvider, Reply};
use llm::{ChatError, Limits, Provider, RemoteModel, RetryPolicy};

use crate::support::{PROVIDERS, ask, breaker, client, error_of, model, text};

#[tokio::test]
async fn a_throttled_call_waits_as_long_as_the_provider_asks() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        fake.reply_next([Reply::status(429).retry_after(0.3)]);
        let start = Instant::now();
        let (events, error) = ask(&model(&fake, provider)).await;
        assert_eq!(
            (error, text(&events)),
            (None, "Hello from the fake model.".into())
        );
        assert!(
            start.elapsed() >= Duration::from_millis(300),
            "{:?}",
            start.elapsed()
        );
        assert_eq!(fake.calls(), 2);
    }
}

#[tokio::test]
async fn a_failing_provider_is_tried_three_times() {
    for provider in PROVIDERS {
        for status in [500, 502, 503, 529] {
            let fake = FakeProvider::start().await;
            fake.reply(Reply::status(status).error_code("overloaded_error"));
            assert_eq!(
                error_of(&model(&fake, provider)).await,
                ChatError::Overloaded { status: Some(status) }
            );
            assert_eq!(fake.calls(), 3);
        }
    }
}

#[tokio::test]
async fn a_wait_beyond_the_budget_is_not_begun() {
    let fake = FakeProvider::start().await;
    fake.reply(Reply::status(429).retry_after(61));
    let start = Instant::now();
    let error = error_of(&model(&fake, Provider::OpenAi)).await;
    assert_eq!(
        error,
        ChatError::RateLimited {
            retry_after: Some(Duration::from_secs(61))
        }
    );
    assert_eq!(fake.calls(), 1);
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn the_budget_bounds_all_tries_together() {
    let fake = FakeProvider::start().await;
    fake.reply(Reply::status(429).retry_after(1));
    let retry = RetryPolicy {
        max_tries: 100,
        budget: Duration::from_millis(2_500),
        ..RetryPolicy::default()
    };
    let model = RemoteModel::new(fake.config(Provider::OpenAi), client(), breaker())
        .with_limits(Limits::default(), retry);
    assert_eq!(error_of(&model).await.fallback_reason(), "rate_limited");
    assert!((2..=3).contains(&fake.calls()), "{}", fake.calls());
}

#[tokio::test]
async fn what_waiting_cannot_mend_is_not_tried_again() {
    let quota = Reply::status(429).error_code("insufficient_quota");
    for (reply, reason) in [
        (quota, "quota_spent"),
        (Reply::status(401), "unauthorised"),
        (Reply::status(403), "unauthorised"),
        (Reply::status(404), "refused"),
        (Reply::status(400), "refused"),
    ] {
        let fake = FakeProvider::start().await;
        fake.reply(reply);
        assert_eq!(
            error_of(&model(&fake, Provider::OpenAi)).await.fallback_reason(),
            reason
        );
        assert_eq!(fake.calls(), 1, "{reason}");
    }
}

#[tokio::test]
async fn nothing_is_tried_again_once_text_was_passed_on() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        fake.reply_next([Reply::text("The first half of an answer").cut()]);
        let (events, error) = ask(&model(&fake, provider)).await;
        assert_eq!(text(&events), "The first half of an answer");
        assert_eq!(error.map(|error| error.fallback_reason()), Some("cut"));
        assert_eq!(fake.calls(), 1);
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_a_network_error() {
    let fake = FakeProvider::start().await;
    let config = fake.config(Provider::OpenAi);
    fake.stop().await;
    let retry = RetryPolicy {
        backoff: Duration::from_millis(1),
        ..RetryPolicy::default()
    };
    let model = RemoteModel::new(config, client(), breaker()).with_limits(Limits::default(), retry);
    assert_eq!(error_of(&model).await.fallback_reason(), "network");
}
