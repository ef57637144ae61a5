//! The Graph API's errors.

use serde_json::json;

use crate::core::{Reply, random_hex};

#[derive(Debug, Clone)]
pub struct GraphError {
    pub status: u16,
    pub code: u32,
    pub subcode: Option<u32>,
    pub kind: &'static str,
    pub message: String,
    pub details: Option<String>,
}

impl GraphError {
    pub fn new(status: u16, code: u32, message: &str) -> Self {
        Self {
            status,
            code,
            subcode: None,
            kind: "OAuthException",
            message: message.into(),
            details: None,
        }
    }

    /// WhatsApp's errors say their code in the message and explain it beside.
    pub fn whatsapp(code: u32, title: &str, details: &str) -> Self {
        Self {
            details: Some(details.into()),
            ..Self::new(400, code, &format!("(#{code}) {title}"))
        }
    }

    pub fn with_subcode(self, subcode: u32) -> Self {
        Self {
            subcode: Some(subcode),
            ..self
        }
    }

    pub fn with_kind(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    pub fn parameter(message: &str) -> Self {
        Self::new(400, 100, &format!("(#100) {message}"))
    }

    pub fn no_token() -> Self {
        Self::new(401, 190, "An access token is required to request this resource.")
    }

    pub fn bad_token() -> Self {
        Self::new(401, 190, "Invalid OAuth access token - Cannot parse access token")
    }

    pub fn revoked_token() -> Self {
        let message = "Error validating access token: The user has not authorized application.";
        Self::new(401, 190, message).with_subcode(458)
    }

    pub fn expired_token() -> Self {
        let message = "Error validating access token: Session has expired.";
        Self::new(401, 190, message).with_subcode(463)
    }

    pub fn not_verified(why: &str) -> Self {
        let message = format!("(#2200) Callback verification failed with the following errors: {why}");
        Self::new(400, 2200, &message)
    }

    pub fn unknown_path(path: &str) -> Self {
        Self::new(400, 2500, &format!("Unknown path components: {path}"))
    }

    pub fn unknown_object(id: &str) -> Self {
        let message = format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation."
        );
        Self::new(400, 100, &message)
            .with_subcode(33)
            .with_kind("GraphMethodException")
    }

    pub fn reply(&self) -> Reply {
        let trace = format!("A{}", random_hex(11));
        let mut error = json!({
            "message": self.message, "type": self.kind, "code": self.code, "fbtrace_id": trace,
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = subcode.into();
        }
        if let Some(details) = &self.details {
            error["error_data"] = json!({"messaging_product": "whatsapp", "details": details});
        }
        Reply::json(self.status, &json!({"error": error}))
    }
}
