//! Texts that people write into deals, products and orders: trimmed, and no longer than a page shows.

use chrono::{DateTime, Datelike as _, Utc};
use kernel::Result;
use kernel::error::invalid;
use serde_json::Value;

const LONGEST_NAME: usize = 200;
const LONGEST_TEXT: usize = 10_000;

/// The database keeps every sign but one.
///
/// # Errors
/// 422 for a text with U+0000.
pub fn check_signs(text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(invalid(
            "bad_value",
            "A text holds the sign U+0000, which cannot be stored.",
        ));
    }
    Ok(())
}

/// # Errors
/// 422 if it stands anywhere in there.
pub fn check_signs_within(value: &Value) -> Result<()> {
    match value {
        Value::String(text) => check_signs(text),
        Value::Array(several) => several.iter().try_for_each(check_signs_within),
        Value::Object(object) => object.iter().try_for_each(|(name, value)| {
            check_signs(name)?;
            check_signs_within(value)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Whether it is a time as people mean it: of the years 1 to 9999.
pub fn is_storable(time: &DateTime<Utc>) -> bool {
    (1..=9999).contains(&time.year())
}

/// # Errors
/// 422 for a year before 1 or after 9999.
pub fn time(time: Option<DateTime<Utc>>) -> Result<Option<DateTime<Utc>>> {
    if time.as_ref().is_some_and(|time| !is_storable(time)) {
        return Err(invalid("bad_time", "A date is of the years 1 to 9999."));
    }
    Ok(time)
}

/// # Errors
/// 422 unless it has 1 to 200 characters.
pub fn name(text: &str) -> Result<String> {
    let text = text.trim();
    check_signs(text)?;
    if (1..=LONGEST_NAME).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    Err(invalid("bad_name", "A name has 1 to 200 characters."))
}

/// A text that is nothing but space is none.
///
/// # Errors
/// 422 above 10,000 characters.
pub fn filled(text: Option<Option<String>>) -> Result<Option<Option<String>>> {
    text.map(maybe).transpose()
}

/// The same for one that is not part of a patch.
///
/// # Errors
/// 422 above 10,000 characters.
pub fn maybe(text: Option<String>) -> Result<Option<String>> {
    let text = text
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    text.as_deref().map(check_signs).transpose()?;
    if text
        .as_ref()
        .is_some_and(|text| text.chars().count() > LONGEST_TEXT)
    {
        return Err(invalid("text_too_long", "A text has 10,000 characters at most."));
    }
    Ok(text)
}
