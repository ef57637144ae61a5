//! Speak each messaging vendor's protocol: check and read what it sends, send what we say. No database, no state.
//!
//! [`Connector`] is what a vendor's folder implements; [`all`] lists them. What comes in is checked and taken apart
//! without waiting for anything ([`Connector::receive`], [`Connector::read`]); what goes out is cut to the vendor's
//! measure by [`render`] and sent one piece at a time ([`Connector::send`]), so that each piece is sent once or not.
//!
//! The words that are used for it (thread, lane, echo, piece …) stand in the glossary of docs/channels.md.

pub mod form;
pub mod http;
pub mod inbound;
pub mod instagram;
pub mod messenger;
pub mod meta;
pub mod outbound;
pub mod phone;
pub mod render;
pub mod whatsapp;

mod api;
mod crisp;
mod lenient;
#[cfg(test)]
mod recorder;
mod telegram;
mod tidio;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

pub use form::{About, Account, Field, FieldKind, Form, Text};
pub use http::Http;
pub use inbound::{Event, RawEvent, Reception, Refused, Request};
pub use outbound::{Capabilities, Part, SendError, Sent};

/// One vendor's protocol. Everything that has a default is something that not all vendors can do.
pub trait Connector: Send + Sync {
    /// `whatsapp`: in addresses, in `channels.kind`.
    fn kind(&self) -> &'static str;

    /// Name, form and abilities: what the dashboard shows is made of it.
    fn about(&self) -> &About;

    /// The key of an optional field that becomes required with these values.
    fn missing(&self, _value: &dyn Fn(&str) -> String) -> Option<&'static str> {
        None
    }

    /// The ids of the vendor's accounts that a webhook call is about, read before anything is checked: for the address
    /// that several accounts share. Whose signature does not fit afterwards is refused.
    fn accounts_in(&self, body: &[u8]) -> Vec<String>;

    /// The answer to a vendor's question whether the address is ours (GET). None: this vendor never asks.
    fn challenge(&self, _account: &Account, _request: &Request<'_>) -> Option<Result<String, Refused>> {
        None
    }

    /// The verify token that such a question shows, by which its channel is found at the address that several accounts
    /// share.
    fn token_in<'a>(&self, _request: &Request<'a>) -> Option<&'a str> {
        None
    }

    /// Checks that the call comes from the vendor and takes it apart into events, each of which can be read by itself.
    ///
    /// # Errors
    /// Refused unless the signature, over the raw bytes, fits. An account without its secret refuses everything.
    fn receive(&self, account: &Account, request: &Request<'_>) -> Result<Reception, Refused>;

    /// Reads one event as [`Connector::receive`] made it. Types that nobody knows are [`Event::Unknown`], not an error.
    ///
    /// # Errors
    /// The body does not have the vendor's form: it is kept for somebody to look at.
    fn read(&self, account: &Account, body: &str) -> Result<Event, String>;

    /// Sends one piece. It is called at most once for a piece unless it says that nothing was sent.
    fn send<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        piece: &'a outbound::Piece<'a>,
    ) -> BoxFuture<'a, Result<Sent, SendError>>;

    /// Asks the vendor whether the credentials work and what they may do: the test button.
    fn check<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
    ) -> BoxFuture<'a, Result<form::Checked, form::CheckError>>;

    /// Tells the vendor where to send events, where it can be told. None: a person has to, as the form explains.
    fn subscribe<'a>(
        &'a self,
        _http: &'a Http,
        _account: &'a Account,
    ) -> Option<BoxFuture<'a, Result<(), form::CheckError>>> {
        None
    }

    /// Takes that back when the channel is deleted. Failing is no reason to keep it.
    fn unsubscribe<'a>(&'a self, _http: &'a Http, _account: &'a Account) -> Option<BoxFuture<'a, ()>> {
        None
    }

    /// Accounts of this vendor may have tokens that run out and that we can renew: [`Connector::renew`].
    fn renews_tokens(&self) -> bool {
        false
    }

    /// Has the vendor make a new token in time. None: this account's does not run out, or a person has to.
    fn renew<'a>(
        &'a self,
        _http: &'a Http,
        _account: &'a Account,
    ) -> Option<BoxFuture<'a, Result<form::Renewed, form::CheckError>>> {
        None
    }

    /// Fetches a picture, a recording or a file that somebody sent, of so many bytes at most.
    fn fetch<'a>(
        &'a self,
        http: &'a Http,
        account: &'a Account,
        media: &'a inbound::Media,
        largest: usize,
    ) -> BoxFuture<'a, Result<inbound::Fetched, form::CheckError>>;

    /// Marks a message as read, or shows that somebody is typing. A courtesy: nobody learns of a failure.
    fn signal<'a>(
        &'a self,
        _http: &'a Http,
        _account: &'a Account,
        _signal: &'a outbound::Signal<'a>,
    ) -> Option<BoxFuture<'a, ()>> {
        None
    }

    /// How a person is called, where the vendor does not say it with their messages. A courtesy, as [`Connector::signal`]:
    /// the inner none is that it was not told.
    fn profile<'a>(
        &'a self,
        _http: &'a Http,
        _account: &'a Account,
        _person_id: &'a str,
    ) -> Option<BoxFuture<'a, Option<inbound::Person>>> {
        None
    }

    /// Message templates that the vendor has approved.
    fn templates<'a>(
        &'a self,
        _http: &'a Http,
        _account: &'a Account,
    ) -> Option<BoxFuture<'a, Result<Vec<outbound::Template>, form::CheckError>>> {
        None
    }

    /// Whether replies to this thread are shown by whoever called us, and cannot be sent afterwards.
    fn is_inline(&self, _thread: &str) -> bool {
        false
    }

    /// What to answer a call that waits for the reply ([`Reception::reply_within`]).
    fn inline_reply(&self, _reply: Option<&str>, _is_handed_over: bool) -> serde_json::Value {
        serde_json::json!({})
    }
}

/// Every vendor. What else a new one needs: ARCHITECTURE.md, "Where do I put X?".
pub fn all() -> &'static [&'static dyn Connector] {
    &[
        &whatsapp::WhatsApp,
        &messenger::Messenger,
        &instagram::Instagram,
        &telegram::Telegram,
        &crisp::Crisp,
        &tidio::Tidio,
        &api::Api,
    ]
}

/// The vendor of this kind.
pub fn find(kind: &str) -> Option<&'static dyn Connector> {
    all().iter().copied().find(|connector| connector.kind() == kind)
}

/// A time in seconds since 1970, as most vendors write it; out of range is none.
pub fn from_seconds(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

/// The same in milliseconds.
pub fn from_millis(millis: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(millis)
}
