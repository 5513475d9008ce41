//! Plans: what a run computes, held against the agreement, the project and the catalogue.

use concordat_agreement::{Aggregation, AssetKind, Cited, Privacy, RunKind};
use concordat_terms::{AssetId, Cost, Decimal, ROUNDS_MOST, ROUNDS_RANGE};

use crate::act::Plan;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Facts;

/// What the price of a plan hangs on under one agreement: the dataset, the noise, the sampling rate,
/// and how many releases are charged.
pub(crate) type Priced = (AssetId, Decimal, Decimal, u64);

impl Plan {
    pub(crate) fn priced_by(&self) -> Priced {
        (self.asset.clone(), self.noise, self.sampling_rate, self.charges())
    }
}

impl State {
    /// What a plan costs at least, if one of the same price was proposed under the agreement in
    /// force: it is not computed again for each run, and each participant that joins.
    pub fn known_price(&self, plan: &Plan) -> Option<&Cost> {
        self.prices.get(&plan.priced_by())
    }

    /// Everything a plan must hold to, asked when its run is proposed, opened and joined.
    pub(crate) fn check_plan(&self, plan: &Plan, facts: &Facts, out: &mut Vec<Refusal>) {
        if self.check_plan_but_price(plan, out) {
            self.check_priced(plan, facts, out);
        }
    }

    /// The same without its price; whether its numbers are within the terms, so that it has one.
    pub(crate) fn check_plan_but_price(&self, plan: &Plan, out: &mut Vec<Refusal>) -> bool {
        self.check_project(plan, out);
        self.check_asset(&plan.asset, AssetKind::Dataset, out);
        self.check_purpose_of_asset(&plan.asset, &plan.purpose, out);
        if let Some(model) = &plan.model {
            self.check_asset(model, AssetKind::Model, out);
            self.check_purpose_of_asset(model, &plan.purpose, out);
        }
        check_gives(plan, out);
        self.check_datasets(plan, out);
        self.check_plan_borders(plan, out);
        self.check_accounts(plan, out);
        let before = out.len();
        self.check_terms(plan, out);
        self.check_trainer(plan, out);
        out.len() == before
    }

    /// Every version the plan names is registered, not withdrawn, and permitted for the purpose.
    fn check_datasets(&self, plan: &Plan, out: &mut Vec<Refusal>) {
        self.check_shareable(&plan.asset, out);
        self.check_pilot(&plan.asset, out);
        for (party, version) in &plan.datasets {
            let Some(dataset) = self.usable_dataset(&plan.asset, party, version, out) else {
                continue;
            };
            self.check_in_service(party, &dataset.registered.place, out);
            self.check_rows_at_work(plan, party, dataset, out);
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
        let mut check = |what, holds: bool, told: &dyn Fn() -> (String, String)| {
            if !holds {
                let (value, allowed) = told();
                out.push(Refusal::BeyondTerms { what, value, allowed, clause: clause.clone() });
            }
        };
        check("participants", holders.iter().eq(plan.datasets.keys()), &|| {
            (
                plan.datasets.len().to_string(),
                format!("exactly the {} parties of seat `{}`", holders.len(), terms.of),
            )
        });
        let within = |value, most| value > 0 && value <= most;
        check("dimension", within(plan.dimension, terms.dimension_most), &|| {
            (plan.dimension.to_string(), format!("1 to {}", terms.dimension_most))
        });
        check("retries", plan.retries <= terms.retries, &|| {
            (plan.retries.to_string(), format!("at most {}", terms.retries))
        });
        check("clipping bound", plan.clip.is_positive() && plan.clip <= terms.clip_most, &|| {
            (plan.clip.to_string(), format!("above 0 and at most {}", terms.clip_most))
        });
        // What is without noise says so.
        let bare = plan.is_bare() && plan.noise == Decimal::ZERO;
        let noisy = bare || (plan.noise.is_positive() && !plan.is_bare());
        check("noise", noisy && plan.noise <= terms.noise_most, &|| {
            (plan.noise.to_string(), format!("above 0 and at most {}", terms.noise_most))
        });
        let rounds = plan.rounds;
        if !(1..=ROUNDS_MOST).contains(&rounds) {
            let reason = format!("it has {rounds} rounds, and a run has {ROUNDS_RANGE}");
            out.push(Refusal::BeyondRules { reason });
        }
        let rate = plan.sampling_rate;
        if !rate.is_positive() || Some(rate) > Decimal::whole(1) {
            let reason =
                format!("its sampling rate is {rate}, and a rate is above 0 and at most 1");
            out.push(Refusal::BeyondRules { reason });
        }
    }

    /// A plan that no account limits, or that the accountant cannot charge, has no price.
    fn check_priced(&self, plan: &Plan, facts: &Facts, out: &mut Vec<Refusal>) {
        if self.account(&plan.asset, out).is_some() && facts.cost.is_none() {
            let reason = facts.unpriced.clone();
            let reason = reason.unwrap_or_else(|| "nobody says what it costs".to_owned());
            out.push(Refusal::BeyondRules { reason });
        }
    }

    /// The clause that limits a dataset's accounts; without one nothing may be spent.
    pub(crate) fn account(
        &self,
        asset: &AssetId,
        out: &mut Vec<Refusal>,
    ) -> Option<Cited<'_, Privacy>> {
        let found = self.agreement.privacy(asset);
        let missing = Refusal::NoPrivacyAccount { asset: asset.clone() };
        if found.is_none() && !out.contains(&missing) {
            out.push(missing);
        }
        found
    }

    pub(crate) fn aggregation(&self, out: &mut Vec<Refusal>) -> Option<Cited<'_, Aggregation>> {
        let found = self.agreement.aggregation();
        if found.is_none() {
            out.push(Refusal::NothingPermits { act: concordat_terms::ActName::RunPropose });
        }
        found
    }
}

/// A query gives no model, and every other run does.
fn check_gives(plan: &Plan, out: &mut Vec<Refusal>) {
    let reason = match (plan.kind, &plan.model) {
        (RunKind::Query, None) => return,
        (RunKind::Query, Some(model)) => {
            format!("it is a query, which gives no model, and it names `{model}`")
        }
        (_, Some(_)) => return,
        (kind, None) => format!("it names no model, and `{}` is about one", kind.as_str()),
    };
    out.push(Refusal::BeyondRules { reason });
}
