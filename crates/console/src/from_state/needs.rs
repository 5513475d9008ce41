//! What waits for somebody: computed from the same gates that the fold asks.

use std::collections::BTreeSet;

use concordat_partnership::act::Decision;
use concordat_partnership::{ModelStatus, Motion, ProjectStatus, Run, RunStatus};
use concordat_terms::{ActName, BodyId, Digest, MotionId, PartyId, RunId, SeatId, Timestamp};

use crate::from_state::decisions::question;
use crate::from_state::{Source, ticked};
use crate::view::{Name, Need, Outcome, Words};

impl Source<'_> {
    pub(super) fn needs(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        self.unsigned_modules(&mut needs);
        for (id, motion) in self.state.motions() {
            self.open_motion(id, motion, &mut needs);
        }
        self.chartered_projects(&mut needs);
        for (id, run) in self.state.runs() {
            match run.status {
                RunStatus::Proposed => self.proposed_run(id, run, &mut needs),
                RunStatus::Open => self.open_run(id, run, &mut needs),
                RunStatus::Closed(_) | RunStatus::Aborted(_) => {}
            }
        }
        self.proposed_releases(&mut needs);
        needs
    }

    fn open_motion(&self, id: &MotionId, motion: &Motion, needs: &mut Vec<Need>) {
        let agreement = self.state.agreement();
        let (todo, who) = match self.outcome(id, motion) {
            Outcome::Undecided => {
                let body = agreement.body(&motion.proposed.body);
                let members = body.map(|b| agreement.parties_of(&b.terms.members));
                let silent = members.unwrap_or_default().into_iter();
                let silent: Vec<PartyId> =
                    silent.filter(|p| !motion.votes.contains_key(p)).collect();
                (
                    format!("vote (`motion.vote`) before {}", spoken(motion.open_until)),
                    self.names(&silent),
                )
            }
            Outcome::Succeeded => (
                format!("carry it out (`motion.execute`) before {}", spoken(motion.lapses_at)),
                self.permitted(ActName::MotionExecute),
            ),
            Outcome::Executed | Outcome::Lapsed | Outcome::Failed => return,
        };
        let asked = question(&motion.proposed.decision);
        needs.push(Need {
            what: self.words(&format!("Motion `{id}`: {asked}")),
            todo: self.words(&todo),
            who,
            see: format!("/decisions#{id}"),
        });
    }

    /// Modules that were proposed and lack signatures. An older version of one in force is over.
    fn unsigned_modules(&self, needs: &mut Vec<Need>) {
        let agreement = self.state.agreement();
        for proposal in self.state.proposals().values() {
            let module = &proposal.module;
            let in_force = agreement.modules().get(&module.id);
            if in_force.is_some_and(|m| m.version >= module.version) {
                continue;
            }
            let founders = self.state.genesis().into_iter().flat_map(|g| g.parties.keys().cloned());
            let needed: BTreeSet<PartyId> = if agreement.modules().is_empty() {
                // Whom the seats stand for is not yet agreed: everybody is asked.
                founders.collect()
            } else {
                agreement.signer_parties(module)
            };
            let missing: Vec<&PartyId> = needed.difference(&proposal.signed).collect();
            let (todo, who) = if missing.is_empty() {
                ("bring it into force (`module.enter`)", self.names(&needed))
            } else {
                ("read and sign it (`module.sign`)", self.names(missing))
            };
            needs.push(Need {
                what: self.words(&format!("Module `{}` {}", module.id, module.version)),
                todo: self.words(todo),
                who,
                see: "/agreement".to_owned(),
            });
        }
    }

    fn chartered_projects(&self, needs: &mut Vec<Need>) {
        for (id, project) in self.state.projects() {
            let decision = Decision::ProjectOpen(id.clone());
            if project.status != ProjectStatus::Chartered || self.before_a_body(&decision) {
                continue;
            }
            let (todo, who) = self.motion_or_act(ActName::ProjectOpen);
            needs.push(Need {
                what: self.words(&format!("Project `{id}` is chartered and not open")),
                todo,
                who,
                see: "/#projects".to_owned(),
            });
        }
    }

    fn proposed_run(&self, id: &RunId, run: &Run, needs: &mut Vec<Need>) {
        let what = self.words(&format!("Run `{id}` is proposed"));
        let see = format!("/#run-{id}");
        let kind = run.proposed.plan.kind;
        let gates = self.state.agreement().gates(ActName::RunOpen);
        let gates = gates.filter(|g| g.terms.kinds.is_empty() || g.terms.kinds.contains(&kind));
        let mut lacking = false;
        for approval in gates.flat_map(|gate| &gate.terms.approvals) {
            let approved = |party: &PartyId| {
                run.approvals.get(party).is_some_and(|seats| seats.contains(&approval.seat))
            };
            let parties = self.state.agreement().parties_of(&approval.seat);
            let (have, open): (Vec<&PartyId>, Vec<&PartyId>) =
                parties.iter().partition(|party| approved(party));
            if have.len() >= approval.at_least as usize {
                continue;
            }
            lacking = true;
            let count = format!("{} of {}", have.len(), approval.at_least);
            needs.push(Need {
                what: what.clone(),
                todo: self.words(&format!(
                    "approve it for the seat `{}` (`run.approve`); {count} have",
                    approval.seat
                )),
                who: self.names(open),
                see: see.clone(),
            });
        }
        if !lacking && !self.before_a_body(&Decision::RunOpen(id.clone())) {
            let (todo, who) = self.motion_or_act(ActName::RunOpen);
            needs.push(Need { what, todo, who, see });
        }
    }

    fn open_run(&self, id: &RunId, run: &Run, needs: &mut Vec<Need>) {
        let missing: Vec<&PartyId> =
            run.proposed.plan.datasets.keys().filter(|p| !run.joined.contains(*p)).collect();
        let Some(terms) = self.state.agreement().aggregation().map(|cited| cited.terms) else {
            return;
        };
        // With enough of them the run goes on without the others.
        let least = run.proposed.plan.datasets.len().saturating_sub(terms.dropouts as usize);
        if run.joined.len() >= least {
            return;
        }
        needs.push(Need {
            what: self.words(&format!("Run `{id}` is open")),
            todo: self.words(&format!(
                "join it (`run.join`); {} of at least {least} have",
                run.joined.len()
            )),
            who: self.names(missing),
            see: format!("/#run-{id}"),
        });
    }

    fn proposed_releases(&self, needs: &mut Vec<Need>) {
        let models = self.state.models().iter();
        for (digest, _) in models.filter(|(_, model)| model.status == ModelStatus::Proposed) {
            let what = self.words(&format!("Model `{}…` is proposed for release", digest.short()));
            let see = format!("/#model-{}", digest.short());
            let untested = self.untested(digest);
            for (method, seat) in &untested {
                needs.push(Need {
                    what: what.clone(),
                    todo: self.words(&format!("test it by `{method}` (`evidence.submit`)")),
                    who: self.filling([seat]),
                    see: see.clone(),
                });
            }
            let decision = Decision::ReleasePromote(*digest);
            if untested.is_empty() && !self.before_a_body(&decision) {
                let (todo, who) = self.motion_or_act(ActName::ReleasePromote);
                needs.push(Need { what, todo, who, see });
            }
        }
    }

    /// Methods, and the seats that use them, that a release needs and nobody has filed.
    fn untested(&self, model: &Digest) -> Vec<(String, SeatId)> {
        let filed = self.state.evidence().get(model).map(Vec::as_slice).unwrap_or_default();
        let gates = self.state.agreement().gates(ActName::ReleasePromote);
        gates
            .flat_map(|gate| &gate.terms.evidence)
            .filter(|need| {
                !filed.iter().any(|e| e.evidence.method == need.method && e.seat == need.by)
            })
            .map(|need| (need.method.to_string(), need.by.clone()))
            .collect()
    }

    /// Whether a motion that can still do this, or that only waits to be carried out, exists.
    fn before_a_body(&self, decision: &Decision) -> bool {
        self.state.motions().iter().any(|(id, motion)| {
            motion.proposed.decision == *decision
                && matches!(self.outcome(id, motion), Outcome::Undecided | Outcome::Succeeded)
        })
    }

    /// What brings an act about: a motion where a gate wants one, or else the act itself.
    fn motion_or_act(&self, act: ActName) -> (Words, Vec<Name>) {
        let gates = self.state.agreement().gates(act);
        let bodies: BTreeSet<&BodyId> = gates.filter_map(|g| g.terms.motion.as_ref()).collect();
        if bodies.is_empty() {
            let todo = match act {
                ActName::RunOpen | ActName::ProjectOpen => "open it",
                _ => "release it",
            };
            return (self.words(&format!("{todo} (`{act}`)")), self.permitted(act));
        }
        let todo = format!("put a motion to {} (`motion.propose`)", ticked(bodies));
        (self.words(&todo), self.permitted(ActName::MotionPropose))
    }

    /// The parties that some permit lets do an act, conditions aside.
    fn permitted(&self, act: ActName) -> Vec<Name> {
        let seats: BTreeSet<&SeatId> =
            self.state.agreement().permits(act).flat_map(|rule| &rule.terms.by).collect();
        self.filling(seats)
    }
}

/// A moment as people read it.
fn spoken(time: Timestamp) -> String {
    time.to_string().replace('T', " ").replace('Z', " UTC")
}
