//! Files as Typst, ReportLab and qpdf write them, small enough to lie in `samples`: subset fonts, fonts that are not
//! in the file, object streams, encryption.

use documents::{Reading, Unreadable};

use crate::build::word::{heading, paragraph, word};
use crate::{read, reader};

async fn sample(name: &str) -> Result<Reading, Unreadable> {
    let path = format!("{}/tests/files/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    read(&reader(), &std::fs::read(path).unwrap(), name).await
}

async fn pages(name: &str) -> Vec<String> {
    let reading = sample(name)
        .await
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let numbers: Vec<_> = reading.pages.iter().map(|page| page.number).collect();
    let expected: Vec<_> = (1..).map(Some).take(numbers.len()).collect();
    assert_eq!(numbers, expected, "{name}");
    reading
        .pages
        .into_iter()
        .map(|page| page.text.trim().to_owned())
        .collect()
}

#[tokio::test]
async fn headings_and_pages_are_kept_however_the_file_is_packed() {
    for name in [
        "linearized.pdf",
        "rotated.pdf",
        "no-password.pdf",
        "no-password-rc4.pdf",
    ] {
        let expected: Vec<String> = (1..=2)
            .map(|n| format!("# Care, part {n}\n\nOil the table once a year, says page {n}."))
            .collect();
        assert_eq!(pages(name).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_password_is_asked_for() {
    assert_eq!(sample("locked.pdf").await.err(), Some(Unreadable::Protected));
}

#[tokio::test]
async fn columns_are_read_one_after_the_other_without_what_every_page_repeats() {
    let pages = pages("columns.pdf").await;
    let all = pages.join("\n\n");
    let clause = "les clients préfèrent être livrés à domicile ; le délai est de trois à cinq jours ouvrés et coûte 4,90 €.";
    let found: Vec<usize> = (1..13)
        .map(|n| {
            all.find(&format!("## Article {n}\n\nClause {n} : L’été, {clause}"))
                .unwrap_or_else(|| panic!("{n}: {all}"))
        })
        .collect();
    assert!(found.is_sorted(), "{all}");
    assert!(pages[0].starts_with("# Conditions"), "{all}");
    assert!(!all.contains("Maison Dupont"), "{all}");
}

#[tokio::test]
async fn a_table_keeps_its_rows() {
    let expected = "# Prices\n\n| Item | Wood | Price |\n| --- | --- | --- |\n| Chair | oak | 49.50 |\n| Table | ash | 199.00 |\n\n\
        The office offers efficient final fixes.";
    assert_eq!(pages("table.pdf").await, [expected]);
}

#[tokio::test]
async fn arabic_chinese_and_japanese_come_in_the_order_of_reading() {
    for (name, expected) in [
        (
            "arabic.pdf",
            "# سياسة الإرجاع\n\nيمكنك إرجاع المنتج خلال 14 يوما من تاريخ الشراء.",
        ),
        (
            "chinese.pdf",
            "# 退货政策\n\n您可以在购买之日起十四天内退货，请保留原始发票。",
        ),
        ("not-embedded.pdf", "三日から五日でお届けします。"),
    ] {
        assert_eq!(pages(name).await, [expected], "{name}");
    }
}

#[tokio::test]
async fn a_word_file_goes_the_same_way() {
    let word = word(&format!(
        "{}{}",
        heading("Care"),
        paragraph("Oil it once a year.")
    ));
    let reading = read(&reader(), &word, "care.docx").await.unwrap();
    assert_eq!(reading.pages[0].number, None);
    assert_eq!(reading.pages[0].text.trim(), "# Care\n\nOil it once a year.");
}
