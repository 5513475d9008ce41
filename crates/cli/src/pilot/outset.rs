//! What the pilot starts from: an agreement in a folder, a plan, a recipe, and rows per holder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use concordat_agreement::{Agreement, Cited, Module, RunKind, Terms, assemble, is_module};
use concordat_data::Table;
use concordat_learn::{Recipe, Units};
use concordat_node::plan::calibrated;
use concordat_partnership::Act;
use concordat_partnership::act::{Plan, RunPropose};
use concordat_replay::prove;
use concordat_terms::{ActName, Digest, ModuleId, PartyId};
use concordat_wire::act::payload;
use serde_json::Value;

use super::cast::Cast;
use super::example::Example;
use super::judged::judge;
use super::{fault_of, mendable};
use crate::failure::Failure;
use crate::files;
use crate::plan_file::{self, PlanFile};

/// An example that is known to be one: everything in it was read, fits together, and its run is
/// one that the agreement allows.
pub(crate) struct Outset {
    pub(crate) agreement: Agreement,
    pub(crate) cast: Cast,
    /// Modules that can be in force before the data contract, in the folder where they are laid
    /// out.
    pub(crate) first: Vec<PathBuf>,
    /// The data contract and what needs it.
    pub(crate) rest: Vec<PathBuf>,
    pub(crate) plan: PathBuf,
    /// Whether it is the example that comes with the binary, on public rows.
    pub(crate) own: bool,
    /// What that file says.
    pub(crate) wished: PlanFile,
    pub(crate) learned: Recipe,
    /// Each holder's rows.
    pub(crate) tables: BTreeMap<PartyId, Rows>,
}

/// A holder's rows.
pub(crate) struct Rows {
    /// As they lie in the example.
    pub(crate) bytes: Vec<u8>,
    /// As a node reads them.
    pub(crate) table: Table,
    /// As numbers under the recipe.
    pub(crate) units: Units,
}

impl Outset {
    /// Reads an example that is to be laid out in `dir`: every `*.md` with a module, `plan.toml`,
    /// the recipe it names, and `data/<holder>.csv`. Nothing is created.
    ///
    /// # Errors
    /// What in it cannot be used, by the name of the file that a person has to mend.
    pub(crate) fn of(example: &Example, dir: &Path) -> Result<Self, Failure> {
        let (agreement, names) = agreement(example)?;
        let cast = Cast::of(&agreement)?;
        let (plan, learned) = plan(example, &cast)?;
        let tables = tables(example, &agreement, &cast, &learned)?;
        let (first, rest) = split(&agreement);
        let laid = |ids: &BTreeSet<ModuleId>| {
            ids.iter().filter_map(|id| Some(dir.join(names.get(id)?))).collect::<Vec<_>>()
        };
        let outset = Self {
            first: laid(&first),
            rest: laid(&rest),
            agreement,
            cast,
            plan: dir.join(PLAN),
            own: example.is_own(),
            wished: plan,
            learned,
            tables,
        };
        judge(example, &outset)?;
        Ok(outset)
    }

    /// The plan as it would be proposed on these versions of the holders' rows, and its recipe's
    /// bytes.
    ///
    /// # Errors
    /// Why nobody can propose it.
    pub(crate) fn plan_on(
        &self,
        version: impl Fn(&PartyId) -> Digest,
    ) -> Result<(Plan, Vec<u8>), Failure> {
        let datasets = self.cast.holders.iter().map(|h| (h.clone(), version(h))).collect();
        calibrated(&self.agreement, &self.wished.wish(datasets), &self.learned)
            .map_err(Failure::Usage)
    }

    /// The plan on datasets that nobody has registered yet, for a run of this name.
    ///
    /// # Errors
    /// As [`Outset::plan_on`].
    pub(crate) fn bare_plan(&self, run: &str) -> Result<Value, Failure> {
        let (plan, _) = self.plan_on(|holder| Digest::of(holder.as_str().as_bytes()))?;
        let run = run.parse().map_err(|_| fault_of("a run has no name"))?;
        payload(&Act::RunPropose(RunPropose { run, plan })).map_err(|why| fault_of(&why))
    }
}

