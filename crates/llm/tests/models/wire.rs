//! What is sent and what is read, in every format.

use llm::fake::{FakeProvider, Reply};
use llm::{ChatEvent, ChatMessage, ChatRequest, FinishReason, Provider, RemoteModel, ToolCall, Usage};
use serde_json::{Value, json};

use crate::support::{PROVIDERS, ask, ask_with, breaker, client, model, question, text};

#[tokio::test]
async fn the_text_arrives_whole_with_reason_and_usage_in_every_format() {
    let said = "Ihr Päckchen kommt am Dienstag an. 包裹星期二到。 🎁 “Quoted”\nnew line";
    for provider in PROVIDERS {
        for chunk in [1, 3, 1000] {
            let fake = FakeProvider::start().await;
            fake.reply(Reply::text(said).chunk(chunk));
            let (events, error) = ask(&model(&fake, provider)).await;
            assert_eq!(error, None);
            assert_eq!(text(&events), said, "{provider:?}");
            let Some(ChatEvent::Finished { reason, usage }) = events.last() else {
                panic!("{events:?}")
            };
            assert_eq!(*reason, FinishReason::Stop);
            assert_eq!(usage.output_tokens as usize, said.chars().count().div_ceil(4));
            assert!(usage.input_tokens > 10);
        }
    }
}

#[tokio::test]
async fn usage_is_estimated_when_the_provider_is_silent_about_it() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        fake.reply(Reply::text("x".repeat(40)).without_usage());
        let request = ChatRequest {
            messages: vec![ChatMessage::User("y".repeat(80))],
            max_tokens: 50,
            ..ChatRequest::default()
        };
        let (events, _) = ask_with(&model(&fake, provider), request).await;
        let expected = Usage {
            input_tokens: 20,
            output_tokens: 10,
        };
        assert_eq!(
            events.last(),
            Some(&ChatEvent::Finished {
                reason: FinishReason::Stop,
                usage: expected
            }),
            "{provider:?}"
        );
    }
}

#[tokio::test]
async fn a_tool_call_arrives_with_parsed_arguments_in_every_format() {
    for provider in PROVIDERS {
        let fake = FakeProvider::start().await;
        let arguments = json!({"reason": "the customer is \"angry\"", "urgent": true});
        fake.reply(Reply::tool_call("hand_off", arguments.clone()));
        let (events, error) = ask(&model(&fake, provider)).await;
        assert_eq!(error, None, "{provider:?}");
        let Some(ChatEvent::ToolCall(call)) = events.first() else {
            panic!("{provider:?}: {events:?}")
        };
        assert_eq!((call.name.as_str(), &call.arguments), ("hand_off", &arguments));
        assert!(!call.id.is_empty());
        let Some(ChatEvent::Finished { reason, .. }) = events.last() else {
            panic!("{events:?}")
        };
        assert_eq!(*reason, FinishReason::ToolCalls);
    }
}

/// What the fake provider is asked after one round of tool use.
async fn body_after_tool_use(provider: Provider) -> Value {
    let fake = FakeProvider::start().await;
    let call = ToolCall {
        id: "call_7".into(),
        name: "hand_off".into(),
        arguments: json!({"reason": "asked"}),
    };
    let mut request = question();
    request.messages.push(ChatMessage::Assistant {
        text: String::new(),
        tool_calls: vec![call],
    });
    request.messages.push(ChatMessage::ToolResult {
        call_id: "call_7".into(),
        name: "hand_off".into(),
        content: "done".into(),
    });
    let (_, error) = ask_with(&model(&fake, provider), request).await;
    assert_eq!(error, None);
    fake.requests().remove(0).body
}

#[tokio::test]
async fn openai_gets_its_own_shape() {
    let body = body_after_tool_use(Provider::OpenAi).await;
    assert_eq!(
        body["messages"][0],
        json!({"role": "system", "content": "Be brief."})
    );
    assert_eq!(
        body["messages"][2]["tool_calls"][0]["function"]["arguments"],
        r#"{"reason":"asked"}"#
    );
    assert_eq!(
        body["messages"][3],
        json!({"role": "tool", "tool_call_id": "call_7", "content": "done"})
    );
    assert_eq!(body["max_tokens"], 200);
    assert_eq!(body["stream"], true);
    assert_eq!(body["tools"][0]["function"]["name"], "hand_off");
}

#[tokio::test]
async fn anthropic_gets_its_own_shape() {
    let body = body_after_tool_use(Provider::Anthropic).await;
    assert_eq!(body["system"], "Be brief.");
    assert_eq!(body["max_tokens"], 200);
    assert_eq!(
        body["messages"][1]["content"][0]["input"],
        json!({"reason": "asked"})
    );
    let result = json!({"type": "tool_result", "tool_use_id": "call_7", "content": "done"});
    assert_eq!(body["messages"][2], json!({"role": "user", "content": [result]}));
    assert_eq!(body["tools"][0]["input_schema"]["type"], "object");
}

#[tokio::test]
async fn gemini_gets_its_own_shape() {
    let body = body_after_tool_use(Provider::Gemini).await;
    assert_eq!(body["systemInstruction"]["parts"][0]["text"], "Be brief.");
    assert_eq!(body["generationConfig"]["maxOutputTokens"], 200);
    assert_eq!(body["contents"][1]["role"], "model");
    assert_eq!(
        body["contents"][2]["parts"][0]["functionResponse"]["response"]["result"],
        "done"
    );
    assert_eq!(body["tools"][0]["functionDeclarations"][0]["name"], "hand_off");
}

#[tokio::test]
async fn a_server_that_knows_only_the_other_name_of_the_limit_gets_it() {
    let fake = FakeProvider::start().await;
    let refusal = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","code":"unsupported_parameter"}}"#;
    fake.reply_next([Reply::raw("application/json", refusal).with_status(400)]);
    let (events, error) = ask(&model(&fake, Provider::OpenAi)).await;
    assert_eq!(
        (error, text(&events)),
        (None, "Hello from the fake model.".into())
    );
    let bodies: Vec<Value> = fake.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies[0]["max_tokens"], 200);
    assert_eq!(bodies[1]["max_completion_tokens"], 200);
    assert_eq!(bodies[1].get("max_tokens"), None);
}

#[tokio::test]
async fn a_finished_answer_leaves_its_connection_for_the_next_call() {
    let fake = FakeProvider::start().await;
    let model = RemoteModel::new(fake.config(Provider::OpenAi), client(), breaker());
    for _ in 0..3 {
        assert_eq!(ask(&model).await.1, None);
    }
    assert_eq!(fake.connections(), 1);
}
