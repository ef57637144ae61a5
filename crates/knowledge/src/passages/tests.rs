use super::*;
use crate::retrieval::text::words;

const DOCUMENT: &str = "\
Intro paragraph about our returns. It has two sentences, one of them by Dr. Smith.

## Exchanges

You can exchange an item within 30 days:

- The item is unworn and has its label.
- You have the receipt.
- The shoe box is not damaged, because we sell the shoes again in the same box and nobody wants a broken one.
  - Except for boots.

### Shoes

| Size | Price | Weight |
|------|-------|--------|
| 36 | 49.90 € | 300 g |
| 37 | 49.90 € | 310 g |
| 38 | 54.90 € | 330 g |
| 39 | 54.90 € | 340 g |
| 40 | 59.90 € | 350 g |
| 41 | 59.90 € | 360 g |
| 42 | 59.90 € | 370 g |
| 43 | 64.90 € | 380 g |

Contact
-------

## Empty heading
";

fn all_words(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.text).collect()
}

#[test]
fn every_word_of_the_document_is_in_some_passage_and_in_order() {
    let passages = split("Returns", DOCUMENT);
    let kept: Vec<String> = passages
        .iter()
        .flat_map(|p| all_words(&p.text_to_embed()))
        .collect();
    let missing: Vec<String> = all_words(DOCUMENT)
        .into_iter()
        .filter(|word| !kept.contains(word))
        .collect();
    assert!(missing.is_empty(), "lost: {missing:?}");

    let plain = "One two three. ".repeat(200);
    let kept: Vec<String> = split("T", &plain)
        .iter()
        .flat_map(|p| all_words(&p.text))
        .collect();
    assert_eq!(kept, all_words(&plain));
}

#[test]
fn passages_carry_their_title_and_headings() {
    let passages = split("Returns", DOCUMENT);
    let shoes = passages.iter().find(|p| p.text.contains("49.90")).unwrap();
    assert_eq!(shoes.heading, "Returns › Exchanges › Shoes");
    assert!(shoes.text_to_embed().starts_with("Returns › Exchanges › Shoes\n"));
    assert_eq!(
        passages.iter().map(|p| p.position).collect::<Vec<_>>(),
        (0..passages.len()).collect::<Vec<_>>()
    );
}

#[test]
fn a_title_repeated_as_first_heading_is_carried_once() {
    let passages = split("Returns", "# Returns\n\nSend it back.");
    assert_eq!(passages[0].heading, "Returns");
}

#[test]
fn a_heading_without_text_is_kept_as_text() {
    let passages = split("Returns", DOCUMENT);
    assert!(
        passages.iter().any(|p| p.text == "Empty heading"),
        "{passages:#?}"
    );
    assert!(passages.iter().any(|p| p.text_to_embed().contains("Contact")));
}

#[test]
fn lengths_lie_between_30_and_60_words_where_the_text_allows() {
    let text = (0..400)
        .map(|i| {
            if i % 9 == 8 {
                format!("word{i}. ")
            } else {
                format!("word{i} ")
            }
        })
        .collect::<String>();
    let lengths: Vec<usize> = split("T", &text).iter().map(|p| word_count(&p.text)).collect();
    assert!(lengths.iter().all(|n| (30..=60).contains(n)), "{lengths:?}");
}

#[test]
fn a_sentence_is_not_torn_and_an_abbreviation_does_not_end_one() {
    let text = "We work with Dr. Smith from St. Gallen on every pair of shoes that leaves our house in the old town. ".repeat(6);
    for passage in split("T", &text) {
        assert!(
            passage.text.starts_with("We work") && passage.text.ends_with("town."),
            "{}",
            passage.text
        );
    }
}

#[test]
fn a_heap_of_headings_costs_no_more_than_its_text() {
    let long = |level: usize| format!("{} {}\n\n", "#".repeat(level), "long heading ".repeat(35));
    let deep: String = (1..=5).map(long).collect();
    let passages = split("T", &format!("{deep}###### Last\n\nSome text.\n"));
    assert!(
        passages[0].heading.ends_with(" › Last"),
        "{}",
        passages[0].heading
    );
    assert!(passages.iter().all(|p| p.heading.len() <= 600), "{passages:?}");
    let many = split("T", &"# h\n\nx\n\n".repeat(100_000));
    assert!(many.len() <= MOST_PASSAGES + 2, "{}", many.len());
}

