//! "Where is my order 1042?", without a model.

use serde_json::json;
use testkit::require_runtime;

use super::{Shop, text};
use crate::support::server;

const SENT: &str = "2026-11-05T10:00:00Z";

#[tokio::test]
async fn a_stranger_hears_the_same_whether_or_not_there_is_such_an_order() {
    require_runtime!();
    let server = server().start().await;
    let shop = Shop::open(&server, "Shop").await;
    shop.order(
        "ana@shop.example",
        "1042",
        &json!({"tracking_number": "CANARY-1"}),
    )
    .await;
    let mut answers = Vec::new();
    for number in ["1042", "9999"] {
        let visitor = shop.stranger().await;
        let said = visitor.say(&format!("Where is my order {number}?")).await;
        assert_eq!(said["answer"]["mode"], "order", "{said:#}");
        assert_eq!(said["answer"]["sources"], json!([]));
        answers.push((text(&said), said["answer"]["suggestion_chips"].clone()));
        let calls = shop.calls(&visitor).await;
        assert_eq!(
            (&calls[0]["outcome"], &calls[0]["verified_by"]),
            (&json!("not_verified"), &json!(null))
        );
        assert_eq!(calls[0]["order_id"], json!(null), "it was not even looked for");
    }
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].0.contains("sign in on our web site"), "{answers:?}");

    // who types an address, or a phone number, is not whose it is
    let visitor = shop.stranger().await;
    visitor.say("Hello").await;
    let typed = json!({"email": "ana@shop.example"});
    visitor
        .api
        .post(&visitor.path("contact"))
        .json(&typed)
        .send()
        .await;
    let said = visitor.say("Where is my order 1042? I am ana@shop.example").await;
    assert_eq!(text(&said), answers[0].0);
    let said = visitor.say("my last order").await;
    assert_eq!(text(&said), answers[0].0);
}

#[tokio::test]
async fn a_customer_who_types_an_address_gets_nobody_elses_orders() {
    require_runtime!();
    let server = server().start().await;
    let shop = Shop::open(&server, "Shop").await;
    let claims = json!({"sub": "eve", "exp": super::FAR});
    let token = crate::identity::jwt(&json!({"alg": "HS256"}), &claims, &shop.secret);
    let nobody = shop.tenant.api.without_credential();
    let eve = testkit::Visitor::start(&nobody, &shop.key, &json!({"identity_token": token})).await;
    eve.say("Hello").await;
    let typed = json!({"email": "ana@shop.example"});
    eve.api.post(&eve.path("contact")).json(&typed).send().await;
    // the address stands in her client now, and the order finds it
    shop.order(
        "ana@shop.example",
        "1042",
        &json!({"tracking_number": "CANARY-1"}),
    )
    .await;
    for question in ["Where is my order 1042?", "my last order"] {
        let said = text(&eve.say(question).await);
        assert!(!said.contains("CANARY") && !said.contains("Oak"), "{said}");
    }
    assert_eq!(shop.calls(&eve).await[0]["outcome"], "not_found");
}

