//! Quantities, and sums of money that keep currencies apart.

use std::fmt;
use std::str::FromStr;

use kernel::error::{Error, Result, invalid};
use kernel::money::{Amount, Currency};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// How many of something: above 0, at most a million, up to three decimals. A number in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quantity(Decimal);

impl Quantity {
    pub const ONE: Self = Self(Decimal::ONE);

    /// What so many cost.
    ///
    /// # Errors
    /// 422 if no column can hold it.
    pub fn at(self, price: Amount) -> Result<Amount> {
        price.times(self.0)
    }
}

impl FromStr for Quantity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let value = Decimal::from_str_exact(text.trim())
            .or_else(|_| Decimal::from_scientific(text.trim()))
            .map_err(|_| bad_quantity())?
            .normalize();
        if value <= Decimal::ZERO || value > Decimal::from(1_000_000) || value.scale() > 3 {
            return Err(bad_quantity());
        }
        Ok(Self(value))
    }
}

fn bad_quantity() -> Error {
    invalid(
        "bad_quantity",
        "A quantity is above 0, at most a million, and has three decimals at most.",
    )
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self.0.to_i64().filter(|whole| Decimal::from(*whole) == self.0) {
            Some(whole) => serializer.serialize_i64(whole),
            // up to ten digits: the shortest way to write it is the same again
            None => serializer.serialize_f64(self.0.to_f64().unwrap_or_default()),
        }
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        /// Both ways to write one.
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

impl PartialSchema for Quantity {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some("How many, with three decimals at most."))
            .examples([2])
            .into()
    }
}

impl ToSchema for Quantity {}

/// What things of one currency are worth together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CurrencyTotal {
    pub currency: Currency,
    pub count: i64,
    pub total: Amount,
}

/// The same for deals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DealsTotal {
    pub currency: Currency,
    pub count: i64,
    pub total: Amount,
    /// Each deal's value times its probability.
    pub weighted: Amount,
}

/// # Errors
/// 422 for what is below zero.
pub fn not_negative(amount: Amount, what: &str) -> Result<Amount> {
    if amount.is_negative() {
        return Err(invalid("bad_amount", format!("{what} cannot be below zero.")));
    }
    Ok(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_written_as_it_was_read() {
        for text in ["1", "2.5", "0.001", "999999.999", "1000000"] {
            let quantity: Quantity = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&quantity).unwrap(), text);
            assert_eq!(quantity, text.parse().unwrap());
        }
        for text in ["0", "-1", "0.0001", "1000000.001", "x", "NaN", "1e30"] {
            assert_eq!(
                text.parse::<Quantity>().unwrap_err().code,
                "bad_quantity",
                "{text}"
            );
        }
    }

    #[test]
    fn so_many_cost_so_much_to_the_cent() {
        let third: Quantity = "0.333".parse().unwrap();
        assert_eq!(third.at("0.10".parse().unwrap()).unwrap().to_string(), "0.03");
        assert_eq!(third.at("1.50".parse().unwrap()).unwrap().to_string(), "0.50");
    }
}