#[test]
fn a_lead_in_stays_with_its_first_item() {
    let passages = split("Returns", DOCUMENT);
    assert!(
        passages
            .iter()
            .any(|p| p.text.contains("within 30 days:\n- The item is unworn")),
        "{passages:#?}"
    );
}

#[test]
fn a_cut_table_repeats_its_head_and_is_read_out_row_by_row() {
    let passages = split("Returns", DOCUMENT);
    let table: Vec<_> = passages.iter().filter(|p| p.text.contains('€')).collect();
    assert!(
        table.iter().all(|p| p.text.contains("| Size | Price | Weight |")),
        "{table:#?}"
    );
    let said = read_out(&table[0].text);
    assert!(
        said.contains("- Size: 36; Price: 49.90 €; Weight: 300 g\n- Size: 37; "),
        "{said}"
    );
    assert!(!said.contains('|'), "{said}");
    assert_eq!(
        read_out("Before\n| a | b |\n|---|---|\n| | 2 |\nAfter"),
        "Before\n- b: 2\nAfter"
    );
    assert_eq!(read_out("this | that"), "this | that");
}

#[test]
fn a_row_of_a_catalogue_is_a_passage_with_the_names_of_its_columns() {
    let rows: String = (0..40).map(|n| format!("| V{n} | sage | {n}.50 | |\n")).collect();
    let long = format!("| Model | Colour | | Stock |\n|---|---|---|---|\n{rows}");
    let passages = split("Vases", &long);
    assert_eq!(passages.len(), 40);
    assert_eq!(passages[7].text, "- Model: V7; Colour: sage; 7.50");
    let faq = "| Question | Réponse |\n|---|---|\n| Livrez-vous ? | Oui, le \\| mardi. |\n| Une remise ? | Non. |\n";
    let texts: Vec<_> = split("FAQ", faq).into_iter().map(|p| p.text).collect();
    assert_eq!(
        texts,
        ["**Livrez-vous ?** Oui, le | mardi.", "**Une remise ?** Non."]
    );
}

#[test]
fn a_run_without_spaces_is_cut_into_passages_of_the_usual_length() {
    // what is no slower for being long
    let text = "カ".repeat(500_000);
    let passages = split("", &text);
    assert!(
        passages
            .iter()
            .all(|p| word_count(&p.text) <= 110 && !p.text.contains(' ')),
        "{passages:?}"
    );
    let kept: String = passages.iter().map(|p| p.text.as_str()).collect();
    assert_eq!(kept.matches('カ').count(), 500_000);
    assert!(split("", &"word ".repeat(200_000)).len() > 2_000);
    assert!(split("", &"!\n\n".repeat(200_000)).len() > 2_000);
}

#[test]
fn what_is_repeated_with_every_passage_is_short() {
    let long = "very long ".repeat(200);
    let heading = format!("# {long}\n\n{}", "Some words of a paragraph. ".repeat(200));
    assert!(split("T", &heading).iter().all(|p| p.heading == "T"));
    let rows = "| 1 | 2 |\n".repeat(200);
    let table = format!("| {long} | b |\n|---|---|\n{rows}");
    let repeated = split("T", &table)
        .iter()
        .filter(|p| p.text.contains("very long"))
        .count();
    assert!(repeated <= 2, "{repeated}");
}

#[test]
fn one_endless_sentence_is_cut_without_losing_a_word() {
    let text = (0..500).map(|i| format!("word{i} ")).collect::<String>();
    let passages = split("", &text);
    assert!(passages.iter().all(|p| word_count(&p.text) <= 110));
    assert_eq!(
        passages
            .iter()
            .flat_map(|p| all_words(&p.text))
            .collect::<Vec<_>>(),
        all_words(&text)
    );
}

#[test]
fn chinese_is_cut_by_characters() {
    let text = "我们在三十天内接受退货。商品必须未使用并带有标签。".repeat(20);
    let passages = split("退货", &text);
    assert!(passages.len() > 3, "{passages:#?}");
    assert_eq!(passages.iter().map(|p| p.text.as_str()).collect::<String>(), text);
}

#[test]
fn nothing_gives_nothing_and_a_lone_title_is_a_passage() {
    assert!(split("", "  \n ").is_empty());
    assert_eq!(split("Opening hours", "").len(), 1);
}
