//! A set as lines of JSON, one an example, as the providers read them.

use kernel::secrets;
use serde::Deserialize;
use serde_json::{Value, json};

use super::TrainingExample;

/// Whose format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TrainingFormat)]
pub enum Format {
    /// Chat messages: OpenAI, and all that copy it.
    #[default]
    Openai,
    /// The system prompt stands beside the messages.
    Anthropic,
    /// Contents made of parts.
    Gemini,
}

impl Format {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
        }
    }
}

/// Those that are not left out, in their order.
pub fn lines(format: Format, system_prompt: &str, examples: &[TrainingExample]) -> String {
    let system = system_prompt.trim();
    let mut text = String::new();
    for example in examples.iter().filter(|example| !example.is_left_out) {
        text.push_str(&line(format, system, &example.question, &example.answer).to_string());
        text.push('\n');
    }
    text
}

fn line(format: Format, system: &str, question: &str, answer: &str) -> Value {
    let said = |role: &str, text: &str| json!({"role": role, "content": text});
    let part = |role: &str, text: &str| json!({"role": role, "parts": [{"text": text}]});
    match format {
        Format::Openai => {
            let mut messages = Vec::new();
            if !system.is_empty() {
                messages.push(said("system", system));
            }
            messages.extend([said("user", question), said("assistant", answer)]);
            json!({"messages": messages})
        }
        Format::Anthropic => {
            let mut line = json!({"messages": [said("user", question), said("assistant", answer)]});
            if !system.is_empty() {
                line["system"] = system.into();
            }
            line
        }
        Format::Gemini => {
            let mut line = json!({"contents": [part("user", question), part("model", answer)]});
            if !system.is_empty() {
                line["systemInstruction"] = json!({"parts": [{"text": system}]});
            }
            line
        }
    }
}

/// Names what is exported.
pub fn digest(lines: &str) -> String {
    let bytes = secrets::sha256(lines.as_bytes());
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What training on these lines reads in one round, in tokens: three bytes each, which is rather too many.
pub fn tokens(lines: &str) -> u64 {
    (lines.len() as u64).div_ceil(3)
}
