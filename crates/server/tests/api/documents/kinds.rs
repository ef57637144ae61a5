//! Files as offices send them: a source says on which page or under which heading it stands, a passage in which
//! language it is written.

use serde_json::{Value, json};
use testkit::{Tenant, require_runtime};

use super::build::pdf::pdf;
use super::build::sheet::sheet;
use super::build::word::{heading, paragraph, word};
use super::learn;
use crate::support::server;

async fn learn_all(tenant: &Tenant, files: &[(&str, Vec<u8>)]) {
    for (name, bytes) in files {
        let read = learn(tenant, name, bytes.clone()).await;
        assert_eq!(read["status"], "processed", "{read}");
    }
}

#[tokio::test]
async fn an_answer_from_a_file_names_the_page_or_the_heading_that_it_stands_under() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    let guide = pdf(&[
        "Oil the oak table with linseed oil once a year.",
        "Our workshop in the harbour mends broken chairs on Tuesdays.",
        "Gift cards are valid for three years from the day of purchase.",
    ]);
    let terms = word(&format!(
        "{}{}{}{}",
        heading("Delivery"),
        paragraph("A sofa is delivered within nine working days by two people."),
        heading("Warranty"),
        paragraph("Every mattress has a warranty of twelve years against sagging."),
    ));
    let prices = sheet(
        "Prices",
        &[
            &["Item", "Wood", "Price"],
            &["Bookshelf", "ash", "199 euros"],
            &["Writing desk", "walnut", "449 euros"],
        ],
    );
    learn_all(
        &tenant,
        &[
            ("guide.pdf", guide),
            ("terms.docx", terms),
            ("prices.xlsx", prices),
        ],
    )
    .await;
    for (question, said, source) in [
        (
            "When does the workshop mend broken chairs?",
            "on Tuesdays",
            "guide · p. 2",
        ),
        (
            "How many years of warranty does a mattress have?",
            "twelve years",
            "terms › Warranty",
        ),
        (
            "What is the price of the walnut writing desk?",
            "- Item: Writing desk; Wood: walnut; Price: 449 euros",
            "prices › Prices",
        ),
    ] {
        let answer = tenant.ask(question).await["answer"].clone();
        assert!(
            answer["text"].as_str().is_some_and(|text| text.contains(said)),
            "{answer}"
        );
        assert_eq!(
            (&answer["sources"][0]["kind"], &answer["sources"][0]["title"]),
            (&json!("passage"), &json!(source)),
            "{answer}"
        );
    }
}

const BILINGUAL: &str = "# Returns\nYou may send back a lamp within thirty days, in its box and with the receipt.\n\n\
    # Opening hours\nThe shop in the old station is open from nine to six, every day but Sunday.\n\n\
    # Livraison\nNous livrons les canapés en huit jours ouvrés partout en France, et deux personnes les montent chez vous.\n\n\
    # Garantie\nTous nos matelas sont garantis pendant douze ans contre l'affaissement de la mousse.\n";

#[tokio::test]
async fn each_passage_of_a_bilingual_file_has_its_own_language_and_is_found_in_it() {
    require_runtime!();
    let server = server().start().await;
    let tenant = crate::quick_tenant(&server).await;
    learn_all(&tenant, &[("both.md", BILINGUAL.into())]).await;
    for (question, heading, language) in [
        (
            "How many days do I have to send back a lamp?",
            "both › Returns",
            "en",
        ),
        (
            "On which days is the shop in the old station open?",
            "both › Opening hours",
            "en",
        ),
        (
            "En combien de jours livrez-vous les canapés ?",
            "both › Livraison",
            "fr",
        ),
        (
            "Pendant combien d'années les matelas sont-ils garantis ?",
            "both › Garantie",
            "fr",
        ),
    ] {
        let body = json!({"question": question});
        let played = tenant
            .api
            .post("/api/v1/playground")
            .json(&body)
            .expect(200)
            .await;
        assert_eq!(played["answer"]["sources"][0]["title"], heading, "{played}");
        let found = &played["candidates"][0];
        assert_eq!(
            (&found["title"], &found["language"]),
            (&json!(heading), &json!(language)),
            "{found}"
        );
        let candidates = played["candidates"].as_array().expect("candidates");
        let of = |language: &str| {
            candidates
                .iter()
                .filter(|one| one["language"] == language)
                .count()
        };
        assert_eq!((of("en"), of("fr")), (2, 2), "{candidates:?}");
    }
    let both = tenant.api.get("/api/v1/documents").expect(200).await;
    assert_ne!(both["items"][0]["language"], Value::Null);
}
