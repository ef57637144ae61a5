//! The customer at the terminal.

use clap::Parser;
use serde_json::json;
use simulators::command::{SimulateArgs, run, run_with};

use crate::support::{Receiver, answer, client};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    args: SimulateArgs,
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

#[tokio::test]
async fn it_says_what_it_is_told_waits_for_the_reply_and_leaves() {
    let receiver = Receiver::start().await;
    let port = free_port().to_string();
    let url = receiver.url.clone();
    let arguments = [
        "simulate",
        "whatsapp",
        "--port",
        &port,
        "--webhook-url",
        &url,
        "--secret",
        "s",
        "--say",
        "Hello",
        "--say",
        "Anybody?",
        "--wait",
        "1",
    ];
    let args = Cli::parse_from(arguments).args;
    let terminal = tokio::spawn(async move { run(&args).await });
    let posts = receiver.wait_for(2).await;
    let value = posts[1].json()["entry"][0]["changes"][0]["value"].clone();
    assert_eq!(value["messages"][0]["text"]["body"], "Anybody?");
    let body = json!({"messaging_product": "whatsapp", "to": "5511900000001", "type": "text", "text": {"body": "Yes"}});
    let send = client().post(format!("http://127.0.0.1:{port}/v26.0/100000000000009/messages"));
    assert_eq!(answer(send.bearer_auth("EAAtesttoken").json(&body)).await.0, 200);
    terminal.await.expect("no panic").expect("it was answered");
}

#[tokio::test]
async fn a_webhook_with_another_verify_token_is_told_at_once() {
    let receiver = Receiver::start().await;
    let port = free_port().to_string();
    let arguments = [
        "simulate",
        "instagram",
        "--port",
        &port,
        "--webhook-url",
        &receiver.url,
        "--verify-token",
        "wrong",
        "--say",
        "Hi",
    ];
    let why = run(&Cli::parse_from(arguments).args)
        .await
        .expect_err("it is not verified");
    assert!(why.contains("HTTP Status Code = 403"), "{why}");
}

#[tokio::test]
async fn typed_lines_are_words_or_commands() {
    let receiver = Receiver::start().await;
    let port = free_port().to_string();
    let arguments = [
        "simulate",
        "telegram",
        "--port",
        &port,
        "--webhook-url",
        &receiver.url,
        "--from",
        "77",
        "--name",
        "Bea",
    ];
    let typed = "/start\n\nHello\n/location 1.5 2\n/edit Too late\n/button 1\n/fly\n/block\n/quit\nNobody says this\n";
    let args = Cli::parse_from(arguments).args;
    run_with(&args, typed.as_bytes()).await.expect("it ends");
    let updates: Vec<_> = receiver.all().iter().map(|post| post.json()).collect();
    assert_eq!(updates.len(), 5);
    assert_eq!(updates[1]["message"]["text"], "Hello");
    assert_eq!(updates[1]["message"]["from"]["first_name"], "Bea");
    assert_eq!(updates[2]["message"]["location"]["latitude"], 1.5);
    assert_eq!(updates[3]["edited_message"]["text"], "Too late");
    assert_eq!(updates[4]["my_chat_member"]["chat"]["id"], 77);
}

/// The simulator cannot know which token Rapport has made: without it the address is taken as it is.
#[tokio::test]
async fn a_webhook_that_is_typed_is_verified_with_the_token_that_is_typed() {
    for vendor in ["whatsapp", "messenger"] {
        let receiver = Receiver::start().await;
        let port = free_port().to_string();
        let args = Cli::parse_from(["simulate", vendor, "--port", &port]).args;
        let url = &receiver.url;
        let typed = format!("/webhook {url}\nHello\n/webhook {url} made-by-rapport\n/quit\n");
        run_with(&args, typed.as_bytes()).await.expect("it ends");
        assert_eq!(receiver.verified_with(), ["made-by-rapport"], "{vendor}");
        assert_eq!(receiver.all().len(), 1, "{vendor}");
    }
}
