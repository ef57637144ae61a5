//! Who is told what, and when.

use serde_json::json;
use testkit::{Mail, MailServer, Method, Receiver, Reply, require_runtime};

use super::{all_are_gone, choose, hand_over, log, look, server_with, wait_for_status, wait_longer};

#[tokio::test]
async fn a_visitor_who_waits_is_told_to_those_who_chose_it_once_and_not_when_somebody_answered() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let tenant = crate::quick_tenant(&server).await;
    let ana = server.member(&tenant, "ana@shop.example", "agent").await;
    let bo = server.member(&tenant, "bo@shop.example", "agent").await;
    let cy = server.member(&tenant, "cy@shop.example", "agent").await;
    choose(&ana, "all", "now").await;
    choose(&bo, "mine", "now").await;
    choose(&cy, "all", "never").await;
    let mut owner = server.owner().await;

    let visitor = tenant.visitor().await;
    visitor.say("Hello").await;
    // a colleague takes over, and the visitor goes on
    ana.post(&format!(
        "/api/v1/conversations/{}/messages",
        visitor.conversation_id
    ))
    .json(&json!({"client_message_id": "1", "text": "I am Ana."}))
    .expect(201)
    .await;
    visitor.say("My order 4711 is <b>late</b>").await;
    all_are_gone(&mut owner).await;
    look(&mut owner, &tenant).await;
    // nothing yet: two minutes have not passed
    wait_longer(&mut owner, visitor.conversation_id, 3).await;
    look(&mut owner, &tenant).await;
    let told = mail.wait_for("ana@shop.example", 1).await.remove(0);
    let text = told.text();
    assert!(text.contains("> My order 4711 is <b>late</b>"), "{text}");
    let link = format!(
        "https://chat.example.com/app/{}/inbox/{}",
        tenant.slug, visitor.conversation_id
    );
    assert!(text.contains(&link), "{text}");
    assert!(!told.raw.contains("text/html"));
    assert!(!told.header("Subject").expect("a subject").contains("4711"));

    // again: the same waiting is not told twice
    visitor.say("Are you there?").await;
    look(&mut owner, &tenant).await;
    // another waiting is; the first one's end shows that the look in between is over
    ana.post(&format!(
        "/api/v1/conversations/{}/messages",
        visitor.conversation_id
    ))
    .json(&json!({"client_message_id": "2", "text": "Yes."}))
    .expect(201)
    .await;
    visitor.say("And now?").await;
    all_are_gone(&mut owner).await;
    wait_longer(&mut owner, visitor.conversation_id, 3).await;
    look(&mut owner, &tenant).await;
    let told = mail.wait_for("ana@shop.example", 2).await;
    assert!(told[1].text().contains("> And now?"), "{}", told[1].text());
    assert!(!told[1].text().contains("Are you there"), "{}", told[1].text());

    // Ana has the conversation, for she answered first: Bo and Cy heard nothing
    assert!(mail.mails().iter().all(|mail| mail.to == "ana@shop.example"));
    let log = log(&tenant.api).await;
    assert_eq!(log.len(), 2, "{log:?}");
    let signed = told[0].header("List-Unsubscribe").expect("a way out");
    unsubscribing_needs_a_click(&server, &ana, &signed, &told[0]).await;
}

async fn unsubscribing_needs_a_click(
    server: &testkit::Server,
    ana: &testkit::Api,
    header: &str,
    told: &Mail,
) {
    let link = header.trim_matches(['<', '>']).to_owned();
    assert!(told.text().contains(&link), "{}", told.text());
    let path = link
        .strip_prefix("https://chat.example.com")
        .expect("our address")
        .to_owned();
    let api = server.api.without_credential();
    let page = api.get(&path).send().await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<button>"));
    assert!(
        page.header("content-security-policy")
            .expect("a policy")
            .contains("default-src 'none'")
    );
    let choices = ana.get("/api/v1/profile/email-choices").expect(200).await;
    assert_eq!(choices["pace"], "now", "{choices}");
    let mut forged = path.clone().into_bytes();
    let at = path.len() - 10;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).expect("ASCII");
    api.get(&forged).send().await.problem(404, "not_found");
    api.post(&forged).send().await.problem(404, "not_found");
    let done = api
        .post(&path)
        .body("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click")
        .send()
        .await;
    assert_eq!(done.status, 200, "{}", done.text());
    let choices = ana.get("/api/v1/profile/email-choices").expect(200).await;
    assert_eq!(
        (&choices["pace"], &choices["messages"]),
        (&json!("never"), &json!("all")),
        "{choices}"
    );
}

