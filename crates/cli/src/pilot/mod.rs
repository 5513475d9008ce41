//! `concordat pilot`: a whole partnership on this machine.
//!
//! Real processes, real cryptography, published data of four real hospitals, or an example of
//! one's own. Every step is a command of this binary, run with one party's folder; no process
//! knows another's.

mod bench;
mod cast;
pub(crate) mod example;
mod expected;
pub(crate) mod judged;
pub(crate) mod line;
pub(crate) mod outset;
pub(crate) mod process;
mod report;
pub(crate) mod stage;
mod tell;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Instant;

use concordat_node::home::{Config, Dataset, Home, NodeConfig};
use concordat_terms::{Digest, Problem};
use serde_json::Value;

use crate::args::Pilot;
use crate::failure::Failure;
use crate::out::Out;
use example::Example;
pub(crate) use example::heart;
use outset::Outset;
use process::Told;
use stage::Stage;

/// The page that explains what goes wrong in a pilot.
const FAULTS: &str = "docs/reference/faults.md";

/// Runs the pilot, or its bench.
pub(crate) fn run(args: &Pilot, out: Out) -> Result<(), Failure> {
    if args.bench {
        return bench::run(args, out);
    }
    let told = Told::default();
    let (tell, here) = (told.clone(), thread::current());
    crate::commands::on_interrupt(move || {
        if tell.tell() {
            // Told twice: not even the services are waited for. They end with their input.
            std::process::exit(INTERRUPTED);
        }
        here.unpark();
    })?;
    let started = Instant::now();
    line::must_be_new(&args.dir)?;
    let example = Example::read(args.example.as_deref())?;
    let outset = Outset::of(&example, &args.dir.join("agreement"))?;
    // Nothing was created so far; from here on, what is interrupted leaves a folder behind.
    play(args, &example, &outset, &told, started, out).map_err(|failure| match failure {
        Failure::Interrupted(_) => Failure::interrupted(format!(
            "remove `{}` before the next pilot there; every process has ended",
            args.dir.display()
        )),
        other => other,
    })
}

/// The exit status of a command that was interrupted, as shells have it.
const INTERRUPTED: i32 = 130;

/// The whole line on its stage; whatever happens, the services end before this does.
fn play(
    args: &Pilot,
    example: &Example,
    outset: &Outset,
    told: &Told,
    started: Instant,
    out: Out,
) -> Result<(), Failure> {
    let (mut stage, log) = prepare(&args.dir, example, outset, told)?;
    start_services(&mut stage)?;
    let outcome = line::walk(&mut stage, outset)?;
    let report = tell::conclude(&mut stage, outset, log, &outcome, started)?;
    out.answer(&report, || report.text())?;
    if !args.headless {
        let console = stage.console.as_deref().unwrap_or("nowhere");
        out.say(&format!("\nthe console is at {console}; press Ctrl-C to end"));
        while !told.is_told() {
            thread::park();
        }
        out.say("stopping");
    }
    stage.stop();
    Ok(())
}

/// Folders, keys, the founding, and the coordinator; the id of the log that was founded.
pub(crate) fn prepare(
    dir: &Path,
    example: &Example,
    outset: &Outset,
    told: &Told,
) -> Result<(Stage, Digest), Failure> {
    for folder in ["agreement", "logs", "founding"] {
        let folder = dir.join(folder);
        fs::create_dir_all(&folder).map_err(|e| fault("create", &folder, &e))?;
    }
    let banner = example.banner();
    say(&banner);
    example.write(&dir.join("agreement"))?;
    let mut stage = Stage::new(dir, outset.cast.clone(), banner, told.clone(), say)?;
    say("the agreement is checked");
    stage.run(&["check", &dir.join("agreement").display().to_string()])?;
    say("keys, and the founding statement signed by all");
    let log = found(&stage)?;
    stage.start_coordinator()?;
    settle(&stage, outset, log)?;
    Ok((stage, log))
}

/// The nodes of those who hold rows or cosign, and the aggregators if there are any, until each is
/// at work.
fn start_services(stage: &mut Stage) -> Result<(), Failure> {
    let nodes = stage.cast.with_nodes();
    say(&format!("coordinator and {} nodes started", nodes.len()));
    for party in &nodes {
        stage.start_node(party)?;
    }
    let aggregators = stage.cast.aggregators.clone();
    if !aggregators.is_empty() {
        say(&format!("{} aggregators started", aggregators.len()));
    }
    for party in &aggregators {
        stage.start_aggregator(party)?;
    }
    stage.wait_for_all()
}

/// Every party makes its keys; the founding statement goes round for signature.
fn found(stage: &Stage) -> Result<Digest, Failure> {
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
    // All nodes are up before any run is: none waits here for somebody to come to work.
    let said = "listen = \"127.0.0.1:0\"\njoin_within = \"PT1M\"\n";
    fs::write(&config, said).map_err(|e| fault("write", &config, &e))?;
    let log = written.get("log").and_then(Value::as_str).and_then(|log| log.parse().ok());
    log.ok_or_else(|| fault_of("the founding statement has no id"))
}

/// Every party's folder: configuration, the coordinator's certificate, its own rows; and the rows
/// on which the lab tests, which no training sees.
fn settle(stage: &Stage, outset: &Outset, log: Digest) -> Result<(), Failure> {
    let certificate = stage.dir.join("coordinator/tls/cert.pem");
    let certificate = fs::read(&certificate).map_err(|e| fault("read", &certificate, &e))?;
    for party in &stage.cast.parties {
        let home = stage.home(party);
        let holds = stage.cast.holders.contains(party);
        let table = Dataset::table("rows.csv");
        let config = Config {
            party: party.clone(),
            log,
            coordinator: stage.url.clone(),
            certificate: "coordinator.pem".into(),
            datasets: holds.then(|| (stage.cast.dataset.clone(), table)).into_iter().collect(),
            node: NodeConfig { join: true, ..NodeConfig::default() },
            witnesses: BTreeMap::new(),
        };
        let pem = home.join("coordinator.pem");
        fs::write(&pem, &certificate).map_err(|e| fault("write", &pem, &e))?;
        Home::create(&home, config).map_err(Failure::Fault)?;
        if let Some(rows) = outset.tables.get(party) {
            let to = home.join("rows.csv");
            fs::write(&to, &rows.bytes).map_err(|e| fault("write", &to, &e))?;
        }
    }
    tell::held_out(stage, outset)
}

/// What the operating system said while we were `doing` something to a file.
fn fault(doing: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::io(doing, path, error)
}

/// Something that cannot be, once the example is known to be good.
fn fault_of(what: &str) -> Failure {
    Failure::Fault(Problem::new("pilot-fault", what, "look into the logs folder", FAULTS))
}

/// What a person can mend in the example or on the command line.
fn mendable(code: &str, what: String, hint: &str) -> Failure {
    Failure::Usage(Problem::new(code, what, hint, FAULTS))
}

fn say(what: &str) {
    Out { json: false }.say(what);
}
