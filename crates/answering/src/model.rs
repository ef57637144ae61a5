//! The tenant's language model: found, budgeted and called. Without one, or when it fails, the caller falls back to
//! approved text.

use crate::model_versions;
use crate::pipeline::{ModelSource, Options};
use access::budget::{self, Reservation, Spent};
use access::credentials::{self, Credential, OpenCredential, Provider};
use chrono::NaiveDate;
use kernel::ids::CredentialId;
use kernel::outbound::Outbound;
use kernel::secrets::MasterKey;
use kernel::{Database, Result, TenantProof};
use llm::{
    ApiKey, Breakers, ChatModel, ChatRequest, Limits, ModelConfig, RemoteModel, RetryPolicy, Tuner, Usage,
};

/// Finds and calls models. Clones share circuits.
#[derive(Clone)]
pub struct Models {
    outbound: Outbound,
    master_key: MasterKey,
    breakers: Breakers,
    limits: Limits,
}

/// The longest answer that is paid for, in tokens.
pub const MAX_TOKENS: u32 = 700;

impl Models {
    /// `limits` bound each call. A visitor waits meanwhile, so a slow start should be given up for the approved
    /// text long before the whole time is over.
    pub fn new(outbound: Outbound, master_key: MasterKey, limits: Limits) -> Self {
        Self {
            outbound,
            master_key,
            breakers: Breakers::default(),
            limits,
        }
    }

    /// The model that composes this tenant's answers, if there is one.
    pub async fn find(
        &self,
        db: &Database,
        proof: &impl TenantProof,
        options: &Options,
    ) -> Result<Option<TenantModel>> {
        let chosen = match options.source {
            ModelSource::Nothing => return Ok(None),
            ModelSource::Credential(id) => {
                let found = credentials::store::find(&mut db.tenant_read(proof).await?, id).await?;
                found.filter(|(credential, _)| credential.is_active)
            }
            ModelSource::Default => None,
        };
        // whoever names a model gets that one; all others the version that is active
        if chosen.is_none() && options.model.is_none() {
            let active = self.find_active(db, proof).await?;
            if let Some((open, model)) = active {
                return self.open(proof, open, Some(&model)).map(Some);
            }
        }
        // a credential that is gone or off gives way to the default one
        let open = match chosen {
            Some((credential, sealed)) => {
                let key = self.unseal(proof, credential.id, &sealed)?;
                Some(OpenCredential { credential, key })
            }
            None => credentials::find_default(&mut db.tenant_read(proof).await?, &self.master_key).await?,
        };
        open.map(|open| self.open(proof, open, options.model.as_deref()))
            .transpose()
    }

    /// The chat version that is active, with the key by which it is called and its own prices.
    async fn find_active(
        &self,
        db: &Database,
        proof: &impl TenantProof,
    ) -> Result<Option<(OpenCredential, String)>> {
        let mut tx = db.tenant_read(proof).await?;
        let Some(active) = model_versions::store::find_active_chat(&mut tx).await? else {
            return Ok(None);
        };
        let Some((mut credential, sealed)) = credentials::store::find(&mut tx, active.credential_id).await?
        else {
            return Ok(None);
        };
        credential.input_price = active.input_price.or(credential.input_price);
        credential.output_price = active.output_price.or(credential.output_price);
        let key = self.unseal(proof, credential.id, &sealed)?;
        Ok(Some((OpenCredential { credential, key }, active.model_name)))
    }

    /// Fine-tuning from `base` with this credential. None: it is gone or off.
    pub async fn tuner(
        &self,
        db: &Database,
        proof: &impl TenantProof,
        id: CredentialId,
        base: &str,
    ) -> Result<Option<Tuner>> {
        let found = credentials::store::find(&mut db.tenant_read(proof).await?, id).await?;
        let Some((credential, sealed)) = found.filter(|(credential, _)| credential.is_active) else {
            return Ok(None);
        };
        let key = self.unseal(proof, credential.id, &sealed)?;
        let open = OpenCredential { credential, key };
        let (config, _) = self.configure(open, Some(base))?;
        Ok(Some(Tuner::new(config, self.outbound.client().clone())))
    }

    /// Opens a credential's key for one call.
    pub fn unseal(&self, proof: &impl TenantProof, id: CredentialId, sealed: &str) -> Result<String> {
        self.master_key
            .open(&credentials::context(proof.tenant_id(), id), sealed)
    }

