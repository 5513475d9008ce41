//! `concordat pilot`: a whole partnership on this machine.
//!
//! Real processes, real cryptography, published data of four real hospitals. Every step is a
//! command of this binary, run with one party's folder; no process knows another's.

mod bench;
mod cast;
mod example;
mod line;
mod outset;
mod process;
mod report;
mod stage;
mod tell;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Instant;

use concordat_node::home::{Config, Dataset, Home, NodeConfig};
use concordat_terms::{Digest, PartyId, Problem};
use serde_json::Value;

use crate::args::Pilot;
use crate::failure::Failure;
use crate::out::Out;
use cast::Cast;
use outset::Outset;
use stage::Stage;

/// What a pilot is, said on its first line and on every page.
const BANNER: &str = "public research data, no hospital took part; one machine, so the isolation of \
                      processes is illustrated and not proven";

/// The exit status of a command that was interrupted, as shells have it.
const INTERRUPTED: i32 = 130;

/// Runs the pilot, or its bench.
pub(crate) fn run(args: &Pilot, out: Out) -> Result<(), Failure> {
    if args.bench {
        return bench::run(args, out).map_err(failure);
    }
    let (told, stop) = channel();
    let done = Arc::new(AtomicBool::new(false));
    let (over, dir) = (done.clone(), args.dir.display().to_string());
    crate::commands::on_interrupt(move || {
        if over.load(Ordering::Relaxed) {
            told.send(()).ok();
            return;
        }
        // The services end with their input, which ends with this process.
        say(&format!("interrupted; remove `{dir}` before the next pilot there"));
        std::process::exit(INTERRUPTED);
    })?;
    let started = Instant::now();
    let (mut stage, outset) = prepare(args).map_err(failure)?;
    let outcome = line::walk(&mut stage, &outset).map_err(failure)?;
    let report = tell::conclude(&mut stage, &outset, &outcome, started).map_err(failure)?;
    out.answer(&report, || report.text())?;
    if !args.headless {
        done.store(true, Ordering::Relaxed);
        out.say(&format!("\nthe console is at {}; press Ctrl-C to end", stage.url));
        stop.recv().ok();
        out.say("stopping");
    }
    stage.stop();
    Ok(())
}

/// Folders, keys, the founding, and every service.
fn prepare(args: &Pilot) -> Result<(Stage, Outset), Problem> {
    let dir = args.dir.as_path();
    line::must_be_new(dir)?;
    for folder in ["agreement", "logs", "founding"] {
        let folder = dir.join(folder);
        fs::create_dir_all(&folder).map_err(|e| fault("create", &folder, &e))?;
    }
    say(BANNER);
    example::lay_out(args.example.as_deref(), &dir.join("agreement"))?;
    let outset = Outset::read(&dir.join("agreement"))?;
    let cast = Cast::of(&outset.agreement)?;
    let mut stage = Stage::new(dir, cast, say)?;
    say("the agreement is checked");
    stage.run(&["check", &dir.join("agreement").display().to_string()])?;
    say("keys, and the founding statement signed by all");
    let log = found(&stage)?;
    stage.start_coordinator()?;
    settle(&stage, &outset, log)?;
    let nodes: BTreeSet<PartyId> =
        stage.cast.holders.union(&stage.cast.witnesses).cloned().collect();
    say(&format!("coordinator and {} nodes started", nodes.len()));
    for party in &nodes {
        stage.start_node(party)?;
    }
    stage.wait_for_nodes()?;
    Ok((stage, outset))
}

/// Every party makes its keys; the founding statement goes round for signature.
fn found(stage: &Stage) -> Result<Digest, Problem> {
    let founding = stage.dir.join("founding");
    let statement = founding.join("genesis.dsse").display().to_string();
    let agreement = stage.dir.join("agreement").display().to_string();
    let coordinator = stage.dir.join("coordinator").display().to_string();
    let keys = stage.run(&["key", "new", "--home", &coordinator, "--sequencer"])?;
    let sequencer = keys.get("sequencer").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut parties = Vec::new();
    for party in &stage.cast.parties {
        let home = stage.home(party).display().to_string();
        let keys = stage.run(&["key", "new", "--home", &home, "--party", party.as_str()])?;
        let file = founding.join(format!("{party}.json"));
        fs::write(&file, keys.to_string()).map_err(|e| fault("write", &file, &e))?;
        parties.push(format!("{party}={}", file.display()));
    }
    let mut arguments = vec!["found", "--agreement", &agreement, "--sequencer", &sequencer];
    arguments.extend(["--origin", "pilot.example/log", "--out", &statement]);
    for party in &parties {
        arguments.extend(["--party", party]);
    }
    let written = stage.run(&arguments)?;
    for party in &stage.cast.parties {
        let home = stage.home(party).display().to_string();
        stage.run(&["sign", "--home", &home, "--agreement", &agreement, &statement])?;
    }
    stage.run(&["sign", "--home", &coordinator, "--sequencer", &statement])?;
    let to = stage.dir.join("coordinator/genesis.dsse");
    fs::copy(&statement, &to).map_err(|e| fault("write", &to, &e))?;
    let config = stage.dir.join("coordinator/concordat.toml");
    fs::write(&config, "listen = \"127.0.0.1:0\"\n").map_err(|e| fault("write", &config, &e))?;
    let log = written.get("log").and_then(Value::as_str).and_then(|log| log.parse().ok());
    log.ok_or_else(|| fault_of("the founding statement has no id"))
}

/// Every party's folder: configuration, the coordinator's certificate, its own rows; and the rows
/// on which the lab tests, which no training sees.
fn settle(stage: &Stage, outset: &Outset, log: Digest) -> Result<(), Problem> {
    let certificate = stage.dir.join("coordinator/tls/cert.pem");
    let certificate = fs::read(&certificate).map_err(|e| fault("read", &certificate, &e))?;
    for party in &stage.cast.parties {
        let home = stage.home(party);
        let holds = stage.cast.holders.contains(party);
        let table = Dataset { table: "rows.csv".into() };
        let config = Config {
            party: party.clone(),
            log,
            coordinator: stage.url.clone(),
            certificate: "coordinator.pem".into(),
            datasets: holds.then(|| (stage.cast.dataset.clone(), table)).into_iter().collect(),
            node: NodeConfig { join: true, ..NodeConfig::default() },
        };
        let pem = home.join("coordinator.pem");
        fs::write(&pem, &certificate).map_err(|e| fault("write", &pem, &e))?;
        Home::create(&home, config)?;
        if holds {
            let (from, to) = (outset.table(party.as_str()), home.join("rows.csv"));
            fs::copy(&from, &to).map_err(|e| fault("copy", &from, &e))?;
        }
    }
    tell::held_out(stage, outset)
}

/// What the operating system said while we were `doing` something to a file.
fn fault(doing: &str, path: &Path, error: &std::io::Error) -> Problem {
    Failure::io(doing, path, error).problem().clone()
}

fn fault_of(what: &str) -> Problem {
    Problem::new("pilot-fault", what, "look into the logs folder", "docs/reference/faults.md")
}

/// Input that a person can mend is bad usage, everything else a fault.
fn failure(problem: Problem) -> Failure {
    const MENDABLE: &[&str] = &[
        "agreement-broken",
        "no-such-file",
        "pilot-folder-taken",
        "pilot-lacks",
        "plan-unreadable",
        "recipe-unreadable",
    ];
    if MENDABLE.contains(&problem.code.as_str()) {
        Failure::Usage(problem)
    } else {
        Failure::Fault(problem)
    }
}

fn say(what: &str) {
    Out { json: false }.say(what);
}
