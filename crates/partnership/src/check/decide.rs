//! What a step leaves out of modules, charters, motions and votes.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Asset, Ballot, Choice, Cited, Deed};
use concordat_terms::{
    ActName, Aspect, AssetId, BodyId, ClauseRef, Date, Digest, MotionId, ProjectId,
};

use semver::Version;

use crate::act::{
    Act, Determination, ModuleEnter, ModuleSign, MotionPropose, MotionVote, NamedModule, OneModule,
    ProjectCharter, VerdictRuling, Vote,
};

use super::fill::{Fill, Unfilled, datasets, id};
use super::world::stand_in;

impl Fill<'_> {
    pub(super) fn module(&mut self, proposes: bool) -> Result<OneModule, Unfilled> {
        let Some(name) = self.deed.names.first() else { return Err(no_module()) };
        Ok(OneModule { module: self.text_of(name, proposes)? })
    }

    /// The text of a module that is meant: its last one, or the version that the step says.
    fn text_of(&mut self, name: &str, proposes: bool) -> Result<Digest, Unfilled> {
        let Ok(name) = name.parse() else {
            return Err(Unfilled::new("this is no module", "write a module's name"));
        };
        let last = self.world.named.modules.get(&name).cloned();
        let left_out = || {
            let (last, _) = last.as_ref()?;
            Some(if proposes { next(last) } else { last.clone() })
        };
        let version = self.deed.version().cloned().or_else(left_out);
        let base = self.agreement().modules().get(&name);
        let Some((base, version)) = base.zip(version) else {
            return Err(Unfilled::new(format!("there is no module `{name}`"), "name another"));
        };
        let text = base.at_version(&version).into_bytes();
        let module = match last.filter(|(last, _)| *last == version) {
            Some((_, digest)) => digest,
            None => Digest::of(&text),
        };
        if proposes {
            self.world.texts.insert_mut(module, text);
            self.world.named.modules.insert(name, (version, module));
        }
        Ok(module)
    }

    /// A signature under each module that the step names, all as one.
    pub(super) fn signatures(&mut self) -> Result<Vec<Act>, Unfilled> {
        let names = self.deed.names.clone();
        let set = names.iter().map(|name| self.text_of(name, false));
        let set = set.collect::<Result<BTreeSet<_>, _>>()?;
        if set.is_empty() {
            return Err(no_module());
        }
        let until = self.deed.day("until").map(Date::start);
        let signs = |module: &Digest| {
            let sign = ModuleSign::of(*module, &set, stand_in(&["document"]));
            Act::ModuleSign(ModuleSign { until, ..sign })
        };
        Ok(set.iter().map(signs).collect())
    }

    pub(super) fn named_module(&self) -> Result<NamedModule, Unfilled> {
        let Some(name) = self.deed.names.first() else { return Err(no_module()) };
        Ok(NamedModule { module: id(name)? })
    }

    pub(super) fn determination(&self) -> Result<Determination, Unfilled> {
        let invalid: BTreeSet<ClauseRef> =
            self.deed.clause("invalid").iter().map(|name| name.cited(self.home)).collect();
        let duties = self.rulings()?;
        let verdicts = self.verdict_ruled();
        if invalid.is_empty() && duties.is_empty() && verdicts.is_empty() {
            let hint = "write `with invalid CLAUSE`, `with duty CLAUSE, ruling owed`, or \
                        `with verdict set-aside`";
            return Err(Unfilled::new("what is ruled is missing", hint));
        }
        Ok(Determination { invalid, duties, verdicts, ..Determination::of(stand_in(&["ruling"])) })
    }

    /// On the verdict whose correction was asked for last.
    fn verdict_ruled(&self) -> BTreeMap<u64, VerdictRuling> {
        let ruling = match self.deed.word("verdict") {
            Some("stands") => VerdictRuling::Stands,
            Some("stayed") => VerdictRuling::Stayed,
            Some(_) => VerdictRuling::SetAside,
            None => return BTreeMap::new(),
        };
        let asked = self.world.state.corrections().max_by_key(|(index, asked)| (asked.at, **index));
        asked.map(|(index, _)| (*index, ruling)).into_iter().collect()
    }

    pub(super) fn modules(&self) -> Result<ModuleEnter, Unfilled> {
        let last = |name: &String| Some(self.world.named.modules.get(&name.parse().ok()?)?.1);
        let modules: BTreeSet<Digest> = self.deed.names.iter().filter_map(last).collect();
        if modules.is_empty() {
            let what = "which modules enter is missing";
            return Err(Unfilled::new(what, "write their names after the act"));
        }
        Ok(ModuleEnter { modules })
    }
}

