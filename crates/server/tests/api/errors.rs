//! Every refusal is problem+json with the right status in it, and no input makes the server fail (RFC 9457).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use testkit::{Answer, Api, Method, Server, Tenant, require_runtime};
use uuid::Uuid;

use crate::support::server;

#[tokio::test]
async fn every_refusal_is_a_problem_that_says_what_to_do() {
    require_runtime!();
    let server = server().start().await;
    let tenant = server.tenant("Shop").await;
    unknown_addresses_are_not_found(&tenant).await;
    every_address_refuses_other_methods(&server, &tenant).await;
    a_body_may_come_in_the_smallest_pieces(&server).await;
    large_bodies_are_refused(&tenant).await;
    bodies_that_do_not_fit_are_refused(&tenant).await;
    queries_that_do_not_fit_are_refused(&tenant).await;
    a_refusal_tells_nothing_about_the_inside(&tenant).await;
    log_is_clean(&server);
}

async fn unknown_addresses_are_not_found(tenant: &Tenant) {
    let (key, id) = (&tenant.channel_key, Uuid::now_v7());
    for path in [
        "/nothing".to_owned(),
        "/api".into(),
        "/api/v1/nothing".into(),
        "/api/v2/qa-pairs".into(),
        "/api/v1/qa-pairs/".into(),
        "/api/v1/qa-pairs/not-a-uuid".into(),
        "/api/v1/qa-pairs/%00".into(),
        "/api/v1/qa-pairs/%ff".into(),
        format!("/api/v1/qa-pairs/{id}/nothing"),
        "/api/widget/ch_nothing".into(),
        "/api/widget/%00".into(),
        format!("/api/widget/{key}/nothing"),
        format!("/api/v1/conversations/{id}/messages/{id}/nothing"),
    ] {
        let answer = tenant.api.get(&path).send().await;
        let body = answer.problem(404, "not_found");
        assert_eq!(body["title"], "Not Found", "{path}");
    }
}

async fn every_address_refuses_other_methods(server: &Server, tenant: &Tenant) {
    let document = server.api.get("/openapi.json").expect(200).await;
    let mut refused = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        // whoever is no operator does not learn which methods the console knows
        if path.starts_with("/api/v1/instance/") {
            continue;
        }
        let known: Vec<String> = operations
            .as_object()
            .expect("operations")
            .keys()
            .map(|name| name.to_uppercase())
            .collect();
        let path = path.replace("{channel_key}", &tenant.channel_key);
        let path = path
            .replace("{id}", &Uuid::now_v7().to_string())
            .replace("{message_id}", &Uuid::now_v7().to_string());
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "BREW"] {
            if known.iter().any(|name| name == method)
                || (path.ends_with("/export") || path.ends_with("/import"))
            {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let answer = tenant.api.call(method, &path).send().await;
            let body = answer.problem(405, "method_not_allowed");
            assert_eq!(body["title"], "Method Not Allowed");
            let allowed = answer.header("allow").unwrap_or_default();
            assert!(
                known.iter().all(|name| allowed.contains(name.as_str())),
                "{path}: {allowed}"
            );
            refused += 1;
        }
    }
    assert!(refused > 100, "only {refused}");
}

async fn large_bodies_are_refused(tenant: &Tenant) {
    let huge = "x".repeat(20 * 1024);
    let answer = tenant.api.get("/healthz").header("x-note", &huge).send().await;
    assert_eq!(answer.status, 431);
    let visitor = tenant.visitor().await;
    let text = |bytes: usize| "x".repeat(bytes);
    let megabyte = 1 << 20;
    let pair = json!({"question": "Big?", "answer": text(megabyte)});
    tenant
        .api
        .post("/api/v1/qa-pairs")
        .json(&pair)
        .send()
        .await
        .problem(413, "body_too_large");
    visitor
        .say_as("1", &text(megabyte))
        .await
        .problem(413, "body_too_large");
    let session = json!({"page_url": text(megabyte)});
    let sessions = visitor.path("sessions");
    visitor
        .api
        .post(&sessions)
        .json(&session)
        .send()
        .await
        .problem(413, "body_too_large");
    let document = |bytes| json!({"title": "Big", "text": text(bytes)});
    let learn = |bytes| tenant.api.post("/api/v1/documents").json(&document(bytes)).send();
    learn(6 * megabyte).await.problem(413, "body_too_large");
    learn(5 * megabyte + 1).await.problem(422, "bad_text");
    let file = format!("question,answer\nBig?,{}\n", text(20 * megabyte));
    let import = tenant
        .api
        .post("/api/v1/qa-pairs/import")
        .body("text/csv", file)
        .send()
        .await;
    import.problem(413, "body_too_large");
}

