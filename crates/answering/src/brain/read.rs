//! What a workflow answered, read leniently: n8n's nodes and other programs put it in many ways.

use serde_json::Value;

/// The text to say. None: there is none, such as "the workflow was started".
pub fn text(content_type: &str, body: &str) -> Option<String> {
    let trimmed = body.trim();
    if trimmed.is_empty() || content_type.contains("html") || trimmed.starts_with('<') {
        return None;
    }
    let said = match serde_json::from_str::<Value>(trimmed) {
        Ok(value) => of_value(&value),
        Err(_) if is_stream(trimmed) => Some(of_stream(trimmed)),
        Err(_) if content_type.contains("json") => None,
        Err(_) => Some(trimmed.to_owned()),
    };
    said.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// The keys under which an answer stands, the first that is there.
const KEYS: [&str; 6] = ["output", "text", "message", "answer", "reply", "response"];

fn of_value(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => of_value(items.first()?),
        Value::Object(fields) => {
            // a stream of one line
            if fields.get("type").and_then(Value::as_str) == Some("item") {
                return fields.get("content").and_then(Value::as_str).map(str::to_owned);
            }
            // n8n says so when the workflow answers later, or not at all, or is not there
            if says_started(value) || (fields.contains_key("code") && fields.contains_key("hint")) {
                return None;
            }
            let found = KEYS.iter().find_map(|key| fields.get(*key))?;
            match found {
                Value::Object(inner) => inner.get("text").and_then(Value::as_str).map(str::to_owned),
                Value::Number(number) => Some(number.to_string()),
                other => of_value(other),
            }
        }
        _ => None,
    }
}

/// n8n's webhook answers so at once when the workflow is to go on by itself.
pub fn is_started(body: &str) -> bool {
    serde_json::from_str(body.trim()).is_ok_and(|value| says_started(&value))
}

fn says_started(value: &Value) -> bool {
    value.get("message").and_then(Value::as_str) == Some("Workflow was started")
}

fn is_stream(body: &str) -> bool {
    body.lines().next().is_some_and(|line| piece(line).is_some())
}

fn of_stream(body: &str) -> String {
    let pieces = body.lines().filter_map(piece);
    pieces
        .filter_map(|piece| match piece {
            Piece::Text(text) => Some(text),
            Piece::Mark => None,
            Piece::Error(_) => None,
        })
        .collect()
}

/// One line of n8n's stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Text(String),
    /// Begin or end.
    Mark,
    Error(String),
}

/// None: it is no line of such a stream.
pub fn piece(line: &str) -> Option<Piece> {
    let value: Value = serde_json::from_str(line.trim()).ok()?;
    let content = || {
        value
            .get("content")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    match value.get("type")?.as_str()? {
        "item" => Some(Piece::Text(content())),
        "begin" | "end" => Some(Piece::Mark),
        "error" => Some(Piece::Error(content())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_wherever_it_stands() {
        for (body, said) in [
            (r#"{"output":"Hello"}"#, Some("Hello")),
            (r#"[{"output":"Hello"},{"output":"Again"}]"#, Some("Hello")),
            (r#"{"text":"Hello"}"#, Some("Hello")),
            (r#"{"message":{"type":"text","text":"Hello"}}"#, Some("Hello")),
            (r#"{"answer":"Hello"}"#, Some("Hello")),
            (r#"{"response":42}"#, Some("42")),
            (r#""Hello""#, Some("Hello")),
            ("Hello", Some("Hello")),
            (
                "{\"type\":\"begin\"}\n{\"type\":\"item\",\"content\":\"Hel\"}\n{\"type\":\"item\",\"content\":\"lo\"}\n{\"type\":\"end\"}\n",
                Some("Hello"),
            ),
            (r#"{"message":"Workflow was started"}"#, None),
            (
                r#"{"code":404,"message":"The requested webhook is not registered.","hint":"…"}"#,
                None,
            ),
            ("<html><body>Bad gateway</body></html>", None),
            ("{}", None),
            ("", None),
            (r#"{"output":""}"#, None),
        ] {
            assert_eq!(text("text/plain", body).as_deref(), said, "{body}");
        }
        assert_eq!(text("application/json", "no json at all"), None);
    }
}
