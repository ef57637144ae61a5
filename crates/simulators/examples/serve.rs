//! For peers in other languages: a simulated vendor to talk to, and samples of what it posts.
//!
//! `serve run <vendor>` prints a line of JSON with the address and the credentials, lets a customer write, and then
//! prints the record each time a line comes in. `serve dump <vendor>` prints what a customer's day makes the vendor
//! post: a line of JSON for each payload, with its headers and its exact body. `serve simulate <vendor> …` is
//! `rapport simulate`.

use clap::Parser;
use serde_json::{Value, json};
use simulators::{File, Hooks, Receipts, Record, command, crisp, telegram, whatsapp};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    simulate: command::SimulateArgs,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["run", "whatsapp"] => run_whatsapp().await?,
        ["run", "telegram"] => run_telegram().await?,
        ["run", "crisp"] => run_crisp().await?,
        ["dump", "whatsapp"] => dump_whatsapp().await?,
        ["dump", "telegram"] => dump_telegram().await?,
        ["dump", "crisp"] => dump_crisp().await?,
        ["simulate", ..] => command::run(&Cli::parse_from(&arguments).simulate).await?,
        _ => eprintln!("serve (run|dump) (whatsapp|telegram|crisp)"),
    }
    Ok(())
}

async fn run_whatsapp() -> std::io::Result<()> {
    let vendor = whatsapp::Simulator::start(whatsapp::Options::default()).await?;
    let ana = vendor.customer("5511900000001", "Ana Test");
    let hello = ana.says("Hello").await.id;
    let options = vendor.options();
    let told = json!({
        "base": vendor.base(), "token": options.access_token, "phone_number_id": options.phone_number_id,
        "app_secret": options.app_secret, "to": ana.phone(), "user_id": ana.user_id(), "message_id": hello,
    });
    print_records(&told, vendor.record()).await
}

async fn run_telegram() -> std::io::Result<()> {
    let vendor = telegram::Simulator::start(telegram::Options::default()).await?;
    let ana = vendor.customer(400_000_001, "Ana").named("ana_t", "pt-br");
    ana.says("Hello").await;
    ana.sends_file(picture(), Some("Look")).await;
    let told = json!({"base": vendor.base(), "token": vendor.options().token, "chat_id": ana.id()});
    print_records(&told, vendor.record()).await
}

async fn run_crisp() -> std::io::Result<()> {
    let vendor = crisp::Simulator::start(crisp::Options::default()).await?;
    let ana = vendor.customer("session_aaaaaaaa-0000-4000-8000-000000000001", "Ana");
    ana.says("Hello").await;
    let options = vendor.options();
    let told = json!({
        "base": vendor.base(), "identifier": options.identifier, "key": options.key,
        "website_id": options.website_id, "session_id": ana.session_id(),
    });
    print_records(&told, vendor.record()).await
}

async fn print_records(told: &Value, record: &Record) -> std::io::Result<()> {
    println!("{told}");
    let mut lines = BufReader::new(stdin()).lines();
    while lines.next_line().await?.is_some() {
        let entries = record.all().into_iter().map(|entry| {
            json!({
                "kind": format!("{:?}", entry.kind), "id": entry.id, "recipient": entry.recipient,
                "correlation": entry.correlation, "text": entry.text, "body": entry.body,
                "buttons": entry.buttons.iter().map(|button| &button.title).collect::<Vec<_>>(),
            })
        });
        println!("{}", Value::from_iter(entries));
    }
    Ok(())
}

async fn dump_whatsapp() -> Result<(), Box<dyn std::error::Error>> {
    let vendor = whatsapp::Simulator::start(whatsapp::Options {
        receipts: Receipts::Off,
        ..whatsapp::Options::default()
    });
    let vendor = vendor.await?;
    let ana = vendor.customer("5511900000001", "Ana Tést 😀");
    let hello = ana.says("Olá 😀").await.id;
    let choices = json!({"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Yes"}}]});
    let asked = send_whatsapp(&vendor, "button", choices).await?;
    ana.presses("Yes").await;
    let rows =
        json!({"button": "Options", "sections": [{"title": "A", "rows": [{"id": "r1", "title": "Row"}]}]});
    send_whatsapp(&vendor, "list", rows).await?;
    ana.presses("1").await;
    ana.replies(&asked, "This one").await;
    ana.sends_file(picture(), Some("Look")).await;
    ana.sends_file(File::new("note.ogg", "audio/ogg", "OggS"), None)
        .await;
    ana.sends_file(File::new("bill.pdf", "application/pdf", "%PDF-"), None)
        .await;
    ana.shares_location(-23.55, -46.63, Some("Sé")).await;
    ana.shares_contact("Bea", "+15550002222").await;
    ana.reacts(&asked, "👍").await;
    ana.presses_template("MORE", "More").await;
    ana.edits(&hello, "Olá!").await;
    ana.deletes(&hello).await;
    ana.sends_unsupported().await;
    ana.comes_from_ad("Saw your ad", "https://fb.me/1").await;
    for status in [
        whatsapp::Status::Sent,
        whatsapp::Status::Delivered,
        whatsapp::Status::Read,
    ] {
        vendor.tell(&asked, status).await;
    }
    let failed = whatsapp::Status::failed(131_047, "Re-engagement message");
    vendor.tell(&asked, failed).await;
    ana.hides_number();
    ana.says("Without a number").await;
    print_posts(vendor.hooks());
    Ok(())
}

