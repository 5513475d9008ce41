//! `concordat node`: beside a holder's data.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use concordat_agreement::Cited;
use concordat_data::{Table, band, commitment};
use concordat_node::home::Home;
use concordat_node::plain::Kind;
use concordat_node::work::{Event, Node as WorkingNode};
use concordat_partnership::Act;
use concordat_partnership::act::DatasetRegister;
use concordat_terms::AssetId;
use serde::Serialize;

use super::act::submit;
use super::desk::{failure, open_latest};
use crate::args::{Doctor, Node, NodeCommand, Register};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

pub(super) fn run(args: &Node, out: Out) -> Result<(), Failure> {
    match &args.command {
        Some(NodeCommand::Register(args)) => register(args, out),
        Some(NodeCommand::Doctor(args)) => doctor(args, out),
        None => serve(args, out),
    }
}

/// Follows, cosigns and takes part, until it is told to stop; each event is a line.
fn serve(args: &Node, out: Out) -> Result<(), Failure> {
    super::trace();
    let Some(dir) = &args.home else {
        return Err(Failure::usage("usage", "`--home` is missing", "run `concordat node --help`"));
    };
    let home = Home::load(dir).map_err(failure)?;
    let stop = Arc::new(AtomicBool::new(false));
    let told = stop.clone();
    super::on_interrupt(move || told.store(true, Ordering::Relaxed))?;
    // Nobody may be reading any more: the node goes on.
    WorkingNode::run(&home, stop, |event| tell(&event, out)).map_err(failure)
}

fn tell(event: &Event, out: Out) {
    if out.json {
        out.answer(event, String::new).ok();
        return;
    }
    let said = match event {
        Event::Followed { size } => format!("followed the log to {size} entries"),
        Event::Cosigned { size } => format!("cosigned the checkpoint of {size} entries"),
        Event::Offline { problem } => format!("offline: {}; {}", problem.what, problem.hint),
        Event::Joined { run } => format!("run {run}: joined"),
        Event::Round { run, round, rounds } => format!("run {run}: round {round} of {rounds}"),
        Event::Dropped { run, round, attempt, reason } => {
            format!("run {run}: attempt {attempt} of round {} is lost: {reason}", round + 1)
        }
        Event::Refused { run: Some(run), problem } => format!("run {run}: {}", problem.what),
        Event::Refused { run: None, problem } => problem.what.clone(),
        Event::Closed { run, model } => format!("run {run}: closed, model {model}"),
    };
    out.say(&said);
}

#[derive(Debug, Serialize)]
struct Healthy {
    asset: AssetId,
    columns: usize,
    /// Rounded down: what the catalogue would show.
    rows_band: u32,
}

/// Checks a table before anything is in force, with nothing but files.
fn doctor(args: &Doctor, out: Out) -> Result<(), Failure> {
    let (agreement, _) = files::agreement(&args.agreement)?;
    let Some(Cited { terms: asset, .. }) = agreement.asset(&args.asset) else {
        let what = format!("the agreement declares no asset `{}`", args.asset);
        return Err(Failure::usage("unknown-asset", what, "name an asset of its clauses"));
    };
    let bytes = files::bytes(&args.table, Kind::Table)?;
    let table = Table::read(&bytes, asset).map_err(|fault| Failure::Usage(fault.problem()))?;
    let healthy = Healthy {
        asset: args.asset.clone(),
        columns: table.header().len(),
        rows_band: band(table.rows()),
    };
    out.answer(&healthy, || {
        let Healthy { asset, columns, rows_band } = &healthy;
        format!("fits `{asset}`: {columns} columns, {rows_band} rows or more")
    })
}

/// Checks the table against the agreement's schema, and lists its commitment: no row leaves.
fn register(args: &Register, out: Out) -> Result<(), Failure> {
    let (home, follower) = open_latest(&args.home)?;
    let agreement = follower.state().agreement();
    let Some(Cited { terms: asset, .. }) = agreement.asset(&args.asset) else {
        let what = format!("no clause in force declares the asset `{}`", args.asset);
        return Err(Failure::refused("unknown-asset", what, "bring the agreement into force"));
    };
    let bytes = home.table(&args.asset).map_err(failure)?;
    let table = Table::read(&bytes, asset).map_err(|fault| Failure::Usage(fault.problem()))?;
    let salt = home.salt(&args.asset).map_err(failure)?;
    let purposes: BTreeSet<_> = if args.purposes.is_empty() {
        asset.purposes.iter().cloned().collect()
    } else {
        args.purposes.iter().cloned().collect()
    };
    let act = Act::DatasetRegister(DatasetRegister {
        asset: args.asset.clone(),
        version: commitment(&salt, &bytes),
        place: args.place.clone(),
        rows_band: band(table.rows()),
        purposes,
    });
    let seat = args.seat.clone().unwrap_or_else(|| asset.holder.clone());
    submit(&follower, &seat, &act, out).map(drop)
}
