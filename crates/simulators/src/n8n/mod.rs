//! n8n: a workflow that stands in for a customer's, with a webhook to forward messages to; and [`Widget`], which talks
//! to an address as the chat widget of n8n does. Start with [`Simulator::start`].

mod widget;
mod workflow;

use std::net::SocketAddr;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::core::{Clock, Core, Faults, Hooks, Record, Sent, Up, Wire};

pub use widget::{Told, Widget};

#[derive(Debug, Clone)]
pub struct Options {
    pub port: u16,
    /// Of the webhook, in its address.
    pub workflow: String,
    pub auth: Auth,
    /// The header by which a workflow recognises a message that came before.
    pub message_id_header: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            workflow: "3f0c1f7e-0000-4000-8000-000000000001".into(),
            auth: Auth::None,
            message_id_header: "webhook-id".into(),
        }
    }
}

/// What the webhook node asks for.
#[derive(Debug, Clone)]
pub enum Auth {
    None,
    Basic { user: String, password: String },
    Header { name: String, value: String },
}

/// How the workflow answers. `{}` in a text stands for what was said.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// `{"output": …}`.
    Output(String),
    /// The text under another key.
    Under(&'static str, String),
    /// All entries of the last node.
    List(String),
    /// Piece by piece, each an item.
    Stream(Vec<String>),
    /// A stream that ends with an error.
    BrokenStream(String, String),
    /// Not JSON.
    Text(String),
    /// Any JSON.
    Json(Value),
    /// "Workflow was started": the answer, if there is one, comes to `metadata.replyUrl`.
    Started(Option<String>),
    /// 200 without a body.
    Nothing,
    /// 500.
    WorkflowError,
    /// 404: the workflow is not active.
    Inactive,
    /// 404 of the proxy before it.
    HtmlNotFound,
}

/// n8n, as long as it is not dropped.
pub struct Simulator(Up<Workflow>);

pub(crate) struct Workflow {
    core: Core,
    options: Options,
    answer: Mutex<Answer>,
    /// What came with each message, in the order of the record.
    headers: Mutex<Vec<Vec<(String, String)>>>,
}

impl Simulator {
    /// # Errors
    /// When the port is taken.
    pub async fn start(options: Options) -> std::io::Result<Self> {
        let port = options.port;
        Ok(Self(Up::start(port, |_| Workflow::new(options)).await?))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// Of a generic webhook node.
    pub fn webhook_url(&self) -> String {
        format!("{}/webhook/{}", self.base(), self.0.api.options.workflow)
    }

    /// Of a chat trigger.
    pub fn chat_url(&self) -> String {
        format!("{}/chat", self.webhook_url())
    }

    /// What was asked, in order. The recipient is the session.
    pub fn record(&self) -> &Record {
        &self.0.api.core.record
    }

    pub fn hooks(&self) -> &Hooks {
        &self.0.api.core.hooks
    }

    pub fn faults(&self) -> &Faults {
        &self.0.api.core.faults
    }

    pub fn clock(&self) -> &Clock {
        &self.0.api.core.clock
    }

    pub fn options(&self) -> &Options {
        &self.0.api.options
    }

    pub fn set_answer(&self, answer: Answer) {
        *self.0.api.answer.lock() = answer;
    }

    /// Those of message number `message`, counted from 0.
    pub fn headers_of(&self, message: usize) -> Vec<(String, String)> {
        self.0
            .api
            .headers
            .lock()
            .get(message)
            .cloned()
            .unwrap_or_default()
    }

    /// Posts a late answer to the address that a message brought along.
    pub async fn answers_late(&self, reply_url: &str, text: &str) -> Sent {
        self.0.api.answer_late(reply_url, text).await
    }
}

impl Workflow {
    fn new(options: Options) -> Self {
        Self {
            core: Core::new(None, Box::new(Plain)),
            options,
            answer: Mutex::new(Answer::Output("You said: {}".into())),
            headers: Mutex::default(),
        }
    }

    async fn answer_late(&self, reply_url: &str, text: &str) -> Sent {
        self.core.hooks.set_url(Some(reply_url.to_owned()));
        self.core.hooks.emit("", json!({"output": text})).await
    }
}

/// n8n signs nothing.
struct Plain;

impl Wire for Plain {
    fn headers(&self, _: &[u8], _: u32, _: &Clock) -> Vec<(&'static str, String)> {
        vec![("user-agent", "axios/1.8.3".into())]
    }
}
