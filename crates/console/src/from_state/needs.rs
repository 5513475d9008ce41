//! What waits for somebody: what the fold itself says that it lacks, in words.

use std::collections::BTreeSet;

use concordat_partnership::act::{OneProject, OneRun, Release};
use concordat_partnership::{
    Act, ModelStatus, Need as Waiting, NeedKind, ProjectStatus, Refusal, Run, RunStatus,
};
use concordat_terms::{ActName, BodyId, MotionId, PartyId, RunId, SeatId, Timestamp};

use crate::from_state::decisions::question;
use crate::from_state::{Source, ticked};
use crate::view::{Name, Need};

impl Source<'_> {
    /// What the fold says that waits for each party, what is over or ends first at the top; then what
    /// it still asks for before something proposed can go on.
    pub(super) fn needs(&self) -> Vec<Need> {
        let mut needs = self.waiting();
        self.unsigned_modules(&mut needs);
        self.chartered_projects(&mut needs);
        for (id, run) in self.state.runs() {
            match run.status {
                RunStatus::Proposed => self.proposed_run(id, &mut needs),
                RunStatus::Open => self.open_run(id, run, &mut needs),
                RunStatus::Closed(_) | RunStatus::Aborted(_) => {}
            }
        }
        self.proposed_releases(&mut needs);
        needs
    }

    /// [`State::needs`](concordat_partnership::State::needs) of every party, each thing once with all
    /// for whom it waits. Signatures, approvals and joins are told below, with what they lead to.
    fn waiting(&self) -> Vec<Need> {
        let mut all: Vec<(Waiting, Vec<PartyId>)> = Vec::new();
        let parties = self.state.parties_ever();
        for need in parties.iter().flat_map(|party| self.state.needs(party)) {
            if matches!(need.kind, NeedKind::Sign | NeedKind::Approve | NeedKind::Join) {
                continue;
            }
            let party = need.party.clone();
            let same = |(own, _): &&mut (Waiting, Vec<PartyId>)| {
                let Waiting { kind, about, says, until, .. } = own;
                (*kind, about, says, *until) == (need.kind, &need.about, &need.says, need.until)
            };
            match all.iter_mut().find(same) {
                Some(own) => own.1.push(party),
                None => all.push((need, vec![party])),
            }
        }
        all.sort_by_key(|(need, _)| (need.until.is_none(), need.until));
        all.iter().map(|(need, parties)| self.need(need, parties)).collect()
    }

    fn need(&self, need: &Waiting, parties: &[PartyId]) -> Need {
        let Waiting { kind, about, says, act, .. } = need;
        let motion = || self.state.motions().get(&about.parse::<MotionId>().ok()?);
        let what = match kind {
            NeedKind::Vote | NeedKind::CarryOut => {
                let asked = motion().map(|motion| question(&motion.proposed.decision));
                format!("Motion `{about}`: {}", asked.as_ref().unwrap_or(says))
            }
            NeedKind::Duty => format!("Duty `{about}`: {says}"),
            NeedKind::Report | NeedKind::Reply | NeedKind::Decide => {
                format!("Case `{about}`: {says}")
            }
            NeedKind::Audit | NeedKind::Acknowledge | NeedKind::Ratify => {
                format!("By {about}: {says}")
            }
            NeedKind::Recheck => format!("Sub-processor `{about}`: {says}"),
            NeedKind::Pay => format!("Under `{about}`: {says}"),
            NeedKind::Sign | NeedKind::Approve | NeedKind::Join => format!("`{about}`: {says}"),
        };
        let does = match kind {
            NeedKind::Vote => "vote",
            NeedKind::CarryOut => "carry it out",
            NeedKind::Ratify => "ratify it",
            NeedKind::Duty => "discharge it",
            NeedKind::Report => "report",
            NeedKind::Reply => "reply",
            NeedKind::Decide => "decide",
            NeedKind::Audit => "answer",
            NeedKind::Acknowledge => "acknowledge it",
            NeedKind::Recheck => "check it",
            NeedKind::Pay => "pay",
            NeedKind::Sign => "sign it",
            NeedKind::Approve => "approve it",
            NeedKind::Join => "join it",
        };
        let by = match need.until {
            Some(until) if need.overdue => format!("; it was due at {}", spoken(until)),
            Some(until) => format!(" before {}", spoken(until)),
            None => String::new(),
        };
        let who = match kind {
            // Of those who decided it, whoever a permit lets.
            NeedKind::CarryOut => self.permitted(*act),
            _ => self.names(parties),
        };
        let see = match kind {
            NeedKind::Vote | NeedKind::CarryOut => format!("/decisions#{about}"),
            NeedKind::Duty => self.at_clause(about),
            _ => "/log".to_owned(),
        };
        Need {
            what: self.words(&what),
            todo: self.words(&format!("{does} (`{act}`){by}")),
            who,
            see,
            overdue: need.overdue,
        }
    }

    /// Where the clause of a duty is, if it is in force.
    fn at_clause(&self, duty: &str) -> String {
        let clause = duty.split(':').next().and_then(|clause| self.defined(clause));
        clause.map_or_else(|| "/agreement".to_owned(), |clause| format!("/agreement#{clause}"))
    }

    /// Modules that could enter into force, and who has yet to sign them.
    fn unsigned_modules(&self, needs: &mut Vec<Need>) {
        for (digest, proposal) in self.state.waiting() {
            let module = &proposal.module;
            let missing = self.state.yet_to_sign(digest);
            let (todo, who) = if missing.is_empty() {
                ("bring it into force (`module.enter`)", self.names(self.state.signed_by(proposal)))
            } else {
                ("read and sign it (`module.sign`)", self.names(&missing))
            };
            needs.push(Need {
                what: self.words(&format!("Module `{}` {}", module.id, module.version)),
                todo: self.words(todo),
                who,
                see: "/agreement".to_owned(),
                overdue: false,
            });
        }
    }

    fn chartered_projects(&self, needs: &mut Vec<Need>) {
        for (id, project) in self.state.projects() {
            if project.status == ProjectStatus::Chartered {
                let what = format!("Project `{id}` is chartered and not open");
                let decision = Act::ProjectOpen(OneProject { project: id.clone() });
                self.decision(&what, "/#projects", &decision, "open it", needs);
            }
        }
    }

    fn proposed_run(&self, id: &RunId, needs: &mut Vec<Need>) {
        let what = format!("Run `{id}` is proposed");
        let decision = Act::RunOpen(OneRun { run: id.clone() });
        self.decision(&what, &format!("/#run-{id}"), &decision, "open it", needs);
    }

    fn proposed_releases(&self, needs: &mut Vec<Need>) {
        let models = self.state.models().iter();
        for (digest, _) in models.filter(|(_, model)| model.status == ModelStatus::Proposed) {
            let what = format!("Model `{}…` is proposed for release", digest.short());
            let see = format!("/#model-{}", digest.short());
            let decision = Act::ReleasePromote(Release { model: *digest });
            self.decision(&what, &see, &decision, "release it", needs);
        }
    }

    /// What the fold still asks for before a decision can be carried out; if that is nothing but
    /// the decision, who takes it.
    fn decision(&self, what: &str, see: &str, decision: &Act, last: &str, needs: &mut Vec<Need>) {
        let lacks = self.state.lacks(decision);
        let mut asked: Vec<(String, Vec<Name>)> = Vec::new();
        let mut bodies: BTreeSet<&BodyId> = BTreeSet::new();
        for lack in &lacks {
            match lack {
                Refusal::AgreementChanged { .. } => {
                    // Nothing opens it any more, whatever else is there.
                    let todo = "take it back (`run.abort`): another agreement is in force since";
                    asked = vec![(todo.to_owned(), self.permitted(ActName::RunAbort))];
                    break;
                }
                Refusal::NeedsMotion { body, .. } => {
                    bodies.insert(body);
                }
                other => asked.push(self.asked(other, decision.name())),
            }
        }
        if asked.is_empty() {
            if self.before_a_body(decision) {
                return;
            }
            let act = decision.name();
            asked.push(if bodies.is_empty() {
                (format!("{last} (`{act}`)"), self.permitted(act))
            } else {
                let todo = format!("put a motion to {} (`motion.propose`)", ticked(bodies));
                (todo, self.permitted(ActName::MotionPropose))
            });
        }
        needs.extend(asked.into_iter().map(|(todo, who)| Need {
            what: self.words(what),
            todo: self.words(&todo),
            who,
            see: see.to_owned(),
            overdue: false,
        }));
    }

    /// What is lacking as something to do, and by whom: for what has no words here, what the fold
    /// would say to whoever tried.
    fn asked(&self, lack: &Refusal, act: ActName) -> (String, Vec<Name>) {
        match lack {
            Refusal::NeedsApprovals { seat, have, need, open, .. } => {
                let todo = format!(
                    "approve it for the seat `{seat}` (`run.approve`); {have} of {need} have"
                );
                (todo, self.names(open))
            }
            Refusal::NeedsEvidence { method, metric, by, .. } => {
                let metric = metric.as_ref().map(|m| format!(" with `{m}`")).unwrap_or_default();
                let todo = format!("test it by `{method}`{metric} (`evidence.submit`)");
                (todo, self.filling([by]))
            }
            Refusal::EvidenceTooOld { method, max_age, .. } => {
                let todo = format!(
                    "test it again by `{method}` (`evidence.submit`); the last test is older than \
                     `{max_age}`"
                );
                (todo, self.permitted(ActName::EvidenceSubmit))
            }
            Refusal::EvidenceBelow { metric, value, at_least, .. } => {
                let todo = format!(
                    "give it up or test it again (`evidence.submit`); its `{metric}` is {value}, \
                     and {at_least} is asked for"
                );
                (todo, self.permitted(ActName::EvidenceSubmit))
            }
            other => (other.remedy(), self.permitted(act)),
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
            overdue: false,
        });
    }

    /// Whether a motion that can still do this, or that only waits to be carried out, exists.
    fn before_a_body(&self, decision: &Act) -> bool {
        self.state
            .motions()
            .values()
            .any(|motion| *motion.proposed.decision == *decision && motion.status.is_pending())
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