async fn bodies_that_do_not_fit_are_refused(tenant: &Tenant) {
    let visitor = tenant.visitor().await;
    let messages = visitor.path("messages");
    let raw = |api: &Api, path: &str, kind: &str, body: &str| api.post(path).body(kind, body).send();
    let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
    for (kind, body) in [
        ("application/json", ""),
        ("application/json", "{"),
        ("application/json", "null"),
        ("application/json", "[]"),
        ("application/json", "{\"client_message_id\": 1, \"text\": \"Hi\"}"),
        ("application/json", "{\"text\": \"Hi\"}"),
        (
            "application/json",
            "{\"client_message_id\": \"1\", \"text\": \"\\ud800\"}",
        ),
        ("application/json", deep.as_str()),
        ("text/plain", "{\"client_message_id\": \"1\", \"text\": \"Hi\"}"),
        ("application/x-www-form-urlencoded", "client_message_id=1&text=Hi"),
    ] {
        raw(&visitor.api, &messages, kind, body)
            .await
            .problem(422, "invalid_body");
        raw(&tenant.api, "/api/v1/qa-pairs", kind, body)
            .await
            .problem(422, "invalid_body");
    }
    assert_eq!(visitor.history().await["messages"], json!([]));
    // what the database cannot hold
    visitor.say_as("nul", "a\u{0}b").await.problem(422, "bad_value");
    visitor.say_as("\u{0}", "thanks").await.problem(422, "bad_value");
    let pair = json!({"question": "a\u{0}b", "answer": "c"});
    tenant
        .api
        .post("/api/v1/qa-pairs")
        .json(&pair)
        .send()
        .await
        .problem(422, "bad_value");
}

async fn queries_that_do_not_fit_are_refused(tenant: &Tenant) {
    let visitor = tenant.visitor().await;
    for (path, code) in [
        ("/api/v1/conversations?limit=many", "invalid_query"),
        ("/api/v1/conversations?cursor=%00", "bad_cursor"),
        ("/api/v1/conversations?q=%00", "bad_value"),
        ("/api/v1/conversations?q=%ff", ""),
        ("/api/v1/qa-pairs?is_active=perhaps", "invalid_query"),
        ("/api/v1/qa-pairs?category=%00", "bad_value"),
        ("/api/v1/gaps?status=lost", "invalid_query"),
        ("/api/v1/gaps?cursor=AAAA", "bad_cursor"),
        (
            "/api/v1/evaluation-sets/0190c5a0-0000-7000-8000-000000000000/runs?limit=many",
            "invalid_query",
        ),
    ] {
        let answer = tenant.api.get(path).send().await;
        match code {
            "" => assert!(answer.status < 500, "{path}: {}", answer.text()),
            code => drop(answer.problem(422, code)),
        }
    }
    for limit in ["0", "-5", "100000", "9223372036854775807"] {
        tenant
            .api
            .get(&format!("/api/v1/conversations?limit={limit}"))
            .expect(200)
            .await;
    }
    for after in ["-1", "9223372036854775807", "-9223372036854775808"] {
        visitor
            .api
            .get(&visitor.path(&format!("messages?after={after}")))
            .expect(200)
            .await;
    }
    let path = visitor.path("messages?after=last");
    visitor.api.get(&path).send().await.problem(422, "invalid_query");
    for last in ["-1", "last", "9223372036854775807", "99999999999999999999"] {
        drop(
            visitor
                .api
                .get(&visitor.path("events"))
                .header("last-event-id", last)
                .stream()
                .await,
        );
    }
}

async fn a_refusal_tells_nothing_about_the_inside(tenant: &Tenant) {
    let body = json!({"provider": "openai_compatible", "model": "m", "key": "", "base_url": "http://169.254.169.254/v1"});
    let answer = tenant
        .api
        .post("/api/v1/llm-credentials")
        .json(&body)
        .send()
        .await;
    answer.problem(422, "address_not_allowed");
    careful(&answer);
    let answer = tenant
        .api
        .without_credential()
        .get("/api/v1/qa-pairs")
        .send()
        .await;
    answer.problem(401, "unauthenticated");
    careful(&answer);
}

/// Headers that keep browsers from guessing and keeping.
fn careful(answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for word in ["sqlx", "postgres", "panicked", "src/", "rapport_"] {
        assert!(!answer.text().contains(word), "{}", answer.text());
    }
}

/// Nothing above was a defect of the server.
fn log_is_clean(server: &Server) {
    let log = server.log();
    assert!(
        !log.contains("a request failed") && !log.contains("panicked"),
        "{log}"
    );
}

/// And it takes no more memory than it has bytes, give or take what the server does beside.
async fn a_body_may_come_in_the_smallest_pieces(server: &Server) {
    let (address, pid) = (server.url().replace("http://", ""), server.pid());
    let (status, grown) = tokio::task::spawn_blocking(move || send_by_bytes(&address, pid))
        .await
        .expect("sent");
    assert_eq!(status, "HTTP/1.1 422");
    assert!(grown < 20_000, "{grown} kB for a body of 20 kB");
}

/// The first words of the answer, and by how many kilobytes the server has grown meanwhile.
fn send_by_bytes(address: &str, pid: i32) -> (String, u64) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let body = format!("{}{{}}", " ".repeat(20_000));
    let head = format!(
        "POST /api/v1/session HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let before = resident_kilobytes(pid);
    for byte in body.as_bytes() {
        stream.write_all(&[*byte]).expect("sent");
        // so that each is read by itself
        std::thread::sleep(Duration::from_micros(50));
    }
    let grown = resident_kilobytes(pid).saturating_sub(before);
    let mut status = [0; 12];
    stream.read_exact(&mut status).expect("an answer");
    (String::from_utf8_lossy(&status).into_owned(), grown)
}

fn resident_kilobytes(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let digits = line.and_then(|line| line.split_whitespace().next());
    digits.and_then(|digits| digits.parse().ok()).expect("its memory")
}
