//! Reads Markdown or plain text into sections of units that must stay whole.
//!
//! Not a Markdown parser: it only needs to know headings, paragraphs, list items, tables and code well
//! enough not to tear them. Anything unclear is a paragraph.

use super::sentences::sentences;
use super::{MOST_PASSAGES, word_count};
use crate::retrieval::text::fold;

/// The text under one heading.
#[derive(Default)]
pub struct Section {
    pub page: Option<u32>,
    pub path: Vec<String>,
    pub units: Vec<Unit>,
}

/// A sentence, list item, table row or line of code.
pub struct Unit {
    pub text: String,
    pub words: usize,
    /// What joins it to the unit before when both land in one passage.
    pub glue: &'static str,
    /// How bad it is to start a passage here: 0 between paragraphs, 1 right after "as follows:".
    pub tear: f32,
    /// A table's head row, repeated where the table is cut.
    pub table_head: Option<String>,
    /// It says enough to be a passage by itself: a row of a long table.
    pub stands_alone: bool,
}

/// What is repeated with every passage is short, in bytes; else it is text like any other.
const LONGEST_HEAD: usize = 1_000;
const LONGEST_HEADING: usize = 500;
/// The same of a column's name, which is repeated with every row.
const LONGEST_NAME: usize = 100;
/// Each row of a catalogue is a passage, unless there are very many; the rows of a shorter table go together.
const CATALOGUE: std::ops::RangeInclusive<usize> = 20..=1_000;
/// Text without headings is grouped into sections of about this many words.
const LONG_SECTION: usize = 250;

pub fn sections(title: &str, pages: &[(Option<u32>, &str)]) -> Vec<Section> {
    let mut reader = Reader {
        title,
        levels: Vec::new(),
        current: Section::default(),
        heading_only: false,
        done: Vec::new(),
    };
    for (page, text) in pages {
        reader.turn_page(*page);
        let lines: Vec<&str> = text.lines().collect();
        let mut at = 0;
        while at < lines.len() && reader.done.len() <= MOST_PASSAGES {
            at += reader.block(&lines[at..]);
        }
    }
    reader.finish_section();
    reader.done
}

struct Reader<'a> {
    title: &'a str,
    /// Level and text of the headings in force.
    levels: Vec<(usize, String)>,
    current: Section,
    /// The current heading has not been used by any text yet.
    heading_only: bool,
    done: Vec<Section>,
}

