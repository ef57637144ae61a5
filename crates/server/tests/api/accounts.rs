//! One's own account: profile, password, list of sessions, and the second factor.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha1::Sha1;
use testkit::{Answer, Api, Server, require_runtime};

use crate::support::server;

const PASSWORD: &str = "a long password";

#[tokio::test]
async fn an_account_is_in_the_hands_of_its_person() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    let ana = server.member(&tenant, "ana@shop.example", "owner").await;
    let bo = server.member(&tenant, "bo@shop.example", "agent").await;
    preferences_are_kept_and_the_name_is_everywhere(&ana, &bo).await;
    sessions_are_seen_and_ended_by_their_owner(&server, &ana, &bo).await;
    a_new_password_ends_the_other_sessions(&server, &bo).await;
    let una = server.member(&tenant, "una@shop.example", "admin").await;
    a_second_factor_is_asked_for_and_works_once(&server, &una).await;
    guesses_of_codes_count_as_guesses_of_passwords(&server).await;
    a_lost_phone_is_no_lost_account(&server).await;
    server
        .rapport(&["user", "reset-two-factor", "una@shop.example"])
        .await;
    let log = ana.get("/api/v1/audit-log").expect(200).await.to_string();
    for action in ["password_changed", "two_factor_enabled", "two_factor_disabled"] {
        assert!(log.contains(action), "{action}: {log}");
    }
}

async fn preferences_are_kept_and_the_name_is_everywhere(ana: &Api, bo: &Api) {
    let profile = ana.get("/api/v1/profile").expect(200).await;
    let expected = json!({"name": "Robin", "email": "ana@shop.example", "has_two_factor": false, "language": null, "theme": "auto",
        "density": "comfortable", "single_keys": true, "notifications": {"sound": true, "browser": false, "only_mine": false}});
    assert_eq!(profile, expected);
    let patch = async |body: Value| ana.patch("/api/v1/profile").json(&body).send().await;
    let body = json!({"name": " Ana B. ", "language": "fr", "single_keys": false, "notifications": {"browser": true}});
    let changed = patch(body).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["theme"]),
        (&json!("Ana B."), &json!("auto"))
    );
    assert_eq!(
        changed["notifications"],
        json!({"sound": true, "browser": true, "only_mine": false})
    );
    assert_eq!(ana.get("/api/v1/session").expect(200).await["profile"], changed);
    assert_eq!(
        patch(json!({"language": null})).await.expect(200)["language"],
        Value::Null
    );
    patch(json!({"theme": "pink"})).await.problem(422, "invalid_body");
    patch(json!({"name": ""})).await.problem(422, "bad_name");
    let members = ana.get("/api/v1/members").expect(200).await;
    assert!(members.to_string().contains("Ana B."), "{members}");
    assert_eq!(bo.get("/api/v1/profile").expect(200).await["name"], "Robin");
}

async fn sessions_are_seen_and_ended_by_their_owner(server: &Server, ana: &Api, bo: &Api) {
    let second = server.api.sign_in("ana@shop.example", PASSWORD).await;
    let third = server.api.sign_in("ana@shop.example", PASSWORD).await;
    let list = ana.get("/api/v1/sessions").expect(200).await;
    let items = list["items"].as_array().expect("a list");
    let current: Vec<&Value> = items.iter().map(|one| &one["is_current"]).collect();
    assert_eq!(current, [true, false, false]);
    assert!(!list.to_string().contains("token"), "{list}");
    let own = |list: &Value, index: usize| {
        format!(
            "/api/v1/sessions/{}",
            list["items"][index]["id"].as_str().expect("an id")
        )
    };
    let seconds = second.get("/api/v1/sessions").expect(200).await;
    // somebody else's session looks like none
    bo.delete(&own(&seconds, 0))
        .send()
        .await
        .problem(404, "not_found");
    second.get("/api/v1/session").expect(200).await;
    ana.delete(&own(&seconds, 0)).expect(204).await;
    second
        .get("/api/v1/session")
        .send()
        .await
        .problem(401, "unauthenticated");
    ana.delete("/api/v1/sessions").expect(204).await;
    third
        .get("/api/v1/session")
        .send()
        .await
        .problem(401, "unauthenticated");
    ana.get("/api/v1/session").expect(200).await;
    bo.get("/api/v1/session").expect(200).await;
}

