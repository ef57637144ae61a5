//! One row of a file as what it says about a client.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use kernel::error::{Error, invalid};
use kernel::ids::UserId;
use serde_json::{Map, Value, json};

use crate::clients::{ClientPatch, ClientType, LeadQuality, LifecycleStage};
use crate::words;

/// A value that could not be understood, and in which column.
pub type Refused = (Option<String>, Error);

/// Somebody to whom a client can be assigned.
#[derive(Debug, Clone)]
pub struct Colleague {
    pub id: UserId,
    pub name: String,
    pub email: String,
}

/// What a row says: cells with the field that each fills. Empty cells say nothing.
///
/// # Errors
/// 422 with the column.
pub fn read(
    cells: impl Iterator<Item = (String, String, String)>,
    colleagues: &[Colleague],
) -> Result<ClientPatch, Refused> {
    let mut patch = Map::new();
    let (mut address, mut custom) = (Map::new(), Map::new());
    for (column, field, cell) in cells {
        let cell = cell.trim();
        if cell.is_empty() || field == "ignore" {
            continue;
        }
        let at = |error: Error| (Some(column.clone()), error);
        words::check_signs(cell).map_err(at)?;
        if let Some(key) = field.strip_prefix("custom.") {
            custom.insert(key.to_owned(), json!(cell));
        } else if let Some(part) = field.strip_prefix("address.") {
            address.insert(part.to_owned(), json!(cell));
        } else {
            let value = value_of(&field, cell, colleagues).map_err(at)?;
            patch.insert(field, value);
        }
    }
    if !address.is_empty() {
        patch.insert("address".into(), Value::Object(address));
    }
    if !custom.is_empty() {
        patch.insert("custom_fields".into(), Value::Object(custom));
    }
    serde_json::from_value(Value::Object(patch))
        .map_err(|error| (None, invalid("bad_row", error.to_string())))
}

fn value_of(field: &str, cell: &str, colleagues: &[Colleague]) -> Result<Value, Error> {
    match field {
        "tags" => {
            let tags = cell
                .split([',', ';', '|'])
                .map(str::trim)
                .filter(|tag| !tag.is_empty());
            Ok(json!(tags.collect::<Vec<_>>()))
        }
        "client_type" => among::<ClientType>(cell),
        "lifecycle_stage" => among::<LifecycleStage>(cell),
        "lead_quality" => among::<LeadQuality>(cell),
        "first_contact_date" | "last_contact_date" | "next_follow_up_date" => {
            let time = time_of(cell).filter(words::is_storable);
            let time = time.ok_or_else(|| invalid("bad_date", "A date is written like 2026-01-31."))?;
            Ok(json!(time))
        }
        "assigned_to" => {
            let found = colleagues.iter().find(|colleague| {
                colleague.email.eq_ignore_ascii_case(cell)
                    || colleague.name.eq_ignore_ascii_case(cell)
                    || colleague.id.to_string() == cell
            });
            let found = found.ok_or_else(|| {
                invalid(
                    "not_a_member",
                    "No member of the workspace has this name or e-mail address.",
                )
            })?;
            Ok(json!(found.id))
        }
        _ => Ok(json!(cell)),
    }
}

fn among<T: serde::de::DeserializeOwned>(cell: &str) -> Result<Value, Error> {
    let value = json!(cell.to_lowercase());
    match serde_json::from_value::<T>(value.clone()) {
        Ok(_) => Ok(value),
        Err(_) => Err(invalid(
            "bad_choice",
            "This is none of the values that the field can have.",
        )),
    }
}

/// A time, or a day as it is written in most places where days come first.
fn time_of(cell: &str) -> Option<DateTime<Utc>> {
    if let Ok(time) = cell.parse::<DateTime<Utc>>() {
        return Some(time);
    }
    let formats = ["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y"];
    let day = formats
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(cell, format).ok())?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_its_cells_say() {
        let cells = [
            ("A", "name", " Zoé "),
            ("B", "tags", "VIP; Paris"),
            ("C", "address.city", "Paris"),
            ("D", "next_follow_up_date", "31/01/2026"),
            ("E", "phone", ""),
        ];
        let cells = cells.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
        let patch = read(cells.into_iter(), &[]).unwrap();
        assert_eq!(patch.name, Some(Some(" Zoé ".trim().into())));
        assert_eq!(patch.tags, Some(vec!["VIP".into(), "Paris".into()]));
        assert_eq!(
            patch.next_follow_up_date.unwrap().unwrap().to_string(),
            "2026-01-31 00:00:00 UTC"
        );
        assert!(patch.phone.is_none());
        let wrong = ("D".to_owned(), "client_type".to_owned(), "friend".to_owned());
        let (column, error) = read(std::iter::once(wrong), &[]).unwrap_err();
        assert_eq!((column.as_deref(), error.code), (Some("D"), "bad_choice"));
    }
}
