//! A partnership of processes up to its open run; then all services stop, are started anew, and each
//! round is timed at one node.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use concordat_node::train::{Noise, OutsideAnyPartnership, federate};
use concordat_terms::{ActName, PartyId};
use serde_json::Value;

use super::used::Used;
use super::widened::widened;
use super::{Alone, Closed, ROUND_MOST_MS, Rounds, START_MOST_MS, Start, Table, wrong};
use crate::args::BenchRounds;
use crate::commands::bench::{Spread, secagg};
use crate::failure::Failure;
use crate::out::Out;
use crate::pilot::outset::Outset;
use crate::pilot::process::Told;
use crate::pilot::stage::{Stage, field};
use crate::pilot::{judged, line, prepare};
use crate::progress;
use crate::verify::cores;

/// How long a node may be silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is told how far the rounds are.
const TOLD_EVERY: usize = 10;

/// Sets the partnership up in `dir` and measures it.
///
/// # Errors
/// Told to stop; or what cannot be.
pub(super) fn measured(
    args: &BenchRounds,
    dir: &Path,
    told: &Told,
    out: Out,
) -> Result<Table, Failure> {
    let example = widened(args)?;
    let outset = Outset::of(&example, &dir.join("agreement"))?;
    out.say("one core alone");
    let alone = alone(&outset, args.nodes)?;
    let (mut stage, log) = prepare(dir, &example, &outset, told)?;
    open_run(&mut stage, &outset, out)?;

    out.say(&format!("from the start: coordinator and {} nodes", stage.cast.with_nodes().len()));
    let times = from_the_start(&mut stage, args.rounds as usize, out)?;
    out.say("the run's end, and its archive verified");
    let closed = closed(&stage, &outset, &log.to_string())?;
    stage.stop();
    Ok(table(args, &outset, (times, alone), closed))
}

/// What a round takes without processes, wire and disk, on one core.
fn alone(outset: &Outset, nodes: u32) -> Result<Alone, Failure> {
    let task = judged::task(outset)?;
    let tables: Vec<_> =
        outset.tables.values().map(|rows| rows.units.split(&outset.learned.split).0).collect();
    let tables: Vec<_> = tables.iter().collect();
    let outside = OutsideAnyPartnership::declare();
    let started = Instant::now();
    federate(&task, &tables, Noise::Exact, 0, outside).map_err(Failure::Fault)?;
    let learning_ms = ms(started.elapsed()) / f64::from(outset.learned.rounds.max(1));
    let dimension = u32::try_from(outset.learned.dimension()).unwrap_or(u32::MAX);
    let masking_ms = ms(secagg::alone(nodes, dimension).map_err(wrong)?);
    Ok(Alone { learning_ms, masking_ms })
}

/// Law, places, tables, a charter, and a run that is open; then nobody works any more. The
/// coordinator's port is kept, since it is in every node's configuration.
fn open_run(stage: &mut Stage, outset: &Outset, out: Out) -> Result<(), Failure> {
    let agreement = &outset.agreement;
    out.say("modules, places, datasets and code");
    line::enter_law(stage, outset)?;
    line::enter_rest(stage, outset)?;
    line::register(stage, agreement)?;
    out.say("a charter, and a run: proposed, approved, opened");
    line::charter(stage, agreement, outset)?;
    line::propose(stage, outset)?;
    let run = field("run", &outset.wished.run);
    let seat = &stage.cast.holder;
    for party in stage.cast.holders.iter().take(stage.cast.approvals as usize) {
        stage.act(party, seat, ActName::RunApprove, &run, &[])?;
    }
    let (opener, seat) = &stage.cast.opener;
    stage.act(opener, seat, ActName::RunOpen, &run, &[])?;
    stage.stop();
    let listen = stage.url.strip_prefix("https://").ok_or_else(|| wrong("no address"))?;
    let config = stage.dir.join("coordinator/concordat.toml");
    let said = fs::read_to_string(&config).map_err(|e| Failure::io("read", &config, &e))?;
    let said = said.replace("127.0.0.1:0", listen);
    fs::write(&config, said).map_err(|e| Failure::io("write", &config, &e))
}

