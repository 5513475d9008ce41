//! The steps of `cargo xtask test`, in the order in which they fail fastest.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Instant;

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
