//! Whether a visitor might buy: small lists of English and French wordings, matched on whole words.

use crate::intent::{self, Intent};

const QUOTE: &[&str] = &[
    "quote",
    "quotes",
    "quotation",
    "estimate",
    "wholesale",
    "bulk order",
    "bulk discount",
    "bulk price",
    "devis",
    "cotation",
    "chiffrage",
    "proposition commerciale",
    "offre commerciale",
    "en gros",
    "grossiste",
];
const MEETING: &[&str] = &[
    "demo",
    "a demonstration",
    "an appointment",
    "a meeting with",
    "consultation",
    "une demonstration",
    "rendez vous",
    "rdv",
    "un creneau",
];
const PURCHASE: &[&str] = &[
    "to buy",
    "can i buy",
    "could i buy",
    "i buy",
    "we buy",
    "to purchase",
    "can i purchase",
    "want to order",
    "like to order",
    "can i order",
    "could i order",
    "place an order",
    "sign up for",
    "to subscribe",
    "acheter",
    "passer commande",
    "passer une commande",
    "voudrais commander",
    "aimerais commander",
    "souhaite commander",
    "souhaitons commander",
    "puis je commander",
    "peut on commander",
    "comment commander",
    "m abonner",
    "souscrire",
];
const PRICE: &[&str] = &[
    "price",
    "prices",
    "pricing",
    "priced",
    "cost",
    "costs",
    "how much is",
    "how much are",
    "how much for",
    "how much do you charge",
    "how much would",
    "how much does",
    "price list",
    "rates",
    "discount",
    "discounts",
    "prix",
    "tarif",
    "tarifs",
    "tarification",
    "combien coute",
    "combien coutent",
    "combien ca coute",
    "combien couterait",
    "combien est ce",
    "combien pour",
    "quel cout",
    "remise",
    "remises",
];

/// What a visitor is interested in, in the word that the lead keeps: `quote`, `meeting`, `purchase` or `price`.
pub fn detect(text: &str) -> Option<&'static str> {
    let padded = format!(" {} ", intent::plain(text));
    let has = |list: &[&str]| list.iter().any(|entry| padded.contains(&format!(" {entry} ")));
    if has(QUOTE) {
        Some("quote")
    } else if has(MEETING) || intent::detect(text) == Intent::Booking {
        Some("meeting")
    } else if has(PURCHASE) {
        Some("purchase")
    } else if has(PRICE) {
        Some("price")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_might_buy_is_told_from_who_asks_something_else() {
        let cases = [
            ("How much is the oak table?", Some("price")),
            ("What are your prices?", Some("price")),
            ("Combien coûte la table ?", Some("price")),
            ("Quels sont vos tarifs ?", Some("price")),
            ("Could you send me a quote for 40 chairs?", Some("quote")),
            ("Je voudrais un devis", Some("quote")),
            ("Can I book a call?", Some("meeting")),
            ("Je voudrais prendre rendez-vous", Some("meeting")),
            ("Can I order two of them here?", Some("purchase")),
            ("Je voudrais commander deux chaises", Some("purchase")),
            ("Where is my order?", None),
            ("Où est ma commande ?", None),
            ("How much time does it take?", None),
            ("Combien de temps dure la livraison ?", None),
            ("Do you ship to Belgium?", None),
            ("Do you offer gift wrapping?", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(detect(text), expected, "{text}");
        }
    }
}
