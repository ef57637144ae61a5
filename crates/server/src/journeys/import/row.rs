//! A row as it was read, asked in a tolerant way: text in the wrong case, times without a zone, JSON as text, nothing where
//! something should be. What cannot be taken as it is stays in [`Row::left`], with a note.

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::mending::mend;

/// One row of the source.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its key, as text.
    pub id: String,
    values: Map<String, Value>,
    /// Values that have no column of their own.
    pub left: Map<String, Value>,
    /// What could not be taken over as it was, in words.
    pub notes: Vec<String>,
    /// How many texts were encoded twice.
    pub mended: usize,
}

impl Row {
    pub fn new(id: String, mut values: Map<String, Value>) -> Self {
        let mut mended = 0;
        values.values_mut().for_each(|value| mended += mend_all(value));
        Self {
            id,
            values,
            left: Map::new(),
            notes: Vec::new(),
            mended,
        }
    }

    pub fn value(&self, column: &str) -> &Value {
        self.values.get(column).unwrap_or(&Value::Null)
    }

    pub fn columns(&self) -> Vec<String> {
        self.values.keys().cloned().collect()
    }

    pub fn has(&self, column: &str) -> bool {
        !self.value(column).is_null()
    }

    /// Leaves the value as it is beside the row, and says why.
    pub fn keep(&mut self, column: &str, why: &str) {
        let value = self.value(column).clone();
        if !value.is_null() {
            self.left.insert(column.to_owned(), value);
            self.notes.push(format!("{column}: {why}"));
        }
    }

    /// The same without a word: it was known that there is no column for it.
    pub fn keep_silently(&mut self, column: &str) {
        let value = self.value(column).clone();
        if !is_empty(&value) {
            self.left.insert(column.to_owned(), value);
        }
    }

    /// Nothing where there is no character in it.
    pub fn text(&self, column: &str) -> Option<String> {
        as_text(self.value(column))
    }

    /// The text, cut to what the column takes; the whole of it is kept then.
    pub fn short(&mut self, column: &str, most: usize) -> Option<String> {
        let text = self.text(column)?;
        if text.chars().count() <= most {
            return Some(text);
        }
        self.keep(column, &format!("cut to {most} characters"));
        Some(text.chars().take(most).collect())
    }

