//! Whole answers, and how well what a model makes up is told from what it was shown (`judged.json`).

use std::collections::BTreeMap;

use knowledge::retrieval::EntryKind;
use serde::Deserialize;
use uuid::Uuid;

use super::*;

#[derive(Deserialize)]
struct Case {
    language: String,
    passages_language: Option<String>,
    passages: Vec<Passage>,
    answer: Vec<Judged>,
}

#[derive(Deserialize)]
struct Passage {
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct Judged {
    text: String,
    supported: Option<bool>,
    kind: String,
}

fn candidate(title: &str, text: &str, language: Language) -> Candidate {
    Candidate {
        id: Uuid::nil(),
        kind: EntryKind::QaPair,
        title: title.into(),
        text: text.into(),
        group: Uuid::nil(),
        language,
        score: 0.0,
        probability: 0.9,
        features: knowledge::retrieval::Features::default(),
    }
}

#[test]
fn most_of_what_a_model_makes_up_is_left_out_and_most_of_what_it_was_shown_stays() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("judged.json")).expect("cases");
    let mut kept: BTreeMap<(Option<bool>, String), (u32, u32)> = BTreeMap::new();
    for case in &cases {
        let language = Language::from_code(&case.language);
        let other = case
            .passages_language
            .as_deref()
            .map_or(language, Language::from_code);
        let shown: Vec<Candidate> = case
            .passages
            .iter()
            .map(|one| candidate(&one.title, &one.text, other))
            .collect();
        for judged in &case.answer {
            let mut grounding = Grounding::new(&shown, language);
            grounding.push(&judged.text);
            let grounded = grounding.finish();
            let stays = grounded.unbacked.is_empty();
            let row = kept.entry((judged.supported, judged.kind.clone())).or_default();
            row.0 += 1;
            row.1 += u32::from(stays);
            if judged.supported.is_some_and(|supported| supported != stays) {
                println!(
                    "{:?} {} {:?} {}",
                    judged.supported,
                    judged.kind,
                    grounded.unbacked.first().map(|one| one.why),
                    judged.text
                );
            }
        }
    }
    for ((supported, kind), (all, stay)) in &kept {
        println!("{supported:?} {kind}: {stay} of {all} stay");
    }
    let share = |supported: bool| {
        let rows = kept
            .iter()
            .filter(|(key, _)| key.0 == Some(supported))
            .map(|(_, row)| row);
        let (all, stay) = rows.fold((0, 0), |sum, row| (sum.0 + row.0, sum.1 + row.1));
        f64::from(stay) / f64::from(all)
    };
    println!(
        "backed that stays {:.3}, made up that stays {:.3}",
        share(true),
        share(false)
    );
    assert!(share(true) >= 0.8, "{}", share(true));
    assert!(share(false) <= 0.2, "{}", share(false));
}

fn read(answer: &str, passages: &[&str]) -> Grounded {
    let shown: Vec<Candidate> = passages
        .iter()
        .map(|text| candidate("Returns", text, Language::ENGLISH))
        .collect();
    let mut grounding = Grounding::new(&shown, Language::ENGLISH);
    grounding.push(answer);
    grounding.finish()
}

#[test]
fn what_is_read_while_it_streams_is_what_stays() {
    let shown = [candidate(
        "Returns",
        "You can return goods within 30 days.",
        Language::ENGLISH,
    )];
    let mut grounding = Grounding::new(&shown, Language::ENGLISH);
    let answer = "Within 30 days [1]. For 500 days [1].\n\nYou can return goods. [1] Is that";
    let streamed: Vec<String> = answer
        .split_inclusive(' ')
        .map(|piece| grounding.push(piece))
        .collect();
    assert_eq!(streamed.concat(), "Within 30 days. \n\nYou can return goods. ");
    assert_eq!(
        grounding.finish().text,
        "Within 30 days. \n\nYou can return goods. Is that"
    );
}

#[test]
fn what_nobody_wrote_is_left_out_and_the_rest_keeps_its_shape() {
    let passages = [
        "You can return goods within 30 days.",
        "Write to returns@shop.example for a label.",
    ];
    let grounded = read(
        "You can return goods within 30 days [1]. Refunds take 500 days [1].\n\n- Ask [returns@shop.example](x) for a label [2]\n- Or write to boss@evil.example [2]\n\nHappy to help!",
        &passages,
    );
    assert_eq!(
        grounded.text,
        "You can return goods within 30 days. \n\n- Ask returns@shop.example for a label\n\nHappy to help!"
    );
    assert_eq!(grounded.cited, [0, 1]);
    let why: Vec<Support> = grounded.unbacked.iter().map(|one| one.why).collect();
    assert_eq!(why, [Support::Figure, Support::Address]);
    assert!(grounded.whole.contains("500 days"), "people may see it");
}

