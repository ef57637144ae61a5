//! A letter on a page: what it says, where it begins and ends, how tall it is.

use hayro_cmap::BfString;
use hayro_font::{Font, FontGlyph};
use unicode_normalization::UnicodeNormalization as _;

#[derive(Clone, Copy)]
pub struct Matrix(pub [f64; 6]);

impl Matrix {
    pub const UNIT: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    pub fn shift(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    pub fn origin(self) -> (f64, f64) {
        (self.0[4], self.0[5])
    }

    pub fn direction(self, x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, ..] = self.0;
        (a * x + c * y, b * x + d * y)
    }
}

impl std::ops::Mul for Matrix {
    type Output = Self;

    /// What `right` does first.
    fn mul(self, right: Self) -> Self {
        let [a, b, c, d, ..] = right.0;
        let (x, y) = right.origin();
        let ((a, b), (c, d)) = (self.direction(a, b), self.direction(c, d));
        let ((x, y), (own_x, own_y)) = (self.direction(x, y), self.origin());
        Self([a, b, c, d, x + own_x, y + own_y])
    }
}

/// Where its line runs: to the right, down, to the left, up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Turn {
    Right,
    Down,
    Left,
    Up,
}

/// Coordinates are those of a reader who turns the page so that the line runs to the right.
#[derive(Debug, Clone)]
pub struct Glyph {
    pub text: String,
    pub turn: Turn,
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub size: f32,
    pub is_bold: bool,
}

impl Glyph {
    pub fn new(text: String, at: (f64, f64), advance: (f64, f64), height: (f64, f64), is_bold: bool) -> Self {
        // a letter without width lies as its height says
        let along = if advance == (0.0, 0.0) {
            (-height.1, height.0)
        } else {
            advance
        };
        let turn = match along {
            (x, y) if x.abs() >= y.abs() && x >= 0.0 => Turn::Right,
            (x, y) if x.abs() >= y.abs() => Turn::Left,
            (_, y) if y > 0.0 => Turn::Down,
            _ => Turn::Up,
        };
        let (x, y) = match turn {
            Turn::Right => at,
            Turn::Down => (at.1, -at.0),
            Turn::Left => (-at.0, -at.1),
            Turn::Up => (-at.1, at.0),
        };
        Self {
            text,
            turn,
            x: x as f32,
            y: y as f32,
            width: advance.0.hypot(advance.1) as f32,
            size: height.0.hypot(height.1).max(0.1) as f32,
            is_bold,
        }
    }

    pub fn end(&self) -> f32 {
        self.x + self.width
    }

    pub fn is_blank(&self) -> bool {
        self.text.chars().all(char::is_whitespace)
    }
}

/// What a code of a font says; nothing if the file does not tell.
pub fn letters(font: &Font<'_>, code: u32) -> String {
    let said = match font.glyph(font.map_code(code), code) {
        FontGlyph::Outline(glyph) => glyph.as_unicode(),
        FontGlyph::Type3(glyph) => glyph.as_unicode(),
    };
    match said {
        Some(BfString::Char(letter)) => plain(letter).collect(),
        Some(BfString::String(letters)) => letters.chars().flat_map(plain).collect(),
        None => String::new(),
    }
}

/// Ligatures and the shapes of Arabic letters as the letters that they stand for.
fn plain(letter: char) -> Box<dyn Iterator<Item = char>> {
    match letter {
        '\u{fb00}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' => Box::new(std::iter::once(letter).nfkc()),
        _ if letter.is_whitespace() => Box::new(std::iter::once(' ')),
        _ if letter.is_control() => Box::new(std::iter::empty()),
        _ => Box::new(std::iter::once(letter)),
    }
}
