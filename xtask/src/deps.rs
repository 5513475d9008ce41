//! The borders between crates, as `ARCHITECTURE.md` draws them: any other arrow fails.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::{Context, Result, bail};
use cargo_metadata::{
    DependencyKind, Metadata, MetadataCommand, Node, NodeDep, Package, PackageId,
};

use crate::licences;

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
    ("front", &["terms"]),
    ("sandbox", &[]),
    ("witness", &["terms", "tlog", "store", "front"]),
    ("data", &["terms", "agreement", "learn", "store"]),
    ("sim", &["terms", "tlog", "agreement", "partnership", "wire", "replay"]),
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
            "front",
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
            "sandbox",
        ],
    ),
    (
        "cli",
        &[
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
            "store",
            "data",
            "sandbox",
            "console",
            "front",
            "witness",
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
const SHELL_ONLY: &[&str] = &[
    "tokio",
    "axum",
    "hyper",
    "rusqlite",
    "tokio-postgres",
    "object_store",
    "ureq",
    "rustls",
    "getrandom",
    "clap",
];

/// Fails on any arrow that is not drawn, and on any licence that is not permissive.
pub(crate) fn check() -> Result<()> {
    let metadata = metadata()?;
    let members = metadata.workspace_packages();
    let mut wrong: Vec<String> = members.iter().flat_map(|package| arrows(package)).collect();
    let graph = Graph::of(&metadata)?;
    for package in &members {
        let pure = package.name.strip_prefix("concordat-").filter(|name| PURE.contains(name));
        let Some(name) = pure else { continue };
        for path in graph.paths(&package.id, SHELL_ONLY) {
            wrong.push(format!("`{name}` is pure and may not use {path}"));
        }
    }
    wrong.extend(licences::offenders(&metadata.packages));
    if wrong.is_empty() {
        let (crates, all) = (members.len(), metadata.packages.len());
        eprintln!("xtask: deps: {crates} crates, every arrow is drawn; {all} permissive licences");
        return Ok(());
    }
    bail!("deps: {}\nsee: ARCHITECTURE.md#borders", wrong.join("\ndeps: "))
}

/// What cargo resolved, of the lockfile as it is. The network is asked only on a machine that has
/// not got all packages yet.
fn metadata() -> Result<Metadata> {
    let ask = |how: &[&str]| {
        let how = how.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        MetadataCommand::new().other_options(how).exec()
    };
    Ok(ask(&["--locked", "--offline"]).or_else(|_| ask(&["--locked"]))?)
}

/// The arrows of a crate of ours to others of ours that are not in the drawing.
fn arrows(package: &Package) -> Vec<String> {
    let Some(name) = package.name.strip_prefix("concordat-") else {
        let tool = package.name.as_str() == "xtask";
        let stranger = (!tool).then(|| format!("`{}` is not a crate of the drawing", package.name));
        return stranger.into_iter().collect();
    };
    let Some((_, to)) = ALLOWED.iter().find(|(crate_of, _)| *crate_of == name) else {
        return vec![format!("`{name}` is not a crate of the drawing")];
    };
    let used = package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
    let ours = used.filter_map(|d| d.name.strip_prefix("concordat-"));
    ours.filter(|other| !to.contains(other))
        .map(|other| format!("`{name}` may not depend on `{other}`"))
        .collect()
}

/// Which package runs which others: dependencies of tests and of build scripts are left out, and
/// so are procedural macros, which run in the compiler.
struct Graph<'a> {
    packages: BTreeMap<&'a PackageId, &'a Package>,
    uses: BTreeMap<&'a PackageId, Vec<&'a PackageId>>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Metadata) -> Result<Self> {
        let packages: BTreeMap<_, _> = metadata.packages.iter().map(|p| (&p.id, p)).collect();
        let resolve = metadata.resolve.as_ref().context("cargo resolved nothing")?;
        let runs = |id: &PackageId| {
            let found = packages.get(id);
            found.is_some_and(|p| !p.targets.iter().any(|target| target.is_proc_macro()))
        };
        let normal = |d: &&NodeDep| d.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal);
        let of = |node: &'a Node| {
            let used = node.deps.iter().filter(normal).map(|dep| &dep.pkg);
            (&node.id, used.filter(|id| runs(id)).collect())
        };
        let uses = resolve.nodes.iter().map(of).collect();
        Ok(Self { packages, uses })
    }

    /// The ways from a package to any of these, the first package left out.
    fn paths(&self, from: &'a PackageId, to: &[&str]) -> Vec<String> {
        let mut known = BTreeSet::from([from]);
        let mut paths = Vec::new();
        let mut ahead: VecDeque<(&PackageId, String)> = VecDeque::from([(from, String::new())]);
        while let Some((id, way)) = ahead.pop_front() {
            for next in self.uses.get(id).into_iter().flatten().filter(|next| known.insert(next)) {
                let Some(name) = self.packages.get(next).map(|package| package.name.as_str())
                else {
                    continue;
                };
                let through = if way.is_empty() { "" } else { " -> " };
                let way = format!("{way}{through}`{name}`");
                if to.contains(&name) {
                    paths.push(way);
                } else {
                    ahead.push_back((next, way));
                }
            }
        }
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_crate_uses_through_others_is_found() {
        let metadata = metadata().unwrap();
        let graph = Graph::of(&metadata).unwrap();
        let of = |name: &str| {
            metadata.packages.iter().find(|package| package.name.as_str() == name).unwrap()
        };
        // A node reads holders' databases where it reads their tables.
        let paths = graph.paths(&of("concordat-node").id, &["rusqlite"]);
        assert_eq!(paths, ["`concordat-data` -> `rusqlite`"]);
        assert_eq!(graph.paths(&of("concordat-replay").id, SHELL_ONLY), [""; 0]);
        // What a macro needs in the compiler is not what a crate runs.
        assert!(graph.paths(&of("concordat-terms").id, &["syn"]).is_empty());
    }
}
