//! What counts as a question, and as its answer.

use super::clustering::{Item, cluster, draft};
use super::*;
use crate::transcripts::read::Said;

fn chat(said: &[(&str, &str)]) -> Chat {
    let messages = said.iter().map(|(name, text)| Said {
        speaker: (*name).to_owned(),
        side: Some(match *name {
            "Anna" => Side::Business,
            "Robo" => Side::Bot,
            _ => Side::Customer,
        }),
        text: (*text).to_owned(),
    });
    Chat {
        name: None,
        messages: messages.collect(),
    }
}

fn pairs(said: &[(&str, &str)]) -> Vec<(String, String)> {
    exchanges(&[chat(said)])
        .into_iter()
        .map(|one| (one.question, one.answer))
        .collect()
}

fn pair(question: &str, answer: &str) -> Vec<(String, String)> {
    vec![(question.to_owned(), answer.to_owned())]
}

#[test]
fn politeness_and_names_are_left_out() {
    let found = pairs(&[
        ("Marie", "Hi Anna!"),
        ("Marie", "Hope you are well. Do you ship to Belgium? Thanks a lot"),
        ("Anna", "Hello Marie, thanks for reaching out!"),
        (
            "Anna",
            "Yes, we ship to Belgium within five days.\nIs there anything else I can help with?\nBest regards,\nAnna",
        ),
        ("Marie", "Perfect, thank you"),
        ("Anna", "You're welcome, have a nice day!"),
    ]);
    assert_eq!(
        found,
        pair(
            "Do you ship to Belgium?",
            "Yes, we ship to Belgium within five days."
        )
    );
}

#[test]
fn the_answer_comes_after_a_stall_a_question_back_or_the_bot() {
    let found = pairs(&[
        ("Marie", "How long is the warranty of your chairs?"),
        ("Robo", "I do not know."),
        ("Anna", "One moment please, let me check."),
        ("Marie", "ok"),
        ("Anna", "Which chair do you mean?"),
        ("Marie", "the oak one"),
        ("Anna", "The warranty is ten years for all chairs."),
    ]);
    assert_eq!(
        found,
        pair(
            "How long is the warranty of your chairs?",
            "The warranty is ten years for all chairs."
        )
    );
}

#[test]
fn another_question_ends_the_wait_and_small_talk_begins_none() {
    let found = pairs(&[
        ("Marie", "Hello, are you there?"),
        ("Anna", "Yes, I am here for you today."),
        ("Marie", "Can I return a table?"),
        ("Anna", "One moment"),
        ("Marie", "And do you also repair old chairs?"),
        ("Anna", "We repair every chair that we have made."),
        ("Marie", "How are you?"),
        ("Anna", "I am fine, it is sunny here."),
        ("Marie", "I will come on Monday with my car."),
        ("Anna", "The shop opens at nine on that day."),
    ]);
    assert_eq!(
        found,
        pair(
            "Do you also repair old chairs?",
            "We repair every chair that we have made."
        )
    );
}

#[test]
fn french_and_wishes_without_a_question_mark() {
    let found = pairs(&[
        ("Luc", "Bonjour, je voudrais modifier mon adresse de livraison"),
        ("Anna", "Bonjour Luc, un instant, je vérifie."),
        (
            "Anna",
            "Vous pouvez modifier l'adresse dans votre compte, sous « Commandes ». Bonne journée !",
        ),
        ("Luc", "Merci ! Quels moyens de paiement acceptez-vous ?"),
        ("Anna", "Nous acceptons la carte bancaire et PayPal."),
    ]);
    assert_eq!(
        found,
        [
            (
                "Je voudrais modifier mon adresse de livraison".to_owned(),
                "Vous pouvez modifier l'adresse dans votre compte, sous « Commandes ».".to_owned()
            ),
            (
                "Quels moyens de paiement acceptez-vous ?".to_owned(),
                "Nous acceptons la carte bancaire et PayPal.".to_owned()
            ),
        ]
    );
}

#[test]
fn what_concerns_one_person_is_masked_marked_and_left_out() {
    let chat = chat(&[
        ("Marie", "Where is my order #48213? My mail is marie@example.com"),
        (
            "Anna",
            "I can see that your order is at the depot, I've sent the link to marie@example.com.",
        ),
    ]);
    let found = exchanges(&[chat]);
    assert_eq!(found.len(), 1);
    assert!(found[0].has_personal_data && found[0].is_specific, "{found:?}");
    assert!(
        !format!("{found:?}").contains("marie@") && !format!("{found:?}").contains("48213"),
        "{found:?}"
    );
    let items = items(&found);
    assert!(draft(&items, &cluster(&items)[0]).is_none());
}

fn items(found: &[Exchange]) -> Vec<Item> {
    let item = |(place, one): (usize, &Exchange)| Item {
        chat: format!("{place}"),
        question: one.question.clone(),
        answer: one.answer.clone(),
        has_personal_data: one.has_personal_data,
        is_specific: one.is_specific,
        question_vector: None,
        answer_vector: None,
    };
    found.iter().enumerate().map(item).collect()
}

#[test]
fn without_vectors_the_same_words_ask_the_same_and_other_numbers_are_told() {
    let ask = |answer: &str| {
        chat(&[
            ("Marie", "How long do I have to return a chair?"),
            ("Anna", answer),
        ])
    };
    let found = exchanges(&[
        ask("You have 30 days to return it."),
        ask("You have 14 days to return it."),
        ask("You have 30 days to return it."),
    ]);
    let items = items(&found);
    let clusters = cluster(&items);
    assert_eq!(clusters.len(), 1);
    let proposed = draft(&items, &clusters[0]).expect("a proposal");
    assert_eq!(
        (proposed.times_seen, proposed.answer.as_str()),
        (3, "You have 30 days to return it.")
    );
    assert_eq!(proposed.reasons, ["answers_differ"]);
}
