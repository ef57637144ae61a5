//! Answers composed by a language model that costs no time: what remains is the product's own share.

use std::time::{Duration, Instant};

use llm::fake::{FakeProvider, Recorded, Reply};
use serde_json::json;

use crate::Result;
use crate::http::{self, Connection, Request};
use crate::product::Product;
use crate::visitors::{self, Form, Plan, Seen, percentile};

/// The same visitors with and without the product between them and the model.
pub struct WithModel {
    pub seen: Seen,
    /// The model asked directly, whole answer, median in milliseconds.
    pub direct_ms: f64,
}

/// What it says where it is shown no passage.
const SAYS: &str = "Yes, we do. It takes one to two working days and costs little. Ask me anything else you would like to know.";
const DIRECT_CALLS: usize = 300;

pub async fn measure(product: &Product, plan: Plan) -> Result<WithModel> {
    let fake = FakeProvider::start().await;
    fake.answer_with(read_out);
    let base_url = fake.base_url(llm::Provider::OpenAi).to_string();
    let credential =
        json!({"provider": "openai_compatible", "model": "fake", "key": "sk-none", "base_url": base_url})
            .to_string();
    let mut connection = product.connect().await?;
    let made = connection
        .call(Request::post("/api/v1/llm-credentials", &credential).bearer(product.api_key()))
        .await?
        .ok()?
        .json()?;
    let direct_ms = ask_directly(&base_url).await?;
    let before = fake.calls();
    let seen = visitors::run(&Plan {
        form: Form::Stream,
        ..plan
    })
    .await?;
    if fake.calls() - before != seen.answers {
        return Err(format!(
            "{} answers, but {} calls of the model",
            seen.answers,
            fake.calls() - before
        )
        .into());
    }
    let path = format!(
        "/api/v1/llm-credentials/{}",
        made["id"].as_str().unwrap_or_default()
    );
    let remove = Request {
        method: "DELETE",
        ..Request::get(&path)
    };
    // the first connection has been idle for too long
    let mut connection = product.connect().await?;
    connection.call(remove.bearer(product.api_key())).await?.ok()?;
    Ok(WithModel { seen, direct_ms })
}

/// The first passage with its citation: what its sources do not back would not be shown.
fn read_out(asked: &Recorded) -> Reply {
    let system = asked.body["messages"][0]["content"].as_str().unwrap_or_default();
    let first = system
        .split_once("\n[1] ")
        .and_then(|(_, first)| first.lines().nth(1));
    Reply::text(format!("{} [1]", first.unwrap_or(SAYS))).chunk(12)
}

async fn ask_directly(base_url: &str) -> Result<f64> {
    let server = base_url.trim_end_matches("/v1");
    let mut connection = Connection::open(http::loopback(server)?).await?;
    let body = json!({"model": "fake", "stream": true, "messages": [{"role": "user", "content": "Do you ship to Belgium?"}]}).to_string();
    let mut times = Vec::new();
    for _ in 0..DIRECT_CALLS {
        let started = Instant::now();
        connection
            .call(Request::post("/v1/chat/completions", &body))
            .await?
            .ok()?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(percentile(&times, 0.5))
}

/// The usual length of a run with a model.
pub fn time(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(10))
}
