//! The tenant's own keys for language-model providers. Sealed at rest; the API shows the last four characters.

pub mod api;
pub mod store;

use kernel::ids::{CredentialId, TenantId};
use kernel::secrets::MasterKey;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Provider {
    Openai,
    Anthropic,
    Gemini,
    /// Any server that speaks OpenAI's chat completions: Ollama, vLLM, a gateway. Needs `base_url`.
    OpenaiCompatible,
}

impl Provider {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::OpenaiCompatible => "openai_compatible",
        }
    }
}

/// A credential as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Credential {
    pub id: CredentialId,
    pub provider: Provider,
    pub model: String,
    pub base_url: Option<String>,
    pub key_last4: String,
    pub label: Option<String>,
    /// The one that composes answers.
    pub is_default: bool,
    pub is_active: bool,
    /// Per million tokens; without them cost is not counted.
    pub input_price: Option<f64>,
    pub output_price: Option<f64>,
}

/// An opened credential, in memory for one call.
#[derive(Clone)]
pub struct OpenCredential {
    pub credential: Credential,
    pub key: String,
}

/// The credential that composes answers, if the tenant has one.
pub async fn find_default(tx: &mut TenantTx, master_key: &MasterKey) -> Result<Option<OpenCredential>> {
    let Some((credential, sealed)) = store::find_default(tx).await? else {
        return Ok(None);
    };
    let key = master_key.open(&context(tx.tenant_id(), credential.id), &sealed)?;
    Ok(Some(OpenCredential { credential, key }))
}

/// What a sealed key is bound to.
pub fn context(tenant: TenantId, id: CredentialId) -> String {
    format!("llm_credentials/{tenant}/{id}")
}
