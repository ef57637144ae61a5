//! Vectors from an endpoint.

use std::time::Duration;

use llm::embedder::{EmbedError, Embedder, EndpointConfig, EndpointEmbedder};
use llm::fake::{FakeProvider, Reply};
use llm::{ApiKey, ChatError, Provider, RetryPolicy};
use serde_json::json;

use crate::support::{breaker, client};

fn config(fake: &FakeProvider, dimensions: Option<usize>) -> EndpointConfig {
    EndpointConfig {
        base_url: fake.base_url(Provider::OpenAi),
        api_key: ApiKey::new("sk-fake-secret"),
        model: "fake-embedding".into(),
        dimensions,
    }
}

async fn connect(fake: &FakeProvider, dimensions: Option<usize>) -> EndpointEmbedder {
    let retry = RetryPolicy {
        backoff: Duration::from_millis(1),
        ..RetryPolicy::default()
    };
    let embedder = EndpointEmbedder::connect(config(fake, dimensions), client(), breaker()).await;
    embedder.expect("a connection").with_retry(retry)
}

#[tokio::test]
async fn vectors_come_in_the_order_of_the_texts_and_have_length_one() {
    let fake = FakeProvider::start().await;
    let embedder = connect(&fake, None).await;
    assert_eq!((embedder.dimensions(), embedder.model()), (8, "fake-embedding/8"));
    let texts: Vec<String> = (0..600).map(|index| format!("text {index}")).collect();
    let vectors = embedder.embed(texts.clone()).await.expect("vectors");
    assert_eq!(vectors.len(), 600);
    for (text, vector) in texts.iter().zip(&vectors) {
        let length: f32 = vector.iter().map(|value| value * value).sum();
        assert!((length - 1.0).abs() < 1e-5);
        let alone = embedder.embed(vec![text.clone()]).await.expect("a vector");
        assert_eq!(&alone[0], vector, "{text}");
    }
}

#[tokio::test]
async fn requests_stay_within_the_provider_s_bounds() {
    let fake = FakeProvider::start().await;
    let embedder = connect(&fake, Some(8)).await;
    let long = vec!["包".repeat(20_000); 30];
    let many = vec!["short".to_owned(); 700];
    embedder
        .embed([long, many, vec![String::new()]].concat())
        .await
        .expect("vectors");
    for request in fake.requests() {
        let input = request.body["input"].as_array().expect("texts").clone();
        let characters: usize = input
            .iter()
            .map(|text| text.as_str().expect("text").chars().count())
            .sum();
        assert!(
            input.len() <= 2048 && characters <= 300_000,
            "{} texts, {characters}",
            input.len()
        );
        assert!(input.iter().all(|text| !text.as_str().expect("text").is_empty()));
        assert!(
            input
                .iter()
                .all(|text| text.as_str().expect("text").chars().count() <= 8192)
        );
        assert_eq!(request.body["dimensions"], 8);
    }
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_and_a_lasting_one_reported() {
    let fake = FakeProvider::start().await;
    let embedder = connect(&fake, Some(8)).await;
    fake.reply_next([Reply::status(503), Reply::status(429)]);
    assert_eq!(
        embedder.embed(vec!["text".into()]).await.expect("a vector").len(),
        1
    );
    assert_eq!(fake.calls(), 3);
    fake.reply(Reply::status(401));
    let error = embedder.embed(vec!["text".into()]).await.expect_err("no vector");
    assert!(
        matches!(error, EmbedError::Provider(ChatError::Unauthorised)),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_model_of_one_length_only_is_asked_without_a_length() {
    let fake = FakeProvider::start().await;
    let refusal = r#"{"error":{"message":"Model does not support changing its output dimensions."}}"#;
    fake.reply_next([Reply::raw("application/json", refusal).with_status(400)]);
    let embedder = connect(&fake, Some(8)).await;
    embedder.embed(vec!["text".into()]).await.expect("a vector");
    assert_eq!(fake.requests()[1].body.get("dimensions"), None);
}

#[tokio::test]
async fn vectors_that_are_wrong_or_missing_are_refused() {
    let fake = FakeProvider::start().await;
    let embedder = connect(&fake, Some(8)).await;
    for body in [
        json!({"data": []}),
        json!({"data": [{"index": 0, "embedding": []}]}),
        json!({"data": [{"index": 5, "embedding": [1.0]}]}),
        json!({"data": "none"}),
    ] {
        fake.reply(Reply::raw("application/json", body.to_string()));
        let error = embedder.embed(vec!["text".into()]).await.expect_err("no vector");
        assert!(
            matches!(error, EmbedError::Provider(ChatError::InvalidResponse(_))),
            "{body}: {error:?}"
        );
    }
    let short = json!({"data": [{"index": 0, "embedding": [1.0, 2.0]}]});
    fake.reply(Reply::raw("application/json", short.to_string()));
    let error = embedder.embed(vec!["text".into()]).await.expect_err("no vector");
    assert!(
        matches!(error, EmbedError::WrongDimensions { expected: 8, got: 2 }),
        "{error:?}"
    );
}
