//! What belongs to a person and not to a workspace: name, preferences, password.

pub mod api;
pub mod store;

use kernel::{Database, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sessions::{Workspace, list_workspaces};
use crate::{Member, audit, members};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    En,
    Fr,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DashboardTheme)]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    Light,
    Dark,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Density {
    #[default]
    Comfortable,
    Compact,
}

/// How the dashboard is for one person. Stored settings without a key get its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Preferences {
    /// Null: the browser's.
    pub language: Option<Language>,
    pub theme: Theme,
    pub density: Density,
    /// Whether single letters are shortcuts (WCAG 2.1.4).
    pub single_keys: bool,
    pub notifications: Notifications,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            language: None,
            theme: Theme::Auto,
            density: Density::Comfortable,
            single_keys: true,
            notifications: Notifications::default(),
        }
    }
}

/// When the dashboard asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Notifications {
    /// A short sound.
    pub sound: bool,
    /// The browser's own notification; the browser asks for leave.
    pub browser: bool,
    /// Only for what is assigned to this person or mentions them, not for all that needs a person.
    pub only_mine: bool,
}

impl Default for Notifications {
    fn default() -> Self {
        Self {
            sound: true,
            browser: false,
            only_mine: false,
        }
    }
}

/// Writes what a person did to their own account into the log of every workspace they belong to.
pub async fn record_everywhere(
    db: &Database,
    member: &Member,
    action: audit::Action,
    details: &Value,
) -> Result<()> {
    let user = member.person()?.user_id;
    for workspace in list_workspaces(db, user).await? {
        record_in(db, &workspace, action, &members::subject(user), details).await?;
    }
    Ok(())
}

async fn record_in(
    db: &Database,
    workspace: &Workspace,
    action: audit::Action,
    subject: &str,
    details: &Value,
) -> Result<()> {
    let mut tx = db.tenant(workspace).await?;
    audit::record(&mut tx, subject, action, subject, details.clone()).await?;
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::Preferences;

    #[test]
    fn what_was_never_chosen_has_its_default() {
        let stored: Preferences = serde_json::from_str(r#"{"theme": "dark", "gone": 1}"#).unwrap();
        let expected = Preferences {
            theme: super::Theme::Dark,
            ..Preferences::default()
        };
        assert_eq!(stored, expected);
        assert!(stored.single_keys && stored.notifications.sound);
    }
}
