//! The project that its scenarios happen in: chartered, opened and amended as its frame lets
//! somebody do it, by votes of a body where one has to decide.

use std::collections::BTreeSet;

use concordat_agreement::{Agreement, Asset, Cited, Module, Rule, Terms};
use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, Digest, ModuleId, MotionId, PartyId, ProjectId, PurposeId,
    SeatId,
};

use crate::act::{
    Act, ModuleEnter, ModuleSign, MotionExecute, MotionPropose, MotionVote, OneModule, OneProject,
    ProjectCharter, Vote,
};
use crate::bodies::BodyRefusal;
use crate::judge::SIGNATORY;
use crate::refusal::Refusal;
use crate::state::{ProjectStatus, State};
use crate::verdict::{Facts, Verdict};

use super::Texts;
use super::fill::datasets;
use super::world::{World, stand_in};

/// A world in which the project is open and its modules are in force; what of that was done already
/// stays as it is.
///
/// # Errors
/// Why the first thing that nobody could do was refused.
pub(super) fn opened(
    world: World,
    project: &ProjectId,
    narrowed: &Agreement,
    facts: fn(&State, &Texts, &Act) -> Facts,
) -> Result<World, Refusal> {
    let mut opening = Opening { world, facts, project, narrowed, motions: 0 };
    let status = |opening: &Opening<'_>| {
        opening.world.state.projects().get(project).map(|project| project.status)
    };
    if status(&opening).is_none() {
        opening.charter()?;
    }
    if status(&opening) == Some(ProjectStatus::Chartered) {
        let id = project.clone();
        let open = Act::ProjectOpen(OneProject { project: id.clone() });
        opening.decided(open, Act::ProjectOpen(OneProject { project: id }))?;
    }
    opening.enter()?;
    opening.world.named.project = Some(project.clone());
    Ok(opening.world)
}

struct Opening<'a> {
    world: World,
    facts: fn(&State, &Texts, &Act) -> Facts,
    project: &'a ProjectId,
    narrowed: &'a Agreement,
    /// How many motions there were.
    motions: u32,
}

impl Opening<'_> {
    fn frame(&self) -> &Agreement {
        self.world.state.agreement()
    }

    fn own(&self) -> impl Iterator<Item = &Module> {
        self.narrowed.modules().values().filter(|m| m.project.as_ref() == Some(self.project))
    }

    /// Does something, or nothing at all.
    fn tried(&mut self, seat: &SeatId, party: &PartyId, act: Act) -> Result<(), Refusal> {
        let mut world = self.world.clone();
        let level = world.demanded(&act);
        match world.act(&[(seat.clone(), party.clone())], act, level, self.facts) {
            Verdict::Admitted { .. } => {
                self.world = world;
                Ok(())
            }
            Verdict::Refused { refusal, .. } => Err(refusal),
        }
    }

    /// The seats that a permit or a power names, and every party as a signatory, each with who fills it.
    fn actors(&self, act: ActName) -> Vec<(SeatId, PartyId)> {
        let frame = self.frame();
        let permits = frame.permits(act).flat_map(|permit| permit.terms.by.clone());
        let holders = frame.powers(act).map(|power| power.terms.holder.clone());
        let seats: Vec<SeatId> = permits.chain(holders).collect();
        let seated = seats.into_iter().flat_map(|seat| {
            let parties = frame.parties_of(&seat).iter().cloned();
            parties.map(move |party| (seat.clone(), party)).collect::<Vec<_>>()
        });
        seated.chain(self.signatories()).collect()
    }

    fn signatories(&self) -> Vec<(SeatId, PartyId)> {
        let seat: Option<SeatId> = SIGNATORY.parse().ok();
        let parties = self.frame().parties().filter_map(|party| party.id());
        seat.iter().cloned().cycle().zip(parties).collect()
    }

    /// Done by the first who may.
    fn by_somebody(&mut self, act: &Act) -> Result<(), Refusal> {
        let mut refused = None;
        for (seat, party) in self.actors(act.name()) {
            let refusal = match self.tried(&seat, &party, act.clone()) {
                Ok(()) => return Ok(()),
                Err(refusal) => refusal,
            };
            // That a body has to decide first is a way on.
            if refused.is_none() || matches!(refusal, Refusal::NeedsMotion { .. }) {
                refused = Some(refusal);
            }
        }
        Err(refused.unwrap_or(Refusal::NothingPermits { act: act.name() }))
    }

    /// Done by the first who may, or by decision of a body.
    fn decided(&mut self, act: Act, decision: Act) -> Result<(), Refusal> {
        match self.by_somebody(&act) {
            Err(
                Refusal::NeedsMotion { body, .. }
                | Refusal::Body(BodyRefusal::NeedsApprover { body, .. }),
            ) => self.moved(body, decision),
            done => done,
        }
    }

    /// Everybody in the body votes in favour.
    fn moved(&mut self, body: BodyId, decision: Act) -> Result<(), Refusal> {
        self.motions += 1;
        let name = format!("before-{}", self.motions);
        let Ok(motion) = name.parse::<MotionId>() else {
            return Err(Refusal::NameTaken { name });
        };
        let members = self.frame().body(&body).map(|body| body.terms.members.clone());
        let members = members.unwrap_or_default();
        let propose = MotionPropose::of(motion.clone(), body, decision);
        self.by_somebody(&Act::MotionPropose(propose))?;
        let seated = members.into_iter().flat_map(|seat| {
            let parties = self.frame().parties_of(&seat).iter().cloned();
            parties.map(move |party| (seat.clone(), party)).collect::<Vec<_>>()
        });
        for (seat, party) in seated.collect::<Vec<_>>() {
            let vote = MotionVote { motion: motion.clone(), vote: Vote::For };
            // A vote that comes after the decision is not missed.
            let _ = self.tried(&seat, &party, Act::MotionVote(vote));
        }
        self.by_somebody(&Act::MotionExecute(MotionExecute { motion }))
    }
}

