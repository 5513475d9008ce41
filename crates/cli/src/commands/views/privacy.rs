//! What holders' privacy accounts have spent and have left, by purpose and year and run by run.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use concordat_agreement::{Agreement, Cited, Privacy};
use concordat_dp::epsilon;
use concordat_partnership::act::Plan;
use concordat_partnership::{
    Act, Charged, Population, PrivacyAccount, PrivacyPart, RunStatus, State, Verdict,
};
use concordat_replay::{fits, plan_cost};
use concordat_terms::{AssetId, ClauseRef, Cost, Decimal, PartyId, PurposeId, RunId, Timestamp};
use serde::Serialize;

use super::super::look::{Seen, Step, see_folding};
use crate::args::Look;
use crate::exposed::{Faced, faced};
use crate::failure::Failure;
use crate::out::Out;

/// A holder's account of a population. Every ε is at its δ; they do not add up, since costs are added
/// and ε is read off the sum.
#[derive(Debug, Serialize)]
pub(super) struct Account {
    pub(super) asset: AssetId,
    /// Other datasets about the same persons.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) also: Vec<AssetId>,
    pub(super) holder: PartyId,
    pub(super) clause: ClauseRef,
    pub(super) epsilon: Decimal,
    pub(super) delta: Decimal,
    /// All that was charged.
    pub(super) spent: f64,
    /// Of that, for runs that are not over.
    pub(super) reserved: f64,
    /// What is kept for monitoring, this year and in years to come, beside what it has spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kept: Option<Kept>,
    /// What is left of ε for whatever does not monitor.
    pub(super) left: f64,
    /// What each purpose has spent in each year.
    pub(super) years: Vec<InYear>,
    /// What each purpose has spent of its part, where it has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) purposes: Vec<OfPart>,
    /// What each adversary has learned, by the filter.
    pub(super) faced: Vec<Faced>,
    /// What was charged, in the order of the log.
    pub(super) runs: Vec<Charge>,
    /// What clauses said of it, in the order of the log, and what was spent then.
    pub(super) limits: Vec<Limit>,
    /// How much would still fit of what was planned last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fits: Option<StillFits>,
}

