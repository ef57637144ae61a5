//! Anthropic's `messages`.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::{ModelConfig, Piece, Reader, Wire, parse, parse_arguments};
use crate::chat::{ChatMessage, ChatRequest, FinishReason, ToolCall};
use crate::error::ChatError;
use crate::http::{ApiKey, HttpRequest, classify_inline, endpoint};
use crate::sse::SseEvent;

pub(super) struct Anthropic {
    config: ModelConfig,
}

impl Anthropic {
    pub(super) fn new(config: ModelConfig) -> Self {
        Self { config }
    }
}

impl Wire for Anthropic {
    fn request(&self, request: &ChatRequest) -> Result<HttpRequest, ChatError> {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static("x-api-key"),
            self.config.api_key.header("")?,
        );
        headers.insert(
            HeaderName::from_static("anthropic-version"),
            HeaderValue::from_static("2023-06-01"),
        );
        let mut body = json!({
            "model": self.config.model,
            "max_tokens": request.max_tokens,
            "messages": messages(&request.messages),
            "stream": true,
        });
        if !request.system.is_empty() {
            body["system"] = request.system.clone().into();
        }
        if let Some(temperature) = request.temperature {
            body["temperature"] = temperature.into();
        }
        if !request.tools.is_empty() {
            let tools = request.tools.iter().map(|tool| {
                json!({"name": tool.name, "description": tool.description, "input_schema": tool.parameters})
            });
            body["tools"] = tools.collect();
        }
        Ok(HttpRequest {
            url: endpoint(&self.config.base(), "v1/messages"),
            headers,
            body,
        })
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::new(AnthropicReader {
            key: self.config.api_key.clone(),
            calls: BTreeMap::new(),
        })
    }
}

/// All results of one round of tool calls belong into one user turn.
fn messages(messages: &[ChatMessage]) -> Vec<Value> {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in messages {
        let (role, parts) = turn(message);
        match turns.last_mut() {
            Some((last, content)) if *last == role => content.extend(parts),
            _ => turns.push((role, parts)),
        }
    }
    turns
        .into_iter()
        .map(|(role, content)| json!({"role": role, "content": content}))
        .collect()
}

fn turn(message: &ChatMessage) -> (&'static str, Vec<Value>) {
    match message {
        ChatMessage::User(text) => ("user", vec![json!({"type": "text", "text": text})]),
        ChatMessage::Assistant { text, tool_calls } => {
            let text = (!text.is_empty()).then(|| json!({"type": "text", "text": text}));
            let calls = tool_calls.iter().map(
                |call| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}),
            );
            ("assistant", text.into_iter().chain(calls).collect())
        }
        ChatMessage::ToolResult { call_id, content, .. } => (
            "user",
            vec![json!({"type": "tool_result", "tool_use_id": call_id, "content": content})],
        ),
    }
}

struct AnthropicReader {
    key: ApiKey,
    /// Tool calls by content block, with their arguments so far.
    calls: BTreeMap<u64, (ToolCall, String)>,
}

impl Reader for AnthropicReader {
    fn read(&mut self, event: &SseEvent, pieces: &mut Vec<Piece>) -> Result<(), ChatError> {
        let data: Value = parse(event)?;
        let index = data["index"].as_u64().unwrap_or_default();
        match data["type"].as_str().unwrap_or_default() {
            "message_start" => read_usage(&data["message"]["usage"], pieces),
            "content_block_start" => self.start_block(index, &data["content_block"], pieces),
            "content_block_delta" => self.grow_block(index, &data["delta"], pieces),
            "content_block_stop" => self.end_block(index, pieces)?,
            "message_delta" => {
                read_usage(&data["usage"], pieces);
                if let Some(reason) = data["delta"]["stop_reason"].as_str() {
                    pieces.push(Piece::Reason(finish_reason(reason)));
                }
            }
            "message_stop" => pieces.push(Piece::End),
            "error" => return Err(classify_inline(&data, &self.key)),
            "ping" => {}
            "" => return Err(ChatError::invalid("an event without a type")),
            _ => {}
        }
        Ok(())
    }
}

impl AnthropicReader {
    fn start_block(&mut self, index: u64, block: &Value, pieces: &mut Vec<Piece>) {
        match block["type"].as_str() {
            Some("text") => push_text(&block["text"], pieces),
            Some("tool_use") => {
                let text = |name: &str| block[name].as_str().unwrap_or_default().to_owned();
                let call = ToolCall {
                    id: text("id"),
                    name: text("name"),
                    arguments: block["input"].clone(),
                };
                self.calls.insert(index, (call, String::new()));
            }
            _ => {}
        }
    }

    fn grow_block(&mut self, index: u64, delta: &Value, pieces: &mut Vec<Piece>) {
        match delta["type"].as_str() {
            Some("text_delta") => push_text(&delta["text"], pieces),
            Some("input_json_delta") => {
                let part = delta["partial_json"].as_str().unwrap_or_default();
                pieces.push(Piece::Hidden(part.len()));
                if let Some((_, arguments)) = self.calls.get_mut(&index) {
                    *arguments += part;
                }
            }
            Some("thinking_delta") => {
                pieces.push(Piece::Hidden(delta["thinking"].as_str().map_or(0, str::len)));
            }
            _ => {}
        }
    }

    fn end_block(&mut self, index: u64, pieces: &mut Vec<Piece>) -> Result<(), ChatError> {
        let Some((mut call, arguments)) = self.calls.remove(&index) else {
            return Ok(());
        };
        if !arguments.is_empty() || !call.arguments.is_object() {
            call.arguments = parse_arguments(&arguments)?;
        }
        pieces.push(Piece::ToolCall(call));
        Ok(())
    }
}

fn push_text(text: &Value, pieces: &mut Vec<Piece>) {
    if let Some(text) = text.as_str().filter(|text| !text.is_empty()) {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// Cached input is billed too, at its own price; here only the amount counts.
fn read_usage(usage: &Value, pieces: &mut Vec<Piece>) {
    let count = |name: &str| usage[name].as_u64();
    if let Some(fresh) = count("input_tokens") {
        let cached =
            ["cache_creation_input_tokens", "cache_read_input_tokens"].map(|name| count(name).unwrap_or(0));
        let all = fresh.saturating_add(cached.iter().copied().fold(0, u64::saturating_add));
        pieces.push(Piece::InputTokens(u32::try_from(all).unwrap_or(u32::MAX)));
    }
    if let Some(output) = count("output_tokens") {
        pieces.push(Piece::OutputTokens(u32::try_from(output).unwrap_or(u32::MAX)));
    }
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::Filtered,
        _ => FinishReason::Stop,
    }
}