impl Reader<'_> {
    /// Reads one block and says how many lines it took (at least one).
    fn block(&mut self, lines: &[&str]) -> usize {
        let line = lines[0];
        if line.trim().is_empty() {
            return 1;
        }
        if let Some((level, text)) = atx_heading(line) {
            self.start_section(level, text);
            return 1;
        }
        if let Some(level) = lines.get(1).and_then(|next| underline_level(line, next)) {
            self.start_section(level, line.trim());
            return 2;
        }
        if line.trim_start().starts_with("```") {
            return self.code(lines);
        }
        if is_table_row(line) && lines.get(1).is_some_and(|next| is_table_rule(next)) {
            return self.table(lines);
        }
        if is_list_item(line) {
            return self.list_item(lines);
        }
        self.paragraph(lines)
    }

    /// A heading at the foot of a page belongs to what follows.
    fn turn_page(&mut self, page: Option<u32>) {
        if !self.heading_only {
            self.finish_section();
        }
        self.current.page = page;
    }

    fn start_section(&mut self, level: usize, text: &str) {
        let is_child = self.levels.last().is_some_and(|(parent, _)| *parent < level);
        if !(self.heading_only && is_child) {
            self.finish_section();
        }
        self.levels.retain(|(other, _)| *other < level);
        let text = text.trim_matches(['*', '_', ' ', ':']);
        self.heading_only = !text.is_empty() && text != self.title;
        if self.heading_only {
            self.levels.push((level, text.to_owned()));
        }
        self.current.path = self.levels.iter().map(|(_, text)| text.clone()).collect();
    }

    /// A heading that nothing follows is itself the text.
    fn finish_section(&mut self) {
        if self.heading_only
            && self.current.units.is_empty()
            && let Some(heading) = self.current.path.pop()
        {
            self.push(heading, "", 0.0);
        }
        let (page, path) = (self.current.page, self.current.path.clone());
        let finished = std::mem::replace(
            &mut self.current,
            Section {
                page,
                path,
                units: Vec::new(),
            },
        );
        if !finished.units.is_empty() {
            self.done.push(finished);
        }
        self.heading_only = false;
    }

    fn push(&mut self, text: String, glue: &'static str, tear: f32) {
        let after_lead_in = self
            .current
            .units
            .last()
            .is_some_and(|unit| unit.text.ends_with([':', '：']));
        let tear = if after_lead_in { 1.0 } else { tear };
        // what has no words takes room too
        let words = word_count(&text).max(1);
        self.current.units.push(Unit {
            text,
            words,
            glue,
            tear,
            table_head: None,
            stands_alone: false,
        });
        self.heading_only = false;
    }

    /// Chinese and Japanese put no space after a full stop.
    fn ends_without_space(&self) -> bool {
        self.current
            .units
            .last()
            .is_some_and(|unit| unit.text.ends_with(['。', '！', '？', '」', '”']))
    }

    fn paragraph(&mut self, lines: &[&str]) -> usize {
        let length = 1 + lines[1..]
            .iter()
            .take_while(|line| continues_paragraph(line))
            .count();
        let words: usize = self.current.units.iter().map(|unit| unit.words).sum();
        if words > LONG_SECTION {
            self.finish_section();
        }
        let paragraph = lines[..length]
            .iter()
            .map(|line| line.trim())
            .collect::<Vec<_>>()
            .join(" ");
        for (i, sentence) in sentences(&paragraph).into_iter().enumerate() {
            let glue = if self.ends_without_space() { "" } else { " " };
            if i == 0 {
                self.push(sentence, "\n", 0.0)
            } else {
                self.push(sentence, glue, 0.12)
            }
        }
        length
    }

    /// One item with its continuation lines; nested items are items of their own, kept near their parent.
    fn list_item(&mut self, lines: &[&str]) -> usize {
        let continues = |line: &&&str| continues_paragraph(line) && line.starts_with([' ', '\t']);
        let length = 1 + lines[1..].iter().take_while(continues).count();
        let first = lines[0].trim_end();
        let indented = first.starts_with([' ', '\t']);
        let item = std::iter::once(first)
            .chain(lines[1..length].iter().map(|line| line.trim()))
            .collect::<Vec<_>>()
            .join(" ");
        for (i, part) in sentences_of_item(&item).into_iter().enumerate() {
            match (i, indented) {
                (0, true) => self.push(part, "\n", 0.25),
                (0, false) => self.push(part, "\n", 0.08),
                _ => self.push(part, " ", 0.3),
            }
        }
        length
    }

    fn table(&mut self, lines: &[&str]) -> usize {
        let length = lines.iter().take_while(|line| is_table_row(line)).count();
        let table = Table::read(&lines[..length]);
        if table.is_faq() || CATALOGUE.contains(&table.rows.len()) {
            self.rows_apart(&table);
            return length;
        }
        let head = lines[0].trim();
        let is_short = head.len() + lines[1].len() <= LONGEST_HEAD;
        self.push(format!("{head}\n{}", lines[1].trim()), "\n", 0.0);
        for (i, row) in lines[2..length].iter().enumerate() {
            self.push(row.trim().to_owned(), "\n", if i == 0 { 1.0 } else { 0.1 });
            if let Some(unit) = self.current.units.last_mut().filter(|_| i > 0 && is_short) {
                unit.table_head = Some(format!("{head}\n{}", lines[1].trim()));
            }
        }
        length
    }

    /// Who asks for one row of many is given this one.
    fn rows_apart(&mut self, table: &Table) {
        if table.names.iter().any(|name| name.len() > LONGEST_NAME) {
            self.push(table.names.join(" · "), "\n", 0.0);
        }
        for row in table.read_out() {
            self.push(row, "\n", 0.1);
            if let Some(unit) = self.current.units.last_mut() {
                unit.stands_alone = true;
            }
        }
    }

    fn code(&mut self, lines: &[&str]) -> usize {
        let body = lines[1..]
            .iter()
            .take_while(|line| !line.trim_start().starts_with("```"))
            .count();
        let length = (body + 2).min(lines.len());
        for (i, line) in lines[..length]
            .iter()
            .filter(|line| !line.trim().is_empty())
            .enumerate()
        {
            self.push(line.trim_end().to_owned(), "\n", if i == 0 { 0.0 } else { 0.3 });
        }
        length
    }
}

/// Long items are cut between sentences like paragraphs; the marker and indent stay with the first.
fn sentences_of_item(item: &str) -> Vec<String> {
    let body = item.trim_start();
    let mut parts = sentences(body);
    if word_count(item) <= 60 {
        return vec![item.trim_end().to_owned()];
    }
    // "1." is a sentence to Unicode.
    if parts.len() > 1 && word_count(&parts[0]) <= 1 {
        let marker = parts.remove(0);
        parts[0] = format!("{marker} {}", parts[0]);
    }
    parts
}

