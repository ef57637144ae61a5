//! What a visitor wants of an order, read by small lists of English and French wordings, like [`crate::intent`].

use crate::intent::plain;

/// What a message asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// How an order stands.
    Look(Which),
    /// To call an order off.
    Cancel(Which),
    /// A code by mail.
    SendCode,
    /// This is the code.
    Code(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// In lower case, without `#`.
    Number(String),
    /// "My last order."
    Last,
    /// "My order", which may be a question about orders in general.
    Mine,
}

impl Which {
    pub fn number(&self) -> Option<&str> {
        match self {
            Self::Number(number) => Some(number),
            Self::Last | Self::Mine => None,
        }
    }
}

const ORDERS: &[&str] = &[
    "order",
    "orders",
    "parcel",
    "package",
    "shipment",
    "delivery",
    "purchase",
    "commande",
    "commandes",
    "colis",
    "livraison",
    "achat",
];
/// What is about to be ordered has no number yet.
const TO_ORDER: &[&str] = &[
    "to order",
    "i order",
    "we order",
    "can order",
    "could order",
    "commander",
    "je commande",
];
/// A number behind one of these is an order's.
const NUMBERED: &[&str] = &[
    "order", "parcel", "package", "shipment", "commande", "colis", "number", "no", "n", "nr", "numero",
];
/// A number elsewhere is an order's where the visitor speaks of their own.
const OWN: &[&str] = &[
    "my order",
    "my parcel",
    "my package",
    "our order",
    "ma commande",
    "mon colis",
    "notre commande",
];
const ASKS: &[&str] = &[
    "where",
    "status",
    "track",
    "tracking",
    "shipped",
    "ship",
    "sent",
    "arrive",
    "arrived",
    "arriving",
    "delivered",
    "when",
    "news",
    "received",
    "coming",
    "late",
    "check",
    "look up",
    "what about",
    "happened",
    "follow",
    "ou",
    "suivi",
    "suivre",
    "statut",
    "etat",
    "expediee",
    "expedie",
    "envoyee",
    "envoye",
    "livree",
    "livre",
    "quand",
    "arrive t elle",
    "arrivee",
    "recu",
    "recue",
    "nouvelles",
    "partie",
    "parti",
    "retard",
];
/// What somebody does who calls an order off.
const CANCELS: &[&str] = &["cancel", "call off", "annuler", "annulez", "annule"];
/// How an order may stand: whoever asks for that wants nothing done.
const CANCELLED: &[&str] = &["cancelled", "canceled", "annulee"];
/// Words about the rules for it, which the knowledge holds.
const CANCELLATION: &[&str] = &["cancellation", "cancellations", "annulation", "annulations"];
/// Whoever says one of these wants it kept.
const NEGATIONS: &[&str] = &["don t", "do not", "dont", "not", "never", "nothing", "ne", "pas"];
const LAST: &[&str] = &[
    "last order",
    "latest order",
    "most recent order",
    "newest order",
    "last purchase",
    "derniere commande",
    "dernier achat",
];
const MINE: &[&str] = &[
    "where is my order",
    "where s my order",
    "where is my parcel",
    "where s my parcel",
    "where is my package",
    "where s my package",
    "has my order shipped",
    "when will my order arrive",
    "track my order",
    "status of my order",
    "ou est ma commande",
    "ou en est ma commande",
    "ou est mon colis",
    "ou en est mon colis",
    "suivre ma commande",
];
/// "How do I …" asks for an explanation, not for a deed.
const EXPLANATIONS: &[&str] = &[
    "how do i",
    "how can i",
    "how to",
    "what if",
    "what happens",
    "comment",
    "que se passe",
    "si j annule",
];
const SENDS: &[&str] = &[
    "send", "resend", "mail", "email", "e mail", "envoyez", "envoyer", "envoie", "renvoyez", "renvoyer",
    "recevoir",
];
/// Codes that are no proof of anything.
const OTHER_CODES: &[&str] = &[
    "discount",
    "promo",
    "promotion",
    "voucher",
    "coupon",
    "gift",
    "postal",
    "post",
    "zip",
    "area",
    "qr",
    "door",
    "dress",
    "source",
    "reduction",
    "cadeau",
    "porte",
];
/// Words beside a code that is typed.
const BESIDE_CODE: &[&str] = &[
    "the", "my", "a", "code", "is", "it", "s", "this", "here", "you", "are", "got", "i", "have", "ok", "yes",
    "number", "le", "mon", "un", "est", "c", "voici", "voila", "oui", "j", "ai", "recu",
];

/// Longer messages are about more than an order.
const MOST_WORDS: usize = 25;
/// A code comes with few words.
const MOST_WORDS_OF_CODE: usize = 8;

/// None: it is about something else.
pub fn read(text: &str) -> Option<Wish> {
    let plain = plain(text);
    let padded = format!(" {plain} ");
    let words = plain.split(' ').filter(|word| !word.is_empty()).count();
    let has = |list: &[&str]| list.iter().any(|entry| padded.contains(&format!(" {entry} ")));
    if words == 0 || words > MOST_WORDS {
        return None;
    }
    let speaks_of_order = has(ORDERS) && !has(TO_ORDER);
    if !speaks_of_order && words <= MOST_WORDS_OF_CODE {
        if let Some(code) = code(text)
            && plain
                .split(' ')
                .all(|word| digits(word) == word.len() || BESIDE_CODE.contains(&word))
        {
            return Some(Wish::Code(code));
        }
        let is_asked_for = plain == "code" || has(&["code"]) && has(SENDS) && !has(OTHER_CODES);
        if is_asked_for && number(text, false).is_none() {
            return Some(Wish::SendCode);
        }
    }
    let marked = marked(text).filter(|number| speaks_of_order || digits(number) >= 3);
    let which = if has(LAST) {
        Some(Which::Last)
    } else if let Some(number) = marked.or_else(|| speaks_of_order.then(|| number(text, has(OWN))).flatten())
    {
        Some(Which::Number(number))
    } else if has(MINE) {
        Some(Which::Mine)
    } else {
        None
    }?;
    if has(CANCELLATION) || (has(CANCELS) && has(EXPLANATIONS)) {
        return None;
    }
    if has(CANCELS) && !has(NEGATIONS) {
        return (which != Which::Mine).then_some(Wish::Cancel(which));
    }
    let speaks_of_end = has(CANCELS) || has(CANCELLED);
    // "Order 1042?" is a question enough
    let is_all = words <= 3 && which.number().is_some() && speaks_of_order;
    (has(ASKS) || has(LAST) || speaks_of_end || which == Which::Mine || is_all).then_some(Wish::Look(which))
}

