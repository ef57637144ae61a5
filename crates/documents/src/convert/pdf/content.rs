//! Runs the drawing commands of a page as far as they write text, and notes where each letter lands.
//! Colours, lines and pictures are nobody's business here, so nothing of them is ever decoded.

use hayro_font::{CMapResolverFn, Font, FontCache, FontQuery, FontResolverFn, StandardFont};
use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction;
use hayro_syntax::object::{Dict, Name, Number, Object, Stream};
use hayro_syntax::page::{Page, Resources};
use std::sync::Arc;

use super::glyph::{Glyph, Matrix, letters};
use super::marks::Marks;

/// Drawings in drawings in drawings: a file may even contain itself.
const DEEPEST: usize = 12;
const MOST_FORMS: usize = 20_000;
/// A page with more letters than this is not for reading.
const MOST_GLYPHS: usize = 500_000;

/// The fonts of a document, each read once.
pub struct Fonts<'a> {
    cache: FontCache<'a>,
    programs: FontResolverFn,
    cmaps: CMapResolverFn,
}

impl Fonts<'_> {
    pub fn new() -> Self {
        Self {
            cache: FontCache::new(),
            programs: Arc::new(|query| {
                Some(match query {
                    FontQuery::Standard(font) => font.get_font_data(),
                    FontQuery::Fallback(query) => query.pick_standard_font().get_font_data(),
                })
            }),
            cmaps: Arc::new(hayro_cmap::load_embedded),
        }
    }
}

/// The letters of a page, in the order in which they are drawn; y grows downwards.
pub fn glyphs<'a>(page: &Page<'a>, fonts: &Fonts<'a>) -> Vec<Glyph> {
    let mut painter = Painter {
        fonts,
        state: State::new(Matrix(page.initial_transform(true).as_coeffs())),
        saved: Vec::new(),
        marks: Marks::default(),
        depth: 0,
        forms: 0,
        glyphs: Vec::new(),
    };
    painter.run(page.typed_operations(), page.resources());
    painter.glyphs
}

#[derive(Clone)]
struct State<'a> {
    page: Matrix,
    text: Matrix,
    line: Matrix,
    font: Option<(Font<'a>, bool)>,
    size: f64,
    letter_space: f64,
    word_space: f64,
    stretch: f64,
    leading: f64,
    rise: f64,
}

impl State<'_> {
    fn new(page: Matrix) -> Self {
        Self {
            page,
            text: Matrix::UNIT,
            line: Matrix::UNIT,
            font: None,
            size: 1.0,
            letter_space: 0.0,
            word_space: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        }
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.line = self.line * Matrix::shift(x, y);
        self.text = self.line;
    }
}

struct Painter<'a, 'f> {
    fonts: &'f Fonts<'a>,
    state: State<'a>,
    saved: Vec<State<'a>>,
    marks: Marks,
    depth: usize,
    forms: usize,
    glyphs: Vec<Glyph>,
}

