//! The gates between an act and its effect: forbid, permit, order of modules, decision by a
//! body, approvals, evidence.

use std::collections::BTreeSet;

use concordat_agreement::{
    About, Agreement, Approval, Ask, Awake, Cited, Fit, Gate, Level, Permit, Place, Reach,
    RunFacts, Terms,
};
use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, Digest, PartyId, ProjectId, RunId, SeatId,
};

use crate::act::{Act, OneRun, PlaceRegister, Plan, ProjectCharter};
use crate::bodies::BodyRefusal;
use crate::evidence::StoodOn;
use crate::judge::{By, SIGNATORY};
use crate::people::party_digest;
use crate::refusal::Refusal;
use crate::state::{Run, Standing, State};
use crate::verdict::Actor;

/// Acts by which a party takes something back, or ends what works with it.
const TAKING_BACK: &[ActName] = &[
    ActName::DatasetWithdraw,
    ActName::CodeRevoke,
    ActName::RunAbort,
    ActName::ReleaseRollback,
    ActName::ReleaseRetire,
    ActName::PlaceSuspend,
    ActName::ProcessorRecheck,
    ActName::ProcessorEnd,
    ActName::ConsentWithdraw,
    ActName::DeletionAttest,
    ActName::ErasureRecord,
    ActName::PersonErase,
    ActName::EvidenceWithdraw,
    ActName::LabSuspend,
    ActName::RecognitionRevoke,
];

/// An act on its way through the gates.
pub(crate) struct Request<'a> {
    pub(crate) act: &'a Act,
    pub(crate) by: &'a By,
    /// The body whose motion is being executed.
    pub(crate) via: Option<&'a BodyId>,
}

/// How an act passes its gates.
#[derive(Clone, Debug, Default)]
pub(crate) struct Passed {
    /// The clause that lets it: a permit or a power.
    pub(crate) clause: Option<ClauseRef>,
    /// Whether that is a power.
    pub(crate) by_power: bool,
    /// The gates that would have refused it, where the power breaks glass.
    pub(crate) past: BTreeSet<ClauseRef>,
    /// The verdict that a determination set aside, so that it passes: with whose act it is.
    pub(crate) granted: Option<(u64, PartyId, Digest)>,
    /// The results on which its gates let it pass.
    pub(crate) stood_on: StoodOn,
}

/// What an act is about: assets, the project that it belongs to, the body.
pub(crate) type Touched = (BTreeSet<AssetId>, Option<ProjectId>, Option<BodyId>);

/// What gates are asked about.
pub(crate) struct Matter<'a> {
    pub(crate) ask: Ask<'a>,
    /// The project that it belongs to.
    pub(crate) project: Option<&'a ProjectId>,
    pub(crate) run: Option<&'a Run>,
    /// The body that it is about, where it is about one.
    pub(crate) body: Option<&'a BodyId>,
    digest: Option<Digest>,
}

impl<'a> Matter<'a> {
    fn of(
        act: ActName,
        seat: &'a SeatId,
        party: Option<&'a PartyId>,
        digest: Option<Digest>,
    ) -> Self {
        let ask = Ask {
            act,
            seat,
            party,
            assets: BTreeSet::new(),
            purposes: BTreeSet::new(),
            places: Vec::new(),
            run: None,
            module: None,
            awake: Awake::These(BTreeSet::new()),
        };
        Self { ask, project: None, run: None, body: None, digest }
    }

    pub(crate) fn add_charter(&mut self, charter: &'a ProjectCharter) {
        self.ask.assets.extend(&charter.assets);
        self.ask.purposes.extend(&charter.purposes);
    }

    pub(crate) fn add_place(&mut self, place: &PlaceRegister) {
        let PlaceRegister { class, jurisdiction, .. } = place;
        self.ask.places.push(Place { class: *class, jurisdiction: jurisdiction.clone() });
    }
}

