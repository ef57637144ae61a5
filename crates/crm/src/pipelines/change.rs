//! What a pipeline may look like: at least one column that is open, one for won and one for lost.

use std::collections::HashSet;

use kernel::Result;
use kernel::error::{conflict, invalid};
use kernel::ids::PipelineStageId;
use serde::{Deserialize, Serialize};

use super::{Pipeline, Stage};

const MOST_STAGES: usize = 20;

/// A column as it is to be. What else a column that was read says of itself may stand beside.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub struct StageInput {
    /// Of a column that is there already; none: a new one.
    pub id: Option<PipelineStageId>,
    /// 1 to 60 characters.
    pub name: String,
    pub stage: Stage,
    /// In percent; the usual one of its stage unless given.
    pub probability: Option<i32>,
}

/// A column as it is written.
#[derive(Debug, Clone, Serialize)]
pub struct Column {
    pub id: PipelineStageId,
    pub name: String,
    pub stage: Stage,
    pub probability: i32,
    pub position: i32,
    pub is_new: bool,
}

pub fn check_name(name: &str) -> Result<String> {
    let name = name.trim();
    if (1..=60).contains(&name.chars().count()) {
        return Ok(name.to_owned());
    }
    Err(invalid("bad_name", "A name has 1 to 60 characters."))
}

/// The columns of a pipeline that is replaced by these; `before` is the one that is there.
///
/// # Errors
/// 422 for columns that make no pipeline; 409 if one would go in which there are deals.
pub fn columns(inputs: &[StageInput], before: Option<&Pipeline>) -> Result<Vec<Column>> {
    let has = |stages: fn(Stage) -> bool| inputs.iter().any(|input| stages(input.stage));
    if !has(Stage::is_open)
        || !has(|stage| stage == Stage::ClosedWon)
        || !has(|stage| stage == Stage::ClosedLost)
    {
        return Err(invalid(
            "stages_missing",
            "A pipeline needs at least one open stage, one for won deals and one for lost ones.",
        ));
    }
    if inputs.len() > MOST_STAGES {
        return Err(invalid("too_many_stages", "A pipeline has 20 stages at most."));
    }
    let known: HashSet<PipelineStageId> = before
        .iter()
        .flat_map(|pipeline| &pipeline.stages)
        .map(|stage| stage.id)
        .collect();
    let (mut columns, mut ids, mut names) = (Vec::new(), HashSet::new(), HashSet::new());
    for (input, position) in inputs.iter().zip(0..) {
        let name = check_name(&input.name)?;
        let is_known = input.id.is_none_or(|id| known.contains(&id) && ids.insert(id));
        if !is_known {
            return Err(invalid(
                "no_such_stage",
                "One of these stages is not of this pipeline, or named twice. Read the pipelines again.",
            ));
        }
        if !names.insert(name.clone()) {
            return Err(invalid(
                "stage_name_twice",
                format!("Two stages are called “{name}”. Give each a name of its own."),
            ));
        }
        columns.push(Column {
            id: input.id.unwrap_or_else(PipelineStageId::new),
            name,
            stage: input.stage,
            probability: probability(input)?,
            position,
            is_new: input.id.is_none(),
        });
    }
    let stages = before.iter().flat_map(|pipeline| &pipeline.stages);
    let mut gone = stages.filter(|stage| !ids.contains(&stage.id));
    if let Some(stage) = gone.find(|stage| stage.deals > 0) {
        return Err(conflict(
            "stage_in_use",
            format!(
                "There are deals in “{}”. Move them to another stage first.",
                stage.name
            ),
        ));
    }
    Ok(columns)
}

fn probability(input: &StageInput) -> Result<i32> {
    let usual = match input.stage {
        Stage::Prospecting => 10,
        Stage::Qualification => 25,
        Stage::Proposal => 50,
        Stage::Negotiation => 75,
        Stage::ClosedWon => 100,
        Stage::ClosedLost => 0,
    };
    let probability = input.probability.unwrap_or(usual);
    if (0..=100).contains(&probability) {
        return Ok(probability);
    }
    Err(invalid("bad_probability", "A probability is 0 to 100 percent."))
}

/// What a new pipeline begins with.
pub fn usual_stages() -> Vec<StageInput> {
    [
        ("Prospecting", Stage::Prospecting),
        ("Qualification", Stage::Qualification),
        ("Proposal", Stage::Proposal),
        ("Negotiation", Stage::Negotiation),
        ("Won", Stage::ClosedWon),
        ("Lost", Stage::ClosedLost),
    ]
    .into_iter()
    .map(|(name, stage)| StageInput {
        id: None,
        name: name.to_owned(),
        stage,
        probability: None,
    })
    .collect()
}
