//! Who a visitor is: identity tokens that the business signs, and visitor tokens that the server signs (R35).

use kernel::secrets;
use serde_json::{Value, json};
use testkit::{Api, Tenant, Visitor, require_runtime};

use crate::support::server;

/// The year 2096.
const FAR: u64 = 4_000_000_000;

#[tokio::test]
async fn a_visitor_is_who_a_signature_says_and_nobody_else() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let other = server.tenant("Other").await;
    let club = Channel::make(&tenant, "Club").await;
    let nobody = server.api.clone();
    only_a_signed_and_current_token_is_believed(&club, &Channel::make(&other, "Club").await, &nobody).await;
    the_signed_claims_are_the_contact(&tenant, &club, &nobody).await;
    an_anonymous_browser_sees_nothing_of_a_verified_customer(&club, &nobody).await;
    a_channel_for_customers_turns_others_away(&tenant, &club, &nobody).await;
    a_visitor_token_opens_its_own_channel_only(&tenant, &club).await;
    a_second_device_goes_on_in_the_open_conversation(&tenant, &club, &nobody).await;
    a_new_secret_ends_the_old_one(&tenant, &club, &nobody).await;
}

#[tokio::test]
async fn two_customers_with_one_address_stay_two() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let club = Channel::make(&tenant, "Club").await;
    let mut contacts = Vec::new();
    for sub in ["ana", "ben"] {
        let claims = json!({"sub": sub, "email": "home@family.example", "exp": FAR});
        let token = jwt(&json!({"alg": "HS256"}), &claims, &club.secret);
        let visitor = Visitor::start(&server.api, &club.key, &json!({"identity_token": token})).await;
        visitor.say(&format!("I am {sub}")).await;
        let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
        let conversation = tenant.api.get(&path).expect(200).await;
        contacts.push(conversation["contact"]["id"].clone());
    }
    assert_ne!(contacts[0], contacts[1], "one sees what the other has said");
}

/// A second channel with its secret.
struct Channel {
    id: String,
    key: String,
    secret: String,
}

impl Channel {
    async fn make(tenant: &Tenant, name: &str) -> Self {
        let body = json!({"name": name, "settings": {"join_messages": "never"}});
        let made = tenant.api.post("/api/v1/channels").json(&body).expect(201).await;
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        Self {
            id: text("id"),
            key: text("channel_key"),
            secret: text("identity_secret"),
        }
    }

    async fn start(&self, api: &Api, body: &Value) -> testkit::Answer {
        api.post(&format!("/api/widget/{}/sessions", self.key))
            .json(body)
            .send()
            .await
    }

    /// A session of the customer `sub`.
    async fn customer(&self, api: &Api, sub: &str) -> Visitor {
        let token = jwt(
            &json!({"alg": "HS256"}),
            &json!({"sub": sub, "exp": FAR}),
            &self.secret,
        );
        Visitor::start(api, &self.key, &json!({"identity_token": token})).await
    }
}

