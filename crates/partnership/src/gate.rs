//! The gates between an act and its effect: forbid, permit, order of modules, decision by a
//! body, approvals, evidence.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Approval, Cited, EvidenceNeed, Gate, Rule, RunKind, Terms};
use concordat_terms::{AssetId, BodyId, ClauseRef, Digest, PartyId, PurposeId};
use serde_json::{Value, json};

use crate::act::{Act, PlaceRegister, Plan, ProjectCharter};
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{Run, State};

/// An act on its way through the gates.
pub(crate) struct Request<'a> {
    pub(crate) act: &'a Act,
    pub(crate) by: &'a By,
    /// The body whose motion is being executed.
    pub(crate) via: Option<&'a BodyId>,
}

/// What clauses are matched against.
#[derive(Default)]
struct Matter<'a> {
    kind: Option<RunKind>,
    assets: BTreeSet<&'a AssetId>,
    purposes: BTreeSet<&'a PurposeId>,
    places: Vec<&'a PlaceRegister>,
    plan: Option<&'a Plan>,
    run: Option<&'a Run>,
    digest: Option<Digest>,
}

fn add_charter<'a>(matter: &mut Matter<'a>, charter: &'a ProjectCharter) {
    matter.assets.extend(&charter.assets);
    matter.purposes.extend(&charter.purposes);
}

/// Each of some things; once nothing, where there are none: a condition is asked at least once.
fn each<T>(things: &[T]) -> impl Iterator<Item = Option<&T>> {
    let none = things.is_empty().then_some(None);
    things.iter().map(Some).chain(none)
}

/// Whether a clause speaks to the request.
enum Fit {
    Yes,
    /// How many demands are met before the first that is not, and what is lacking, as a phrase.
    No(u8, String),
    /// Its condition could not be evaluated.
    Fails(String),
}

impl State {
    /// Asks every gate; the answer is the permit that lets the act through.
    pub(crate) fn pass_gates(
        &self,
        request: &Request<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<ClauseRef> {
        let matter = self.matter(request);
        self.ask_forbids(request, &matter, out);
        let permit = self.ask_permits(request, &matter, out);
        let gates: Vec<_> = self
            .agreement
            .gates(request.act.name())
            .filter(|cited| {
                let gate = cited.terms;
                gate.kinds.is_empty() || matter.kind.is_some_and(|k| gate.kinds.contains(&k))
            })
            .collect();
        for gate in &gates {
            self.ask_order(request, &gate.clause, gate.terms, out);
            self.ask_body(request, &gate.clause, gate.terms, out);
        }
        for gate in &gates {
            for approval in &gate.terms.approvals {
                self.ask_approval(&gate.clause, approval, matter.run, out);
            }
        }
        for gate in &gates {
            for need in &gate.terms.evidence {
                self.ask_evidence(&gate.clause, need, matter.digest, out);
            }
        }
        permit
    }

    /// What an act is about; [`concordat_terms::ActName::about`] tells `check` the same.
    fn matter<'a>(&'a self, request: &Request<'a>) -> Matter<'a> {
        let act = request.act;
        let mut matter = Matter { digest: act.subject(), ..Matter::default() };
        match act {
            Act::PlaceRegister(place) => matter.places.push(place),
            Act::DatasetRegister(act) => {
                matter.assets.insert(&act.asset);
                matter.purposes.extend(&act.purposes);
                let place = request.by.actor.party.clone().map(|p| (p, act.place.clone()));
                matter.places.extend(place.and_then(|key| self.places.get(&key)));
            }
            Act::DatasetWithdraw(act) => {
                matter.assets.insert(&act.asset);
            }
            Act::CodeApprove(act) | Act::CodeRevoke(act) => {
                matter.assets.insert(&act.asset);
            }
            Act::ProjectCharter(act) => add_charter(&mut matter, act),
            Act::ProjectOpen(act) | Act::ProjectEnd(act) => {
                let project = self.projects.get(&act.project);
                project.iter().for_each(|p| add_charter(&mut matter, &p.charter));
            }
            Act::RunPropose(act) => self.add_plan(&mut matter, &act.plan),
            Act::RunApprove(act) | Act::RunOpen(act) => self.add_run(&mut matter, &act.run),
            Act::RunJoin(act) => self.add_run(&mut matter, &act.run),
            Act::RunClose(act) => self.add_run(&mut matter, &act.run),
            Act::RunAbort(act) => self.add_run(&mut matter, &act.run),
            Act::EvidenceSubmit(act) => self.add_model(&mut matter, &act.subject),
            Act::ReleasePropose(act) | Act::ReleasePromote(act) => {
                self.add_model(&mut matter, &act.model);
            }
            Act::Genesis(_)
            | Act::Tick(_)
            | Act::DigestRecord(_)
            | Act::ModulePropose(_)
            | Act::ModuleSign(_)
            | Act::ModuleEnter(_)
            | Act::MotionPropose(_)
            | Act::MotionVote(_)
            | Act::MotionExecute(_) => {}
        }
        matter
    }

    fn add_model<'a>(&'a self, matter: &mut Matter<'a>, model: &Digest) {
        if let Some(model) = self.models.get(model) {
            matter.assets.insert(&model.asset);
            let run = self.runs.get(&model.run);
            matter.purposes.extend(run.map(|r| &r.proposed.plan.purpose));
        }
    }