impl<'a> Painter<'a, '_> {
    fn run(&mut self, mut commands: TypedIter<'_>, resources: &Resources<'a>) {
        let saved_before = self.saved.len();
        while let Some(command) = commands.next() {
            if self.glyphs.len() > MOST_GLYPHS {
                return;
            }
            self.obey(command, resources, saved_before);
        }
        if let Some(state) = self.saved.get(saved_before).cloned() {
            self.saved.truncate(saved_before);
            self.state = state;
        }
    }

    fn obey(&mut self, command: TypedInstruction<'_, '_>, resources: &Resources<'a>, saved_before: usize) {
        use TypedInstruction as Do;
        match command {
            Do::SaveState(_) => self.saved.push(self.state.clone()),
            Do::RestoreState(_) if self.saved.len() > saved_before => {
                self.state = self.saved.pop().unwrap_or_else(|| self.state.clone());
            }
            Do::Transform(m) => {
                self.state.page = self.state.page * matrix([m.0, m.1, m.2, m.3, m.4, m.5]);
            }
            Do::XObject(name) => self.form(resources.get_x_object(name.0), resources),
            Do::BeginMarkedContent(_) => self.marks.begin_plain(),
            Do::BeginMarkedContentWithProperties(mark) => {
                self.marks.begin(mark.0, &properties(mark.1, resources));
            }
            Do::EndMarkedContent(_) => self.marks.end(),
            other => self.obey_text(other, resources),
        }
    }

    fn obey_text(&mut self, command: TypedInstruction<'_, '_>, resources: &Resources<'a>) {
        use TypedInstruction as Do;
        let state = &mut self.state;
        match command {
            Do::BeginText(_) => (state.text, state.line) = (Matrix::UNIT, Matrix::UNIT),
            Do::TextFont(font) => {
                let read = self.font(resources.get_font(font.0));
                (self.state.font, self.state.size) = (read, font.1.as_f64());
            }
            Do::SetTextMatrix(m) => {
                state.line = matrix([m.0, m.1, m.2, m.3, m.4, m.5]);
                state.text = state.line;
            }
            Do::NextLine(by) => state.next_line(by.0.as_f64(), by.1.as_f64()),
            Do::NextLineAndSetLeading(by) => {
                state.leading = -by.1.as_f64();
                state.next_line(by.0.as_f64(), by.1.as_f64());
            }
            Do::NextLineUsingLeading(_) => state.next_line(0.0, -state.leading),
            Do::TextLeading(leading) => state.leading = leading.0.as_f64(),
            Do::CharacterSpacing(space) => state.letter_space = space.0.as_f64(),
            Do::WordSpacing(space) => state.word_space = space.0.as_f64(),
            Do::HorizontalScaling(percent) => state.stretch = percent.0.as_f64() / 100.0,
            Do::TextRise(rise) => state.rise = rise.0.as_f64(),
            Do::ShowText(text) => self.show(text.0.as_bytes()),
            Do::ShowTexts(parts) => parts.0.iter::<Object<'_>>().for_each(|part| match part {
                Object::Number(back) => self.move_back(back.as_f64()),
                Object::String(text) => self.show(text.as_bytes()),
                _ => {}
            }),
            Do::NextLineAndShowText(text) => {
                state.next_line(0.0, -state.leading);
                self.show(text.0.as_bytes());
            }
            Do::ShowTextWithParameters(text) => {
                (state.word_space, state.letter_space) = (text.0.as_f64(), text.1.as_f64());
                state.next_line(0.0, -state.leading);
                self.show(text.2.as_bytes());
            }
            _ => {}
        }
    }

    /// A drawing within the page.
    fn form(&mut self, form: Option<Stream<'a>>, outer: &Resources<'a>) {
        let Some(form) = form.filter(|form| is_form(form.dict())) else {
            return;
        };
        if self.depth == DEEPEST || self.forms == MOST_FORMS {
            return;
        }
        let Ok(commands) = form.decoded_data() else {
            return;
        };
        let own = form.dict().get::<Dict<'a>>(b"Resources").map(Resources::new);
        let placed = form.dict().get::<[f64; 6]>(b"Matrix").map(Matrix);
        let before = self.state.clone();
        self.forms += 1;
        self.depth += 1;
        self.state.page = self.state.page * placed.unwrap_or(Matrix::UNIT);
        self.run(TypedIter::new(&commands), own.as_ref().unwrap_or(outer));
        self.depth -= 1;
        self.state = before;
    }

    fn font(&self, described: Option<Dict<'a>>) -> Option<(Font<'a>, bool)> {
        let Fonts {
            cache,
            programs,
            cmaps,
        } = self.fonts;
        let read = described.and_then(|font| {
            let is_bold = font
                .get::<Name<'_>>(b"BaseFont")
                .is_some_and(|name| is_bold(name.as_str()));
            Some((cache.font(&font, programs, cmaps)?, is_bold))
        });
        // what every reader does with a font that it cannot find
        read.or_else(|| Some((cache.standard_font(StandardFont::Helvetica, programs)?, false)))
    }

    fn move_back(&mut self, thousandths: f64) {
        let by = -thousandths / 1000.0 * self.state.size;
        let is_horizontal = self
            .state
            .font
            .as_ref()
            .is_none_or(|(font, _)| font.is_horizontal());
        let (x, y) = if is_horizontal {
            (by * self.state.stretch, 0.0)
        } else {
            (0.0, by)
        };
        self.state.text = self.state.text * Matrix::shift(x, y);
    }

    fn show(&mut self, bytes: &[u8]) {
        let Some((font, is_bold)) = self.state.font.clone() else {
            return;
        };
        let mut at = 0;
        while at < bytes.len() {
            let (code, length) = font.read_code(bytes, at);
            at += length.max(1);
            self.place(&font, is_bold, code, code == 32 && length == 1);
        }
    }

    fn place(&mut self, font: &Font<'a>, is_bold: bool, code: u32, is_space: bool) {
        let state = &self.state;
        let (advance, size) = (font.code_advance(code), state.size);
        let space = state.letter_space + if is_space { state.word_space } else { 0.0 };
        let (own, full) = if font.is_horizontal() {
            let own = advance.x / 1000.0 * size * state.stretch;
            ((own, 0.0), (own + space * state.stretch, 0.0))
        } else {
            let own = advance.y / 1000.0 * size;
            ((0.0, own), (0.0, own + space))
        };
        let start = state.page * state.text * Matrix::shift(0.0, state.rise);
        let (width, height) = (start.direction(own.0, own.1), start.direction(0.0, size));
        if let Some(text) = self.marks.instead_of(letters(font, code)) {
            // without the space after it: some programs part words by nothing else
            self.glyphs
                .push(Glyph::new(text, start.origin(), width, height, is_bold));
        }
        self.state.text = self.state.text * Matrix::shift(full.0, full.1);
    }
}

fn matrix(numbers: [Number; 6]) -> Matrix {
    Matrix(numbers.map(|number| number.as_f64()))
}

fn is_form(dict: &Dict<'_>) -> bool {
    dict.get::<Name<'_>>(b"Subtype")
        .is_some_and(|kind| kind.as_str() == "Form")
}

/// Written out, or the name of one of the page's.
fn properties<'a>(said: &Object<'a>, resources: &Resources<'a>) -> Dict<'a> {
    let named = said
        .clone()
        .into_name()
        .and_then(|name| resources.properties.get::<Dict<'a>>(name));
    named
        .or_else(|| said.clone().into_dict())
        .unwrap_or_else(Dict::empty)
}

fn is_bold(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["bold", "black", "heavy", "demi", "cmbx", "sfbx", "ecbx"]
        .iter()
        .any(|part| name.contains(part))
}
