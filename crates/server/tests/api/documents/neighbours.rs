//! Several tenants whose files are read at the same time.

use chrono::{DateTime, FixedOffset};
use serde_json::{Value, json};
use testkit::require_runtime;

use super::build::pdf::pdf;
use super::build::word;
use super::{learn, settled, upload};
use crate::support::server;

fn done_at(document: &Value) -> DateTime<FixedOffset> {
    let at = document["updated_at"].as_str().expect("a time");
    DateTime::parse_from_rfc3339(at).expect("a time")
}

#[tokio::test]
async fn hostile_files_of_one_tenant_do_not_keep_another_waiting() {
    require_runtime!();
    let server = server().start().await;
    let hostile = crate::quick_tenant(&server).await;
    let honest = crate::quick_tenant(&server).await;
    let (bomb, crowd) = (word::zip_bomb(10_000), word::crowd(65_000));
    let mut sent = Vec::new();
    for behind in 0..4_u8 {
        for bytes in [&bomb, &crowd] {
            // what is the very same file is not taken twice
            let bytes = [bytes.as_slice(), &vec![0; behind.into()]].concat();
            sent.push(upload(&hostile, "a.docx", bytes).await.expect(202));
        }
    }
    let good = learn(
        &honest,
        "care.pdf",
        pdf(&["Oil the oak table with linseed oil once a year."]),
    )
    .await;
    assert_eq!(
        (&good["status"], &good["is_serving"]),
        (&json!("processed"), &json!(true)),
        "{good}"
    );
    let answered = honest.ask("How often should I oil the oak table?").await;
    assert!(
        answered.to_string().contains("linseed oil once a year"),
        "{answered}"
    );
    let mut last = None;
    for made in sent {
        let read = settled(&hostile, &made["id"]).await;
        assert_eq!(
            (&read["status"], &read["is_serving"]),
            (&json!("failed"), &json!(false))
        );
        assert!(
            read["error"]
                .as_str()
                .is_some_and(|error| error.contains("unpacks to more than 200 MB or 2,000 parts")),
            "{read}"
        );
        last = last.max(Some(done_at(&read)));
    }
    assert!(Some(done_at(&good)) < last, "it was served while they were read");
}
