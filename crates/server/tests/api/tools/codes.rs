//! A code by mail: who reads the order's mail hears of the order, for this conversation and this client.

use serde_json::json;
use testkit::{MailServer, Server, Visitor, require_runtime};

use super::{Shop, text};
use crate::support::server;

async fn start(mail: &MailServer) -> Server {
    server()
        .set("RAPPORT_SMTP__HOST", "127.0.0.1")
        .set("RAPPORT_SMTP__PORT", &mail.port().to_string())
        .set("RAPPORT_SMTP__TLS", "none")
        .set("RAPPORT_SMTP__FROM", "Rapport <rapport@example.com>")
        .start()
        .await
}

async fn ask_for_code(visitor: &Visitor, number: &str) -> String {
    let said = visitor.say(&format!("Where is my order {number}?")).await;
    assert_eq!(
        said["answer"]["suggestion_chips"],
        json!(["Send me a code"]),
        "{said:#}"
    );
    text(&visitor.say("Send me a code").await)
}

/// The code in the newest of so many mails.
async fn code(mail: &MailServer, to: &str, count: usize) -> String {
    let came = mail.wait_for(to, count).await.pop().expect("a mail");
    let text = came.text();
    let line = text.lines().find_map(|line| line.strip_prefix("Code: "));
    let code = line.unwrap_or_else(|| panic!("{text}")).to_owned();
    assert!(!came.header("Subject").expect("a subject").contains(&code));
    code
}

fn wrong(code: &str) -> &'static str {
    if code == "111111" { "222222" } else { "111111" }
}

#[tokio::test]
async fn the_right_code_opens_one_client_in_one_conversation() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = start(&mail).await;
    let shop = Shop::open(&server, "Shop").await;
    shop.order("ana@shop.example", "1042", &json!({"tracking_number": "1Z-77"}))
        .await;
    shop.order("ana@shop.example", "1043", &json!({})).await;
    shop.order("ben@shop.example", "2000", &json!({})).await;
    let visitor = shop.stranger().await;
    let promised = ask_for_code(&visitor, "1042").await;
    let right = code(&mail, "ana@shop.example", 1).await;
    assert!(text(&visitor.say(wrong(&right)).await).contains("4 more tries"));
    let said = visitor.say(&right).await;
    assert!(text(&said).contains("1Z-77"), "{said:#}");
    let call = &shop.calls(&visitor).await[0];
    assert_eq!(
        (&call["verified_by"], &call["outcome"]),
        (&json!("code"), &json!("done"))
    );
    assert!(!call.to_string().contains(&right), "{call}");
    // the client's other order too, and nobody else's
    assert!(text(&visitor.say("And where is my order 1043?").await).contains("**1043**"));
    assert!(text(&visitor.say("Where is my order 2000?").await).starts_with("None of your orders"));
    // another conversation knows nothing of it, and the code is used up
    let other = shop.stranger().await;
    assert!(text(&other.say("Where is my order 1042?").await).contains("sign in"));

    // an order that does not exist: the same words, the same number of tries, and no mail
    let nobody = shop.stranger().await;
    assert_eq!(ask_for_code(&nobody, "9999").await, promised);
    assert!(text(&nobody.say("123456").await).contains("4 more tries"));
    assert_eq!(mail.mails().len(), 1);
}

#[tokio::test]
async fn a_number_in_small_and_capital_letters_is_found() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = start(&mail).await;
    let shop = Shop::open(&server, "Shop").await;
    let more = json!({"ecommerce_order_id": "#Web-770x", "tracking_number": "1Z-77"});
    shop.order("ana@shop.example", "So-1042b", &more).await;
    for (count, number) in [(1, "SO-1042B"), (2, "web-770X")] {
        let visitor = shop.stranger().await;
        ask_for_code(&visitor, number).await;
        let right = code(&mail, "ana@shop.example", count).await;
        let said = visitor.say(&right).await;
        assert!(text(&said).contains("1Z-77"), "{said:#}");
    }
}

