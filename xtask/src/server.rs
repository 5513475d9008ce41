//! What tests need of the system: a database server, and what makes walls around programs.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// What to install where there is none, on a system with Debian's packages.
const PACKAGE: &str = "postgresql";
const WALLS: &str = "bubblewrap";

/// Makes sure that there is a server of Postgres: installs it from Debian where this user may.
pub(crate) fn has_postgres() -> Result<()> {
    if is_there() {
        return Ok(());
    }
    eprintln!("xtask: no server of Postgres: installing `{PACKAGE}`");
    install(PACKAGE);
    if is_there() {
        return Ok(());
    }
    bail!("tests of the store need a server of Postgres: run `apt-get install {PACKAGE}` as root")
}

/// Makes sure that there is bubblewrap, behind which external trainers run: installs it alike.
pub(crate) fn has_walls() -> Result<()> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = || std::env::split_paths(&path).any(|bin| bin.join("bwrap").is_file());
    if is_there() {
        return Ok(());
    }
    eprintln!("xtask: no bubblewrap: installing `{WALLS}`");
    install(WALLS);
    if is_there() {
        return Ok(());
    }
    bail!("tests of external trainers need bubblewrap: run `apt-get install {WALLS}` as root")
}

fn install(package: &str) {
    // A package list may be missing on a fresh machine, or be good enough where it cannot be had.
    run("apt-get", &["update", "-qq"]);
    run("apt-get", &["install", "-qq", "-y", "--no-install-recommends", package]);
}

fn is_there() -> bool {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = installed.map(|version| version.path().join("bin")).collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path));
    let has = |bin: &Path, name: &str| bin.join(name).is_file();
    folders.iter().any(|bin| ["postgres", "initdb", "psql"].iter().all(|name| has(bin, name)))
}

fn run(program: &str, arguments: &[&str]) {
    // Whether it worked is seen by what is there afterwards.
    let mut command = Command::new(program);
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    command.stdout(Stdio::null()).status().ok();
}
