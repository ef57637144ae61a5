//! The script of a text, which for most of the world's languages settles the question.

use super::Language;

pub enum Verdict {
    Language(Language),
    Latin,
    /// A script shared by many languages without a telling letter, or no letters at all.
    Undecided,
}

/// Judges by the letters that are in the majority; a brand name in Latin letters does not make
/// an Arabic question English.
pub fn language_of(text: &str) -> Verdict {
    let mut counts = Counts::default();
    text.chars()
        .filter(|c| c.is_alphabetic())
        .for_each(|c| counts.add(c));
    counts.verdict(text)
}

#[derive(Default)]
struct Counts {
    latin: u32,
    han: u32,
    kana: u32,
    hangul: u32,
    arabic: u32,
    cyrillic: u32,
    other: Vec<(Language, u32)>,
}

impl Counts {
    fn add(&mut self, c: char) {
        match c {
            'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => self.latin += 1,
            '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => self.han += 1,
            '\u{3040}'..='\u{30ff}' => self.kana += 1,
            '\u{ac00}'..='\u{d7af}' | '\u{1100}'..='\u{11ff}' => self.hangul += 1,
            '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{fb50}'..='\u{feff}' => self.arabic += 1,
            '\u{400}'..='\u{52f}' => self.cyrillic += 1,
            _ => self.add_other(c),
        }
    }

    fn add_other(&mut self, c: char) {
        let Some((language, _)) = OWN_SCRIPT.iter().find(|(_, range)| range.contains(&c)) else {
            return;
        };
        match self.other.iter_mut().find(|(l, _)| l == language) {
            Some((_, count)) => *count += 1,
            None => self.other.push((*language, 1)),
        }
    }

    fn verdict(&self, text: &str) -> Verdict {
        // An ideograph says as much as two or three letters.
        let east_asian = 3 * (self.han + self.kana + self.hangul);
        let other = self
            .other
            .iter()
            .max_by_key(|(_, count)| *count)
            .copied()
            .unwrap_or_default();
        let most = [self.latin, east_asian, self.arabic, self.cyrillic, other.1]
            .into_iter()
            .max()
            .unwrap_or(0);
        match most {
            0 => Verdict::Undecided,
            n if n == east_asian => Verdict::Language(self.east_asian()),
            n if n == self.arabic => Verdict::Language(arabic_script(text)),
            n if n == self.cyrillic => cyrillic(text),
            n if n == other.1 => Verdict::Language(other.0),
            _ => Verdict::Latin,
        }
    }

    fn east_asian(&self) -> Language {
        match (self.hangul, self.kana) {
            (h, k) if h > 0 && h >= k => Language::KOREAN,
            (_, k) if k > 0 => Language::JAPANESE,
            _ => Language::CHINESE,
        }
    }
}

fn arabic_script(text: &str) -> Language {
    if text.contains(['ٹ', 'ڈ', 'ڑ', 'ے', 'ں', 'ہ']) {
        Language::of(b"ur")
    } else if text.contains(['پ', 'چ', 'ژ', 'گ', 'ک', 'ی']) {
        Language::of(b"fa")
    } else {
        Language::ARABIC
    }
}

fn cyrillic(text: &str) -> Verdict {
    let lower = text.to_lowercase();
    if lower.contains(['ў']) {
        Verdict::Language(Language::of(b"be"))
    } else if lower.contains(['і', 'ї', 'є', 'ґ']) {
        Verdict::Language(Language::of(b"uk"))
    } else if lower.contains(['ј', 'љ', 'њ', 'ђ', 'ћ', 'џ', 'ѓ', 'ќ', 'ѕ']) {
        Verdict::Undecided
    } else if lower.contains(['ы', 'э', 'ё']) || !has_bulgarian_signs(&lower) {
        Verdict::Language(Language::of(b"ru"))
    } else {
        Verdict::Language(Language::of(b"bg"))
    }
}

/// Bulgarian uses "ъ" as a vowel inside words and these short words, which Russian does not have.
fn has_bulgarian_signs(lower: &str) -> bool {
    lower.split_whitespace().any(|w| {
        let w = w.trim_matches(|c: char| !c.is_alphabetic());
        matches!(
            w,
            "съм" | "са" | "се" | "ще" | "какво" | "кога" | "къде" | "мога" | "си"
        ) || w
            .char_indices()
            .skip(1)
            .any(|(i, c)| c == 'ъ' && !followed_by_iotated(&w[i..]))
    })
}

fn followed_by_iotated(rest: &str) -> bool {
    matches!(rest.chars().nth(1), Some('е' | 'ё' | 'ю' | 'я'))
}

/// Scripts that one living language clearly dominates.
const OWN_SCRIPT: &[(Language, std::ops::RangeInclusive<char>)] = &[
    (Language::of(b"el"), '\u{370}'..='\u{3ff}'),
    (Language::of(b"hy"), '\u{530}'..='\u{58f}'),
    (Language::of(b"he"), '\u{590}'..='\u{5ff}'),
    (Language::of(b"hi"), '\u{900}'..='\u{97f}'),
    (Language::of(b"bn"), '\u{980}'..='\u{9ff}'),
    (Language::of(b"pa"), '\u{a00}'..='\u{a7f}'),
    (Language::of(b"gu"), '\u{a80}'..='\u{aff}'),
    (Language::of(b"ta"), '\u{b80}'..='\u{bff}'),
    (Language::of(b"te"), '\u{c00}'..='\u{c7f}'),
    (Language::of(b"kn"), '\u{c80}'..='\u{cff}'),
    (Language::of(b"ml"), '\u{d00}'..='\u{d7f}'),
    (Language::of(b"si"), '\u{d80}'..='\u{dff}'),
    (Language::of(b"th"), '\u{e00}'..='\u{e7f}'),
    (Language::of(b"lo"), '\u{e80}'..='\u{eff}'),
    (Language::of(b"my"), '\u{1000}'..='\u{109f}'),
    (Language::of(b"ka"), '\u{10a0}'..='\u{10ff}'),
    (Language::of(b"am"), '\u{1200}'..='\u{137f}'),
    (Language::of(b"km"), '\u{1780}'..='\u{17ff}'),
];
