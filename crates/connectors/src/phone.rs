//! Phone numbers in one form, so that the same person is found whatever way a vendor writes the number.

/// The number with its country code, digits only: `+55 (11) 90000-0001` → `5511900000001`. Brazilian mobile numbers
/// always with their ninth digit, Mexican and Argentinian ones without the extra digit of WhatsApp. None: it is no
/// international number.
pub fn canonical(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text
        .strip_prefix("tel:")
        .or_else(|| text.strip_prefix("whatsapp:"))
        .unwrap_or(text);
    // `+44 (0)20 …`: the zero is for calls within the country
    let text = text.replace("(0)", "");
    let (is_marked, rest) = match text.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => text
            .strip_prefix("00")
            .map_or((false, text.as_str()), |rest| (true, rest)),
    };
    if !is_marked && rest.starts_with('(') {
        return None;
    }
    let digits = digits(rest)?;
    let is_possible = (8..=15).contains(&digits.len()) && !digits.starts_with('0');
    if is_possible { of_country(digits) } else { None }
}

/// None if anything else is in it than digits and what people put between them.
fn digits(text: &str) -> Option<String> {
    let mut digits = String::new();
    for letter in text.chars() {
        match letter {
            '0'..='9' => digits.push(letter),
            '(' | ')' | '-' | '.' | '/' | '\u{2010}'..='\u{2013}' | '\u{200e}' | '\u{202a}'..='\u{202c}' => {}
            _ if letter.is_whitespace() => {}
            _ => return None,
        }
    }
    Some(digits)
}

fn of_country(digits: String) -> Option<String> {
    if let Some(national) = digits.strip_prefix("55") {
        return brazilian(national.strip_prefix('0').unwrap_or(national));
    }
    if let Some(national) = digits.strip_prefix('1') {
        return is_north_american(national).then_some(digits);
    }
    if let Some(national) = digits.strip_prefix("521").filter(|rest| rest.len() == 10) {
        return Some(format!("52{national}"));
    }
    if let Some(national) = digits.strip_prefix("549").filter(|rest| rest.len() == 10) {
        return Some(format!("54{national}"));
    }
    Some(digits)
}

/// Area of two digits, then nine digits for a mobile phone and eight for a landline, which begins with 2 to 5.
fn brazilian(national: &str) -> Option<String> {
    let (area, subscriber) = national.split_at_checked(2)?;
    let first = subscriber.chars().next()?;
    if area.contains('0') {
        return None;
    }
    match (subscriber.len(), first) {
        (9, '9') | (8, '2'..='5') => Some(format!("55{national}")),
        (8, '6'..='9') => Some(format!("55{area}9{subscriber}")),
        _ => None,
    }
}

/// Area and exchange never begin with 0 or 1: what does is the number of another country without its code.
fn is_north_american(national: &str) -> bool {
    let begins_well = |at: usize| matches!(national.as_bytes().get(at), Some(b'2'..=b'9'));
    national.len() == 10 && begins_well(0) && begins_well(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_one_form_however_it_is_written() {
        let cases = [
            ("+55 (11) 90000-0001", "5511900000001"),
            ("5511900000001", "5511900000001"),
            ("551190000001", "5511990000001"),
            ("+55 011 90000-0001", "5511900000001"),
            ("whatsapp:+558581234567", "5585981234567"),
            ("+55 11 3000-0001", "551130000001"),
            ("+52 1 55 1234 5678", "525512345678"),
            ("525512345678", "525512345678"),
            ("5491123456789", "541123456789"),
            ("+54 11 2345-6789", "541123456789"),
            ("+32 470 12 34 56", "32470123456"),
            ("0032470123456", "32470123456"),
            ("+44 (0)20 7946 0000", "442079460000"),
            ("tel:+1-202-555-0123", "12025550123"),
            ("1 (202) 555.0123", "12025550123"),
            ("+33\u{a0}6\u{202f}12 34 56 78", "33612345678"),
        ];
        for (text, expected) in cases {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
            assert_eq!(canonical(expected).as_deref(), Some(expected), "{text}, twice");
        }
    }

    #[test]
    fn what_is_no_international_number_is_none() {
        let cases = [
            "",
            "+",
            "(11) 90000-0001",
            "11900000001",
            "0470 12 34 56",
            "+55 11 1234",
            "+5511800000001",
            "+1 202 155 0123",
            "call me",
            "+32 470 12 34 56 ext 7",
            "1234567",
            "+1234567890123456",
            "١٢٣٤٥٦٧٨٩",
        ];
        for text in cases {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
