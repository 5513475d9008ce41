//! What each adversary learns of a person from runs, as ε.

use concordat_agreement::Agreement;
use concordat_dp::{Adversary, Event, cost, epsilon, pld};
use concordat_partnership::act::Plan;
use concordat_replay::{plan_exposures, plan_sensitivity};
use concordat_terms::Decimal;
use serde::Serialize;

/// What one adversary faces.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Faced {
    /// Who looks.
    pub(crate) adversary: &'static str,
    /// How many parties' noise is in each sum: all, or those that every allowed dropout leaves.
    pub(crate) present: u32,
    /// ε by the filter that is enforced: Rényi differential privacy.
    pub(crate) filter: f64,
    /// ε by the privacy loss distribution, of a job that was fixed beforehand: a tighter figure, and no
    /// verdict hangs on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) distribution: Option<f64>,
}

/// What all these plans together disclose to each adversary, by the filter.
pub(crate) fn faced(agreement: &Agreement, plans: &[&Plan], delta: Decimal) -> Vec<Faced> {
    let mut events: Vec<((Adversary, u32), Vec<Event>)> = Vec::new();
    for exposure in plans.iter().flat_map(|plan| plan_exposures(agreement, plan)).flatten() {
        let who = (exposure.adversary, exposure.present);
        match events.iter_mut().find(|(own, _)| *own == who) {
            Some((_, events)) => events.push(exposure.event),
            None => events.push((who, vec![exposure.event])),
        }
    }
    let told = events.into_iter().filter_map(|((adversary, present), events)| {
        let filter = epsilon(&cost(&events).ok()?, delta).ok()?;
        Some(Faced { adversary: word(adversary), present, filter, distribution: None })
    });
    told.collect()
}

/// What one plan, fixed beforehand, discloses to each adversary, by both accountants.
pub(crate) fn faced_by_plan(agreement: &Agreement, plan: &Plan, delta: Decimal) -> Vec<Faced> {
    let told = plan_exposures(agreement, plan).unwrap_or_default().into_iter();
    let both = told.filter_map(|exposure| {
        let filter = epsilon(&cost(&[exposure.event]).ok()?, delta).ok()?;
        let distribution = pld::epsilon(&[exposure.event], delta).ok();
        let adversary = word(exposure.adversary);
        Some(Faced { adversary, present: exposure.present, filter, distribution })
    });
    both.collect()
}

/// The noise in each number of a round's sum, at most: all participants' together, as a multiple of the
/// plan's clip.
pub(crate) fn noise_of_sums(agreement: &Agreement, plan: &Plan) -> Option<f64> {
    let all = plan_exposures(agreement, plan).ok()?;
    let most = all.iter().map(|exposure| exposure.event.sigma.to_f64()).fold(0.0, f64::max);
    let sensitivity = plan_sensitivity(agreement, plan).ok()?.ring_units() as f64;
    let bits = agreement.aggregation()?.terms.scale_bits;
    let clip = plan.clip.to_f64() * f64::from(1_u32.checked_shl(bits)?);
    Some(most * sensitivity / clip)
}

impl Faced {
    /// In one line.
    pub(crate) fn line(&self) -> String {
        let Self { adversary, present, filter, distribution } = self;
        let tighter = distribution.map(|own| format!(", {own:.4} by the distribution"));
        format!(
            "{adversary}, {present} present: ε {filter:.4} by the filter{}",
            tighter.unwrap_or_default()
        )
    }
}

fn word(adversary: Adversary) -> &'static str {
    match adversary {
        Adversary::Outsider => "an outsider",
        Adversary::Coordinator => "the coordinator",
        Adversary::CuriousParty => "one curious party",
        Adversary::Coalition => "all colluders",
    }
}
