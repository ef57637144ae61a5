//! The API as its callers meet it: the real server over HTTP, one module for each subject.

use testkit::Server;

#[tokio::test]
async fn smoke() {
    testkit::require_runtime!();
    let mut server = Server::of(env!("CARGO_BIN_EXE_rapport")).start().await;
    let shop = server.tenant("Shop").await;
    shop.teach(
        "Do you ship to Belgium?",
        "Yes, we ship to Belgium within three days.",
    )
    .await;
    let visitor = shop.visitor().await;
    println!("{}", visitor.say("Do you ship to Belgium?").await);
    println!("{}", visitor.say("What is the colour of the moon cheese?").await);
    println!("{:#}", visitor.history().await);
    println!("{}", server.stop().await);
}
