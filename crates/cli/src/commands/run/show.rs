//! `concordat run show`: a run's plan, and what it discloses to whom.

use std::collections::BTreeSet;

use concordat_partnership::RunStatus;
use concordat_partnership::act::Plan;
use concordat_terms::{Decimal, PartyId, RunId};
use serde::Serialize;

use super::super::look::see;
use super::charged::Told;
use super::course::found;
use crate::args::ShowRun;
use crate::exposed::{Faced, faced_by_plan};
use crate::failure::Failure;
use crate::harmless::line;
use crate::out::Out;
use crate::width::wrapped;

#[derive(Debug, Serialize)]
struct Shown<'a> {
    run: &'a RunId,
    by: &'a PartyId,
    status: &'static str,
    plan: &'a Plan,
    joined: &'a BTreeSet<PartyId>,
    /// At which δ what each adversary learns is told; none, if nothing accounts for it.
    delta: Option<Decimal>,
    faced: Vec<Faced>,
    /// What the run told of its own batches, where its recipe says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    charged: Option<Told>,
}

pub(super) fn run(args: &ShowRun, out: Out) -> Result<(), Failure> {
    let mut seen = see(&args.look)?;
    let run = found(&seen, &args.run)?.clone();
    let plan = &run.proposed.plan;
    let charged = match &run.status {
        RunStatus::Closed(close) => Told::by_card(&mut seen, plan, &close.model),
        _ => None,
    };
    let state = seen.state();
    let agreement = state.agreement();
    let delta = agreement.privacy(&plan.asset).map(|cited| cited.terms.delta);
    let shown = Shown {
        run: &run.proposed.run,
        by: &run.by,
        status: run.status.as_str(),
        plan,
        joined: &run.joined,
        delta,
        faced: delta.map(|delta| faced_by_plan(agreement, plan, delta)).unwrap_or_default(),
        charged,
    };
    out.answer(&shown, || text(&shown))
}

fn text(shown: &Shown<'_>) -> String {
    let Shown { run, by, status, plan, joined, delta, faced, charged } = shown;
    let Plan { project, kind, purpose, asset, rounds, retries, sampling_rate, noise, .. } = plan;
    let mut lines = vec![
        format!("{run}: {}, {status}, proposed by {by}", kind.as_str()),
        format!("    on {asset} for {purpose}, project {project}"),
        format!(
            "    {rounds} rounds and {retries} retries at sampling rate {sampling_rate}, noise {noise}, clip {}",
            plan.clip
        ),
    ];
    let joined: Vec<&str> = joined.iter().map(PartyId::as_str).collect();
    if !joined.is_empty() {
        lines.push(format!("    joined by {}", joined.join(", ")));
    }
    if let Some(delta) = delta {
        lines.push(format!("    what it discloses of a person, at δ = {delta}:"));
        lines.extend(faced.iter().map(|one| format!("        {}", one.line())));
    }
    if let Some(told) = charged {
        lines.push("    what its last batches told, of rows that were trained on:".to_owned());
        lines.extend(told.lines().iter().map(|line| format!("        {line}")));
    }
    let lines: Vec<String> = lines.iter().map(|text| wrapped(&line(text), 8)).collect();
    lines.join("\n")
}
