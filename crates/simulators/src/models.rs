//! A provider of language models that tunes them: files, fine-tuning jobs and chat in OpenAI's format. A job stands still
//! until it is told how it goes on; a model that was tuned answers with the first passage that it is shown. Start with
//! [`Simulator::start`].

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::core::{Api, Call, Clock, Core, Faults, Reply, Up, Wire};

/// Fewer are refused.
const FEWEST_EXAMPLES: usize = 10;

#[derive(Debug, Clone)]
pub struct Options {
    pub port: u16,
    pub key: String,
    /// What can be tuned, and answers.
    pub bases: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            key: "sk-simulated-0000".into(),
            bases: vec!["base-model".into()],
        }
    }
}

/// The provider, as long as it is not dropped.
pub struct Simulator(Up<Provider>);

pub(crate) struct Provider {
    core: Core,
    options: Options,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Lines by the name of the file.
    files: BTreeMap<String, String>,
    jobs: Vec<Job>,
    /// By what the tuned ones are called.
    tuned: Vec<String>,
    /// Which model was asked, in order.
    asked: Vec<String>,
}

/// A fine-tuning job, as the provider keeps it.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: String,
    pub status: &'static str,
    /// What it was started with.
    pub request: Value,
    model: Option<String>,
    trained_tokens: Option<usize>,
    error: Option<String>,
    /// The newest last.
    events: Vec<Value>,
}

