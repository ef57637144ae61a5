//! Scripts that run from right to left, and those that do without spaces.

pub fn is_leftward(text: &str) -> bool {
    text.chars().any(|letter| {
        matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
            && !letter.is_numeric()
    })
}

/// Chinese and Japanese.
pub fn is_spaceless(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{a4cf}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// From the order on paper, left to right, to that in which they are read.
pub fn as_spoken(pieces: &[String]) -> String {
    let leftward = pieces.iter().filter(|piece| is_leftward(piece)).count();
    if leftward * 2 < pieces.iter().filter(|piece| !is_neutral(piece)).count() {
        return turn(pieces, is_leftward);
    }
    let reversed: Vec<String> = pieces.iter().rev().cloned().collect();
    turn(&reversed, |piece| !is_leftward(piece) && !is_neutral(piece))
}

/// Turns each run of such pieces round, with what lies within the run.
fn turn(pieces: &[String], is_such: impl Fn(&str) -> bool) -> String {
    let (mut text, mut at) = (String::new(), 0);
    while at < pieces.len() {
        if !is_such(&pieces[at]) {
            text.push_str(&pieces[at]);
            at += 1;
            continue;
        }
        let (mut end, mut next) = (at, at);
        while next < pieces.len()
            && (is_such(&pieces[next]) || !is_leftward(&pieces[next]) && is_neutral(&pieces[next]))
        {
            if is_such(&pieces[next]) {
                end = next;
            }
            next += 1;
        }
        pieces[at..=end]
            .iter()
            .rev()
            .for_each(|piece| text.push_str(piece));
        at = end + 1;
    }
    text
}

fn is_neutral(piece: &str) -> bool {
    !piece.chars().any(char::is_alphanumeric)
}
