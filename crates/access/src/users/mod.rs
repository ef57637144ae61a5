//! Users: people who can sign in. Passwords are kept as argon2id hashes and nowhere else.

pub mod store;

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, PasswordHash};
use kernel::error::{internal, invalid};
use kernel::ids::UserId;
use kernel::{Result, secrets};
use serde::Serialize;
use tokio::sync::Semaphore;

/// A person, as shown to themselves.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
}

/// A user who passed the checks and whose password is hashed, ready to be stored.
#[derive(Debug)]
pub struct NewUser {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub password_hash: String,
}

impl NewUser {
    /// # Errors
    /// An address without `@`, an empty name, or a password of less than 10 or more than 200 characters.
    pub async fn prepare(email: &str, name: &str, password: &str) -> Result<Self> {
        let email = check_email(email.trim())?;
        let name = check_name(name)?;
        check_password(password)?;
        let password_hash = hash_password(password).await?;
        Ok(Self {
            id: UserId::new(),
            email: email.to_owned(),
            name: name.to_owned(),
            password_hash,
        })
    }
}

pub fn check_email(email: &str) -> Result<&str> {
    let plausible = email
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    if plausible && email.len() <= 254 && !email.contains(char::is_whitespace) {
        return Ok(email);
    }
    Err(invalid(
        "bad_email",
        "This is not an e-mail address, such as ana@example.com.",
    ))
}

/// The name without blanks around it.
pub fn check_name(name: &str) -> Result<&str> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 120 {
        return Err(invalid("bad_name", "Please give a name of 1 to 120 characters."));
    }
    Ok(name)
}

pub fn check_password(password: &str) -> Result<()> {
    if (10..=200).contains(&password.chars().count()) {
        return Ok(());
    }
    Err(invalid(
        "bad_password",
        "Please choose a password of 10 to 200 characters.",
    ))
}

/// A hash takes 19 MB and a processor: a crowd at the door waits instead of taking the machine.
static HASHING: Semaphore = Semaphore::const_new(2);

/// Takes some 20 ms of processor time on purpose, away from the async threads.
pub async fn hash_password(password: &str) -> Result<String> {
    let password = password.to_owned();
    let work = move || {
        let salt: [u8; 16] = secrets::random_bytes();
        Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map(|hash| hash.to_string())
    };
    let _turn = HASHING.acquire().await.map_err(internal)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(internal)?
        .map_err(|error| internal(error.to_string()))
}

/// Whether the password fits. `None` (no such user) takes as long as a wrong password.
pub async fn verify_password(password: &str, hash: Option<String>) -> Result<bool> {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let password = password.to_owned();
    let known = hash.is_some();
    let hash = hash.unwrap_or_else(|| NOBODY.into());
    let work = move || {
        let fits = PasswordHash::new(&hash).map(|parsed| {
            Argon2::default()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok()
        });
        fits.unwrap_or(false)
    };
    let _turn = HASHING.acquire().await.map_err(internal)?;
    Ok(tokio::task::spawn_blocking(work).await.map_err(internal)? && known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_fits_its_hash() {
        let hash = hash_password("correct horse battery").await.unwrap();
        assert!(
            verify_password("correct horse battery", Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(
            !verify_password("correct horse batterz", Some(hash))
                .await
                .unwrap()
        );
        assert!(!verify_password("anything", None).await.unwrap());
    }

    #[tokio::test]
    async fn unusable_sign_ups_are_refused_with_a_reason() {
        for (email, name, password, code) in [
            ("nobody", "A", "0123456789", "bad_email"),
            ("a@b", "A", "0123456789", "bad_email"),
            ("a@b.example", " ", "0123456789", "bad_name"),
            ("a@b.example", "A", "short", "bad_password"),
        ] {
            assert_eq!(
                NewUser::prepare(email, name, password).await.unwrap_err().code,
                code
            );
        }
    }
}
