//! Documents as files: read in the background, cited with their page, replaced while the earlier one answers.

use serde_json::{Value, json};
use testkit::{Answer, Method, Server, Tenant, require_runtime};

use crate::support::server;
use build::hostile;

#[path = "../../../documents/tests/files/build/mod.rs"]
mod build;
mod kinds;
mod neighbours;

async fn upload(tenant: &Tenant, name: &str, bytes: impl Into<Vec<u8>>) -> Answer {
    let path = format!("/api/v1/documents/files?filename={name}");
    tenant
        .api
        .post(&path)
        .body("application/octet-stream", bytes)
        .send()
        .await
}

async fn replace(tenant: &Tenant, id: &Value, name: &str, bytes: &str) -> Answer {
    let path = format!("{}/file?filename={name}", path_of(id));
    let call = tenant.api.call(Method::PUT, &path);
    call.body("application/octet-stream", bytes).send().await
}

fn path_of(id: &Value) -> String {
    format!("/api/v1/documents/{}", id.as_str().expect("an id"))
}

/// Follows the live stream until the document is not being read any more.
async fn settled(tenant: &Tenant, id: &Value) -> Value {
    let mut events = tenant.api.get("/api/v1/events").stream().await;
    loop {
        let document = tenant.api.get(&path_of(id)).expect(200).await;
        if document["status"] != "pending" {
            return document;
        }
        events.next().await.expect("an event when the reading goes on");
    }
}

async fn learn(tenant: &Tenant, name: &str, bytes: impl Into<Vec<u8>>) -> Value {
    let made = upload(tenant, name, bytes).await.expect(202);
    assert_eq!(
        (&made["status"], &made["is_serving"]),
        (&json!("pending"), &json!(false))
    );
    settled(tenant, &made["id"]).await
}

const CARE: &str =
    "# Care\nOil the oak table with linseed oil once a year, and wipe spilt wine off at once.\n";
const OTHER_CARE: &str =
    "# Care\nOil the oak table with tung oil every second winter, and wipe spilt wine off at once.\n";
const QUESTION: &str = "How often should I oil the oak table?";

#[tokio::test]
async fn a_file_is_read_answers_and_is_replaced_without_a_gap() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let read = learn(&tenant, "Care%20guide.md", CARE).await;
    let expected = json!({"title": "Care guide", "filename": "Care guide.md", "status": "processed", "is_serving": true, "language": "en"});
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&read[name], value, "{name} of {read}");
    }
    assert_eq!(read["embedded_count"], read["chunk_count"]);
    let passages = tenant
        .api
        .get(&format!("{}/passages", path_of(&read["id"])))
        .expect(200)
        .await;
    assert_eq!(passages["items"][0]["heading"], "Care guide › Care");
    let answered = tenant.ask(QUESTION).await;
    assert!(
        answered.to_string().contains("linseed oil once a year"),
        "{answered}"
    );

    // one that cannot be read takes nothing away
    let broken = replace(&tenant, &read["id"], "care.pdf", "%PDF-1.7 nonsense")
        .await
        .expect(202);
    assert_eq!(
        (&broken["status"], &broken["is_serving"]),
        (&json!("pending"), &json!(true))
    );
    let broken = settled(&tenant, &read["id"]).await;
    assert_eq!(
        (&broken["status"], &broken["is_serving"]),
        (&json!("failed"), &json!(true))
    );
    assert!(
        broken["error"]
            .as_str()
            .is_some_and(|error| error.contains("damaged")),
        "{broken}"
    );
    assert!(
        tenant
            .ask(QUESTION)
            .await
            .to_string()
            .contains("linseed oil once a year")
    );
    tenant
        .api
        .post(&format!("{}/retry", path_of(&read["id"])))
        .expect(202)
        .await;
    assert_eq!(settled(&tenant, &read["id"]).await["status"], "failed");

    replace(&tenant, &read["id"], "care.md", OTHER_CARE)
        .await
        .expect(202);
    settled(&tenant, &read["id"]).await;
    let answered = tenant.ask(QUESTION).await.to_string();
    assert!(
        answered.contains("tung oil every second winter") && !answered.contains("linseed"),
        "{answered}"
    );
    let file = tenant
        .api
        .get(&format!("{}/file", path_of(&read["id"])))
        .send()
        .await;
    assert_eq!((file.status, file.text().as_str()), (200, OTHER_CARE));
    assert_eq!(
        file.header("content-disposition"),
        Some("attachment; filename*=UTF-8''care.md")
    );

    tenant.api.delete(&path_of(&read["id"])).expect(204).await;
    assert_eq!(tenant.ask(QUESTION).await["answer"]["gap_detected"], true);
}

