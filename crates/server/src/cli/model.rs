//! `rapport model`: which language model composes a tenant's answers. The key is read from standard input or from
//! a variable, never from the command line.

use std::io::BufRead as _;
use std::process::ExitCode;

use access::audit::{self, Action, OPERATOR};
use access::credentials::api::{NewCredential, check};
use access::credentials::{Credential, Provider, context, store};
use clap::Subcommand;
use kernel::error::{Result, internal, invalid};
use kernel::{TenantProof, TenantTx};
use serde_json::{Value, json};

use super::Global;
use super::output::Session;

#[derive(Debug, Subcommand)]
pub enum ModelCommand {
    /// Use a model from now on
    Set {
        /// openai, anthropic, gemini or openai_compatible (Ollama, vLLM, a gateway)
        provider: String,
        /// The provider's name of the model
        model: String,
        /// For openai_compatible, such as http://127.0.0.1:11434/v1
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
        /// Take the key from this variable instead of standard input
        #[arg(long, value_name = "VARIABLE")]
        key_env: Option<String>,
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// Show which models are set; keys show their last four characters
    Show {
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// Answer with approved text alone again
    Clear {
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
}

pub async fn run(global: &Global, command: ModelCommand) -> Result<ExitCode> {
    let session = Session::open(global).await?;
    let json = global.json;
    session
        .run(async |session| match &command {
            ModelCommand::Set {
                provider,
                model,
                base_url,
                key_env,
                tenant,
            } => {
                let input = NewCredential {
                    provider: parse_provider(provider)?,
                    model: model.clone(),
                    key: read_key(key_env.as_deref())?,
                    base_url: base_url.clone(),
                    label: None,
                    is_default: true,
                    input_price: None,
                    output_price: None,
                };
                set(session, json, input, tenant.as_deref()).await
            }
            ModelCommand::Show { tenant } => show(session, json, tenant.as_deref()).await,
            ModelCommand::Clear { tenant } => clear(session, json, tenant.as_deref()).await,
        })
        .await?;
    Ok(ExitCode::SUCCESS)
}

fn parse_provider(text: &str) -> Result<Provider> {
    let parsed = serde_json::from_value(json!(text));
    parsed.map_err(|_| {
        invalid(
            "bad_provider",
            "A provider is openai, anthropic, gemini or openai_compatible.",
        )
    })
}

fn read_key(variable: Option<&str>) -> Result<String> {
    if let Some(variable) = variable {
        return std::env::var(variable)
            .map_err(|_| invalid("key_missing", format!("The variable {variable} is not set.")));
    }
    eprintln!("Paste the key and press Enter (an empty line where none is needed):");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(internal)?;
    Ok(line.trim().to_owned())
}

async fn set(session: &Session, json: bool, input: NewCredential, tenant: Option<&str>) -> Result<()> {
    let operator = session.tenant(tenant).await?;
    let access = &session.domains.access;
    let credential = check(access, &input)?;
    let sealed = access
        .master_key
        .seal(&context(operator.tenant_id(), credential.id), &input.key)?;
    let mut tx = access.db.tenant(&operator).await?;
    store::insert(&mut tx, &credential, &sealed).await?;
    let details = json!({"provider": credential.provider, "model": credential.model});
    note(&mut tx, Action::LlmCredentialCreated, &credential, details).await?;
    tx.commit().await?;
    if json {
        println!("{}", serde_json::to_string(&credential)?);
    } else {
        println!(
            "Answers are composed by {} from now on. Try it: rapport ask \"…\"",
            credential.model
        );
    }
    Ok(())
}

async fn show(session: &Session, json: bool, tenant: Option<&str>) -> Result<()> {
    let operator = session.tenant(tenant).await?;
    let credentials = store::list(&mut session.opened.db.tenant_read(&operator).await?).await?;
    if json {
        println!("{}", json!({"items": credentials}));
        return Ok(());
    }
    if credentials.is_empty() {
        println!("No model is set: answers are the approved text, word for word.");
    }
    for credential in credentials {
        let mark = if credential.is_default && credential.is_active {
            "*"
        } else {
            " "
        };
        println!(
            "{mark} {}  {}  …{}",
            credential.provider.as_str(),
            credential.model,
            credential.key_last4
        );
    }
    Ok(())
}

async fn clear(session: &Session, json: bool, tenant: Option<&str>) -> Result<()> {
    let operator = session.tenant(tenant).await?;
    let mut tx = session.opened.db.tenant(&operator).await?;
    for before in store::list(&mut tx)
        .await?
        .into_iter()
        .filter(|one| one.is_default)
    {
        let mut credential = before.clone();
        credential.is_default = false;
        store::update(&mut tx, &credential).await?;
        let details = audit::changes(&before, &credential)?;
        note(&mut tx, Action::LlmCredentialChanged, &credential, details).await?;
    }
    tx.commit().await?;
    if json {
        println!("{}", json!({"cleared": true}));
    } else {
        println!("Answers are the approved text again, word for word.");
    }
    Ok(())
}

/// The workspace can read what was done from the command line.
async fn note(tx: &mut TenantTx, action: Action, credential: &Credential, details: Value) -> Result<()> {
    let subject = format!("llm_credential:{}", credential.id);
    audit::record(tx, OPERATOR, action, &subject, details).await
}
