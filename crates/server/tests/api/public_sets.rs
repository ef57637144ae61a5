//! `rapport eval --public`: the whole measurement, on sets small enough to know what must come out.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use testkit::require_runtime;

use crate::support::server;

#[tokio::test]
async fn the_public_sets_are_measured_beside_plain_vectors_and_full_text() {
    require_runtime!();
    let server = server().start().await;
    let folder = tempfile::tempdir().expect("a folder");
    write_sets(folder.path());
    let path = folder.path().to_str().expect("a path in UTF-8");
    let measured = server.rapport(&["eval", "--public", path]).await;
    let sets = measured.as_array().expect("a list");
    let set = |name: &str| sets.iter().find(|set| set["set"] == name).expect(name);
    for name in ["BANKING77, 5 examples", "SQuAD", "PIAF", "XQuAD zh"] {
        let found = &set(name)["found"];
        assert_eq!(
            (&found["rapport"]["first"], &found["nearest_vector"]["among_five"]),
            (&json!(1.0), &json!(1.0)),
            "{name}: {found}"
        );
    }
    let full_text = &set("SQuAD")["found"]["full_text"];
    assert_eq!(
        full_text["first"], 1.0,
        "PostgreSQL was really asked: {full_text}"
    );
    let gaps = set("BANKING77 10 examples, 27 intents unknown");
    assert_eq!((&gaps["questions"], &gaps["gaps"]), (&json!(3), &json!(1)));
    assert!(gaps["auroc_gaps"]["rapport"]["value"].is_number(), "{gaps}");
    assert!(gaps["confidence"]["reliability"].is_array(), "{gaps}");
}

#[tokio::test]
async fn a_folder_without_the_sets_is_named() {
    require_runtime!();
    let server = server().start().await;
    let said = server
        .try_rapport(&["eval", "--public", "/nowhere/at/all"], "")
        .await;
    let error = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(
        !said.status.success() && error.contains("/nowhere/at/all"),
        "{error}"
    );
    let empty = tempfile::tempdir().expect("a folder");
    let path = empty.path().to_str().expect("a path in UTF-8");
    let said = server.try_rapport(&["eval", "--public", path], "").await;
    let error = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(!said.status.success() && error.contains("banking77"), "{error}");
}

fn write_sets(folder: &Path) {
    let banking = folder.join("banking77");
    fs::create_dir_all(&banking).expect("a folder");
    let pairs = "text,category\nWhere is my card?,arrival\nMy card has not come,arrival\nI forgot my PIN,pin\n\
        How do I reset my PIN?,pin\nWhat is the exchange rate?,rate\nWhich rate do you use for euros?,rate\n";
    for file in ["train.csv", "train_10shot.csv", "train_5shot.csv"] {
        fs::write(banking.join(file), pairs).expect("a file");
    }
    let asked = "text,category\nMy card is still not here,arrival\nCan I reset the PIN?,pin\nWhat exchange rate is it?,rate\n";
    fs::write(banking.join("test.csv"), asked).expect("a file");
    fs::write(banking.join("oos_intents.json"), "[\"rate\"]").expect("a file");
    for set in [
        "squad-v2", "piaf-fr", "xquad/en", "xquad/de", "xquad/es", "xquad/zh", "xquad/ar",
    ] {
        write_reading(&folder.join(set));
    }
    let bank = folder.join("bank-kb");
    fs::create_dir_all(&bank).expect("a folder");
    let document = json!({"id": "d1", "title": "Cards", "text": "A lost card is blocked at once."});
    let scenario = json!({"scenario": "You have lost your card.", "required_documents": ["d1"]});
    lines(&bank.join("documents.jsonl"), &[document]);
    lines(&bank.join("scenarios.jsonl"), &[scenario]);
}

/// Six paragraphs, of which two are left out where confidence is judged.
fn write_reading(folder: &Path) {
    fs::create_dir_all(folder).expect("a folder");
    let about = [
        "zebras",
        "volcanoes",
        "violins",
        "bicycles",
        "glaciers",
        "lighthouses",
    ];
    let passage = |(at, what): (usize, &&str)| json!({"id": format!("p{at}"), "title": what, "text": format!("The museum shows {what} on floor {at}.")});
    let question = |(at, what): (usize, &&str)| json!({"question": format!("Where does the museum show {what}?"), "passage_id": format!("p{at}")});
    let passages: Vec<Value> = about.iter().enumerate().map(passage).collect();
    let questions: Vec<Value> = about.iter().enumerate().map(question).collect();
    lines(&folder.join("passages.jsonl"), &passages);
    lines(&folder.join("questions.jsonl"), &questions);
}

fn lines(path: &Path, rows: &[Value]) {
    let text: Vec<String> = rows.iter().map(Value::to_string).collect();
    fs::write(path, text.join("\n")).expect("a file");
}
