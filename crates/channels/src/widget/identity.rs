//! Identity tokens: the business's own server vouches for a signed-in customer with a JWT (HS256).

use conversations::contacts::VerifiedIdentity;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use kernel::error::{Result, unauthenticated};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    email: Option<String>,
    name: Option<String>,
}

/// Believes only a token that is signed with this channel's secret by HS256 and has not expired.
pub fn verify(token: &str, secret: &str) -> Result<VerifiedIdentity> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_required_spec_claims(&["exp", "sub"]);
    validation.leeway = 30;
    validation.validate_aud = false;
    validation.validate_nbf = true;
    let key = DecodingKey::from_secret(secret.as_bytes());
    let claims = decode::<Claims>(token, &key, &validation)
        .map_err(|_| refused())?
        .claims;
    let subject = claims.sub.trim().to_owned();
    if subject.is_empty() || subject.chars().count() > 200 {
        return Err(refused());
    }
    let short = |text: Option<String>| text.map(|text| text.chars().take(200).collect());
    Ok(VerifiedIdentity {
        subject,
        name: short(claims.name),
        email: short(claims.email),
    })
}

fn refused() -> kernel::Error {
    unauthenticated(
        "The identity token was not accepted. It must be a JWT signed with this channel's secret by HS256, \
         with `sub` and an `exp` in the future.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    fn signed(algorithm: Algorithm, secret: &str, claims: serde_json::Value) -> String {
        encode(
            &Header::new(algorithm),
            &claims,
            &EncodingKey::from_secret(secret.as_bytes()),
        )
        .unwrap()
    }

    #[test]
    fn only_a_current_token_of_this_channel_is_believed() {
        let far = 4_000_000_000_u64;
        let good = signed(
            Algorithm::HS256,
            "secret",
            json!({"sub": "42", "email": "ana@example.com", "name": "Ana", "exp": far}),
        );
        let identity = verify(&good, "secret").unwrap();
        assert_eq!(
            (identity.subject.as_str(), identity.email.as_deref()),
            ("42", Some("ana@example.com"))
        );
        let unsigned = {
            let parts: Vec<&str> = good.split('.').collect();
            format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1])
        };
        for bad in [
            signed(Algorithm::HS256, "other", json!({"sub": "42", "exp": far})),
            signed(Algorithm::HS512, "secret", json!({"sub": "42", "exp": far})),
            signed(Algorithm::HS256, "secret", json!({"sub": "42", "exp": 1})),
            signed(Algorithm::HS256, "secret", json!({"sub": "42"})),
            signed(Algorithm::HS256, "secret", json!({"exp": far})),
            signed(Algorithm::HS256, "secret", json!({"sub": " ", "exp": far})),
            unsigned,
            String::new(),
            "a.b.c".into(),
        ] {
            assert!(verify(&bad, "secret").is_err(), "{bad}");
        }
    }
}
