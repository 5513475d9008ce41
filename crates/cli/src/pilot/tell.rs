//! The end of the pilot: the archive, its verification, and what the last screen says.

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use concordat_dp::{Adversary, cost, epsilon};
use concordat_learn::{Model, Units};
use concordat_node::score::{NoisedShare, noised_share};
use concordat_partnership::act::Plan;
use concordat_partnership::{RunStatus, State};
use concordat_replay::{Exposure, plan_exposures};
use concordat_terms::{Cost, Decimal, Digest};
use concordat_tlog::archive::Files as _;
use serde_json::Value;

use super::line::Outcome;
use super::outset::Outset;
use super::report::{Accuracy, Budget, Partners, Report, Run, wilson};
use super::stage::Stage;
use super::{fault, fault_of};
use crate::archive::{BLOBS, Folder};
use crate::failure::Failure;

/// Exports the archive from the trainer's folder, has it verified as one of the log that was
/// founded, and gathers the report.
pub(super) fn conclude(
    stage: &mut Stage,
    outset: &Outset,
    log: Digest,
    outcome: &Outcome,
    started: Instant,
) -> Result<Report, Failure> {
    (stage.say)("archive and offline verification");
    let archive = stage.dir.join("archive");
    let shown = archive.display().to_string();
    let home = stage.home(&stage.cast.trainer.0).display().to_string();
    stage.run(&["export", &shown, "--home", &home])?;
    let verified = stage.run(&["verify", &shown, "--log", &log.to_string()])?;
    bring_up_to_date(stage)?;
    let folder = Folder::open(&archive)?;
    let replica = crate::verify::refold(&folder).map_err(Failure::Fault)?;
    let state = replica.state();
    let genesis = state.genesis().ok_or_else(|| fault_of("the archive has no genesis"))?;
    let count = |name: &str| {
        let found = verified.get(name).and_then(Value::as_u64);
        found.ok_or_else(|| fault_of("the verification tells no count"))
    };
    let (entries, admitted, refused) = (count("size")?, count("admitted")?, count("refused")?);
    if refused != stage.refused.len() as u64 {
        let what = format!("{refused} acts were refused, and {} should be", stage.refused.len());
        return Err(fault_of(&what));
    }
    let checks = verified.get("checks").cloned().unwrap_or_default();
    let checks = serde_json::from_value(checks).map_err(|e| fault_of(&e.to_string()))?;
    let run = match state.runs().iter().find(|(id, _)| **id == outset.wished.run) {
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
        entries,
        admitted,
        refused_entries: refused,
        cosigned: cosigned.map_or(0, serde_json::Map::len),
        witnesses: genesis.policy.witnesses.len(),
        refused: stage.refused.iter().map(Into::into).collect(),
        run: Run {
            name: outset.wished.run.to_string(),
            rounds: u64::from(close.rounds),
            attempts: u64::from(close.attempts),
            roster: close.roster.len(),
            model: outcome.model.clone(),
            seconds: outcome.seconds,
        },
        budget: budget(stage, state, stage.cast.delta)?,
        limit: stage.cast.epsilon.to_string(),
        delta: stage.cast.delta.to_string(),
        accuracy: accuracy(&outcome.evidence, outset.own)?,
        partners: partners(outset, &folder, &close.model, &run.proposed.plan)?,
        verified: checks,
        archive: shown.clone(),
        console: stage.console.clone(),
        seconds: started.elapsed().as_secs_f64(),
        next: vec![
            format!("concordat verify {shown}"),
            format!("concordat log --home {home} --offline"),
            format!("concordat check {}/agreement --verbose", stage.dir.display()),
        ],
    })
}

/// Lets every party follow the log to its end once more: what is in the folders afterwards can be
/// read without a coordinator.
fn bring_up_to_date(stage: &Stage) -> Result<(), Failure> {
    for party in &stage.cast.parties {
        stage.run(&["status", "--home", &stage.home(party).display().to_string()])?;
    }
    Ok(())
}

