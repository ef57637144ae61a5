//! `rapport demo`: the server with a real shop's knowledge, ready to be tried.

use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use kernel::Result;
use serde_json::json;

use super::output::Progress;
use super::{DemoArgs, Global, serve};
use crate::journeys::demo;

pub async fn run(global: &Global, args: &DemoArgs) -> Result<ExitCode> {
    let mut config = global.config(args.listen)?;
    // A demonstration is for one person on one machine: their own Ollama or vLLM may be tried with it.
    if config.outbound_allow.is_empty() {
        config.outbound_allow = "127.0.0.0/8,::1".into();
    }
    config.public_url = config.public_url.or_else(|| own_address(config.listen));
    let progress = Progress::new(global);
    let (opened, domains) = serve::start(&config, &progress).await?;
    let access = demo::ensure(&domains, &config.data_dir, !args.without_sales, |step| {
        progress.tell(step);
    })
    .await?;
    let announce = |url: &str| {
        progress.done();
        if global.json {
            println!(
                "{}",
                json!({
                    "url": url,
                    "channel_key": access.channel_key,
                    "api_key": access.api_key,
                    "email": access.email,
                    "password": access.password,
                })
            );
        } else {
            println!("\n  The shop with the chat:  {url}/demo");
            println!(
                "  The dashboard:           {url}/app/   ({} / {})",
                access.email, access.password
            );
            println!(
                "  Ask in the terminal:     {} \"Do you ship to Belgium?\"\n",
                global.command("ask")
            );
        }
    };
    serve::serve(
        &config,
        opened,
        domains,
        Some(access.channel_key.as_str().into()),
        announce,
    )
    .await
}

/// Where vendors that run on this machine, as the simulators do, reach it. None: the port is not known before it listens.
fn own_address(listen: SocketAddr) -> Option<String> {
    let host = match listen.ip() {
        ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
        IpAddr::V6(ip) => format!("[{ip}]"),
        ip => ip.to_string(),
    };
    (listen.port() != 0).then(|| format!("http://{host}:{}", listen.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_on_this_machine_reach_it_where_it_listens() {
        let told = |listen: &str| own_address(listen.parse().unwrap());
        assert_eq!(told("127.0.0.1:8080").unwrap(), "http://127.0.0.1:8080");
        assert_eq!(told("0.0.0.0:9000").unwrap(), "http://127.0.0.1:9000");
        assert_eq!(told("[::1]:8080").unwrap(), "http://[::1]:8080");
        assert_eq!(told("127.0.0.1:0"), None);
    }
}
