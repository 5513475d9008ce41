//! The database server that tests start for themselves.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

/// What to install where there is none, on a system with Debian's packages.
const PACKAGE: &str = "postgresql";

/// Makes sure that there is a server of Postgres: installs it from Debian where this user may.
pub(crate) fn has_postgres() -> Result<()> {
    if is_there() {
        return Ok(());
    }
    eprintln!("xtask: no server of Postgres: installing `{PACKAGE}`");
    // A package list may be missing on a fresh machine, or be good enough where it cannot be had.
    run("apt-get", &["update", "-qq"]);
    run("apt-get", &["install", "-qq", "-y", "--no-install-recommends", PACKAGE]);
    if is_there() {
        return Ok(());
    }
    bail!("tests of the store need a server of Postgres: run `apt-get install {PACKAGE}` as root")
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
