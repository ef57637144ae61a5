//! What is said to a chat model and what comes back, the same for every provider.

use futures::stream::BoxStream;
use serde_json::Value;

use crate::error::ChatError;

/// A model that answers in a stream.
pub trait ChatModel: Send + Sync {
    /// The provider and its name of the model, such as `openai/gpt-5-mini`; for traces.
    fn name(&self) -> &str;

    /// Starts one answer. The stream ends after [`ChatEvent::Finished`] or after an error; without
    /// one of them at its end, nothing of it is an answer. Dropping the stream ends the call.
    fn stream(&self, request: ChatRequest) -> BoxStream<'static, Result<ChatEvent, ChatError>>;
}

/// One question to a model.
#[derive(Debug, Clone, Default)]
pub struct ChatRequest {
    /// Instructions that stand above the conversation; empty for none.
    pub system: String,
    /// The conversation, oldest first, ending with what is to be answered.
    pub messages: Vec<ChatMessage>,
    /// What the model may call.
    pub tools: Vec<ToolSpec>,
    /// The longest answer that is paid for, in tokens. Always sent.
    pub max_tokens: u32,
    /// 0 to 1; the provider's default without it.
    pub temperature: Option<f32>,
}

/// One turn of the conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatMessage {
    User(String),
    Assistant {
        text: String,
        tool_calls: Vec<ToolCall>,
    },
    /// What a tool returned, for the call with this id.
    ToolResult {
        call_id: String,
        name: String,
        content: String,
    },
}

/// A function that the model may ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// Letters, digits, `_` and `-`, at most 64.
    pub name: String,
    pub description: String,
    /// A JSON schema of the arguments: an object.
    pub parameters: Value,
}

/// The model asks for a function: perhaps for one that it was not offered. Name and arguments are data to be checked, like any
/// input.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    pub arguments: Value,
}

/// A piece of the answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatEvent {
    Text(String),
    ToolCall(ToolCall),
    /// The terminal marker: everything before it was the whole answer.
    Finished {
        reason: FinishReason,
        usage: Usage,
    },
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// It had said everything.
    Stop,
    /// `max_tokens` were used up.
    Length,
    /// It waits for the results of its tool calls.
    ToolCalls,
    /// The provider withheld (the rest of) the answer.
    Filtered,
}

/// Tokens to pay for. Estimated at four characters a token where the provider did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    pub input_tokens: u32,
    pub output_tokens: u32,
}

impl ChatRequest {
    /// Characters that the model reads, for an estimate of the tokens.
    pub(crate) fn characters(&self) -> usize {
        let messages = self.messages.iter().map(|message| match message {
            ChatMessage::User(text) => text.chars().count(),
            ChatMessage::Assistant { text, .. } => text.chars().count(),
            ChatMessage::ToolResult { content, .. } => content.chars().count(),
        });
        let tools = self
            .tools
            .iter()
            .map(|tool| tool.description.chars().count() + 100);
        self.system.chars().count() + messages.sum::<usize>() + tools.sum::<usize>()
    }
}
