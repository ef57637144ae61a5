//! The pages of analytics: which figures and charts stand on each.

pub mod api;

use kernel::{Result, TenantTx};

use super::conversations::store::{Formula, Group};
use super::conversations::{self, Line};
use super::filter::Question;
use super::metrics::{Items, Unit};
use super::report::{Chart, Figure, Measured, Page, RangeShown, Series, as_number};
use super::{answers, gaps, knowledge, sales, team, usage};

const COUNT: Formula = Formula::Count { of: "true" };

pub async fn overview(tx: &mut TenantTx, question: &Question, is_current: bool) -> Result<Page> {
    let figures = overview_figures(tx, question).await?;
    let outcomes = conversations::outcomes();
    let charts = vec![
        conversations::over_time(tx, question, "outcomes", Unit::Count, outcomes).await?,
        conversations::hours(tx, question).await?,
    ];
    Ok(page(question, is_current, figures, charts))
}

pub async fn overview_figures(tx: &mut TenantTx, question: &Question) -> Result<Vec<Figure>> {
    let names = ["conversations", "automation_rate", "first_reply", "satisfaction"];
    let mut figures = conversations::figures(tx, question, &names).await?;
    figures.push(gaps::open_gaps(tx, question).await?);
    Ok(figures)
}

fn page(question: &Question, is_current: bool, figures: Vec<Figure>, charts: Vec<Chart>) -> Page {
    Page {
        range: RangeShown::of(question, is_current),
        figures,
        charts,
    }
}

fn lines(names: &[&'static str]) -> Result<Vec<Line>> {
    names.iter().map(|name| Line::of(name)).collect()
}

pub async fn ai(tx: &mut TenantTx, question: &Question, is_current: bool) -> Result<Page> {
    let names = [
        "involvement_rate",
        "answer_rate",
        "resolution_rate",
        "hand_over_rate",
        "automation_rate",
        "durable_resolution_rate",
        "confidence",
        "helpful_rate",
    ];
    let figures = conversations::figures(tx, question, &names).await?;
    let reasons = vec![Line {
        series: Series::new("conversations"),
        formula: COUNT,
    }];
    let shape = ("reasons", "reason", Unit::Count);
    let charts = vec![
        conversations::over_time(tx, question, "rates", Unit::Percent, lines(&names[..4])?).await?,
        conversations::funnel(tx, question).await?,
        conversations::bars(tx, question, shape, Group::Reason, "reason", reasons).await?,
        answers::histogram(tx, question).await?,
        feedback(tx, question).await?,
    ];
    Ok(page(question, is_current, figures, charts))
}

async fn feedback(tx: &mut TenantTx, question: &Question) -> Result<Chart> {
    let line = |key: &'static str, of| Line {
        series: Series::new(key)
            .narrowed("feedback", key)
            .narrowed("part", "whole"),
        formula: Formula::Sum { of },
    };
    let thumbs = vec![line("up", "f.helpful"), line("down", "f.unhelpful")];
    let chart = conversations::over_time(tx, question, "feedback", Unit::Count, thumbs).await?;
    Ok(chart.opening("helpful_rate", Items::Answers))
}

pub async fn gaps(tx: &mut TenantTx, question: &Question, is_current: bool) -> Result<Page> {
    let figures = gaps::figures(tx, question).await?;
    let charts = vec![gaps::over_time(tx, question).await?];
    Ok(page(question, is_current, figures, charts))
}

pub async fn knowledge(tx: &mut TenantTx, question: &Question, is_current: bool) -> Result<Page> {
    let figures = knowledge::figures(tx, question).await?;
    let charts = knowledge::charts(tx, question).await?;
    Ok(page(question, is_current, figures, charts))
}

pub async fn team(tx: &mut TenantTx, question: &Question, is_current: bool) -> Result<Page> {
    let names = [
        "person_first_reply",
        "person_first_reply_p90",
        "person_resolution_time",
        "person_resolution_time_p90",
        "bot_first_reply",
        "bot_first_reply_p90",
        "bot_resolution_time",
        "reopened_rate",
    ];
    let figures = conversations::figures(tx, question, &names).await?;
    let mut charts = vec![
        conversations::over_time(tx, question, "first_reply", Unit::Seconds, lines(&names[..2])?).await?,
        conversations::over_time(
            tx,
            question,
            "resolution_time",
            Unit::Seconds,
            lines(&names[2..4])?,
        )
        .await?,
    ];
    charts.extend(team::charts(tx, question).await?);
    Ok(page(question, is_current, figures, charts))
}

pub async fn channels(tx: &mut TenantTx, question: &Question, is_current: bool) -> Result<Page> {
    let mut figures = conversations::figures(tx, question, &["conversations"]).await?;
    let by_channel = ("channels", "channel", Unit::Count);
    let by_language = ("languages", "language", Unit::Count);
    let rated = ("satisfaction", "channel", Unit::Percent);
    let all = || vec![Line::counting(Series::new("conversations"), "true")];
    let channels = conversations::bars(
        tx,
        question,
        by_channel,
        Group::Channel,
        "channel_id",
        conversations::outcomes(),
    )
    .await?;
    let languages =
        conversations::bars(tx, question, by_language, Group::Language, "language", all()).await?;
    let known = languages.rows.iter().filter(|row| row.key != "none").count();
    let known = i64::try_from(known).unwrap_or_default();
    let known = Measured {
        value: Some(as_number(known)),
        ..Measured::default()
    };
    figures.push(Figure::of("languages", known, None)?);
    let over_time = conversations::channels_over_time(tx, question).await?;
    let satisfaction = conversations::bars(
        tx,
        question,
        rated,
        Group::Channel,
        "channel_id",
        lines(&["satisfaction"])?,
    )
    .await?;
    let charts = vec![channels, over_time, languages, satisfaction];
    Ok(page(question, is_current, figures, charts))
}

pub async fn sales(tx: &mut TenantTx, question: &Question) -> Result<Page> {
    let figures = sales::figures(tx, question).await?;
    let charts = sales::charts(tx, question).await?;
    Ok(page(question, true, figures, charts))
}

pub async fn usage(tx: &mut TenantTx, question: &Question, is_current: bool) -> Result<Page> {
    let figures = usage::figures(tx, question).await?;
    let charts = usage::charts(tx, question).await?;
    Ok(page(question, is_current, figures, charts))
}
