//! Accounts and browser sessions: signing up, in and out, the cookie, writes from other sites, and guessing (R35).

use serde_json::{Value, json};
use testkit::{Answer, Api, Server, require_runtime};

use crate::support::server;

const PASSWORD: &str = "a long password";

#[tokio::test]
async fn a_session_is_bound_to_its_browser_and_ends_when_it_should() {
    require_runtime!();
    let server = server().start().await;
    let signed_up = sign_up(&server, "ana@shop.example").await;
    the_cookie_is_for_this_host_alone(&signed_up);
    a_session_says_who_is_signed_in(&server, &signed_up).await;
    unusable_accounts_are_refused(&server).await;
    signing_in_makes_a_new_session(&server).await;
    signing_out_ends_the_session(&server).await;
    writes_come_from_the_dashboard_itself(&server).await;
    a_wrong_password_and_an_unknown_address_look_alike(&server).await;
    a_new_password_ends_all_sessions(&server).await;
}

#[tokio::test]
async fn a_stranger_locks_nobody_out() {
    require_runtime!();
    let server = server()
        .set("RAPPORT_TRUSTED_PROXIES", "[\"127.0.0.1\"]")
        .start()
        .await;
    let signed_up = sign_up(&server, "ana@shop.example").await;
    let ana = server.api.with_cookie(&signed_up.cookie().expect("a cookie"));
    let enter = async |address: &str, password: &str| {
        let body = json!({"email": "ana@shop.example", "password": password});
        let call = server.api.post("/api/v1/session").json(&body);
        call.header("x-forwarded-for", address).send().await
    };
    for attempt in 0..15 {
        let answer = enter("203.0.113.1", "a wrong password").await;
        match attempt {
            0..10 => answer.problem(401, "unauthenticated"),
            _ => answer.problem(429, "rate_limited"),
        };
    }
    enter("198.51.100.7", PASSWORD).await.expect(200);
    let change = json!({"current_password": "a wrong password", "new_password": "another password"});
    let change = ana.post("/api/v1/profile/password").json(&change);
    change.send().await.problem(422, "wrong_password");
    // many strangers together have an end too: ten, Ana herself and eighty-nine make a hundred
    for attempt in 0..89 {
        let answer = enter(&format!("203.0.113.{}", 100 + attempt), "a wrong password").await;
        answer.problem(401, "unauthenticated");
    }
    enter("203.0.113.99", PASSWORD).await.problem(429, "rate_limited");
    // who is inside is counted apart
    let change = json!({"current_password": PASSWORD, "new_password": "another password"});
    let change = ana.post("/api/v1/profile/password").json(&change);
    change.expect(204).await;
}

async fn sign_up(server: &Server, email: &str) -> Answer {
    let account = json!({"email": email, "password": PASSWORD, "name": "Ana", "business_name": "Ana's Shop"});
    let answer = server.api.post("/api/v1/sign-up").json(&account).send().await;
    answer.expect(201);
    answer
}

async fn try_sign_in(api: &Api, email: &str, password: &str) -> Answer {
    api.post("/api/v1/session")
        .json(&json!({"email": email, "password": password}))
        .send()
        .await
}

fn the_cookie_is_for_this_host_alone(answer: &Answer) {
    let cookie = answer.header("set-cookie").expect("a cookie");
    let mut parts: Vec<&str> = cookie.split(';').map(str::trim).collect();
    let (name, token) = parts.remove(0).split_once('=').expect("a name");
    assert_eq!(name, "__Host-rapport_session");
    assert!(token.len() >= 40, "{token}");
    parts.sort_unstable();
    assert_eq!(
        parts,
        ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Lax", "Secure"]
    );
    assert!(!answer.text().contains(token), "the token is in the cookie only");
}

