//! R14: a provider that hangs or dribbles is cut off.

use std::time::Duration;

use llm::fake::{FakeProvider, Reply};
use llm::{ChatError, Limits, Provider, RemoteModel, Wait};

use crate::support::{PROVIDERS, ask, breaker, client, error_of, hurried, quick, retry, text};

#[tokio::test]
async fn an_answer_that_does_not_begin_is_given_up() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        fake.reply(Reply::text("never said").hang_before_first_token());
        assert_eq!(
            error_of(&hurried(&fake, provider)).await,
            ChatError::Timeout(Wait::FirstToken)
        );
        assert_eq!(fake.calls(), 1, "whoever waits for an answer does not wait twice");
    }
}

#[tokio::test]
async fn an_answer_that_stands_still_is_given_up() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        fake.reply(Reply::text("Said, then silent").hang_after_first_token());
        let (events, error) = ask(&hurried(&fake, provider)).await;
        assert_eq!(text(&events), "Said, ");
        assert_eq!(error, Some(ChatError::Timeout(Wait::Idle)));
    }
}

#[tokio::test]
async fn a_dribble_of_bytes_is_cut_off_although_something_always_arrives() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        fake.reply(Reply::text("far too slow").dribble(Duration::from_millis(80)));
        let error = error_of(&hurried(&fake, provider)).await;
        assert!(
            matches!(error, ChatError::Timeout(Wait::FirstToken | Wait::Idle)),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_dribble_of_whole_events_is_cut_off() {
    let fake = FakeProvider::start().await;
    fake.reply(
        Reply::text("x".repeat(200))
            .chunk(1)
            .delay(Duration::from_millis(120)),
    );
    let (events, error) = ask(&hurried(&fake, Provider::Anthropic)).await;
    assert_eq!(error, Some(ChatError::Timeout(Wait::Idle)));
    assert!(text(&events).len() < 40, "{}", text(&events).len());
}

#[tokio::test]
async fn a_slow_but_steady_answer_is_heard_to_its_end() {
    let fake = FakeProvider::start().await;
    fake.reply(
        Reply::text("y".repeat(400))
            .chunk(20)
            .delay(Duration::from_millis(40)),
    );
    let (events, error) = ask(&hurried(&fake, Provider::OpenAi)).await;
    assert_eq!((error, text(&events).len()), (None, 400));
}

/// Takes ten seconds to be said.
const LONG: usize = 40_000;

#[tokio::test]
async fn the_whole_call_has_an_end() {
    let fake = FakeProvider::start().await;
    fake.reply(
        Reply::text("z".repeat(LONG))
            .chunk(40)
            .delay(Duration::from_millis(10)),
    );
    let limits = Limits {
        total: Duration::from_millis(1_500),
        ..quick()
    };
    let model =
        RemoteModel::new(fake.config(Provider::OpenAi), client(), breaker()).with_limits(limits, retry());
    let (events, error) = ask(&model).await;
    assert_eq!(error, Some(ChatError::Timeout(Wait::Total)));
    let heard = text(&events).len();
    assert!((1..LONG).contains(&heard), "{heard}");
}
