//! What went wrong, in the words of the one who has to act on it.
//!
//! Domains build errors with [`not_found`], [`invalid`], [`conflict`], [`forbidden`] and friends; anything else
//! (`?` on a database error) becomes `internal`, is logged once at the edge, and its cause is never shown.
//! The wire format is RFC 9457 problem+json with a stable `code`.

use std::fmt;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::reason::Reason;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Invalid,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    Gone,
    TooLarge,
    RateLimited { retry_after_seconds: u64 },
    Unavailable,
    Internal,
}

/// An error with a stable code for programs and a sentence for people.
#[derive(Debug)]
pub struct Error {
    pub kind: Kind,
    pub code: &'static str,
    pub detail: String,
    /// Where somebody else is the cause.
    pub reason: Option<Box<Reason>>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The body of every error answer (RFC 9457).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Where the code is explained, if it needs more than `detail`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: &'static str,
    pub status: u16,
    /// Stable, for programs: `gap_closed`.
    pub code: &'static str,
    /// What happened and what to do, for people.
    pub detail: String,
    /// The same by code, where a vendor is the cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<Reason>>,
}

pub fn invalid(code: &'static str, detail: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, code, detail)
}

pub fn unauthenticated(detail: impl Into<String>) -> Error {
    Error::new(Kind::Unauthenticated, "unauthenticated", detail)
}

pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Error {
    Error::new(Kind::Forbidden, code, detail)
}

/// `not_found("conversation")`: the code is always `not_found`, so that a stranger's id looks like no id at all.
pub fn not_found(what: &str) -> Error {
    Error::new(Kind::NotFound, "not_found", format!("There is no such {what}."))
}

pub fn conflict(code: &'static str, detail: impl Into<String>) -> Error {
    Error::new(Kind::Conflict, code, detail)
}

/// It was there, and whoever holds its address may know that it is no more.
pub fn gone(code: &'static str, detail: impl Into<String>) -> Error {
    Error::new(Kind::Gone, code, detail)
}

pub fn rate_limited(retry_after_seconds: u64) -> Error {
    let detail = format!("Too many requests. Please try again in {retry_after_seconds} seconds.");
    Error::new(Kind::RateLimited { retry_after_seconds }, "rate_limited", detail)
}

pub fn unavailable(detail: impl Into<String>) -> Error {
    Error::new(Kind::Unavailable, "unavailable", detail)
}

/// An unexpected failure: logged with its cause, shown without it.
pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error {
        kind: Kind::Internal,
        code: "internal",
        detail: "Something went wrong on our side. Please try again; if it stays, tell the operator.".into(),
        reason: None,
        source: Some(cause.into()),
    }
}

impl Error {
    pub fn new(kind: Kind, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind,
            code,
            detail: detail.into(),
            reason: None,
            source: None,
        }
    }

    #[must_use]
    pub fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(Box::new(reason));
        self
    }

    pub fn status(&self) -> StatusCode {
        match self.kind {
            Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
            Kind::Forbidden => StatusCode::FORBIDDEN,
            Kind::NotFound => StatusCode::NOT_FOUND,
            Kind::Conflict => StatusCode::CONFLICT,
            Kind::Gone => StatusCode::GONE,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub fn problem(&self) -> Problem {
        let status = self.status();
        Problem {
            kind: format!("/docs#error-{}", self.code),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: self.code,
            detail: self.detail.clone(),
            reason: self.reason.clone(),
        }
    }

    /// Writes the cause of an unexpected error to the log; called once, where the answer leaves the process.
    pub fn log(&self) {
        if let (Kind::Internal | Kind::Unavailable, Some(cause)) = (self.kind, &self.source) {
            tracing::error!(code = self.code, cause = %Chain(cause.as_ref()), "a request failed");
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(cause) => write!(f, "{} ({})", self.detail, Chain(cause.as_ref())),
            None => f.write_str(&self.detail),
        }
    }
}

impl std::error::Error for Error {}

/// An error and all its causes on one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(inner) = cause {
            write!(f, ": {inner}")?;
            cause = inner.source();
        }
        Ok(())
    }
}

