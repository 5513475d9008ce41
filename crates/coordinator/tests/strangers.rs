//! Somebody else's witness cosigns for our coordinator, and somebody else's client reads our log.
//!
//! `cargo xtask test` installs them (PyPI: `aics-witness`, `aics-tlog`) and names their folder in
//! `CONCORDAT_STRANGERS`; without it there is nobody to ask.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::*;
use concordat_coordinator::{Home, machine_clock};
use concordat_partnership::Act;
use concordat_partnership::act::PlaceRegister;
use concordat_tlog::{Vkey, vkey};
use concordat_wire::api::Witnesses;

/// The folder with the programs of others; none where nobody installed them.
fn tools() -> Option<PathBuf> {
    let named = std::env::var_os("CONCORDAT_STRANGERS").map(PathBuf::from);
    if named.is_none() {
        eprintln!("no tools of others here: `cargo xtask test` installs them");
    }
    named.map(|folder| folder.join("venv/bin"))
}

/// A witness that is not ours, at work.
struct Stranger {
    process: Child,
    url: String,
    vkey: String,
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

fn stranger(tools: &Path, folder: &Path, log: &Vkey) -> Stranger {
    let program = || Command::new(tools.join("aics-witness"));
    let config = folder.join("witness.json");
    let new = ["--name", "witness.example/w9", "--listen", "127.0.0.1:0"];
    let vkey = done(program().arg("init").arg("-c").arg(&config).args(new)).trim().to_owned();
    let of = ["--origin", ORIGIN, "--vkey", &log.to_string()];
    done(program().arg("add-log").arg("-c").arg(&config).args(of));
    let serve = program().arg("serve").arg("-c").arg(&config).stderr(Stdio::piped()).spawn();
    let mut process = serve.unwrap();
    let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
    let listening = said.find_map(|line| {
        let line = line.unwrap();
        let url = line.split_once("listening on ")?.1.split(' ').next()?;
        Some(url.to_owned())
    });
    // What it says later goes nowhere, and it is not to stop over that.
    std::thread::spawn(move || said.for_each(drop));
    Stranger { process, url: listening.unwrap(), vkey }
}

fn cosigned(world: &World, size: u64) {
    let started = Instant::now();
    loop {
        let told = world.client.get("/v1/witnesses").body;
        let told: Witnesses = serde_json::from_slice(&told).unwrap();
        let w9 = told.witnesses.into_iter().find(|witness| witness.name == "w9").unwrap();
        if w9.size == Some(size) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{w9:?}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

#[test]
fn somebody_elses_witness_cosigns_and_somebody_elses_client_reads_and_believes_it() {
    let Some(tools) = tools() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut started = None;
    let world = World::founded_with(patient(), |config| {
        let sequencer = Home::prepare(&config.home).unwrap().sequencer.parse().unwrap();
        let log = Vkey::new(ORIGIN, vkey::Key::Log(sequencer)).unwrap();
        let stranger = stranger(&tools, folder.path(), &log);
        let path = config.home.join("concordat.toml");
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        let Stranger { url, vkey, .. } = &stranger;
        writeln!(file, "[witnesses.w9]\nurl = \"{url}\"\nkeys = [\"{vkey}\"]").unwrap();
        // It has a clock of its own.
        config.clock = Arc::new(machine_clock);
        started = Some((stranger, log));
    });
    let (stranger, log) = started.unwrap();
    world.clock.store(machine_clock().seconds().max(START), Ordering::SeqCst);
    cosigned(&world, 1);
    let old = folder.path().join("old");
    fs::write(&old, world.client.get("/checkpoint").body).unwrap();
    // It looks at the proof of consistency from there.
    let place = Act::PlaceRegister(PlaceRegister {
        place: "ward".parse().unwrap(),
        class: 2,
        jurisdiction: "CH".parse().unwrap(),
    });
    let envelope = world.envelope("alder", "data-holder", &place);
    let index = only(&world.client.submit(std::slice::from_ref(&envelope))).index;
    cosigned(&world, index + 1);

    let certificate = folder.path().join("cert.pem");
    let running = world.running.as_ref().unwrap();
    fs::write(&certificate, &running.certificate_pem).unwrap();
    let url = format!("https://127.0.0.1:{}", running.addr.port());
    let entry = folder.path().join("entry");
    let ask = |what: &[&str], log: &str| -> Output {
        Command::new(tools.join("aics-tlog"))
            .args(what)
            .args(["--tiles", &url, "--origin", ORIGIN, "--log-key", log])
            .args(["--witness-key", &stranger.vkey, "--quorum", "1", "--max-age", "600"])
            .env("SSL_CERT_FILE", &certificate)
            .output()
            .unwrap()
    };
    let (log, old, out) = (log.to_string(), old.display().to_string(), entry.display().to_string());
    let index = index.to_string();
    let questions: [&[&str]; 3] = [
        &["verify-checkpoint"],
        &["verify-inclusion", "--index", &index, "--entry-out", &out],
        &["verify-consistency", "--old-checkpoint", &old],
    ];
    for question in questions {
        let output = ask(question, &log);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{question:?}: {said}");
    }
    assert_eq!(fs::read(&entry).unwrap(), envelope);
    // It is somebody who looks: under another key it believes nothing.
    let other = concordat_tlog::SigningKey::from_seed(&[7; 32]).public();
    let other = Vkey::new(ORIGIN, vkey::Key::Log(other)).unwrap().to_string();
    assert!(!ask(&["verify-checkpoint"], &other).status.success());
}
