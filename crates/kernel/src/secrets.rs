//! Keys, sealing, signing and random tokens.
//!
//! One master key protects an installation; every other key is derived from it by purpose. Sealed values are bound
//! to the tenant and the row they belong to, so that a ciphertext moved elsewhere does not open.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::{Result, internal};

/// The installation's root secret: 32 bytes. Never logged, never stored in the database.
#[derive(Clone)]
pub struct MasterKey([u8; 32]);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

impl MasterKey {
    pub fn random() -> Self {
        Self(random_bytes())
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, &'static str> {
        let bytes = hex::decode(text.trim()).map_err(|_| "the master key must be 64 hexadecimal digits")?;
        let bytes =
            <[u8; 32]>::try_from(bytes).map_err(|_| "the master key must be 64 hexadecimal digits")?;
        Ok(Self(bytes))
    }

    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Says of a key whether it is this one, and nothing else about it. Backups and databases hold it.
    pub fn fingerprint(&self) -> String {
        hex::encode(&self.derive("backup")[..16])
    }

    /// A key for one purpose only; knowing it tells nothing about the others.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        sign(&self.0, purpose.as_bytes())
    }

    /// Encrypts with AES-256-GCM. `context` (tenant and row) must be given again to open.
    /// The result reads `iv:authTag:ciphertext`, each in hex.
    pub fn seal(&self, context: &str, plain: &str) -> Result<String> {
        let iv: [u8; 12] = random_bytes();
        let sealed = self
            .cipher()
            .encrypt(
                &Nonce::from(iv),
                Payload {
                    msg: plain.as_bytes(),
                    aad: context.as_bytes(),
                },
            )
            .map_err(|_| internal("sealing a secret failed"))?;
        let (text, tag) = sealed.split_at(sealed.len() - 16);
        Ok(format!(
            "{}:{}:{}",
            hex::encode(iv),
            hex::encode(tag),
            hex::encode(text)
        ))
    }

    /// Opens what [`MasterKey::seal`] made; fails for another key, another context or changed bytes.
    pub fn open(&self, context: &str, sealed: &str) -> Result<String> {
        let broken = || internal("a stored secret does not open: was the master key changed?");
        let mut parts = sealed
            .split(':')
            .map(|part| hex::decode(part).map_err(|_| broken()));
        let mut next = || parts.next().unwrap_or_else(|| Err(broken()));
        let (iv, tag, text) = (next()?, next()?, next()?);
        let iv = <[u8; 12]>::try_from(iv).map_err(|_| broken())?;
        let message = [text, tag].concat();
        let plain = self
            .cipher()
            .decrypt(
                &Nonce::from(iv),
                Payload {
                    msg: &message,
                    aad: context.as_bytes(),
                },
            )
            .map_err(|_| broken())?;
        String::from_utf8(plain).map_err(|_| broken())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.derive("seal").into())
    }
}

/// HMAC-SHA256.
pub fn sign(key: &[u8], message: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any key length is valid");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

pub fn sha256(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

/// Compares without telling, by its duration, where the difference is.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "without randomness from the system no secret can be made"
    )]
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// `prefix` followed by 256 random bits, safe in URLs and headers.
pub fn random_token(prefix: &str) -> String {
    format!("{prefix}{}", encode(&random_bytes::<32>()))
}

/// `prefix` followed by 20 letters and digits: public, only hard to guess by chance.
pub fn random_name(prefix: &str) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let letters = random_bytes::<20>().map(|byte| ALPHABET[usize::from(byte % 32)] as char);
    format!("{prefix}{}", letters.iter().collect::<String>())
}

pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_only_in_its_own_context() {
        let key = MasterKey::random();
        let sealed = key.seal("tenant-a/credential-1", "sk-very-secret").unwrap();
        assert_eq!(sealed.split(':').count(), 3);
        assert_eq!(
            key.open("tenant-a/credential-1", &sealed).unwrap(),
            "sk-very-secret"
        );
        assert!(key.open("tenant-b/credential-1", &sealed).is_err());
        assert!(
            MasterKey::random()
                .open("tenant-a/credential-1", &sealed)
                .is_err()
        );
    }

    #[test]
    fn any_changed_byte_keeps_a_secret_shut() {
        let key = MasterKey::random();
        let sealed = key.seal("c", "secret").unwrap();
        for position in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[position] = if changed[position] == b'0' { b'1' } else { b'0' };
            assert!(
                key.open("c", &String::from_utf8(changed).unwrap()).is_err(),
                "position {position}"
            );
        }
    }

    #[test]
    fn a_master_key_survives_being_written_down() {
        let key = MasterKey::random();
        let again = MasterKey::from_hex(&format!("{}\n", key.to_hex())).unwrap();
        assert_eq!(key.derive("x"), again.derive("x"));
        assert_ne!(key.derive("x"), key.derive("y"));
        assert!(MasterKey::from_hex("abc").is_err());
    }
}
