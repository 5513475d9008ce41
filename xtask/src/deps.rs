//! The borders between crates, as `ARCHITECTURE.md` draws them: any other arrow fails.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each crate may depend on, tests aside. A crate that is not listed may not exist.
const ALLOWED: &[(&str, &[&str])] = &[
    ("terms", &[]),
    ("tlog", &["terms"]),
    ("agreement", &["terms"]),
    ("evidence", &["terms"]),
    ("partnership", &["terms", "agreement", "evidence"]),
    ("secagg", &["terms"]),
    ("dp", &["terms"]),
    ("learn", &["terms", "dp"]),
    ("wire", &["terms", "agreement", "evidence", "partnership", "tlog", "secagg", "dp", "learn"]),
    ("replay", &["terms", "tlog", "wire", "partnership", "agreement", "secagg", "dp"]),
    ("store", &["terms"]),
    ("data", &["terms", "agreement", "learn"]),
    ("console", &["terms", "agreement", "partnership", "wire"]),
    (
        "coordinator",
        &[
            "terms",
            "tlog",
            "agreement",
            "partnership",
            "secagg",
            "dp",
            "learn",
            "wire",
            "replay",
            "store",
            "console",
        ],
    ),
    (
        "node",
        &[
            "terms",
            "tlog",
            "agreement",
            "partnership",
            "secagg",
            "dp",
            "learn",
            "wire",
            "replay",
            "store",
            "data",
        ],
    ),
    (
        "cli",
        &[
            "terms",
            "tlog",
            "agreement",
            "partnership",
            "secagg",
            "dp",
            "learn",
            "wire",
            "replay",
            "store",
            "data",
            "console",
            "coordinator",
            "node",
        ],
    ),
];

/// Crates that may never, even through others, reach I/O libraries.
const PURE: &[&str] = &[
    "terms",
    "tlog",
    "agreement",
    "evidence",
    "partnership",
    "secagg",
    "dp",
    "learn",
    "wire",
    "replay",
];

/// Libraries of the shell.
const SHELL_ONLY: &[&str] =
    &["tokio", "axum", "hyper", "rusqlite", "object_store", "ureq", "rustls", "getrandom", "clap"];

/// Fails on any arrow that is not drawn.
pub(crate) fn check() -> Result<()> {
    let metadata = MetadataCommand::new().no_deps().exec()?;
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        ALLOWED.iter().map(|(name, to)| (*name, to.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let Some(name) = package.name.strip_prefix("concordat-") else {
            if package.name.as_str() != "xtask" {
                wrong.push(format!("`{}` is not a crate of the drawing", package.name));
            }
            continue;
        };
        let Some(to) = allowed.get(name) else {
            wrong.push(format!("`{name}` is not a crate of the drawing"));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            match dependency.name.strip_prefix("concordat-") {
                Some(other) if !to.contains(other) => {
                    wrong.push(format!("`{name}` may not depend on `{other}`"));
                }
                None if PURE.contains(&name) && SHELL_ONLY.contains(&dependency.name.as_str()) => {
                    wrong.push(format!("`{name}` is pure and may not use `{}`", dependency.name));
                }
                _ => {}
            }
        }
    }
    if wrong.is_empty() {
        eprintln!("xtask: deps: {} crates, every arrow is drawn", metadata.packages.len());
        return Ok(());
    }
    bail!("deps: {}\nsee: ARCHITECTURE.md#borders", wrong.join("\ndeps: "))
}
