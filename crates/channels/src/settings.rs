//! A widget's settings: content, look, and the bot's behaviour. Every key has a default and a range.

use answering::BotSettings;
use kernel::error::{Result, invalid};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// All settings of a widget channel. Stored as JSON; keys that are missing there have their default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct WidgetSettings {
    #[serde(flatten)]
    pub bot: BotSettings,
    /// The first bubble, Markdown-lite. Empty: a greeting in the visitor's language.
    pub welcome_message: String,
    /// Empty: a text in the visitor's language.
    pub placeholder_text: String,
    /// Up to 5 questions to begin with.
    pub suggested_messages: Vec<String>,
    /// `#rrggbb`: header and own bubbles.
    pub primary_color: String,
    /// `#rrggbb`: the round button.
    pub bubble_color: String,
    pub bubble_position: BubblePosition,
    pub avatar_url: Option<String>,
    pub chat_icon_url: Option<String>,
    /// Shows "Powered by Rapport".
    pub powered_by: bool,
    /// `auto` follows the page and the browser; otherwise ISO 639-1.
    pub language: String,
    pub theme: Theme,
    /// Only visitors with a valid identity token may write.
    pub identity_required: bool,
    /// Visitors may send files.
    pub uploads_enabled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BubblePosition {
    Left,
    Right,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WidgetTheme)]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

impl Default for WidgetSettings {
    fn default() -> Self {
        Self {
            bot: BotSettings::default(),
            welcome_message: String::new(),
            placeholder_text: String::new(),
            suggested_messages: Vec::new(),
            primary_color: "#2f55d4".into(),
            bubble_color: "#2f55d4".into(),
            bubble_position: BubblePosition::Right,
            avatar_url: None,
            chat_icon_url: None,
            powered_by: true,
            language: "auto".into(),
            theme: Theme::Auto,
            identity_required: false,
            uploads_enabled: false,
        }
    }
}

impl WidgetSettings {
    /// These settings with the given keys replaced; null restores a default.
    ///
    /// # Errors
    /// Names a key that does not exist, or whose value does not fit.
    pub fn patched(&self, patch: &Value) -> Result<Self> {
        let Value::Object(patch) = patch else {
            return Err(invalid(
                "bad_settings",
                "Settings are an object of keys and values.",
            ));
        };
        let mut merged = serde_json::to_value(self)?;
        let defaults = serde_json::to_value(Self::default())?;
        for (key, value) in patch {
            let default = defaults
                .get(key)
                .ok_or_else(|| invalid("bad_settings", format!("There is no setting `{key}`.")))?;
            if let Some(slot) = merged.get_mut(key) {
                *slot = if value.is_null() {
                    default.clone()
                } else {
                    value.clone()
                };
            }
        }
        let settings: Self =
            serde_json::from_value(merged).map_err(|error| invalid("bad_settings", error.to_string()))?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<()> {
        self.bot.check()?;
        let bad = |detail: &str| Err(invalid("bad_settings", detail));
        if self.welcome_message.chars().count() > 1000 {
            return bad("`welcome_message` has at most 1,000 characters.");
        }
        if self.placeholder_text.chars().count() > 100 {
            return bad("`placeholder_text` has at most 100 characters.");
        }
        if self.suggested_messages.len() > 5
            || self
                .suggested_messages
                .iter()
                .any(|text| text.trim().is_empty() || text.chars().count() > 100)
        {
            return bad("`suggested_messages` holds at most 5 texts of 1 to 100 characters.");
        }
        if ![&self.primary_color, &self.bubble_color]
            .into_iter()
            .all(|color| is_color(color))
        {
            return bad("`primary_color` and `bubble_color` look like #1f5c4a.");
        }
        if self.language != "auto"
            && (self.language.len() != 2 || !self.language.bytes().all(|b| b.is_ascii_lowercase()))
        {
            return bad("`language` is `auto` or a two-letter code such as `fr`.");
        }
        let fits = |url: &Option<String>| {
            url.as_ref()
                .is_none_or(|url| url.starts_with("https://") || url.starts_with("/assets/"))
        };
        if !fits(&self.avatar_url) || !fits(&self.chat_icon_url) {
            return bad("`avatar_url` and `chat_icon_url` start with https://.");
        }
        Ok(())
    }
}

fn is_color(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text.bytes().skip(1).all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn stored_settings_keep_their_defaults_where_nothing_was_said() {
        let stored: WidgetSettings =
            serde_json::from_value(json!({"display_name": "Clara", "primary_color": "#1f5c4a"})).unwrap();
        assert_eq!(stored.bot.display_name, "Clara");
        assert_eq!(stored.bot.confidence_threshold, 0.78);
        assert_eq!(stored.bot.max_suggestion_chips, 3);
        assert!(stored.powered_by && stored.bot.escalation_enabled);
    }

    #[test]
    fn a_patch_outside_its_range_names_the_key() {
        let settings = WidgetSettings::default();
        for (patch, word) in [
            (json!({"confidence_threshold": 0.3}), "confidence_threshold"),
            (json!({"max_suggestion_chips": 6}), "max_suggestion_chips"),
            (json!({"booking_url": "http://x.example"}), "booking_url"),
            (
                json!({"booking_url": "https://me:secret@x.example/intro"}),
                "booking_url",
            ),
            (
                json!({"booking_url": "https://me@x.example/intro"}),
                "booking_url",
            ),
            (
                json!({"suggested_messages": ["1", "2", "3", "4", "5", "6"]}),
                "suggested_messages",
            ),
            (json!({"primary_color": "red"}), "primary_color"),
            (json!({"no_such_key": 1}), "no_such_key"),
            (json!({"bubble_position": "top"}), "top"),
        ] {
            let error = settings.patched(&patch).unwrap_err();
            assert!(error.detail.contains(word), "{patch}: {}", error.detail);
        }
        let changed = settings.patched(&json!({"confidence_threshold": 0.9})).unwrap();
        assert_eq!(
            changed.patched(&json!({"confidence_threshold": null})).unwrap(),
            settings
        );
    }
}
