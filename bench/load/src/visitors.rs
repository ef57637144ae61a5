//! Visitors who ask, read the answer to its end, and ask the next question at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::Result;
use crate::http::{Connection, Request};

/// How a visitor wants to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Json,
    Stream,
}

/// One bounded run.
#[derive(Debug, Clone)]
pub struct Plan {
    pub address: SocketAddr,
    pub channel_key: String,
    pub questions: Arc<[String]>,
    pub visitors: usize,
    pub time: Duration,
    pub form: Form,
}

/// After so many questions a visitor goes and another comes, so that conversations stay as long as real ones.
const QUESTIONS_PER_CONVERSATION: usize = 10;

/// What all visitors of a run saw. Times in milliseconds, sorted.
#[derive(Debug, Default)]
pub struct Seen {
    pub answers: usize,
    pub seconds: f64,
    /// From sending the question to the end of the answer.
    pub whole: Vec<f64>,
    /// From sending the question to the first piece of the answer; streams only.
    pub first: Vec<f64>,
}

impl Seen {
    pub fn per_second(&self) -> f64 {
        self.answers as f64 / self.seconds
    }

    pub fn to_json(&self) -> Value {
        json!({
            "answers": self.answers,
            "per_second": self.per_second(),
            "p50_ms": percentile(&self.whole, 0.5),
            "p99_ms": percentile(&self.whole, 0.99),
            "first_p50_ms": percentile(&self.first, 0.5),
        })
    }
}

/// The value below which this share of the sorted values lies; 0 of nothing.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or(0.0)
}

/// # Errors
/// When any visitor gets anything but an answer: a run with failures is not a measurement.
pub async fn run(plan: &Plan) -> Result<Seen> {
    let mut visitors = JoinSet::new();
    let started = Instant::now();
    for number in 0..plan.visitors {
        let plan = plan.clone();
        visitors.spawn(async move {
            visit(&plan, number, started + plan.time)
                .await
                .map_err(|error| error.to_string())
        });
    }
    let mut seen = Seen::default();
    while let Some(outcome) = visitors.join_next().await {
        let one = outcome??;
        seen.answers += one.answers;
        seen.whole.extend(one.whole);
        seen.first.extend(one.first);
    }
    seen.seconds = started.elapsed().as_secs_f64();
    seen.whole.sort_by(f64::total_cmp);
    seen.first.sort_by(f64::total_cmp);
    Ok(seen)
}

async fn visit(plan: &Plan, number: usize, until: Instant) -> Result<Seen> {
    let mut seen = Seen::default();
    let mut connection = Connection::open(plan.address).await?;
    let mut token = String::new();
    let mut asked = 0;
    while Instant::now() < until {
        if asked % QUESTIONS_PER_CONVERSATION == 0 {
            token = begin(&mut connection, &plan.channel_key).await?;
        }
        let question = plan
            .questions
            .get((number * 7 + asked) % plan.questions.len())
            .map(String::as_str)
            .unwrap_or_default();
        let body = json!({"client_message_id": format!("{number}-{asked}"), "text": question}).to_string();
        ask(plan, &mut connection, &token, &body, &mut seen).await?;
        asked += 1;
    }
    Ok(seen)
}

async fn begin(connection: &mut Connection, key: &str) -> Result<String> {
    let session = connection
        .call(Request::post(&format!("/api/widget/{key}/sessions"), "{}"))
        .await?
        .ok()?
        .json()?;
    Ok(session["visitor_token"]
        .as_str()
        .ok_or("no visitor token")?
        .to_owned())
}

async fn ask(
    plan: &Plan,
    connection: &mut Connection,
    token: &str,
    body: &str,
    seen: &mut Seen,
) -> Result<()> {
    let path = format!("/api/widget/{}/messages", plan.channel_key);
    let accept = match plan.form {
        Form::Json => "application/json",
        Form::Stream => "text/event-stream",
    };
    let started = Instant::now();
    let mut first = None;
    let answer = connection
        .stream(Request::post(&path, body).bearer(token).accept(accept), |piece| {
            if first.is_none() && holds(piece, b"event: delta") {
                first = Some(started.elapsed());
            }
        })
        .await?
        .ok()?;
    let whole = started.elapsed();
    let mark: &[u8] = if plan.form == Form::Json {
        b"\"answer\":{"
    } else {
        b"event: answer"
    };
    if !holds(&answer.body, mark) {
        return Err(format!("no answer came: {}", String::from_utf8_lossy(&answer.body)).into());
    }
    seen.answers += 1;
    seen.whole.push(whole.as_secs_f64() * 1000.0);
    seen.first.extend(first.map(|first| first.as_secs_f64() * 1000.0));
    Ok(())
}

fn holds(text: &[u8], mark: &[u8]) -> bool {
    text.windows(mark.len()).any(|window| window == mark)
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let sorted: Vec<f64> = (1..=101).map(f64::from).collect();
        assert_eq!(percentile(&sorted, 0.5), 51.0);
        assert_eq!(percentile(&sorted, 0.99), 100.0);
        assert_eq!(percentile(&[], 0.5), 0.0);
    }
}