async fn send_whatsapp(
    vendor: &whatsapp::Simulator,
    kind: &str,
    action: Value,
) -> Result<String, Box<dyn std::error::Error>> {
    let body = json!({
        "messaging_product": "whatsapp", "to": "5511900000001", "type": "interactive",
        "interactive": {"type": kind, "body": {"text": "Pick"}, "action": action},
    });
    let url = format!(
        "{}/v26.0/{}/messages",
        vendor.base(),
        vendor.options().phone_number_id
    );
    let request = client()?.post(url).bearer_auth(&vendor.options().access_token);
    let answer: Value = request.json(&body).send().await?.json().await?;
    Ok(answer["messages"][0]["id"]
        .as_str()
        .ok_or("not accepted")?
        .to_owned())
}

async fn dump_telegram() -> Result<(), Box<dyn std::error::Error>> {
    let vendor = telegram::Simulator::start(telegram::Options {
        // nobody listens there; what is posted is kept all the same
        webhook_url: Some("http://127.0.0.1:9/".into()),
        ..telegram::Options::default()
    });
    let vendor = vendor.await?;
    let ana = vendor.customer(400_000_001, "Ána").named("ana_t", "pt-br");
    ana.starts("promo_1").await;
    let hello = ana.says("Olá 😀").await.id;
    ana.replies(&hello, "And this").await;
    ana.edits(&hello, "Olá!").await;
    ana.sends_file(picture(), Some("Look")).await;
    ana.sends_file(File::new("note.ogg", "audio/ogg", "OggS"), None)
        .await;
    ana.sends_file(File::new("bill.pdf", "application/pdf", "%PDF-"), None)
        .await;
    ana.sends_file(File::new("clip.mp4", "video/mp4", "ftyp"), None)
        .await;
    ana.sends_album(vec![picture(), picture()]).await;
    ana.sends_sticker("😀").await;
    ana.shares_location(-23.55, -46.63, None).await;
    ana.shares_location(-23.55, -46.63, Some("Sé")).await;
    ana.shares_contact("Bea", "+15550002222").await;
    let keyboard = json!({"inline_keyboard": [[{"text": "Yes", "callback_data": "yes"}]]});
    let body = json!({"chat_id": ana.id(), "text": "Pick one", "reply_markup": keyboard});
    let url = format!("{}/bot{}/sendMessage", vendor.base(), vendor.options().token);
    client()?.post(url).json(&body).send().await?.error_for_status()?;
    ana.presses("Yes").await;
    ana.blocks().await;
    ana.unblocks().await;
    print_posts(vendor.hooks());
    Ok(())
}

async fn dump_crisp() -> Result<(), Box<dyn std::error::Error>> {
    let vendor = crisp::Simulator::start(crisp::Options::default()).await?;
    let ana = vendor.customer("session_aaaaaaaa-0000-4000-8000-000000000001", "Ana");
    let hello = ana.says("Olá 😀 \"quoted\" / slash").await.id;
    ana.sends_file(picture(), None).await;
    ana.edits(&hello, "Hello!").await;
    ana.sets("email", "ana@example.com").await;
    ana.types("I wonder").await;
    vendor.operator_says(ana.session_id(), "I am a person").await;
    vendor
        .routes_to(ana.session_id(), Some("a4c32c68-be91-4e29-b05e-a5f6ef0bcd69"))
        .await;
    vendor.sets_state(ana.session_id(), "resolved").await;
    ana.deletes(&hello).await;
    print_posts(vendor.hooks());
    Ok(())
}

fn print_posts(hooks: &Hooks) {
    for post in hooks.posts() {
        let headers: Value = post
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        println!(
            "{}",
            json!({"headers": headers, "body": String::from_utf8_lossy(&post.bytes)})
        );
    }
}

fn picture() -> File {
    File::new("picture.jpg", "image/jpeg", "not really a picture")
}

fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build()
}