fn atx_heading(line: &str) -> Option<(usize, &str)> {
    let line = line.trim();
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let text = line.get(level..)?;
    let is_heading =
        (1..=6).contains(&level) && text.starts_with([' ', '\t']) && text.len() <= LONGEST_HEADING;
    is_heading.then(|| (level, text.trim().trim_end_matches('#').trim()))
}

fn underline_level(line: &str, next: &str) -> Option<usize> {
    let next = next.trim();
    let made_of = |c: char| next.len() >= 3 && next.chars().all(|n| n == c);
    let is_text = !is_list_item(line) && !is_table_row(line) && line.len() <= LONGEST_HEADING;
    match (is_text, made_of('='), made_of('-')) {
        (true, true, _) => Some(1),
        (true, _, true) => Some(2),
        _ => None,
    }
}

fn is_list_item(line: &str) -> bool {
    let line = line.trim_start();
    if line.starts_with("- ") || line.starts_with("* ") || line.starts_with("+ ") || line.starts_with("• ")
    {
        return true;
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &line[digits..];
    (1..=3).contains(&digits) && (rest.starts_with(". ") || rest.starts_with(") "))
}

fn is_table_row(line: &str) -> bool {
    let line = line.trim();
    line.starts_with('|') && line.len() > 1 || line.matches(" | ").count() >= 1
}

fn is_table_rule(line: &str) -> bool {
    let line = line.trim();
    line.contains('-') && line.contains('|') && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

/// The text with its tables as people would read them out, row by row with the names of the columns: nobody understands
/// "| 36 | 49.90 |".
pub fn read_out(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let begins = is_table_row(lines[at]) && lines.get(at + 1).is_some_and(|next| is_table_rule(next));
        if begins {
            let length = lines[at..].iter().take_while(|line| is_table_row(line)).count();
            out.extend(Table::read(&lines[at..at + length]).read_out());
            at += length;
        } else {
            out.push(lines[at].to_owned());
            at += 1;
        }
    }
    out.join("\n")
}

struct Table {
    names: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// From its lines: the head, the rule, the rows.
    fn read(lines: &[&str]) -> Table {
        let rows = lines.get(2..).unwrap_or_default().iter();
        Table {
            names: cells(lines[0]),
            rows: rows.map(|row| cells(row)).collect(),
        }
    }

    /// A sheet of questions with their answers.
    fn is_faq(&self) -> bool {
        const QUESTION: [&str; 4] = ["question", "frage", "pregunta", "domanda"];
        const ANSWER: [&str; 5] = ["answer", "reponse", "antwort", "respuesta", "risposta"];
        let is = |at: usize, words: &[&str]| {
            self.names
                .get(at)
                .is_some_and(|name| words.contains(&&*fold(name)))
        };
        self.names.len() == 2 && is(0, &QUESTION) && is(1, &ANSWER)
    }

    fn read_out(&self) -> Vec<String> {
        if self.rows.is_empty() {
            return vec![self.names.join(" · ")];
        }
        let rows = self.rows.iter().map(|row| match self.is_faq() {
            true => question_and_answer(row),
            false => named(&self.names, row),
        });
        rows.filter(|row| !row.is_empty()).collect()
    }
}

/// What stands between the bars.
fn cells(row: &str) -> Vec<String> {
    const BAR: &str = "\u{0}";
    let row = row.trim().replace("\\|", BAR);
    let row = row.strip_prefix('|').unwrap_or(&row);
    let row = row.strip_suffix('|').unwrap_or(row);
    row.split('|')
        .map(|cell| cell.replace(BAR, "|").replace("<br>", " ").trim().to_owned())
        .collect()
}

/// `- Island: Jersey; Price: €110; Days: 12`. A column without a name, or with a very long one, has its value alone.
fn named(names: &[String], cells: &[String]) -> String {
    let named = cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
    let parts = named.map(
        |(at, cell)| match names.get(at).map(|name| name.trim_end_matches(':')) {
            Some(name) if !name.is_empty() && name.len() <= LONGEST_NAME => format!("{name}: {cell}"),
            _ => cell.clone(),
        },
    );
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        return String::new();
    }
    format!("- {}", parts.join("; "))
}

fn question_and_answer(cells: &[String]) -> String {
    let said: Vec<&str> = cells
        .iter()
        .map(String::as_str)
        .filter(|cell| !cell.is_empty())
        .collect();
    match said[..] {
        [question, answer] => format!("**{question}** {answer}"),
        _ => said.join(" "),
    }
}

fn continues_paragraph(line: &str) -> bool {
    !line.trim().is_empty()
        && atx_heading(line).is_none()
        && !is_list_item(line)
        && !line.trim_start().starts_with("```")
        && !line.trim_start().starts_with('|')
}
