//! What the product promises when something breaks, tried on the real server: killed processes, a killed database,
//! repeated and crowded messages, cut streams, and model providers that misbehave.
//!
//! Everything is small by default. For a longer run: `RAPPORT_RELIABILITY_SCALE=10 cargo nextest run -p server
//! --test reliability` multiplies rounds, visitors and messages.

mod away;
mod backup;
mod book;
#[path = "../../../documents/tests/files/build/mod.rs"]
mod build;
mod canary;
mod channels;
mod clock;
mod commands;
mod crowd;
mod database_killed;
mod live;
mod one_key;
mod order;
mod processes;
mod provider_fails;
mod repeats;
mod roles;
mod server_killed;
mod shop;
mod work_killed;

/// How many times larger than usual this run is.
fn scale() -> usize {
    let wanted = std::env::var("RAPPORT_RELIABILITY_SCALE").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}
