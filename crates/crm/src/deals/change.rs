//! Making deals and changing them.

use chrono::NaiveDate;
use kernel::error::invalid;
use kernel::extract::present;
use kernel::ids::{ClientId, ConversationId, PipelineId, PipelineStageId, ProductId, UserId};
use kernel::money::{Amount, Currency};
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Deal, DealProduct};
use crate::amounts::{Quantity, not_negative};
use crate::fields;
use crate::pipelines::Stage;
use crate::products::store as products;
use crate::text;
use crate::words::{self, filled};

/// Something that a deal is about: a product, or words with a price.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DealProductInput {
    pub product_id: Option<ProductId>,
    /// The product's unless given.
    pub name: Option<String>,
    /// 1 unless given.
    pub quantity: Option<Quantity>,
    /// The product's unless given.
    pub unit_price: Option<Amount>,
}

/// What can be changed of a deal. Its stage is changed by moving it.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DealPatch {
    pub client_id: Option<ClientId>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<ConversationId>)]
    pub conversation_id: Option<Option<ConversationId>>,
    pub name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub description: Option<Option<String>>,
    /// What the products cost unless given.
    pub deal_value: Option<Amount>,
    /// The workspace's unless given.
    pub currency: Option<Currency>,
    /// In percent.
    pub probability: Option<i32>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<NaiveDate>)]
    pub expected_close_date: Option<Option<NaiveDate>>,
    /// Of a deal that is won or lost.
    pub actual_close_date: Option<NaiveDate>,
    pub products: Option<Vec<DealProductInput>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<UserId>)]
    pub owner_id: Option<Option<UserId>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub lost_reason: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub lost_reason_details: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub won_reason: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub competitor: Option<Option<String>>,
    pub tags: Option<Vec<String>>,
    #[schema(value_type = Option<Object>)]
    pub custom_fields: Option<Map<String, Value>>,
}

/// The columns of a deal that people write.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Values {
    pub client_id: ClientId,
    pub conversation_id: Option<ConversationId>,
    pub pipeline_id: Option<PipelineId>,
    pub pipeline_stage_id: Option<PipelineStageId>,
    pub stage: Option<Stage>,
    pub name: String,
    pub description: Option<String>,
    pub deal_value: Amount,
    pub currency: Currency,
    pub probability: Option<i32>,
    pub expected_close_date: Option<NaiveDate>,
    pub actual_close_date: Option<NaiveDate>,
    pub products: Vec<DealProduct>,
    pub owner_id: Option<UserId>,
    pub lost_reason: Option<String>,
    pub lost_reason_details: Option<String>,
    pub won_reason: Option<String>,
    pub competitor: Option<String>,
    pub tags: Vec<String>,
    pub custom_fields: Value,
}

impl Values {
    /// A deal of which nothing is known yet.
    pub fn new(client_id: ClientId, currency: Currency) -> Self {
        Self {
            client_id,
            conversation_id: None,
            pipeline_id: None,
            pipeline_stage_id: None,
            stage: None,
            name: String::new(),
            description: None,
            deal_value: Amount::ZERO,
            currency,
            probability: None,
            expected_close_date: None,
            actual_close_date: None,
            products: Vec::new(),
            owner_id: None,
            lost_reason: None,
            lost_reason_details: None,
            won_reason: None,
            competitor: None,
            tags: Vec::new(),
            custom_fields: Value::Object(Map::new()),
        }
    }

    pub fn of(deal: &Deal) -> Self {
        let deal = deal.clone();
        Self {
            client_id: deal.client_id,
            conversation_id: deal.conversation_id,
            pipeline_id: Some(deal.pipeline_id),
            pipeline_stage_id: Some(deal.pipeline_stage_id),
            stage: Some(deal.stage),
            name: deal.name,
            description: deal.description,
            deal_value: deal.deal_value,
            currency: deal.currency,
            probability: Some(deal.probability),
            expected_close_date: deal.expected_close_date,
            actual_close_date: deal.actual_close_date,
            products: deal.products.0,
            owner_id: deal.owner_id,
            lost_reason: deal.lost_reason,
            lost_reason_details: deal.lost_reason_details,
            won_reason: deal.won_reason,
            competitor: deal.competitor,
            tags: deal.tags,
            custom_fields: deal.custom_fields,
        }
    }

