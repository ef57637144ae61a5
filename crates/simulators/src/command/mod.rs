//! `rapport simulate <vendor>`: somebody types, and is a customer.

mod line;
mod talk;
mod vendor;

use std::sync::Arc;

use clap::{Args, ValueEnum};
use tokio::io::{AsyncBufRead, BufReader, stdin};

use vendor::Line;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Vendor {
    Whatsapp,
    Messenger,
    Instagram,
    Telegram,
    Crisp,
    Tidio,
    N8n,
}

/// Be the customer of a channel, without an account at the vendor.
#[derive(Debug, Clone, Args)]
pub struct SimulateArgs {
    /// Which vendor to be
    pub vendor: Vendor,
    /// Where the vendor's API listens
    #[arg(long, default_value_t = 9901)]
    pub port: u16,
    /// The webhook address that Rapport shows for the channel
    #[arg(long, value_name = "URL")]
    pub webhook_url: Option<String>,
    /// What signs the events: the app secret, the hook's secret or the secret token
    #[arg(long)]
    pub secret: Option<String>,
    /// The token that Rapport's webhook address wants to be verified with (Meta)
    #[arg(long, value_name = "TOKEN")]
    pub verify_token: Option<String>,
    /// Who writes: a phone number, an id, a session or an e-mail address
    #[arg(long, value_name = "WHO")]
    pub from: Option<String>,
    /// The name of who writes
    #[arg(long, default_value = "Ana")]
    pub name: String,
    /// Say this instead of reading what is typed; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub say: Vec<String>,
    /// Leave when so many replies have come
    #[arg(long, value_name = "REPLIES")]
    pub wait: Option<usize>,
}

/// Until the input ends, or all has been said and answered.
///
/// # Errors
/// With a sentence for the person at the terminal.
pub async fn run(args: &SimulateArgs) -> Result<(), String> {
    run_with(args, BufReader::new(stdin())).await
}

/// The same with other lines than those of the terminal.
///
/// # Errors
/// With a sentence for the person at the terminal.
pub async fn run_with(args: &SimulateArgs, typed: impl AsyncBufRead + Unpin) -> Result<(), String> {
    let line = Line::start(args)
        .await
        .map_err(|error| format!("port {} cannot be used: {error}", args.port))?;
    talk::introduce(&line);
    if args.webhook_url.is_some() {
        println!("{}", line.verify(args.verify_token.as_deref()).await?);
    }
    talk::talk(Arc::new(line), args, typed).await
}