    fn add_run<'a>(&'a self, matter: &mut Matter<'a>, run: &concordat_terms::RunId) {
        matter.run = self.runs.get(run);
        if let Some(run) = matter.run {
            self.add_plan(matter, &run.proposed.plan);
        }
    }

    fn add_plan<'a>(&'a self, matter: &mut Matter<'a>, plan: &'a Plan) {
        matter.kind = Some(plan.kind);
        matter.assets.extend([&plan.asset, &plan.model]);
        matter.purposes.insert(&plan.purpose);
        matter.plan = Some(plan);
        for (party, version) in &plan.datasets {
            let key = (plan.asset.clone(), party.clone(), *version);
            let place = self.datasets.get(&key).and_then(|dataset| {
                self.places.get(&(party.clone(), dataset.registered.place.clone()))
            });
            matter.places.extend(place);
        }
    }

    fn ask_forbids(&self, request: &Request<'_>, matter: &Matter<'_>, out: &mut Vec<Refusal>) {
        for Cited { clause, terms } in self.agreement.forbids(request.act.name()) {
            match self.fits(terms, request, matter, false) {
                Fit::Yes => out.push(Refusal::Forbidden { act: request.act.name(), clause }),
                Fit::Fails(reason) => out.push(Refusal::ConditionFails { clause, reason }),
                Fit::No(..) => {}
            }
        }
    }

    fn ask_permits(
        &self,
        request: &Request<'_>,
        matter: &Matter<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<ClauseRef> {
        let act = request.act.name();
        let mut nearest: Option<(u8, ClauseRef, String)> = None;
        let mut failing = None;
        for Cited { clause, terms } in self.agreement.permits(act) {
            match self.fits(terms, request, matter, true) {
                Fit::Yes => return Some(clause),
                Fit::Fails(reason) => failing = Some(Refusal::ConditionFails { clause, reason }),
                Fit::No(met, lacks) => {
                    if nearest.as_ref().is_none_or(|(most, ..)| met > *most) {
                        nearest = Some((met, clause, lacks));
                    }
                }
            }
        }
        out.push(match (failing, nearest, self.pending_permit(request, matter)) {
            (Some(refusal), _, _) => refusal,
            (None, Some((_, nearest, lacks)), _) => Refusal::NotPermitted { act, nearest, lacks },
            (None, None, Some(pending)) => pending,
            (None, None, None) => Refusal::NothingPermits { act },
        });
        None
    }

    /// A proposed module, not yet in force, that would permit the act.
    fn pending_permit(&self, request: &Request<'_>, matter: &Matter<'_>) -> Option<Refusal> {
        let act = request.act.name();
        for (digest, proposal) in self.proposals.iter() {
            if self.in_force.get(&proposal.module.id).is_some_and(|m| m.digest == *digest) {
                continue;
            }
            for (id, clause) in &proposal.module.clauses {
                let Terms::Permit(rule) = &clause.terms else { continue };
                if rule.act != act || matches!(self.fits(rule, request, matter, true), Fit::No(..))
                {
                    continue;
                }
                let everybody = self.genesis.iter().flat_map(|g| g.parties.keys());
                let missing =
                    everybody.filter(|p| !proposal.signed.contains(*p)).cloned().collect();
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

    /// Whether a rule speaks to a request. A permit must cover all of it (`all`), a forbid
    /// strikes where it touches any.
    fn fits(&self, rule: &Rule, request: &Request<'_>, matter: &Matter<'_>, all: bool) -> Fit {
        let seat = &request.by.actor.seat;
        if !rule.by.is_empty() && !rule.by.contains(seat) {
            let seats: Vec<String> = rule.by.iter().map(|s| format!("`{s}`")).collect();
            return Fit::No(0, format!("the seat {}", seats.join(" or ")));
        }
        if !rule.kinds.is_empty() && !matter.kind.is_some_and(|k| rule.kinds.contains(&k)) {
            return Fit::No(1, "a kind of run that it names".to_owned());
        }
        if !covers(&rule.on, &matter.assets, all) {
            return Fit::No(2, "an asset that it names".to_owned());
        }
        if !covers(&rule.purposes, &matter.purposes, all) {
            let named: Vec<String> = rule.purposes.iter().map(|p| format!("`{p}`")).collect();
            return Fit::No(3, format!("a purpose that it names ({})", named.join(", ")));
        }
        let Some(when) = &rule.when else { return Fit::Yes };
        let (mut asked, mut held) = (0, 0);
        for place in each(&matter.places) {
            let meant = matter.assets.iter().filter(|a| rule.on.is_empty() || rule.on.contains(a));
            for asset in each(&meant.collect::<Vec<_>>()) {
                asked += 1;
                match when.holds(&self.facts(request, matter, place.copied(), asset.map(|a| **a))) {
                    Ok(true) => held += 1,
                    Ok(false) => {}
                    Err(reason) => return Fit::Fails(reason),
                }
            }
        }
        let fits = if all { held == asked } else { held > 0 };
        if fits { Fit::Yes } else { Fit::No(4, format!("its condition `{when}`")) }
    }

    /// The attributes a condition may ask about: of one place and one asset, of all there are.
    fn facts(
        &self,
        request: &Request<'_>,
        matter: &Matter<'_>,
        place: Option<&PlaceRegister>,
        asset: Option<&AssetId>,
    ) -> BTreeMap<String, Value> {
        let mut facts = BTreeMap::new();
        if let Some(place) = place {
            let value = json!({ "class": place.class, "jurisdiction": place.jurisdiction });
            facts.insert("place".to_owned(), value);
        }
        if let Some(party) = &request.by.actor.party
            && let Some(Cited { terms, .. }) = self.agreement.party(party)
        {
            let value = json!({
                "id": party.as_str(),
                "side": terms.side,
                "jurisdictions": terms.jurisdictions,
            });
            facts.insert("party".to_owned(), value);
        }
        if let Some(plan) = matter.plan {
            let value = json!({
                "kind": plan.kind,
                "purpose": plan.purpose,
                "rounds": plan.rounds,
                "participants": plan.datasets.len(),
            });
            facts.insert("run".to_owned(), value);
        }
        if let Some(Cited { terms: asset, .. }) = asset.and_then(|id| self.agreement.asset(id)) {
            let value = json!({ "label": asset.label, "kind": asset.kind });
            facts.insert("asset".to_owned(), value);
        }
        facts
    }

    fn ask_order(
        &self,
        request: &Request<'_>,
        clause: &ClauseRef,
        gate: &Gate,
        out: &mut Vec<Refusal>,
    ) {
        for module in gate.modules.iter().filter(|m| !self.in_force.contains_key(*m)) {
            let proposal = self.proposals.values().find(|p| p.module.id == *module);
            let everybody = self.genesis.iter().flat_map(|g| g.parties.keys());
            let missing: Vec<PartyId> = everybody
                .filter(|party| proposal.is_none_or(|p| !p.signed.contains(*party)))
                .cloned()
                .collect();
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
        gate: &Gate,
        out: &mut Vec<Refusal>,
    ) {
        if let Some(body) = gate.motion.as_ref().filter(|body| request.via != Some(*body)) {
            out.push(Refusal::NeedsMotion {
                clause: clause.clone(),
                act: request.act.name(),
                body: body.clone(),
            });
        }
    }

    fn ask_approval(
        &self,
        clause: &ClauseRef,
        approval: &Approval,
        run: Option<&Run>,
        out: &mut Vec<Refusal>,
    ) {
        let approved = |party: &PartyId| {
            run.and_then(|r| r.approvals.get(party)).is_some_and(|s| s.contains(&approval.seat))
        };
        let parties: Vec<PartyId> = self.agreement.parties_of(&approval.seat).into_iter().collect();
        let have = parties.iter().filter(|p| approved(p)).count();
        let have = u32::try_from(have).unwrap_or(u32::MAX);
        if have < approval.at_least {
            out.push(Refusal::NeedsApprovals {
                clause: clause.clone(),
                seat: approval.seat.clone(),
                have,
                need: approval.at_least,
                open: parties.into_iter().filter(|p| !approved(p)).collect(),
            });
        }
    }

    fn ask_evidence(
        &self,
        clause: &ClauseRef,
        need: &EvidenceNeed,
        subject: Option<Digest>,
        out: &mut Vec<Refusal>,
    ) {
        let filed = subject.and_then(|digest| self.evidence.get(&digest));
        let latest = filed
            .into_iter()
            .flatten()
            .rev()
            .find(|e| e.seat == need.by && e.evidence.method == need.method);
        let Some(latest) = latest else {
            out.push(Refusal::NeedsEvidence {
                clause: clause.clone(),
                method: need.method.clone(),
                metric: None,
                by: need.by.clone(),
            });
            return;
        };
        if self.time.is_some_and(|now| latest.at.plus(need.max_age) <= now) {
            out.push(Refusal::EvidenceTooOld {
                clause: clause.clone(),
                method: need.method.clone(),
                max_age: need.max_age.to_string(),
            });
        }
        let (Some(metric), Some(at_least)) = (&need.metric, need.at_least) else { return };
        match latest.evidence.results.get(metric) {
            Some(value) if *value >= at_least => {}
            Some(value) => out.push(Refusal::EvidenceBelow {
                clause: clause.clone(),
                metric: metric.clone(),
                value: *value,
                at_least,
            }),
            None => out.push(Refusal::NeedsEvidence {
                clause: clause.clone(),
                method: need.method.clone(),
                metric: Some(metric.clone()),
                by: need.by.clone(),
            }),
        }
    }
}

/// Whether a clause's list speaks to what an act is about: an empty list always does; a permit
/// needs every item of the act in the list, a forbid only one.
fn covers<T: Ord>(list: &[T], asked: &BTreeSet<&T>, all: bool) -> bool {
    if list.is_empty() {
        return true;
    }
    if all {
        !asked.is_empty() && asked.iter().all(|item| list.contains(item))
    } else {
        asked.iter().any(|item| list.contains(item))
    }
}
