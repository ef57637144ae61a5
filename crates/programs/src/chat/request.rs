//! A request in OpenAI's format, and what becomes of its fields.
//!
//! | field | |
//! |---|---|
//! | `model`, `messages`, `stream`, `stream_options.include_usage` | heard |
//! | `n` above 1, `tools`, `functions`, `response_format` other than text, `logprobs`, audio | refused: there is no such thing here |
//! | everything else, such as `temperature`, `max_tokens`, `stop`, `user` | not looked at: the channel's settings count |
//!
//! The visitor's words are those of role `user`. What stands behind the last word of anybody else is the question; what
//! went before is the conversation so far. `system` and `developer` are left out: the rules are the channel's.

use answering::api::{Said, Speaker};
use serde_json::{Map, Value};

use super::refusal::{Refusal, bad};

const MOST_MESSAGES: usize = 200;
/// So many earlier lines are kept; the bot looks at fewer.
const MOST_HISTORY: usize = 40;
/// A line is cut behind it: of what was said before, the gist is enough.
const LONGEST_EARLIER: usize = 4_000;
const LONGEST_QUESTION: usize = 4_000;

/// A request that can be answered.
#[derive(Debug)]
pub struct ChatRequest {
    pub model: String,
    pub question: String,
    /// Oldest first.
    pub history: Vec<Said>,
    pub stream: bool,
    pub include_usage: bool,
}

impl ChatRequest {
    pub fn read(body: Value) -> Result<Self, Refusal> {
        let Value::Object(body) = body else {
            return Err(bad("body", "invalid_body", "The body must be a JSON object."));
        };
        refuse_what_is_not_there(&body)?;
        let model = match body.get("model").and_then(Value::as_str) {
            Some(model) if !model.is_empty() => model.to_owned(),
            _ => {
                return Err(bad(
                    "model",
                    "missing_required_parameter",
                    "Name the model, such as `rapport`.",
                ));
            }
        };
        let (history, question) = conversation(&body)?;
        let options = body.get("stream_options").filter(|options| !options.is_null());
        Ok(Self {
            model,
            question,
            history,
            stream: flag(&body, "stream", "stream")?,
            include_usage: match options {
                Some(Value::Object(options)) => {
                    flag(options, "include_usage", "stream_options.include_usage")?
                }
                Some(_) => {
                    return Err(bad(
                        "stream_options",
                        "invalid_type",
                        "`stream_options` is an object.",
                    ));
                }
                None => false,
            },
        })
    }
}

fn flag(body: &Map<String, Value>, field: &str, path: &str) -> Result<bool, Refusal> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(on)) => Ok(*on),
        Some(_) => Err(bad(
            path,
            "invalid_type",
            format!("`{path}` is either true or false."),
        )),
    }
}

fn refuse_what_is_not_there(body: &Map<String, Value>) -> Result<(), Refusal> {
    let is_there = |field: &str| {
        body.get(field).is_some_and(|value| match value {
            Value::Null | Value::Bool(false) => false,
            Value::Array(all) => !all.is_empty(),
            _ => true,
        })
    };
    if body
        .get("n")
        .is_some_and(|n| !n.is_null() && n.as_u64() != Some(1))
    {
        return Err(bad("n", "unsupported_value", "One answer is given: `n` is 1."));
    }
    let format = body.get("response_format").filter(|format| !format.is_null());
    if format.is_some_and(|format| format["type"] != "text") {
        let detail = "The answer is text. Leave out `response_format`.";
        return Err(bad("response_format", "unsupported_value", detail));
    }
    let only_text = |all: &Value| {
        all.as_array()
            .is_some_and(|all| all.iter().all(|one| one == "text"))
    };
    if body
        .get("modalities")
        .is_some_and(|all| !all.is_null() && !only_text(all))
    {
        return Err(bad("modalities", "unsupported_value", "The answer is text."));
    }
    for field in ["tools", "functions", "logprobs", "audio", "web_search_options"] {
        if is_there(field) {
            let detail =
                format!("`{field}` is not supported: the bot answers from the workspace's knowledge.");
            return Err(bad(field, "unsupported_parameter", detail));
        }
    }
    Ok(())
}

fn conversation(body: &Map<String, Value>) -> Result<(Vec<Said>, String), Refusal> {
    let messages = match body.get("messages") {
        Some(Value::Array(messages)) if !messages.is_empty() => messages,
        Some(Value::Array(_)) | None => {
            let detail = "Send the conversation as `messages`, the question last.";
            return Err(bad("messages", "missing_required_parameter", detail));
        }
        Some(_) => return Err(bad("messages", "invalid_type", "`messages` is a list.")),
    };
    if messages.len() > MOST_MESSAGES {
        return Err(bad(
            "messages",
            "too_many_messages",
            "A request has 200 messages at most. Leave out the oldest.",
        ));
    }
    let mut said = Vec::new();
    for (place, message) in messages.iter().enumerate() {
        said.extend(line(message, &format!("messages[{place}]"))?);
    }
    let spoken = said
        .iter()
        .rposition(|line| line.role == Speaker::Assistant)
        .map_or(0, |last| last + 1);
    let asked = said.split_off(spoken);
    let question = asked.iter().map(|line| line.text.as_str()).collect::<Vec<_>>();
    let question = question.join("\n").trim().to_owned();
    if question.is_empty() {
        let detail = "The last message must be the user's, and hold text.";
        return Err(bad("messages", "no_question", detail));
    }
    if question.chars().count() > LONGEST_QUESTION {
        let detail = "A question has 4,000 characters at most.";
        return Err(bad("messages", "question_too_long", detail));
    }
    let mut history = said.split_off(said.len().saturating_sub(MOST_HISTORY));
    for line in &mut history {
        line.text = line.text.chars().take(LONGEST_EARLIER).collect();
    }
    Ok((history, question))
}

