//! Text that was encoded twice: `FranÃ§ais` was `Français`. Mended only where nothing else can have been meant: a run of such
//! characters that, read as bytes, is valid UTF-8 to its last byte. Start with [`mend`].

/// The text as it was meant, if it was encoded twice; otherwise `None`.
pub fn mend(text: &str) -> Option<String> {
    let mut mended = once(text)?;
    // some have passed through several such systems
    while let Some(again) = once(&mended) {
        mended = again;
    }
    Some(mended)
}

fn once(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut run: Vec<(char, u8)> = Vec::new();
    let mut has_changed = false;
    for c in text.chars() {
        match byte_of(c) {
            Some(byte) => run.push((c, byte)),
            None => {
                has_changed |= end(&mut run, &mut out);
                out.push(c);
            }
        }
    }
    has_changed |= end(&mut run, &mut out);
    has_changed.then_some(out)
}

fn end(run: &mut Vec<(char, u8)>, out: &mut String) -> bool {
    let bytes: Vec<u8> = run.iter().map(|(_, byte)| *byte).collect();
    let meant = (bytes.len() > 1)
        .then(|| std::str::from_utf8(&bytes).ok())
        .flatten();
    match meant {
        Some(meant) => out.push_str(meant),
        None => out.extend(run.iter().map(|(c, _)| *c)),
    }
    run.clear();
    meant.is_some()
}

/// The byte that Windows-1252 has for a character beyond ASCII. What that code leaves empty stands for itself.
fn byte_of(c: char) -> Option<u8> {
    const UPPER: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    if ('\u{80}'..='\u{ff}').contains(&c) {
        return u8::try_from(u32::from(c)).ok();
    }
    let place = UPPER.iter().position(|upper| *upper == c)?;
    u8::try_from(0x80 + place).ok()
}

#[cfg(test)]
mod tests {
    use super::mend;

    #[test]
    fn what_was_encoded_twice_is_read_as_it_was_meant() {
        for (broken, meant) in [
            ("FranÃ§ais", "Français"),
            ("dÃ©jÃ\u{a0} vu", "déjà vu"),
            ("itâ€™s 5â‚¬", "it’s 5€"),
            ("Ã‰tÃ©", "Été"),
            ("FranÃƒÂ§ais", "Français"),
            ("å¤§ and NÃ£o", "大 and Não"),
        ] {
            assert_eq!(mend(broken).as_deref(), Some(meant), "{broken}");
        }
    }

    #[test]
    fn what_is_right_is_left_alone() {
        for right in [
            "Français",
            "plain",
            "Ça coûte 5 €",
            "São Paulo",
            "ÀÉ",
            "naïve — “yes”",
            "大阪",
            "Ã",
        ] {
            assert_eq!(mend(right), None, "{right}");
        }
    }
}
