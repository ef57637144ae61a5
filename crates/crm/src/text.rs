//! What people type into fields: trimmed, measured, and refused with the field's name.

use kernel::Result;
use kernel::error::{Error, invalid};
use serde_json::{Map, Value};

use crate::words;

/// An empty text clears the field.
///
/// # Errors
/// 422 if it is longer than `most` characters.
pub fn optional(field: Option<Option<String>>, name: &str, most: usize) -> Result<Option<Option<String>>> {
    let Some(text) = field else { return Ok(None) };
    let text = text
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    text.as_deref().map(words::check_signs).transpose()?;
    if text.as_ref().is_some_and(|text| text.chars().count() > most) {
        return Err(too_long(name, most));
    }
    Ok(Some(text))
}

/// # Errors
/// 422 if it is empty or longer than `most` characters.
pub fn required(text: &str, name: &str, most: usize) -> Result<String> {
    let text = text.trim();
    words::check_signs(text)?;
    if text.is_empty() {
        return Err(invalid("empty_field", format!("`{name}` is empty.")));
    }
    if text.chars().count() > most {
        return Err(too_long(name, most));
    }
    Ok(text.to_owned())
}

fn too_long(name: &str, most: usize) -> Error {
    invalid("too_long", format!("`{name}` has at most {most} characters."))
}

/// # Errors
/// 422 for what has no digit in it.
pub fn phone(field: Option<Option<String>>, name: &str) -> Result<Option<Option<String>>> {
    let phone = optional(field, name, 50)?;
    let has_no_digit = |number: &String| !number.chars().any(|c| c.is_ascii_digit());
    if phone.as_ref().and_then(Option::as_ref).is_some_and(has_no_digit) {
        return Err(invalid("bad_phone", format!("`{name}` is not a phone number.")));
    }
    Ok(phone)
}

/// What numbers are compared by, as the database does it: the last nine digits, however they are grouped.
pub fn phone_key(phone: &str) -> Option<String> {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    let key = digits.get(digits.len().saturating_sub(9)..).unwrap_or_default();
    (!key.is_empty()).then(|| key.to_owned())
}

pub fn is_email(address: &str) -> bool {
    let Some((name, host)) = address.rsplit_once('@') else {
        return false;
    };
    !name.is_empty() && !host.is_empty() && !address.contains(char::is_whitespace)
}

/// # Errors
/// 422 if it takes more than 10,000 characters.
pub fn object(field: Option<Option<Map<String, Value>>>, name: &str) -> Result<Option<Option<Value>>> {
    let Some(object) = field else { return Ok(None) };
    let object = object.filter(|object| !object.is_empty()).map(Value::Object);
    if object
        .as_ref()
        .is_some_and(|object| object.to_string().len() > 10_000)
    {
        return Err(too_long(name, 10_000));
    }
    object.as_ref().map(words::check_signs_within).transpose()?;
    Ok(Some(object))
}

/// A tag as it is kept. Files and filters separate tags by commas and semicolons.
///
/// # Errors
/// 422 for more than 50 characters, or one that separates.
pub fn tag(tag: &str) -> Result<&str> {
    let tag = tag.trim();
    words::check_signs(tag)?;
    if tag.chars().count() > 50 || tag.contains([',', ';', '|']) {
        let detail = "A tag has at most 50 characters, and no comma or semicolon among them.";
        return Err(invalid("bad_tag", detail));
    }
    Ok(tag)
}

/// Tags as they are kept: trimmed, none twice.
///
/// # Errors
/// 422 for more than 50 of them, or one that is longer than 50 characters.
pub fn tags(tags: Vec<String>) -> Result<Vec<String>> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags {
        let tag = self::tag(&tag)?;
        if !tag.is_empty() && !kept.iter().any(|known| known == tag) {
            kept.push(tag.to_owned());
        }
    }
    if kept.len() > 50 {
        return Err(invalid("too_many_tags", "There can be at most 50 tags."));
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_trimmed_and_none_stands_twice() {
        let kept = tags(vec![" VIP ".into(), "VIP".into(), String::new(), "été".into()]).unwrap();
        assert_eq!(kept, ["VIP", "été"]);
        for text in ["x".repeat(51), "a, b".into()] {
            assert_eq!(tags(vec![text]).unwrap_err().code, "bad_tag");
        }
    }

    #[test]
    fn numbers_are_compared_by_their_last_digits() {
        assert_eq!(phone_key("+32 470 12 34 56").as_deref(), Some("470123456"));
        assert_eq!(phone_key("0470/12"), Some("47012".into()));
        assert_eq!(phone_key("00"), None);
    }

    #[test]
    fn an_address_has_both_its_parts() {
        assert!(is_email("a@b"));
        for text in ["a", "@b", "a@", "a b@c"] {
            assert!(!is_email(text), "{text}");
        }
    }
}