/// What somebody said; none for what is no part of the conversation.
fn line(message: &Value, path: &str) -> Result<Option<Said>, Refusal> {
    let role = match message["role"].as_str() {
        Some("user") => Some(Speaker::User),
        Some("assistant") => Some(Speaker::Assistant),
        // checked like the others, and left out
        Some("system" | "developer") => None,
        Some("tool" | "function") => {
            let detail = "There are no tools, so there are no results of tools.";
            return Err(bad(&format!("{path}.role"), "unsupported_value", detail));
        }
        _ => {
            let detail = "A message's `role` is `user`, `assistant`, `system` or `developer`.";
            return Err(bad(&format!("{path}.role"), "invalid_value", detail));
        }
    };
    let text = text(&message["content"], &format!("{path}.content"))?;
    let said = role.map(|role| Said { role, text });
    Ok(said.filter(|said| !said.text.trim().is_empty()))
}

/// A text, or the texts of its parts.
fn text(content: &Value, path: &str) -> Result<String, Refusal> {
    let parts = match content {
        Value::String(text) => return Ok(text.clone()),
        Value::Null => return Ok(String::new()),
        Value::Array(parts) => parts,
        _ => {
            let detail = "`content` is a text, or a list of parts.";
            return Err(bad(path, "invalid_type", detail));
        }
    };
    let mut texts = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        let written = match part["type"].as_str() {
            Some("text") => part["text"].as_str(),
            Some("refusal") => part["refusal"].as_str(),
            other => {
                let kind = other.unwrap_or("without a type");
                let detail = format!("Only text can be read; this part is `{kind:.40}`.");
                return Err(bad(&format!("{path}[{place}]"), "unsupported_content", detail));
            }
        };
        let detail = "A part of type `text` holds its words in `text`.";
        texts.push(written.ok_or_else(|| bad(&format!("{path}[{place}]"), "invalid_type", detail))?);
    }
    Ok(texts.join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(messages: Value) -> Result<ChatRequest, Refusal> {
        ChatRequest::read(json!({"model": "rapport", "messages": messages}))
    }

    fn code(refused: Result<ChatRequest, Refusal>) -> String {
        let body = refused.unwrap_err().body();
        body["error"]["code"].as_str().unwrap().to_owned()
    }

    #[test]
    fn what_stands_behind_the_last_reply_is_the_question() {
        let request = read(json!([
            {"role": "system", "content": "You are a pirate."},
            {"role": "user", "content": "Do you ship?"},
            {"role": "assistant", "content": [{"type": "text", "text": "Yes."}]},
            {"role": "user", "content": "To France?"},
            {"role": "developer", "content": "Say no."},
            {"role": "user", "content": [{"type": "text", "text": "And"}, {"type": "text", "text": "Spain?"}]},
        ]));
        let request = request.unwrap();
        assert_eq!(request.question, "To France?\nAnd\nSpain?");
        let heard: Vec<&str> = request.history.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(heard, ["Do you ship?", "Yes."]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let user = |content: Value| read(json!([{"role": "user", "content": content}]));
        let picture = json!([{"type": "image_url", "image_url": {"url": "data:,"}}]);
        assert_eq!(code(user(picture)), "unsupported_content");
        assert_eq!(code(user(json!(" "))), "no_question");
        assert_eq!(code(user(json!("é".repeat(4_001)))), "question_too_long");
        assert_eq!(code(user(json!(7))), "invalid_type");
        assert_eq!(code(read(json!([]))), "missing_required_parameter");
        assert_eq!(
            code(read(json!([{"role": "pirate", "content": "x"}]))),
            "invalid_value"
        );
        assert_eq!(
            code(read(json!([{"role": "assistant", "content": "x"}]))),
            "no_question"
        );
        let lines = vec![json!({"role": "user", "content": "x"}); 201];
        assert_eq!(code(read(json!(lines))), "too_many_messages");
    }

    #[test]
    fn what_there_is_not_is_refused_and_settings_are_passed_over() {
        let with = |field: &str, value: Value| {
            let messages = json!([{"role": "user", "content": "x"}]);
            ChatRequest::read(json!({"model": "rapport", "messages": messages, field: value}))
        };
        assert_eq!(code(with("n", json!(2))), "unsupported_value");
        assert_eq!(code(with("tools", json!([{}]))), "unsupported_parameter");
        assert_eq!(
            code(with("response_format", json!({"type": "json_object"}))),
            "unsupported_value"
        );
        assert_eq!(code(with("stream", json!("yes"))), "invalid_type");
        for (field, value) in [
            ("n", json!(1)),
            ("tools", json!([])),
            ("temperature", json!(9)),
            ("max_tokens", json!(1)),
            ("response_format", json!({"type": "text"})),
        ] {
            assert!(with(field, value).is_ok(), "{field}");
        }
    }
}
