//! Personal data in what was said, replaced by what kind it was: `[e-mail]`, `[phone]`, `[number]`. Prices, times, years
//! and measures stay. What the business itself tells several people, such as its own address, stays too.

use std::collections::{HashMap, HashSet};

use crate::retrieval::text;

/// Contact data that is the business's own.
#[derive(Debug, Default)]
pub struct Own(HashSet<String>);

impl Own {
    /// What the business says in two conversations or more, and mailboxes that are nobody's own. `said` names each conversation with one of its messages.
    pub fn learn<'a>(said: impl Iterator<Item = (usize, &'a str)>) -> Self {
        let mut seen: HashMap<String, HashSet<usize>> = HashMap::new();
        for (chat, text) in said {
            for found in find(text) {
                seen.entry(found.key).or_default().insert(chat);
            }
        }
        Self(
            seen.into_iter()
                .filter(|(key, chats)| chats.len() >= 2 || is_mailbox_of_a_role(key))
                .map(|(key, _)| key)
                .collect(),
        )
    }
}

/// The text with personal data masked. True: there was some.
pub fn mask(text: &str, own: &Own) -> (String, bool) {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    let mut has_any = false;
    for found in find(text) {
        if own.0.contains(&found.key) {
            continue;
        }
        masked.push_str(text.get(at..found.from).unwrap_or_default());
        masked.push_str(found.kind);
        at = found.to;
        has_any = true;
    }
    masked.push_str(text.get(at..).unwrap_or_default());
    (masked, has_any)
}

struct Found {
    from: usize,
    to: usize,
    kind: &'static str,
    key: String,
}

fn find(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(c) = rest.chars().next() else { break };
        let begins = at == 0
            || !text
                .get(..at)
                .is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric()));
        let next = if begins {
            email(text, at).or_else(|| number(text, at))
        } else {
            None
        };
        match next {
            Some(one) => {
                at = one.to;
                found.push(one);
            }
            None => at += c.len_utf8(),
        }
    }
    found
}

/// What is looked at from one place on: a run such as `.....` or `((((` would otherwise be read from each of its marks.
const LONGEST_EMAIL: usize = 320;
const LONGEST_NUMBER: usize = 64;

fn beginning(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

fn email(text: &str, from: usize) -> Option<Found> {
    let rest = text.get(from..)?;
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '@');
    let rest = beginning(rest, LONGEST_EMAIL);
    let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
    let word = rest.get(..end)?.trim_end_matches(['.', '-']);
    // as in the address of a page
    let (name, domain) = word.split_once('@').or_else(|| word.split_once("%40"))?;
    let is_one =
        !name.is_empty() && domain.contains('.') && !domain.contains('@') && !domain.starts_with('.');
    is_one.then(|| Found {
        from,
        to: from + word.len(),
        kind: "[e-mail]",
        key: word.to_lowercase(),
    })
}

/// A run of digits with what stands in telephone, card and order numbers.
fn number(text: &str, from: usize) -> Option<Found> {
    let rest = text.get(from..)?;
    if !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '(')) {
        return None;
    }
    if let Some(found) = reference(text, from) {
        return Some(found);
    }
    let is_part =
        |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' | '+');
    let start = rest.strip_prefix('#').map_or(0, |_| 1);
    let body = rest.get(start..)?;
    if !body.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '(')) {
        return None;
    }
    let near = beginning(body, LONGEST_NUMBER);
    let end = near.find(|c: char| !is_part(c)).unwrap_or(near.len());
    let run = near.get(..end)?.trim_end_matches(|c: char| !c.is_ascii_digit());
    let longest = run
        .split([' ', '-', '.', '/', '\u{a0}', '(', ')'])
        .map(str::len)
        .max()
        .unwrap_or(0);
    let digits: String = run.chars().filter(char::is_ascii_digit).collect();
    let groups = run
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .count();
    let are_pairs = groups == 4 && digits.len() == 8 && longest == 2;
    let is_phone = are_pairs
        || (run.starts_with('+') && digits.len() >= 8)
        || (digits.len() >= 9
            && digits.len() <= 15
            && (run.starts_with('0') || run.starts_with('(') || groups >= 3));
    let is_card = digits.len() >= 13 && digits.len() <= 19 && longest >= 4;
    let is_date = groups == 3 && digits.len() <= 8;
    let to = from + start + run.len();
    if is_date {
        return None;
    }
    if is_card && !run.starts_with(['+', '0']) {
        return Some(Found {
            from,
            to,
            kind: "[number]",
            key: digits,
        });
    }
    if is_phone {
        return Some(Found {
            from,
            to,
            kind: "[phone]",
            key: digits,
        });
    }
    // the first group alone: "order 123456 2 days ago"
    let first: String = body.chars().take_while(char::is_ascii_digit).collect();
    let is_reference = first.len() >= 6
        || (start == 1 && first.len() >= 3)
        || (first.len() >= 4 && is_of_an_order(text, from));
    is_reference.then(|| Found {
        from,
        to: from + start + first.len(),
        kind: "[number]",
        key: first,
    })
}

