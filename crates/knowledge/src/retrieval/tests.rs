use uuid::Uuid;

use super::*;
use crate::language::Language;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn entry(number: u128, kind: EntryKind, title: &str, text: &str) -> Entry {
    Entry {
        id: id(number),
        kind,
        title: title.into(),
        text: text.into(),
        group: id(1_000 + number),
        language: Language::ENGLISH,
        vector: None,
    }
}

fn pair(number: u128, question: &str, answer: &str) -> Entry {
    entry(number, EntryKind::QaPair, question, answer)
}

fn shop() -> Vec<Entry> {
    vec![
        pair(1, "Do you ship to Belgium?", "Yes, within two days."),
        pair(2, "What are your opening hours?", "Monday to Friday, 9 to 18."),
        pair(3, "Can I return an item?", "Within 30 days, unused."),
        pair(4, "How can I pay?", "By card or with PayPal."),
        entry(
            5,
            EntryKind::Passage,
            "Care guide › Wool",
            "Wash wool by hand in cold water and dry it flat.",
        ),
        entry(
            6,
            EntryKind::Passage,
            "Care guide › Leather",
            "Feed leather twice a year with clear wax.",
        ),
    ]
}

fn best(index: &Index, question: &str) -> Candidate {
    index.search(&Query::new(question, None), 5).candidates.remove(0)
}

/// A unit vector pointing at an angle in the first two of eight dimensions.
fn direction(degrees: f32) -> Option<Box<[f32]>> {
    let (sin, cos) = degrees.to_radians().sin_cos();
    Some(vec![cos, sin, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0].into())
}

#[test]
fn words_alone_find_pairs_and_passages() {
    let index = Index::build(shop());
    assert_eq!(best(&index, "opening hours please").id, id(2));
    assert_eq!(best(&index, "may I return something").id, id(3));
    assert_eq!(best(&index, "how do I wash wool").id, id(5));
}

#[test]
fn words_of_the_answer_count_too() {
    let index = Index::build(shop());
    assert_eq!(best(&index, "paypal").id, id(4));
}

#[test]
fn a_misspelt_word_still_finds_its_entry() {
    let index = Index::build(shop());
    assert_eq!(best(&index, "retrun").id, id(3));
    assert_eq!(best(&index, "lether").id, id(6));
}

#[test]
fn meaning_alone_finds_what_words_cannot() {
    let mut entries = shop();
    for (at, entry) in entries.iter_mut().enumerate() {
        entry.vector = direction(60.0 * at as f32);
    }
    let index = Index::build(entries);
    let vector = direction(62.0).unwrap();
    let result = index.search(&Query::new("zzz", Some(&vector)), 5);
    assert_eq!(result.candidates[0].id, id(2));
    assert!(result.base.has_vectors && result.candidates[0].features.has_vector);
}

#[test]
fn an_entry_without_vector_is_found_by_its_words_among_others_with_vectors() {
    let mut entries = shop();
    for (at, entry) in entries.iter_mut().enumerate().skip(1) {
        entry.vector = direction(60.0 * at as f32);
    }
    let index = Index::build(entries);
    let vector = direction(200.0).unwrap();
    let found = index
        .search(&Query::new("ship to belgium", Some(&vector)), 5)
        .candidates;
    assert!(found.iter().any(|candidate| candidate.id == id(1)));
}

#[test]
fn a_vector_of_another_size_falls_back_on_words() {
    let mut entries = shop();
    entries
        .iter_mut()
        .for_each(|entry| entry.vector = direction(10.0));
    let index = Index::build(entries);
    let result = index.search(&Query::new("opening hours", Some(&[1.0, 0.0])), 5);
    assert_eq!(result.candidates[0].id, id(2));
    assert!(!result.base.has_vectors);
}

#[test]
fn phrasings_of_one_answer_appear_once() {
    let mut entries = shop();
    let mut other_phrasing = pair(7, "Is delivery to Belgium possible?", "Yes, within two days.");
    other_phrasing.group = entries[0].group;
    entries.push(other_phrasing);
    let index = Index::build(entries);
    let found = index
        .search(&Query::new("delivery Belgium ship", None), 10)
        .candidates;
    let groups: Vec<Uuid> = found
        .iter()
        .filter(|c| c.kind == EntryKind::QaPair)
        .map(|c| c.group)
        .collect();
    assert_eq!(groups.iter().filter(|group| **group == id(1_001)).count(), 1);
}

#[test]
fn the_same_question_again_is_certain_and_nonsense_is_not() {
    let index = Index::build(shop());
    assert!(best(&index, "do you ship to belgium").probability > 0.9);
    assert!(best(&index, "who won the football match").probability < 0.3);
}

#[test]
fn probabilities_fall_down_the_ranking_and_stay_between_0_and_1() {
    let index = Index::build(shop());
    let found = index
        .search(&Query::new("can I pay or return or ship", None), 10)
        .candidates;
    assert!(
        found
            .windows(2)
            .all(|pair| pair[0].probability >= pair[1].probability)
    );
    assert!(
        found
            .iter()
            .all(|candidate| (0.0..=1.0).contains(&candidate.probability))
    );
}

