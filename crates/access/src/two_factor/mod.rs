//! The second factor: codes of an authenticator app, and recovery codes for the day the phone is gone.
//!
//! The secret is sealed with the master key and bound to the user. A code is good once: the step it belongs to is
//! stored, and no earlier one counts after it. Recovery codes are stored as SHA-256; each is 100 random bits.

pub mod api;
mod qr;
pub mod store;
mod totp;

use kernel::error::internal;
use kernel::ids::UserId;
use kernel::{Result, secrets};

use crate::Context;

const RECOVERY_CODES: usize = 10;

/// Whether the code is one of the user's, and uses it up. For somebody with a proven second factor.
pub async fn accept_code(ctx: &Context, user: UserId, code: &str) -> Result<bool> {
    let code = plain(code);
    if code.len() != 6 {
        return store::use_recovery_code(&ctx.db, user, &secrets::sha256(code.as_bytes())).await;
    }
    let Some(stored) = store::find(&ctx.db, user).await? else {
        return Ok(false);
    };
    let secret = open(ctx, user, &stored.sealed_secret)?;
    match totp::step_of(&secret, &code, ctx.db.clock.now()) {
        Some(step) => store::use_step(&ctx.db, user, step).await,
        None => Ok(false),
    }
}

/// As people type it: with blanks, hyphens and capitals.
fn plain(code: &str) -> String {
    let letters = code.chars().filter(|c| c.is_ascii_alphanumeric());
    letters.take(64).map(|c| c.to_ascii_lowercase()).collect()
}

fn open(ctx: &Context, user: UserId, sealed: &str) -> Result<Vec<u8>> {
    let text = ctx.master_key.open(&context(user), sealed)?;
    totp::from_base32(&text).ok_or_else(|| internal("a stored two-factor secret is not base32"))
}

fn context(user: UserId) -> String {
    format!("users/{user}/totp")
}

/// `abcde-fghij-kmnop-qrstu`.
fn new_recovery_code() -> String {
    let letters: Vec<char> = secrets::random_name("").chars().collect();
    let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_known_however_it_is_typed() {
        let code = new_recovery_code();
        assert_eq!(code.len(), 23);
        let typed = format!(" {} ", code.to_uppercase().replace('-', " "));
        assert_eq!(plain(&typed), plain(&code));
        assert_eq!(plain(&code).len(), 20);
        assert_ne!(new_recovery_code(), code);
    }
}
