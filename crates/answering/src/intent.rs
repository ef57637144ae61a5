//! What a visitor wants when it is not an answer from the knowledge: a greeting returned, a person, a booking.
//!
//! Small lists of English and French wordings, matched on whole words. They read the visitor's text only; what a
//! model writes is never searched for intents.

use knowledge::retrieval::text::fold;

use crate::leads::interest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    Question,
    Greeting,
    Thanks,
    Goodbye,
    /// Wants a human.
    Person,
    /// Wants an appointment.
    Booking,
}

const GREETINGS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "hiya",
    "good morning",
    "good afternoon",
    "good evening",
    "good day",
    "bonjour",
    "bonsoir",
    "salut",
    "coucou",
];
const THANKS: &[&str] = &[
    "thanks",
    "thank you",
    "thx",
    "cheers",
    "great",
    "perfect",
    "super",
    "ok",
    "okay",
    "merci",
    "parfait",
    "d accord",
    "tres bien",
];
const GOODBYES: &[&str] = &[
    "bye",
    "goodbye",
    "bye bye",
    "see you",
    "au revoir",
    "a bientot",
    "bonne journee",
    "bonne soiree",
];
/// Words that may stand beside a greeting or thanks without making it a question; longer ones first.
const FILLERS: &[&str] = &[
    "a tous", "a vous", "there", "all", "everyone", "you", "so", "very", "much", "a", "lot", "again",
    "beaucoup", "bien", "for", "your", "help", "madame", "monsieur", "then", "pour", "votre", "aide", "et",
    "and",
];

const TALK: &[&str] = &[
    "talk",
    "speak",
    "chat",
    "connect",
    "transfer",
    "parler",
    "discuter",
    "contacter",
    "joindre",
];
const PERSON: &[&str] = &[
    "human",
    "person",
    "people",
    "agent",
    "someone",
    "somebody",
    "representative",
    "operator",
    "advisor",
    "adviser",
    "staff",
    "employee",
    "colleague",
    "humain",
    "humaine",
    "personne",
    "quelqu un",
    "conseiller",
    "conseillere",
    "operateur",
    "employe",
    "collegue",
    "vendeur",
];
/// Enough by themselves.
const PERSON_ALONE: &[&str] = &[
    "human",
    "agent",
    "human please",
    "agent please",
    "real person",
    "a human",
    "a person",
    "an agent",
    "live agent",
    "talk to a person",
    "humain",
    "un humain",
    "un conseiller",
    "une personne",
    "conseiller",
    "parler a une personne",
    "service client",
    "customer service",
];

const BOOK: &[&str] = &[
    "book",
    "schedule",
    "arrange",
    "reserve",
    "reserver",
    "planifier",
    "prendre",
    "fixer",
];
const MEETING: &[&str] = &[
    "call",
    "meeting",
    "appointment",
    "demo",
    "visit",
    "slot",
    "appel",
    "rendez vous",
    "rdv",
    "reunion",
    "visite",
    "creneau",
];

/// About an order that was placed.
const ORDER: &[&str] = &[
    "my order",
    "our order",
    "my orders",
    "the order i",
    "order number",
    "order status",
    "order no",
    "my parcel",
    "my package",
    "my delivery",
    "my shipment",
    "my purchase",
    "tracking",
    "track my",
    "track the",
    "ma commande",
    "mes commandes",
    "notre commande",
    "numero de commande",
    "commande numero",
    "commande n",
    "mon colis",
    "mon paquet",
    "ma livraison",
    "mon achat",
    "suivi de",
    "suivre ma",
    "suivre mon",
];

/// What a visitor wants, in the words that rules for agents know (`automation::rules::fields::INTENTS`).
pub fn wish(text: &str) -> &'static str {
    let padded = format!(" {} ", plain(text));
    let is_about_order = || ORDER.iter().any(|entry| padded.contains(&format!(" {entry} ")));
    match (detect(text), interest::detect(text)) {
        (Intent::Person, _) => "person",
        (_, Some("quote")) => "quote",
        (Intent::Booking, _) | (_, Some("meeting")) => "booking",
        _ if is_about_order() => "order",
        (_, Some("purchase")) => "purchase",
        (_, Some("price")) => "price",
        _ => "other",
    }
}

/// Reads the intent of one message (or of a joined burst).
pub fn detect(text: &str) -> Intent {
    let plain = plain(text);
    let padded = format!(" {plain} ");
    let words = plain.split(' ').filter(|word| !word.is_empty()).count();
    let has = |list: &[&str]| list.iter().any(|entry| padded.contains(&format!(" {entry} ")));
    if PERSON_ALONE.contains(&plain.as_str()) || (words <= 14 && has(TALK) && has(PERSON)) {
        return Intent::Person;
    }
    if words <= 14 && has(BOOK) && has(MEETING) {
        return Intent::Booking;
    }
    if words <= 6 {
        for (list, intent) in [
            (GOODBYES, Intent::Goodbye),
            (THANKS, Intent::Thanks),
            (GREETINGS, Intent::Greeting),
        ] {
            if consists_of(&plain, list) {
                return intent;
            }
        }
    }
    Intent::Question
}

/// Whether the text is made of entries of the list and fillers, with at least one entry.
fn consists_of(plain: &str, list: &[&str]) -> bool {
    let mut rest = format!(" {plain} ");
    let mut found = false;
    for entry in list {
        let padded = format!(" {entry} ");
        while rest.contains(&padded) {
            rest = rest.replacen(&padded, " ", 1);
            found = true;
        }
    }
    for filler in FILLERS {
        let padded = format!(" {filler} ");
        while rest.contains(&padded) {
            rest = rest.replacen(&padded, " ", 1);
        }
    }
    found && rest.trim().is_empty()
}

/// Lower case, without accents, punctuation turned into single spaces.
pub(crate) fn plain(text: &str) -> String {
    let folded: String = fold(text)
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_told_from_questions_in_two_languages() {
        let cases = [
            ("Hi!", Intent::Greeting),
            ("Bonjour à tous", Intent::Greeting),
            ("Hello, do you ship to Belgium?", Intent::Question),
            ("Merci beaucoup !", Intent::Thanks),
            ("thanks for your help", Intent::Thanks),
            ("Au revoir", Intent::Goodbye),
            ("I want to talk to a real person", Intent::Person),
            ("Can I speak with someone?", Intent::Person),
            ("human", Intent::Person),
            ("Je voudrais parler à un conseiller", Intent::Person),
            ("Puis-je parler à quelqu'un ?", Intent::Person),
            ("Can I book a call?", Intent::Booking),
            ("Je voudrais prendre rendez-vous", Intent::Booking),
            ("How many people can sit at the table?", Intent::Question),
            ("Is the agent fee included?", Intent::Question),
            ("great table, what is it made of?", Intent::Question),
            ("", Intent::Question),
        ];
        for (text, intent) in cases {
            assert_eq!(detect(text), intent, "{text}");
        }
    }

    #[test]
    fn wishes_have_the_words_that_rules_know() {
        let cases = [
            ("Where is my order?", "order"),
            ("Où est mon colis ?", "order"),
            ("How much is the oak table?", "price"),
            ("Je voudrais un devis", "quote"),
            ("I would like to order two chairs", "purchase"),
            ("Can I book a call?", "booking"),
            ("I want to talk to a person", "person"),
            ("Do you ship to Belgium?", "other"),
            ("Bonjour", "other"),
        ];
        for (text, expected) in cases {
            assert_eq!(wish(text), expected, "{text}");
            assert!(automation::rules::fields::INTENTS.contains(&wish(text)));
        }
    }
}
