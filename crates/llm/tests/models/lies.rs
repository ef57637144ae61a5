//! R15: whatever a provider sends, the result is a typed error.

use llm::fake::{FakeProvider, Reply};
use llm::{ChatError, ChatEvent, ChatRequest, Limits, Provider, RemoteModel};
use serde_json::json;

use crate::support::{PROVIDERS, ask, ask_with, breaker, client, error_of, model, question, retry};

#[tokio::test]
async fn nonsense_is_an_invalid_response_in_every_format() {
    for provider in PROVIDERS {
        for reply in [
            Reply::wrong_content_type(),
            Reply::invalid_json(),
            Reply::raw(
                "text/event-stream",
                "data: 17\n\ndata: []\n\ndata: \"text\"\n\ndata: {\"choices\": 3, \"type\": 4}\n\nX",
            ),
            Reply::raw("text/event-stream", b"data: \xff\xfe\n\n".as_slice()),
            Reply::raw("application/json", "{\"choices\": []}"),
            Reply::raw("", ""),
        ] {
            let fake = FakeProvider::start().await;
            fake.reply(reply.clone());
            let reason = error_of(&model(&fake, provider)).await.fallback_reason();
            assert!(
                ["invalid_response", "cut"].contains(&reason),
                "{provider:?} {reply:?}: {reason}"
            );
        }
    }
}

#[tokio::test]
async fn an_error_under_a_200_is_told_by_its_words() {
    for (code, reason) in [
        ("insufficient_quota", "quota_spent"),
        ("rate_limit_exceeded", "rate_limited"),
        ("overloaded_error", "overloaded"),
        ("authentication_error", "unauthorised"),
        ("something_new", "invalid_response"),
    ] {
        for provider in PROVIDERS {
            let fake = FakeProvider::start().await;
            fake.reply(Reply::error_under_200(code));
            assert_eq!(
                error_of(&model(&fake, provider)).await.fallback_reason(),
                reason,
                "{code}"
            );
        }
    }
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_stream_is_an_error() {
    let fake = FakeProvider::start().await;
    let stream = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    fake.reply(Reply::raw("text/event-stream", stream));
    for provider in PROVIDERS {
        assert_eq!(
            error_of(&model(&fake, provider)).await.fallback_reason(),
            "overloaded"
        );
    }
}

#[tokio::test]
async fn a_line_of_ten_megabytes_is_refused_before_it_is_held() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        fake.reply(Reply::huge_line(10 << 20));
        let error = error_of(&model(&fake, provider)).await;
        assert_eq!(
            error,
            ChatError::InvalidResponse("a line of more than 1048576 bytes".into())
        );
    }
}

#[tokio::test]
async fn an_answer_without_end_is_refused_at_its_limit() {
    let fake = FakeProvider::start().await;
    fake.reply(Reply::text("w".repeat(60_000)).chunk(100));
    let limits = Limits {
        max_answer: 50_000,
        ..Limits::default()
    };
    let model =
        RemoteModel::new(fake.config(Provider::OpenAi), client(), breaker()).with_limits(limits, retry());
    assert_eq!(
        error_of(&model).await,
        ChatError::InvalidResponse("more than 50000 bytes".into())
    );
}

#[tokio::test]
async fn a_call_where_no_tool_was_offered_is_refused_by_name() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        fake.reply(Reply::tool_call("delete_everything", json!({})));
        let request = ChatRequest {
            tools: Vec::new(),
            ..question()
        };
        let (_, error) = ask_with(&model(&fake, provider), request).await;
        assert_eq!(error, Some(ChatError::UnknownTool("delete_everything".into())));
    }
}

#[tokio::test]
async fn where_tools_were_offered_another_ones_call_is_handed_on_for_the_caller_to_refuse() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        fake.reply(Reply::tool_call("delete_everything", json!({"sure": true})));
        let (events, error) = ask(&model(&fake, provider)).await;
        let calls = events.iter().filter_map(|event| match event {
            ChatEvent::ToolCall(call) => Some((call.name.as_str(), call.arguments.clone())),
            _ => None,
        });
        assert_eq!(
            calls.collect::<Vec<_>>(),
            [("delete_everything", json!({"sure": true}))]
        );
        assert_eq!(error, None);
    }
}

#[tokio::test]
async fn tool_arguments_that_are_not_json_are_an_invalid_response() {
    let fake = FakeProvider::start().await;
    let call = json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "1", "function": {"name": "hand_off", "arguments": "{\"rea"}}]}}]});
    fake.reply(Reply::raw(
        "text/event-stream",
        format!("data: {call}\n\ndata: [DONE]\n\n"),
    ));
    let error = error_of(&model(&fake, Provider::OpenAi)).await;
    assert_eq!(
        error,
        ChatError::InvalidResponse("tool arguments that are not JSON".into())
    );
}
