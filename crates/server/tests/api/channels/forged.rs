//! Calls that do not come from the vendor (R27): refused, and nothing of them is kept.

use chrono::TimeDelta;
use serde_json::json;
use testkit::{Channel, Method, Vendor, require_runtime};

use super::{QUESTION, open_server, shop};

type Headers = Vec<(&'static str, String)>;

/// Which header proves the call.
fn proof_of(kind: &str) -> &'static str {
    match kind {
        "telegram" => "x-telegram-bot-api-secret-token",
        "crisp" => "x-crisp-signature",
        "tidio" => "x-tidio-signature",
        "api" => "webhook-signature",
        _ => "x-hub-signature-256",
    }
}

/// A call as the vendor makes it now, which has not arrived anywhere.
async fn call_of(vendor: &Vendor, text: &str) -> (Vec<u8>, Headers) {
    let url = vendor.hooks().url();
    vendor.hooks().set_url(Some("http://127.0.0.1:9/".into()));
    vendor.person(1).says(text).await;
    vendor.hooks().set_url(url);
    let last = vendor.hooks().posts().pop().expect("a call");
    (last.bytes, last.headers)
}

fn with(headers: &Headers, name: &str, value: &str) -> Headers {
    let change = |(known, before): &(&'static str, String)| match *known == name {
        true => (*known, value.to_owned()),
        false => (*known, before.clone()),
    };
    headers.iter().map(change).collect()
}

#[tokio::test]
async fn forged_calls_are_refused_and_leave_nothing() {
    require_runtime!();
    let server = open_server().await;
    let (tenant, other) = (shop(&server, "Own").await, shop(&server, "Other").await);
    for kind in Vendor::KINDS {
        println!("{kind}");
        let vendor = Vendor::start(kind).await;
        let channel = tenant.connect(&server, &vendor).await;
        let mut forged = changed(&vendor).await;
        forged.extend(stale(&vendor).await);
        forged.push((
            "another tenant's secret",
            by_neighbour(&server, &other, &vendor, &channel).await,
        ));
        for (what, (bytes, headers)) in forged {
            let answer = vendor.hooks().post_forged(bytes, &headers).await;
            let (status, text) = answer.expect("an answer");
            assert_eq!(status, 401, "{kind}: {what}: {text}");
        }
        assert_eq!(
            channel.ledger("").await,
            Vec::<serde_json::Value>::new(),
            "{kind}"
        );
        // what is signed are the bytes, whatever letters they mean
        let (bytes, headers) = call_of(&vendor, "Grüße 🎉 \u{2028} \"\\u00e9\"").await;
        let (status, text) = vendor
            .hooks()
            .post_forged(bytes, &headers)
            .await
            .expect("an answer");
        assert_eq!(status, 200, "{kind}: {text}");
        let thread = channel.thread_until(|thread| !thread.is_empty()).await;
        assert_eq!(thread[0]["text"], "Grüße 🎉 \u{2028} \"\\u00e9\"", "{kind}");
    }
}

async fn changed(vendor: &Vendor) -> Vec<(&'static str, (Vec<u8>, Headers))> {
    let name = proof_of(vendor.kind());
    let (bytes, headers) = call_of(vendor, QUESTION).await;
    let without: Headers = headers
        .iter()
        .filter(|(known, _)| *known != name)
        .cloned()
        .collect();
    let twice = |first: &str| {
        let mut twice = without.clone();
        let right = headers
            .iter()
            .find(|(known, _)| *known == name)
            .expect("a proof")
            .1
            .clone();
        let both = match first {
            "right" => [right, "0".repeat(64)],
            _ => ["0".repeat(64), right],
        };
        twice.extend(both.map(|value| (name, value)));
        twice
    };
    let mut forged = vec![
        ("no proof", (bytes.clone(), without.clone())),
        ("an empty proof", (bytes.clone(), with(&headers, name, ""))),
        (
            "a wrong proof",
            (bytes.clone(), with(&headers, name, &"0".repeat(64))),
        ),
        ("two proofs, the first right", (bytes.clone(), twice("right"))),
        ("two proofs, the second right", (bytes.clone(), twice("wrong"))),
    ];
    if vendor.kind() != "telegram" {
        let mut bits = bytes.clone();
        let middle = bits.len() / 2;
        bits[middle] ^= 1;
        forged.push(("one bit of the body", (bits, headers.clone())));
        let mut longer = bytes;
        longer.push(b' ');
        forged.push(("one byte more", (longer, headers)));
    }
    forged
}

