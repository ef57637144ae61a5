//! The vendors of messaging, each as a server on this machine that behaves as its documentation says; and a provider that
//! tunes language models ([`models`]).
//!
//! One module a vendor, each with a `Simulator` to start, its `Options` and the `Customer` who writes. A simulator is
//! strict: it refuses what the vendor would refuse, with the vendor's words. It keeps a [`Record`] of what it accepted,
//! posts signed [`Hooks`] and breaks on demand ([`Faults`]). [`command`] makes one of them usable from a terminal.
//!
//! Nothing here knows how Rapport talks to vendors; both follow the vendors' documents, and so check each other.

pub mod command;
mod core;
pub mod crisp;
pub mod instagram;
pub mod messaging;
pub mod messenger;
pub mod meta;
pub mod models;
pub mod n8n;
pub mod program;
pub mod telegram;
pub mod tidio;
pub mod whatsapp;

pub use core::{
    Button, Clock, Entry, Fault, Faults, File, Hooks, Kind, Order, Post, Receipts, Record, Reply, Sent,
};
