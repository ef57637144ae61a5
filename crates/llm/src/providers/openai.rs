//! OpenAI's `chat/completions`, the format that most servers copy.

use std::collections::BTreeMap;

use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ModelConfig, Piece, Reader, Wire, parse, parse_arguments};
use crate::chat::{ChatMessage, ChatRequest, FinishReason, ToolCall};
use crate::error::ChatError;
use crate::http::{ApiKey, HttpRequest, classify_inline, endpoint};
use crate::sse::SseEvent;

/// Tool calls that one answer may hold.
const MAX_TOOL_CALLS: usize = 32;

pub(super) struct OpenAi {
    config: ModelConfig,
    /// What this server calls the limit of the answer.
    limit: &'static str,
}

impl OpenAi {
    pub(super) fn new(config: ModelConfig) -> Self {
        // OpenAI has deprecated `max_tokens`; the servers that copy it know nothing else.
        let limit = if config.base_url.is_none() {
            "max_completion_tokens"
        } else {
            "max_tokens"
        };
        Self { config, limit }
    }
}

impl Wire for OpenAi {
    fn request(&self, request: &ChatRequest) -> Result<HttpRequest, ChatError> {
        let mut headers = HeaderMap::new();
        if !self.config.api_key.is_empty() {
            headers.insert(AUTHORIZATION, self.config.api_key.header("Bearer ")?);
        }
        let mut body = json!({
            "model": self.config.model,
            "messages": messages(request),
            "stream": true,
            "stream_options": {"include_usage": true},
        });
        body[self.limit] = request.max_tokens.into();
        if let Some(temperature) = request.temperature {
            body["temperature"] = temperature.into();
        }
        if !request.tools.is_empty() {
            let tools = request.tools.iter().map(|tool| {
                json!({"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters}})
            });
            body["tools"] = tools.collect();
        }
        Ok(HttpRequest {
            url: endpoint(&self.config.base(), "chat/completions"),
            headers,
            body,
        })
    }

    fn adapt(&self, body: &mut Value, refusal: &str) -> bool {
        let Some(fields) = body.as_object_mut() else {
            return false;
        };
        for (field, other) in [
            ("max_completion_tokens", "max_tokens"),
            ("max_tokens", "max_completion_tokens"),
        ] {
            if refusal.contains(field)
                && let Some(limit) = fields.remove(field)
            {
                fields.insert(other.into(), limit);
                return true;
            }
        }
        // some local models cannot call anything: "… does not support tools"
        ["stream_options", "temperature", "tools"]
            .into_iter()
            .any(|field| refusal.contains(field) && fields.remove(field).is_some())
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::new(OpenAiReader {
            key: self.config.api_key.clone(),
            calls: BTreeMap::new(),
        })
    }
}

fn messages(request: &ChatRequest) -> Vec<Value> {
    let system = (!request.system.is_empty()).then(|| json!({"role": "system", "content": request.system}));
    let turns = request.messages.iter().map(|message| match message {
        ChatMessage::User(text) => json!({"role": "user", "content": text}),
        ChatMessage::Assistant { text, tool_calls } if tool_calls.is_empty() => {
            json!({"role": "assistant", "content": text})
        }
        ChatMessage::Assistant { text, tool_calls } => {
            let calls: Value = tool_calls
                .iter()
                .map(|call| {
                    let arguments = call.arguments.to_string();
                    json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}})
                })
                .collect();
            json!({"role": "assistant", "content": text, "tool_calls": calls})
        }
        ChatMessage::ToolResult { call_id, content, .. } => {
            json!({"role": "tool", "tool_call_id": call_id, "content": content})
        }
    });
    system.into_iter().chain(turns).collect()
}

struct OpenAiReader {
    key: ApiKey,
    calls: BTreeMap<u32, PartialCall>,
}

/// A tool call whose pieces are still arriving.
#[derive(Default)]
struct PartialCall {
    id: String,
    name: String,
    arguments: String,
}

impl Reader for OpenAiReader {
    fn read(&mut self, event: &SseEvent, pieces: &mut Vec<Piece>) -> Result<(), ChatError> {
        if event.data.trim() == "[DONE]" {
            self.finish_calls(pieces)?;
            pieces.push(Piece::End);
            return Ok(());
        }
        let chunk: Value = parse(event)?;
        if chunk.get("error").is_some_and(|error| !error.is_null()) {
            return Err(classify_inline(&chunk, &self.key));
        }
        let chunk: Chunk = parse(event)?;
        if let Some(usage) = chunk.usage {
            pieces.push(Piece::InputTokens(usage.prompt_tokens));
            pieces.push(Piece::OutputTokens(usage.completion_tokens));
        }
        let Some(choice) = chunk.choices.into_iter().next() else {
            return Ok(());
        };
        for text in [choice.delta.content, choice.delta.refusal].into_iter().flatten() {
            pieces.push(Piece::Text(text));
        }
        for hidden in [choice.delta.reasoning_content, choice.delta.reasoning]
            .into_iter()
            .flatten()
        {
            pieces.push(Piece::Hidden(hidden.len()));
        }
        for call in choice.delta.tool_calls.unwrap_or_default() {
            self.grow_call(call, pieces)?;
        }
        if let Some(reason) = choice.finish_reason {
            pieces.push(Piece::Reason(match reason.as_str() {
                "length" => FinishReason::Length,
                "tool_calls" | "function_call" => FinishReason::ToolCalls,
                "content_filter" => FinishReason::Filtered,
                _ => FinishReason::Stop,
            }));
        }
        Ok(())
    }
}

impl OpenAiReader {
    fn grow_call(&mut self, piece: CallPiece, pieces: &mut Vec<Piece>) -> Result<(), ChatError> {
        // Some servers leave out the index and send every call whole.
        let index = piece.index.unwrap_or(self.calls.len() as u32);
        let call = self.calls.entry(index).or_default();
        let function = piece.function.unwrap_or_default();
        call.id += piece.id.as_deref().unwrap_or_default();
        call.name += function.name.as_deref().unwrap_or_default();
        if let Some(arguments) = function.arguments {
            pieces.push(Piece::Hidden(arguments.len()));
            call.arguments += &arguments;
        }
        if self.calls.len() > MAX_TOOL_CALLS {
            return Err(ChatError::invalid("too many tool calls"));
        }
        Ok(())
    }

    fn finish_calls(&mut self, pieces: &mut Vec<Piece>) -> Result<(), ChatError> {
        for (index, call) in std::mem::take(&mut self.calls) {
            let arguments = parse_arguments(&call.arguments)?;
            let id = if call.id.is_empty() {
                format!("call_{index}")
            } else {
                call.id
            };
            pieces.push(Piece::ToolCall(ToolCall {
                id,
                name: call.name,
                arguments,
            }));
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    finish_reason: Option<String>,
}

#[derive(Deserialize, Default)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    reasoning: Option<String>,
    reasoning_content: Option<String>,
    tool_calls: Option<Vec<CallPiece>>,
}

#[derive(Deserialize)]
struct CallPiece {
    index: Option<u32>,
    id: Option<String>,
    function: Option<FunctionPiece>,
}

#[derive(Deserialize, Default)]
struct FunctionPiece {
    name: Option<String>,
    arguments: Option<String>,
}

#[derive(Deserialize)]
struct WireUsage {
    #[serde(default)]
    prompt_tokens: u32,
    #[serde(default)]
    completion_tokens: u32,
}
