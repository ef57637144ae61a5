//! Mail servers: the operator's, a workspace's own, and what they do wrong.

use serde_json::{Value, json};
use testkit::{Api, MailManners, MailServer, Method, require_runtime};

use super::{log, server_with, wait_for_status};
use crate::support::server;

#[tokio::test]
async fn a_test_mail_says_what_the_mail_server_said() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let tenant = server.tenant("Café Zoë\u{1F600}").await;
    let admin = server.member(&tenant, "ana@shop.example", "admin").await;
    let agent = server.member(&tenant, "agent@shop.example", "agent").await;
    agent
        .post("/api/v1/email-settings/test")
        .send()
        .await
        .problem(403, "permission_missing");
    tenant
        .api
        .post("/api/v1/email-settings/test")
        .send()
        .await
        .problem(403, "not_a_person");

    let sent = test(&admin).await;
    assert_eq!(
        (&sent["status"], &sent["error"]),
        (&json!("sent"), &Value::Null),
        "{sent}"
    );
    let came = mail.wait_for("ana@shop.example", 1).await.remove(0);
    assert_eq!(came.from, "rapport@example.com");
    assert!(came.header("Subject").expect("a subject").is_ascii());
    assert!(
        came.raw.is_ascii() && came.text().contains("test mail"),
        "{}",
        came.raw
    );
    assert_eq!(came.header("Auto-Submitted").as_deref(), Some("auto-generated"));

    mail.behave(MailManners::RefuseRecipient("550 5.1.1 no such user here".into()));
    let refused = test(&admin).await;
    assert_eq!(refused["status"], "failed");
    assert!(
        refused["error"]
            .as_str()
            .expect("words")
            .contains("no such user here"),
        "{refused}"
    );

    mail.behave(MailManners::Busy("421 4.3.2 closed for today".into()));
    let busy = test(&admin).await;
    assert_eq!(busy["status"], "failed");
    assert!(
        busy["error"]
            .as_str()
            .expect("words")
            .contains("closed for today"),
        "{busy}"
    );

    // the text was on its way: nobody knows, and nobody sends it again
    mail.behave(MailManners::CutAfterData);
    let cut = test(&admin).await;
    assert_eq!(
        (&cut["status"], &cut["attempts"]),
        (&json!("unknown"), &json!(1)),
        "{cut}"
    );
    assert_eq!(mail.mails().len(), 1);
    assert_eq!(log(&admin).await.len(), 4);
}

async fn test(admin: &Api) -> Value {
    admin.post("/api/v1/email-settings/test").expect(200).await
}

