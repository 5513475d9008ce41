//! The end of the pilot: the archive, its verification, and what the last screen says.

use std::fs;
use std::time::Instant;

use concordat_agreement::Cited;
use concordat_dp::{Adversary, Event, Split, cost, epsilon};
use concordat_partnership::{RunStatus, State};
use concordat_terms::{Cost, Decimal};
use serde_json::Value;

use super::line::Outcome;
use super::outset::Outset;
use super::report::{Accuracy, Budget, Report, Run, wilson};
use super::stage::Stage;
use super::{fault, fault_of};
use crate::failure::Failure;

/// Exports the archive from the trainer's folder, has it verified, and gathers the report.
pub(super) fn conclude(
    stage: &mut Stage,
    outset: &Outset,
    outcome: &Outcome,
    started: Instant,
) -> Result<Report, Failure> {
    (stage.say)("archive and offline verification");
    let archive = stage.dir.join("archive");
    let shown = archive.display().to_string();
    let home = stage.home(&stage.cast.trainer.0).display().to_string();
    stage.run(&["export", &shown, "--home", &home])?;
    let verified = stage.run(&["verify", &shown])?;
    let replica = crate::refold::refold(&archive).map_err(Failure::Fault)?;
    let state = replica.state();
    let genesis = state.genesis().ok_or_else(|| fault_of("the archive has no genesis"))?;
    let log = state.log().ok_or_else(|| fault_of("the archive has no genesis"))?;
    let refused = stage.refused.len() as u64;
    let run = match state.runs().iter().find(|(id, _)| id.as_str() == outset.run) {
        Some((_, run)) => run,
        None => return Err(fault_of("the archive does not hold the run")),
    };
    let RunStatus::Closed(close) = &run.status else {
        return Err(fault_of("the archive does not hold the run's result"));
    };
    let cosigned = verified.get("cosigned_by").and_then(Value::as_object);
    Ok(Report {
        banner: stage.banner.clone(),
        origin: genesis.origin.clone(),
        log: log.to_string(),
        modules: state.in_force().len(),
        parties: genesis.parties.len(),
        entries: replica.size(),
        admitted: replica.size() - refused,
        cosigned: cosigned.map_or(0, serde_json::Map::len),
        witnesses: genesis.policy.witnesses.len(),
        refused: stage.refused.iter().map(Into::into).collect(),
        run: Run {
            name: outset.run.clone(),
            rounds: u64::from(close.rounds),
            attempts: u64::from(close.attempts),
            roster: close.roster.len(),
            model: outcome.model.clone(),
            seconds: outcome.seconds,
        },
        budget: budget(stage, state, stage.cast.delta)?,
        limit: stage.cast.epsilon.to_string(),
        delta: stage.cast.delta.to_string(),
        accuracy: accuracy(&outcome.evidence)?,
        verified: format!("{shown}: every signature, verdict, budget and byte, offline"),
        archive: shown.clone(),
        console: Some(stage.url.clone()),
        seconds: started.elapsed().as_secs_f64(),
        next: vec![
            format!("concordat verify {shown}"),
            format!("concordat log --home {home}"),
            format!("concordat check {}/agreement --verbose", stage.dir.display()),
        ],
    })
}

/// The rows of all holders that the recipe's keyed split keeps out of training: what an
/// independent lab may hold here, since these rows are the example's.
pub(super) fn held_out(stage: &Stage, outset: &Outset) -> Result<(), Failure> {
    let mut out: Vec<String> = Vec::new();
    let mut header: Vec<String> = Vec::new();
    for (bytes, _) in outset.tables.values() {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines();
        let columns: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
        let place = |name: &str| {
            let found = columns.iter().position(|column| *column == name);
            // The tables were read with the agreement's schema, in whatever order.
            found.ok_or_else(|| fault_of("a table lost a column"))
        };
        // Each holder has its columns in an order of its own; the first one's is the lab's.
        if header.is_empty() {
            header = columns.iter().map(|&column| column.to_owned()).collect();
            out.push(header.join(","));
        }
        let person = place(&outset.learned.person)?;
        let order = header.iter().map(|name| place(name)).collect::<Result<Vec<_>, _>>()?;
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            let cell = |column: usize| cells.get(column).copied().unwrap_or_default();
            if outset.learned.split.is_test(cell(person)) {
                out.push(order.iter().map(|&column| cell(column)).collect::<Vec<_>>().join(","));
            }
        }
    }
    let path = stage.home(&stage.cast.lab.0).join("held-out.csv");
    fs::write(&path, out.join("\n") + "\n").map_err(|e| fault("write", &path, &e))
}

/// What each holder's people are exposed to, by who looks: the sum over all runs it joined.
fn budget(stage: &Stage, state: &State, delta: Decimal) -> Result<Vec<Budget>, Failure> {
    let impossible = |e: concordat_dp::ParameterError| fault_of(&e.to_string());
    let Some(Cited { terms, .. }) = state.agreement().aggregation() else {
        return Err(fault_of("the agreement has no aggregation clause"));
    };
    let parties = u32::try_from(stage.cast.holders.len()).unwrap_or(u32::MAX);
    let split = Split::new(parties, terms.threshold, terms.colluders, terms.dropouts)
        .map_err(impossible)?;
    let mut rows = Vec::new();
    for holder in &stage.cast.holders {
        let spent = |adversary: Adversary, present: u32| -> Result<f64, Failure> {
            let mut total = Cost::zero();
            for run in state.runs().values().filter(|run| run.joined.contains(holder)) {
                let plan = &run.proposed.plan;
                let multipliers = split.multipliers(plan.noise).map_err(impossible)?;
                let found =
                    multipliers.iter().find(|m| m.adversary == adversary && m.present == present);
                let sigma = found.map_or(plan.noise, |m| m.sigma);
                let count = plan.rounds.saturating_add(plan.retries);
                let event = Event { sigma, q: plan.sampling_rate, count };
                total = total.plus(&cost(&[event]).map_err(impossible)?);
            }
            epsilon(&total, delta).map_err(impossible)
        };
        rows.push(Budget {
            holder: holder.clone(),
            outsider: spent(Adversary::Outsider, parties)?,
            coordinator: spent(Adversary::Coordinator, parties)?,
            curious: spent(Adversary::CuriousParty, parties)?,
            after_dropout: spent(Adversary::CuriousParty, split.survivors())?,
        });
    }
    Ok(rows)
}

/// What the lab filed, with the interval of its share of cases.
fn accuracy(evidence: &Value) -> Result<Accuracy, Failure> {
    let missing = || fault_of("the lab's evidence has no accuracy");
    let number = |name: &str| {
        evidence.pointer(&format!("/results/{name}")).and_then(Value::as_str)?.parse::<f64>().ok()
    };
    let cases = evidence.get("cases").and_then(Value::as_u64).ok_or_else(missing)?;
    let value = number("accuracy").ok_or_else(missing)?;
    let (low, high) = wilson(value * cases as f64, cases as f64);
    Ok(Accuracy { value, low, high, cases, majority: number("majority").unwrap_or(f64::NAN) })
}
