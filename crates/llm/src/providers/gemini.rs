//! Google Gemini's `streamGenerateContent`.

use reqwest::header::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use super::{ModelConfig, Piece, Reader, Wire, parse};
use crate::chat::{ChatMessage, ChatRequest, FinishReason, ToolCall};
use crate::error::ChatError;
use crate::http::{ApiKey, HttpRequest, classify_inline, endpoint};
use crate::sse::SseEvent;

pub(super) struct Gemini {
    config: ModelConfig,
}

impl Gemini {
    pub(super) fn new(config: ModelConfig) -> Self {
        Self { config }
    }
}

impl Wire for Gemini {
    fn request(&self, request: &ChatRequest) -> Result<HttpRequest, ChatError> {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static("x-goog-api-key"),
            self.config.api_key.header("")?,
        );
        let path = format!(
            "models/{}:streamGenerateContent",
            self.config.model.trim_start_matches("models/")
        );
        let mut url = endpoint(&self.config.base(), &path);
        url.set_query(Some("alt=sse"));
        let mut body = json!({
            "contents": contents(&request.messages),
            "generationConfig": {"maxOutputTokens": request.max_tokens},
        });
        if !request.system.is_empty() {
            body["systemInstruction"] = json!({"parts": [{"text": request.system}]});
        }
        if let Some(temperature) = request.temperature {
            body["generationConfig"]["temperature"] = temperature.into();
        }
        if !request.tools.is_empty() {
            let tools = request.tools.iter().map(|tool| {
                json!({"name": tool.name, "description": tool.description, "parameters": tool.parameters})
            });
            body["tools"] = json!([{"functionDeclarations": tools.collect::<Value>()}]);
        }
        Ok(HttpRequest { url, headers, body })
    }

    fn reader(&self) -> Box<dyn Reader> {
        Box::new(GeminiReader {
            key: self.config.api_key.clone(),
            calls: 0,
        })
    }
}

/// Roles alternate, so turns of one side are joined.
fn contents(messages: &[ChatMessage]) -> Vec<Value> {
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
        .map(|(role, parts)| json!({"role": role, "parts": parts}))
        .collect()
}

fn turn(message: &ChatMessage) -> (&'static str, Vec<Value>) {
    match message {
        ChatMessage::User(text) => ("user", vec![json!({"text": text})]),
        ChatMessage::Assistant { text, tool_calls } => {
            let text = (!text.is_empty()).then(|| json!({"text": text}));
            let calls = tool_calls
                .iter()
                .map(|call| json!({"functionCall": {"name": call.name, "args": call.arguments}}));
            ("model", text.into_iter().chain(calls).collect())
        }
        ChatMessage::ToolResult { name, content, .. } => (
            "user",
            vec![json!({"functionResponse": {"name": name, "response": {"result": content}}})],
        ),
    }
}

struct GeminiReader {
    key: ApiKey,
    calls: usize,
}

impl Reader for GeminiReader {
    fn read(&mut self, event: &SseEvent, pieces: &mut Vec<Piece>) -> Result<(), ChatError> {
        let data: Value = parse(event)?;
        if data.get("error").is_some() {
            return Err(classify_inline(&data, &self.key));
        }
        read_usage(&data["usageMetadata"], pieces);
        if data.pointer("/promptFeedback/blockReason").is_some() {
            pieces.extend([Piece::Reason(FinishReason::Filtered), Piece::End]);
            return Ok(());
        }
        let candidate = &data["candidates"][0];
        for part in candidate
            .pointer("/content/parts")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.read_part(part, pieces);
        }
        if let Some(reason) = candidate["finishReason"].as_str() {
            pieces.extend([Piece::Reason(self.finish_reason(reason)), Piece::End]);
        }
        Ok(())
    }
}

impl GeminiReader {
    fn read_part(&mut self, part: &Value, pieces: &mut Vec<Piece>) {
        if let Some(call) = part.get("functionCall") {
            self.calls += 1;
            let id = call["id"]
                .as_str()
                .map_or_else(|| format!("call_{}", self.calls), str::to_owned);
            let name = call["name"].as_str().unwrap_or_default().to_owned();
            let arguments = if call["args"].is_object() {
                call["args"].clone()
            } else {
                json!({})
            };
            pieces.push(Piece::ToolCall(ToolCall { id, name, arguments }));
        } else if let Some(text) = part["text"].as_str() {
            let is_thought = part["thought"].as_bool() == Some(true);
            pieces.push(if is_thought {
                Piece::Hidden(text.len())
            } else {
                Piece::Text(text.to_owned())
            });
        }
    }

    /// Gemini says STOP for function calls too.
    fn finish_reason(&self, reason: &str) -> FinishReason {
        match reason {
            "STOP" if self.calls > 0 => FinishReason::ToolCalls,
            "MAX_TOKENS" => FinishReason::Length,
            "SAFETY" | "RECITATION" | "LANGUAGE" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" => {
                FinishReason::Filtered
            }
            _ => FinishReason::Stop,
        }
    }
}

/// Thoughts are billed as output.
fn read_usage(usage: &Value, pieces: &mut Vec<Piece>) {
    let count = |name: &str| {
        usage[name]
            .as_u64()
            .map(|count| u32::try_from(count).unwrap_or(u32::MAX))
    };
    pieces.extend(count("promptTokenCount").map(Piece::InputTokens));
    if let Some(output) = count("candidatesTokenCount") {
        let thoughts = count("thoughtsTokenCount").unwrap_or(0);
        pieces.push(Piece::OutputTokens(output.saturating_add(thoughts)));
    }
}
