//! Organisations and those who work in them.

use serde_json::json;

use super::super::super::mapping::{Business, Out, Scope};
use super::super::super::row::Row;

pub fn organization(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let business = Business {
        name: row.text("name").unwrap_or_default(),
        is_active: true,
        ..Business::default()
    };
    scope.begin(out, row, &business);
    Ok(())
}

pub fn account(scope: &mut Scope, row: &mut Row, _: &mut Out) -> Result<(), String> {
    if let Some(email) = row.text("email") {
        scope.ask_for(&email);
        scope.remember("email", &row.id, json!(email));
    }
    Ok(())
}

/// Whoever signed up was `admin`: the first of them owns the tenant here.
pub fn profile(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let role = row.choice("role", &["owner", "admin", "agent", "viewer", "member", "user"]);
    let is_first = scope.fact("owner", "").is_null();
    let role = match role {
        // a tenant that is there has its owner
        Some("owner" | "admin") | None if scope.is_into => "admin",
        Some("owner") => "owner",
        Some("admin") | None if is_first => "owner",
        Some("admin") => "admin",
        Some("viewer") => "viewer",
        _ => "agent",
    };
    if row.text("role").is_some_and(|written| written != role) {
        row.keep_silently("role");
    }
    if role == "owner" {
        scope.remember("owner", "", json!(row.id));
    }
    let email = scope.fact("email", &row.id).as_str().map(str::to_owned);
    if email.is_none() {
        row.notes
            .push("no e-mail address was found: nobody can sign in as this member".to_owned());
    }
    let name = row.text("full_name");
    scope.add_member(out, &row.id.clone(), email.as_deref(), name.as_deref(), role);
    Ok(())
}
