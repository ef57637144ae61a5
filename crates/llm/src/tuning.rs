//! Fine-tuning at a provider that speaks OpenAI's format: examples are sent as a file, a job is started on it and asked
//! after. Nothing is repeated here: starting twice is paid twice.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::error::shorten;
use crate::http::{ApiKey, read_some};
use crate::providers::ModelConfig;

const UPLOAD: Duration = Duration::from_secs(300);
const CALL: Duration = Duration::from_secs(30);
const MAX_ANSWER: usize = 1 << 20;
/// So many events are read at once, the newest.
const EVENTS: usize = 50;

/// What went wrong, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TuningError {
    /// The provider does not want to. Nothing has happened.
    #[error("the provider refused (HTTP {status}): {detail}")]
    Refused { status: u16, detail: String },
    /// It has no time now. Nothing has happened.
    #[error("the provider is too busy (HTTP {status}): {detail}")]
    Busy { status: u16, detail: String },
    /// Whether it has happened is not known.
    #[error("the provider did not answer: {0}")]
    NoAnswer(String),
}

impl TuningError {
    /// Asking again later may help.
    pub fn is_passing(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}

/// A job as the provider tells of it.
#[derive(Debug, Clone, Deserialize)]
pub struct TuningJob {
    pub id: String,
    /// In the provider's words: `validating_files`, `queued`, `running`, `succeeded`, `failed`, `cancelled`.
    pub status: String,
    /// The model that came out.
    #[serde(default)]
    pub fine_tuned_model: Option<String>,
    #[serde(default)]
    pub trained_tokens: Option<u64>,
    #[serde(default)]
    error: Option<Value>,
}

impl TuningJob {
    /// What the provider says about a failure.
    pub fn failure(&self) -> Option<String> {
        let message = self.error.as_ref()?.get("message")?.as_str()?;
        Some(shorten(message)).filter(|message| !message.is_empty())
    }
}

/// Something that happened during a job.
#[derive(Debug, Clone, Deserialize)]
pub struct TuningEvent {
    pub id: String,
    /// Seconds since 1970.
    pub created_at: i64,
    pub level: String,
    pub message: String,
    /// Numbers, such as `train_loss`.
    #[serde(default)]
    pub data: Value,
}

/// What to train.
#[derive(Debug, Clone)]
pub struct NewTuning<'a> {
    pub file: &'a str,
    /// Becomes part of the model's name.
    pub suffix: Option<&'a str>,
    /// None: the provider decides.
    pub epochs: Option<u32>,
    /// By which the job is recognised at the provider.
    pub reference: &'a str,
}

/// The fine-tuning of one account. The model of the configuration is the one to start from.
pub struct Tuner {
    base: Url,
    key: ApiKey,
    model: String,
    client: reqwest::Client,
}

impl Tuner {
    /// `client` as in [`crate::RemoteModel::new`].
    pub fn new(config: ModelConfig, client: reqwest::Client) -> Self {
        Self {
            base: config.base(),
            key: config.api_key,
            model: config.model,
            client,
        }
    }

    /// Sends the examples, a line of JSON each, and gives the provider's name of the file.
    pub async fn upload(&self, lines: &str) -> Result<String, TuningError> {
        let (content_type, body) = form(lines);
        let request = self.request(Method::POST, &["files"]);
        let request = request.header(CONTENT_TYPE, content_type).body(body);
        let answer = self.send(request, UPLOAD).await?;
        text(&answer, "id")
    }

    /// Takes a file away again.
    pub async fn delete_file(&self, file: &str) -> Result<(), TuningError> {
        let request = self.request(Method::DELETE, &["files", file]);
        self.send(request, CALL).await.map(|_| ())
    }

    /// Starts a job. Costs money.
    pub async fn start(&self, new: &NewTuning<'_>) -> Result<TuningJob, TuningError> {
        let mut body = json!({
            "model": self.model,
            "training_file": new.file,
            "metadata": {"reference": new.reference},
        });
        if let Some(suffix) = new.suffix {
            body["suffix"] = suffix.into();
        }
        if let Some(epochs) = new.epochs {
            let parameters = json!({"n_epochs": epochs});
            body["method"] = json!({"type": "supervised", "supervised": {"hyperparameters": parameters}});
        }
        let request = self.request(Method::POST, &["fine_tuning", "jobs"]).json(&body);
        self.job(request).await
    }