#[tokio::test]
async fn five_wrong_codes_end_it_and_three_codes_an_hour_are_enough() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = start(&mail).await;
    let shop = Shop::open(&server, "Shop").await;
    shop.order(
        "ana@shop.example",
        "1042",
        &json!({"ecommerce_order_id": "E-555", "tracking_number": "CANARY-1"}),
    )
    .await;
    let visitor = shop.stranger().await;
    ask_for_code(&visitor, "1042").await;
    let right = code(&mail, "ana@shop.example", 1).await;
    for left in ["4 more", "3 more", "2 more", "one more"] {
        assert!(text(&visitor.say(wrong(&right)).await).contains(left));
    }
    for typed in [wrong(&right), &right, &right] {
        let said = text(&visitor.say(typed).await);
        assert!(
            said.contains("not good any more") && !said.contains("CANARY"),
            "{said}"
        );
    }
    // by the order, whoever asks
    for _ in 0..2 {
        let said = ask_for_code(&shop.stranger().await, "1042").await;
        assert!(said.contains("is on its way"), "{said}");
    }
    let said = ask_for_code(&shop.stranger().await, "1042").await;
    assert!(said.contains("Too many codes"), "{said}");
    // by another of its numbers it is still the same order: nothing is said, and nothing is sent
    let said = ask_for_code(&shop.stranger().await, "E-555").await;
    assert!(said.contains("is on its way"), "{said}");
    // by the one who asks
    let eager = shop.stranger().await;
    for number in ["5001", "5002", "5003"] {
        assert!(ask_for_code(&eager, number).await.contains("is on its way"));
    }
    assert!(ask_for_code(&eager, "5004").await.contains("Too many codes"));
    assert_eq!(mail.wait_for("ana@shop.example", 3).await.len(), 3);
}

#[tokio::test]
async fn without_a_mail_server_no_code_is_offered() {
    require_runtime!();
    let server = server().start().await;
    let shop = Shop::open(&server, "Shop").await;
    shop.order("ana@shop.example", "1042", &json!({})).await;
    let visitor = shop.stranger().await;
    let said = visitor.say("Where is my order 1042?").await;
    assert_eq!(said["answer"]["suggestion_chips"], json!([]), "{said:#}");
    assert!(!text(&said).contains("code"));
    let said = visitor.say("Send me a code").await;
    assert_eq!(said["answer"]["mode"], "no_answer", "{said:#}");
}

#[tokio::test]
async fn a_code_goes_to_the_buyer_and_not_to_an_address_that_was_typed_or_put_beside() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = start(&mail).await;
    let shop = Shop::open(&server, "Shop").await;
    let typing = shop.stranger().await;
    typing.say("Hello").await;
    let typed = json!({"email": "zoe@shop.example"});
    typing.api.post(&typing.path("contact")).json(&typed).send().await;
    let clients = shop.tenant.api.get("/api/v1/crm/clients").expect(200).await;
    let of_typed = &clients["items"][0];
    assert_eq!(of_typed["email"], "zoe@shop.example", "{clients:#}");
    let order = json!({"client_id": of_typed["id"], "order_number": "3000", "total": "5.00"});
    shop.tenant
        .api
        .post("/api/v1/crm/orders")
        .json(&order)
        .expect(201)
        .await;
    let promised = ask_for_code(&shop.stranger().await, "3000").await;

    let kept = shop.order("ana@shop.example", "1042", &json!({})).await;
    let merged = shop.order("ben@shop.example", "2000", &json!({})).await;
    let path = format!(
        "/api/v1/crm/clients/{}/merge",
        kept["client_id"].as_str().expect("an id")
    );
    let body = json!({"merged_id": merged["client_id"]});
    shop.tenant.api.post(&path).json(&body).expect(200).await;
    let visitor = shop.stranger().await;
    assert_eq!(ask_for_code(&visitor, "2000").await, promised);
    let right = code(&mail, "ben@shop.example", 1).await;
    assert!(text(&visitor.say(&right).await).contains("**2000**"));
    assert!(text(&visitor.say("Where is my order 2000?").await).contains("**2000**"));
    assert!(text(&visitor.say("Where is my order 1042?").await).starts_with("None of your orders"));
    assert_eq!(mail.mails().len(), 1, "nobody else was sent one");
}