impl Opening<'_> {
    /// As wide as a permit allows, for what the project's own clauses name, or else for what the
    /// first dataset may be used for.
    fn charter(&mut self) -> Result<(), Refusal> {
        let mut refused = None;
        for charter in self.charters() {
            match self.by_somebody(&Act::ProjectCharter(charter)) {
                Ok(()) => return Ok(()),
                Err(refusal) => refused.get_or_insert(refusal),
            };
        }
        Err(refused.unwrap_or(Refusal::NothingPermits { act: ActName::ProjectCharter }))
    }

    fn charters(&self) -> Vec<ProjectCharter> {
        let frame = self.frame();
        let act = ActName::ProjectCharter;
        let Some(objective) = frame.objectives().next().map(|objective| objective.clause) else {
            return Vec::new();
        };
        let own = self.own().flat_map(|module| module.clauses.values());
        let permits = own.filter_map(|clause| match &clause.terms {
            Terms::Permit(rule) => Some(rule.purposes.clone()),
            _ => None,
        });
        let named: BTreeSet<PurposeId> = permits.flatten().collect();
        let first: Vec<PurposeId> =
            datasets(frame).next().map(|asset| asset.terms.purposes.clone()).unwrap_or_default();
        let each = first.iter().map(|purpose| [purpose.clone()].into());
        let wished: Vec<BTreeSet<PurposeId>> =
            [named, first.iter().cloned().collect()].into_iter().chain(each).collect();
        let mut charters = Vec::new();
        for Cited { terms, .. } in frame.permits(act) {
            for wished in &wished {
                charters.extend(self.charter_of(terms, wished, &objective));
            }
        }
        charters
    }

    /// What of the wished is within a permit; none, if that is nothing.
    fn charter_of(
        &self,
        permit: &Rule,
        wished: &BTreeSet<PurposeId>,
        objective: &ClauseRef,
    ) -> Option<ProjectCharter> {
        let listed =
            |purpose: &&PurposeId| permit.purposes.is_empty() || permit.purposes.contains(purpose);
        let purposes: BTreeSet<PurposeId> = wished.iter().filter(listed).cloned().collect();
        let fits = |asset: &Cited<'_, Asset>| {
            let id = asset.id::<AssetId>();
            let listed = permit.on.is_empty() || id.is_some_and(|id| permit.on.contains(&id));
            listed && purposes.iter().all(|purpose| asset.terms.purposes.contains(purpose))
        };
        let assets: BTreeSet<AssetId> =
            self.frame().assets().filter(fits).filter_map(|asset| asset.id()).collect();
        (!purposes.is_empty() && !assets.is_empty()).then(|| ProjectCharter {
            project: self.project.clone(),
            charter: stand_in(&["charter", self.project.as_str()]),
            objective: objective.clone(),
            assets,
            purposes,
        })
    }
}

impl Opening<'_> {
    /// Brings the project's modules into force together, signed by every party.
    fn enter(&mut self) -> Result<(), Refusal> {
        let own: Vec<Module> = self.own().cloned().collect();
        let modules: BTreeSet<Digest> = own.iter().map(|module| module.digest).collect();
        let signatories = self.signatories();
        for module in &own {
            let Module { id, version, digest, .. } = module;
            self.world.texts.insert_mut(*digest, module.text().as_bytes().to_vec());
            let id: ModuleId = id.clone();
            self.world.named.modules.insert(id, (version.clone(), *digest));
            if let Some((seat, party)) = signatories.first() {
                self.tried(seat, party, Act::ModulePropose(OneModule { module: *digest }))?;
            }
            for (seat, party) in &signatories {
                let document = stand_in(&["document"]);
                let sign = ModuleSign::of(*digest, &modules, document);
                self.tried(seat, party, Act::ModuleSign(sign))?;
            }
        }
        let enter = Act::ModuleEnter(ModuleEnter { modules: modules.clone() });
        self.decided(enter, Act::ModuleEnter(ModuleEnter { modules }))
    }
}