    /// The model of one credential, for its test button.
    pub fn open(
        &self,
        proof: &impl TenantProof,
        open: OpenCredential,
        model: Option<&str>,
    ) -> Result<TenantModel> {
        let (config, credential) = self.configure(open, model)?;
        let circuit = self
            .breakers
            .circuit(format!("{}/{}", proof.tenant_id(), credential.id));
        let remote = RemoteModel::new(config, self.outbound.client().clone(), circuit)
            .with_limits(self.limits, RetryPolicy::default());
        Ok(TenantModel { remote, credential })
    }

    fn configure(&self, open: OpenCredential, model: Option<&str>) -> Result<(ModelConfig, Credential)> {
        let OpenCredential { credential, key } = open;
        // again at each call: the operator's list may have changed since the credential was written
        let base_url = credential
            .base_url
            .as_deref()
            .map(|url| self.outbound.check(url))
            .transpose()?;
        let config = ModelConfig {
            provider: provider(credential.provider),
            model: model.unwrap_or(&credential.model).to_owned(),
            api_key: ApiKey::new(key),
            base_url,
        };
        Ok((config, credential))
    }
}

fn provider(provider: Provider) -> llm::Provider {
    match provider {
        Provider::Openai | Provider::OpenaiCompatible => llm::Provider::OpenAi,
        Provider::Anthropic => llm::Provider::Anthropic,
        Provider::Gemini => llm::Provider::Gemini,
    }
}

/// A model with what it costs.
pub struct TenantModel {
    pub remote: RemoteModel,
    pub credential: Credential,
}

impl TenantModel {
    pub fn name(&self) -> &str {
        self.remote.name()
    }

    /// What a call has cost, in the currency of the credential's prices. None: they are not known.
    pub fn known_cost(&self, usage: Usage) -> Option<f64> {
        self.credential.input_price?;
        self.credential.output_price?;
        Some(self.cost(usage.input_tokens.into(), usage.output_tokens.into()))
    }

    fn cost(&self, input_tokens: f64, output_tokens: f64) -> f64 {
        let price = |price: Option<f64>| price.unwrap_or(0.0) / 1_000_000.0;
        input_tokens * price(self.credential.input_price)
            + output_tokens * price(self.credential.output_price)
    }
}

/// Budget that is held for one call. Settle it when the call has ended, however it ended.
pub struct Hold {
    day: NaiveDate,
    reserved: Reservation,
}

/// Reserves the most that the request can use. None: today's budget does not allow it.
pub async fn reserve(
    db: &Database,
    proof: &impl TenantProof,
    model: &TenantModel,
    request: &ChatRequest,
) -> Result<Option<Hold>> {
    // three characters a token is a safe estimate from above for European languages
    let input = (bytes_read(request) as f64 / 3.0).ceil();
    let output = f64::from(request.max_tokens);
    let reserved = Reservation {
        tokens: (input + output) as i64,
        cost: model.cost(input, output),
    };
    let day = db.clock.now().date_naive();
    let mut tx = db.tenant(proof).await?;
    let is_granted = budget::reserve(&mut tx, day, reserved).await?;
    tx.commit().await?;
    Ok(is_granted.then_some(Hold { day, reserved }))
}

/// Books what was spent in place of what was reserved.
pub async fn settle(
    db: &Database,
    proof: &impl TenantProof,
    model: &TenantModel,
    hold: Hold,
    usage: Usage,
) -> Result<()> {
    let spent = Spent {
        input_tokens: usage.input_tokens.into(),
        output_tokens: usage.output_tokens.into(),
        cost: model.cost(usage.input_tokens.into(), usage.output_tokens.into()),
        is_cost_known: usage == Usage::default() || model.known_cost(usage).is_some(),
    };
    let mut tx = db.tenant(proof).await?;
    budget::settle(&mut tx, hold.day, hold.reserved, spent).await?;
    tx.commit().await
}

/// What the model reads, for an estimate of the tokens.
pub fn bytes_read(request: &ChatRequest) -> usize {
    let messages = request.messages.iter().map(|message| match message {
        llm::ChatMessage::User(text) | llm::ChatMessage::Assistant { text, .. } => text.len(),
        llm::ChatMessage::ToolResult { content, .. } => content.len(),
    });
    let tools = request
        .tools
        .iter()
        .map(|tool| tool.name.len() + tool.description.len() + tool.parameters.to_string().len());
    request.system.len() + messages.sum::<usize>() + tools.sum::<usize>()
}