/// What is kept for monitoring.
#[derive(Debug, Serialize)]
pub(super) struct Kept {
    /// The year.
    pub(super) year: u32,
    /// What is there in it, spent or not.
    pub(super) there: f64,
    /// What monitoring has spent of that.
    pub(super) spent: f64,
    /// The last year for which something is kept.
    pub(super) until: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct InYear {
    pub(super) year: u32,
    pub(super) purpose: PurposeId,
    pub(super) spent: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct OfPart {
    pub(super) purpose: PurposeId,
    pub(super) spent: f64,
    pub(super) at_most: Decimal,
}

/// One reservation.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Charge {
    pub(super) entry: u64,
    pub(super) at: Timestamp,
    pub(super) run: RunId,
    pub(super) purpose: PurposeId,
    /// ε of this run alone.
    pub(super) cost: f64,
    /// ε of all until then.
    pub(super) spent: f64,
    /// What was left then.
    pub(super) left: f64,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Limit {
    pub(super) entry: u64,
    pub(super) epsilon: Decimal,
    pub(super) delta: Decimal,
    /// What had been spent, at this δ.
    pub(super) spent: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct StillFits {
    /// Like that of this run.
    pub(super) like: RunId,
    pub(super) noise: Decimal,
    /// How many rounds and retries it has.
    pub(super) wished: u32,
    /// How many of them would fit once more.
    pub(super) count: u32,
    /// The least noise with which all would.
    pub(super) least_noise: Option<Decimal>,
}

/// What happened to accounts, as the log is folded.
#[derive(Default)]
pub(super) struct History {
    charges: BTreeMap<Population, Vec<Charge>>,
    limits: BTreeMap<AssetId, Vec<(u64, Privacy)>>,
    spent_at: BTreeMap<(Population, u64), Cost>,
}

impl History {
    /// Opens what is looked at, and follows the accounts from the beginning of the log.
    ///
    /// # Errors
    /// As [`see_folding`].
    pub(super) fn see(args: &Look, out: Out) -> Result<(Seen, Self), Failure> {
        let mut history = Self::default();
        let seen = see_folding(args, out, |step| {
            history.step(step);
            ControlFlow::Continue(())
        })?;
        Ok((seen, history))
    }

    fn step(&mut self, step: &Step<'_>) {
        let Verdict::Admitted { by, .. } = step.verdict else { return };
        match step.signed.map(|signed| &signed.act) {
            Some(Act::RunJoin(join)) => {
                let party = by.as_ref().and_then(|by| by.party.as_ref());
                let run = step.state.runs().get(&join.run);
                if let (Some(party), Some(run)) = (party, run) {
                    let plan = &run.proposed.plan;
                    for account in step.state.populations(plan, party) {
                        self.charged(step, account, &join.run, plan, &join.cost);
                    }
                }
            }
            Some(Act::ModuleEnter(_) | Act::MotionExecute(_)) => self.limited(step),
            _ => {}
        }
    }

    fn charged(
        &mut self,
        step: &Step<'_>,
        account: Population,
        run: &RunId,
        plan: &Plan,
        cost: &Cost,
    ) {
        let (Some(own), Some(at)) = (step.state.privacy_account(&account), step.state.time())
        else {
            return;
        };
        let delta = own.terms.delta;
        let charge = Charge {
            entry: step.index,
            at,
            run: run.clone(),
            purpose: plan.purpose.clone(),
            cost: told(cost, delta),
            spent: told(&own.spent(), delta),
            left: left(&own),
        };
        self.charges.entry(account).or_default().push(charge);
    }

    /// What clauses say of accounts from here on, where that is something else than before.
    fn limited(&mut self, step: &Step<'_>) {
        for Cited { terms, .. } in step.state.agreement().privacies() {
            let said = self.limits.entry(terms.privacy.clone()).or_default();
            let same = |own: &Privacy| own.epsilon == terms.epsilon && own.delta == terms.delta;
            if said.last().is_some_and(|(_, own)| same(own)) {
                continue;
            }
            said.push((step.index, terms.clone()));
            for (account, charged) in step.state.accounts() {
                if account.1 == terms.privacy {
                    let spent = charged.total();
                    self.spent_at.insert((account.clone(), step.index), spent);
                }
            }
        }
    }

    /// The accounts of the agreement in force, nothing spent or much, as far as who looks may read
    /// about their datasets.
    pub(super) fn accounts(&self, seen: &Seen) -> Vec<Account> {
        let state = seen.state();
        let clauses = state.agreement().privacies();
        let read = clauses.filter(|cited| seen.reads(&cited.terms.privacy));
        read.flat_map(|cited| {
            let holders = holders(state, state.agreement(), cited.terms);
            holders.into_iter().filter_map(move |holder| self.account(seen, &cited, holder))
        })
        .collect()
    }

    fn account(&self, seen: &Seen, cited: &Cited<'_, Privacy>, holder: PartyId) -> Option<Account> {
        let (state, terms) = (seen.state(), cited.terms);
        let population = (holder, terms.privacy.clone());
        let own = state.privacy_account(&population)?;
        let (holder, asset) = population.clone();
        let delta = terms.delta;
        let runs = self.charges.get(&population).cloned().unwrap_or_default();
        let purposes = terms.at_most.iter().map(|(purpose, at_most)| OfPart {
            purpose: purpose.clone(),
            spent: told(&own.of(purpose), delta),
            at_most: *at_most,
        });
        let kept = terms.monitoring.as_ref().map(|monitoring| Kept {
            year: own.year,
            there: told(&own.for_monitoring(), delta),
            spent: told(&own.stands(&PrivacyPart::Year(own.year)), delta),
            until: monitoring.until,
        });
        let joined = || state.runs().values().filter(|run| run.joined.contains(&holder));
        let mine = |plan: &Plan| state.populations(plan, &holder).contains(&population);
        let plans: Vec<&Plan> =
            joined().map(|run| &run.proposed.plan).filter(|plan| mine(plan)).collect();
        Some(Account {
            also: terms.also.iter().filter(|own| seen.reads(own)).cloned().collect(),
            clause: cited.clause.clone(),
            epsilon: terms.epsilon,
            delta,
            spent: told(&own.spent(), delta),
            reserved: told(&reserved(state, &holder), delta),
            kept,
            left: left(&own),
            years: own.charged.map(|charged| in_years(charged, delta)).unwrap_or_default(),
            purposes: purposes.collect(),
            faced: faced(state.agreement(), &plans, delta),
            fits: still_fits(state, &population, &own, &runs),
            limits: self.limits_of(&population),
            runs,
            asset,
            holder,
        })
    }

    fn limits_of(&self, population: &Population) -> Vec<Limit> {
        let said = self.limits.get(&population.1).into_iter().flatten();
        said.map(|(entry, terms)| {
            let spent = self.spent_at.get(&(population.clone(), *entry));
            Limit {
                entry: *entry,
                epsilon: terms.epsilon,
                delta: terms.delta,
                spent: spent.map_or(0.0, |spent| told(spent, terms.delta)),
            }
        })
        .collect()
    }
}

fn holders(state: &State, agreement: &Agreement, terms: &Privacy) -> BTreeSet<PartyId> {
    let seat = agreement.asset(&terms.privacy).map(|asset| &asset.terms.holder);
    let seated = seat.map(|seat| agreement.parties_of(seat).clone()).unwrap_or_default();
    let charged = state.accounts().keys().filter(|(_, asset)| *asset == terms.privacy);
    seated.into_iter().chain(charged.map(|(holder, _)| holder.clone())).collect()
}

/// The ε that a cost proves.
fn told(cost: &Cost, delta: Decimal) -> f64 {
    epsilon(cost, delta).unwrap_or(f64::INFINITY)
}

/// What is left of the account's ε beside what is spent and kept.
fn left(own: &PrivacyAccount<'_>) -> f64 {
    (own.terms.epsilon.to_f64() - told(&own.taken(), own.terms.delta)).max(0.0)
}

/// What a holder's runs cost that are not over.
fn reserved(state: &State, holder: &PartyId) -> Cost {
    let open = state.runs().values();
    let open = open.filter(|run| run.status == RunStatus::Open && run.joined.contains(holder));
    open.filter_map(|run| plan_cost(state.agreement(), &run.proposed.plan))
        .fold(Cost::zero(), |sum, cost| sum.plus(&cost))
}

fn in_years(charged: &Charged, delta: Decimal) -> Vec<InYear> {
    let parts = charged.parts();
    parts
        .map(|(year, purpose, cost)| {
            let (purpose, spent) = (purpose.clone(), told(cost, delta));
            InYear { year, purpose, spent }
        })
        .collect()
}

/// What would still fit of the run that was charged last; of the one that was proposed last, if none
/// was.
fn still_fits(
    state: &State,
    population: &Population,
    own: &PrivacyAccount<'_>,
    runs: &[Charge],
) -> Option<StillFits> {
    let last = runs.last().and_then(|charge| state.runs().get(&charge.run));
    let proposed = || {
        let on = |asset: &AssetId| own.terms.covers(asset);
        let all = state.runs().values().filter(|run| on(&run.proposed.plan.asset));
        all.max_by_key(|run| run.at)
    };
    let run = last.or_else(proposed)?;
    let plan = &run.proposed.plan;
    let would = fits(state, population, plan, &PrivacyPart::Whole)?;
    Some(StillFits {
        like: run.proposed.run.clone(),
        noise: plan.noise,
        wished: would.wished,
        count: would.count,
        least_noise: would.noise,
    })
}