async fn a_new_password_ends_the_other_sessions(server: &Server, bo: &Api) {
    let other = server.api.sign_in("bo@shop.example", PASSWORD).await;
    let change = async |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        bo.post("/api/v1/profile/password").json(&body).send().await
    };
    change("wrong", "another password")
        .await
        .problem(422, "wrong_password");
    change(PASSWORD, "short").await.problem(422, "bad_password");
    other.get("/api/v1/session").expect(200).await;
    change(PASSWORD, "another password").await.expect(204);
    other
        .get("/api/v1/session")
        .send()
        .await
        .problem(401, "unauthenticated");
    bo.get("/api/v1/session").expect(200).await;
    sign_in(server, "bo@shop.example", PASSWORD, None)
        .await
        .problem(401, "unauthenticated");
    sign_in(server, "bo@shop.example", "another password", None)
        .await
        .expect(200);
}

async fn sign_in(server: &Server, email: &str, password: &str, code: Option<&str>) -> Answer {
    let body = json!({"email": email, "password": password, "code": code});
    server.api.post("/api/v1/session").json(&body).send().await
}

/// What an authenticator app would show, so many steps from now.
struct App {
    secret: Vec<u8>,
    step: i64,
}

impl App {
    fn read(setup: &Value) -> Self {
        let text = setup["secret_base32"].as_str().expect("a secret");
        let bits: String = text
            .bytes()
            .map(|letter| {
                let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
                    .iter()
                    .position(|known| *known == letter);
                format!("{:05b}", value.expect("base32"))
            })
            .collect();
        let bytes = bits.as_bytes().chunks_exact(8);
        let secret = bytes
            .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).expect("bits"), 2).expect("a byte"));
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .expect("after 1970");
        Self {
            secret: secret.collect(),
            step: i64::try_from(now.as_secs() / 30).expect("a time"),
        }
    }

    fn code(&self, steps: i64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.secret).expect("a key");
        mac.update(&(self.step + steps).to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let offset = usize::from(hash[19] & 15);
        let number =
            u32::from_be_bytes(hash[offset..offset + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

async fn a_second_factor_is_asked_for_and_works_once(server: &Server, una: &Api) {
    let confirm = async |code: &str| {
        una.post("/api/v1/profile/two-factor/confirm")
            .json(&json!({"code": code}))
            .send()
            .await
    };
    confirm("123456").await.problem(409, "two_factor_not_set_up");
    let begin = async |password: &str| {
        una.post("/api/v1/profile/two-factor")
            .json(&json!({"password": password}))
            .send()
            .await
    };
    begin("wrong").await.problem(422, "wrong_password");
    confirm("123456").await.problem(409, "two_factor_not_set_up");
    begin(PASSWORD).await.expect(200);
    // set up and not proven: nothing is asked for, and the secret may be made anew
    let elsewhere = server.api.sign_in("una@shop.example", PASSWORD).await;
    let setup = begin(PASSWORD).await.expect(200);
    assert!(
        setup["otpauth_url"]
            .as_str()
            .expect("a URL")
            .starts_with("otpauth://totp/Rapport:una%40shop.example?secret=")
    );
    assert!(
        setup["qr"]["path"]
            .as_str()
            .expect("a path")
            .starts_with("M4 4h7v1")
    );
    let app = App::read(&setup);
    confirm("000000").await.problem(422, "two_factor_wrong");
    let codes = confirm(&app.code(0)).await.expect(200);
    let codes: Vec<&str> = codes["recovery_codes"]
        .as_array()
        .expect("codes")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(codes.len(), 10);
    // what was opened without the factor ends
    una.get("/api/v1/session").expect(200).await;
    elsewhere
        .get("/api/v1/session")
        .send()
        .await
        .problem(401, "unauthenticated");
    confirm(&app.code(1)).await.problem(409, "two_factor_is_on");
    begin(PASSWORD).await.problem(409, "two_factor_is_on");
    let members = una.get("/api/v1/members").expect(200).await;
    let proven: Vec<&Value> = members["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| &one["has_two_factor"])
        .collect();
    assert_eq!(proven, [false, false, true]);

    let enter = async |code: Option<&str>| sign_in(server, "una@shop.example", PASSWORD, code).await;
    let asked = enter(None).await;
    asked.problem(401, "two_factor_required");
    assert_eq!(asked.cookie(), None);
    sign_in(server, "una@shop.example", "wrong password", Some(&app.code(1)))
        .await
        .problem(401, "unauthenticated");
    // the code that proved the factor is used up, and so is each after it
    enter(Some(&app.code(0))).await.problem(401, "two_factor_wrong");
    let spaced = app.code(1);
    let spaced = format!("{} {}", &spaced[..3], &spaced[3..]);
    enter(Some(&spaced)).await.expect(200);
    enter(Some(&app.code(1))).await.problem(401, "two_factor_wrong");
    let dump = database_of(server).await;
    assert!(
        !dump.contains(setup["secret_base32"].as_str().expect("a secret")),
        "sealed"
    );
    assert!(
        !dump.contains(codes[0]) && !dump.contains(&codes[0].replace('-', "")),
        "hashed"
    );
    let turn_off = async |password: &str| {
        una.delete("/api/v1/profile/two-factor")
            .json(&json!({"password": password}))
            .send()
            .await
    };
    turn_off("wrong").await.problem(422, "wrong_password");
}

async fn database_of(server: &Server) -> String {
    let users: Value = sqlx::query_scalar("select jsonb_agg(to_jsonb(u)) from platform.users u")
        .fetch_one(&mut server.owner().await)
        .await
        .expect("rows");
    users.to_string()
}

/// Signs up, and turns the second factor on.
async fn protected(server: &Server, email: &str) -> (Api, App, Vec<String>) {
    let account = json!({"email": email, "password": PASSWORD, "name": "Kim", "business_name": "Kim"});
    let answer = server.api.post("/api/v1/sign-up").json(&account).send().await;
    answer.expect(201);
    let api = server.api.with_cookie(&answer.cookie().expect("a cookie"));
    let begin = api
        .post("/api/v1/profile/two-factor")
        .json(&json!({"password": PASSWORD}));
    let app = App::read(&begin.expect(200).await);
    let call = api
        .post("/api/v1/profile/two-factor/confirm")
        .json(&json!({"code": app.code(0)}));
    let codes = call.expect(200).await;
    let codes = codes["recovery_codes"].as_array().expect("codes").iter();
    (
        api,
        app,
        codes
            .filter_map(|code| code.as_str().map(str::to_owned))
            .collect(),
    )
}

async fn guesses_of_codes_count_as_guesses_of_passwords(server: &Server) {
    let (_, app, codes) = protected(server, "eve@shop.example").await;
    for guess in 0..10 {
        let code = format!("{guess:06}");
        sign_in(server, "eve@shop.example", PASSWORD, Some(&code))
            .await
            .problem(401, "two_factor_wrong");
    }
    for code in [app.code(1), codes[0].clone()] {
        sign_in(server, "eve@shop.example", PASSWORD, Some(&code))
            .await
            .problem(429, "rate_limited");
    }
}

async fn a_lost_phone_is_no_lost_account(server: &Server) {
    let (kim, _, codes) = protected(server, "kim@shop.example").await;
    let enter = async |code: Option<&str>| sign_in(server, "kim@shop.example", PASSWORD, code).await;
    enter(Some(&codes[0].to_uppercase())).await.expect(200);
    enter(Some(&codes[0])).await.problem(401, "two_factor_wrong");
    enter(Some(&codes[9])).await.expect(200);
    // the password alone does not turn it off, nor does a code that was used
    let turn_off = async |code: Option<&str>| {
        kim.delete("/api/v1/profile/two-factor")
            .json(&json!({"password": PASSWORD, "code": code}))
            .send()
            .await
    };
    for code in [None, Some("000000"), Some(codes[0].as_str())] {
        turn_off(code).await.problem(422, "two_factor_wrong");
    }
    enter(None).await.problem(401, "two_factor_required");
    turn_off(Some(&codes[1])).await.expect(204);
    enter(None).await.expect(200);
    // without the codes the operator helps
    let (_, _, _) = protected(server, "lee@shop.example").await;
    let reset = server
        .rapport(&["user", "reset-two-factor", "lee@shop.example"])
        .await;
    assert_eq!(reset["email"], "lee@shop.example");
    sign_in(server, "lee@shop.example", PASSWORD, None)
        .await
        .expect(200);
}
