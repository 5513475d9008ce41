//! A party's own copy of the log, opened for one command.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use concordat_node::client::{Client, Fault};
use concordat_node::follow::Follower;
use concordat_node::home::Home;
use concordat_terms::Problem;

use crate::failure::Failure;

/// How long a command waits for another one that uses the same folder.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens a party's folder and the commands' own copy of the log: verified and folded like the
/// node's, and apart from it, so that a node can be started, stopped and killed at any moment.
pub(super) fn open(dir: &Path) -> Result<(Home, Follower), Failure> {
    let home = Home::load(dir).map_err(failure)?;
    let client = Client::of(&home).map_err(failure)?;
    let started = Instant::now();
    loop {
        match Follower::open_in(&home, client.clone(), dir.join("store-desk")) {
            Err(problem) if problem.code == LOCKED && started.elapsed() < PATIENCE => {
                sleep(Duration::from_millis(50));
            }
            opened => return Ok((home, opened.map_err(failure)?)),
        }
    }
}

/// [`open`], and follows the log to its end.
pub(super) fn open_latest(dir: &Path) -> Result<(Home, Follower), Failure> {
    let (home, mut follower) = open(dir)?;
    follower.catch_up().map_err(|fault| answered(&fault))?;
    Ok((home, follower))
}

const LOCKED: &str = "store-locked";

/// A problem of a library as a failure of this command: what a person can mend in arguments and
/// files is bad usage, the rest is a fault.
pub(super) fn failure(problem: Problem) -> Failure {
    const MENDABLE: &[&str] = &[
        "bad-address",
        "bad-certificate",
        "bad-config",
        "bad-configuration",
        "bad-genesis",
        "bad-key",
        "bad-key-file",
        "bad-opening",
        "bad-proxy",
        "bad-register",
        "bad-witnessed",
        "config-not-private",
        "file-too-large",
        "home-exists",
        "key-not-private",
        "key-open-to-others",
        "key-not-registered",
        "member-erased",
        "missing-blob",
        "no-genesis",
        "no-opening",
        "no-such-file",
        "no-table",
        "not-a-file",
        "not-a-folder",
        "not-text",
        "no-snapshot",
        "other-log",
        "other-mapping",
        "other-party",
        "other-witness-key",
        "snapshot-changed",
        "snapshot-open-to-others",
        "store-not-empty",
        "unsignable",
    ];
    if problem.code == "local-model" {
        Failure::Refused(problem)
    } else if MENDABLE.contains(&problem.code.as_str()) || problem.code.starts_with("mapping-") {
        // What is wrong in a mapping is its steward's to mend.
        Failure::Usage(problem)
    } else {
        Failure::Fault(problem)
    }
}

/// What the coordinator did not do for us.
pub(super) fn answered(fault: &Fault) -> Failure {
    match fault {
        Fault::Refused(_) => Failure::Refused(fault.problem()),
        // Proven, and no waiting mends it.
        Fault::Own(problem) if problem.code == "two-histories" => Failure::Refused(problem.clone()),
        other => failure(other.problem()),
    }
}
