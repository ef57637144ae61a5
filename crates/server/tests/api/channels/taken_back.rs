//! Two contacts that were put together and taken apart again: each is what it was.

use serde_json::{Value, json};
use testkit::{Channel, require_runtime};

use super::{QUESTION, open_server, quick_channel};

async fn contact_of(channel: &Channel, name: &str) -> Value {
    let conversations = channel.conversations().await;
    let own = conversations.iter().find(|one| one["contact"]["name"] == name);
    let id = own.expect("a conversation")["contact"]["id"].clone();
    let path = format!("/api/v1/contacts/{}", id.as_str().expect("an id"));
    channel.tenant.api.get(&path).expect(200).await
}

#[tokio::test]
async fn what_a_merged_contact_brought_along_goes_with_it_again() {
    require_runtime!();
    let server = open_server().await;
    let (vendor, channel) = quick_channel(&server, "telegram").await;
    let api = &channel.tenant.api;
    for number in [1, 2, 3] {
        vendor.person(number).says(QUESTION).await;
        vendor.said(number as usize).await;
    }
    let path = |contact: &Value| format!("/api/v1/contacts/{}", contact["id"].as_str().expect("an id"));
    let kept = contact_of(&channel, "Ana 1").await;
    let (second, third) = (
        contact_of(&channel, "Ana 2").await,
        contact_of(&channel, "Ana 3").await,
    );
    let known = json!({"email": "ana@example.com", "phone": "32470000002", "is_blocked": true});
    api.patch(&path(&second)).json(&known).expect(200).await;
    api.patch(&path(&third))
        .json(&json!({"is_blocked": true}))
        .expect(200)
        .await;
    let vendors = "update contacts set username = 'ana_2', avatar_url = 'https://pictures.example/2.jpg' where id = $1::uuid";
    sqlx::query(vendors)
        .bind(second["id"].as_str())
        .execute(&mut server.owner().await)
        .await
        .expect("what the vendor tells");

    let put_together = async |other: &Value| {
        let merge = format!("{}/merge/{}", path(&kept), other["id"].as_str().expect("an id"));
        let merged = api.post(&merge).expect(200).await;
        let id = merged["merges"][0]["id"].as_str().expect("an id").to_owned();
        (merged, id)
    };
    let take_back = async |merge: &str| {
        let path = format!("{}/merges/{merge}", path(&kept));
        api.delete(&path).expect(200).await
    };
    let (both, merge) = put_together(&second).await;
    assert_eq!(
        (&both["email"], &both["username"], &both["is_blocked"]),
        (&json!("ana@example.com"), &json!("ana_2"), &json!(true)),
        "{both:#}"
    );
    let apart = take_back(&merge).await;
    for field in [
        "email",
        "phone",
        "language",
        "username",
        "is_blocked",
        "last_interaction_at",
        "identities",
    ] {
        assert_eq!(apart[field], kept[field], "{field}: {apart:#}");
    }
    let pictures = "select count(*) from contacts where avatar_url is not null and merged_into is null";
    let pictures: i64 = sqlx::query_scalar(pictures)
        .fetch_one(&mut server.owner().await)
        .await
        .expect("a number");
    assert_eq!(pictures, 1, "the second one's");
    let own = api.get(&path(&second)).expect(200).await;
    assert_eq!(
        (&own["is_blocked"], &own["username"]),
        (&json!(true), &json!("ana_2"))
    );

    // two parts were blocked: the one that stays is reason enough
    let (_, merge) = put_together(&second).await;
    put_together(&third).await;
    assert_eq!(take_back(&merge).await["is_blocked"], true);
}
