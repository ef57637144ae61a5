//! The fake provider's side of the wire formats: events of a reply, bodies of an error.

use serde_json::{Value, json};

use super::reply::{Ending, Reply};
use crate::providers::Provider;

/// The events of a reply: what comes before the text, one for each piece, and what ends it.
pub(super) struct Events {
    pub(super) opening: Vec<String>,
    pub(super) pieces: Vec<String>,
    pub(super) closing: Vec<String>,
}

impl Events {
    pub(super) fn of(provider: Provider, reply: &Reply, input_tokens: usize) -> Self {
        let characters: Vec<char> = reply.text.chars().collect();
        let texts: Vec<String> = characters
            .chunks(reply.chunk)
            .map(|piece| piece.iter().collect())
            .collect();
        let output_tokens = characters.len().div_ceil(4);
        let usage = reply.usage.then_some((input_tokens, output_tokens));
        let mut events = match provider {
            Provider::OpenAi => openai(reply, &texts, usage),
            Provider::Anthropic => anthropic(reply, &texts, usage),
            Provider::Gemini => gemini(reply, &texts, usage),
        };
        if reply.ending == Ending::Cut {
            events.closing.clear();
        }
        events
    }
}

/// The body of a failure in the provider's own shape.
pub(super) fn error_body(provider: Provider, reply: &Reply) -> Value {
    let code = &reply.error_code;
    let message = "the fake provider was told to fail";
    match provider {
        Provider::OpenAi => json!({"error": {"message": message, "type": code, "code": code}}),
        Provider::Anthropic => {
            json!({"type": "error", "error": {"type": code, "message": message}})
        }
        Provider::Gemini => json!({"error": {"code": reply.status, "message": message, "status": code}}),
    }
}

fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}

fn named(value: &Value) -> String {
    format!(
        "event: {}\ndata: {value}\n\n",
        value["type"].as_str().unwrap_or_default()
    )
}

fn openai(reply: &Reply, texts: &[String], usage: Option<(usize, usize)>) -> Events {
    let chunk = |delta: Value, reason: Option<&str>| {
        data(
            &json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "fake-model",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}),
        )
    };
    let mut closing = Vec::new();
    if let Some((name, arguments)) = &reply.tool_call {
        let call = |id: Value, function: Value| json!({"tool_calls": [{"index": 0, "id": id, "type": "function", "function": function}]});
        closing.push(chunk(
            call("call_1".into(), json!({"name": name, "arguments": ""})),
            None,
        ));
        let arguments: Vec<char> = arguments.to_string().chars().collect();
        for piece in arguments.chunks(5) {
            let piece: String = piece.iter().collect();
            closing.push(chunk(call(Value::Null, json!({"arguments": piece})), None));
        }
    }
    closing.push(chunk(
        json!({}),
        Some(if reply.tool_call.is_some() {
            "tool_calls"
        } else {
            "stop"
        }),
    ));
    if let Some((input, output)) = usage {
        closing.push(data(
            &json!({"choices": [], "usage": {"prompt_tokens": input, "completion_tokens": output}}),
        ));
    }
    closing.push("data: [DONE]\n\n".into());
    Events {
        opening: vec![chunk(json!({"role": "assistant", "content": ""}), None)],
        pieces: texts
            .iter()
            .map(|text| chunk(json!({"content": text}), None))
            .collect(),
        closing,
    }
}

fn anthropic(reply: &Reply, texts: &[String], usage: Option<(usize, usize)>) -> Events {
    let mut start =
        json!({"type": "message_start", "message": {"id": "msg_1", "role": "assistant", "content": []}});
    if let Some((input, _)) = usage {
        start["message"]["usage"] = json!({"input_tokens": input, "output_tokens": 1});
    }
    let block =
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
    let mut closing = vec![named(&json!({"type": "content_block_stop", "index": 0}))];
    if let Some((name, arguments)) = &reply.tool_call {
        let tool = json!({"type": "tool_use", "id": "toolu_1", "name": name, "input": {}});
        let delta = json!({"type": "input_json_delta", "partial_json": arguments.to_string()});
        closing.push(named(
            &json!({"type": "content_block_start", "index": 1, "content_block": tool}),
        ));
        closing.push(named(
            &json!({"type": "content_block_delta", "index": 1, "delta": delta}),
        ));
        closing.push(named(&json!({"type": "content_block_stop", "index": 1})));
    }
    let reason = if reply.tool_call.is_some() {
        "tool_use"
    } else {
        "end_turn"
    };
    let mut end = json!({"type": "message_delta", "delta": {"stop_reason": reason}});
    if let Some((_, output)) = usage {
        end["usage"] = json!({"output_tokens": output});
    }
    closing.extend([named(&end), named(&json!({"type": "message_stop"}))]);
    let piece = |text: &String| {
        named(
            &json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
        )
    };
    Events {
        opening: vec![named(&start), named(&block), named(&json!({"type": "ping"}))],
        pieces: texts.iter().map(piece).collect(),
        closing,
    }
}

fn gemini(reply: &Reply, texts: &[String], usage: Option<(usize, usize)>) -> Events {
    let chunk = |parts: Value, reason: Option<&str>, usage: Option<(usize, usize)>| {
        let mut value = json!({"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}]});
        if let Some(reason) = reason {
            value["candidates"][0]["finishReason"] = reason.into();
        }
        if let Some((input, output)) = usage {
            value["usageMetadata"] = json!({"promptTokenCount": input, "candidatesTokenCount": output});
        }
        data(&value)
    };
    let call = reply.tool_call.as_ref();
    let parts = call.map(|(name, arguments)| json!([{"functionCall": {"name": name, "args": arguments}}]));
    Events {
        opening: Vec::new(),
        pieces: texts
            .iter()
            .map(|text| chunk(json!([{"text": text}]), None, None))
            .collect(),
        closing: vec![chunk(parts.unwrap_or(json!([])), Some("STOP"), usage)],
    }
}
