//! What the chat widget of n8n sends, and how it reads the answer.

use serde_json::{Value, json};

use crate::core::{Core, random_uuid};

/// A visitor's widget, pointed at some address.
pub struct Widget {
    core: Core,
    url: String,
    session: String,
    /// The page that it stands on.
    origin: String,
}

/// What the widget shows, and what came.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub status: Option<u16>,
    pub text: String,
    pub body: String,
    /// `Access-Control-Allow-Origin` of the answer.
    pub allowed_origin: Option<String>,
}

impl Widget {
    pub fn new(url: &str) -> Self {
        Self {
            core: Core::new(None, Box::new(super::Plain)),
            url: url.into(),
            session: random_uuid(),
            origin: "https://shop.example".into(),
        }
    }

    pub fn session(&self) -> &str {
        &self.session
    }

    /// The same visitor comes back.
    pub fn with_session(self, session: &str) -> Self {
        Self {
            session: session.into(),
            ..self
        }
    }

    /// What the browser asks before it posts JSON to another origin: the status and the allowed headers.
    pub async fn preflight(&self) -> Option<(u16, String)> {
        let request = self
            .core
            .hooks
            .client()
            .request(reqwest::Method::OPTIONS, &self.url);
        let request = request
            .header("origin", &self.origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type");
        let answer = request.send().await.ok()?;
        let allowed = answer.headers().get("access-control-allow-headers");
        let allowed = allowed
            .and_then(|allowed| allowed.to_str().ok())
            .unwrap_or_default();
        Some((answer.status().as_u16(), allowed.to_owned()))
    }

    /// Whether each message of the past is the visitor's, and its text.
    pub async fn loads_history(&self) -> Vec<(bool, String)> {
        let told = self.post(json!({"action": "loadPreviousSession"}), "*/*").await;
        let body: Value = serde_json::from_str(&told.body).unwrap_or_default();
        let messages = body["data"].as_array().cloned().unwrap_or_default();
        let is_human = |message: &Value| {
            let kinds = message["id"].as_array();
            kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "HumanMessage"))
        };
        let text = |message: &Value| {
            message["kwargs"]["content"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        messages
            .iter()
            .map(|message| (is_human(message), text(message)))
            .collect()
    }

    pub async fn says(&self, text: &str) -> Told {
        let mut told = self
            .post(json!({"action": "sendMessage", "chatInput": text}), "*/*")
            .await;
        told.text = shown(&told.body);
        told
    }

    /// With files: name, type and bytes of each.
    pub async fn says_with(&self, text: &str, files: &[(&str, &str, &[u8])]) -> Told {
        const BOUNDARY: &str = "----WebKitFormBoundarySimulated0";
        let mut form = Vec::new();
        let fields = [
            ("action", "sendMessage"),
            ("sessionId", self.session.as_str()),
            ("chatInput", text),
        ];
        for (name, value) in fields {
            let part =
                format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            form.extend(part.into_bytes());
        }
        for (name, kind, bytes) in files {
            let head = format!(
                "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
                 content-type: {kind}\r\n\r\n"
            );
            form.extend(head.into_bytes());
            form.extend_from_slice(bytes);
            form.extend_from_slice(b"\r\n");
        }
        form.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let mut told = self.send(form, &kind, "*/*").await;
        told.text = shown(&told.body);
        told
    }

    pub async fn says_streaming(&self, text: &str) -> Told {
        let mut told = self
            .post(json!({"action": "sendMessage", "chatInput": text}), "text/plain")
            .await;
        told.text = streamed(&told.body);
        told
    }

    async fn post(&self, mut body: Value, accept: &str) -> Told {
        body["sessionId"] = self.session.clone().into();
        self.send(body.to_string().into_bytes(), "application/json", accept)
            .await
    }

    async fn send(&self, body: Vec<u8>, kind: &str, accept: &str) -> Told {
        let request = self.core.hooks.client().post(&self.url);
        let request = request
            .header("accept", accept)
            .header("origin", &self.origin)
            .header("content-type", kind)
            .body(body);
        let Ok(answer) = request.send().await else {
            return Told::default();
        };
        let allowed = answer.headers().get("access-control-allow-origin");
        Told {
            status: Some(answer.status().as_u16()),
            allowed_origin: allowed
                .and_then(|allowed| allowed.to_str().ok())
                .map(str::to_owned),
            body: answer.text().await.unwrap_or_default(),
            text: String::new(),
        }
    }
}

/// The first of `output`, `text`, `message`; else the body as it is. The status is not looked at.
fn shown(body: &str) -> String {
    let Ok(Value::Object(answer)) = serde_json::from_str(body) else {
        return body.to_owned();
    };
    let found = ["output", "text", "message"]
        .iter()
        .find_map(|key| answer.get(*key));
    match found {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Object(message)) => message
            .get("text")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        _ if answer.is_empty() => String::new(),
        _ => body.to_owned(),
    }
}

fn streamed(body: &str) -> String {
    let mut text = String::new();
    for line in body.lines() {
        match serde_json::from_str::<Value>(line) {
            Ok(piece) if piece["type"] == "item" => {
                text.push_str(piece["content"].as_str().unwrap_or_default())
            }
            Ok(piece) if piece["type"] == "error" => {
                text = format!("Error: {}", piece["content"].as_str().unwrap_or_default());
            }
            Ok(_) => {}
            Err(_) => text.push_str(line),
        }
    }
    text
}