async fn stale(vendor: &Vendor) -> Vec<(&'static str, (Vec<u8>, Headers))> {
    let (clock, oldest) = match vendor {
        Vendor::Crisp(vendor) => (vendor.clock(), 302),
        // nobody says whether its repetitions, up to five hours later, are signed anew
        Vendor::Tidio(vendor) => (vendor.clock(), 6 * 3600 + 2),
        Vendor::Program(vendor) => (vendor.clock(), 302),
        _ => return Vec::new(),
    };
    let mut forged = Vec::new();
    for (what, off) in [("too old", -oldest), ("of the future", 305)] {
        clock.advance(TimeDelta::seconds(off));
        forged.push((what, call_of(vendor, QUESTION).await));
        clock.advance(TimeDelta::seconds(-off));
    }
    forged
}

/// Signed with the secret that another tenant has for its channel of the same account.
async fn by_neighbour(
    server: &testkit::Server,
    other: &testkit::Tenant,
    vendor: &Vendor,
    channel: &Channel,
) -> (Vec<u8>, Headers) {
    let mut values = vendor.values();
    let secret = "whsec_ZGlmZmVyZW50IGRpZmZlcmVudCBkaWZmZXJlbnQ=";
    if let Some(field) = vendor.secret_field() {
        values[field] = json!(secret);
    }
    let made = other.try_connect(vendor.kind(), vendor.kind(), &values).await;
    let neighbour = Channel::of(other, server, &made.expect(201));
    let (right, wrong) = match vendor.secret_field() {
        Some(field) => (
            vendor.values()[field].as_str().expect("a secret").to_owned(),
            secret.to_owned(),
        ),
        None => (channel.verify_token.clone(), neighbour.verify_token),
    };
    vendor.set_secret(&wrong);
    let call = call_of(vendor, QUESTION).await;
    vendor.set_secret(&right);
    call
}

#[tokio::test]
async fn a_channel_without_its_secret_cannot_be_connected() {
    require_runtime!();
    let server = open_server().await;
    let tenant = shop(&server, "Unsigned").await;
    for kind in Vendor::KINDS.into_iter().filter(|kind| *kind != "tidio") {
        let vendor = Vendor::start(kind).await;
        let field = vendor.secret_field().unwrap_or("bot_token");
        for empty in [json!(""), json!("   "), json!(null)] {
            let mut values = vendor.values();
            match empty.is_null() {
                true => drop(values.as_object_mut().expect("an object").remove(field)),
                false => values[field] = empty,
            }
            let made = tenant.try_connect(kind, kind, &values).await;
            assert_eq!(made.status, 422, "{kind}: {}", made.text());
        }
    }
    let list = tenant.api.get("/api/v1/connections").expect(200).await;
    assert_eq!(list["items"], json!([]));
}

/// Tidio shows it once its webhook has been added, for which the address of the channel is needed.
#[tokio::test]
async fn until_tidios_secret_is_filled_in_every_event_is_refused() {
    require_runtime!();
    let server = open_server().await;
    let tenant = shop(&server, "Later").await;
    let vendor = Vendor::start("tidio").await;
    let mut values = vendor.values();
    let secret = values["webhook_secret"].take();
    values["webhook_secret"] = json!("");
    let made = tenant.try_connect("tidio", "tidio", &values).await.expect(201);
    let channel = Channel::of(&tenant, &server, &made);
    vendor.point_at(&channel);
    vendor.set_secret("");
    assert_eq!(vendor.person(1).says(QUESTION).await.status, Some(401));
    assert!(channel.ledger("").await.is_empty());

    let secret = secret.as_str().expect("a secret");
    vendor.set_secret(secret);
    assert_eq!(vendor.person(1).says(QUESTION).await.status, Some(401));
    let path = format!("/api/v1/channels/{}/connection", channel.id);
    values["webhook_secret"] = json!(secret);
    let filled = tenant
        .api
        .call(Method::PUT, &path)
        .json(&json!({"values": values}));
    filled.expect(200).await;
    assert_eq!(vendor.person(1).says(QUESTION).await.status, Some(200));
}

/// The hook of a Crisp website is not signed: the address carries a key.
#[tokio::test]
async fn an_unsigned_hook_of_crisp_needs_the_key_in_its_address() {
    require_runtime!();
    let server = open_server().await;
    let tenant = shop(&server, "Key").await;
    let options = simulators::crisp::Options {
        tier: "website".into(),
        ..Default::default()
    };
    let crisp = simulators::crisp::Simulator::start(options)
        .await
        .expect("a free port");
    let vendor = Vendor::Crisp(crisp);
    let channel = tenant.connect(&server, &vendor).await;
    let ana = vendor.person(1);
    for key in ["", "?key=", "?key=wrong", "?key=wrong&key=also"] {
        vendor
            .hooks()
            .set_url(Some(format!("{}{key}", channel.webhook_url)));
        assert_eq!(ana.says(QUESTION).await.status, Some(401), "{key}");
    }
    assert!(channel.ledger("").await.is_empty());
    vendor.hooks().set_url(Some(format!(
        "{}?key={}",
        channel.webhook_url, channel.verify_token
    )));
    assert_eq!(ana.says(QUESTION).await.status, Some(200));
    vendor.said(1).await;
}
