//! `concordat node`: beside a holder's data.

mod door;
mod egress;
mod pause;
mod rehearse;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use concordat_agreement::Cited;
use concordat_data::band;
use concordat_node::follow::Follower;
use concordat_node::home::{Home, Registered};
use concordat_node::work::{Event, Node as WorkingNode, inbox};
use concordat_partnership::Act;
use concordat_partnership::act::DatasetRegister;
use concordat_terms::PartyId;
use serde::Serialize;

pub(crate) use self::egress::{Since, noted};
use super::act::submit;
use super::data::{rows_read, unfit};
use super::desk::{failure, open_latest};
use crate::args::{Node, NodeCommand, Register};
use crate::failure::Failure;
use crate::out::Out;

pub(super) fn run(args: &Node, out: Out) -> Result<(), Failure> {
    match &args.command {
        Some(NodeCommand::Register(args)) => register(args, out),
        Some(NodeCommand::Doctor(args)) => super::doctor::run(args, out),
        Some(NodeCommand::Pause(args)) => pause::run(args, out),
        Some(NodeCommand::Egress(args)) => egress::run(args, out),
        Some(NodeCommand::Rehearse(args)) => rehearse::run(args, out),
        Some(NodeCommand::Trainers(args)) => rehearse::reports(args, out),
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
    home.examine().map_err(failure)?;
    require_own_keys(&home, out)?;
    let stop = Arc::new(AtomicBool::new(false));
    let told = stop.clone();
    super::on_interrupt(move || told.store(true, Ordering::Relaxed))?;
    let (inbox, outlet) = inbox();
    let at = home.config().node.listen;
    let door = at.map(|at| door::open(&home, at, inbox)).transpose().map_err(failure)?;
    if let Some(door) = &door {
        let answer = Listening {
            listening: format!("https://{}", door.addr),
            certificate: dir.join("tls").join("cert.pem").display().to_string(),
        };
        out.answer(&answer, || {
            format!("listening    {}\ncertificate  {}", answer.listening, answer.certificate)
        })?;
    }
    // Nobody may be reading any more: the node goes on.
    let party = home.config().party.clone();
    let outlet = door.is_some().then_some(outlet);
    let told = |event| tell(&party, &event, out);
    WorkingNode::run_with(&home, &home.store_dir(), stop, outlet, told).map_err(failure)
}

/// Where acts that the coordinator does not take are handed in.
#[derive(Debug, Serialize)]
struct Listening {
    listening: String,
    certificate: String,
}

/// Nobody works with the keys of another; what the log says of them is known from the last start.
fn require_own_keys(home: &Home, out: Out) -> Result<(), Failure> {
    let follower = Follower::open(home).map_err(failure)?;
    let state = follower.state();
    match home.registered(state).map_err(failure)? {
        Registered::NotYet if state.genesis().is_some() => {
            out.say("note: the log does not know this ledger key: what it signs is refused");
        }
        Registered::NotYet | Registered::Yes => {}
    }
    Ok(())
}

/// One event, a line: in JSON on stdout, and then only what an operator may act on on stderr too.
fn tell(party: &PartyId, event: &Event, out: Out) {
    let told = matches!(
        event,
        Event::Refused { .. }
            | Event::Offline { .. }
            | Event::Paused
            | Event::Resumed
            | Event::VerdictsDiffer { .. }
            | Event::HistoriesReported { .. }
    );
    if !out.json || told {
        out.say(&format!("{party}: {}", said(event)));
    }
    if out.json {
        out.answer(event, String::new).ok();
    }
}

fn said(event: &Event) -> String {
    let entries = |size: u64| if size == 1 { "1 entry".into() } else { format!("{size} entries") };
    match event {
        Event::Followed { size } => format!("followed the log to {}", entries(*size)),
        Event::Cosigned { size } => format!("cosigned the checkpoint of {}", entries(*size)),
        Event::Offline { problem } if problem.code == "coordinator-offline" => {
            format!("offline: {}; {}", problem.what, problem.hint)
        }
        Event::Offline { problem } => format!("{}; {}", problem.what, problem.hint),
        Event::Paused => {
            "paused: it takes part in no run, and goes on following the log".to_owned()
        }
        Event::Resumed => "resumed: it takes part in runs again".to_owned(),
        Event::Joined { run } => format!("run {run}: joined"),
        Event::SourceTouched { run, file } => {
            format!("run {run}: on the rows as they were listed; `{file}` was written to since")
        }
        Event::BarelyExact { run, problem } => {
            format!("run {run}: {}; {}", problem.what, problem.hint)
        }
        Event::Round { run, round, rounds } => format!("run {run}: round {round} of {rounds}"),
        Event::Uploaded { run, round, chunks, of } => {
            format!("run {run}: {chunks} of {of} chunks of round {} have arrived", round + 1)
        }
        Event::Unopened { run, round, attempt, dealer } => format!(
            "run {run}: attempt {attempt} of round {}: the shares of `{dealer}` do not open here; \
             it or the coordinator spoiled them",
            round + 1
        ),
        Event::Dropped { run, round, attempt, reason } => {
            format!("run {run}: attempt {attempt} of round {} is lost: {reason}", round + 1)
        }
        Event::VerdictsDiffer { problem, .. } => format!("{}; {}", problem.what, problem.hint),
        Event::Refused { run: Some(run), problem } => {
            format!("run {run}: {}; {}", problem.what, problem.hint)
        }
        Event::Refused { run: None, problem } => format!("{}; {}", problem.what, problem.hint),
        Event::HistoriesReported { index, admitted: true } => {
            format!("two histories: reported by entry {index}, and a case is open")
        }
        Event::HistoriesReported { index, .. } => {
            format!("two histories: the report at entry {index} was refused")
        }
        Event::Closed { run, model } => format!("run {run}: closed, model {model}"),
    }
}

/// Reads the rows, checks them against the agreement's schema, freezes them, and lists the commitment
/// to them: no row leaves.
fn register(args: &Register, out: Out) -> Result<(), Failure> {
    let (home, follower) = open_latest(&args.home)?;
    let state = follower.state();
    let Some(Cited { terms: asset, .. }) = state.agreement().asset(&args.asset) else {
        let what = format!("no clause in force declares the asset `{}`", args.asset);
        return Err(Failure::refused("unknown-asset", what, "bring the agreement into force"));
    };
    let party = home.party();
    let listed = state.datasets().iter().any(|((asset, holder, _), dataset)| {
        *asset == args.asset && holder == party && dataset.withdrawn.is_none()
    });
    // A new one would list the same rows as another version, and nobody could show that they are
    // those of the first.
    let lost = listed && !home.has_salt(&args.asset);
    let mapped = home.mapped(&args.asset, asset).map_err(failure)?;
    // Before a row is read: an unsigned mapping reads nothing.
    let steward = mapped.steward(state, party, asset).map_err(Failure::Refused)?;
    let table = mapped.table(asset, &mut rows_read(out)).map_err(unfit)?;
    if lost {
        return Err(Failure::usage(
            "no-salt",
            format!("`{}` has a version in the log, and its salt is not here", args.asset),
            "restore `datasets/` from its backup, or withdraw that version first",
        ));
    }
    if let Some(steward) = steward {
        out.say(&format!("mapping signed by key {}", steward.key));
    }
    let version = home.freeze(&args.asset, &table.freeze(asset)).map_err(failure)?;
    let purposes: BTreeSet<_> = if args.purposes.is_empty() {
        asset.purposes.iter().cloned().collect()
    } else {
        args.purposes.iter().cloned().collect()
    };
    let act = Act::DatasetRegister(DatasetRegister {
        asset: args.asset.clone(),
        version,
        place: args.place.clone(),
        rows_band: band(table.rows()),
        purposes,
    });
    let seat = args.seat.clone().unwrap_or_else(|| asset.holder.clone());
    submit(&follower, &seat, &act, None, out).map(drop)
}

#[cfg(test)]
mod tests {
    use concordat_terms::Problem;

    use super::*;

    #[test]
    fn a_node_says_why_it_takes_no_part_and_what_would_help() {
        let problem = Problem::new("budget-exceeded", "the budget does not cover it", "wait", "p");
        let refused = Event::Refused { run: "first".parse().ok(), problem };
        assert_eq!(said(&refused), "run first: the budget does not cover it; wait");
        assert_eq!(said(&Event::Followed { size: 1 }), "followed the log to 1 entry");
    }
}
