//! What a step leaves out is given the plainest value that the agreement in force allows.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::str::FromStr;

use concordat_agreement::{Agreement, Asset, AssetKind, Ballot, Choice, Cited, Deed, Given, Place};
use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, Cost, Digest, ModuleId, MotionId, PartyId, PlaceId,
    ProjectId, RunId, SeatId,
};

use crate::act::{
    AbortReason, Act, CodeApproval, DatasetRegister, DatasetWithdraw, Decision, Determination,
    EvidenceSubmit, ModuleEnter, ModuleSign, MotionExecute, MotionPropose, MotionVote, NamedModule,
    OneModule, OneProject, OneRun, PlaceRegister, ProjectCharter, Release, RunAbort, RunClose,
    RunJoin, Vote,
};
use crate::judge::SIGNATORY;

use super::Outside;
use super::plan::{self, Noises};
use super::world::{World, stand_in};

/// Acts that every party does for itself.
const OWN: [ActName; 9] = [
    ActName::PlaceRegister,
    ActName::DatasetRegister,
    ActName::DatasetWithdraw,
    ActName::CodeApprove,
    ActName::CodeRevoke,
    ActName::RunApprove,
    ActName::RunJoin,
    ActName::MotionVote,
    ActName::ModuleSign,
];

/// An act of a step, with everything in it.
pub(super) struct Filled {
    pub(super) signers: Vec<(SeatId, PartyId)>,
    pub(super) act: Act,
    /// Whether the step's verdict is about it; what has to be done before is not counted.
    pub(super) counts: bool,
}

/// What is left out and has no plainest value, and what would help.
pub(super) struct Unfilled {
    pub(super) what: String,
    pub(super) hint: &'static str,
}

impl Unfilled {
    pub(super) fn new(what: impl Into<String>, hint: &'static str) -> Self {
        Self { what: what.into(), hint }
    }
}

/// Who acts: the party that the step names, every party of the seat, or its first.
pub(super) fn parties(world: &World, deed: &Deed) -> Vec<PartyId> {
    if let Some(party) = &deed.party {
        return vec![party.clone()];
    }
    let agreement = world.state.agreement();
    let all: Vec<PartyId> = if deed.seat.as_str() == SIGNATORY {
        agreement.parties().filter_map(|party| party.id()).collect()
    } else {
        agreement.seat(&deed.seat).map(|s| s.terms.filled_by.clone()).unwrap_or_default()
    };
    if deed.each || OWN.contains(&deed.act) {
        return all;
    }
    let run = deed.names.first().and_then(|name| name.parse().ok()).or(world.named.run.clone());
    let run = run.and_then(|run| world.state.runs().get(&run));
    let joined = |party: &&PartyId| run.is_some_and(|run| run.joined.contains(*party));
    let closer = all.iter().find(joined).filter(|_| deed.act == ActName::RunClose);
    closer.or(all.first()).cloned().into_iter().collect()
}

/// The acts that a step means when this party does it.
pub(super) fn acts(
    world: &mut World,
    (outside, noises): (Outside, &Noises),
    home: &ModuleId,
    deed: &Deed,
    party: &PartyId,
) -> Result<Vec<Filled>, Unfilled> {
    let mut fill = Fill { world, outside, noises, home, deed, party, before: Vec::new() };
    let acts = fill.acts()?;
    let filled =
        |act: &Act, counts| Filled { signers: fill.signers(act), act: act.clone(), counts };
    let before = fill.before.iter().map(|act| filled(act, false));
    Ok(before.chain(acts.iter().map(|act| filled(act, true))).collect())
}

/// One party's part of a step while it is being filled.
pub(super) struct Fill<'a> {
    pub(super) world: &'a mut World,
    pub(super) outside: Outside,
    pub(super) noises: &'a Noises,
    /// The module that holds the scenario.
    home: &'a ModuleId,
    pub(super) deed: &'a Deed,
    pub(super) party: &'a PartyId,
    /// What has to be done first.
    before: Vec<Act>,
}