#[tokio::test]
async fn a_workspace_may_send_by_a_mail_server_of_its_own() {
    require_runtime!();
    let (operators, own) = (
        MailServer::start().await,
        MailServer::with_login("shop", "correct horse battery").await,
    );
    let server = server_with(&operators).await;
    let tenant = server.tenant("Shop").await;
    let admin = server.member(&tenant, "ana@shop.example", "admin").await;
    let before = admin.get("/api/v1/email-settings").expect(200).await;
    assert_eq!(
        (&before["source"], &before["own"]),
        (&json!("installation"), &Value::Null),
        "{before}"
    );

    let mut settings = json!({"host": "127.0.0.1", "port": own.port(), "tls": "none", "username": "shop",
        "password": "correct horse battery", "from_address": "Shop <mail@shop.example>"});
    let set = put(&admin, &settings).await.expect(200);
    assert_eq!(
        (&set["source"], &set["own"]["password_last4"]),
        (&json!("workspace"), &json!("tery")),
        "{set}"
    );
    assert!(!set.to_string().contains("horse"), "{set}");
    let mut owner = server.owner().await;
    let stored: String = sqlx::query_scalar("select encrypted_password from email_settings")
        .fetch_one(&mut owner)
        .await
        .expect("a row");
    assert!(
        !stored.contains("horse") && stored.split(':').count() == 3,
        "{stored}"
    );
    assert_eq!(test(&admin).await["status"], "sent");
    assert_eq!(
        own.wait_for("ana@shop.example", 1).await[0].from,
        "mail@shop.example"
    );
    assert!(operators.mails().is_empty());

    // without the password: kept for the same door, asked for at another
    settings.as_object_mut().expect("an object").remove("password");
    put(&admin, &settings).await.expect(200);
    assert_eq!(test(&admin).await["status"], "sent");
    settings["username"] = json!("other");
    put(&admin, &settings).await.problem(422, "password_needed");
    settings["password"] = json!("wrong");
    put(&admin, &settings).await.expect(200);
    let refused = test(&admin).await;
    assert!(
        refused["error"]
            .as_str()
            .expect("words")
            .contains("wrong password"),
        "{refused}"
    );

    // a row that is moved to another workspace does not open
    let other = server.tenant("Other").await;
    let stranger = server.member(&other, "eve@other.example", "admin").await;
    sqlx::query("update email_settings set tenant_id = $1")
        .bind(other.id)
        .execute(&mut owner)
        .await
        .expect("moved");
    stranger
        .post("/api/v1/email-settings/test")
        .send()
        .await
        .problem(500, "internal");
    sqlx::query("update email_settings set tenant_id = $1")
        .bind(tenant.id)
        .execute(&mut owner)
        .await
        .expect("back");

    let back = admin.delete("/api/v1/email-settings").expect(200).await;
    assert_eq!(back["source"], "installation", "{back}");
    assert_eq!(test(&admin).await["status"], "sent");
    assert_eq!(operators.mails().len(), 1);
    let audit = admin.get("/api/v1/audit-log").expect(200).await.to_string();
    assert!(
        audit.contains("mail_server_changed") && audit.contains("mail_server_removed"),
        "{audit}"
    );
    assert!(!audit.contains("horse"), "{audit}");
}

async fn put(admin: &Api, settings: &Value) -> testkit::Answer {
    admin
        .call(Method::PUT, "/api/v1/email-settings")
        .json(settings)
        .send()
        .await
}

