//! Numbers as spreadsheets write them. One that could mean two things is refused.

use kernel::error::{Result, invalid};
use kernel::money::Amount;

use crate::amounts::Quantity;

/// An amount as spreadsheets write it: `1 234,50`, `€1,234.50`. What could mean two things is refused.
///
/// # Errors
/// 422 for anything else.
pub fn amount(text: &str) -> Result<Amount> {
    let amount = plain(text).and_then(|plain| plain.parse().ok());
    amount.ok_or_else(|| {
        let shown: String = text.chars().take(40).collect();
        invalid(
            "bad_amount",
            format!("“{shown}” is no amount. Write it like 1234.50."),
        )
    })
}

/// With nothing but digits, a point and a minus.
fn plain(text: &str) -> Option<String> {
    let bare = without_currency(text)?;
    let (sign, bare) = match bare.strip_prefix('-') {
        Some(rest) => ("-", without_currency(rest)?),
        None => ("", bare),
    };
    let (whole, part) = match decimal_mark(bare) {
        Some(at) => (bare.get(..at)?, bare.get(at + 1..)?),
        None => (bare, "0"),
    };
    if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let whole = if whole.is_empty() {
        "0".to_owned()
    } else {
        ungrouped(whole)?
    };
    Some(format!("{sign}{whole}.{part}"))
}

/// Without a sign or a code of three letters before or after the number.
fn without_currency(text: &str) -> Option<&str> {
    let is_of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-');
    let bare = text.trim_matches(|c: char| !is_of_number(c));
    // `Fr. 5`: a point that no digit follows belongs to the word before it
    let bare = match bare.strip_prefix('.') {
        Some(rest) if !rest.starts_with(|c: char| c.is_ascii_digit()) => rest.trim_start(),
        _ => bare,
    };
    let around: String = text.split(bare).collect();
    let is_sign = |c: char| c.is_alphabetic() || c.is_whitespace() || matches!(c, '$' | '.') || !c.is_ascii();
    let letters = around.chars().filter(|c| c.is_alphabetic()).count();
    (!bare.is_empty() && letters <= 3 && around.chars().all(is_sign)).then_some(bare)
}

/// Where the decimals begin. Of points and commas the last kind is it; a lone comma before three digits groups them.
fn decimal_mark(bare: &str) -> Option<usize> {
    let (point, comma) = (bare.rfind('.'), bare.rfind(','));
    let is_lone = |mark: char, at: usize| (bare.matches(mark).count() == 1).then_some(at);
    match (point, comma) {
        (Some(point), Some(comma)) if comma > point => is_lone(',', comma),
        (Some(point), _) => is_lone('.', point),
        (None, Some(comma)) if bare.len() - comma - 1 == 3 => None,
        (None, Some(comma)) => is_lone(',', comma),
        (None, None) => None,
    }
}

/// Digits alone, or in groups of three with one kind of sign between them.
fn ungrouped(whole: &str) -> Option<String> {
    let is_digits = |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits(whole) {
        return Some(whole.to_owned());
    }
    let sign = whole.chars().find(|c| !c.is_ascii_digit())?;
    if !(matches!(sign, '.' | ',' | '\'' | '’') || sign.is_whitespace()) {
        return None;
    }
    let groups: Vec<&str> = whole.split(sign).collect();
    let (first, others) = groups.split_first()?;
    let is_grouped = is_digits(first)
        && first.len() <= 3
        && others.iter().all(|group| is_digits(group) && group.len() == 3);
    is_grouped.then(|| groups.concat())
}

/// How many, with a point or a comma before the decimals.
///
/// # Errors
/// 422 for anything else, and for a comma that may group thousands.
pub fn quantity(text: &str) -> Result<Quantity> {
    let decimals = text.split_once(',').map(|(_, decimals)| decimals.len());
    let is_plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    if !is_plain || decimals == Some(3) {
        return Err(invalid("bad_quantity", "Write a quantity like 2, 2.5 or 1000."));
    }
    text.replace(',', ".").parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_spreadsheets_write_them() {
        for (text, wanted) in [
            ("1234.5", "1234.50"),
            ("1 234,50 €", "1234.50"),
            ("$1,234.50", "1234.50"),
            ("1.234,50", "1234.50"),
            ("12,000", "12000.00"),
            ("0,5", "0.50"),
            ("-€5", "-5.00"),
            ("CHF 1’234.50", "1234.50"),
            ("Fr. 5.50", "5.50"),
            ("1.234.567", "1234567.00"),
            (".5", "0.50"),
        ] {
            assert_eq!(amount(text).unwrap().to_string(), wanted, "{text}");
        }
        for text in [
            "much",
            "1.2.3",
            "-",
            "about 5",
            "0.001",
            "1e3",
            "(5)",
            "5%",
            "12,345,6",
            "1,23,456",
            "1.234",
            "5-3",
            "2026-01-31",
        ] {
            assert_eq!(amount(text).unwrap_err().code, "bad_amount", "{text}");
        }
    }

    #[test]
    fn a_quantity_is_no_matter_of_taste() {
        assert_eq!(quantity("2,5").unwrap(), "2.5".parse().unwrap());
        for text in ["1,000", "1e3", "-1", "two"] {
            assert_eq!(quantity(text).unwrap_err().code, "bad_quantity", "{text}");
        }
    }
}