async fn a_session_says_who_is_signed_in(server: &Server, signed_up: &Answer) {
    let session = signed_up.json();
    assert_eq!(session["user"]["email"], "ana@shop.example");
    assert_eq!(session["user"]["name"], "Ana");
    assert_eq!(session["tenant"]["name"], "Ana's Shop");
    assert_eq!(session["tenant"]["slug"], "ana-s-shop");
    assert_eq!(session["role"], "owner");
    let browser = server.api.with_cookie(&signed_up.cookie().expect("a cookie"));
    assert_eq!(browser.get("/api/v1/session").expect(200).await, session);
    let channels = browser.get("/api/v1/channels").expect(200).await;
    assert_eq!(
        channels["items"].as_array().map(Vec::len),
        Some(1),
        "a first widget"
    );
    server
        .api
        .get("/api/v1/session")
        .send()
        .await
        .problem(401, "unauthenticated");
}

async fn unusable_accounts_are_refused(server: &Server) {
    for (email, password, name, business, status, code) in [
        ("ANA@shop.example", PASSWORD, "Ana", "Other", 409, "email_taken"),
        ("ana", PASSWORD, "Ana", "Other", 422, "bad_email"),
        ("bo@shop.example", "short", "Bo", "Other", 422, "bad_password"),
        ("bo@shop.example", PASSWORD, " ", "Other", 422, "bad_name"),
        ("bo@shop.example", PASSWORD, "Bo", " ", 422, "bad_name"),
    ] {
        let account = json!({"email": email, "password": password, "name": name, "business_name": business});
        let answer = server.api.post("/api/v1/sign-up").json(&account).send().await;
        answer.problem(status, code);
        assert_eq!(answer.cookie(), None);
    }
    // nothing of a refused account is left behind
    try_sign_in(&server.api, "bo@shop.example", PASSWORD)
        .await
        .problem(401, "unauthenticated");
    let tenants = server.rapport(&["tenant", "list"]).await;
    assert_eq!(tenants, json!({"tenants": ["ana-s-shop"]}));
}

async fn signing_in_makes_a_new_session(server: &Server) {
    let first = try_sign_in(&server.api, "ana@shop.example", PASSWORD).await;
    the_cookie_is_for_this_host_alone(&first);
    let before = server.api.with_cookie(&first.cookie().expect("a cookie"));
    // the browser still has its old session when it signs in again
    let second = try_sign_in(&before, " Ana@Shop.Example ", PASSWORD).await;
    assert_eq!(second.expect(200)["user"]["email"], "ana@shop.example");
    assert_ne!(second.cookie(), first.cookie());
    before
        .get("/api/v1/session")
        .send()
        .await
        .problem(401, "unauthenticated");
    server
        .api
        .with_cookie(&second.cookie().expect("a cookie"))
        .get("/api/v1/session")
        .expect(200)
        .await;

    let planted = server
        .api
        .with_cookie("__Host-rapport_session=planted-by-somebody-else");
    let third = try_sign_in(&planted, "ana@shop.example", PASSWORD).await;
    third.expect(200);
    assert!(!third.cookie().expect("a cookie").contains("planted"));
    planted
        .get("/api/v1/session")
        .send()
        .await
        .problem(401, "unauthenticated");
}

async fn signing_out_ends_the_session(server: &Server) {
    let (here, there) = (sign_in(server).await, sign_in(server).await);
    let answer = here.delete("/api/v1/session").send().await;
    answer.expect(204);
    let cleared = answer.header("set-cookie").expect("a cookie that clears");
    assert!(
        cleared.starts_with("__Host-rapport_session=; ") && cleared.contains("Max-Age=0"),
        "{cleared}"
    );
    here.get("/api/v1/session")
        .send()
        .await
        .problem(401, "unauthenticated");
    there.get("/api/v1/session").expect(200).await;
}

async fn sign_in(server: &Server) -> Api {
    server.api.sign_in("ana@shop.example", PASSWORD).await
}

