//! The parameters of a call: from the query, a form or JSON, where lists and objects may be written as text.

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::core::{Call, File};

pub struct Params {
    values: Value,
    pub files: Vec<(String, File)>,
}

impl Params {
    pub fn new(values: Value) -> Self {
        Self {
            values,
            files: Vec::new(),
        }
    }

    pub async fn of(call: &Call) -> Self {
        let mut params = Self::new(json!({}));
        for (name, value) in &call.query {
            params.values[name] = value.clone().into();
        }
        if call.has_content_type("multipart/form-data") {
            params.read_parts(call).await;
        } else if let Some(Value::Object(body)) = call.json() {
            for (name, value) in body {
                params.values[name] = value;
            }
        } else {
            for (name, value) in url::form_urlencoded::parse(&call.body) {
                params.values[name.as_ref()] = value.into_owned().into();
            }
        }
        params
    }

    async fn read_parts(&mut self, call: &Call) {
        for part in call.multipart().await {
            match part.file_name {
                None => self.values[&part.name] = String::from_utf8_lossy(&part.bytes).into_owned().into(),
                Some(name) => {
                    let kind = part
                        .content_type
                        .unwrap_or_else(|| "application/octet-stream".into());
                    self.files
                        .push((part.name, File::new(&name, &kind, Bytes::clone(&part.bytes))));
                }
            }
        }
    }

    pub fn all(&self) -> Value {
        self.values.clone()
    }

    pub fn text(&self, name: &str) -> Option<String> {
        match &self.values[name] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }

    /// A list or an object.
    pub fn object(&self, name: &str) -> Value {
        match &self.values[name] {
            Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
            value => value.clone(),
        }
    }

    pub fn file(&self, name: &str) -> Option<&File> {
        let part = self.text(name);
        let attached = part.as_deref().and_then(|text| text.strip_prefix("attach://"));
        let name = attached.unwrap_or(name);
        self.files
            .iter()
            .find(|(part, _)| part == name)
            .map(|(_, file)| file)
    }
}