    pub async fn get(&self, job: &str) -> Result<TuningJob, TuningError> {
        self.job(self.request(Method::GET, &["fine_tuning", "jobs", job]))
            .await
    }

    pub async fn cancel(&self, job: &str) -> Result<TuningJob, TuningError> {
        self.job(self.request(Method::POST, &["fine_tuning", "jobs", job, "cancel"]))
            .await
    }

    /// The newest events, in whatever order the provider has them.
    pub async fn events(&self, job: &str) -> Result<Vec<TuningEvent>, TuningError> {
        let mut url = self.address(&["fine_tuning", "jobs", job, "events"]);
        url.set_query(Some(&format!("limit={EVENTS}")));
        let answer = self.send(self.keyed(self.client.get(url)), CALL).await?;
        let events = answer.get("data").and_then(Value::as_array).cloned();
        let events = events.unwrap_or_default().into_iter().take(EVENTS);
        // one that is not understood hides no other
        let read = events.filter_map(|event| serde_json::from_value::<TuningEvent>(event).ok());
        Ok(read
            .map(|event| TuningEvent {
                message: shorten(&self.key.redact(&event.message)),
                ..event
            })
            .collect())
    }

    async fn job(&self, request: RequestBuilder) -> Result<TuningJob, TuningError> {
        let answer = self.send(request, CALL).await?;
        serde_json::from_value(answer).map_err(|_| TuningError::NoAnswer("what came is not a job".into()))
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.keyed(self.client.request(method, self.address(path)))
    }

    /// Below the base, whatever stands in the provider's names.
    fn address(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    fn keyed(&self, request: RequestBuilder) -> RequestBuilder {
        match self.key.header("Bearer ") {
            Ok(key) if !self.key.is_empty() => request.header(AUTHORIZATION, key),
            _ => request,
        }
    }

    async fn send(&self, request: RequestBuilder, limit: Duration) -> Result<Value, TuningError> {
        let answer = tokio::time::timeout(limit, async {
            let response = request.send().await.map_err(|error| network(&error))?;
            let status = response.status();
            Ok::<_, TuningError>((status, read_some(response, MAX_ANSWER).await))
        });
        let (status, body) = answer
            .await
            .map_err(|_| TuningError::NoAnswer(format!("it took more than {} s", limit.as_secs())))??;
        let body: Option<Value> = serde_json::from_slice(&body).ok();
        if status.is_success() {
            return body.ok_or_else(|| TuningError::NoAnswer("what came is not JSON".into()));
        }
        let said = body
            .as_ref()
            .and_then(|body| body.pointer("/error/message")?.as_str());
        let detail = shorten(&self.key.redact(said.unwrap_or("it gave no reason")));
        let code = body
            .as_ref()
            .and_then(|body| body.pointer("/error/code")?.as_str());
        let is_billing = matches!(code, Some("insufficient_quota" | "credit_balance_exhausted"));
        let status = status.as_u16();
        Err(match status {
            408 | 409 | 429 if !is_billing => TuningError::Busy { status, detail },
            503 => TuningError::Busy { status, detail },
            500.. => TuningError::NoAnswer(format!("HTTP {status}, {detail}")),
            _ => TuningError::Refused { status, detail },
        })
    }
}

/// The error's own text may name the whole URL; its kind is enough.
fn network(error: &reqwest::Error) -> TuningError {
    TuningError::NoAnswer(
        if error.is_connect() {
            "no connection"
        } else {
            "the connection broke"
        }
        .into(),
    )
}

fn text(answer: &Value, field: &str) -> Result<String, TuningError> {
    let found = answer
        .get(field)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty());
    let found = found.ok_or_else(|| TuningError::NoAnswer(format!("what came has no `{field}`")));
    found.map(str::to_owned)
}

/// A form with the purpose and the file.
fn form(lines: &str) -> (String, String) {
    let mut random = [0_u8; 16];
    // examples are JSON: a boundary stands in none of them, however it was made
    let _ = getrandom::fill(&mut random);
    let boundary: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nfine-tune\r\n\
        --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"training-set.jsonl\"\r\n\
        Content-Type: application/jsonl\r\n\r\n{lines}\r\n--{boundary}--\r\n"
    );
    (format!("multipart/form-data; boundary={boundary}"), body)
}