#[tokio::test]
async fn an_escalation_is_told_at_once_with_the_business_hours_and_to_whoever_is_there_not_at_all() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let tenant = crate::quick_tenant(&server).await;
    let admin = server.member(&tenant, "boss@shop.example", "admin").await;
    choose(&admin, "all", "never").await;
    let ana = server.member(&tenant, "ana@shop.example", "agent").await;
    server.member(&tenant, "eye@shop.example", "viewer").await;
    let mut owner = server.owner().await;
    closed_today(&mut owner, &tenant).await;

    // an address that nobody signs in with is confirmed first
    let address = |body: serde_json::Value| {
        admin
            .call(Method::PUT, "/api/v1/email-settings/escalation-address")
            .json(&body)
    };
    let asked = address(json!({"address": "desk@elsewhere.example"}))
        .expect(202)
        .await;
    assert_eq!(
        (&asked["address"], &asked["is_code_needed"]),
        (&json!(null), &json!(true)),
        "{asked}"
    );
    let letter = mail.wait_for("desk@elsewhere.example", 1).await.remove(0);
    address(json!({"address": "desk@elsewhere.example", "code": "AAAAAAAA"}))
        .send()
        .await
        .problem(422, "wrong_code");
    let text = letter.text();
    let code = text
        .lines()
        .find(|line| line.starts_with("    "))
        .expect("a code")
        .trim();
    address(json!({"address": "other@elsewhere.example", "code": code}))
        .send()
        .await
        .problem(422, "wrong_code");
    address(json!({"address": "desk@elsewhere.example", "code": code}))
        .expect(200)
        .await;

    all_are_gone(&mut owner).await;
    let visitor = tenant.visitor().await;
    visitor
        .say("I want to talk to a person, my order 4711 is late")
        .await;
    hand_over(&visitor).await;
    let told = mail.wait_for("ana@shop.example", 1).await.remove(0);
    let desk = mail.wait_for("desk@elsewhere.example", 2).await.remove(1);
    for mail in [&told, &desk] {
        let text = mail.text();
        assert!(
            text.contains("4711") && text.contains("outside your business hours"),
            "{text}"
        );
        assert!(text.contains("You open again on"), "{text}");
    }
    // told once, also by later looks, and as an escalation only
    wait_longer(&mut owner, visitor.conversation_id, 3).await;
    look(&mut owner, &tenant).await;

    // who is there sees it on the screen
    sqlx::query("insert into member_states (tenant_id, user_id, last_seen_at) select tenant_id, user_id, now() from memberships
        on conflict (tenant_id, user_id) do update set last_seen_at = now()")
        .execute(&mut owner)
        .await
        .expect("here");
    let second = tenant.visitor().await;
    second.say("Somebody please").await;
    hand_over(&second).await;
    let desk = mail.wait_for("desk@elsewhere.example", 3).await;
    assert!(desk[2].text().contains("Somebody please"), "{}", desk[2].text());
    assert_eq!(mail.wait_for("ana@shop.example", 1).await.len(), 1);
    assert!(
        mail.mails()
            .iter()
            .all(|mail| !mail.to.starts_with("boss") && !mail.to.starts_with("eye"))
    );
    drop(ana);
}

/// Open only on the day after tomorrow.
async fn closed_today(owner: &mut sqlx::PgConnection, tenant: &testkit::Tenant) {
    let day: String = sqlx::query_scalar("select trim(to_char(now() + interval '2 days', 'day'))")
        .fetch_one(owner)
        .await
        .expect("a weekday");
    let mut settings = tenant.api.get("/api/v1/inbox-settings").expect(200).await;
    settings["business_hours"] = json!({day: [["09:00", "17:00"]]});
    tenant
        .api
        .call(Method::PUT, "/api/v1/inbox-settings")
        .json(&settings)
        .expect(200)
        .await;
}