impl Fill<'_> {
    fn acts(&mut self) -> Result<Vec<Act>, Unfilled> {
        Ok(vec![match self.deed.act {
            ActName::ModulePropose => Act::ModulePropose(self.module(true)?),
            ActName::ModuleSign => {
                let OneModule { module } = self.module(false)?;
                Act::ModuleSign(ModuleSign { module, document: stand_in(&["document"]) })
            }
            ActName::ModuleEnter => Act::ModuleEnter(self.modules()?),
            ActName::ModuleSuspend => Act::ModuleSuspend(self.named_module()?),
            ActName::ModuleResume => Act::ModuleResume(self.named_module()?),
            ActName::ModuleTerminate => Act::ModuleTerminate(self.named_module()?),
            ActName::DeterminationEnter => Act::DeterminationEnter(self.determination()?),
            ActName::PlaceRegister => Act::PlaceRegister(self.place()?),
            ActName::DatasetRegister => return self.on_each(Self::register),
            ActName::DatasetWithdraw => return self.on_each(Self::withdraw),
            ActName::CodeApprove => return self.on_each(|f, a| Ok(Act::CodeApprove(f.code(a)))),
            ActName::CodeRevoke => return self.on_each(|f, a| Ok(Act::CodeRevoke(f.code(a)))),
            ActName::ProjectCharter => Act::ProjectCharter(self.charter()?),
            ActName::ProjectOpen => Act::ProjectOpen(OneProject { project: self.project()? }),
            ActName::ProjectEnd => Act::ProjectEnd(OneProject { project: self.project()? }),
            ActName::MotionPropose => Act::MotionPropose(self.motion()?),
            ActName::MotionVote => Act::MotionVote(self.vote()?),
            ActName::MotionExecute => {
                Act::MotionExecute(MotionExecute { motion: self.motion_name()? })
            }
            ActName::RunPropose => Act::RunPropose(plan::proposal(self)?),
            ActName::RunApprove => Act::RunApprove(OneRun { run: self.run()? }),
            ActName::RunOpen => Act::RunOpen(OneRun { run: self.run()? }),
            ActName::RunJoin => Act::RunJoin(self.join()?),
            ActName::RunClose => Act::RunClose(self.close()?),
            ActName::RunAbort => Act::RunAbort(self.abort()?),
            ActName::EvidenceSubmit => Act::EvidenceSubmit(self.evidence()?),
            ActName::ReleasePropose => Act::ReleasePropose(Release { model: self.model() }),
            ActName::ReleasePromote => Act::ReleasePromote(Release { model: self.model() }),
            act => {
                let what = format!("`{act}` cannot be a step");
                return Err(Unfilled::new(what, "leave the step out"));
            }
        }])
    }

    fn agreement(&self) -> &Agreement {
        self.world.state.agreement()
    }

    /// Who signs: who acts, and under a result everybody else who joined.
    fn signers(&self, act: &Act) -> Vec<(SeatId, PartyId)> {
        let seat = &self.deed.seat;
        let mut signers = vec![(seat.clone(), self.party.clone())];
        if let Act::RunClose(close) = act {
            // Beside who acts: those whose contributions are summed, for that seat.
            let of = self.agreement().aggregation().map(|a| a.terms.of.clone());
            let of = of.unwrap_or_else(|| seat.clone());
            let joined = self.world.state.runs().get(&close.run).map(|run| run.joined.clone());
            let joined = joined.unwrap_or_default();
            let own = joined.contains(self.party);
            let others = joined.into_iter().filter(|party| party != self.party);
            let most = self.deed.count("signers").map_or(usize::MAX, |n| n as usize);
            let most = most.saturating_sub(usize::from(own));
            signers.extend(others.take(most).map(|party| (of.clone(), party)));
        }
        signers
    }

    /// The step's name for what it makes; the noun, if there is none.
    pub(super) fn makes<T: FromStr>(&self, noun: &str) -> Result<T, Unfilled> {
        id(self.deed.names.first().map_or(noun, String::as_str))
    }

    /// The step's name for what it takes up; what was named last, if there is none.
    fn takes<T: FromStr + Clone>(&self, last: Option<&T>, noun: &str) -> Result<T, Unfilled> {
        match (self.deed.names.first(), last) {
            (None, Some(last)) => Ok(last.clone()),
            (name, _) => id(name.map_or(noun, String::as_str)),
        }
    }

    fn on_each(
        &mut self,
        act: fn(&mut Self, AssetId) -> Result<Act, Unfilled>,
    ) -> Result<Vec<Act>, Unfilled> {
        let mut assets = self.deed.on.clone();
        if assets.is_empty() {
            let held = |asset: &Cited<'_, Asset>| asset.terms.holder == self.deed.seat;
            let datasets = || datasets(self.agreement());
            assets.extend(datasets().find(held).or_else(|| datasets().next()).and_then(|a| a.id()));
        }
        if assets.is_empty() {
            return Err(no_dataset());
        }
        assets.into_iter().map(|asset| act(self, asset)).collect()
    }

    /// Where the step says, or class 3 at home: no condition on a class is missed by accident.
    fn home(&self) -> Result<Place, Unfilled> {
        let home = || {
            let party = self.agreement().party(self.party)?;
            let jurisdiction = party.terms.jurisdictions.first()?.clone();
            Some(Place { class: 3, jurisdiction })
        };
        self.deed.at.clone().or_else(home).ok_or_else(|| {
            let what = format!("`{}` has no jurisdiction", self.party);
            Unfilled::new(what, "say where, like `at 2 BE`")
        })
    }

    fn place(&mut self) -> Result<PlaceRegister, Unfilled> {
        let name = self.makes("place")?;
        self.registered(name)
    }

    fn registered(&mut self, place: PlaceId) -> Result<PlaceRegister, Unfilled> {
        let Place { class, jurisdiction } = self.home()?;
        self.world.named.places.insert(self.party.clone(), place.clone());
        Ok(PlaceRegister { place, class, jurisdiction })
    }

    /// The place of a dataset: the party's last, or a new one where it has none as the step says.
    fn place_of_dataset(&mut self) -> Result<PlaceId, Unfilled> {
        let places = self.world.state.places();
        let last = self.world.named.places.get(self.party);
        let fits = |place: &PlaceId| {
            places.get(&(self.party.clone(), place.clone())).is_some_and(|registered| {
                self.deed.at.as_ref().is_none_or(|at| {
                    (at.class, &at.jurisdiction) == (registered.class, &registered.jurisdiction)
                })
            })
        };
        let own = places.keys().filter(|(party, _)| party == self.party).map(|(_, place)| place);
        if let Some(place) = last.into_iter().chain(own).find(|place| fits(place)) {
            return Ok(place.clone());
        }
        let taken = places.keys().filter(|(party, _)| party == self.party).count();
        let name = match taken {
            0 => id("place"),
            _ => id(&format!("place-{}", taken + 1)),
        };
        let place = self.registered(name?)?;
        let name = place.place.clone();
        self.before.push(Act::PlaceRegister(place));
        Ok(name)
    }

    fn register(&mut self, asset: AssetId) -> Result<Act, Unfilled> {
        let key = (self.party.clone(), asset.clone());
        let count = self.world.named.versions.get(&key).map_or(0, |(_, count)| *count) + 1;
        let version = match self.deed.names.first() {
            Some(name) => self.version(&asset, name),
            None => self.version(&asset, &count.to_string()),
        };
        self.world.named.versions.insert(key, (version, count));
        let purposes = match self.deed.purposes.as_slice() {
            [] => self.agreement().asset(&asset).map(|a| a.terms.purposes.clone()),
            said => Some(said.to_vec()),
        };
        let purposes: BTreeSet<_> = purposes.into_iter().flatten().collect();
        let place = self.place_of_dataset()?;
        let dataset = DatasetRegister { asset, version, place, rows_band: 100, purposes };
        Ok(Act::DatasetRegister(dataset))
    }

    fn withdraw(&mut self, asset: AssetId) -> Result<Act, Unfilled> {
        let version = match self.deed.names.first() {
            Some(name) => self.version(&asset, name),
            None => self.last_version(self.party, &asset),
        };
        Ok(Act::DatasetWithdraw(DatasetWithdraw { asset, version }))
    }

    fn version(&self, asset: &AssetId, name: &str) -> Digest {
        stand_in(&["dataset", self.party.as_str(), asset.as_str(), name])
    }

    /// The version of an asset that a party registered last; one that it did not, if there is none.
    pub(super) fn last_version(&self, party: &PartyId, asset: &AssetId) -> Digest {
        let last = self.world.named.versions.get(&(party.clone(), asset.clone()));
        last.map_or_else(
            || stand_in(&["dataset", party.as_str(), asset.as_str(), "1"]),
            |(version, _)| *version,
        )
    }

    fn code(&mut self, asset: AssetId) -> CodeApproval {
        let name = self.deed.names.first().map_or("code", String::as_str);
        CodeApproval { code: stand_in(&["code", name]), asset }
    }

    fn charter(&mut self) -> Result<ProjectCharter, Unfilled> {
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

    fn project(&mut self) -> Result<ProjectId, Unfilled> {
        let project = self.takes(self.world.named.project.as_ref(), "project")?;
        self.world.named.project = Some(project.clone());
        Ok(project)
    }

    fn motion(&mut self) -> Result<MotionPropose, Unfilled> {
        let Some(Choice::Do(act, subject)) = &self.deed.choice else {
            return Err(Unfilled::new("what the motion is to do is missing", "write `to ACT`"));
        };
        let gated = self.agreement().gates(*act).find_map(|gate| gate.terms.motion.clone());
        let first = || self.agreement().bodies().next().and_then(|body| body.id());
        let named = self.deed.word("body").and_then(|body| body.parse().ok());
        let body: Option<BodyId> = named.or(gated).or_else(first);
        let Some(body) = body else {
            return Err(Unfilled::new(
                "no clause constitutes a body",
                "add a clause `body = \"…\"`",
            ));
        };
        let decision = self.decision(*act, subject.as_deref())?;
        let motion: MotionId = self.makes("motion")?;
        self.world.named.motion = Some(motion.clone());
        Ok(MotionPropose { motion, body, decision })
    }

    fn decision(&self, act: ActName, subject: Option<&str>) -> Result<Decision, Unfilled> {
        let named = &self.world.named;
        let project = named.project.as_ref().map_or("project", |project| project.as_str());
        let run = named.run.as_ref().map_or("run", |run| run.as_str());
        let given = named.model.as_deref().unwrap_or("run");
        Ok(match act {
            ActName::ProjectEnd => Decision::ProjectEnd(id(subject.unwrap_or(project))?),
            ActName::RunOpen => Decision::RunOpen(id(subject.unwrap_or(run))?),
            ActName::ReleasePromote => Decision::ReleasePromote(model(subject.unwrap_or(given))),
            ActName::ModuleEnter => {
                let name: ModuleId = id(subject.unwrap_or("module"))?;
                let last = named.modules.get(&name).map(|(_, digest)| *digest);
                Decision::ModuleEnter(last.into_iter().collect())
            }
            ActName::ModuleSuspend => Decision::ModuleSuspend(id(subject.unwrap_or("module"))?),
            ActName::ModuleResume => Decision::ModuleResume(id(subject.unwrap_or("module"))?),
            ActName::ModuleTerminate => Decision::ModuleTerminate(id(subject.unwrap_or("module"))?),
            _ => Decision::ProjectOpen(id(subject.unwrap_or(project))?),
        })
    }

    fn named_module(&self) -> Result<NamedModule, Unfilled> {
        let Some(name) = self.deed.names.first() else {
            let hint = "write its name after the act";
            return Err(Unfilled::new("which module is meant is missing", hint));
        };
        Ok(NamedModule { module: id(name)? })
    }

    fn determination(&self) -> Result<Determination, Unfilled> {
        let Some(clause) = self.deed.clause("invalid") else {
            let hint = "write `with invalid CLAUSE`";
            return Err(Unfilled::new("which clause is found invalid is missing", hint));
        };
        let invalid = [clause.cited(self.home)].into();
        Ok(Determination { ruling: stand_in(&["ruling"]), invalid })
    }

    fn motion_name(&mut self) -> Result<MotionId, Unfilled> {
        let motion = self.takes(self.world.named.motion.as_ref(), "motion")?;
        self.world.named.motion = Some(motion.clone());
        Ok(motion)
    }

    fn vote(&mut self) -> Result<MotionVote, Unfilled> {
        let vote = match self.deed.choice {
            Some(Choice::Vote(Ballot::Against)) => Vote::Against,
            Some(Choice::Vote(Ballot::Abstain)) => Vote::Abstain,
            _ => Vote::For,
        };
        Ok(MotionVote { motion: self.motion_name()?, vote })
    }

    fn run(&mut self) -> Result<RunId, Unfilled> {
        let run = self.takes(self.world.named.run.as_ref(), "run")?;
        self.world.named.run = Some(run.clone());
        Ok(run)
    }

    /// Reserves what the plan costs, unless the step says nothing.
    fn join(&mut self) -> Result<RunJoin, Unfilled> {
        let run = self.run()?;
        let mut join = RunJoin { run, cost: Cost::zero() };
        if self.deed.word("cost").is_none() {
            let act = Act::RunJoin(join.clone());
            let facts = (self.outside.facts)(&self.world.state, &self.world.texts, &act);
            join.cost = facts.cost.unwrap_or_else(Cost::zero);
        }
        Ok(join)
    }

    fn close(&mut self) -> Result<RunClose, Unfilled> {
        let run = self.run()?;
        self.world.named.model = Some(run.as_str().to_owned());
        let known = self.world.state.runs().get(&run);
        let planned = known.map_or(1, |known| known.proposed.plan.rounds);
        let rounds = self.deed.count("rounds").unwrap_or(planned);
        let joined = known.map(|known| known.joined.clone()).unwrap_or_default();
        let most = self.deed.count("contributors").map_or(joined.len(), |n| n as usize);
        Ok(RunClose {
            model: model(run.as_str()),
            rounds,
            attempts: self.deed.count("attempts").unwrap_or(rounds),
            transcript: stand_in(&["transcript", run.as_str()]),
            roster: joined.into_iter().take(most).collect(),
            run,
        })
    }

    fn abort(&mut self) -> Result<RunAbort, Unfilled> {
        let said = self.deed.word("reason").map(serde_json::Value::from);
        let reason = said.and_then(|word| serde_json::from_value(word).ok());
        Ok(RunAbort { run: self.run()?, reason: reason.unwrap_or(AbortReason::Withdrawn) })
    }

    fn evidence(&mut self) -> Result<EvidenceSubmit, Unfilled> {
        let subject = self.model();
        let gates = self.agreement().gates(ActName::ReleasePromote);
        let asked = gates.flat_map(|gate| &gate.terms.evidence).collect::<Vec<_>>();
        let asked = asked.into_iter().find(|need| need.by == self.deed.seat);
        let said = self.deed.word("method").and_then(|method| method.parse().ok());
        let asked = asked.map(|need| need.method.clone());
        let method = said.or(asked).map_or_else(|| id("test"), Ok)?;
        let results = self.deed.with.iter().filter_map(|(key, given)| match given {
            Given::Decimal(value) => Some((key.parse().ok()?, *value)),
            _ => None,
        });
        let Some(cases) = NonZeroU32::new(self.deed.count("cases").unwrap_or(100)) else {
            return Err(Unfilled::new("a test on no case is no test", "write `cases 1` or more"));
        };
        let results: BTreeMap<_, _> = results.collect();
        let report = stand_in(&["report", &subject.to_string()]);
        Ok(EvidenceSubmit { subject, method, results, cases, report })
    }

    /// A model is called by the run that gave it.
    fn model(&mut self) -> Digest {
        let named = &mut self.world.named;
        let said = self.deed.names.first().cloned();
        let name = said.or(named.model.clone()).unwrap_or_else(|| "run".to_owned());
        named.model = Some(name.clone());
        model(&name)
    }
}

