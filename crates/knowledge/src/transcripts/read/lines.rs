//! What formats made of lines share: times before a message, and invisible marks.

/// Characters that steer the direction of writing, and others that nobody sees.
pub fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `12/31/23, 9:15 PM`, `31.12.2023 21:15:03`, `2023-12-31T21:15Z`, `21:15`; also with the words that stand in such times.
pub fn is_time(text: &str) -> bool {
    let text = text.trim();
    if text.len() > 40 || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return false;
    }
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let is_known = |word: &str| {
        let word: String = word.to_lowercase().chars().filter(|c| *c != '.').collect();
        matches!(
            word.as_str(),
            "" | "am" | "pm" | "a" | "p" | "m" | "à" | "at" | "um" | "t" | "z" | "h" | "utc"
        )
    };
    let mut words = text.split(|c: char| !c.is_alphabetic() && c != '.');
    digits >= 3
        && words.all(is_known)
        && text.contains([':', 'h'])
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || c.is_whitespace() || "/.-:,+".contains(c))
}