/// Whether a message speaks of orders at all.
pub fn speaks_of_orders(text: &str) -> bool {
    let padded = format!(" {} ", plain(text));
    ORDERS.iter().any(|word| padded.contains(&format!(" {word} ")))
}

/// A number behind `#`.
fn marked(text: &str) -> Option<String> {
    text.split_whitespace().find_map(|word| {
        let (_, behind) = word.split_once('#')?;
        clean(behind)
    })
}

/// The number behind a word such as "order", or else the only thing that looks like one.
fn number(text: &str, anywhere: bool) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let looks_right = |word: &String| (3..=18).contains(&digits(word));
    let behind = words.windows(2).find_map(|pair| {
        let [before, after] = pair else { return None };
        let before = plain(before);
        let is_numbered = NUMBERED.contains(&before.as_str());
        is_numbered.then(|| clean(after).filter(looks_right)).flatten()
    });
    // "n°1042"
    let glued = || {
        words
            .iter()
            .filter(|word| word.contains(['°', 'º']))
            .find_map(|word| clean(word))
    };
    let only = || {
        let mut found = words.iter().filter_map(|word| clean(word)).filter(looks_right);
        let first = found.next()?;
        found.next().is_none().then_some(first)
    };
    behind.or_else(glued).or_else(|| anywhere.then(only).flatten())
}

fn digits(word: &str) -> usize {
    word.chars().filter(char::is_ascii_digit).count()
}

/// The word as a number of an order is written, if it can be one.
pub fn clean(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    // "n°1042"
    let word = word
        .rsplit_once(['°', 'º', '#'])
        .map_or(word, |(_, number)| number);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.');
    let is_number = word.chars().any(|c| c.is_ascii_digit()) && word.chars().all(fits) && word.len() <= 40;
    is_number.then(|| word.to_lowercase())
}

/// Six digits, perhaps in two groups.
fn code(text: &str) -> Option<String> {
    let groups: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .collect();
    let code: String = groups.concat();
    let is_one = groups.len() == 1 || groups.iter().all(|group| group.len() == 3);
    (code.len() == 6 && is_one).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(number: &str) -> Option<Wish> {
        Some(Wish::Look(Which::Number(number.into())))
    }

    #[test]
    fn questions_about_an_order_are_told_from_others_in_two_languages() {
        let cases = [
            ("Where is my order 1042?", look("1042")),
            ("where is my order #1042", look("1042")),
            ("Où en est ma commande n° 1042", look("1042")),
            ("où en est ma commande n°1042 ?", look("1042")),
            ("has #1042 shipped?", look("1042")),
            ("Has order SO-1042/b been sent?", look("so-1042/b")),
            ("Order 20261103-AB12CD", look("20261103-ab12cd")),
            ("Quand arrive mon colis 1042 ?", look("1042")),
            ("my last order", Some(Wish::Look(Which::Last))),
            (
                "Ma dernière commande est-elle partie ?",
                Some(Wish::Look(Which::Last)),
            ),
            ("Where is my order?", Some(Wish::Look(Which::Mine))),
            ("Où est mon colis ?", Some(Wish::Look(Which::Mine))),
            (
                "Please cancel order 1042",
                Some(Wish::Cancel(Which::Number("1042".into()))),
            ),
            (
                "Annulez ma commande 1042",
                Some(Wish::Cancel(Which::Number("1042".into()))),
            ),
            ("Cancel my last order", Some(Wish::Cancel(Which::Last))),
            ("Has order 9500 been cancelled?", look("9500")),
            ("Please don't cancel my order 9501", look("9501")),
            ("Ma commande 9502 est-elle annulée ?", look("9502")),
            ("N'annulez pas ma commande 9502", look("9502")),
            ("What is your cancellation policy for order 9503?", None),
            ("What happens if I cancel order 9503?", None),
            ("Can I cancel my order?", None),
            ("How do I cancel an order?", None),
            ("Do you ship to Belgium?", None),
            ("Can you gift wrap my order?", None),
            ("I want to order 200 oak tables", None),
            ("When can I order 200 chairs?", None),
            ("How late is delivery to 1000 Brussels?", None),
            ("Do orders over 1000 euros arrive sooner?", None),
            ("How much is the oak table?", None),
            ("123456", Some(Wish::Code("123456".into()))),
            ("The code is 123 456.", Some(Wish::Code("123456".into()))),
            ("Send me a code", Some(Wish::SendCode)),
            ("Envoyez-moi un code", Some(Wish::SendCode)),
            ("code", Some(Wish::SendCode)),
            ("Do you have a discount code?", None),
            ("Send me a discount code", None),
            ("What is the postal code of your shop?", None),
            ("Call me at extension 204417", None),
            ("Call me on 0470 12 34 56", None),
            ("", None),
        ];
        for (text, wish) in cases {
            assert_eq!(read(text), wish, "{text}");
        }
    }
}