#[tokio::test]
async fn a_customer_hears_of_their_own_orders_and_of_no_other() {
    require_runtime!();
    let server = server().start().await;
    let shop = Shop::open(&server, "Shop").await;
    let sent = json!({"status": "shipped", "order_date": "2026-11-03T10:00:00Z", "shipped_date": SENT, "tracking_number": "1Z-77",
        "tracking_url": "https://track.example/1Z-77"});
    let mine = shop.order("ana@shop.example", "1042", &sent).await;
    shop.order(
        "ben@shop.example",
        "2000",
        &json!({"tracking_number": "CANARY-2"}),
    )
    .await;
    let other = Shop::open(&server, "Other").await;
    other
        .order(
            "ana@shop.example",
            "3000",
            &json!({"tracking_number": "CANARY-3"}),
        )
        .await;
    let ana = shop.customer("ana@shop.example").await;
    let expected = "Your order **1042** of 3 November 2026: it was sent on 5 November 2026.\n- 2 × Oak table\n\nTotal: 20.00 EUR.\n\
                    Tracking number: 1Z-77.\n[Follow the parcel](https://track.example/1Z-77)";
    for question in [
        "Where is my order 1042?",
        "has #1042 shipped?",
        "What is the status of order 1042",
        "my last order",
        "Where is my order?",
    ] {
        let said = ana.say(question).await;
        assert_eq!(text(&said), expected, "{question}");
        assert_eq!(said["answer"]["mode"], "order");
        assert_eq!(
            said["answer"]["sources"],
            json!([{"kind": "order", "title": "1042", "url": null}])
        );
    }
    let said = text(&ana.say("Où en est ma commande n° 1042 ?").await);
    assert!(
        said.starts_with(
            "Votre commande **1042** du 3 novembre 2026 : elle a été expédiée le 5 novembre 2026."
        ),
        "{said}"
    );
    let said = ana.say("Where is my order 1042?").await;
    let path = format!(
        "/api/v1/conversations/{}/messages/{}/trace",
        ana.conversation_id,
        said["answer"]["id"].as_str().expect("an id")
    );
    let trace = shop.tenant.api.get(&path).expect(200).await;
    let told = trace.to_string();
    assert!(
        told.contains(r#""tool":"find_order""#) && told.contains(r#""verified_by":"external""#),
        "{trace:#}"
    );
    let calls = shop.calls(&ana).await;
    assert_eq!(calls[0]["order_id"], mine["id"]);
    assert_eq!(
        (&calls[0]["asked_by"], &calls[0]["outcome"]),
        (&json!("rules"), &json!("done"))
    );

    // another's, another workspace's, and one that does not exist sound the same
    for number in ["2000", "3000", "4000"] {
        let said = ana.say(&format!("Where is my order {number}?")).await;
        assert_eq!(
            text(&said),
            format!("None of your orders has the number {number}. Would you like to talk to a person?")
        );
        assert_eq!(said["answer"]["escalation_offered"], true);
    }
}

#[tokio::test]
async fn where_the_tool_is_off_all_is_as_it_was() {
    require_runtime!();
    let server = server().start().await;
    let shop = Shop::open(&server, "Shop").await;
    shop.tenant
        .teach("Where is my order?", "Look into your account.")
        .await;
    let ana = shop.customer("ana@shop.example").await;
    // a shop without orders is not asked about them
    assert_eq!(
        text(&ana.say("Where is my order 1042?").await),
        "Look into your account."
    );
    shop.order("ana@shop.example", "1042", &json!({})).await;
    // what is asked of orders in general is answered from the knowledge
    let stranger = shop.stranger().await;
    assert_eq!(
        text(&stranger.say("Where is my order?").await),
        "Look into your account."
    );
    shop.allow(json!([{"tool": "find_order", "permission": "off"}]))
        .await;
    assert_eq!(
        text(&ana.say("Where is my order 1042?").await),
        "Look into your account."
    );
    assert!(shop.calls(&ana).await.is_empty());
}

#[tokio::test]
async fn customers_whom_the_team_puts_together_hear_of_their_own_orders() {
    require_runtime!();
    let server = server().start().await;
    for (name, is_client) in [("Contacts", false), ("Clients", true)] {
        let shop = Shop::open(&server, name).await;
        let (ana, ben) = ("ana@shop.example", "ben@shop.example");
        let (first, second) = (shop.customer(ana).await, shop.customer(ben).await);
        first.say("Hello").await;
        second.say("Hello").await;
        let kept = shop.order(ana, "1042", &json!({})).await;
        let merged = shop.order(ben, "2000", &json!({})).await;
        let (path, body) = if is_client {
            let kept = kept["client_id"].as_str().expect("an id");
            let body = json!({"merged_id": merged["client_id"]});
            (format!("/api/v1/crm/clients/{kept}/merge"), body)
        } else {
            let (kept, merged) = (shop.contact(&first).await, shop.contact(&second).await);
            (format!("/api/v1/contacts/{kept}/merge/{merged}"), json!({}))
        };
        shop.tenant.api.post(&path).json(&body).expect(200).await;
        let again = [shop.customer(ana).await, shop.customer(ben).await];
        for (visitor, own, other) in [
            (&first, "1042", "2000"),
            (&again[0], "1042", "2000"),
            (&second, "2000", "1042"),
            (&again[1], "2000", "1042"),
        ] {
            for question in [&format!("Where is my order {own}?"), "my last order"] {
                let said = text(&visitor.say(question).await);
                assert!(said.contains(&format!("**{own}**")), "{name} {own}: {said}");
            }
            let said = text(&visitor.say(&format!("Where is my order {other}?")).await);
            assert!(said.starts_with("None of your orders"), "{name} {own}: {said}");
        }
    }
}