impl State {
    /// What the gates before `module.enter` ask: an order of modules, a body's decision.
    pub(crate) fn pass_entrance(&self, request: &Request<'_>, out: &mut Vec<Refusal>) {
        for gate in self.agreement.says(&self.matter(request).ask).gates {
            self.ask_order(request, &gate.clause, gate.terms, out);
            self.ask_body(request, &gate.clause, gate.terms.motion.as_ref(), gate.terms.tier, out);
            self.ask_level(request, &gate.clause, gate.terms, out);
        }
    }

    /// What the gates before an act ask that no permit opens: a party's own matters, and changes of
    /// parties; and the power by which it is done, where there is one.
    pub(crate) fn pass_asked(
        &self,
        request: &Request<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<Passed> {
        let matter = self.matter(request);
        let said = self.agreement.says(&matter.ask);
        let empowered = matches!(said.permit, Permit::Power(..));
        let power = empowered.then(|| self.permit(said.permit, request, &matter, out)).flatten();
        let stood_on = self.ask_gates(request, &matter, &said.gates, out);
        let by_power = power.is_some();
        let passed = Passed { clause: power, by_power, stood_on, ..Passed::default() };
        (by_power || !passed.stood_on.is_empty()).then_some(passed)
    }

    /// Asks every gate; the answer is the permit that lets the act through.
    pub(crate) fn pass_gates(
        &self,
        request: &Request<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<Passed> {
        let matter = self.matter(request);
        let said = self.under(&matter).says(&matter.ask);
        let act = request.act.name();
        for (clause, failed) in said.forbids {
            out.push(match failed {
                None => Refusal::Forbidden { act, clause },
                Some(reason) => Refusal::ConditionFails { clause, reason },
            });
        }
        // What takes something back is open to all.
        if !TAKING_BACK.contains(&act) {
            let assets = matter.ask.assets.iter().copied();
            self.check_clearance(&request.by.parties, assets, out);
        }
        self.check_holds(act, &matter.ask.assets, matter.digest.as_ref(), out);
        let mut by_power = matches!(said.permit, Permit::Power(..));
        let mut lacks = Vec::new();
        let mut clause = self.permit(said.permit, request, &matter, &mut lacks);
        let unpermitted = !lacks.is_empty();
        let stood_on = self.ask_gates(request, &matter, &said.gates, &mut lacks);
        if lacks.is_empty() && !by_power {
            return Some(Passed { clause, stood_on, ..Passed::default() });
        }
        if let Some(granted) = self.granted(request).filter(|_| !lacks.is_empty()) {
            return Some(Passed { granted: Some(granted), ..Passed::default() });
        }
        let mut past = BTreeSet::new();
        let mut glass = None;
        if !lacks.is_empty()
            && let Some(power) = self.under(&matter).glass(&matter.ask)
        {
            let passable = lacks.iter().skip(usize::from(unpermitted));
            past = passable.filter_map(|lack| lack.clause().cloned()).collect();
            glass = Some(power.clause);
        }
        match glass {
            Some(power) => {
                self.check_glass(&power, out);
                (clause, by_power) = (Some(power), true);
            }
            None => {
                clause.iter().filter(|_| by_power).for_each(|power| self.check_glass(power, out));
                out.append(&mut lacks);
            }
        }
        Some(Passed { clause, by_power, past, granted: None, stood_on })
    }

    /// The verdict on this very act that a determination set aside.
    fn granted(&self, request: &Request<'_>) -> Option<(u64, PartyId, Digest)> {
        if self.rulings.granted.is_empty() {
            return None;
        }
        let party = request.by.actor.party.clone()?;
        let content = Self::content(request.act)?;
        let verdict = *self.rulings.granted.get(&(party.clone(), content))?;
        Some((verdict, party, content))
    }

    /// What has yet to happen before a decision can be carried out, whoever does it: what its gates
    /// lack, and why nothing could open them any more. The same gates as [`State::judge`] asks, for
    /// whoever shows what is needed.
    pub fn lacks(&self, decision: &Act) -> Vec<Refusal> {
        let Ok(seat) = SIGNATORY.parse() else { return Vec::new() };
        let actor = Actor { seat, party: None };
        // How strongly somebody would sign is not known yet.
        let (parties, signers, level) = (BTreeSet::new(), Vec::new(), Level::Handwritten);
        let by = By { actor, parties, signers, level };
        let request = Request { act: decision, by: &by, via: None };
        let matter = self.matter(&request);
        let mut lacks = Vec::new();
        let said = self.under(&matter).says(&matter.ask);
        self.ask_gates(&request, &matter, &said.gates, &mut lacks);
        if let Act::RunOpen(OneRun { run: id }) = decision
            && let Some(run) = matter.run
        {
            self.check_agreement(id, run, &mut lacks);
            self.check_plan_but_price(&run.proposed.plan, &mut lacks);
        }
        lacks
    }

    /// The highest tier of the gates before what a body is to decide.
    pub(crate) fn tier_of(&self, decision: &Act, body: &BodyId) -> Option<u32> {
        let actor = Actor { seat: SIGNATORY.parse().ok()?, party: None };
        let (parties, signers) = (BTreeSet::new(), Vec::new());
        let by = By { actor, parties, signers, level: Level::Simple };
        let matter = self.matter(&Request { act: decision, by: &by, via: None });
        let gates = self.under(&matter).says(&matter.ask).gates;
        let own = gates.iter().filter(|gate| gate.terms.motion.as_ref() == Some(body));
        own.filter_map(|gate| gate.terms.tier).max()
    }

    /// What a matter is judged under: the frame, or what its project made of it.
    fn under(&self, matter: &Matter<'_>) -> &Agreement {
        matter.project.map_or(&self.agreement, |project| self.agreement_of(project))
    }

    fn ask_gates(
        &self,
        request: &Request<'_>,
        matter: &Matter<'_>,
        gates: &[Cited<'_, Gate>],
        out: &mut Vec<Refusal>,
    ) -> StoodOn {
        // Of an update, those before its class.
        let class = matter.digest.map(|model| self.update_class(&model));
        let before = |gate: &&Cited<'_, Gate>| {
            let classes = &gate.terms.updates;
            classes.is_empty() || class.is_none_or(|class| classes.contains(&class))
        };
        let gates: Vec<&Cited<'_, Gate>> = gates.iter().filter(before).collect();
        for gate in &gates {
            self.ask_order(request, &gate.clause, gate.terms, out);
            self.ask_body(request, &gate.clause, gate.terms.motion.as_ref(), gate.terms.tier, out);
            self.ask_level(request, &gate.clause, gate.terms, out);
        }
        for gate in &gates {
            for approval in &gate.terms.approvals {
                self.ask_approval(request, &gate.clause, approval, matter.run, out);
            }
        }
        let mut stood_on = StoodOn::new();
        for gate in &gates {
            for need in &gate.terms.evidence {
                let party = request.by.actor.party.as_ref().map(party_digest);
                let about_party = need.about == Some(About::Party);
                let subject = if about_party { party } else { matter.digest };
                stood_on.extend(self.ask_evidence(&gate.clause, need, subject, out));
            }
        }
        stood_on
    }

    /// Why a participant may not go on with a run although it is open: the clause by which it
    /// would close it does not speak, since its module is suspended.
    pub fn stopped(&self, run: &RunId, party: &PartyId, seat: &SeatId) -> Option<Refusal> {
        let act = ActName::RunClose;
        let mut matter = Matter::of(act, seat, Some(party), None);
        matter.ask.awake = Awake::These(self.awake(act));
        self.add_run(&mut matter, run);
        match self.agreement.says(&matter.ask).permit {
            Permit::Silent(clause, why) => Some(Refusal::ClauseSilent { act, clause, why }),
            _ => None,
        }
    }

    /// What an act is about; [`concordat_terms::ActName::about`] tells `check` the same.
    fn matter<'a>(&'a self, request: &Request<'a>) -> Matter<'a> {
        let act = request.act;
        let actor = &request.by.actor;
        let party = actor.party.as_ref();
        let mut matter = Matter::of(act.name(), &actor.seat, party, act.subject());
        matter.ask.awake = Awake::These(self.awake(act.name()));
        act.deed().about(self, actor, &mut matter);
        matter
    }

    /// The assets that an act is about, the project that it belongs to, and the body.
    pub(crate) fn touched(&self, act: &Act, actor: &Actor) -> Touched {
        let mut matter = Matter::of(act.name(), &actor.seat, actor.party.as_ref(), None);
        act.deed().about(self, actor, &mut matter);
        let (project, body) = (matter.project.cloned(), matter.body.cloned());
        (matter.ask.assets.into_iter().cloned().collect(), project, body)
    }

    pub(crate) fn add_model<'a>(&'a self, matter: &mut Matter<'a>, model: &Digest) {
        if let Some(model) = self.models.get(model) {
            matter.ask.assets.insert(&model.asset);
            matter.ask.purposes.insert(&model.purpose);
            let run = model.run.as_ref().and_then(|run| self.runs.get(run));
            matter.project = run.map(|run| &run.proposed.plan.project);
        }
    }

    /// What a test is about: a model, or another version.
    pub(crate) fn add_tested<'a>(&'a self, matter: &mut Matter<'a>, subject: &Digest) {
        self.add_model(matter, subject);
        if !self.models.contains_key(subject) {
            self.add_version(matter, subject);
        }
    }

