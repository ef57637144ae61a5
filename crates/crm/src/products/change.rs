//! Making products and changing them.

use kernel::Result;
use kernel::extract::present;
use kernel::ids::ProductId;
use kernel::money::{Amount, Currency};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Product;
use crate::amounts::not_negative;
use crate::fields::{self, CustomField};
use crate::words::{self, filled};

/// A product, or what is to change of one. A new one needs a name.
#[derive(Debug, Default, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProductInput {
    pub name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub sku: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub category: Option<Option<String>>,
    pub price: Option<Amount>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Amount>)]
    pub cost: Option<Option<Amount>>,
    /// The workspace's unless given.
    pub currency: Option<Currency>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub ecommerce_product_id: Option<Option<String>>,
    pub is_active: Option<bool>,
    #[schema(value_type = Option<Object>)]
    pub custom_fields: Option<Map<String, Value>>,
}

/// The columns of a product that people write.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Values {
    pub id: ProductId,
    pub name: String,
    pub description: Option<String>,
    pub sku: Option<String>,
    pub category: Option<String>,
    pub price: Amount,
    pub cost: Option<Amount>,
    pub currency: Currency,
    pub ecommerce_product_id: Option<String>,
    pub is_active: bool,
    pub custom_fields: Value,
}

impl Values {
    /// A product of which nothing is known yet.
    pub fn new(currency: Currency) -> Self {
        Self {
            id: ProductId::new(),
            name: String::new(),
            description: None,
            sku: None,
            category: None,
            price: Amount::ZERO,
            cost: None,
            currency,
            ecommerce_product_id: None,
            is_active: true,
            custom_fields: Value::Object(Map::new()),
        }
    }

    pub fn of(product: &Product) -> Self {
        let product = product.clone();
        Self {
            id: product.id,
            name: product.name,
            description: product.description,
            sku: product.sku,
            category: product.category,
            price: product.price,
            cost: product.cost,
            currency: product.currency,
            ecommerce_product_id: product.ecommerce_product_id,
            is_active: product.is_active,
            custom_fields: product.custom_fields,
        }
    }

    /// With what the input says; `own` are the fields that the workspace gives its products.
    ///
    /// # Errors
    /// 422 for what makes no product.
    pub fn with(mut self, input: ProductInput, own: &[CustomField]) -> Result<Self> {
        self.name = words::name(input.name.as_deref().unwrap_or(&self.name))?;
        if let Some(description) = filled(input.description)? {
            self.description = description;
        }
        if let Some(sku) = filled(input.sku)? {
            self.sku = sku;
        }
        if let Some(category) = filled(input.category)? {
            self.category = category;
        }
        if let Some(id) = filled(input.ecommerce_product_id)? {
            self.ecommerce_product_id = id;
        }
        if let Some(price) = input.price {
            self.price = not_negative(price, "A price")?;
        }
        if let Some(cost) = input.cost {
            self.cost = cost.map(|cost| not_negative(cost, "A cost")).transpose()?;
        }
        if let Some(currency) = input.currency {
            self.currency = currency;
        }
        if let Some(is_active) = input.is_active {
            self.is_active = is_active;
        }
        if let Some(mut values) = input.custom_fields {
            let known = self.custom_fields.as_object().cloned().unwrap_or_default();
            values.retain(|_, value| !value.is_null());
            fields::check_against(own, &mut values, &known)?;
            self.custom_fields = Value::Object(values);
        }
        Ok(self)
    }
}