    /// With what the patch says.
    ///
    /// # Errors
    /// 422 for what makes no deal.
    pub async fn patch(&mut self, tx: &mut TenantTx, patch: DealPatch) -> Result<()> {
        if let Some(name) = patch.name {
            self.name = words::name(&name)?;
        }
        if let Some(client) = patch.client_id {
            self.client_id = client;
        }
        if let Some(currency) = patch.currency {
            self.currency = currency;
        }
        if let Some(probability) = patch.probability {
            if !(0..=100).contains(&probability) {
                return Err(invalid("bad_probability", "A probability is 0 to 100 percent."));
            }
            self.probability = Some(probability);
        }
        set(&mut self.conversation_id, patch.conversation_id);
        set(&mut self.expected_close_date, patch.expected_close_date);
        set(&mut self.owner_id, patch.owner_id);
        set(&mut self.description, filled(patch.description)?);
        set(&mut self.lost_reason, filled(patch.lost_reason)?);
        set(&mut self.lost_reason_details, filled(patch.lost_reason_details)?);
        set(&mut self.won_reason, filled(patch.won_reason)?);
        set(&mut self.competitor, filled(patch.competitor)?);
        if patch.actual_close_date.is_some() {
            self.actual_close_date = patch.actual_close_date;
        }
        if let Some(tags) = patch.tags {
            self.tags = text::tags(tags)?;
        }
        if let Some(mut own) = patch.custom_fields {
            let known = self.custom_fields.as_object().cloned().unwrap_or_default();
            own.retain(|_, value| !value.is_null());
            fields::check(tx, fields::Entity::Deal, &mut own, &known).await?;
            self.custom_fields = Value::Object(own);
        }
        let mut sum = None;
        if let Some(products) = patch.products {
            self.products = read_products(tx, &self.currency, products).await?;
            sum = worth(&self.products)?;
        }
        if let Some(value) = patch.deal_value.or(sum) {
            self.deal_value = not_negative(value, "The value of a deal")?;
        }
        Ok(())
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// What these cost together; none if there are none.
fn worth(products: &[DealProduct]) -> Result<Option<Amount>> {
    if products.is_empty() {
        return Ok(None);
    }
    let sum = |sum: Amount, product: &DealProduct| sum.plus(product.quantity.at(product.unit_price)?);
    products.iter().try_fold(Amount::ZERO, sum).map(Some)
}

/// With names and prices of the products that they name. A product of another currency needs a price of its own.
async fn read_products(
    tx: &mut TenantTx,
    currency: &Currency,
    inputs: Vec<DealProductInput>,
) -> Result<Vec<DealProduct>> {
    if inputs.len() > 200 {
        return Err(invalid("too_many_products", "A deal has 200 products at most."));
    }
    let ids: Vec<ProductId> = inputs.iter().filter_map(|input| input.product_id).collect();
    let known = products::list_prices(tx, &ids, &[]).await?;
    let mut read = Vec::new();
    for input in inputs {
        let product = input
            .product_id
            .and_then(|id| known.iter().find(|known| known.id == id));
        if input.product_id.is_some() && product.is_none() {
            return Err(invalid(
                "no_such_product",
                "One of these products does not exist any more.",
            ));
        }
        let name = input.name.filter(|name| !name.trim().is_empty());
        let name = name.or_else(|| product.map(|product| product.name.clone()));
        let name = name.ok_or_else(|| {
            invalid(
                "no_name",
                "Every product of a deal needs a name, or the id of a product.",
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
        read.push(DealProduct {
            product_id: input.product_id,
            name: words::name(&name)?,
            quantity: input.quantity.unwrap_or(Quantity::ONE),
            unit_price: not_negative(unit_price, "A price")?,
        });
    }
    Ok(read)
}

/// # Errors
/// 422 for a lost deal without a reason.
pub fn check_reason(stage: Stage, lost_reason: Option<&str>) -> Result<()> {
    if stage == Stage::ClosedLost && lost_reason.is_none() {
        return Err(invalid("reason_needed", "Say why the deal was lost."));
    }
    Ok(())
}