#[tokio::test]
async fn what_nobody_can_read_is_refused_at_once_or_says_why_later() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    upload(&tenant, "a.exe", b"MZ\0\0\0".to_vec())
        .await
        .problem(422, "unreadable_file");
    upload(&tenant, "a.txt", " ")
        .await
        .problem(422, "unreadable_file");
    upload(&tenant, "a%0Ab.txt", "text")
        .await
        .problem(422, "bad_filename");
    let too_large = upload(&tenant, "a.txt", vec![b'a'; 20 * 1024 * 1024 + 1]).await;
    assert_eq!(too_large.status, 413, "{}", too_large.text());
}

#[tokio::test]
async fn files_that_were_made_to_do_harm_say_why_they_are_not_read_and_harm_nobody() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    // as large as the largest of them, and harmless
    let plain = learn(&tenant, "plain.txt", "Oil it. ".repeat(10 * 1024 * 1024 / 8)).await;
    assert_eq!(plain["status"], "failed", "{plain}");
    let before = peak_memory(&server);
    let mut count = 0;
    for (what, name, bytes, expected) in hostile::archives().into_iter().chain(hostile::pdfs()) {
        let answer = upload(&tenant, name, bytes).await;
        if answer.status == 422 {
            let refused = answer.problem(422, "unreadable_file");
            fits(what, &expected, &refused["detail"]);
            continue;
        }
        let read = settled(&tenant, &answer.expect(202)["id"]).await;
        let ended = (read["status"].as_str(), read["is_serving"].as_bool());
        match expected.text {
            Some(_) => assert_eq!(ended, (Some("processed"), Some(true)), "{what}: {read}"),
            None => {
                assert_eq!(ended, (Some("failed"), Some(false)), "{what}: {read}");
                fits(what, &expected, &read["error"]);
            }
        }
        count += 1;
    }
    assert!(count >= 20, "{count} files");
    // the one after them is read, and the server goes on as if nothing had happened
    let good = "Gift cards are valid for three years from the day of purchase.";
    let good = upload(&tenant, "gifts.txt", good).await.expect(202);
    assert_eq!(settled(&tenant, &good["id"]).await["status"], "processed");
    let answered = tenant.ask("How long are gift cards valid?").await.to_string();
    assert!(answered.contains("three years from the day"), "{answered}");
    let grown = peak_memory(&server).saturating_sub(before);
    println!("the server itself has grown by {grown} kB");
    assert!(
        grown <= 50 * 1024,
        "the server itself has grown by {grown} kB (R30)"
    );
}

fn fits(what: &str, expected: &hostile::Expected, said: &Value) {
    let said = said.as_str().unwrap_or_default();
    let fits = expected.reasons.iter().any(|reason| said.contains(reason));
    assert!(fits, "{what}: {said}");
}

/// In kilobytes.
fn peak_memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("the status");
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("a peak");
    peak.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[tokio::test]
async fn texts_and_files_share_their_room_and_what_is_replaced_makes_some() {
    require_runtime!();
    let server = server().set("RAPPORT_FILES_PER_TENANT_MB", "1").start().await;
    let tenant = crate::quick_tenant(&server).await;
    let large = |about: &str| format!("The {about} is open. ").repeat(700 * 1024 / 24);
    let read = learn(&tenant, "hall.txt", large("hall")).await;
    assert_eq!(read["status"], "processed", "{read}");
    let answer = upload(&tenant, "yard.txt", large("yard")).await;
    answer.problem(409, "no_room_for_files");
    let text = json!({"title": "Yard", "text": large("yard")});
    let answer = tenant.api.post("/api/v1/documents").json(&text).send().await;
    answer.problem(409, "no_room_for_files");
    let replaced = replace(&tenant, &read["id"], "hall.txt", &large("barn")).await;
    assert_eq!(replaced.status, 202, "{}", replaced.text());
}