/// The next version that adds something: what is in force is not proposed again.
fn next(last: &Version) -> Version {
    Version::new(last.major, last.minor.saturating_add(1), 0)
}

impl Fill<'_> {
    pub(super) fn charter(&mut self) -> Result<ProjectCharter, Unfilled> {
        let agreement = self.agreement();
        let first = datasets(agreement).next();
        let purposes: BTreeSet<_> = match self.deed.purposes.as_slice() {
            [] => first.iter().filter_map(|asset| asset.terms.purposes.first().cloned()).collect(),
            said => said.iter().cloned().collect(),
        };
        let fits = |asset: &Cited<'_, Asset>| {
            purposes.iter().all(|purpose| asset.terms.purposes.contains(purpose))
        };
        let assets: BTreeSet<AssetId> = match self.deed.on.as_slice() {
            [] => agreement.assets().filter(fits).filter_map(|asset| asset.id()).collect(),
            said => said.iter().cloned().collect(),
        };
        let home = || agreement.objectives().next().map(|objective| objective.clause);
        let named = self
            .deed
            .clause("objective")
            .map(|name| ClauseRef::new(name.module.as_ref().unwrap_or(self.home), &name.clause));
        let Some(objective) = named.or_else(home) else {
            let what = "no clause states an objective";
            return Err(Unfilled::new(what, "add a clause `objective = \"…\"`"));
        };
        let project: ProjectId = self.makes("project")?;
        self.world.named.project = Some(project.clone());
        let charter = stand_in(&["charter", project.as_str()]);
        Ok(ProjectCharter { project, charter, objective, assets, purposes })
    }

    pub(super) fn project(&mut self) -> Result<ProjectId, Unfilled> {
        let project = self.takes(self.world.named.project.as_ref(), "project")?;
        self.world.named.project = Some(project.clone());
        Ok(project)
    }

    pub(super) fn motion(&mut self) -> Result<MotionPropose, Unfilled> {
        let Some(Choice::Do(act, subject)) = &self.deed.choice else {
            return Err(Unfilled::new("what the motion is to do is missing", "write `to ACT`"));
        };
        let gated = self.agreement().gates(*act).find_map(|gate| gate.terms.motion.clone());
        let body = self.body_or(gated)?;
        let decision = self.decision(*act, subject.as_deref())?;
        let motion: MotionId = self.makes("motion")?;
        self.world.named.motion = Some(motion.clone());
        let fast = self.deed.word("fast").is_some();
        Ok(MotionPropose { fast, ..MotionPropose::of(motion, body, decision) })
    }

    /// The body that the step names; else the one that is meant, or the first.
    pub(super) fn body_or(&self, meant: Option<BodyId>) -> Result<BodyId, Unfilled> {
        let first = || self.agreement().bodies().next().and_then(|body| body.id());
        let named = self.deed.word("body").and_then(|body| body.parse().ok());
        named.or(meant).or_else(first).ok_or_else(|| {
            Unfilled::new("no clause constitutes a body", "add a clause `body = \"…\"`")
        })
    }

    /// What a motion is to do: filled like a step that does it.
    fn decision(&mut self, act: ActName, subject: Option<&str>) -> Result<Act, Unfilled> {
        if !act.about().contains(&Aspect::Decision) {
            let what = format!("no body decides `{act}`");
            return Err(Unfilled::new(what, "write the step for another act"));
        }
        let names = subject.map(str::to_owned).into_iter().collect();
        let mut deed: Deed = self.deed.clone();
        (deed.act, deed.names, deed.choice) = (act, names, None);
        let mut fill = Fill {
            world: self.world,
            outside: self.outside,
            noises: self.noises,
            home: self.home,
            deed: &deed,
            party: self.party,
            before: Vec::new(),
        };
        let mut acts = fill.acts()?;
        self.before.append(&mut fill.before);
        acts.pop().ok_or_else(|| Unfilled::new("nothing is to be done", "name an act"))
    }

    pub(super) fn motion_name(&mut self) -> Result<MotionId, Unfilled> {
        let motion = self.takes(self.world.named.motion.as_ref(), "motion")?;
        self.world.named.motion = Some(motion.clone());
        Ok(motion)
    }

    pub(super) fn vote(&mut self) -> Result<MotionVote, Unfilled> {
        let vote = match self.deed.choice {
            Some(Choice::Vote(Ballot::Against)) => Vote::Against,
            Some(Choice::Vote(Ballot::Abstain)) => Vote::Abstain,
            _ => Vote::For,
        };
        Ok(MotionVote { motion: self.motion_name()?, vote })
    }
}

fn no_module() -> Unfilled {
    Unfilled::new("which module is meant is missing", "write its name after the act")
}