/// Modules and their amendments.
impl Fill<'_> {
    fn module(&mut self, proposes: bool) -> Result<OneModule, Unfilled> {
        let Some(name) = self.deed.names.first() else {
            let hint = "write its name after the act";
            return Err(Unfilled::new("which module is meant is missing", hint));
        };
        let Ok(name) = name.parse() else {
            return Err(Unfilled::new("this is no module", "write a module's name"));
        };
        let last = self.world.named.modules.get(&name).cloned();
        let version = self.deed.version().cloned().or(last.clone().map(|(version, _)| version));
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
        Ok(OneModule { module })
    }

    fn modules(&self) -> Result<ModuleEnter, Unfilled> {
        let last = |name: &String| Some(self.world.named.modules.get(&name.parse().ok()?)?.1);
        let modules: BTreeSet<Digest> = self.deed.names.iter().filter_map(last).collect();
        if modules.is_empty() {
            let what = "which modules enter is missing";
            return Err(Unfilled::new(what, "write their names after the act"));
        }
        Ok(ModuleEnter { modules })
    }
}

/// A name as a name of some kind: all are spelt alike, and the text's were checked.
pub(super) fn id<T: FromStr>(text: &str) -> Result<T, Unfilled> {
    let hint = "choose a short plain name";
    text.parse().map_err(|_| Unfilled::new(format!("`{text}` is no name"), hint))
}

pub(super) fn no_dataset() -> Unfilled {
    Unfilled::new("no clause declares a dataset", "add an asset clause of kind `dataset`")
}

/// The datasets of an agreement, in the order of their modules and names.
pub(super) fn datasets(agreement: &Agreement) -> impl Iterator<Item = Cited<'_, Asset>> {
    agreement.assets().filter(|asset| asset.terms.kind == AssetKind::Dataset)
}

fn model(name: &str) -> Digest {
    stand_in(&["model", name])
}
