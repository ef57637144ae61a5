//! Secrets of channels (R42, in small): where they must not be found, in whatever form.

use serde_json::json;
use testkit::{Answer, Method, Vendor, require_runtime};

use super::{QUESTION, open_server, shop};
use crate::support::dump;

/// Plain, in base64, in hexadecimal, and the beginning alone.
fn forms(secret: &str) -> Vec<String> {
    use std::fmt::Write as _;
    let mut hex = String::new();
    for byte in secret.bytes() {
        write!(hex, "{byte:02x}").expect("text");
    }
    vec![
        secret.to_owned(),
        base64(secret.as_bytes()),
        hex,
        secret.chars().take(12).collect(),
    ]
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // whole groups only: what follows depends on what stands behind
    bytes
        .chunks_exact(3)
        .flat_map(|group| {
            let bits = u32::from(group[0]) << 16 | u32::from(group[1]) << 8 | u32::from(group[2]);
            [18, 12, 6, 0].map(|shift| char::from(LETTERS[(bits >> shift & 63) as usize]))
        })
        .collect()
}

#[tokio::test]
async fn secrets_of_a_channel_are_found_nowhere() {
    require_runtime!();
    let server = open_server().await;
    let tenant = shop(&server, "Canaries").await;
    let options = simulators::whatsapp::Options {
        access_token: "EAAcanarytoken7f3a9b2c".into(),
        app_secret: "canaryappsecret4d5e6f70".into(),
        ..Default::default()
    };
    let vendor = Vendor::Whatsapp(
        simulators::whatsapp::Simulator::start(options)
            .await
            .expect("a free port"),
    );
    let n8n = simulators::n8n::Simulator::start(Default::default())
        .await
        .expect("a free port");
    let canaries = [
        "EAAcanarytoken7f3a9b2c",
        "canaryappsecret4d5e6f70",
        "canarybrainheader8a9b0c1d",
    ];

    let channel = tenant.connect(&server, &vendor).await;
    let mut told: Vec<Answer> = vec![channel.check().await];
    let brain = json!({"kind": "webhook", "url": n8n.chat_url(), "header": "Authorization: Bearer canarybrainheader8a9b0c1d"});
    let put = |path: String, body: serde_json::Value| {
        let call = tenant.api.call(Method::PUT, &path).json(&body);
        async move { call.send().await }
    };
    told.push(put(format!("/api/v1/channels/{}/brain", channel.id), brain).await);
    // things go well, and wrong in several ways
    vendor.person(1).says(QUESTION).await;
    vendor.said(1).await;
    n8n.set_answer(simulators::n8n::Answer::WorkflowError);
    vendor.faults().next(1, &simulators::Fault::garbage());
    vendor.person(2).says(QUESTION).await;
    vendor.said(2).await;
    let Vendor::Whatsapp(whatsapp) = &vendor else {
        unreachable!()
    };
    whatsapp.revoke_token();
    told.push(channel.check().await);
    vendor.person(3).says(QUESTION).await;
    channel
        .ledger_until("kind=message", |events| {
            events.iter().all(|event| event["status"] == "processed")
        })
        .await;
    let wrong = json!({"values": {"access_token": "EAAcanarytoken7f3a9b2c", "no_such_field": "canaryappsecret4d5e6f70"}});
    told.push(put(format!("/api/v1/channels/{}/connection", channel.id), wrong).await);
    for path in [
        "/api/v1/connections".to_owned(),
        "/api/v1/channels".to_owned(),
        "/api/v1/audit-log".to_owned(),
        "/metrics".to_owned(),
        "/health".to_owned(),
        format!("/api/v1/channels/{}/connection", channel.id),
        format!("/api/v1/channels/{}/brain", channel.id),
        format!("/api/v1/channels/{}/webhook-errors", channel.id),
        format!("/api/v1/inbound-events?channel_id={}", channel.id),
        format!("/api/v1/channels/{}/templates", channel.id),
    ] {
        told.push(tenant.api.get(&path).send().await);
    }
    let mut owner = server.owner().await;
    let rows = serde_json::to_string(&dump(&mut owner, tenant.id).await).expect("JSON");
    let jobs: String = sqlx::query_scalar(
        "select coalesce(string_agg(payload::text || coalesce(last_error, ''), ' '), '') from graphile_worker._private_jobs",
    )
    .fetch_one(&mut owner)
    .await
    .expect("jobs");
    let log = server.log();
    for form in canaries.iter().flat_map(|canary| forms(canary)) {
        for answer in &told {
            assert!(!answer.text().contains(&form), "{form} in {}", answer.text());
        }
        assert!(!log.contains(&form), "{form} in the log");
        assert!(!rows.contains(&form), "{form} in the database");
        assert!(!jobs.contains(&form), "{form} in a job");
    }
    // what was searched would have been found
    assert!(rows.contains(&base64(b"Do you ship to Belgium")) || rows.contains(QUESTION));
}
