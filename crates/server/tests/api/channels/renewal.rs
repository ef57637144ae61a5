//! Tokens that run out, and are renewed before. Where days have to pass, the background's work is called here with a clock
//! that the test moves.

use channels::connections::renewal::renew_everywhere;
use chrono::TimeDelta;
use connectors::Http;
use kernel::outbound::Outbound;
use kernel::secrets::MasterKey;
use kernel::{Clock, Database};
use serde_json::json;
use simulators::messaging;
use testkit::{Channel, Server, Vendor, require_runtime};

use super::{QUESTION, open_server, quick_channel};

/// The hourly work of another process.
struct Background {
    db: Database,
    clock: Clock,
    key: MasterKey,
    http: Http,
}

impl Background {
    async fn of(server: &Server) -> Self {
        let key = std::fs::read_to_string(server.data_dir().join("master.key")).expect("the master key");
        let clock = Clock::manual(Clock::system().now());
        let allow = "127.0.0.0/8".parse().expect("a list");
        Self {
            db: server.database(clock.clone()).await,
            clock,
            key: MasterKey::from_hex(key.trim()).expect("a key"),
            http: Http::new(Outbound::new(allow).expect("a client")),
        }
    }

    /// So much time passes, here and at the vendor's, and then an hour's work is done.
    async fn pass(&self, vendor: &messaging::Simulator, time: TimeDelta) {
        self.clock.advance(time);
        vendor.clock().advance(time);
        renew_everywhere(&self.db, &self.key, &self.http)
            .await
            .expect("the hour's work");
    }
}

async fn stored(server: &Server, channel: &Channel) -> String {
    sqlx::query_scalar("select to_jsonb(c)::text from channels c where id = $1")
        .bind(channel.id)
        .fetch_one(&mut server.owner().await)
        .await
        .expect("the channel")
}

#[tokio::test]
async fn instagrams_token_is_renewed_long_before_its_sixty_days_are_over() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "instagram").await;
    let Vendor::Instagram(instagram) = &vendor else {
        unreachable!()
    };
    instagram.expire_token_in(TimeDelta::days(60));
    let background = Background::of(&server).await;
    let first = instagram.access_token();
    channel.check().await.expect(200);
    assert_eq!(channel.health().await["state"], "healthy");

    background.pass(instagram, TimeDelta::hours(20)).await;
    assert_eq!(
        instagram.access_token(),
        first,
        "Meta renews none on its first day"
    );
    background.pass(instagram, TimeDelta::hours(20)).await;
    let second = instagram.access_token();
    assert_ne!(second, first);
    background.pass(instagram, TimeDelta::days(20)).await;
    assert_eq!(instagram.access_token(), second, "it has a month and more left");
    background.pass(instagram, TimeDelta::days(20)).await;
    let third = instagram.access_token();
    assert_ne!(third, second);

    let health = channel.health().await;
    assert_eq!(health["state"], "healthy", "{health:#}");
    let hint = health["secret_hints"]["access_token"].as_str().expect("a hint");
    assert!(
        third.ends_with(hint) && !health.to_string().contains(&first),
        "{health:#}"
    );
    let row = stored(&server, &channel).await;
    assert!(!row.contains(&first), "{row}");

    // the first two have run out
    background.pass(instagram, TimeDelta::days(25)).await;
    vendor.person(1).says(QUESTION).await;
    vendor.said(1).await;
    channel.check().await.expect(200);
    assert_eq!(
        channel.health().await["token_expires_at"],
        health["token_expires_at"]
    );
}

#[tokio::test]
async fn a_renewal_that_fails_is_a_warning_until_one_succeeds() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "instagram").await;
    let Vendor::Instagram(instagram) = &vendor else {
        unreachable!()
    };
    let background = Background::of(&server).await;
    channel.check().await.expect(200);
    instagram.refuse_renewal(true);
    background.pass(instagram, TimeDelta::days(2)).await;
    let health = channel.health().await;
    assert_eq!(health["state"], "attention", "{health:#}");
    let advice = health["advice"].to_string();
    assert!(
        advice.contains("could not be renewed") && advice.contains("temporarily unavailable"),
        "{health:#}"
    );
    vendor.person(1).says(QUESTION).await;
    vendor.said(1).await;
    let state = format!("/api/v1/conversations/{}/channel", channel.conversation().await);
    let state = channel.tenant.api.get(&state).expect(200).await;
    assert_eq!(state["problem"], json!(null));

    instagram.refuse_renewal(false);
    background.pass(instagram, TimeDelta::hours(1)).await;
    assert_eq!(channel.health().await["state"], "attention", "tomorrow");
    background.pass(instagram, TimeDelta::days(2)).await;
    assert_eq!(channel.health().await["state"], "healthy");
}
