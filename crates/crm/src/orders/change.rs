//! Making orders and changing them: their lines, and totals that fit.

use chrono::{DateTime, Utc};
use kernel::Result;
use kernel::error::invalid;
use kernel::extract::present;
use kernel::ids::{ClientId, DealId, OrderId, ProductId};
use kernel::money::{Amount, Currency};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::buyers::Buyer;
use super::{Order, OrderItem, Status};
use crate::amounts::{Quantity, not_negative};
use crate::products::Prices;
use crate::words::{self, filled};

/// A line: a product by its id or SKU, or words with a price.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderItemInput {
    pub product_id: Option<ProductId>,
    pub sku: Option<String>,
    /// The product's unless given.
    pub name: Option<String>,
    /// 1 unless given.
    pub quantity: Option<Quantity>,
    /// The product's unless given.
    pub unit_price: Option<Amount>,
}

/// An order, or what is to change of one. A new one needs `client_id` or `client`.
#[derive(Debug, Default, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderInput {
    pub client_id: Option<ClientId>,
    /// Whoever is known by this, or somebody new.
    pub client: Option<Buyer>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DealId>)]
    pub deal_id: Option<Option<DealId>>,
    /// Made up unless given.
    pub order_number: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub ecommerce_order_id: Option<Option<String>>,
    /// What the lines come to; what is sent must agree with it.
    pub subtotal: Option<Amount>,
    pub tax: Option<Amount>,
    pub shipping: Option<Amount>,
    pub discount: Option<Amount>,
    /// Subtotal, tax and shipping without the discount; what is sent must agree with it.
    pub total: Option<Amount>,
    /// The workspace's unless given.
    pub currency: Option<Currency>,
    pub status: Option<Status>,
    pub items: Option<Vec<OrderItemInput>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    pub shipping_address: Option<Option<Map<String, Value>>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub tracking_number: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub tracking_url: Option<Option<String>>,
    pub order_date: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub shipped_date: Option<Option<DateTime<Utc>>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub delivered_date: Option<Option<DateTime<Utc>>>,
}

/// The columns of an order that people write.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Values {
    pub id: OrderId,
    pub client_id: ClientId,
    pub deal_id: Option<DealId>,
    pub order_number: String,
    pub ecommerce_order_id: Option<String>,
    pub subtotal: Amount,
    pub tax: Amount,
    pub shipping: Amount,
    pub discount: Amount,
    pub total: Amount,
    pub currency: Currency,
    pub status: Status,
    pub items: Vec<OrderItem>,
    pub shipping_address: Option<Value>,
    pub tracking_number: Option<String>,
    pub tracking_url: Option<String>,
    pub order_date: DateTime<Utc>,
    pub shipped_date: Option<DateTime<Utc>>,
    pub delivered_date: Option<DateTime<Utc>>,
}

impl Values {
    /// An order of which nothing is known yet.
    pub fn new(client_id: ClientId, currency: Currency, now: DateTime<Utc>) -> Self {
        let id = OrderId::new();
        let random = id.0.simple().to_string();
        Self {
            id,
            client_id,
            deal_id: None,
            order_number: format!(
                "{}-{}",
                now.format("%Y%m%d"),
                random.get(20..).unwrap_or_default().to_uppercase()
            ),
            ecommerce_order_id: None,
            subtotal: Amount::ZERO,
            tax: Amount::ZERO,
            shipping: Amount::ZERO,
            discount: Amount::ZERO,
            total: Amount::ZERO,
            currency,
            status: Status::Pending,
            items: Vec::new(),
            shipping_address: None,
            tracking_number: None,
            tracking_url: None,
            order_date: now,
            shipped_date: None,
            delivered_date: None,
        }
    }