/// When what happened, since the coordinator was started.
struct Times {
    listening: Duration,
    joined: Duration,
    /// A sum each.
    sums: Vec<Duration>,
    closed: Duration,
    used: Option<Used>,
}

fn from_the_start(stage: &mut Stage, rounds: usize, out: Out) -> Result<Times, Failure> {
    let started = Instant::now();
    stage.start_coordinator()?;
    let listening = started.elapsed();
    for party in &stage.cast.with_nodes() {
        stage.start_node(party)?;
    }
    let first = stage.cast.holders.first().ok_or_else(|| wrong("nobody holds rows"))?;
    let node = stage.nodes.get(first).ok_or_else(|| wrong("a node is missing"))?;
    let (mut joined, mut sums, mut used) = (Duration::ZERO, Vec::new(), [None, None]);
    loop {
        let event = node.next_within(PATIENCE, &stage.told)?;
        let event = event.ok_or_else(|| wrong("a node went silent before the run was closed"))?;
        let now = started.elapsed();
        match event.get("event").and_then(Value::as_str) {
            Some("joined") => joined = now,
            Some("round") => {
                sums.push(now);
                if sums.len() % TOLD_EVERY == 1 {
                    out.say(&format!("  round {} of {rounds}", sums.len()));
                }
                let [first, last] = &mut used;
                match sums.len() {
                    1 => *first = Used::so_far(stage),
                    n if n == rounds => *last = Used::so_far(stage),
                    _ => {}
                }
            }
            Some("closed") => {
                let between = rounds.saturating_sub(1);
                let [first, last] = used;
                let used = last.zip(first).map(|(last, first)| last.since(first, between));
                return Ok(Times { listening, joined, sums, closed: now, used });
            }
            _ => {}
        }
    }
}

/// The run as the log has it, and its archive verified.
fn closed(stage: &Stage, outset: &Outset, log: &str) -> Result<Closed, Failure> {
    let run = stage.wait_for_run(&outset.wished.run, progress::least(&outset.agreement))?;
    let home = stage.home(&stage.cast.trainer.0).display().to_string();
    let archive = stage.dir.join("archive").display().to_string();
    stage.run(&["export", &archive, "--home", &home])?;
    let verified = stage.run(&["verify", &archive, "--log", log])?;
    read(&run, &verified).ok_or_else(|| wrong(format!("the run has no result: {run}")))
}

fn read(run: &Value, verified: &Value) -> Option<Closed> {
    let closed = run.pointer("/status/closed")?;
    let count = |name: &str| closed.get(name)?.as_u64();
    let roster: Vec<PartyId> = serde_json::from_value(closed.get("roster")?.clone()).ok()?;
    Some(Closed {
        rounds: count("rounds")?,
        attempts: count("attempts")?,
        roster,
        model: closed.get("model")?.as_str()?.to_owned(),
        verified_entries: verified.get("size")?.as_u64()?,
    })
}

fn table(
    args: &BenchRounds,
    outset: &Outset,
    (times, alone): (Times, Alone),
    closed: Closed,
) -> Table {
    let first = times.sums.first().copied().unwrap_or_default();
    let last = times.sums.last().copied().unwrap_or_default();
    let next = times.sums.iter().skip(1);
    let mut each: Vec<Duration> =
        times.sums.iter().zip(next).map(|(one, next)| next.saturating_sub(*one)).collect();
    each.sort();
    let p90 = (each.len() * 9).div_ceil(10).saturating_sub(1);
    let p90_ms = each.get(p90).copied().map_or(0.0, ms);
    let measured = each.len();
    let Spread { median_ms, max_ms, .. } = Spread::of(each);
    Table {
        cores: cores(),
        nodes: args.nodes,
        dimension: outset.learned.dimension(),
        start: Start {
            listening_ms: ms(times.listening),
            joined_ms: ms(times.joined),
            first_sum_ms: ms(first),
            target_ms: START_MOST_MS,
            met: ms(first) <= START_MOST_MS,
        },
        round: Rounds {
            measured,
            median_ms,
            p90_ms,
            slowest_ms: max_ms,
            target_ms: ROUND_MOST_MS,
            met: median_ms <= ROUND_MOST_MS,
        },
        alone,
        used: times.used,
        closing_ms: ms(times.closed.saturating_sub(last)),
        closed,
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
