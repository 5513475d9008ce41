//! Why acts change nothing because of a privacy account.

use concordat_terms::{AssetId, ClauseRef, Decimal, PartyId, PurposeId, RunId};

use super::Part;
use crate::refusal::refusals;

refusals! {
    /// A refusal because of a privacy account.
    PrivacyRefusal {
        "budget-exceeded" BudgetExceeded { run: RunId, party: PartyId, asset: AssetId, clause: ClauseRef, part: Part, fits: Option<Box<Fits>> } by clause
            told { "the privacy budget of `{party}` for `{asset}` does not cover run `{run}`{}", of(part, fits.as_deref()) }
            then { instead(fits.as_deref()) },
        "kept-for-monitoring" KeptForMonitoring { purpose: PurposeId, clause: ClauseRef } by clause
            told { "clause `{clause}` keeps a part of the privacy budget for `{purpose}`, and nobody trains on it" }
            then { "propose a query or an evaluation for it, or train for another purpose" },
        "other-neighbours" OtherNeighbours { asset: AssetId, from: AssetId, clause: ClauseRef } by clause
            told { "`{asset}` was made from `{from}`, whose privacy account counts other neighbours than clause `{clause}`" }
            then { format!("agree on the same `adjacency` for `{asset}` and `{from}`") },
        "account-divided" AccountDivided { asset: AssetId, account: AssetId, clause: ClauseRef } by clause
            told { "what was spent on the persons of `{asset}` is charged to the account of `{account}`, and not to that of clause `{clause}`" }
            then { format!("leave `{asset}` with the account of `{account}` (`also`): what was spent stays spent") },
    }
}

/// What an account has left, and what of a plan it would take: as whoever does arithmetic tells it
/// beside a verdict. The verdict does not hang on it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Fits {
    /// ε of what stands against the part that does not take the plan, at [`Self::delta`].
    pub spent: Decimal,
    /// ε of that part.
    pub of: Decimal,
    /// δ of the account.
    pub delta: Decimal,
    /// How many rounds and retries the plan has.
    pub wished: u32,
    /// How many of them would fit as they are.
    pub count: u32,
    /// The least noise multiplier with which all of them would fit; none does, if this is absent.
    pub noise: Option<Decimal>,
}

fn of(part: &Part, fits: Option<&Fits>) -> String {
    let part = match part {
        Part::Whole => String::new(),
        Part::Purpose(purpose) => format!(", of which `{purpose}` has a part"),
        Part::Year(year) => format!(", of which monitoring has a part in {year}"),
    };
    let Some(Fits { spent, of, delta, .. }) = fits else { return part };
    format!("{part}: of ε = {of} at δ = {delta}, {spent} is spent or kept")
}

fn instead(fits: Option<&Fits>) -> String {
    let never = "the account never refills";
    match fits {
        None => format!("plan fewer rounds or more noise: {never}"),
        Some(Fits { count: 0, noise: None, .. }) => {
            format!("nothing of it fits at any noise: {never}, and only an amendment raises it")
        }
        Some(Fits { count, wished, noise: None, .. }) => {
            format!("plan at most {count} of its {wished} rounds and retries: {never}")
        }
        Some(Fits { count: 0, wished, noise: Some(noise), .. }) => {
            format!("plan its {wished} rounds and retries with noise of at least {noise}: {never}")
        }
        Some(Fits { count, wished, noise: Some(noise), .. }) => format!(
            "plan at most {count} of its {wished} rounds and retries, or all of them with noise of \
             at least {noise}: {never}"
        ),
    }
}
