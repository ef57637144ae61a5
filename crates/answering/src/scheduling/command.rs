//! Reads what is to be done with a meeting that somebody has, and whether they agree to it. No model.

use crate::intent::plain;
use crate::tools::speaks_of_orders;

/// What somebody wants done with a meeting that they have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Cancel,
    Move,
}

const CANCEL: &[&str] = &["cancel", "annuler", "annule", "annulez", "supprimer"];
const MOVE: &[&str] = &[
    "move",
    "reschedule",
    "postpone",
    "change",
    "shift",
    "deplacer",
    "reporter",
    "decaler",
    "changer",
    "modifier",
];
const MEETING: &[&str] = &[
    "meeting",
    "appointment",
    "call",
    "booking",
    "demo",
    "rendez vous",
    "rdv",
    "reunion",
    "reservation",
];
const OWN: &[&str] = &["my", "our", "mon", "ma", "notre"];
const NAMED: &[&str] = &["the", "this", "that", "le", "la", "ce", "cette", "cet"];
/// Not to be done, though it is named.
const NOT: &[&str] = &[
    "not", "don t", "dont", "won t", "didn t", "never", "without", "ne", "pas", "jamais", "sans",
];
/// Why it is to be done: taken out before one looks for negations.
const UNABLE: &[&str] = &[
    "can not",
    "could not",
    "am not",
    "m not",
    "ne suis pas",
    "ne suis plus",
    "suis pas",
    "ne peux pas",
    "ne peux plus",
    "ne pourrai pas",
    "peux pas",
    "pourrai pas",
];
/// Asks about it. "Can you …" asks for it.
const ASKS: &[&str] = &[
    "can i",
    "could i",
    "may i",
    "am i",
    "do i",
    "did i",
    "should i",
    "will i",
    "if i",
    "if we",
    "how",
    "what",
    "why",
    "is it",
    "is there",
    "did you",
    "have you",
    "puis je",
    "peux je",
    "pourrais je",
    "dois je",
    "est ce que je",
    "je peux",
    "peut on",
    "si je",
    "comment",
    "combien",
    "pourquoi",
    "que se passe",
    "qu est ce",
    "est il",
    "est ce possible",
];

/// "Cancel my meeting", but neither "Don't cancel it" nor "Can I cancel my booking for free?", and nothing about an order.
pub fn read(text: &str) -> Option<Command> {
    let plain = plain(text);
    let words = plain.split(' ').count();
    let mut padded = format!(" {plain} ");
    for entry in UNABLE {
        padded = padded.replace(&format!(" {entry} "), " ");
    }
    let has = |list: &[&str]| list.iter().any(|entry| padded.contains(&format!(" {entry} ")));
    let is_named = words <= 3 && has(MEETING) || names(&plain, OWN) || names(&plain, NAMED);
    if words > 12 || !is_named || has(NOT) || has(ASKS) || speaks_of_orders(text) {
        return None;
    }
    match (has(CANCEL), has(MOVE)) {
        (true, _) => Some(Command::Cancel),
        (false, true) => Some(Command::Move),
        (false, false) => None,
    }
}

/// Whether it is clearly about a meeting that they have.
pub fn is_about_own(text: &str) -> bool {
    names(&plain(text), OWN)
}

/// Whether one of these words stands before a meeting: "my meeting", "my next call".
fn names(plain: &str, before: &[&str]) -> bool {
    let words: Vec<&str> = plain.split(' ').collect();
    let is_meeting = |rest: &[&str]| {
        let rest = format!("{} ", rest.join(" "));
        MEETING.iter().any(|entry| rest.starts_with(&format!("{entry} ")))
    };
    let behind = |place: usize| words.get(place..).unwrap_or_default();
    let mut places = words.iter().enumerate().filter(|(_, word)| before.contains(word));
    places.any(|(place, _)| is_meeting(behind(place + 1)) || is_meeting(behind(place + 2)))
}

/// "Don't", "keep it": it is to stay as it is.
pub fn denies(text: &str) -> bool {
    let plain = plain(text);
    let padded = format!(" {plain} ");
    let keeps = NOT
        .iter()
        .chain(&["keep", "leave", "garder", "gardez", "garde", "laissez"]);
    let mut keeps = keeps.map(|entry| format!(" {entry} "));
    plain.split(' ').count() <= 6 && keeps.any(|entry| padded.contains(&entry))
}

const AGREES: &[&str] = &[
    "yes",
    "yeah",
    "yep",
    "yup",
    "sure",
    "ok",
    "okay",
    "please",
    "confirm",
    "confirmed",
    "correct",
    "oui",
    "ouais",
    "confirme",
    "accord",
    "bien",
    "exact",
];
/// Words that may stand beside a yes without changing what it means.
const BESIDE_YES: &[&str] = &[
    "i",
    "do",
    "am",
    "go",
    "ahead",
    "cancel",
    "it",
    "my",
    "the",
    "that",
    "meeting",
    "appointment",
    "call",
    "booking",
    "thanks",
    "thank",
    "you",
    "je",
    "annuler",
    "annule",
    "annulez",
    "le",
    "la",
    "mon",
    "rendez",
    "vous",
    "rdv",
    "s",
    "il",
    "te",
    "plait",
    "svp",
    "stp",
    "merci",
    "d",
    "sur",
];

/// A plain yes, and nothing beside it.
pub fn agrees(text: &str) -> bool {
    let plain = plain(text);
    let words: Vec<&str> = plain.split(' ').collect();
    let is_plain = |word: &&str| AGREES.contains(word) || BESIDE_YES.contains(word);
    words.iter().any(|word| AGREES.contains(word)) && words.iter().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_done_with_a_meeting_is_told_from_a_question_about_it() {
        for (text, expected) in [
            ("Cancel my meeting", Some(Command::Cancel)),
            ("Annuler mon rendez-vous", Some(Command::Cancel)),
            ("please cancel the appointment", Some(Command::Cancel)),
            ("Can we move our call?", Some(Command::Move)),
            ("Je voudrais déplacer mon RDV", Some(Command::Move)),
            ("Can you cancel my meeting?", Some(Command::Cancel)),
            (
                "I can not come, please cancel my next meeting",
                Some(Command::Cancel),
            ),
            (
                "Je ne peux pas venir, annulez mon rendez-vous",
                Some(Command::Cancel),
            ),
            ("Can I cancel a booking for free?", None),
            ("Can I cancel my booking for free?", None),
            ("Don't cancel my meeting", None),
            ("Please do not move our call", None),
            ("How do I cancel my appointment?", None),
            ("N'annulez pas mon rendez-vous", None),
            ("Puis-je annuler mon rendez-vous ?", None),
            ("Comment annuler mon RDV ?", None),
            ("Cancel my demo order", None),
            ("Please call me back to change my address", None),
            ("cancel my order", None),
            ("Can I book a meeting?", None),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert!(is_about_own("Cancel my meeting") && is_about_own("Annuler mon prochain rendez-vous"));
        assert!(!is_about_own("Cancel the demo"));
        for text in [
            "Yes",
            "Yes, cancel it",
            "ok",
            "Oui",
            "Oui, annulez mon rendez-vous",
            "d'accord",
        ] {
            assert!(agrees(text), "{text}");
        }
        assert!(denies("Don't cancel my meeting") && denies("keep it") && !denies("Yes"));
        for text in [
            "No",
            "Yes but move it",
            "Oui mais non",
            "cancel my order",
            "",
            "Thanks",
            "don't",
        ] {
            assert!(!agrees(text), "{text}");
        }
    }
}