    pub fn boolean(&self, column: &str, otherwise: bool) -> bool {
        match self.value(column) {
            Value::Bool(yes) => *yes,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) => match text.trim().to_lowercase().as_str() {
                "t" | "true" | "yes" | "y" | "on" | "1" => true,
                "f" | "false" | "no" | "n" | "off" | "0" => false,
                _ => otherwise,
            },
            _ => otherwise,
        }
    }

    /// As the database takes it: a number, or digits in text.
    pub fn number(&mut self, column: &str) -> Option<Value> {
        let value = self.value(column).clone();
        let fits = match &value {
            Value::Number(_) => true,
            Value::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
            Value::Null => return None,
            _ => false,
        };
        if !fits {
            self.keep(column, "this is no number");
            return None;
        }
        Some(match value {
            Value::String(text) => json!(text.trim()),
            number => number,
        })
    }

    pub fn whole(&mut self, column: &str) -> Option<i64> {
        let value = self.number(column)?;
        let number = match &value {
            Value::String(text) => text.parse::<f64>().ok(),
            number => number.as_f64(),
        };
        number.map(|number| number.round() as i64)
    }

    pub fn decimal(&mut self, column: &str) -> Option<f64> {
        match self.number(column)? {
            Value::String(text) => text.parse().ok(),
            number => number.as_f64(),
        }
    }

    /// An amount of money; one that is below nothing is kept apart.
    pub fn amount(&mut self, column: &str) -> Value {
        match self.decimal(column) {
            Some(amount) if amount < 0.0 => {
                self.keep(column, "an amount below nothing");
                json!(0)
            }
            Some(_) => self.value(column).clone(),
            None => json!(0),
        }
    }

    /// One of these words, however it is written: `In Progress` is `in_progress`.
    pub fn choice(&mut self, column: &str, allowed: &[&'static str]) -> Option<&'static str> {
        let text = self.text(column)?;
        let plain = plain_word(&text);
        let found = allowed.iter().find(|word| plain_word(word) == plain).copied();
        if found.is_none() {
            self.keep(column, "a word that is not known here");
        }
        found
    }

    /// RFC 3339. What has no zone is in UTC.
    pub fn time(&mut self, column: &str) -> Option<String> {
        let value = self.value(column).clone();
        if value.is_null() {
            return None;
        }
        let time = as_time(&value);
        if time.is_none() {
            self.keep(column, "a time that cannot be read");
        }
        time.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true))
    }

    pub fn date(&mut self, column: &str) -> Option<String> {
        let text = self.text(column)?;
        let day: String = text.trim().chars().take(10).collect();
        if NaiveDate::parse_from_str(&day, "%Y-%m-%d").is_err() {
            self.keep(column, "a date that cannot be read");
            return None;
        }
        Some(day)
    }

    /// JSON, also where it stands as text.
    pub fn json(&self, column: &str) -> Value {
        match self.value(column) {
            Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
            value => value.clone(),
        }
    }

    pub fn object(&mut self, column: &str) -> Option<Map<String, Value>> {
        match self.json(column) {
            Value::Object(map) => Some(map),
            Value::Null => None,
            _ => {
                self.keep(column, "this is no object");
                None
            }
        }
    }

    /// Texts: of an array, of JSON as text, or divided by commas.
    pub fn texts(&self, column: &str) -> Vec<String> {
        match self.json(column) {
            Value::Array(items) => items.iter().filter_map(as_text).collect(),
            Value::String(text) => {
                let items = text.trim_matches(['{', '}']).split(',');
                items
                    .map(|item| item.trim().trim_matches('"').to_owned())
                    .filter(|item| !item.is_empty())
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// Three capital letters.
    pub fn currency(&mut self, column: &str) -> String {
        let code = self.text(column).unwrap_or_else(|| "USD".to_owned());
        let code = code.trim().to_uppercase();
        if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return code;
        }
        self.keep(column, "this is no currency; USD stands in its place");
        "USD".to_owned()
    }
}

/// Nothing that would be missed.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

pub fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A time as JSON has it: with a zone, without one, or in seconds or milliseconds since 1970.
pub fn as_time(value: &Value) -> Option<DateTime<Utc>> {
    let time = match value {
        Value::Number(number) => {
            let number = number.as_f64()?;
            let seconds = if number.abs() > 1e11 {
                number / 1000.0
            } else {
                number
            };
            DateTime::from_timestamp_micros((seconds * 1e6) as i64)?
        }
        Value::String(text) => {
            let text = text.trim();
            let without_zone = || {
                let shapes = [
                    "%Y-%m-%dT%H:%M:%S%.f",
                    "%Y-%m-%d %H:%M:%S%.f",
                    "%Y-%m-%dT%H:%M",
                    "%Y-%m-%d %H:%M",
                ];
                let parsed = shapes
                    .iter()
                    .find_map(|shape| NaiveDateTime::parse_from_str(text, shape).ok());
                let day = || {
                    NaiveDate::parse_from_str(text, "%Y-%m-%d")
                        .ok()?
                        .and_hms_opt(0, 0, 0)
                };
                parsed.or_else(day).map(|time| time.and_utc())
            };
            let with_zone = DateTime::parse_from_rfc3339(text)
                .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z"))
                .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f %z"))
                .map(|time| time.to_utc());
            with_zone.ok().or_else(without_zone)?
        }
        _ => return None,
    };
    let year = chrono::Datelike::year(&time);
    (1900..=9999).contains(&year).then_some(time)
}

fn plain_word(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn mend_all(value: &mut Value) -> usize {
    match value {
        Value::String(text) => match mend(text) {
            Some(meant) => {
                *text = meant;
                1
            }
            None => 0,
        },
        Value::Array(items) => items.iter_mut().map(mend_all).sum(),
        Value::Object(map) => map.values_mut().map(mend_all).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: Value) -> Row {
        let mut values = Map::new();
        values.insert("x".into(), value);
        Row::new("1".into(), values)
    }

    #[test]
    fn times_are_read_however_they_are_written() {
        for written in [
            json!("2024-03-01T12:30:00+01:00"),
            json!("2024-03-01 11:30:00+00"),
            json!("2024-03-01T11:30:00"),
            json!("2024-03-01 11:30"),
            json!(1_709_292_600),
            json!(1_709_292_600_000_i64),
        ] {
            assert_eq!(
                row(written.clone()).time("x").as_deref(),
                Some("2024-03-01T11:30:00.000000Z"),
                "{written}"
            );
        }
        let mut odd = row(json!("yesterday"));
        assert_eq!(odd.time("x"), None);
        assert_eq!(odd.left["x"], "yesterday");
    }

    #[test]
    fn words_are_known_in_any_case_and_the_others_are_kept() {
        assert_eq!(
            row(json!("In Progress")).choice("x", &["in_progress"]),
            Some("in_progress")
        );
        assert_eq!(
            row(json!("CLOSED-WON")).choice("x", &["closed_won"]),
            Some("closed_won")
        );
        let mut other = row(json!("Frozen"));
        assert_eq!(other.choice("x", &["open"]), None);
        assert_eq!(other.left["x"], "Frozen");
        assert_eq!(other.notes.len(), 1);
    }

    #[test]
    fn json_that_stands_as_text_is_json() {
        assert_eq!(row(json!("{\"a\": 1}")).object("x").unwrap()["a"], 1);
        assert_eq!(row(json!("{a,b}")).texts("x"), ["a", "b"]);
        assert_eq!(row(json!(["a", "FranÃ§ais"])).texts("x"), ["a", "Français"]);
    }
}