#[test]
fn an_empty_base_and_an_empty_question_find_nothing_or_nothing_sure() {
    assert!(
        Index::build(Vec::new())
            .search(&Query::new("hello", None), 5)
            .candidates
            .is_empty()
    );
    assert_eq!(
        Index::build(Vec::new())
            .search(&Query::new("hello", None), 5)
            .confidence(),
        0.0
    );
    for question in ["", "   ", "?!", "👍"] {
        assert!(
            Index::build(shop())
                .search(&Query::new(question, None), 5)
                .confidence()
                < 0.3,
            "{question:?}"
        );
    }
}

#[test]
fn changes_give_the_same_index_as_building_anew() {
    let changed = vec![
        pair(2, "When do you open?", "At ten."),
        pair(9, "Do you repair shoes?", "Yes, all brands."),
    ];
    let updated = Index::build(shop()).with_changes(changed.clone(), &[id(4)]);
    let mut entries: Vec<Entry> = shop()
        .into_iter()
        .filter(|e| e.id != id(2) && e.id != id(4))
        .collect();
    entries.extend(changed);
    let anew = Index::build(entries);
    assert_eq!(updated.len(), anew.len());
    for question in ["when do you open", "repair my shoes", "how can I pay", "wool"] {
        let (a, b) = (best(&updated, question), best(&anew, question));
        assert_eq!((a.id, a.features), (b.id, b.features), "{question}");
    }
}

#[test]
fn entries_are_stemmed_in_their_own_language_and_questions_in_all() {
    let mut entries = shop();
    let mut french = pair(
        8,
        "Quels sont vos horaires d'ouverture ?",
        "Du lundi au vendredi.",
    );
    french.language = Language::FRENCH;
    entries.push(french);
    let index = Index::build(entries);
    assert_eq!(best(&index, "vos horaires").id, id(8));
    assert_eq!(best(&index, "horaire d’ouverture").id, id(8));
    assert_eq!(best(&index, "returned items").id, id(3));
}

#[test]
fn what_was_learned_from_phrasings_decides_between_close_answers() {
    let mut entries = Vec::new();
    for (number, degrees) in [0.0, 20.0, 40.0, 30.0, 50.0, 70.0].into_iter().enumerate() {
        let mut entry = pair(number as u128, "q", "a");
        entry.group = id(2_000 + number as u128 / 3);
        entry.vector = direction(degrees);
        entries.push(entry);
    }
    let index = Index::build(entries);
    let vector = direction(5.0).unwrap();
    let best = index
        .search(&Query::new("zzz", Some(&vector)), 2)
        .candidates
        .remove(0);
    assert!(best.features.has_examples && best.group == id(2_000), "{best:?}");
}

#[test]
fn features_survive_the_trace() {
    let candidate = best(&Index::build(shop()), "opening hours");
    let json = serde_json::to_string(&candidate.features).unwrap();
    assert_eq!(
        serde_json::from_str::<Features>(&json).unwrap(),
        candidate.features
    );
}

#[test]
fn the_fitted_file_names_every_model_and_only_known_inputs() {
    let file: serde_json::Value = serde_json::from_str(include_str!("confidence.json")).unwrap();
    for (model, inputs) in confidence::inputs::MODELS {
        let fitted = file["models"][model]["coefficients"].as_object().unwrap();
        assert_eq!(fitted.len(), inputs.len(), "{model}");
        assert!(inputs.iter().all(|input| fitted.contains_key(*input)), "{model}");
    }
}

fn delivery(number: u128, title: &str, text: &str) -> Entry {
    entry(number, EntryKind::Passage, title, text)
}

fn found(index: &Index, question: &str) -> Vec<Uuid> {
    let found = index.search_kind(EntryKind::Passage, &Query::new(question, None), 5);
    found.iter().map(|candidate| candidate.id).collect()
}

const PARCELS: &str = "Parcels that we send by post arrive within three days of your order.";

#[test]
fn of_passages_that_say_the_same_the_one_asked_for_stands_for_all() {
    let mut entries = shop();
    entries.push(delivery(7, "France", PARCELS));
    entries.push(delivery(
        8,
        "Belgium",
        "**Parcels** that we send by POST arrive within three days of your orders!",
    ));
    let index = Index::build(entries);
    let ids = found(&index, "When do parcels arrive in Belgium?");
    assert_eq!((ids[0], ids.contains(&id(7))), (id(8), false));
    let ids = found(&index, "When do parcels arrive in France?");
    assert_eq!((ids[0], ids.contains(&id(8))), (id(7), false));
}

#[test]
fn a_copy_makes_nobody_less_sure() {
    let question = "When do parcels arrive?";
    let mut entries = shop();
    entries.push(delivery(7, "Delivery", PARCELS));
    let alone = best(&Index::build(entries.clone()), question);
    entries.push(delivery(8, "Delivery", PARCELS));
    let beside_a_copy = best(&Index::build(entries), question);
    assert_eq!(alone.text, beside_a_copy.text);
    assert!(beside_a_copy.features.margin_lexical > 0.9 * alone.features.margin_lexical);
    assert!(beside_a_copy.probability > alone.probability - 0.05);
}

#[test]
fn one_other_word_or_number_makes_two_passages() {
    let mut entries = shop();
    entries.push(delivery(7, "Delivery", PARCELS));
    entries.push(delivery(8, "Delivery", &PARCELS.replace("three", "5")));
    entries.push(delivery(
        9,
        "Delivery",
        &PARCELS.replace("arrive", "do not arrive"),
    ));
    let ids = found(&Index::build(entries), "When do parcels arrive?");
    assert!(
        [7, 8, 9].iter().all(|number| ids.contains(&id(*number))),
        "{ids:?}"
    );
}
