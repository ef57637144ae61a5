//! Puts letters together to lines, in the order in which they were drawn: writers of PDF draw columns one after
//! the other, and whoever sorts by place mixes them.

use super::glyph::{Glyph, Turn};
use super::script;

/// Of the letter's size: what is wider is a space, and what is much wider the way to the next cell.
const SPACE: f32 = 0.11;
const TAB: f32 = 0.85;

#[derive(Debug, Clone)]
pub struct Line {
    pub turn: Turn,
    pub y: f32,
    pub size: f32,
    pub is_bold: bool,
    /// In the order of reading; more than one where wide gaps part them.
    pub cells: Vec<Cell>,
}

#[derive(Debug, Clone)]
pub struct Cell {
    pub left: f32,
    pub right: f32,
    pub text: String,
}

impl Line {
    pub fn left(&self) -> f32 {
        self.cells.iter().map(|cell| cell.left).fold(f32::MAX, f32::min)
    }

    pub fn right(&self) -> f32 {
        self.cells.iter().map(|cell| cell.right).fold(f32::MIN, f32::max)
    }

    pub fn text(&self) -> String {
        let cells: Vec<&str> = self.cells.iter().map(|cell| cell.text.as_str()).collect();
        cells.join(" ")
    }

    /// One stands above the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left() < other.right() && other.left() < self.right()
    }

    fn is_beside(&self, other: &Self) -> bool {
        self.turn == other.turn
            && (self.y - other.y).abs() < 0.25 * self.size.max(other.size)
            && (self.left() >= other.right() || other.left() >= self.right())
    }

    /// Drawn twice to look bold, or with a shadow.
    fn is_again(&self, other: &Self) -> bool {
        let near = 0.15 * self.size;
        self.turn == other.turn
            && (self.y - other.y).abs() < near
            && (self.left() - other.left()).abs() < near
            && self.text() == other.text()
    }
}

pub fn lines(glyphs: Vec<Glyph>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut open: Vec<Glyph> = Vec::new();
    for glyph in glyphs {
        if !open.is_empty() && !follows(&open, &glyph) {
            close(std::mem::take(&mut open), &mut lines);
        }
        open.push(glyph);
    }
    close(open, &mut lines);
    in_order(lines)
}

fn follows(open: &[Glyph], next: &Glyph) -> bool {
    let (Some(first), Some(last)) = (open.first(), open.last()) else {
        return true;
    };
    let size = last.size.max(next.size);
    let is_level =
        (next.y - last.y).abs() < 0.45 * size && (next.y - first.y).abs() < 0.7 * first.size.max(size);
    let is_leftward = || {
        std::iter::once(next)
            .chain(open)
            .any(|glyph| script::is_leftward(&glyph.text))
    };
    next.turn == last.turn && is_level && (next.x > last.end() - 0.5 * size || is_leftward())
}

fn close(mut glyphs: Vec<Glyph>, lines: &mut Vec<Line>) {
    if glyphs.iter().all(Glyph::is_blank) {
        return;
    }
    let is_leftward = glyphs.iter().any(|glyph| script::is_leftward(&glyph.text));
    if is_leftward {
        glyphs.sort_by(|a, b| a.x.total_cmp(&b.x));
    }
    let mut letters = glyphs.iter().filter(|glyph| !glyph.is_blank());
    let Some(first) = letters.clone().max_by(|a, b| a.size.total_cmp(&b.size)) else {
        return;
    };
    let line = Line {
        turn: first.turn,
        y: first.y,
        size: first.size,
        is_bold: letters.all(|glyph| glyph.is_bold),
        cells: cells(&glyphs, is_leftward),
    };
    match lines.last_mut() {
        Some(last) if line.is_again(last) => {}
        Some(last) if line.is_beside(last) => {
            last.is_bold &= line.is_bold;
            last.cells.extend(line.cells);
            last.cells.sort_by(|a, b| a.left.total_cmp(&b.left));
        }
        _ => lines.push(line),
    }
}

fn cells(glyphs: &[Glyph], is_leftward: bool) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    let mut start = 0;
    for at in 1..=glyphs.len() {
        let ends = at == glyphs.len() || gap(&glyphs[..at], &glyphs[at]) > TAB * glyphs[at].size;
        if ends {
            cells.extend(cell(&glyphs[start..at], is_leftward));
            start = at;
        }
    }
    if is_leftward {
        cells.reverse();
    }
    cells
}

/// Blanks are gaps as well.
fn gap(before: &[Glyph], next: &Glyph) -> f32 {
    if next.is_blank() {
        return 0.0;
    }
    let last = before.iter().rev().find(|glyph| !glyph.is_blank());
    last.map_or(0.0, |last| next.x - last.end())
}

fn cell(glyphs: &[Glyph], is_leftward: bool) -> Option<Cell> {
    let mut pieces: Vec<String> = Vec::new();
    let mut end: Option<f32> = None;
    for glyph in glyphs {
        if end.is_some_and(|end| glyph.x - end > SPACE * glyph.size) {
            pieces.push(" ".to_owned());
        }
        pieces.push(glyph.text.clone());
        end = Some(glyph.end());
    }
    let text = if is_leftward {
        script::as_spoken(&pieces)
    } else {
        pieces.concat()
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut letters = glyphs.iter().filter(|glyph| !glyph.is_blank());
    let left = letters.clone().map(|glyph| glyph.x).reduce(f32::min)?;
    let right = letters.by_ref().map(Glyph::end).reduce(f32::max)?;
    (!words.is_empty()).then(|| Cell {
        left,
        right,
        text: words.join(" "),
    })
}

/// Sideways text comes after the rest; and where lines go up and down without sense they are sorted after all.
fn in_order(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by_key(|line| line.turn);
    let jumps = lines.windows(2).filter(|two| {
        two[0].turn == two[1].turn && two[1].y < two[0].y - two[0].size && two[0].overlaps(&two[1])
    });
    if jumps.count() * 4 > lines.len() {
        lines.sort_by(|a, b| {
            let row = |line: &Line| (line.y / 4.0).round();
            (a.turn.cmp(&b.turn))
                .then(row(a).total_cmp(&row(b)))
                .then(a.left().total_cmp(&b.left()))
        });
    }
    lines
}