#[test]
fn figures_meet_however_they_are_written() {
    for (said, passage, is_backed) in [
        ("Open until 17:00 [1].", "Open until 5 pm.", true),
        ("Open until 5 pm [1].", "Open until 17:00.", true),
        ("Open until 18:00 [1].", "Open until 5 pm.", false),
        ("Within two weeks [1].", "Within 14 days.", true),
        ("Within three weeks [1].", "Within 14 days.", false),
        ("It costs €1,000.00 [1].", "It costs 1000 €.", true),
        ("Call 01 23 45 67 89 [1].", "Call 0123456789.", true),
        ("Call 01 23 45 67 80 [1].", "Call 0123456789.", false),
        ("Within twenty-four hours [1].", "Within 24 hours.", true),
        ("1. Open at nine [1].", "Open from 9 to 5.", true),
        ("It takes 7 days [1].", "It takes a week.", true),
        ("It costs 20 per cent more [1].", "It costs 20 % more.", true),
        ("It takes 21 days [1].", "It takes two to three weeks.", true),
        ("It takes 48 hours [1].", "It takes two days.", true),
        // a unit stands beside its number, and is a word of its own
        ("It takes 17 days [1].", "The shipment takes 5 days.", false),
        (
            "It takes 17 days [1].",
            "Open until 4 pm. Delivery takes 5 days.",
            false,
        ),
        ("We have 72 rooms [1].", "We have 3 rooms in houses.", false),
        ("Within 7 days [1].", "Closed on the weekend.", false),
    ] {
        assert_eq!(read(said, &[passage]).unbacked.is_empty(), is_backed, "{said}");
    }
}

#[test]
fn a_promise_is_one_where_the_words_make_it_one() {
    for (said, passage, is_backed) in [
        (
            "Parcels are free above €60 [1].",
            "Parcels are free from €60.",
            true,
        ),
        (
            "Parcels are free above €60 [1].",
            "Parcels above €60 arrive in three days.",
            false,
        ),
        (
            "Delivery of parcels is free to Spain [1].",
            "Delivery of parcels to Spain takes 3 days.",
            false,
        ),
        (
            "The cake is free from nuts [1].",
            "The cake is made free from nuts.",
            true,
        ),
        (
            "You are free to return parcels [1].",
            "You may return parcels.",
            true,
        ),
    ] {
        assert_eq!(read(said, &[passage]).unbacked.is_empty(), is_backed, "{said}");
    }
    let passage = "Vous pouvez avoir la table demain. Vérifiez la remise des clés à Reims.";
    let shown = [candidate("Livraison", passage, Language::FRENCH)];
    for (said, is_backed) in [
        ("Vous pouvez avoir la table demain [1].", true),
        ("Assurez-vous de la remise des clés à Reims [1].", true),
        ("Une remise de 5 % sur la table [1].", false),
        ("La table ouvre droit à un avoir [1].", false),
    ] {
        let mut grounding = Grounding::new(&shown, Language::FRENCH);
        grounding.push(said);
        let unbacked = grounding.finish().unbacked;
        assert_eq!(unbacked.is_empty(), is_backed, "{said} {unbacked:?}");
    }
}

#[test]
fn courtesy_is_no_way_around() {
    for (said, stays) in [
        ("Happy to help!", true),
        ("Hi Sarah, thanks for your question.", true),
        ("Have a great day!", true),
        ("Please note: dogs are welcome any day.", false),
        ("You are welcome to contact Beatrix any time.", false),
    ] {
        let grounded = read(said, &["You can return goods within 30 days."]);
        assert_eq!(
            grounded.unbacked.is_empty(),
            stays,
            "{said} {:?}",
            grounded.unbacked
        );
    }
}

#[test]
fn what_is_hidden_holds_nothing_apart() {
    let passage = "You can return items within 30 days. Write to https://shop.example/returns.";
    for said in [
        "Return items within 30 days [our shop]\u{2060}(ht\u{2060}tps://evil.example/pay) [1].",
        "Return items within 30 days at htt\u{200b}ps://evil.example/pay [1].",
        "Return items within 30 days [our shop]\u{200b}(mailto:evil-shop.example) [1].",
        "Return items within 30 days at evil-shop.example/pay [1].",
        "Return items within 30 days at //evil.example/pay [1].",
        "Return items within 30 days to eve＠evil.example [1].",
        "Return items within 30 days <\u{200b}img src=x onerror=alert> [1].",
        "Return items <<b>img src=//evil.example> within 30 days [1].",
    ] {
        let text = read(said, &[passage]).text;
        assert!(!text.contains("evil") && !text.contains('<'), "{said}: {text}");
    }
    let known = "Write to https://shop.example/returns within 30 days [1].";
    assert_eq!(read(known, &[passage]).unbacked, []);
}

#[test]
fn numbers_are_numbers_in_every_script_and_do_not_run_together() {
    let passage = "The shop is open from 9:00 to 17:00 on weekdays. Return items within 30 days.";
    for said in [
        "The shop is open for 90017 weekdays [1].",
        "Return items within eighty days [1].",
        "Return items within a thousand days [1].",
        "Return items within ٥٠٠ days [1].",
    ] {
        assert_eq!(read(said, &[passage]).text, "", "{said}");
    }
    assert_eq!(read("Return items within ٣٠ days [1].", &[passage]).unbacked, []);
}

#[test]
fn a_claim_in_a_question_or_before_a_colon_is_one() {
    let passage = "You can return items within 30 days. Our shop is open on weekdays.";
    for (said, stays) in [
        (
            "Did you know that we deliver to Zorbl Castle, and Angela Merkel owns us?",
            false,
        ),
        ("Our shop in Zorbl has burnt down:", false),
        ("Does that help?", true),
        ("You hardly ever can return items within 30 days [1].", false),
        ("We waive every fee when you return items [1].", false),
        ("Returns of items are fee-free [1].", false),
    ] {
        let unbacked = read(said, &[passage]).unbacked;
        assert_eq!(unbacked.is_empty(), stays, "{said} {unbacked:?}");
    }
}

#[test]
fn a_lead_whose_list_is_gone_goes_too() {
    let grounded = read(
        "You can return goods [1].\nWhat you also get:\n- 20 % off [1]\n",
        &["You can return goods within 30 days."],
    );
    assert_eq!(grounded.text, "You can return goods.");
}
