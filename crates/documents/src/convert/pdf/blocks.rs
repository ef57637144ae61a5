//! Lines to Markdown: paragraphs, headings by their size, tables by their columns.

use super::lines::{Cell, Line};
use super::script;

/// How the document looks as a whole.
pub struct Look {
    /// The size of most of its letters.
    pub body: f32,
    /// The sizes of its headings, the largest first.
    pub headings: Vec<f32>,
}

const LONGEST_HEADING: usize = 160;

impl Look {
    pub fn of<'a>(lines: impl Iterator<Item = &'a Line> + Clone) -> Self {
        let key = |size: f32| (size * 2.0).round() as i32;
        let mut letters = std::collections::BTreeMap::<i32, usize>::new();
        for line in lines.clone() {
            *letters.entry(key(line.size)).or_default() += line.text().chars().count();
        }
        let body = letters
            .iter()
            .max_by_key(|(_, count)| **count)
            .map_or(20, |(size, _)| *size);
        let mut headings: Vec<i32> = letters
            .into_keys()
            .filter(|size| f64::from(*size) > f64::from(body) * 1.14)
            .collect();
        headings.reverse();
        headings.dedup_by(|smaller, larger| f64::from(*smaller) > f64::from(*larger) * 0.93);
        let size = |key: i32| key as f32 / 2.0;
        Self {
            body: size(body),
            headings: headings.into_iter().map(size).collect(),
        }
    }

    fn level(&self, block: &[Line]) -> Option<usize> {
        let length: usize = block.iter().map(|line| line.text().chars().count()).sum();
        let has_words = block
            .iter()
            .any(|line| line.text().chars().any(char::is_alphabetic));
        if length > LONGEST_HEADING || !has_words || block.iter().any(|line| line.cells.len() > 2) {
            return None;
        }
        let size = block[0].size;
        if size > self.body * 1.14 {
            let rank = self.headings.iter().position(|heading| size > heading * 0.95);
            return Some(rank.unwrap_or(self.headings.len()).min(3) + 1);
        }
        let text = block[0].text();
        let is_sentence = text.ends_with(['.', ',', ';', ':']);
        let is_title = block.len() == 1 && block[0].is_bold && size > self.body * 0.95 && !is_sentence;
        is_title.then(|| self.headings.len().min(3) + 2)
    }
}

pub fn markdown(lines: &[Line], look: &Look) -> String {
    let mut text = String::new();
    let mut rest = lines;
    while !rest.is_empty() {
        let rows = table_length(rest);
        let length = if rows > 1 { rows } else { paragraph_length(rest) };
        let (block, after) = rest.split_at(length);
        text.push_str(&if rows > 1 {
            table(block)
        } else {
            paragraph(block, look)
        });
        text.push_str("\n\n");
        rest = after;
    }
    text
}

/// Rows below each other with as many cells, each of which stands where the one above it does.
fn table_length(lines: &[Line]) -> usize {
    if lines[0].cells.len() < 2 {
        return 1;
    }
    let is_row = |two: &&[Line]| {
        let [above, below] = two else { return false };
        let near = above.size.max(below.size);
        above.turn == below.turn
            && above.cells.len() == below.cells.len()
            && below.y > above.y
            && below.y - above.y < 4.0 * near
            && above
                .cells
                .iter()
                .zip(&below.cells)
                .all(|(a, b)| is_aligned(a, b, near))
    };
    1 + lines.windows(2).take_while(is_row).count()
}

fn is_aligned(a: &Cell, b: &Cell, near: f32) -> bool {
    let middle = |cell: &Cell| (cell.left + cell.right) / 2.0;
    (a.left - b.left).abs() < near || (a.right - b.right).abs() < near || (middle(a) - middle(b)).abs() < near
}

fn table(rows: &[Line]) -> String {
    let row = |line: &Line| {
        let cells: Vec<String> = line
            .cells
            .iter()
            .map(|cell| cell.text.replace('|', "\\|"))
            .collect();
        format!("| {} |", cells.join(" | "))
    };
    let mut table: Vec<String> = rows.iter().map(row).collect();
    table.insert(1, format!("|{}", " --- |".repeat(rows[0].cells.len())));
    table.join("\n")
}

fn paragraph_length(lines: &[Line]) -> usize {
    let mut length = 1;
    while length < lines.len() && continues(&lines[..length], &lines[length]) {
        length += 1;
    }
    length
}

fn continues(block: &[Line], next: &Line) -> bool {
    let (Some(first), Some(last)) = (block.first(), block.last()) else {
        return false;
    };
    let size = last.size.max(next.size);
    let step = next.y - last.y;
    let usual = if block.len() > 1 {
        last.y - block[block.len() - 2].y
    } else {
        1.7 * size
    };
    let left = block.iter().skip(1).map(Line::left).fold(last.left(), f32::min);
    last.turn == next.turn
        && first.is_bold == next.is_bold
        && (last.size - next.size).abs() < 0.12 * size
        && step > 0.0
        && step < (1.25 * usual).min(2.2 * size)
        && last.overlaps(next)
        && (block.len() == 1 || next.left() < left + 0.8 * size)
        && !starts_item(&next.text())
}

fn starts_item(text: &str) -> bool {
    let mark = text.split(' ').next().unwrap_or_default();
    let number = mark.trim_end_matches(['.', ')']);
    is_bullet(mark)
        || number != mark
            && number.len() < 3
            && !number.is_empty()
            && number.bytes().all(|b| b.is_ascii_digit())
}

fn is_bullet(mark: &str) -> bool {
    matches!(
        mark,
        "•" | "◦"
            | "▪"
            | "■"
            | "●"
            | "○"
            | "∙"
            | "·"
            | "–"
            | "-"
            | "*"
            | "\u{f0b7}"
            | "➢"
            | "✓"
            | "→"
    )
}

fn paragraph(block: &[Line], look: &Look) -> String {
    let text = join(block);
    if let Some(level) = look.level(block) {
        return format!("{} {}", "#".repeat(level), text.replace('\n', " "));
    }
    match text.split_once(' ') {
        Some((mark, rest)) if is_bullet(mark) => format!("- {rest}"),
        _ if text.starts_with('#') => format!("\\{text}"),
        _ => text,
    }
}

fn join(block: &[Line]) -> String {
    let right = block.iter().map(Line::right).fold(0.0, f32::max);
    let left = block.iter().map(Line::left).fold(f32::MAX, f32::min);
    let mut text = String::new();
    for (at, line) in block.iter().enumerate() {
        let next = line.text();
        if at > 0 {
            let is_short = block[at - 1].right() < right - 0.25 * (right - left);
            glue(&mut text, &next, is_short);
        }
        text.push_str(&next);
    }
    text
}

/// A line that ends early was meant to; a word that was parted is whole again.
fn glue(text: &mut String, next: &str, is_short: bool) {
    let (last, first) = (
        text.chars().last().unwrap_or(' '),
        next.chars().next().unwrap_or(' '),
    );
    let before = text.chars().rev().nth(1).unwrap_or(' ');
    let is_parted =
        matches!(last, '-' | '\u{ad}' | '\u{2010}') && before.is_lowercase() && first.is_lowercase();
    if is_parted {
        text.pop();
    } else if script::is_spaceless(last) && script::is_spaceless(first) {
        if is_short {
            text.push('\n')
        }
    } else {
        text.push(if is_short { '\n' } else { ' ' });
    }
}