#[tokio::test]
async fn a_workspace_reaches_no_mail_server_inside_and_speaks_to_none_without_the_encryption_it_asked_for() {
    require_runtime!();
    let mail = MailServer::start().await;
    let closed = server().set("RAPPORT_OUTBOUND_ALLOW", "").start().await;
    let tenant = closed.tenant("Shop").await;
    let admin = closed.member(&tenant, "ana@shop.example", "admin").await;
    admin
        .post("/api/v1/email-settings/test")
        .send()
        .await
        .problem(409, "no_mail_server");
    let settings = |host: &str, port: u16| json!({"host": host, "port": port, "tls": "none", "from_address": "a@shop.example"});
    for (host, port) in [
        ("127.0.0.1", mail.port()),
        ("localhost", mail.port()),
        ("127.0.0.1", 25),
        ("[::1]", 25),
        ("::ffff:10.0.0.1", 587),
        ("169.254.169.254", 25),
        ("2130706433", 25),
        ("8.8.8.8", 6379),
        ("8.8.8.8", 443),
    ] {
        let answer = put(&admin, &settings(host, port)).await;
        assert_eq!(answer.status, 422, "{host}:{port} {}", answer.text());
    }
    put(&admin, &settings("bad host", 25))
        .await
        .problem(422, "bad_host");
    let mut bad = settings("8.8.8.8", 25);
    bad["from_address"] = json!("a@shop.example\r\nBcc: eve@example.com");
    put(&admin, &bad).await.problem(422, "bad_sender");
    assert!(mail.said().is_empty());

    let open = server().start().await;
    let tenant = open.tenant("Shop").await;
    let admin = open.member(&tenant, "ana@shop.example", "admin").await;
    let mut settings = settings("127.0.0.1", mail.port());
    settings["tls"] = json!("starttls");
    put(&admin, &settings).await.expect(200);
    let refused = test(&admin).await;
    assert_eq!(refused["status"], "failed", "{refused}");
    assert!(
        mail.said().iter().all(|line| !line.starts_with("MAIL")),
        "{:?}",
        mail.said()
    );
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_again_and_one_that_hangs_up_is_not() {
    require_runtime!();
    let mail = MailServer::start().await;
    let mut server = server_with(&mail).await;
    let tenant = server.tenant("Shop").await;
    let admin = server.member(&tenant, "ana@shop.example", "admin").await;
    let mut owner = server.owner().await;
    super::all_are_gone(&mut owner).await;

    mail.behave(MailManners::Busy("421 later please".into()));
    super::hand_over(&tenant.visitor().await).await;
    let waiting = super::until(&tenant.api, |mail| mail["error"] != Value::Null).await;
    assert_eq!(
        (&waiting["status"], &waiting["attempts"]),
        (&json!("queued"), &json!(1)),
        "{waiting}"
    );
    mail.behave(MailManners::Take);
    retry_now(&mut owner).await;
    let sent = wait_for_status(&tenant.api, "sent").await;
    assert_eq!(sent["attempts"], 2, "{sent}");
    assert_eq!(mail.wait_for("ana@shop.example", 1).await.len(), 1);
    let kept: Option<String> = sqlx::query_scalar("select body from emails")
        .fetch_one(&mut owner)
        .await
        .expect("a row");
    assert_eq!(kept, None, "the text is not kept once it was sent");

    mail.behave(MailManners::CutAfterData);
    super::hand_over(&tenant.visitor().await).await;
    let unknown = wait_for_status(&tenant.api, "unknown").await;
    assert_eq!(unknown["attempts"], 1, "{unknown}");

    // killed in the middle of a dialogue: whoever finds it does not send it again
    mail.behave(MailManners::Hang);
    super::hand_over(&tenant.visitor().await).await;
    wait_for_status(&tenant.api, "sending").await;
    drop(owner);
    server.kill().await;
    mail.behave(MailManners::Take);
    server.start_again().await;
    let found = wait_for_status(&tenant.api, "unknown").await;
    assert!(
        found["error"].as_str().expect("words").contains("stopped"),
        "{found}"
    );
    assert_eq!(mail.mails().len(), 1);
    let metrics = server.api.get("/metrics").send().await.text();
    let counted = "rapport_emails_total{kind=\"escalation\",outcome=\"unknown\"} 1";
    assert!(metrics.contains(counted), "{metrics}");
    drop(admin);
}

#[tokio::test]
async fn a_mail_that_waits_while_the_clock_is_put_back_does_not_wait_an_hour_longer() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let tenant = server.tenant("Shop").await;
    let _admin = server.member(&tenant, "ana@shop.example", "admin").await;
    let mut owner = server.owner().await;
    super::all_are_gone(&mut owner).await;
    mail.behave(MailManners::Busy("421 later please".into()));
    super::hand_over(&tenant.visitor().await).await;
    super::until(&tenant.api, |mail| mail["error"] != Value::Null).await;
    mail.behave(MailManners::Take);
    server.put_clock_back().await;
    // the queue follows the clock by itself; here the minute of the pause is over
    let now = "update graphile_worker._private_jobs set run_at = now()";
    sqlx::query(now).execute(&mut owner).await.expect(now);
    let sent = wait_for_status(&tenant.api, "sent").await;
    assert_eq!(sent["attempts"], 2, "{sent}");
}

/// As if the time for the next attempt had come.
async fn retry_now(owner: &mut sqlx::PgConnection) {
    for sql in [
        "update emails set next_attempt_at = now() where status = 'queued'",
        "select graphile_worker.add_job(identifier => 'send_email', payload => json_build_object('tenant', tenant_id, 'email', id),
            queue_name => 'email/' || id, job_key => 'email/' || id) from emails where status = 'queued'",
    ] {
        sqlx::query(sql).execute(&mut *owner).await.expect(sql);
    }
}

/// Codes to confirm an address go to whatever address a workspace names: it is not to be a way to write to strangers.
#[tokio::test]
async fn a_workspace_asks_few_addresses_for_their_confirmation() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let tenant = server.tenant("Shop").await;
    let admin = server.member(&tenant, "ana@shop.example", "admin").await;
    let ask = async |number: usize| {
        let body = json!({"address": format!("stranger{number}@example.org")});
        let call = admin.call(Method::PUT, "/api/v1/email-settings/escalation-address");
        call.json(&body).send().await
    };
    for number in 0..5 {
        ask(number).await.expect(202);
    }
    ask(5).await.problem(429, "rate_limited");
}
