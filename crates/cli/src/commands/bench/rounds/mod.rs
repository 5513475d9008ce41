//! `concordat bench rounds`: rounds over the wire, with a process for each service, beside what the
//! arithmetic of a round takes without them.

mod measured;
mod used;
mod widened;

use std::fmt::Write as _;

use concordat_terms::PartyId;
use serde::Serialize;

use self::measured::measured;
use self::used::Used;
use super::{Folder, within};
use crate::args::BenchRounds;
use crate::failure::Failure;
use crate::out::Out;
use crate::pilot::process::Told;

/// How many milliseconds a round takes at most: the median of all but the first.
const ROUND_MOST_MS: f64 = 50.0;
/// How many milliseconds pass at most from the start of the coordinator to the first sum.
const START_MOST_MS: f64 = 2_000.0;

#[derive(Debug, Serialize)]
struct Table {
    cores: usize,
    /// How many hold rows and take part.
    nodes: u32,
    /// How many numbers are summed in a round.
    dimension: usize,
    start: Start,
    round: Rounds,
    /// What one core takes for the arithmetic of a round.
    alone: Alone,
    /// Milliseconds of processor time in a round, where the system tells them.
    used: Option<Used>,
    /// From the last sum to the log's receipt for the result that the participants signed.
    closing_ms: f64,
    closed: Closed,
}

/// Milliseconds since the coordinator was started.
#[derive(Debug, Serialize)]
struct Start {
    /// Until it listened, and nodes were started.
    listening_ms: f64,
    /// Until a node had joined the run.
    joined_ms: f64,
    /// Until it had the first sum.
    first_sum_ms: f64,
    target_ms: f64,
    met: bool,
}

/// Milliseconds from one sum to the next, at one node.
#[derive(Debug, Serialize)]
struct Rounds {
    /// How many were measured: all but the first.
    measured: usize,
    median_ms: f64,
    p90_ms: f64,
    slowest_ms: f64,
    target_ms: f64,
    met: bool,
}

#[derive(Debug, Serialize)]
struct Alone {
    /// Every node's gradients, noise and step.
    learning_ms: f64,
    /// Every client's part of an attempt, and the server's.
    masking_ms: f64,
}

/// What the log says of the run, and whose archive was verified.
#[derive(Debug, Serialize)]
struct Closed {
    rounds: u64,
    attempts: u64,
    roster: Vec<PartyId>,
    model: String,
    verified_entries: u64,
}

pub(super) fn run(args: &BenchRounds, out: Out) -> Result<(), Failure> {
    let told = Told::default();
    let tell = told.clone();
    crate::commands::on_interrupt(move || {
        tell.tell();
    })?;
    let dir = Folder::made(args.dir.as_deref())?;
    let table = measured(args, dir.path(), &told, out)?;
    drop(dir);
    out.answer(&table, || text(&table))?;
    let over: Vec<&str> = [(table.start.met, "start"), (table.round.met, "round")]
        .into_iter()
        .filter_map(|(met, what)| (!met).then_some(what))
        .collect();
    within(&over)
}

/// Something that cannot be.
fn wrong(what: impl Into<String>) -> Failure {
    Failure::fault("bench-wrong", what, "report this with the program's version")
}

fn text(table: &Table) -> String {
    let mut out = String::new();
    let Table { start, round, alone, closed, .. } = table;
    let met = |met: bool| if met { "" } else { ", over" };
    let (nodes, all) = (table.nodes, closed.rounds);
    writeln!(out, "{nodes} nodes, {all} rounds, {} numbers a sum", table.dimension).ok();
    writeln!(out, "{} cores; milliseconds\n", table.cores).ok();
    writeln!(out, "{:<34}{:>10}  target", "", "measured").ok();
    let mut row = |what: &str, is: f64, target: &str| {
        writeln!(out, "{what:<34}{is:>10.2}  {target}").ok();
    };
    row("start: coordinator listens", start.listening_ms, "");
    row("start: joined", start.joined_ms, "");
    let target = format!("{START_MOST_MS:.0}{}", met(start.met));
    row("start: first sum", start.first_sum_ms, &target);
    let target = format!("{ROUND_MOST_MS:.0}{}", met(round.met));
    row("round, median", round.median_ms, &target);
    row("round, 90 of 100", round.p90_ms, "");
    row("round, slowest", round.slowest_ms, "");
    row("  one core alone: learning", alone.learning_ms, "");
    row("  one core alone: masks and sum", alone.masking_ms, "");
    if let Some(Used { coordinator_ms, nodes_ms }) = table.used {
        row("  processor: coordinator", coordinator_ms, "");
        row("  processor: all nodes", nodes_ms, "");
    }
    row("closing: result signed and logged", table.closing_ms, "");
    let (attempts, roster) = (closed.attempts, closed.roster.len());
    let entries = closed.verified_entries;
    writeln!(out, "\nclosed after {attempts} attempts; {roster} nodes in the last sum").ok();
    writeln!(out, "model {}", closed.model).ok();
    writeln!(out, "archive of {entries} entries verified").ok();
    out
}
