//! What every channel does: it is connected, the bot answers, a person takes over, and what became of each reply is seen.

use serde_json::{Value, json};
use testkit::{Channel, Server, Vendor, require_runtime};

use super::{ANSWER, OTHER_QUESTION, QUESTION, open_server, shop};

/// What the vendor tells last of a message that arrived and was read.
fn last_status(kind: &str) -> &'static str {
    match kind {
        "telegram" | "tidio" => "sent",
        _ => "read",
    }
}

#[tokio::test]
async fn on_every_channel_the_bot_answers_and_a_person_takes_over() {
    require_runtime!();
    let server = open_server().await;
    for kind in Vendor::KINDS {
        println!("{kind}");
        let (tenant, vendor) = (shop(&server, kind).await, Vendor::start(kind).await);
        let channel = tenant.connect_untested(&server, &vendor).await;
        is_connected(&vendor, &channel).await;
        talks(&vendor, &channel).await;
        assert_eq!(vendor.record().doubled(), [], "{kind}");
    }
}

async fn is_connected(vendor: &Vendor, channel: &Channel) {
    let before = channel.health().await;
    assert_eq!(before["state"], "untested", "{before:#}");
    let checked = channel.check().await.expect(200);
    assert!(
        checked["display_name"]
            .as_str()
            .is_some_and(|name| !name.is_empty()),
        "{checked:#}"
    );
    let health = channel.health().await;
    assert!(
        health["checked_at"].is_string() && health["last_error"].is_null(),
        "{health:#}"
    );
    assert_eq!(health["state"], "healthy", "{health:#}");
    let secrets: Vec<String> = secrets_of(&vendor.values());
    let told = health.to_string();
    assert!(secrets.iter().all(|secret| !told.contains(secret)), "{health:#}");
}

fn secrets_of(values: &Value) -> Vec<String> {
    let names = [
        "access_token",
        "app_secret",
        "bot_token",
        "signing_secret",
        "key",
        "client_secret",
        "webhook_secret",
        "secret",
    ];
    names
        .iter()
        .filter_map(|name| values[name].as_str().map(str::to_owned))
        .collect()
}

async fn talks(vendor: &Vendor, channel: &Channel) {
    let (ana, last) = (vendor.person(1), last_status(vendor.kind()));
    assert_eq!(ana.says(QUESTION).await.status, Some(200));
    let heard = vendor.said(1).await;
    assert_eq!(Some(&heard[0].recipient), ana.address().as_ref());
    assert!(heard[0].text.contains(ANSWER), "{heard:#?}");
    channel.delivered(ANSWER, last).await;

    let reply = channel.reply("Good morning, this is Robin.").await;
    assert_eq!(reply["sender_type"], "agent");
    let heard = vendor.said(2).await;
    assert!(heard[1].text.contains("this is Robin"), "{heard:#?}");
    channel.delivered("this is Robin", last).await;

    // the bot knows this too, but a person has the floor
    ana.says(OTHER_QUESTION).await;
    let is_through =
        |events: &[Value]| events.len() == 2 && events.iter().all(|event| event["status"] == "processed");
    channel.ledger_until("kind=message", is_through).await;
    let conversations = channel.conversations().await;
    assert_eq!(conversations.len(), 1);
    assert_eq!(conversations[0]["ai_paused"], true);
    if vendor.kind() != "tidio" {
        assert_eq!(conversations[0]["contact"]["name"], "Ana 1");
    }
    let thread = channel.thread_until(|thread| thread.len() == 4).await;
    let who: Vec<_> = thread
        .iter()
        .map(|message| message["sender_type"].clone())
        .collect();
    assert_eq!(who, ["user", "ai", "agent", "user"]);
    assert_eq!(vendor.record().messages().len(), 2);
    assert_eq!(channel.health().await["events"]["pending"], 0);
}

#[tokio::test]
async fn meta_confirms_an_address_by_its_challenge() {
    require_runtime!();
    let server = open_server().await;
    let tenant = shop(&server, "Challenge").await;
    for kind in ["whatsapp", "messenger", "instagram"] {
        let vendor = Vendor::start(kind).await;
        let channel = tenant.connect(&server, &vendor).await;
        let shared = format!("/hooks/{kind}");
        for path in [&channel.webhook_path, &shared] {
            let asked = format!("{path}?hub.mode=subscribe&hub.challenge=4711&hub.verify_token=");
            let right = server
                .api
                .get(&format!("{asked}{}", channel.verify_token))
                .send()
                .await;
            assert_eq!((right.status, right.text().as_str()), (200, "4711"), "{path}");
            for wrong in ["", "wrong", &format!("{}x", channel.verify_token)] {
                let refused = server.api.get(&format!("{asked}{wrong}")).send().await;
                assert!(
                    matches!(refused.status, 403 | 404),
                    "{path} {wrong}: {}",
                    refused.status
                );
                assert!(!refused.text().contains("4711"));
            }
        }
    }
}