#[tokio::test]
async fn a_digest_holds_what_is_still_open_and_a_mention_reaches_the_one_it_is_for() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let tenant = crate::quick_tenant(&server).await;
    let ana = server.member(&tenant, "ana@shop.example", "agent").await;
    let bo = server.member(&tenant, "bo@shop.example", "agent").await;
    choose(&ana, "all", "hourly").await;
    choose(&bo, "none", "now").await;
    let mut owner = server.owner().await;
    let (answered, open) = (tenant.visitor().await, tenant.visitor().await);
    for (visitor, text) in [(&answered, "First question"), (&open, "Second question")] {
        visitor.say(text).await;
        hand_over(visitor).await;
    }
    let me = bo.get("/api/v1/session").expect(200).await;
    let note = json!({"client_note_id": "n1", "text": "Bo, do you know?", "mentions": [me["user"]["id"]]});
    ana.post(&format!("/api/v1/conversations/{}/notes", open.conversation_id))
        .json(&note)
        .expect(201)
        .await;
    all_are_gone(&mut owner).await;
    wait_longer(&mut owner, open.conversation_id, 3).await;
    wait_longer(&mut owner, answered.conversation_id, 3).await;
    look(&mut owner, &tenant).await;
    let mention = wait_for_mention(&mail).await;
    assert!(
        mention.text().contains("> Bo, do you know?"),
        "{}",
        mention.text()
    );

    // the hour is not full yet; one is answered, then it is
    tenant.reply(answered.conversation_id, "Here you are.").await;
    sqlx::query("update email_notices set due_at = now() where is_digest")
        .execute(&mut owner)
        .await
        .expect("due");
    look(&mut owner, &tenant).await;
    let digest = mail.wait_for("ana@shop.example", 1).await.remove(0);
    let text = digest.text();
    assert!(
        text.contains("Second question") && !text.contains("First question"),
        "{text}"
    );
    wait_for_status(&tenant.api, "sent").await;
    assert_eq!(mail.wait_for("ana@shop.example", 1).await.len(), 1);
}

/// Bo is told of the two escalations too.
async fn wait_for_mention(mail: &MailServer) -> Mail {
    let came = mail.wait_for("bo@shop.example", 3).await;
    let found = came.into_iter().find(|mail| {
        mail.header("Subject")
            .is_some_and(|subject| subject.contains("mentioned") || mail.text().contains("note"))
    });
    found.expect("a mention")
}

#[tokio::test]
async fn a_webhook_that_was_switched_off_is_told_to_owners_and_admins_once() {
    require_runtime!();
    let mail = MailServer::start().await;
    let server = server_with(&mail).await;
    let tenant = crate::quick_tenant(&server).await;
    server.user(&tenant, "owner@shop.example", "owner").await;
    server.user(&tenant, "boss@shop.example", "admin").await;
    let ana = server.member(&tenant, "ana@shop.example", "agent").await;
    choose(&ana, "all", "now").await;
    let silent = server.member(&tenant, "silent@shop.example", "admin").await;
    choose(&silent, "all", "never").await;
    let mut owner = server.owner().await;
    let receiver = Receiver::start().await;
    let url = format!("{}/s3cret", receiver.url());
    let body = json!({"url": url, "event_types": ["conversation.created"]});
    let made = tenant
        .api
        .post("/api/v1/webhook-endpoints")
        .json(&body)
        .expect(201)
        .await;
    let path = format!(
        "/api/v1/webhook-endpoints/{}",
        made["endpoint"]["id"].as_str().expect("an id")
    );
    receiver.reply(Reply::Status(410));
    for round in 1..=2 {
        tenant.visitor().await.say("Hello").await;
        receiver.next().await;
        look_until_told(&mut owner, &tenant, &mail, round).await;
        // told is told
        look(&mut owner, &tenant).await;
        tenant
            .api
            .patch(&path)
            .json(&json!({"is_enabled": true}))
            .expect(200)
            .await;
    }
    for to in ["owner@shop.example", "boss@shop.example"] {
        let told = mail.wait_for(to, 2).await;
        assert_eq!(told.len(), 2, "{to}");
        let text = told[0].text();
        assert!(text.contains("410") && text.contains("127.0.0.1"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
        let link = format!("https://chat.example.com/app/{}/settings/webhooks", tenant.slug);
        assert!(text.contains(&link), "{text}");
    }
    let log = log(&tenant.api).await;
    let webhooks = log.iter().filter(|mail| mail["kind"] == "webhook");
    assert_eq!(webhooks.count(), 4, "{log:#?}");
    assert!(
        mail.mails()
            .iter()
            .all(|mail| matches!(mail.to.as_str(), "owner@shop.example" | "boss@shop.example"))
    );
}

/// The endpoint is switched off a moment after its answer.
async fn look_until_told(
    owner: &mut sqlx::PgConnection,
    tenant: &testkit::Tenant,
    mail: &MailServer,
    count: usize,
) {
    let is_off = || async {
        let list = tenant.api.get("/api/v1/webhook-endpoints").expect(200).await;
        list["items"][0]["is_enabled"] == false
    };
    while !is_off().await {}
    look(owner, tenant).await;
    for to in ["owner@shop.example", "boss@shop.example"] {
        mail.wait_for(to, count).await;
    }
}