impl Simulator {
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let port = options.port;
        let make = |_| Provider {
            core: Core::new(None, Box::new(Plain)),
            options,
            state: Mutex::default(),
        };
        Ok(Self(Up::start(port, make).await?))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Ends in `/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.0.address)
    }

    pub fn key(&self) -> &str {
        &self.0.api.options.key
    }

    /// Of calls that change something.
    pub fn faults(&self) -> &Faults {
        &self.0.api.core.faults
    }

    pub fn jobs(&self) -> Vec<Job> {
        self.0.api.state.lock().jobs.clone()
    }

    /// The files that were sent and not deleted.
    pub fn files(&self) -> Vec<String> {
        self.0.api.state.lock().files.values().cloned().collect()
    }

    /// Which model was asked, in order.
    pub fn asked(&self) -> Vec<String> {
        self.0.api.state.lock().asked.clone()
    }

    /// The newest job has begun, and tells how it goes.
    pub fn runs(&self, step: u64, loss: f64) {
        self.0.api.change(|job, _| {
            job.status = "running";
            let text = format!("Step {step}: training loss={loss}");
            job.tell("info", &text, json!({"step": step, "train_loss": loss}));
        });
    }

    /// The newest job is done. Gives the name of the model.
    pub fn succeeds(&self) -> String {
        self.0.api.change(|job, state| {
            let suffix = job.request["suffix"].as_str().unwrap_or("plain").to_owned();
            let base = job.request["model"].as_str().unwrap_or_default();
            let model = format!("ft:{base}:shop:{suffix}:{}", state.tuned.len() + 1);
            let file = job.request["training_file"].as_str().unwrap_or_default();
            job.status = "succeeded";
            job.trained_tokens = state.files.get(file).map(|lines| lines.len() / 4 * 3);
            job.model = Some(model.clone());
            job.tell("info", "The job has completed", Value::Null);
            state.tuned.push(model.clone());
            model
        })
    }

    /// The newest job has failed.
    pub fn fails(&self, why: &str) {
        self.0.api.change(|job, _| {
            job.status = "failed";
            job.error = Some(why.to_owned());
            job.tell("error", why, Value::Null);
        });
    }
}

impl Job {
    fn tell(&mut self, level: &str, message: &str, data: Value) {
        let number = self.events.len();
        self.events.push(json!({
            "object": "fine_tuning.job.event", "id": format!("ftevent-{}-{number}", self.id),
            "created_at": 1_767_225_600 + number, "level": level, "message": message,
            "type": if data.is_null() { "message" } else { "metrics" }, "data": data,
        }));
    }

    fn show(&self) -> Value {
        let error = self.error.as_ref();
        json!({
            "object": "fine_tuning.job", "id": self.id, "model": self.request["model"], "created_at": 1_767_225_600,
            "status": self.status, "fine_tuned_model": self.model, "trained_tokens": self.trained_tokens,
            "training_file": self.request["training_file"],
            "error": error.map(|why| json!({"code": "training_failed", "message": why, "param": null})),
        })
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Reply {
    let error = json!({"message": message, "type": "invalid_request_error", "param": null, "code": code});
    Reply::json(status, &json!({"error": error}))
}

impl Provider {
    /// Changes the newest job.
    fn change<T>(&self, change: impl FnOnce(&mut Job, &mut State) -> T) -> T {
        let mut state = self.state.lock();
        let mut job = state.jobs.pop().expect("a job was started");
        let made = change(&mut job, &mut state);
        state.jobs.push(job);
        made
    }

    async fn take_file(&self, call: &Call) -> Reply {
        let parts = call.multipart().await;
        let part = |name: &str| parts.iter().find(|part| part.name == name);
        if part("purpose").map(|part| part.text()).as_deref() != Some("fine-tune") {
            return refusal(400, "invalid_purpose", "`purpose` is one of 'fine-tune'.");
        }
        let Some(file) = part("file") else {
            return refusal(400, "missing_file", "`file` is required.");
        };
        let id = format!("file-{}", self.core.next_id());
        let (name, text) = (file.file_name.clone(), file.text());
        let shown = json!({"id": id, "object": "file", "bytes": text.len(), "created_at": 1_767_225_600,
            "filename": name, "purpose": "fine-tune", "status": "processed"});
        self.state.lock().files.insert(id, text);
        Reply::ok(&shown)
    }

    fn start(&self, call: &Call) -> Reply {
        let request = call.json().unwrap_or_default();
        let text = |name: &str| request[name].as_str().unwrap_or_default();
        if !self.options.bases.iter().any(|base| base == text("model")) {
            return refusal(
                404,
                "model_not_found",
                "This model is not available for fine-tuning.",
            );
        }
        if text("suffix").len() > 64 {
            return refusal(400, "invalid_suffix", "`suffix` is too long.");
        }
        let mut state = self.state.lock();
        let Some(lines) = state.files.get(text("training_file")) else {
            return refusal(400, "invalid_file", "There is no such file.");
        };
        let is_chat = |line: &str| {
            let line: Option<Value> = serde_json::from_str(line).ok();
            let roles = line.map(|line| {
                let messages = line["messages"].as_array().cloned().unwrap_or_default();
                messages
                    .iter()
                    .map(|said| said["role"].clone())
                    .collect::<Vec<_>>()
            });
            roles.is_some_and(|roles| roles.ends_with(&[json!("user"), json!("assistant")]))
        };
        let lines: Vec<&str> = lines.lines().filter(|line| !line.is_empty()).collect();
        if lines.len() < FEWEST_EXAMPLES || !lines.iter().all(|line| is_chat(line)) {
            return refusal(
                400,
                "invalid_training_file",
                "The file has too few examples, or others than chats.",
            );
        }
        let mut job = Job {
            id: format!("ftjob-{}", self.core.next_id()),
            status: "validating_files",
            request,
            model: None,
            trained_tokens: None,
            error: None,
            events: Vec::new(),
        };
        job.tell("info", "Created fine-tuning job", Value::Null);
        let shown = job.show();
        state.jobs.push(job);
        Reply::ok(&shown)
    }

    /// What `answer` makes of the job of this name.
    fn of(&self, id: &str, answer: impl FnOnce(&mut Job) -> Reply) -> Reply {
        let mut state = self.state.lock();
        match state.jobs.iter_mut().find(|job| job.id == id) {
            Some(job) => answer(job),
            None => refusal(404, "fine_tune_not_found", "There is no such job."),
        }
    }

    fn chat(&self, call: &Call) -> Reply {
        let request = call.json().unwrap_or_default();
        let model = request["model"].as_str().unwrap_or_default().to_owned();
        let mut state = self.state.lock();
        if !self.options.bases.contains(&model) && !state.tuned.contains(&model) {
            return refusal(404, "model_not_found", "There is no such model.");
        }
        state.asked.push(model.clone());
        let system = request["messages"][0]["content"].as_str().unwrap_or_default();
        let text = match first_passage(system) {
            Some(passage) => format!("{passage} [1]"),
            None => "ready".into(),
        };
        let chunk = |delta: Value, reason: Option<&str>| {
            let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
            let chunk = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": model, "choices": [choice]});
            format!("data: {chunk}\n\n")
        };
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": 10}});
        let body = [
            chunk(json!({"role": "assistant", "content": text}), None),
            chunk(json!({}), Some("stop")),
            format!("data: {usage}\n\n"),
            "data: [DONE]\n\n".into(),
        ];
        Reply::new(200, "text/event-stream", body.concat())
    }
}

/// What stands below the heading of the first passage.
fn first_passage(system: &str) -> Option<String> {
    let (_, passages) = system.split_once("### Passages\n[1] ")?;
    let (_, text) = passages.split_once('\n')?;
    text.split("\n\n").next().map(str::to_owned)
}

impl Api for Provider {
    fn core(&self) -> &Core {
        &self.core
    }

    fn sends(&self, call: &Call) -> bool {
        call.method == "POST"
    }

    async fn answer(self: Arc<Self>, call: Call) -> Reply {
        if call.header("authorization") != Some(format!("Bearer {}", self.options.key).as_str()) {
            return refusal(401, "invalid_api_key", "Incorrect API key provided.");
        }
        match (call.method.as_str(), call.segments().as_slice()) {
            ("POST", ["v1", "files"]) => self.take_file(&call).await,
            ("DELETE", ["v1", "files", id]) => {
                let is_gone = self.state.lock().files.remove(*id).is_some();
                Reply::ok(&json!({"id": id, "object": "file", "deleted": is_gone}))
            }
            ("POST", ["v1", "fine_tuning", "jobs"]) => self.start(&call),
            ("GET", ["v1", "fine_tuning", "jobs", id]) => self.of(id, |job| Reply::ok(&job.show())),
            ("GET", ["v1", "fine_tuning", "jobs", id, "events"]) => self.of(id, |job| {
                let newest: Vec<&Value> = job.events.iter().rev().collect();
                Reply::ok(&json!({"object": "list", "data": newest, "has_more": false}))
            }),
            ("POST", ["v1", "fine_tuning", "jobs", id, "cancel"]) => self.of(id, |job| {
                job.status = "cancelled";
                job.tell("info", "The job was cancelled", Value::Null);
                Reply::ok(&job.show())
            }),
            ("POST", ["v1", "chat", "completions"]) => self.chat(&call),
            _ => refusal(404, "unknown_url", "Invalid URL."),
        }
    }
}

/// It posts nothing.
struct Plain;

impl Wire for Plain {
    fn headers(&self, _: &[u8], _: u32, _: &Clock) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}