    pub fn of(order: &Order) -> Self {
        let order = order.clone();
        Self {
            id: order.id,
            client_id: order.client_id,
            deal_id: order.deal_id,
            order_number: order.order_number,
            ecommerce_order_id: order.ecommerce_order_id,
            subtotal: order.subtotal,
            tax: order.tax,
            shipping: order.shipping,
            discount: order.discount,
            total: order.total,
            currency: order.currency,
            status: order.status,
            items: order.items.0,
            shipping_address: order.shipping_address,
            tracking_number: order.tracking_number,
            tracking_url: order.tracking_url,
            order_date: order.order_date,
            shipped_date: order.shipped_date,
            delivered_date: order.delivered_date,
        }
    }

    /// With what the input says. Whose it is has been found before.
    ///
    /// # Errors
    /// 422 for what makes no order.
    pub fn with(mut self, input: OrderInput, prices: &Prices) -> Result<Self> {
        if let Some(number) = &input.order_number {
            self.order_number = words::name(number)?;
        }
        if let Some(id) = filled(input.ecommerce_order_id.clone())? {
            self.ecommerce_order_id = id;
        }
        if let Some(currency) = &input.currency {
            self.currency = currency.clone();
        }
        if let Some(number) = filled(input.tracking_number.clone())? {
            self.tracking_number = number;
        }
        if let Some(url) = filled(input.tracking_url.clone())? {
            self.tracking_url = url.map(check_url).transpose()?;
        }
        if let Some(address) = input.shipping_address.clone() {
            let address = address.map(Value::Object);
            address.as_ref().map(words::check_signs_within).transpose()?;
            self.shipping_address = address;
        }
        self.deal_id = input.deal_id.unwrap_or(self.deal_id);
        self.status = input.status.unwrap_or(self.status);
        self.order_date = words::time(input.order_date)?.unwrap_or(self.order_date);
        words::time(input.shipped_date.flatten())?;
        words::time(input.delivered_date.flatten())?;
        self.shipped_date = input.shipped_date.unwrap_or(self.shipped_date);
        self.delivered_date = input.delivered_date.unwrap_or(self.delivered_date);
        self.count(&input, prices)?;
        Ok(self)
    }

    fn count(&mut self, input: &OrderInput, prices: &Prices) -> Result<()> {
        let amount = |given: Option<Amount>, before: Amount, what: &str| {
            given.map_or(Ok(before), |given| not_negative(given, what))
        };
        self.tax = amount(input.tax, self.tax, "The tax")?;
        self.shipping = amount(input.shipping, self.shipping, "The shipping")?;
        self.discount = amount(input.discount, self.discount, "The discount")?;
        if let Some(items) = &input.items {
            self.items = read_items(items, &self.currency, prices)?;
        }
        let extra = Amount::new(self.tax.0 + self.shipping.0 - self.discount.0)?;
        self.subtotal = if !self.items.is_empty() {
            let sum = lines(&self.items)?;
            agree(input.subtotal, sum, "subtotal", "the lines come to")?;
            sum
        } else if let Some(subtotal) = input.subtotal {
            not_negative(subtotal, "The subtotal")?
        } else if let Some(total) = input.total {
            not_negative(Amount::new(total.0 - extra.0)?, "The subtotal")?
        } else {
            self.subtotal
        };
        let total = self.subtotal.plus(extra)?;
        if total.is_negative() {
            return Err(invalid(
                "totals_differ",
                "The discount is larger than what the order comes to.",
            ));
        }
        agree(
            input.total,
            total,
            "total",
            "subtotal, tax and shipping without the discount come to",
        )?;
        self.total = total;
        Ok(())
    }
}

fn agree(given: Option<Amount>, sum: Amount, what: &str, why: &str) -> Result<()> {
    if let Some(given) = given
        && given != sum
    {
        return Err(invalid(
            "totals_differ",
            format!("The {what} is given as {given}, but {why} {sum}."),
        ));
    }
    Ok(())
}

fn lines(items: &[OrderItem]) -> Result<Amount> {
    let sum = |sum: Amount, item: &OrderItem| sum.plus(item.quantity.at(item.unit_price)?);
    items.iter().try_fold(Amount(Decimal::new(0, 2)), sum)
}

