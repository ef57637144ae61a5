//! The product as a child process: started in a folder of its own, asked for its data, stopped.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::Result;
use crate::http::{self, Connection, Request};

/// A running server.
pub struct Product {
    child: Child,
    pub address: SocketAddr,
    pub pid: u32,
    /// From the start of the program until it was ready, in seconds.
    pub took: f64,
    announced: Value,
    data_dir: PathBuf,
}

const PATIENCE: Duration = Duration::from_secs(180);
/// The server's limits on visitors, switched off: here, many come from one address.
const NO_LIMITS: [&str; 5] = [
    "MESSAGES_PER_VISITOR_MINUTE",
    "MESSAGES_PER_VISITOR_HOUR",
    "NEW_CONVERSATIONS_PER_ADDRESS_HOUR",
    "MESSAGES_PER_TENANT_MINUTE",
    "MESSAGES_PER_ADDRESS_MINUTE",
];

impl Product {
    /// Starts `rapport demo` or `rapport serve` and waits until it says that it is ready, and is.
    pub async fn start(program: &Path, command: &str, data_dir: &Path) -> Result<Self> {
        let started = Instant::now();
        let mut child = Command::new(program)
            .args([command, "--json", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .env_remove("DATABASE_URL")
            .envs(NO_LIMITS.map(|name| (format!("RAPPORT_LIMITS__{name}"), "0")))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let out = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(out).lines();
        let line = timeout(PATIENCE, lines.next_line())
            .await??
            .ok_or("the server ended before it was ready")?;
        let announced: Value = serde_json::from_str(&line)?;
        let address = http::loopback(announced["url"].as_str().ok_or("no address was announced")?)?;
        let pid = child.id().ok_or("the server has ended")?;
        let mut product = Self {
            child,
            address,
            pid,
            took: 0.0,
            announced,
            data_dir: data_dir.to_owned(),
        };
        product
            .connect()
            .await?
            .call(Request::get("/readyz"))
            .await?
            .ok()?;
        product.took = started.elapsed().as_secs_f64();
        Ok(product)
    }

    pub async fn connect(&self) -> Result<Connection> {
        Connection::open(self.address).await
    }

    pub fn channel_key(&self) -> &str {
        self.announced["channel_key"].as_str().unwrap_or_default()
    }

    pub fn api_key(&self) -> &str {
        self.announced["api_key"].as_str().unwrap_or_default()
    }

    /// Where the database's processes work.
    pub fn cluster(&self) -> PathBuf {
        self.data_dir.join("cluster")
    }

    /// Those of the questions that the bot answers at once and surely, so that a run measures answering and not
    /// the pause in which the bot waits for more words.
    pub async fn sure_questions(&self, questions: Vec<String>) -> Result<Vec<String>> {
        let mut connection = self.connect().await?;
        let mut sure = Vec::new();
        for question in questions {
            let body = json!({"question": question}).to_string();
            let reply = connection
                .call(Request::post("/api/v1/ask", &body).bearer(self.api_key()))
                .await?
                .ok()?
                .json()?;
            if reply["trace"]["mode"] == "approved_text" {
                sure.push(question);
            }
        }
        if sure.is_empty() {
            Err("the bot is sure of no question".into())
        } else {
            Ok(sure)
        }
    }

    /// Asks the server to stop and waits until it has.
    pub async fn stop(mut self) -> Result<()> {
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(i32::try_from(self.pid)?),
            nix::sys::signal::Signal::SIGTERM,
        )?;
        timeout(PATIENCE, self.child.wait()).await??;
        Ok(())
    }
}

/// One question a line, plain or as JSON. Those that need a history are left out.
pub fn read_questions(file: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let questions = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .filter_map(|line| {
            let Ok(entry) = serde_json::from_str::<Value>(line) else {
                return Some(line.trim().to_owned());
            };
            if entry["history"].is_array() {
                None
            } else {
                entry["question"].as_str().map(str::to_owned)
            }
        });
    let questions: Vec<String> = questions.collect();
    if questions.is_empty() {
        Err(format!("{} holds no question", file.display()).into())
    } else {
        Ok(questions)
    }
}
