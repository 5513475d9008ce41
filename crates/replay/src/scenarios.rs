//! An agreement's scenarios, told the same facts as the log's own entries.

use concordat_partnership::Proved;
use concordat_partnership::check::{self, Outside, Report};

use crate::charge::plan_noise;
use crate::facts::all_facts;

/// Runs every scenario of an agreement: a step has the verdict that the log would give its act.
pub fn scenarios(proved: &Proved) -> Report {
    let outside = Outside {
        facts: all_facts,
        noise: |agreement, plan| {
            let charges = plan.rounds.checked_add(plan.retries)?;
            plan_noise(agreement, &plan.asset, plan.sampling_rate, charges, None).ok()
        },
    };
    check::scenarios(proved, outside)
}