fn check_url(url: String) -> Result<String> {
    if url.starts_with("https://") || url.starts_with("http://") {
        return Ok(url);
    }
    Err(invalid(
        "bad_tracking_url",
        "A tracking address begins with https://.",
    ))
}

fn read_items(inputs: &[OrderItemInput], currency: &Currency, prices: &Prices) -> Result<Vec<OrderItem>> {
    if inputs.len() > 500 {
        return Err(invalid("too_many_lines", "An order has 500 lines at most."));
    }
    inputs
        .iter()
        .map(|input| read_item(input, currency, prices))
        .collect()
}

/// With name, SKU and price of the product that it names. A product of another currency needs a price of its own.
fn read_item(input: &OrderItemInput, currency: &Currency, prices: &Prices) -> Result<OrderItem> {
    let sku = words::maybe(input.sku.clone())?;
    let product = match (input.product_id, &sku) {
        (Some(id), _) => Some(prices.get(id).ok_or_else(|| {
            invalid(
                "no_such_product",
                "One of these products does not exist any more.",
            )
        })?),
        (None, Some(sku)) => prices.with_sku(sku),
        (None, None) => None,
    };
    let name = words::maybe(input.name.clone())?;
    let name = name.or_else(|| product.map(|product| product.name.clone()));
    let name = name.or_else(|| sku.clone()).ok_or_else(|| {
        invalid(
            "no_name",
            "Every line of an order needs a name, or the id of a product.",
        )
    })?;
    let usual = product.filter(|product| product.currency == *currency);
    let unit_price = input.unit_price.or_else(|| usual.map(|product| product.price));
    let unit_price = unit_price.ok_or_else(|| {
        invalid(
            "price_missing",
            format!("“{name}” has no price in {currency}. Say what one costs."),
        )
    })?;
    Ok(OrderItem {
        product_id: product.map(|product| product.id),
        sku: sku.or_else(|| product.and_then(|product| product.sku.clone())),
        name: words::name(&name)?,
        quantity: input.quantity.unwrap_or(Quantity::ONE),
        unit_price: not_negative(unit_price, "A price")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(json: &str) -> Result<Values> {
        let input: OrderInput = serde_json::from_str(json).unwrap();
        let currency = "EUR".parse().unwrap();
        Values::new(ClientId::new(), currency, DateTime::UNIX_EPOCH).with(input, &Prices::default())
    }

    #[test]
    fn totals_follow_from_the_lines_to_the_cent() {
        let made = order(
            r#"{"items": [{"name": "a", "quantity": 3, "unit_price": "0.10"}, {"name": "b", "quantity": 2.5, "unit_price": "1.99"}],
            "tax": "1.07", "shipping": "4.90", "discount": "0.30"}"#,
        );
        let made = made.unwrap();
        assert_eq!(
            (made.subtotal.to_string(), made.total.to_string()),
            ("5.28".into(), "10.95".into())
        );
        let alone = order(r#"{"total": "119.00", "tax": "19.00"}"#).unwrap();
        assert_eq!(alone.subtotal.to_string(), "100.00");
    }

    #[test]
    fn totals_that_differ_are_refused() {
        for json in [
            r#"{"items": [{"name": "a", "unit_price": "0.10"}], "subtotal": "0.11"}"#,
            r#"{"items": [{"name": "a", "unit_price": "0.10"}], "total": "0.11"}"#,
            r#"{"subtotal": "10.00", "tax": "1.00", "total": "10.00"}"#,
            r#"{"subtotal": "1.00", "discount": "2.00"}"#,
        ] {
            assert_eq!(order(json).unwrap_err().code, "totals_differ", "{json}");
        }
        for json in [r#"{"tax": "-1.00"}"#, r#"{"total": "1.00", "tax": "2.00"}"#] {
            assert_eq!(order(json).unwrap_err().code, "bad_amount", "{json}");
        }
    }
}
