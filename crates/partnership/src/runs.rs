//! Runs: planned, approved, joined with the whole budget reserved, closed with a signed result.

use concordat_agreement::Cited;
use concordat_terms::{ActName, Digest, PartyId, RunId};

use crate::act::{AbortReason, OneRun, RunAbort, RunClose, RunJoin, RunPropose};
use crate::change::Change;
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{ProjectStatus, Run, RunStatus, State};
use crate::verdict::{Actor, Facts};

impl Deed for RunPropose {
    fn subject(&self) -> Option<Digest> {
        Some(self.plan.recipe)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_plan(matter, &self.plan);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_run_propose(self, hearing.by, hearing.facts, out)
    }
}

impl Deed for OneRun {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_run(matter, &self.run);
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.run(&self.run, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        match hearing.act {
            ActName::RunApprove => hearing.state.judge_run_approve(self, hearing.by, out),
            _ => hearing.state.judge_run_open(self, hearing.facts, out),
        }
    }
}

impl Deed for RunJoin {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_run(matter, &self.run);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_run_join(self, hearing.by, hearing.facts, out)
    }
}

impl Deed for RunClose {
    fn subject(&self) -> Option<Digest> {
        Some(self.model)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_run(matter, &self.run);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        hearing.state.judge_run_close(self, hearing.by, out)
    }
}

impl Deed for RunAbort {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_run(matter, &self.run);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        match hearing.by.actor.party {
            None => hearing.state.judge_sequencer_abort(self, out),
            Some(_) => hearing.state.judge_run_abort(self, out),
        }
    }
}

impl State {
    fn judge_run_propose(
        &self,
        act: &RunPropose,
        by: &By,
        facts: &Facts,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?.clone();
        if self.runs.contains_key(&act.run) {
            out.push(Refusal::NameTaken { name: act.run.to_string() });
        }
        self.check_plan(&act.plan, facts, out);
        let agreement = self.agreement_digest_of(&act.plan.project);
        let price = facts.cost.clone();
        Some(Change::RunProposed { party, run: act.clone(), agreement, price })
    }

    fn judge_run_approve(&self, act: &OneRun, by: &By, out: &mut Vec<Refusal>) -> Option<Change> {
        let party = by.party(out)?.clone();
        let run = self.run(&act.run, out)?;
        check_status(&act.run, run, "proposed", out);
        self.check_agreement(&act.run, run, out);
        Some(Change::RunApproved { party, seat: by.actor.seat.clone(), run: act.run.clone() })
    }

    /// A run opens only if everything its proposal was checked for still holds.
    fn judge_run_open(
        &self,
        act: &OneRun,
        facts: &Facts,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let run = self.run(&act.run, out)?;
        check_status(&act.run, run, "proposed", out);
        self.check_agreement(&act.run, run, out);
        self.check_plan(&run.proposed.plan, facts, out);
        Some(Change::RunOpened(act.run.clone()))
    }

    /// Joining reserves the cost of every round and retry: nothing leaves a node before this. Who
    /// joins does so under what was approved: everything that let the run open is asked again.
    fn judge_run_join(
        &self,
        act: &RunJoin,
        by: &By,
        facts: &Facts,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?.clone();
        let run = self.run(&act.run, out)?;
        check_status(&act.run, run, "open", out);
        let plan = &run.proposed.plan;
        self.check_agreement(&act.run, run, out);
        if !plan.datasets.contains_key(&party) {
            out.push(Refusal::NotAParticipant { run: act.run.clone(), party });
            return None;
        }
        self.check_plan(plan, facts, out);
        if run.joined.contains(&party) {
            out.push(Refusal::NameTaken { name: format!("{}/{party}", act.run) });
        }
        if !self.code_approved(&party, &plan.asset, &plan.code, &act.run) {
            out.push(Refusal::CodeNotApproved {
                party: party.clone(),
                code: plan.code,
                asset: plan.asset.clone(),
            });
        }
        out.extend(self.trainer_lacks(&party, &act.run, plan).map(Refusal::from));
        if facts.cost.as_ref().is_none_or(|least| !act.cost.covers(least)) {
            out.push(Refusal::CostUnderstated { run: act.run.clone() });
        }
        let accounts = self.populations(plan, &party);
        self.check_budget(&act.run, plan, &act.cost, &accounts, out);
        Some(Change::RunJoined { party, run: act.run.clone(), accounts, cost: act.cost.clone() })
    }