/// The plan's file in an example.
pub(super) const PLAN: &str = "plan.toml";

/// The modules together, and the file of each.
fn agreement(example: &Example) -> Result<(Agreement, BTreeMap<ModuleId, String>), Failure> {
    let mut names = BTreeMap::new();
    let mut modules = Vec::new();
    for name in example.names().filter(|name| name.ends_with(".md") && !name.contains('/')) {
        let bytes = example.need(name)?;
        if is_module(bytes) {
            let module = files::module(&example.path(name), bytes)
                .map_err(|found| files::unreadable(&found))?;
            names.insert(module.id.clone(), name.to_owned());
            modules.push(module);
        }
    }
    if modules.is_empty() {
        let what = format!("there is no module in `{}`", example.path("").display());
        return Err(Failure::usage("no-module", what, "name the folder of an example"));
    }
    let (agreement, _) = assemble(modules).map_err(|found| files::unreadable(&found))?;
    let proved = prove(agreement).map_err(|impossible| {
        Failure::usage("parameters-impossible", impossible.to_string(), "mend the clause")
    })?;
    Ok((proved.agreement, names))
}

/// The plan, which is to be for what the agreement lets the cast do, and its recipe.
fn plan(example: &Example, cast: &Cast) -> Result<(PlanFile, Recipe), Failure> {
    let path = example.path(PLAN);
    let bad = |why: String| {
        let what = format!("`{}` cannot be proposed: {why}", path.display());
        Failure::usage("bad-plan", what, "compare it with examples/heart/plan.toml")
    };
    let text = std::str::from_utf8(example.need(PLAN)?)
        .map_err(|e| bad(format!("it is no text in UTF-8: {e}")))?;
    let plan = PlanFile::parse(&path, text)?;
    let expected = [
        ("asset", plan.asset.as_str(), cast.dataset.as_str()),
        ("model", plan.model.as_ref().map_or("none", |model| model.as_str()), cast.model.as_str()),
        ("purpose", plan.purpose.as_str(), cast.purpose.as_str()),
    ];
    if let Some((field, found, agreed)) = expected.iter().find(|(_, found, agreed)| found != agreed)
    {
        return Err(bad(format!("`{field}` is `{found}`, and the agreement's is `{agreed}`")));
    }
    if plan.kind != RunKind::Train {
        return Err(bad("the pilot trains: write `kind = \"train\"`".to_owned()));
    }
    let name = plan.recipe.to_str().filter(|name| !name.contains('/'));
    let name = name.ok_or_else(|| bad("the recipe lies beside the plan".to_owned()))?;
    let learned = plan_file::recipe(&example.path(name), example.need(name)?)?;
    Ok((plan, learned))
}

/// The rows of every holder, which fit the agreement's schema and the recipe.
fn tables(
    example: &Example,
    agreement: &Agreement,
    cast: &Cast,
    learned: &Recipe,
) -> Result<BTreeMap<PartyId, Rows>, Failure> {
    let Some(Cited { terms: asset, .. }) = agreement.asset(&cast.dataset) else {
        return Err(mendable(
            "pilot-lacks",
            format!("the agreement has no asset `{}`", cast.dataset),
            "add its clause",
        ));
    };
    let mut tables = BTreeMap::new();
    for holder in &cast.holders {
        let name = format!("data/{holder}.csv");
        let bytes = example.need(&name)?;
        let unfit = |fault: concordat_data::Fault| {
            let mut problem = fault.problem();
            problem.what = format!("`{}`: {}", example.path(&name).display(), problem.what);
            Failure::Usage(problem)
        };
        let table = Table::read(bytes, asset).map_err(unfit)?;
        let units = table.units(learned).map_err(unfit)?;
        tables.insert(holder.clone(), Rows { bytes: bytes.to_vec(), table, units });
    }
    Ok(tables)
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
