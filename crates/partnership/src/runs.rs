//! Runs: planned, approved, joined with the whole budget reserved, closed with a signed result.

use concordat_agreement::{Aggregation, AssetKind, Cited};
use concordat_terms::{Cost, PartyId, RunId};

use crate::act::{AbortReason, OneRun, Plan, RunAbort, RunClose, RunJoin, RunPropose};
use crate::change::Change;
use crate::judge::By;
use crate::refusal::Refusal;
use crate::state::{Run, RunStatus, State};
use crate::verdict::Facts;

impl State {
    pub(crate) fn judge_run_propose(
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
        let plan = &act.plan;
        self.check_project(plan, out);
        self.check_asset(&plan.asset, AssetKind::Dataset, out);
        self.check_asset(&plan.model, AssetKind::Model, out);
        self.check_purpose_of_asset(&plan.asset, &plan.purpose, out);
        self.check_purpose_of_asset(&plan.model, &plan.purpose, out);
        self.check_datasets(plan, out);
        let before = out.len();
        self.check_terms(plan, out);
        if out.len() == before {
            self.check_priced(plan, facts, out);
        }
        Some(Change::RunProposed { party, run: act.clone() })
    }

    pub(crate) fn judge_run_approve(
        &self,
        act: &OneRun,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let party = by.party(out)?.clone();
        let run = self.run(&act.run, out)?;
        check_status(&act.run, run, "proposed", out);
        Some(Change::RunApproved { party, seat: by.actor.seat.clone(), run: act.run.clone() })
    }

    /// A run opens only if everything its proposal was checked for still holds.
    pub(crate) fn judge_run_open(&self, act: &OneRun, out: &mut Vec<Refusal>) -> Option<Change> {
        let run = self.run(&act.run, out)?;
        check_status(&act.run, run, "proposed", out);
        let plan = &run.proposed.plan;
        self.check_project(plan, out);
        self.check_datasets(plan, out);
        self.check_terms(plan, out);
        Some(Change::RunOpened(act.run.clone()))
    }

    /// Joining reserves the cost of every round and retry: nothing leaves a node before this.
    pub(crate) fn judge_run_join(
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
        let Some(version) = plan.datasets.get(&party) else {
            out.push(Refusal::NotAParticipant { run: act.run.clone(), party });
            return None;
        };
        self.usable_dataset(&plan.asset, &party, version, out);
        if run.joined.contains(&party) {
            out.push(Refusal::NameTaken { name: format!("{}/{party}", act.run) });
        }
        if !self.code_approved(&party, &plan.asset, &plan.code) {
            out.push(Refusal::CodeNotApproved {
                party: party.clone(),
                code: plan.code,
                asset: plan.asset.clone(),
            });
        }
        // A plan without a price is refused when it is proposed; should one get here, nothing covers it.
        if facts.cost.as_ref().is_none_or(|least| !act.cost.covers(least)) {
            out.push(Refusal::CostUnderstated { run: act.run.clone() });
        }
        self.check_budget(act, plan, &party, out);
        Some(Change::RunJoined {
            party,
            run: act.run.clone(),
            asset: plan.asset.clone(),
            cost: act.cost.clone(),
        })
    }

    /// A result stands when t participants signed it: each recomputed the sums first.
    pub(crate) fn judge_run_close(
        &self,
        act: &RunClose,
        by: &By,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let run = self.run(&act.run, out)?;
        check_status(&act.run, run, "open", out);
        let plan = &run.proposed.plan;
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
        if self.models.contains_key(&act.model) {
            out.push(Refusal::NameTaken { name: act.model.to_string() });
        }
        Some(Change::RunClosed { run: act.clone(), signed_by })
    }

    pub(crate) fn judge_run_abort(&self, act: &RunAbort, out: &mut Vec<Refusal>) -> Option<Change> {
        let run = self.run(&act.run, out)?;
        if !matches!(run.status, RunStatus::Proposed | RunStatus::Open) {
            check_status(&act.run, run, "open", out);
        }
        Some(Change::RunAborted { run: act.run.clone(), reason: act.reason })
    }

