//! Vendors' webhooks: how fast they are answered at a steady rate, and how soon a burst is worked on, answered and sent.
//!
//! [`stage`] sets up shops and vendors, [`calls`] makes the calls and takes the times, [`store`] looks into the ledger
//! afterwards. The vendors keep what they were sent: they are the witness of what was said, and how often.

mod calls;
mod stage;
mod store;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::processes::{self, Cpu};
use crate::visitors::percentile;
use crate::{ChannelsArgs, Result};

use calls::Answers;
use stage::Stage;
use store::Ledger;

/// Before the runs: PostgreSQL plans for empty tables until it has looked at full ones.
const WARM_UP: (u32, u32) = (20, 20);
/// A burst comes within this time.
const BURST: Duration = Duration::from_secs(2);
/// Messages of one person in the steady run.
const EACH: usize = 4;
/// What is not worked on by then is lost.
const PATIENCE: Duration = Duration::from_secs(300);

/// What one run showed.
struct Run {
    name: String,
    answers: Answers,
    /// From the first webhook until the last reply was sent, and from the last webhook.
    drained: (Duration, Duration),
    ledger: Ledger,
    replies: usize,
    cpu: Cpu,
}

pub async fn measure(args: &ChannelsArgs) -> Result<()> {
    let tell = |what: &str| eprintln!("load: {what}");
    tell("shops, channels, vendors");
    let mut stage = Stage::open(&args.program).await;
    tell("warming up");
    let (rate, seconds) = WARM_UP;
    steady(&mut stage, rate, seconds).await?;
    tell("steady");
    let steady = steady(&mut stage, args.rate, args.seconds).await?;
    tell("burst");
    let count = usize::try_from(args.burst)?;
    let name = format!("{count} within {} s", BURST.as_secs());
    let burst = run(&mut stage, name, count, 1, BURST / args.burst).await?;
    let doubled = stage.doubled();
    let table = table(&[steady, burst], doubled);
    println!("{table}");
    if let Some(out) = &args.out {
        std::fs::write(out, &table)?;
    }
    Ok(())
}

async fn steady(stage: &mut Stage, rate: u32, seconds: u32) -> Result<Run> {
    let name = format!("{rate} a second for {seconds} s");
    let (count, every) = (usize::try_from(rate * seconds)?, Duration::from_secs(1) / rate);
    run(stage, name, count, EACH, every).await
}

/// `each`: so many messages of one person, who waits between them as long as possible.
async fn run(stage: &mut Stage, name: String, count: usize, each: usize, every: Duration) -> Result<Run> {
    let webhooks = stage.write(count, each).await;
    let mut owner = stage.server.owner().await;
    let (before, said) = (Ledger::read(&mut owner).await?, stage.replies());
    let cpu = stage.cpu();
    let started = Instant::now();
    let answers = calls::make(stage.address()?, webhooks, every).await?;
    let last = Instant::now();
    while store::unfinished(&mut owner).await? > 0 {
        if last.elapsed() > PATIENCE {
            return Err(format!("{name}: not worked on after {PATIENCE:?}").into());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let drained = (started.elapsed(), last.elapsed());
    Ok(Run {
        name,
        answers,
        drained,
        ledger: Ledger::read(&mut owner).await?.since(before),
        replies: stage.replies() - said,
        cpu: stage.cpu().since(cpu),
    })
}

fn table(runs: &[Run], doubled: usize) -> String {
    let mut out = format!("Machine: {}.\n\n", processes::machine());
    out.push_str("| Webhooks | answered 200 | p50 ms | p95 ms | p99 ms | most | drained after the first, s | after the last, s | CPU s: server | PostgreSQL | vendors and client |\n");
    out.push_str("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for run in runs {
        let times = &run.answers.milliseconds;
        let at = |share| percentile(times, share);
        let _ = writeln!(
            out,
            "| {} | {} of {} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
            run.name,
            run.answers.accepted,
            times.len(),
            at(0.5),
            at(0.95),
            at(0.99),
            at(1.0),
            run.drained.0.as_secs_f64(),
            run.drained.1.as_secs_f64(),
            run.cpu.server,
            run.cpu.database,
            run.cpu.load,
        );
    }
    out.push_str("\n| Webhooks | accepted | = processed | + pending | + quarantined | + dead | replies at the vendors |\n");
    out.push_str("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for run in runs {
        let Ledger {
            accepted,
            processed,
            pending,
            quarantined,
            dead,
        } = run.ledger;
        let _ = writeln!(
            out,
            "| {} | {accepted} | {processed} | {pending} | {quarantined} | {dead} | {} |",
            run.name, run.replies
        );
    }
    let _ = writeln!(out, "\nSent twice: {doubled}.");
    out
}
