//! The steps of `cargo xtask test`, in the order in which they fail fastest.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// Runs every step; stops at the first that fails.
pub(crate) fn test() -> Result<()> {
    cargo("format", &["fmt", "--all", "--check"], &[])?;
    crate::deps::check()?;
    cargo("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[])?;
    cargo("tests", &["test", "--workspace", "--all-targets"], &[])?;
    cargo("doc tests", &["test", "--workspace", "--doc"], &[])?;
    cargo(
        "docs",
        &["doc", "--workspace", "--no-deps", "--document-private-items"],
        &[("RUSTDOCFLAGS", "-D warnings")],
    )
}

fn cargo(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    eprintln!("xtask: {name}: cargo {}", arguments.join(" "));
    let started = Instant::now();
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
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