/// The rows of all holders that the recipe's keyed split keeps out of training, in the lab's hands:
/// rows leave their holders here, which an agreement may allow for public ones alone.
pub(super) fn held_out(stage: &Stage, outset: &Outset) -> Result<(), Failure> {
    let tables = outset.tables.values().map(|rows| &rows.table);
    let rows = concordat_data::held_out(tables, &outset.learned)
        // The tables were read with the agreement's schema and the recipe.
        .map_err(|e| fault_of(&e.to_string()))?;
    let path = stage.home(&stage.cast.lab.0).join("held-out.csv");
    fs::write(&path, rows).map_err(|e| fault("write", &path, &e))
}

/// What each holder's people are exposed to, by who looks: the sum over all runs it joined.
fn budget(stage: &Stage, state: &State, delta: Decimal) -> Result<Vec<Budget>, Failure> {
    let impossible = |e: concordat_dp::ParameterError| fault_of(&e.to_string());
    let mut rows = Vec::new();
    for holder in &stage.cast.holders {
        // By adversary: with everybody present, and after every allowed dropout.
        let mut spent: BTreeMap<Adversary, BTreeMap<u32, Cost>> = BTreeMap::new();
        for run in state.runs().values().filter(|run| run.joined.contains(holder)) {
            let exposures = plan_exposures(state.agreement(), &run.proposed.plan);
            for Exposure { adversary, present, event } in exposures.map_err(|e| fault_of(&e))? {
                let total = spent.entry(adversary).or_default().entry(present);
                let total = total.or_insert_with(Cost::zero);
                *total = total.plus(&cost(&[event]).map_err(impossible)?);
            }
        }
        let told = |adversary: Adversary, last: bool| {
            let by_presence = spent.get(&adversary);
            let found = by_presence
                .and_then(|by| if last { by.values().next_back() } else { by.values().next() });
            found.map_or(Ok(0.0), |total| epsilon(total, delta).map_err(impossible))
        };
        rows.push(Budget {
            holder: holder.clone(),
            outsider: told(Adversary::Outsider, true)?,
            coordinator: told(Adversary::Coordinator, true)?,
            curious: told(Adversary::CuriousParty, true)?,
            after_dropout: told(Adversary::CuriousParty, false)?,
        });
    }
    Ok(rows)
}

/// What partners would see of the released model if no holder handed over a row.
fn partners(
    outset: &Outset,
    archive: &Folder,
    model: &Digest,
    plan: &Plan,
) -> Result<Partners, Failure> {
    let bytes = archive.read(&format!("{BLOBS}{model}"));
    let bytes = bytes.ok_or_else(|| fault_of("the archive lacks the model"))?;
    let model = Model::from_bytes(&bytes).map_err(|e| fault_of(&e.to_string()))?;
    let tests: Vec<Units> =
        outset.tables.values().map(|rows| rows.units.split(&outset.learned.split).1).collect();
    let tests: Vec<&Units> = tests.iter().collect();
    let seen = noised_share(&outset.agreement, plan, &model, &tests).map_err(Failure::Fault)?;
    let NoisedShare { share, low, high, noise, epsilon } = seen;
    Ok(Partners { share, low, high, noise: noise.to_string(), epsilon })
}

/// What the lab filed, with the interval of its share of cases.
fn accuracy(evidence: &Value, public: bool) -> Result<Accuracy, Failure> {
    let missing = || fault_of("the lab's evidence has no accuracy");
    let number = |name: &str| {
        evidence.pointer(&format!("/results/{name}")).and_then(Value::as_str)?.parse::<f64>().ok()
    };
    let cases = evidence.get("cases").and_then(Value::as_u64).ok_or_else(missing)?;
    let value = number("accuracy").ok_or_else(missing)?;
    let (low, high) = wilson(value * cases as f64, cases as f64);
    Ok(Accuracy {
        value,
        low,
        high,
        cases,
        majority: number("majority").unwrap_or(f64::NAN),
        public,
    })
}
