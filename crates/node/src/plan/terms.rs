//! Whether a plan keeps within the agreement's terms: what the fold will ask of it, told to its
//! proposer while nobody has spent anything on it.

use std::fmt::Display;

use concordat_agreement::{Aggregation, Agreement, Cited, Privacy};
use concordat_partnership::act::Plan;
use concordat_replay::plan_fits;
use concordat_terms::{ClauseRef, Decimal, Problem, PurposeId};

use super::Spend;
use crate::problems::problem;

/// What a proposer decides, against the clauses that bound it: before any noise is calibrated.
///
/// # Errors
/// A [`Problem`] `plan-beyond-terms` with the value and the clause.
pub(super) fn check_wish(
    aggregation: &Cited<'_, Aggregation>,
    privacy: &Cited<'_, Privacy>,
    purpose: &PurposeId,
    retries: u32,
    spend: Spend,
) -> Result<(), Problem> {
    let Cited { clause, terms } = aggregation;
    if retries > terms.retries {
        return Err(Text::Plan.beyond("retries", retries, terms.retries, clause));
    }
    match spend {
        Spend::Epsilon(epsilon) if epsilon > most(privacy.terms, purpose) => {
            let most = most(privacy.terms, purpose);
            Err(Text::Plan.beyond("epsilon", epsilon, most, &privacy.clause))
        }
        Spend::Noise(noise) if !noise.is_positive() || noise > terms.noise_most => {
            Err(Text::Plan.beyond("noise", noise, terms.noise_most, clause))
        }
        _ => Ok(()),
    }
}

/// The most ε that a purpose may ever spend; of one that monitors, in a year.
fn most(privacy: &Privacy, purpose: &PurposeId) -> Decimal {
    let part = privacy.at_most.get(purpose).copied();
    let year = privacy.monitors(purpose).map(|own| own.epsilon);
    part.or(year).unwrap_or(privacy.epsilon)
}

/// What the recipe says, and what all rounds and retries cost: it must fit an account of which
/// nothing is spent yet, else the run could be opened and never joined.
///
/// # Errors
/// A [`Problem`] `recipe-beyond-terms` or `plan-beyond-terms` with the value and the clause.
pub(super) fn check_plan(
    agreement: &Agreement,
    aggregation: &Cited<'_, Aggregation>,
    privacy: &Cited<'_, Privacy>,
    plan: &Plan,
) -> Result<(), Problem> {
    let Cited { clause, terms } = aggregation;
    if plan.clip > terms.clip_most {
        return Err(Text::Recipe.beyond("clip", plan.clip, terms.clip_most, clause));
    }
    if plan.dimension > terms.dimension_most {
        return Err(Text::Recipe.beyond("dimension", plan.dimension, terms.dimension_most, clause));
    }
    let Cited { clause, terms: privacy } = privacy;
    if plan_fits(agreement, plan) {
        return Ok(());
    }
    let what = format!(
        "with noise {} the plan spends more than the ε of {} that clause `{clause}` allows",
        plan.noise,
        most(privacy, &plan.purpose)
    );
    Err(problem(
        "plan-beyond-terms",
        what,
        "plan more noise, fewer rounds or a smaller sampling rate",
    ))
}

/// Where a value is written.
enum Text {
    Plan,
    Recipe,
}

impl Text {
    fn beyond(
        self,
        field: &str,
        value: impl Display,
        most: impl Display,
        clause: &ClauseRef,
    ) -> Problem {
        let beyond = format!("`{field}` is {value}, and clause `{clause}` allows at most {most}");
        let hint = format!("write at most {most} for `{field}`, or amend `{clause}`");
        match self {
            Self::Plan => problem("plan-beyond-terms", format!("the plan's {beyond}"), hint),
            Self::Recipe => problem("recipe-beyond-terms", format!("the recipe's {beyond}"), hint),
        }
    }
}