/// A token with this head and these claims, signed by HMAC-SHA256 whatever the head says.
pub(crate) fn jwt(head: &Value, claims: &Value, secret: &str) -> String {
    let signed = format!("{}.{}", part(head), part(claims));
    let signature = secrets::encode(&secrets::sign(secret.as_bytes(), signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn part(json: &Value) -> String {
    secrets::encode(json.to_string().as_bytes())
}

async fn only_a_signed_and_current_token_is_believed(club: &Channel, other: &Channel, nobody: &Api) {
    let (hs, claims) = (
        json!({"alg": "HS256", "typ": "JWT"}),
        json!({"sub": "42", "exp": FAR}),
    );
    let good = jwt(&hs, &claims, &club.secret);
    club.start(nobody, &json!({"identity_token": good}))
        .await
        .expect(200);
    let unsigned = |head: Value| format!("{}.{}.", part(&head), part(&claims));
    let (signed, _) = good.rsplit_once('.').expect("three parts");
    let bad = [
        (
            "expired",
            jwt(&hs, &json!({"sub": "42", "exp": 1_600_000_000}), &club.secret),
        ),
        ("without an end", jwt(&hs, &json!({"sub": "42"}), &club.secret)),
        (
            "not yet valid",
            jwt(
                &hs,
                &json!({"sub": "42", "exp": FAR, "nbf": FAR - 1}),
                &club.secret,
            ),
        ),
        ("for nobody", jwt(&hs, &json!({"exp": FAR}), &club.secret)),
        (
            "for an empty name",
            jwt(&hs, &json!({"sub": "  ", "exp": FAR}), &club.secret),
        ),
        ("signed by another tenant", jwt(&hs, &claims, &other.secret)),
        (
            "signed with the public key of the channel",
            jwt(&hs, &claims, &club.key),
        ),
        ("signed with nothing", jwt(&hs, &claims, "")),
        ("that says none", unsigned(json!({"alg": "none"}))),
        ("that says None", unsigned(json!({"alg": "None"}))),
        (
            "that says none but is signed",
            jwt(&json!({"alg": "none"}), &claims, &club.secret),
        ),
        (
            "that says RS256",
            jwt(&json!({"alg": "RS256"}), &claims, &club.secret),
        ),
        (
            "that says HS512",
            jwt(&json!({"alg": "HS512"}), &claims, &club.secret),
        ),
        ("with a cut signature", signed.to_owned() + "."),
        ("with other claims", {
            let signature = good.rsplit_once('.').expect("three parts").1;
            format!(
                "{}.{}.{signature}",
                part(&hs),
                part(&json!({"sub": "43", "exp": FAR}))
            )
        }),
        ("that is none", "not a token".to_owned()),
        ("that is empty", String::new()),
    ];
    let mut answers = Vec::new();
    for (what, token) in bad {
        let answer = club.start(nobody, &json!({"identity_token": token})).await;
        assert_eq!(answer.status, 401, "a token {what}: {}", answer.text());
        answers.push(answer);
    }
    for answer in &answers {
        answer.problem(401, "unauthenticated");
        assert_eq!(answer.body, answers[0].body, "all refusals are the same");
    }
}

async fn the_signed_claims_are_the_contact(tenant: &Tenant, club: &Channel, nobody: &Api) {
    let claims = json!({"sub": "ana", "exp": FAR, "email": "ana@example.com", "name": "Ana"});
    let token = jwt(&json!({"alg": "HS256"}), &claims, &club.secret);
    // what stands beside the token is not believed
    let body = json!({"identity_token": token, "name": "Eve", "email": "eve@example.com", "sub": "eve"});
    let ana = Visitor::start(nobody, &club.key, &body).await;
    ana.say("thanks").await;
    let path = format!("/api/v1/conversations/{}", ana.conversation_id);
    let contact = tenant.api.get(&path).expect(200).await["contact"].clone();
    assert_eq!(
        (&contact["name"], &contact["email"]),
        (&json!("Ana"), &json!("ana@example.com"))
    );
    // on another device it is the same conversation
    let elsewhere = club.customer(nobody, "ana").await;
    assert_eq!(elsewhere.conversation_id, ana.conversation_id);
    assert_eq!(
        elsewhere.history().await["messages"].as_array().map(Vec::len),
        Some(2)
    );
}

async fn an_anonymous_browser_sees_nothing_of_a_verified_customer(club: &Channel, nobody: &Api) {
    let ana = club.customer(nobody, "ana").await;
    let stranger = Visitor::start(
        nobody,
        &club.key,
        &json!({"name": "Ana", "email": "ana@example.com"}),
    )
    .await;
    let bo = club.customer(nobody, "bo").await;
    for visitor in [&stranger, &bo] {
        assert_ne!(visitor.conversation_id, ana.conversation_id);
        assert_eq!(visitor.history().await["messages"], json!([]));
    }
    // what was said before signing in stays with the anonymous browser
    stranger.say("thanks").await;
    let token = jwt(
        &json!({"alg": "HS256"}),
        &json!({"sub": "cleo", "exp": FAR}),
        &club.secret,
    );
    let cleo = Visitor::start(&stranger.api, &club.key, &json!({"identity_token": token})).await;
    assert_eq!(cleo.history().await["messages"], json!([]));
}

async fn a_channel_for_customers_turns_others_away(tenant: &Tenant, club: &Channel, nobody: &Api) {
    let before = Visitor::start(nobody, &club.key, &json!({})).await;
    let path = format!("/api/v1/channels/{}", club.id);
    let set = |required: bool| {
        tenant
            .api
            .patch(&path)
            .json(&json!({"settings": {"identity_required": required}}))
    };
    set(true).expect(200).await;
    club.start(nobody, &json!({}))
        .await
        .problem(401, "unauthenticated");
    club.start(&before.api, &json!({}))
        .await
        .problem(401, "unauthenticated");
    before.say_as("1", "thanks").await.problem(401, "unauthenticated");
    for read in ["messages", "events"] {
        before
            .api
            .get(&before.path(read))
            .send()
            .await
            .problem(401, "unauthenticated");
    }
    let ana = club.customer(nobody, "ana").await;
    ana.say("thanks").await;
    // a customer's browser goes on with its own token
    let again = Visitor::start(&ana.api, &club.key, &json!({})).await;
    assert_eq!(again.conversation_id, ana.conversation_id);
    set(false).expect(200).await;
}

async fn a_visitor_token_opens_its_own_channel_only(tenant: &Tenant, club: &Channel) {
    let visitor = tenant.visitor().await;
    visitor.say("thanks").await;
    let there = |rest: &str| format!("/api/widget/{}/{rest}", club.key);
    let message = json!({"client_message_id": "1", "text": "thanks"});
    let calls = [
        visitor.api.get(&there("messages")),
        visitor.api.get(&there("events")),
        visitor.api.post(&there("messages")).json(&message),
        visitor.api.post(&there("escalations")).json(&json!({})),
    ];
    for call in calls {
        call.send().await.problem(401, "unauthenticated");
    }
    // a session that is started there is somebody new
    let resumed = Visitor::start(&visitor.api, &club.key, &json!({})).await;
    assert_eq!(resumed.history().await["messages"], json!([]));
    // a changed token is worthless, and so is one of another kind
    let (claims, _) = visitor.token.rsplit_once('.').expect("a signature");
    for forged in [
        format!("{claims}."),
        format!("{claims}.AAAA"),
        tenant.api_key.clone(),
        String::new(),
    ] {
        let call = visitor.api.with_bearer(&forged).get(&visitor.path("messages"));
        call.send().await.problem(401, "unauthenticated");
    }
}

async fn a_new_secret_ends_the_old_one(tenant: &Tenant, club: &Channel, nobody: &Api) {
    let path = format!("/api/v1/channels/{}/identity-secret", club.id);
    let renewed = tenant.api.post(&path).expect(200).await;
    let secret = renewed["identity_secret"].as_str().expect("a secret");
    let token_by = |secret: &str| json!({"identity_token": jwt(&json!({"alg": "HS256"}), &json!({"sub": "ana", "exp": FAR}), secret)});
    assert_eq!(club.start(nobody, &token_by(&club.secret)).await.status, 401);
    club.start(nobody, &token_by(secret)).await.expect(200);
}

async fn a_second_device_goes_on_in_the_open_conversation(tenant: &Tenant, club: &Channel, nobody: &Api) {
    let phone = club.customer(nobody, "two-devices").await;
    phone.say("thanks").await;
    let past = format!("/api/v1/conversations/{}", phone.conversation_id);
    tenant
        .api
        .patch(&past)
        .json(&json!({"status": "resolved"}))
        .expect(200)
        .await;
    let laptop = club.customer(nobody, "two-devices").await;
    let open = laptop.say("thanks again").await["conversation"]["id"].clone();
    assert_ne!(open, json!(phone.conversation_id));
    assert_eq!(phone.say("and from here").await["conversation"]["id"], open);
    let renewed = Visitor::start(&phone.api, &club.key, &json!({})).await;
    assert_eq!(json!(renewed.conversation_id), open);
    let reply = json!({"client_message_id": "late", "text": "One more thing."});
    tenant
        .api
        .post(&format!("{past}/messages"))
        .json(&reply)
        .send()
        .await
        .problem(409, "another_open");
    let call = phone.api.post(&phone.path("escalations")).json(&json!({}));
    assert_eq!(call.expect(201).await["conversation"]["id"], open);
}

/// Three visitors are taken for one person, and the first merge is taken back: what was merged into the one who goes
/// goes with them, and reads nothing of the one who stays.
#[tokio::test]
async fn a_merge_that_is_taken_back_leaves_nobody_in_anothers_conversation() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let mut people = Vec::new();
    for name in ["Gina", "Mona", "Kim"] {
        let visitor = Visitor::start(&server.api, &tenant.channel_key, &json!({})).await;
        visitor.say(&format!("This is {name}.")).await;
        let path = format!("/api/v1/conversations/{}", visitor.conversation_id);
        let conversation = tenant.api.get(&path).expect(200).await;
        let contact = conversation["contact"]["id"].as_str().expect("an id").to_owned();
        people.push((visitor, contact));
    }
    let [(gina, g), (mona, m), (kim, k)] = &people[..] else {
        unreachable!()
    };
    let merge = async |kept: &str, merged: &str| {
        let path = format!("/api/v1/contacts/{kept}/merge/{merged}");
        tenant.api.post(&path).expect(200).await["merges"][0]["id"].clone()
    };
    let first = merge(m, g).await;
    let second = merge(k, m).await;
    let undo = async |kept: &str, merge: &Value| {
        let path = format!(
            "/api/v1/contacts/{kept}/merges/{}",
            merge.as_str().expect("an id")
        );
        tenant.api.delete(&path).send().await
    };
    undo(m, &first).await.problem(409, "merged_already");
    undo(k, &second).await.expect(200);
    kim.say("SECRET of Kim").await;
    for other in [gina, mona] {
        let seen = other.history().await.to_string();
        assert!(
            !seen.contains("SECRET") && !seen.contains("This is Kim"),
            "{seen}"
        );
    }
    undo(m, &first).await.expect(200);
    let seen = gina.history().await.to_string();
    assert!(
        seen.contains("This is Gina") && !seen.contains("This is Mona"),
        "{seen}"
    );
}
