//! What privacy accounts allow, as costs, and what of a plan would fit into the rest of one.

use std::num::NonZeroU32;

use concordat_agreement::{Agreement, Cited, Monitoring, Privacy};
use concordat_dp::{Event, calibrate, cost, epsilon, fit, least_noise, limit};
use concordat_partnership::act::Plan;
use concordat_partnership::{
    Bounds, Fits, Population, PrivacyAccount, PrivacyPart, PrivacyRefusal, Refusal, State,
};
use concordat_terms::{Cost, Decimal};

use crate::charge::{charged_rate, plan_event, plan_price};

/// Computes what the clause of an account allows, and proves that its parts fit into the whole.
///
/// What is kept for monitoring for a year is the cost of one release of Gaussian noise that has
/// the year's ε at the account's δ. The parts fit if the account could take all of them: what is kept
/// for all years, and for each purpose that has a part at most, one such release that has that part's ε.
///
/// # Errors
/// Why they do not fit, and what would help, as a phrase.
pub(crate) fn bounds(terms: &Privacy) -> Result<Bounds, String> {
    let plain = |epsilon: Decimal| limit(epsilon, terms.delta).map_err(|e| e.to_string());
    let whole = plain(terms.epsilon)?;
    let year = terms.monitoring.as_ref().map(|own| one_release(own.epsilon, terms.delta));
    let year = year.transpose()?;
    let count = terms.monitoring.as_ref().map_or(0, Monitoring::years);
    let kept = year.as_ref().map_or_else(Cost::zero, |year| year.times(count));
    let parts = terms
        .at_most
        .values()
        .try_fold(kept, |sum, part| Ok::<_, String>(sum.plus(&one_release(*part, terms.delta)?)))?;
    if !parts.within(&whole) {
        let need = told(&parts, terms.delta).unwrap_or(Decimal::ZERO);
        return Err(format!(
            "its parts come to ε = {need} at δ = {}, and the account has {}; keep less back, for fewer \
             years, or raise `epsilon`",
            terms.delta, terms.epsilon
        ));
    }
    let at_most = terms.at_most.iter().map(|(purpose, part)| Ok((purpose.clone(), plain(*part)?)));
    Ok(Bounds { whole, at_most: at_most.collect::<Result<_, String>>()?, year })
}

/// What one release of Gaussian noise costs that has this ε at δ.
fn one_release(epsilon: Decimal, delta: Decimal) -> Result<Cost, String> {
    let q = Decimal::whole(1).ok_or("no sampling rate is 1")?;
    let noise = calibrate(q, 1, delta, epsilon).map_err(|e| e.to_string())?;
    cost(&[Event { sigma: noise, q, count: 1 }]).map_err(|e| e.to_string())
}

/// The ε that a cost proves at δ, to four digits, rounded up.
fn told(cost: &Cost, delta: Decimal) -> Option<Decimal> {
    let epsilon = epsilon(cost, delta).ok()?;
    let digits = (epsilon * 1e4 - 1e-6).ceil().max(0.0) / 1e4;
    format!("{digits:.4}").trim_end_matches('0').trim_end_matches('.').parse().ok()
}

/// The smallest noise multiplier, on a grid of 0.01, with which the rounds and retries of a plan,
/// whose own is not asked, spend at most `epsilon` of an account of which nothing is spent, at the
/// account's δ; or all that its purpose may have, of one that monitors in the first year, where no ε is
/// given.
///
/// # Errors
/// Why there is none, as a phrase.
pub fn plan_noise(
    agreement: &Agreement,
    plan: &Plan,
    epsilon: Option<Decimal>,
) -> Result<Decimal, String> {
    let Some(Cited { terms, .. }) = agreement.privacy(&plan.asset) else {
        return Err(format!("`{}` has no privacy account", plan.asset));
    };
    let charges = u32::try_from(plan.charges()).map_err(|_| "it has too many rounds")?;
    let q = charged_rate(terms, plan.sampling_rate).ok_or("no sampling rate is 1")?;
    if let Some(epsilon) = epsilon {
        return calibrate(q, charges, terms.delta, epsilon).map_err(|e| e.to_string());
    }
    let bounds = bounds(terms)?;
    let empty = untouched(terms, &bounds, |own| own.from);
    let least = least_noise(q, charges, |cost| empty.takes(&plan.purpose, cost));
    least.map_err(|e| e.to_string())?.ok_or_else(|| {
        format!(
            "no noise makes {charges} releases fit into the privacy account of `{}`",
            plan.asset
        )
    })
}

/// Whether an account of which nothing is spent takes all rounds and retries of a plan, in some year.
pub fn plan_fits(agreement: &Agreement, plan: &Plan) -> bool {
    let Some(Cited { terms, .. }) = agreement.privacy(&plan.asset) else { return false };
    let (Ok(bounds), Ok(price)) = (bounds(terms), plan_price(agreement, plan)) else {
        return false;
    };
    untouched(terms, &bounds, |own| own.until).takes(&plan.purpose, &price)
}

/// An account of which nothing is spent, in one of the years for which something is kept.
fn untouched<'a>(
    terms: &'a Privacy,
    bounds: &'a Bounds,
    year: fn(&Monitoring) -> u32,
) -> PrivacyAccount<'a> {
    let year = terms.monitoring.as_ref().map_or(0, year);
    PrivacyAccount { terms, bounds, charged: None, year }
}

/// What of a plan's rounds and retries an account takes now, where it does not take all: `part` is
/// what is too small.
pub fn fits(state: &State, account: &Population, plan: &Plan, part: &PrivacyPart) -> Option<Fits> {
    let own = state.privacy_account(account)?;
    let wished = plan_event(state.agreement(), plan)?;
    let would = fit(&wished, |cost| own.takes(&plan.purpose, cost)).ok()?;
    // Each round is charged for each of its local steps.
    let each = plan.local_steps.map_or(1, NonZeroU32::get);
    let delta = own.terms.delta;
    let of = match part {
        PrivacyPart::Whole => own.terms.epsilon,
        PrivacyPart::Purpose(purpose) => *own.terms.at_most.get(purpose)?,
        PrivacyPart::Year(_) => told(&own.for_monitoring(), delta)?,
    };
    Some(Fits {
        spent: told(&own.stands(part), delta)?,
        of,
        delta,
        wished: wished.count / each,
        count: would.count / each,
        noise: would.sigma,
    })
}

/// Adds to a refusal for a budget what would fit. Only to what is told: a verdict is the same
/// without it, and no refusal is worth the arithmetic before it stands.
pub(crate) fn inform(state: &State, refusal: &mut Refusal) {
    let Refusal::Privacy(PrivacyRefusal::BudgetExceeded { run, party, asset, part, fits, .. }) =
        refusal
    else {
        return;
    };
    if let Some(run) = state.runs().get(run) {
        let account = (party.clone(), asset.clone());
        *fits = self::fits(state, &account, &run.proposed.plan, part).map(Box::new);
    }
}
