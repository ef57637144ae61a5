//! Each simulated vendor against the documents: what it posts is signed as they say, and what it refuses it refuses in
//! their words. Signatures are computed here a second time, from the definition of HMAC.

mod crisp;
mod faults;
mod messaging;
mod n8n;
mod support;
mod telegram;
mod terminal;
mod tidio;
mod whatsapp;