#[tokio::test]
async fn a_flow_of_tidio_gets_its_answer_in_the_same_call() {
    require_runtime!();
    let server = open_server().await;
    let tenant = shop(&server, "Flow").await;
    let vendor = Vendor::start("tidio").await;
    let channel = tenant.connect(&server, &vendor).await;
    let flow = format!("{}/flow", channel.webhook_path);
    let ask = async |contact: &str, text: &str, token: &str| {
        let body = json!({"contact_id": contact, "message": text, "email": "ana@example.com"});
        let call = server
            .api
            .post(&flow)
            .header("authorization", &format!("Bearer {token}"));
        call.json(&body).send().await
    };
    let told = ask("c-1", QUESTION, &channel.verify_token).await.expect(200);
    assert_eq!(told, json!({"reply": ANSWER, "handoff": false}));
    channel.delivered(ANSWER, "sent").await;
    let times =
        "select count(*) from deliveries where channel_id = $1 and sent_at is not null and failed_at is null";
    let shown: i64 = sqlx::query_scalar(times)
        .bind(channel.id)
        .fetch_one(&mut server.owner().await)
        .await
        .expect("a number");
    assert_eq!(shown, 1);
    let metrics = server.api.get("/metrics").send().await.text();
    let counted = "rapport_deliveries_total{kind=\"tidio\",outcome=\"sent\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    let refused = ask("c-1", QUESTION, "another").await;
    assert_eq!(refused.status, 401);
    // a person takes over: the Flow is told, at once
    channel.reply("Robin here.").await;
    let told = ask("c-1", OTHER_QUESTION, &channel.verify_token)
        .await
        .expect(200);
    assert_eq!(told, json!({"reply": "", "handoff": true}));
    // what a person writes there cannot be delivered, and is shown so
    let failed = channel.delivered("Robin here.", "failed").await;
    assert!(
        failed["delivery"]["reason"]
            .as_str()
            .is_some_and(|why| !why.is_empty()),
        "{failed:#}"
    );
    assert_eq!(vendor.record().messages().len(), 0);
}

/// One address for all accounts of an application.
#[tokio::test]
async fn at_a_shared_address_only_the_account_whose_secret_fits_hears_anything() {
    require_runtime!();
    let server = open_server().await;
    let vendor = Vendor::start("whatsapp").await;
    let (own, foreign) = (shop(&server, "Own").await, shop(&server, "Foreign").await);
    let right = own.connect(&server, &vendor).await;
    let mut values = vendor.values();
    values["app_secret"] = json!("another_app_secret_0000");
    let wrong = foreign
        .try_connect("whatsapp", "Same number", &values)
        .await
        .expect(201);
    let wrong = Channel::of(&foreign, &server, &wrong);
    let shared = format!("{}/hooks/whatsapp", server.public_url());
    vendor.hooks().set_url(Some(shared));
    assert_eq!(vendor.person(1).says(QUESTION).await.status, Some(200));
    vendor.said(1).await;
    right.delivered(ANSWER, "read").await;
    assert!(wrong.ledger("").await.is_empty());
    // at the foreign channel's own address the same call is a forgery
    vendor.hooks().set_url(Some(wrong.webhook_url.clone()));
    assert_eq!(vendor.person(2).says(QUESTION).await.status, Some(401));
    assert!(wrong.ledger("").await.is_empty() && wrong.conversations().await.is_empty());
    // nobody's secret fits
    vendor
        .hooks()
        .set_url(Some(format!("{}/hooks/whatsapp", server.public_url())));
    vendor.set_secret("yet another");
    assert_eq!(vendor.person(2).says(QUESTION).await.status, Some(401));
    assert_eq!(right.conversations().await.len(), 1);
}

/// A channel on which one question was answered.
pub async fn answered_once(server: &Server, kind: &str) -> (Vendor, Channel) {
    let (vendor, channel) = super::quick_channel(server, kind).await;
    vendor.person(1).says(QUESTION).await;
    vendor.said(1).await;
    (vendor, channel)
}

#[tokio::test]
async fn who_is_known_is_not_written_down_again() {
    require_runtime!();
    let server = open_server().await;
    for kind in ["whatsapp", "messenger", "telegram", "api"] {
        let (vendor, channel) = answered_once(&server, kind).await;
        let written = identities(&server, &channel).await;
        assert!(!written.is_empty(), "{kind}");
        vendor.person(1).says(OTHER_QUESTION).await;
        vendor.said(2).await;
        // not even locked: neither row nor its transactions have changed
        assert_eq!(identities(&server, &channel).await, written, "{kind}");
    }
}

/// What the person is known by, each with the transactions that have touched its row.
async fn identities(server: &Server, channel: &Channel) -> Vec<(String, String, String)> {
    sqlx::query_as(
        "select kind || ' ' || value, xmin::text, xmax::text from contact_identities where tenant_id = $1 order by 1",
    )
    .bind(channel.tenant.id)
    .fetch_all(&mut server.owner().await)
    .await
    .expect("rows")
}
