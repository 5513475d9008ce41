//! What the pilot starts from: an agreement in a folder, a plan, a recipe, and rows per holder.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use concordat_agreement::{Agreement, Module, Terms, assemble, read};
use concordat_learn::Recipe;
use concordat_terms::{ActName, Diagnostic, Digest, ModuleId, Problem, jcs};
use serde::Deserialize;
use serde_json::{Value, json};

use super::cast::Cast;
use super::fault;

/// An example laid out in a folder.
pub(crate) struct Outset {
    pub(crate) dir: PathBuf,
    pub(crate) agreement: Agreement,
    /// Modules that can be in force before the data contract.
    pub(crate) first: Vec<PathBuf>,
    /// The data contract and what needs it.
    pub(crate) rest: Vec<PathBuf>,
    pub(crate) plan: PathBuf,
    pub(crate) run: String,
    pub(crate) project: String,
    pub(crate) learned: Recipe,
}

/// The parts of a plan file that the pilot itself reads.
#[derive(Deserialize)]
struct Names {
    run: String,
    project: String,
    recipe: PathBuf,
}

impl Outset {
    /// Reads `dir`: every `*.md` with a module block, `plan.toml`, and the recipe it names.
    pub(crate) fn read(dir: &Path) -> Result<Self, Problem> {
        let mut paths = BTreeMap::new();
        let mut modules = Vec::new();
        for path in markdown(dir)? {
            let bytes = fs::read(&path).map_err(|e| fault("read", &path, &e))?;
            if !String::from_utf8_lossy(&bytes).contains("```module") {
                continue;
            }
            let module = read(&path.display().to_string(), &bytes).map_err(|f| broken(&f))?;
            paths.insert(module.id.clone(), path);
            modules.push(module);
        }
        let (agreement, _) = assemble(modules).map_err(|f| broken(&f))?;
        let (first, rest) = split(&agreement);
        let named = |ids: &BTreeSet<ModuleId>| {
            ids.iter().filter_map(|id| paths.get(id).cloned()).collect::<Vec<_>>()
        };
        let plan = dir.join("plan.toml");
        let text = fs::read_to_string(&plan).map_err(|e| fault("read", &plan, &e))?;
        let names: Names = toml::from_str(&text).map_err(|e| {
            Problem::new(
                "plan-unreadable",
                format!("`{}` is not a plan: {}", plan.display(), e.message()),
                "compare it with `examples/heart/plan.toml`",
                "docs/reference/faults.md",
            )
        })?;
        let recipe = dir.join(&names.recipe);
        let bytes = fs::read(&recipe).map_err(|e| fault("read", &recipe, &e))?;
        let learned: Recipe = serde_json::from_slice(&bytes).map_err(|e| {
            Problem::new(
                "recipe-unreadable",
                format!("`{}` is not a recipe: {e}", recipe.display()),
                "compare it with `examples/heart/recipe.json`",
                "docs/reference/faults.md",
            )
        })?;
        Ok(Self {
            dir: dir.to_owned(),
            first: named(&first),
            rest: named(&rest),
            agreement,
            plan,
            run: names.run,
            project: names.project,
            learned,
        })
    }

    /// A holder's rows.
    pub(crate) fn table(&self, party: &str) -> PathBuf {
        self.dir.join("data").join(format!("{party}.csv"))
    }

    /// A plan on datasets that nobody has registered yet.
    pub(crate) fn bare_plan(&self, cast: &Cast, run: &str) -> Result<Value, Problem> {
        let datasets: BTreeMap<&str, Digest> =
            cast.holders.iter().map(|h| (h.as_str(), Digest::of(h.as_str().as_bytes()))).collect();
        let recipe = jcs::to_bytes(&self.learned).map_err(|e| {
            let hint = "compare it with `examples/heart/recipe.json`";
            Problem::new("recipe-unreadable", e.to_string(), hint, "docs/reference/faults.md")
        })?;
        Ok(json!({ "run": run, "plan": {
            "project": self.project,
            "kind": "train",
            "purpose": cast.purpose,
            "asset": cast.dataset,
            "datasets": datasets,
            "model": cast.model,
            "recipe": Digest::of(&recipe),
            "code": concordat_node::plan::CODE.to_string(),
            "rounds": self.learned.rounds,
            "retries": 0,
            "sampling_rate": self.learned.sampling_rate,
            "noise": "8",
            "clip": self.learned.clip,
            "dimension": self.learned.dimension(),
        }}))
    }
}

/// Modules that run proposals need, with everything that needs those; and the others.
fn split(agreement: &Agreement) -> (BTreeSet<ModuleId>, BTreeSet<ModuleId>) {
    let modules = agreement.modules();
    let permits = |module: &Module| {
        module.clauses.values().any(|clause| {
            matches!(&clause.terms, Terms::Permit(rule) if rule.act == ActName::RunPropose)
        })
    };
    let mut rest: BTreeSet<ModuleId> =
        modules.values().filter(|m| permits(m)).map(|m| m.id.clone()).collect();
    loop {
        let more: Vec<ModuleId> = modules
            .values()
            .filter(|m| !rest.contains(&m.id) && m.needs.keys().any(|need| rest.contains(need)))
            .map(|m| m.id.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        rest.extend(more);
    }
    let first: BTreeSet<ModuleId> =
        modules.keys().filter(|id| !rest.contains(*id)).cloned().collect();
    let alone = modules.values().filter(|m| first.contains(&m.id)).cloned();
    if assemble(alone).is_ok() {
        (first, rest)
    } else {
        (modules.keys().cloned().collect(), BTreeSet::new())
    }
}

fn markdown(dir: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(|e| fault("read", dir, &e))? {
        let path = entry.map_err(|e| fault("read", dir, &e))?.path();
        if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn broken(findings: &[Diagnostic]) -> Problem {
    let first = findings.first().map(|d| format!("{}: {}", d.span, d.what)).unwrap_or_default();
    Problem::new(
        "agreement-broken",
        format!("the agreement cannot enter into force: {first}"),
        "run `concordat check` on the folder and mend what it finds",
        "docs/reference/diagnostics.md",
    )
}
