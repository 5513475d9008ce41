//! The steps of `cargo xtask test`, in the order in which they fail fastest.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};

/// Runs every step; stops at the first that fails.
pub(crate) fn test() -> Result<()> {
    has_components()?;
    cargo("format", &["fmt", "--all", "--check"], &[])?;
    crate::deps::check()?;
    // The workspace may switch on features of a dependency that the program alone has not.
    cargo("the program alone", &["check"], &[])?;
    cargo("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[])?;
    crate::server::has_postgres()?;
    crate::server::has_walls()?;
    // What we write is also shown to other people's verifiers.
    let strangers = crate::strangers::install()?.unwrap_or_default();
    let named = strangers.to_string_lossy();
    let environment = [(crate::strangers::NAMED, &*named)];
    let asked = if named.is_empty() { &[][..] } else { &environment };
    cargo("tests", &["test", "--workspace", "--all-targets"], asked)?;
    cargo("doc tests", &["test", "--workspace", "--doc"], &[])?;
    cargo(
        "docs",
        &["doc", "--workspace", "--no-deps", "--document-private-items"],
        &[("RUSTDOCFLAGS", "-D warnings")],
    )
}

/// How often each is killed, unless `CONCORDAT_KILLS` says otherwise.
const KILLS: &str = "500";
/// The tests that kill: stores, coordinators, coordinators on Postgres, and the server of the database.
const KILLING: [&str; 3] = ["killed", "killed_on_postgres", "server_killed"];

/// What takes longer than CI has time for: whoever writes is killed again and again, at moments that no run
/// before had.
pub(crate) fn long() -> Result<()> {
    crate::server::has_postgres()?;
    let told = |name: &str| std::env::var(name).ok();
    let drawn = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let kills = told("CONCORDAT_KILLS").unwrap_or_else(|| KILLS.to_owned());
    let seed = told("CONCORDAT_SEED").unwrap_or_else(|| drawn().to_string());
    eprintln!("xtask: CONCORDAT_KILLS={kills} CONCORDAT_SEED={seed} repeats this run");
    let mut arguments = vec!["test", "--workspace"];
    arguments.extend(KILLING.iter().flat_map(|name| ["--test", name]));
    let asked = [("CONCORDAT_KILLS", &*kills), ("CONCORDAT_SEED", &*seed)];
    cargo("kills", &arguments, &asked)?;
    eprintln!(
        "xtask: {kills} kills of a store, of a coordinator, of a coordinator on Postgres or its server, \
         and of a server under one writer"
    );
    Ok(())
}

/// Says what to install where a part of the toolchain is missing.
fn has_components() -> Result<()> {
    let missing: Vec<&str> = [("fmt", "rustfmt"), ("clippy", "clippy")]
        .into_iter()
        .filter(|(command, _)| {
            let mut cargo = Command::new(cargo_path());
            cargo.args([command, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
            !cargo.status().is_ok_and(|status| status.success())
        })
        .map(|(_, component)| component)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    bail!("the toolchain lacks parts: run `rustup component add {}`", missing.join(" "))
}

fn cargo_path() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn cargo(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    eprintln!("xtask: {name}: cargo {}", arguments.join(" "));
    let started = Instant::now();
    let status = Command::new(cargo_path())
        .args(arguments)
        .envs(environment.iter().copied())
        .status()
        .with_context(|| format!("could not start cargo for {name}"))?;
    if !status.success() {
        bail!("{name} failed");
    }
    eprintln!("xtask: {name}: {:.0?}", started.elapsed());
    Ok(())
}