/// What a browser says about where a request comes from.
async fn writes_come_from_the_dashboard_itself(server: &Server) {
    let browser = sign_in(server).await;
    let cookie = {
        let answer = try_sign_in(&server.api, "ana@shop.example", PASSWORD).await;
        answer.cookie().expect("a cookie")
    };
    let base = server.url();
    let host = base.trim_start_matches("http://");
    let pair = json!({"question": "Is this a forgery?", "answer": "It must not be."});
    for (headers, allowed) in [
        (vec![("sec-fetch-site", "same-origin")], true),
        (vec![("sec-fetch-site", "cross-site")], false),
        (vec![("sec-fetch-site", "same-site")], false),
        (vec![("sec-fetch-site", "none")], false),
        (
            vec![("sec-fetch-site", "cross-site"), ("origin", base.as_str())],
            false,
        ),
        (vec![("origin", base.as_str())], true),
        (vec![("origin", "https://evil.example")], false),
        (vec![("origin", "null")], false),
        (vec![("origin", host)], false),
        (vec![], false),
    ] {
        let with = |call: testkit::Call| {
            let call = call.header("cookie", &cookie);
            headers
                .iter()
                .fold(call, |call, (name, value)| call.header(name, value))
        };
        let wrote = with(server.api.post("/api/v1/qa-pairs").json(&pair)).send().await;
        let read = with(server.api.get("/api/v1/qa-pairs")).send().await;
        read.expect(200);
        match allowed {
            true => drop(wrote.expect(201)),
            false => drop(wrote.problem(403, "cross_site_request")),
        }
    }
    // another site can neither sign a browser in, nor up, nor out
    let body = json!({"email": "ana@shop.example", "password": PASSWORD, "name": "A", "business_name": "B"});
    for path in ["/api/v1/session", "/api/v1/sign-up"] {
        let foreign = server
            .api
            .post(path)
            .header("origin", "https://evil.example")
            .json(&body);
        let answer = foreign.send().await;
        answer.problem(403, "cross_site_request");
        assert_eq!(answer.cookie(), None);
    }
    let foreign = server
        .api
        .delete("/api/v1/session")
        .header("cookie", &cookie)
        .header("sec-fetch-site", "cross-site");
    foreign.send().await.problem(403, "cross_site_request");
    browser.get("/api/v1/session").expect(200).await;
}

async fn a_wrong_password_and_an_unknown_address_look_alike(server: &Server) {
    let account =
        json!({"email": "eve@shop.example", "password": PASSWORD, "name": "Eve", "business_name": "Eve"});
    server
        .api
        .post("/api/v1/sign-up")
        .json(&account)
        .expect(201)
        .await;
    let mut answers = Vec::new();
    for email in ["eve@shop.example", "nobody@shop.example"] {
        for attempt in 0..10 {
            // neither the spelling nor a claimed address makes it another account
            let email = if attempt % 2 == 0 {
                email.to_uppercase()
            } else {
                format!(" {email}")
            };
            let body = json!({"email": email, "password": "a wrong password"});
            let call = server
                .api
                .post("/api/v1/session")
                .header("x-forwarded-for", &format!("203.0.113.{attempt}"));
            let answer = call.json(&body).send().await;
            answer.problem(401, "unauthenticated");
            assert_eq!(answer.cookie(), None);
            answers.push(answer.body);
        }
        let limited = try_sign_in(&server.api, email, PASSWORD).await;
        limited.problem(429, "rate_limited");
        let wait: u64 = limited
            .header("retry-after")
            .and_then(|wait| wait.parse().ok())
            .expect("seconds");
        assert!((1..=900).contains(&wait), "{wait}");
    }
    assert!(answers.iter().all(|body| *body == answers[0]), "told apart");
    // the others are not in the way of it
    sign_in(server).await;
}

async fn a_new_password_ends_all_sessions(server: &Server) {
    let arguments = [
        "user",
        "create",
        "kim@shop.example",
        "--name",
        "Kim",
        "--tenant",
        "ana-s-shop",
        "--role",
        "viewer",
    ];
    server.rapport_with_input(&arguments, PASSWORD).await;
    let browser = server.api.sign_in("kim@shop.example", PASSWORD).await;
    let session: Value = browser.get("/api/v1/session").expect(200).await;
    assert_eq!(session["role"], "viewer");
    server
        .rapport_with_input(&["user", "password", "kim@shop.example"], "another password")
        .await;
    browser
        .get("/api/v1/session")
        .send()
        .await
        .problem(401, "unauthenticated");
    try_sign_in(&server.api, "kim@shop.example", PASSWORD)
        .await
        .problem(401, "unauthenticated");
    server.api.sign_in("kim@shop.example", "another password").await;
}
