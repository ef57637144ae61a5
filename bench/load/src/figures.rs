//! All figures, in the order in which a new installation would meet them: first start, second start, rest, load.

use std::sync::Arc;
use std::time::Duration;

use crate::http::Request;
use crate::processes::{self, Cpu};
use crate::product::{self, Product};
use crate::report::{self, Figures, Run};
use crate::visitors::{self, Form, Plan};
use crate::{FiguresArgs, Result, model};

const VISITORS: [usize; 3] = [1, 16, 64];
/// Long enough for PostgreSQL to have seen its tables with rows in them: plans made for empty ones are poor.
const WARM_UP: Duration = Duration::from_secs(20);
/// A server at rest: nothing was asked for so long.
const REST: Duration = Duration::from_secs(3);

pub async fn measure(args: &FiguresArgs) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let tell = |what: &str| eprintln!("load: {what}");
    tell("first start of an empty server");
    let empty = Product::start(&args.program, "serve", &folder.path().join("empty")).await?;
    let cold_seconds = empty.took;
    empty.stop().await?;
    tell("first start of the demonstration");
    let data_dir = folder.path().join("demo");
    let demo = Product::start(&args.program, "demo", &data_dir).await?;
    let cold_demo_seconds = demo.took;
    demo.stop().await?;
    tell("second start");
    let product = Product::start(&args.program, "demo", &data_dir).await?;
    tokio::time::sleep(REST).await;
    let idle = processes::memory(product.pid).ok_or("the server has ended")?;
    let all = product::read_questions(&args.questions)?;
    let all_questions = all.len();
    let questions: Arc<[String]> = product.sure_questions(all).await?.into();
    let plan = |visitors, time, form| Plan {
        address: product.address,
        channel_key: product.channel_key().to_owned(),
        questions: questions.clone(),
        visitors,
        time,
        form,
    };
    visitors::run(&plan(4, WARM_UP, Form::Json)).await?;
    let mut runs = Vec::new();
    for (visitors, form) in VISITORS
        .into_iter()
        .flat_map(|count| [(count, Form::Json), (count, Form::Stream)])
    {
        tell(&format!("{visitors} visitors, {form:?}"));
        let before = Cpu::read(product.pid, &product.cluster());
        let seen = visitors::run(&plan(visitors, Duration::from_secs(args.seconds), form)).await?;
        let cpu = Cpu::read(product.pid, &product.cluster()).since(before);
        runs.push(Run {
            visitors,
            form,
            seen,
            cpu,
        });
    }
    tell("with a model");
    let with_model = model::measure(&product, plan(1, model::time(args.seconds), Form::Stream)).await?;
    let loaded = processes::memory(product.pid).ok_or("the server has ended")?;
    let figures = Figures {
        cold_seconds,
        cold_demo_seconds,
        warm_seconds: product.took,
        idle,
        loaded,
        runs,
        with_model,
        widget: widget_bytes(&product).await?,
        questions: (questions.len(), all_questions),
    };
    product.stop().await?;
    let table = report::table(&figures);
    println!("{table}");
    if let Some(out) = &args.out {
        std::fs::write(out, &table)?;
    }
    Ok(())
}

/// The widget as browsers get it: Brotli, gzip, plain.
async fn widget_bytes(product: &Product) -> Result<[usize; 3]> {
    let mut connection = product.connect().await?;
    let mut sizes = [0; 3];
    for (size, extra) in sizes
        .iter_mut()
        .zip(["accept-encoding: br\r\n", "accept-encoding: gzip\r\n", ""])
    {
        let request = Request {
            extra,
            ..Request::get("/widget.js")
        };
        *size = connection.call(request).await?.ok()?.body.len();
    }
    Ok(sizes)
}
