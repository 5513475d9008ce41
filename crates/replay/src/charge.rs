//! What a plan's releases are charged: one reading of the agreement's neighbours for whoever
//! proposes, folds, trains, reports or verifies.
//!
//! Subsampled curves are proved for adding or removing a unit only: where the agreement's
//! neighbours replace one, every release is charged as if all took part (q = 1).

use concordat_agreement::{Adjacency, Agreement, Cited, Privacy};
use concordat_dp::{Adversary, Event, Split};
use concordat_partnership::act::Plan;
use concordat_terms::{Cost, Decimal};

/// What one adversary learns from all rounds and retries of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// Who looks.
    pub adversary: Adversary,
    /// How many parties' noise is in each sum: all, or those left after every allowed dropout.
    pub present: u32,
    /// The charged releases, with the noise that this adversary cannot subtract.
    pub event: Event,
}

/// All releases of a plan, as the accountant sees them: at the plan's own multiplier, which the
/// worst allowed coalition faces after every allowed dropout, and with local steps everybody. None
/// where the dataset has no privacy account, or the releases cannot be counted.
pub fn plan_event(agreement: &Agreement, plan: &Plan) -> Option<Event> {
    let privacy = agreement.privacy(&plan.asset)?.terms;
    let count = u32::try_from(plan.charges()).ok()?;
    Some(Event { sigma: plan.noise, q: charged_rate(privacy, plan.sampling_rate)?, count })
}

/// What a plan costs each of its participants at least: the accountant's figure for its
/// [`plan_event`].
pub fn plan_cost(agreement: &Agreement, plan: &Plan) -> Option<Cost> {
    plan_price(agreement, plan).ok()
}

/// The [`plan_cost`], or why the accountant gives none.
pub(crate) fn plan_price(agreement: &Agreement, plan: &Plan) -> Result<Cost, String> {
    let event = plan_event(agreement, plan).ok_or("nothing limits what it may spend")?;
    if plan.is_bare() {
        // Nothing is promised of it, so no account can say how much: the clause alone allows it.
        return Ok(Cost::zero());
    }
    concordat_dp::cost(&[event]).map_err(|e| e.to_string())
}

/// What each adversary learns from a plan, with all parties present and after every allowed
/// dropout: the [`plan_event`] with the multiplier that this adversary faces. With local steps
/// nobody faces more than the plan's own: what a participant's second step is taken from hangs on
/// its own noise alone, so the others' does not count.
///
/// # Errors
/// Why it cannot be told, as a phrase.
pub fn plan_exposures(agreement: &Agreement, plan: &Plan) -> Result<Vec<Exposure>, String> {
    let Some(Cited { terms: aggregation, .. }) = agreement.aggregation() else {
        return Err("the agreement has no aggregation".to_owned());
    };
    let event = plan_event(agreement, plan)
        .ok_or_else(|| format!("`{}` has no privacy account", plan.asset))?;
    let parties = u32::try_from(agreement.parties_of(&aggregation.of).len()).unwrap_or(u32::MAX);
    let multipliers =
        Split::new(parties, aggregation.threshold, aggregation.colluders, aggregation.dropouts)
            .and_then(|split| split.multipliers(plan.noise))
            .map_err(|e| e.to_string())?;
    let exposed = multipliers.into_iter().map(|multiplier| Exposure {
        adversary: multiplier.adversary,
        present: multiplier.present,
        event: match plan.local_steps {
            None => Event { sigma: multiplier.sigma, ..event },
            Some(_) => event,
        },
    });
    Ok(exposed.collect())
}

/// The rate at which a unit may be counted as sampled.
pub(crate) fn charged_rate(privacy: &Privacy, sampling_rate: Decimal) -> Option<Decimal> {
    match privacy.adjacency {
        Adjacency::AddRemove => Some(sampling_rate),
        Adjacency::Replace => Decimal::whole(1),
    }
}