    /// A result stands when t participants signed it: each recomputed the sums first. It stands
    /// under the agreement that the run was joined under, or not at all.
    fn judge_run_close(&self, act: &RunClose, by: &By, out: &mut Vec<Refusal>) -> Option<Change> {
        let run = self.run(&act.run, out)?;
        check_status(&act.run, run, "open", out);
        let plan = &run.proposed.plan;
        self.check_agreement(&act.run, run, out);
        self.check_project(plan, out);
        let Cited { clause, terms } = self.aggregation(out)?;
        let signed_by: std::collections::BTreeSet<PartyId> =
            by.parties.intersection(&run.joined).cloned().collect();
        let have = u32::try_from(signed_by.len()).unwrap_or(u32::MAX);
        if have < terms.threshold {
            out.push(Refusal::TooFewSigners { run: act.run.clone(), have, need: terms.threshold });
        }
        let least = plan.datasets.len().saturating_sub(terms.dropouts as usize);
        for party in act.roster.difference(&run.joined) {
            out.push(Refusal::NotAParticipant { run: act.run.clone(), party: party.clone() });
        }
        let mut beyond = |what, value: String, allowed: String| {
            out.push(Refusal::BeyondTerms { what, value, allowed, clause: clause.clone() });
        };
        if act.roster.len() < least {
            beyond("roster", act.roster.len().to_string(), format!("at least {least}"));
        }
        if act.rounds != plan.rounds {
            beyond("rounds", act.rounds.to_string(), plan.rounds.to_string());
        }
        let most = plan.rounds.saturating_add(plan.retries);
        if act.attempts < act.rounds || act.attempts > most {
            beyond("attempts", act.attempts.to_string(), format!("{} to {most}", act.rounds));
        }
        self.check_result_is_new(&act.model, run, out);
        Some(Change::RunClosed { run: act.clone(), signed_by })
    }

    fn judge_run_abort(&self, act: &RunAbort, out: &mut Vec<Refusal>) -> Option<Change> {
        let run = self.run(&act.run, out)?;
        if !matches!(run.status, RunStatus::Proposed | RunStatus::Open) {
            check_status(&act.run, run, "open", out);
        }
        Some(Change::RunAborted { run: act.run.clone(), reason: act.reason })
    }

    /// The sequencer ends open runs that nobody can finish; taking one back is the parties'.
    fn judge_sequencer_abort(&self, act: &RunAbort, out: &mut Vec<Refusal>) -> Option<Change> {
        let run = self.run(&act.run, out)?;
        check_status(&act.run, run, "open", out);
        if act.reason == AbortReason::Withdrawn {
            out.push(Refusal::RunState {
                run: act.run.clone(),
                is: "not the sequencer's to withdraw",
                needs: "withdrawn by a party",
            });
        }
        Some(Change::RunAborted { run: act.run.clone(), reason: act.reason })
    }

    /// Why an open run can be neither joined nor closed any more, whoever does what: neither an
    /// agreement nor a project that has ended comes back. None while it can, and of other runs.
    #[must_use]
    pub fn dead_end(&self, run: &RunId) -> Option<AbortReason> {
        let run = self.runs.get(run).filter(|run| run.status == RunStatus::Open)?;
        if run.agreement != self.agreement_digest_of(&run.proposed.plan.project) {
            return Some(AbortReason::AgreementChanged);
        }
        let project = self.projects.get(&run.proposed.plan.project);
        let ended = project.is_some_and(|project| project.status == ProjectStatus::Ended);
        ended.then_some(AbortReason::ProjectEnded)
    }

    /// A run has one agreement from its proposal to its end: an amendment that enters into force
    /// in between leaves nothing to do with it but to give it up.
    pub(crate) fn check_agreement(&self, id: &RunId, run: &Run, out: &mut Vec<Refusal>) {
        let now = self.agreement_digest_of(&run.proposed.plan.project);
        if run.agreement != now {
            out.push(Refusal::AgreementChanged { run: id.clone(), under: run.agreement, now });
        }
    }

    pub(crate) fn run(&self, id: &RunId, out: &mut Vec<Refusal>) -> Option<&Run> {
        let run = self.runs.get(id);
        if run.is_none() {
            out.push(Refusal::UnknownRun { run: id.clone() });
        }
        run
    }
}

fn check_status(id: &RunId, run: &Run, needs: &'static str, out: &mut Vec<Refusal>) {
    if run.status.as_str() != needs {
        out.push(Refusal::RunState { run: id.clone(), is: run.status.as_str(), needs });
    }
}