    pub(crate) fn add_run<'a>(&'a self, matter: &mut Matter<'a>, run: &RunId) {
        matter.run = self.runs.get(run);
        if let Some(run) = matter.run {
            self.add_plan(matter, &run.proposed.plan);
        }
    }

    pub(crate) fn add_plan<'a>(&'a self, matter: &mut Matter<'a>, plan: &'a Plan) {
        matter.project = Some(&plan.project);
        matter.ask.run = Some(RunFacts {
            kind: plan.kind,
            purpose: plan.purpose.clone(),
            rounds: plan.rounds,
            participants: u32::try_from(plan.datasets.len()).unwrap_or(u32::MAX),
        });
        matter.ask.assets.insert(&plan.asset);
        matter.ask.assets.extend(&plan.model);
        matter.ask.purposes.insert(&plan.purpose);
        // Who joins answers for its own place; the others' were asked when the run was proposed.
        let joins = matter.ask.party.filter(|party| {
            matter.ask.act == ActName::RunJoin && plan.datasets.contains_key(*party)
        });
        let asked = plan.datasets.iter().filter(|(party, _)| joins.is_none_or(|own| own == *party));
        for (party, version) in asked {
            let key = (plan.asset.clone(), party.clone(), *version);
            let place = self.datasets.get(&key).and_then(|dataset| {
                self.places.get(&(party.clone(), dataset.registered.place.clone()))
            });
            place.iter().for_each(|place| matter.add_place(place));
        }
    }

    fn permit(
        &self,
        permit: Permit,
        request: &Request<'_>,
        matter: &Matter<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<ClauseRef> {
        let act = matter.ask.act;
        out.push(match permit {
            Permit::By(clause) => return Some(clause),
            Permit::Power(clause, ratified_by) => {
                self.ask_body(request, &clause, ratified_by.as_ref(), None, out);
                return Some(clause);
            }
            Permit::Silent(clause, why) => Refusal::ClauseSilent { act, clause, why },
            Permit::Fails(clause, reason) => Refusal::ConditionFails { clause, reason },
            Permit::Nearest(nearest, lacks) => Refusal::NotPermitted { act, nearest, lacks },
            Permit::None => self.pending(&matter.ask).unwrap_or(Refusal::NothingPermits { act }),
        });
        None
    }

    /// A proposed module, not yet in force, that would permit the act.
    fn pending(&self, ask: &Ask<'_>) -> Option<Refusal> {
        let act = ask.act;
        // A module of a project permits nothing that its frame does not.
        let waiting = self.waiting().filter(|(_, proposal)| proposal.module.project.is_none());
        for (digest, proposal) in waiting {
            for (id, clause) in &proposal.module.clauses {
                let Terms::Permit(rule) = &clause.terms else { continue };
                if rule.act != act
                    || matches!(self.agreement.fits(rule, ask, Reach::All), Fit::No(..))
                {
                    continue;
                }
                let missing = self.yet_to_sign(digest);
                return Some(Refusal::ModuleNotInForce {
                    act,
                    module: proposal.module.id.clone(),
                    clause: ClauseRef::new(&proposal.module.id, id),
                    missing,
                });
            }
        }
        None
    }

    fn ask_order(
        &self,
        request: &Request<'_>,
        clause: &ClauseRef,
        gate: &Gate,
        out: &mut Vec<Refusal>,
    ) {
        for module in &gate.modules {
            match self.standing(module) {
                Some(Standing::InForce) => continue,
                Some(standing) => {
                    let (module, is) = (module.clone(), standing);
                    let needs = &[Standing::InForce];
                    out.push(Refusal::ModuleState { module, is, needs });
                    continue;
                }
                None => {}
            }

            let missing = match self.waiting().find(|(_, p)| p.module.id == *module) {
                Some((digest, _)) => self.yet_to_sign(digest),
                None => self.genesis.iter().flat_map(|g| g.parties.keys()).cloned().collect(),
            };
            out.push(Refusal::ModuleNotInForce {
                act: request.act.name(),
                module: module.clone(),
                clause: clause.clone(),
                missing,
            });
        }
    }

    fn ask_body(
        &self,
        request: &Request<'_>,
        clause: &ClauseRef,
        body: Option<&BodyId>,
        tier: Option<u32>,
        out: &mut Vec<Refusal>,
    ) {
        let Some(body) = body.filter(|body| request.via != Some(*body)) else { return };
        if self.decided_further(request.act, request.by, request.via, body) {
            return;
        }
        let (clause, act) = (clause.clone(), request.act.name());
        if tier != Some(1) {
            return out.push(Refusal::NeedsMotion { clause, act, body: body.clone() });
        }
        // At the lowest tier one member besides who acts is enough.
        let voters = self.voters(body);
        let mut others = request
            .by
            .parties
            .iter()
            .filter(|party| request.by.actor.party.as_ref() != Some(*party));
        if !others.any(|party| voters.contains(party)) {
            out.push(BodyRefusal::NeedsApprover { clause, act, body: body.clone() }.into());
        }
    }

    fn ask_level(
        &self,
        request: &Request<'_>,
        clause: &ClauseRef,
        gate: &Gate,
        out: &mut Vec<Refusal>,
    ) {
        let is = request.by.level;
        if let Some(needs) = gate.level.filter(|needs| is < *needs) {
            let act = request.act.name();
            out.push(Refusal::ActTooWeak { act, clause: clause.clone(), is, needs });
        }
    }

    fn ask_approval(
        &self,
        request: &Request<'_>,
        clause: &ClauseRef,
        approval: &Approval,
        run: Option<&Run>,
        out: &mut Vec<Refusal>,
    ) {
        // Who signs an act approves it.
        let signed = |party: &PartyId| {
            let mut signers = request.by.signers.iter();
            signers.any(|s| s.seat == approval.seat && s.party.as_ref() == Some(party))
        };
        let approved = |party: &PartyId| {
            let own = run.and_then(|r| r.approvals.get(party));
            own.is_some_and(|s| s.contains(&approval.seat)) || signed(party)
        };
        let parties = self.agreement.parties_of(&approval.seat);
        let have = parties.iter().filter(|p| approved(p)).count();
        let have = u32::try_from(have).unwrap_or(u32::MAX);
        if have < approval.at_least {
            out.push(Refusal::NeedsApprovals {
                clause: clause.clone(),
                seat: approval.seat.clone(),
                have,
                need: approval.at_least,
                open: parties.iter().filter(|p| !approved(p)).cloned().collect(),
            });
        }
    }
}