impl From<sqlx::Error> for Error {
    /// A lost connection is "unavailable, try again"; the rest is a defect of ours.
    fn from(cause: sqlx::Error) -> Self {
        let lost = match &cause {
            sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            // class 57P: the server is shutting down or starting up; 53: out of connections, memory or disk
            sqlx::Error::Database(db) => db
                .code()
                .is_some_and(|code| code.starts_with("57P") || code.starts_with("53")),
            _ => false,
        };
        // a text, number or time that no column or index can hold, such as one with U+0000 or of the year 300000
        let unfit = matches!(&cause, sqlx::Error::Database(db)
            if db.code().is_some_and(|code| matches!(code.as_ref(), "22021" | "22P05" | "22003" | "22007" | "22008" | "22009" | "54000")));
        if unfit {
            return invalid(
                "bad_value",
                "A value holds characters, numbers or times that cannot be stored.",
            );
        }
        // raised by a trigger, so that no way of writing passes it by
        let is_held_back =
            matches!(&cause, sqlx::Error::Database(db) if db.constraint() == Some("knowledge_publish_rule"));
        if is_held_back {
            return conflict(
                "publish_by_draft",
                "In this workspace Q&A pairs and prompts change only by drafts that were tried. Put this change into a draft, try it, and publish it.",
            );
        }
        if let Some(error) = constraint_of(&cause).and_then(of_merging) {
            return error;
        }
        // a statement that was ended by its time limit, or a transaction in which nothing happened for too long
        let slow = matches!(&cause, sqlx::Error::Database(db)
            if db.code().is_some_and(|code| matches!(code.as_ref(), "57014" | "25P03")));
        // two changes waited for each other, and the database has ended this one
        let crossed = matches!(&cause, sqlx::Error::Database(db)
            if db.code().is_some_and(|code| matches!(code.as_ref(), "40P01" | "40001")));
        let mut error = internal(cause);
        if crossed {
            error.kind = Kind::Unavailable;
            error.code = "busy";
            error.detail =
                "Somebody is changing the same at this moment; nothing was stored. Please try again.".into();
        }
        if slow {
            error.kind = Kind::Unavailable;
            error.code = "took_too_long";
            error.detail =
                "This took too long and was stopped; nothing was stored. Please ask for less at once, or try again later."
                    .into();
        }
        if lost {
            error.kind = Kind::Unavailable;
            error.code = "database_unavailable";
            error.detail =
                "The database is not reachable at the moment. Please try again in a few seconds.".into();
        }
        error
    }
}

fn constraint_of(cause: &sqlx::Error) -> Option<&str> {
    match cause {
        sqlx::Error::Database(db) => db.constraint(),
        _ => None,
    }
}

/// Raised by functions that merge clients, also where contacts are merged.
fn of_merging(constraint: &str) -> Option<Error> {
    match constraint {
        "crm_same_client" => Some(conflict("same_client", "This is the same client.")),
        "crm_merged_already" => Some(conflict(
            "merged_already",
            "This client is part of another one already.",
        )),
        "crm_kept_is_merged" => Some(conflict(
            "merged_already",
            "This client is part of another one. Take that merge back first.",
        )),
        _ => None,
    }
}

impl From<serde_json::Error> for Error {
    fn from(cause: serde_json::Error) -> Self {
        internal(cause)
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        self.log();
        let body = serde_json::to_vec(&self.problem()).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Kind::RateLimited { retry_after_seconds } = self.kind {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after_seconds));
        }
        if self.kind == Kind::Unavailable {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

/// Validate in the database, word it in the handler.
pub trait OnConstraint<T> {
    /// Turns a violation of the named constraint (or unique index) into the given error.
    fn on_constraint(self, name: &str, error: impl FnOnce() -> Error) -> Result<T>;
}

impl<T> OnConstraint<T> for Result<T, sqlx::Error> {
    fn on_constraint(self, name: &str, error: impl FnOnce() -> Error) -> Result<T> {
        self.map_err(|cause| match &cause {
            sqlx::Error::Database(db) if db.constraint() == Some(name) => error(),
            _ => cause.into(),
        })
    }
}
