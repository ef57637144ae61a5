//! Money, exactly: an amount with two decimals, and the currency it is in.
//!
//! Amounts are `numeric` in the database and strings in JSON ("1234.50"), because a JSON number is read as a binary
//! fraction. Two amounts are only ever added where their currency is the same.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::error::{Error, Result, invalid};

/// What a column `numeric(12, 2)` holds.
const LARGEST: Decimal = Decimal::from_parts(3_567_587_327, 232, 0, false, 2);

/// An amount with two decimals. Read from a string or a whole number; written as a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, sqlx::Type)]
#[sqlx(transparent)]
pub struct Amount(pub Decimal);

impl Amount {
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// This many of it.
    ///
    /// # Errors
    /// 422 if no column can hold the result.
    pub fn times(self, quantity: Decimal) -> Result<Self> {
        let product = self.0.checked_mul(quantity).ok_or_else(too_large)?;
        Self::new(product.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero))
    }

    /// # Errors
    /// 422 if no column can hold the result.
    pub fn plus(self, other: Self) -> Result<Self> {
        Self::new(self.0.checked_add(other.0).ok_or_else(too_large)?)
    }

    /// # Errors
    /// 422 for more than two decimals, or more than a column holds.
    pub fn new(value: Decimal) -> Result<Self> {
        if value.normalize().scale() > 2 {
            return Err(invalid(
                "bad_amount",
                format!("{value} has more than two decimals."),
            ));
        }
        if value.abs() > LARGEST {
            return Err(too_large());
        }
        let mut value = value;
        value.rescale(2);
        Ok(Self(value))
    }

    /// As keys beside amounts have it.
    pub fn hundredths(self) -> i64 {
        let hundredths = self.0.checked_mul(Decimal::ONE_HUNDRED);
        hundredths.and_then(|all| all.to_i64()).unwrap_or(i64::MAX)
    }

    pub fn is_negative(self) -> bool {
        self.0.is_sign_negative() && !self.0.is_zero()
    }
}

fn too_large() -> Error {
    invalid("bad_amount", format!("An amount is at most {LARGEST}."))
}

impl FromStr for Amount {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let value = Decimal::from_str_exact(text.trim()).map_err(|_| {
            invalid(
                "bad_amount",
                format!(
                    "“{}” is no amount. Write it like 1234.50.",
                    text.chars().take(40).collect::<String>()
                ),
            )
        })?;
        Self::new(value)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.0)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        /// Both ways to write an amount.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            Number(serde_json::Number),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Number(number) => number.to_string(),
        };
        text.parse()
            .map_err(|error: Error| de::Error::custom(error.detail))
    }
}

impl PartialSchema for Amount {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An amount of money with two decimals, as a string."))
            .examples(["1234.50"])
            .into()
    }
}

impl ToSchema for Amount {}

/// Three capital letters of ISO 4217.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[schema(value_type = String, example = "EUR")]
pub struct Currency(String);

impl Currency {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Currency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let code = text.trim().to_ascii_uppercase();
        if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Ok(Self(code));
        }
        Err(invalid(
            "bad_currency",
            "A currency is the three letters of ISO 4217, like EUR or USD.",
        ))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|error: Error| de::Error::custom(error.detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_exactly_or_not_at_all() {
        let written = |text: &str| {
            text.parse::<Amount>()
                .map(|amount| amount.to_string())
                .map_err(|error| error.code)
        };
        assert_eq!(written("0.1").unwrap(), "0.10");
        assert_eq!(written(" 1234.50 ").unwrap(), "1234.50");
        assert_eq!(written("9999999999.99").unwrap(), "9999999999.99");
        assert_eq!(written("1.500").unwrap(), "1.50");
        for text in ["10000000000", "0.001", "1,5", "", "NaN", "1e99", "-10000000000"] {
            assert_eq!(written(text).unwrap_err(), "bad_amount", "{text}");
        }
        assert_eq!(serde_json::from_str::<Amount>("12").unwrap().to_string(), "12.00");
    }

    #[test]
    fn a_tenth_three_times_is_three_tenths() {
        let tenth: Amount = "0.10".parse().unwrap();
        assert_eq!(tenth.times(Decimal::from(3)).unwrap().to_string(), "0.30");
        assert_eq!(tenth.plus(tenth).unwrap().to_string(), "0.20");
    }

    #[test]
    fn a_currency_has_three_letters() {
        assert_eq!("eur".parse::<Currency>().unwrap().as_str(), "EUR");
        for text in ["", "euro", "€", "E1R"] {
            assert_eq!(text.parse::<Currency>().unwrap_err().code, "bad_currency");
        }
    }
}
