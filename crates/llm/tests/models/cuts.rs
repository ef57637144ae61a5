//! R16: without the terminal marker there is no answer.

use llm::fake::{FakeProvider, Reply};
use llm::{ChatError, ChatEvent};

use crate::support::{PROVIDERS, ask, model, text};

#[tokio::test]
async fn an_answer_without_its_terminal_marker_is_an_error_that_tells_what_was_spent() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        fake.reply(Reply::text("A".repeat(100)).cut());
        let (events, error) = ask(&model(&fake, provider)).await;
        assert!(
            !events
                .iter()
                .any(|event| matches!(event, ChatEvent::Finished { .. }))
        );
        assert_eq!(text(&events).len(), 100);
        let Some(ChatError::Cut { usage }) = error else {
            panic!("{error:?}")
        };
        assert_eq!(usage.output_tokens, 25, "{provider:?}");
        assert!(usage.input_tokens > 0);
    }
}

#[tokio::test]
async fn a_stream_that_breaks_before_its_first_word_is_tried_again() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        fake.reply_next([Reply::text("").cut(), Reply::text("").cut()]);
        let (events, error) = ask(&model(&fake, provider)).await;
        assert_eq!(
            (error, text(&events)),
            (None, "Hello from the fake model.".into())
        );
        assert_eq!(fake.calls(), 3);
    }
}