    /// The sequencer ends open runs that nobody can finish; taking one back is the parties'.
    pub(crate) fn judge_sequencer_abort(
        &self,
        act: &RunAbort,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
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

    /// Every version the plan names is registered, not withdrawn, and permitted for the purpose.
    fn check_datasets(&self, plan: &Plan, out: &mut Vec<Refusal>) {
        for (party, version) in &plan.datasets {
            let Some(dataset) = self.usable_dataset(&plan.asset, party, version, out) else {
                continue;
            };
            if !dataset.registered.purposes.contains(&plan.purpose)
                && let Some(Cited { clause, .. }) = self.agreement.asset(&plan.asset)
            {
                out.push(Refusal::PurposeNotAllowed {
                    asset: plan.asset.clone(),
                    purpose: plan.purpose.clone(),
                    by: format!("`{party}`'s registration"),
                    clause,
                });
            }
        }
    }

    /// The plan keeps within the parameters that were proved when the agreement entered into
    /// force, so no plan within them can overflow the ring or thin the noise.
    fn check_terms(&self, plan: &Plan, out: &mut Vec<Refusal>) {
        let Some(Cited { clause, terms }) = self.aggregation(out) else { return };
        let holders = self.agreement.parties_of(&terms.of);
        let mut check = |what, holds: bool, value: String, allowed: String| {
            if !holds {
                out.push(Refusal::BeyondTerms { what, value, allowed, clause: clause.clone() });
            }
        };
        let named = plan.datasets.keys().cloned().collect();
        check(
            "participants",
            holders == named,
            plan.datasets.len().to_string(),
            format!("exactly the {} parties of seat `{}`", holders.len(), terms.of),
        );
        let within = |value, most| value > 0 && value <= most;
        check(
            "dimension",
            within(plan.dimension, terms.dimension_most),
            plan.dimension.to_string(),
            format!("1 to {}", terms.dimension_most),
        );
        check(
            "rounds",
            within(plan.rounds, 100_000),
            plan.rounds.to_string(),
            "1 to 100000".into(),
        );
        check(
            "retries",
            plan.retries <= terms.retries,
            plan.retries.to_string(),
            format!("at most {}", terms.retries),
        );
        check(
            "clipping bound",
            plan.clip.is_positive() && plan.clip <= terms.clip_most,
            plan.clip.to_string(),
            format!("above 0 and at most {}", terms.clip_most),
        );
        check(
            "noise",
            plan.noise.is_positive() && plan.noise <= terms.noise_most,
            plan.noise.to_string(),
            format!("above 0 and at most {}", terms.noise_most),
        );
        let one = concordat_terms::Decimal::whole(1);
        check(
            "sampling rate",
            plan.sampling_rate.is_positive() && Some(plan.sampling_rate) <= one,
            plan.sampling_rate.to_string(),
            "above 0 and at most 1".into(),
        );
    }

    /// A plan that the accountant cannot charge could be joined by nobody.
    fn check_priced(&self, plan: &Plan, facts: &Facts, out: &mut Vec<Refusal>) {
        if facts.cost.is_none()
            && let Some(Cited { clause, .. }) = self.aggregation(out)
        {
            out.push(Refusal::BeyondTerms {
                what: "noise",
                value: plan.noise.to_string(),
                allowed: "0.1 to 1000000, the accountant's range".to_owned(),
                clause,
            });
        }
    }

    fn check_budget(&self, act: &RunJoin, plan: &Plan, party: &PartyId, out: &mut Vec<Refusal>) {
        let account = (party.clone(), plan.asset.clone());
        let spent = self.accounts.get(&account).cloned().unwrap_or_else(Cost::zero);
        let limit = self.limits.get(&plan.asset).cloned().unwrap_or_else(Cost::zero);
        if !spent.plus(&act.cost).within(&limit)
            && let Some(Cited { clause, .. }) = self.agreement.privacy(&plan.asset)
        {
            out.push(Refusal::BudgetExceeded {
                run: act.run.clone(),
                party: party.clone(),
                asset: plan.asset.clone(),
                clause,
            });
        }
    }

    fn aggregation(&self, out: &mut Vec<Refusal>) -> Option<Cited<'_, Aggregation>> {
        let found = self.agreement.aggregation();
        if found.is_none() {
            out.push(Refusal::NothingPermits { act: concordat_terms::ActName::RunPropose });
        }
        found
    }

    fn run(&self, id: &RunId, out: &mut Vec<Refusal>) -> Option<&Run> {
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
