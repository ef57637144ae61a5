//! Builders for the other modules.

use std::time::Duration;

use futures::StreamExt;
use llm::fake::FakeProvider;
use llm::{
    Breaker, Breakers, ChatError, ChatEvent, ChatMessage, ChatModel, ChatRequest, Limits, Provider,
    RemoteModel, RetryPolicy, ToolSpec,
};
use serde_json::json;

pub const PROVIDERS: [Provider; 3] = [Provider::OpenAi, Provider::Anthropic, Provider::Gemini];

pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([])
        .build()
        .expect("a client")
}

/// A circuit of its own.
pub fn breaker() -> Breaker {
    Breakers::default().circuit("test")
}

/// The fake provider's model; waits between tries are short.
pub fn model(fake: &FakeProvider, provider: Provider) -> RemoteModel {
    RemoteModel::new(fake.config(provider), client(), breaker()).with_limits(Limits::default(), retry())
}

/// The same with little patience.
pub fn hurried(fake: &FakeProvider, provider: Provider) -> RemoteModel {
    model(fake, provider).with_limits(quick(), retry())
}

pub fn quick() -> Limits {
    Limits {
        first_token: Duration::from_secs(2),
        idle: Duration::from_secs(2),
        total: Duration::from_secs(60),
        ..Limits::default()
    }
}

pub fn retry() -> RetryPolicy {
    RetryPolicy {
        backoff: Duration::from_millis(2),
        ..RetryPolicy::default()
    }
}

/// "Where is my parcel?", with one tool on offer.
pub fn question() -> ChatRequest {
    ChatRequest {
        system: "Be brief.".into(),
        messages: vec![ChatMessage::User("Where is my parcel?".into())],
        tools: vec![ToolSpec {
            name: "hand_off".into(),
            description: "Call a person".into(),
            parameters: json!({"type": "object", "properties": {"reason": {"type": "string"}}}),
        }],
        max_tokens: 200,
        temperature: Some(0.2),
    }
}

/// Everything that the model says to [`question`], and the error at its end.
pub async fn ask(model: &RemoteModel) -> (Vec<ChatEvent>, Option<ChatError>) {
    ask_with(model, question()).await
}

pub async fn ask_with(model: &RemoteModel, request: ChatRequest) -> (Vec<ChatEvent>, Option<ChatError>) {
    let mut stream = model.stream(request);
    let mut events = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(error) => return (events, Some(error)),
        }
    }
    (events, None)
}

/// The error that the model ends with.
pub async fn error_of(model: &RemoteModel) -> ChatError {
    ask(model).await.1.expect("an error")
}

pub fn text(events: &[ChatEvent]) -> String {
    let texts = events.iter().filter_map(|event| match event {
        ChatEvent::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}