/// `events@shop.example`: the address of a desk, not of a person.
fn is_mailbox_of_a_role(key: &str) -> bool {
    const ROLES: [&str; 40] = [
        "info",
        "contact",
        "hello",
        "support",
        "help",
        "helpdesk",
        "service",
        "services",
        "sales",
        "orders",
        "order",
        "shop",
        "store",
        "team",
        "office",
        "events",
        "event",
        "press",
        "jobs",
        "billing",
        "invoices",
        "accounts",
        "returns",
        "bookings",
        "booking",
        "reservations",
        "kontakt",
        "bestellung",
        "rechnung",
        "verkauf",
        "commandes",
        "commande",
        "compta",
        "sav",
        "accueil",
        "bonjour",
        "evenements",
        "ventas",
        "pedidos",
        "hola",
    ];
    key.split_once('@').is_some_and(|(name, _)| ROLES.contains(&name))
}

/// "Order 48213", "commande n° 48213": the number stands behind a word for what is numbered.
fn is_of_an_order(text: &str, from: usize) -> bool {
    const NUMBERED: [&str; 19] = [
        "order",
        "orders",
        "invoice",
        "ticket",
        "booking",
        "reservation",
        "parcel",
        "reference",
        "customer",
        "commande",
        "facture",
        "colis",
        "bestellung",
        "bestellnummer",
        "rechnung",
        "auftrag",
        "pedido",
        "factura",
        "ordernummer",
    ];
    const BETWEEN: [&str; 9] = ["number", "no", "nr", "n", "num", "numero", "nummer", "id", "is"];
    let before = text::fold(text.get(..from).unwrap_or_default());
    let mut words = before
        .rsplit(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty());
    let telling = words.by_ref().find(|word| !BETWEEN.contains(word));
    telling.is_some_and(|word| NUMBERED.contains(&word))
}

/// Letters and digits together, as orders, invoices and accounts are numbered: `AB-12345`, `FR7612345678`.
fn reference(text: &str, from: usize) -> Option<Found> {
    let rest = text.get(from..)?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let near = beginning(rest, LONGEST_NUMBER);
    let end = near.find(|c: char| !is_part(c)).unwrap_or(near.len());
    let word = near.get(..end)?.trim_end_matches(['-', '_']);
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let is_in_capitals =
        word.chars().all(|c| !c.is_ascii_lowercase()) && word.chars().any(|c| c.is_ascii_uppercase());
    // "15000mAh" is a measure, "ord15000" is not; "ISO9001" is a name, "AB12CD34" is not
    let begins_with_letter = word.starts_with(|c: char| c.is_ascii_alphabetic());
    let letters_follow = word
        .trim_start_matches(|c: char| c.is_ascii_alphabetic())
        .chars()
        .any(|c| c.is_ascii_alphabetic());
    let is_one = digits >= 5 && (is_in_capitals || begins_with_letter)
        || digits >= 4 && is_in_capitals && begins_with_letter && letters_follow;
    // all of it goes, however long it is
    let all = rest
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(rest.len());
    is_one.then(|| Found {
        from,
        to: from + word.len().max(all),
        kind: "[number]",
        key: word.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_is_masked_and_what_everybody_may_know_stays() {
        for (text, masked) in [
            ("Write to ana.b@example.com.", "Write to [e-mail]."),
            (
                "Call +33 6 12 34 56 78 or 06 12 34 56 78",
                "Call [phone] or [phone]",
            ),
            (
                "Order #4711 and order 1234567 please",
                "Order [number] and order [number] please",
            ),
            (
                "My order 48213 and commande n° 4821, please; table 4821",
                "My order [number] and commande n° [number], please; table 4821",
            ),
            (
                "Card 4111 1111 1111 1111, invoice INV-2023001",
                "Card [number], invoice [number]",
            ),
            (
                "Pay to de89370400440532013000 for ord12345678, AB12CD34",
                "Pay to [number] for [number], [number]",
            ),
            ("Ring 12 34 56 78", "Ring [phone]"),
            ("See /?email=ana%40example.com", "See /?email=[e-mail]"),
            (
                "ISO9001, a 15000mAh battery, WD-40",
                "ISO9001, a 15000mAh battery, WD-40",
            ),
            (
                "It costs 49.90 €, or 1,200 for 10 from 9:00 to 18:30 in 2026.",
                "It costs 49.90 €, or 1,200 for 10 from 9:00 to 18:30 in 2026.",
            ),
            (
                "On 31/12/2023, 120 x 80 x 75 cm, 2-3 days, 24/7",
                "On 31/12/2023, 120 x 80 x 75 cm, 2-3 days, 24/7",
            ),
            (
                "The MP3 player and the A4 paper, iPhone15",
                "The MP3 player and the A4 paper, iPhone15",
            ),
        ] {
            assert_eq!(mask(text, &Own::default()).0, masked);
        }
    }

    #[test]
    fn a_number_is_masked_whole_however_long_it_is() {
        let digits = "4".repeat(200);
        assert_eq!(mask(&digits, &Own::default()).0, "[number]");
        assert_eq!(mask(&format!("AB{digits}"), &Own::default()).0, "[number]");
    }

    #[test]
    fn what_the_business_tells_several_people_is_its_own() {
        let said = [
            (0, "Write to help@shop.example."),
            (1, "help@shop.example reads it"),
            (1, "Yours is ana@x.example"),
            (1, "ana@x.example?"),
            (1, "For weddings: events@shop.example"),
        ];
        let own = Own::learn(said.into_iter());
        assert_eq!(
            mask("help@shop.example, events@shop.example, ana@x.example", &own),
            ("help@shop.example, events@shop.example, [e-mail]".into(), true)
        );
    }
}
