//! Keys stay where they belong: in one header, and in no error, log line or debug output.

use llm::fake::{FakeProvider, Reply};
use llm::{ApiKey, Provider};

use crate::support::{PROVIDERS, error_of, model};

const KEY: &str = "sk-fake-secret";

#[tokio::test]
async fn a_key_travels_in_one_header_only() {
    for (provider, header, value) in [
        (Provider::OpenAi, "authorization", "Bearer sk-fake-secret"),
        (Provider::Anthropic, "x-api-key", KEY),
        (Provider::Gemini, "x-goog-api-key", KEY),
    ] {
        let fake = FakeProvider::start().await;
        crate::support::ask(&model(&fake, provider)).await;
        let request = fake.requests().remove(0);
        assert_eq!(request.header(header), Some(value));
        let others = request.headers.iter().filter(|(name, _)| name != header);
        let rest = format!(
            "{} {} {:?}",
            request.path,
            request.body,
            others.collect::<Vec<_>>()
        );
        assert!(!rest.contains(KEY), "{rest}");
    }
}

#[tokio::test]
async fn an_error_never_repeats_the_key_and_quotes_little() {
    let echo = format!(
        "{{\"error\":{{\"message\":\"bad key {KEY} {}\",\"code\":\"odd\"}}}}",
        "x".repeat(5000)
    );
    for provider in PROVIDERS {
        for status in [200, 400, 401, 404, 418, 500] {
            let fake = FakeProvider::start().await;
            fake.reply(Reply::raw("application/json", echo.clone()).with_status(status));
            let error = error_of(&model(&fake, provider)).await;
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(KEY), "{shown}");
            assert!(shown.chars().count() < 700, "{shown}");
        }
    }
}

#[tokio::test]
async fn debug_output_hides_the_key() {
    let fake = FakeProvider::start().await;
    assert!(!format!("{:?}", fake.config(Provider::OpenAi)).contains(KEY));
    assert_eq!(
        format!("{:?} {:?}", ApiKey::new(KEY), ApiKey::default()),
        "ApiKey(…) ApiKey(none)"
    );
}
