//! An agreement's scenarios, told the same facts as the log's own entries.

use concordat_agreement::Agreement;
use concordat_partnership::Proved;
use concordat_partnership::check::{self, Outside, Report};

use crate::charge::plan_noise;
use crate::facts::all_facts;

/// Runs every scenario of an agreement: a step has the verdict that the log would give its act.
pub fn scenarios(proved: &Proved) -> Report {
    check::scenarios(proved, outside())
}

/// Runs every scenario of a project's modules beside their frame: `narrowed` is both together, as
/// [`concordat_agreement::narrow`] makes it.
pub fn project_scenarios(frame: &Proved, narrowed: &Agreement) -> Report {
    check::project_scenarios(frame, narrowed, outside())
}

fn outside() -> Outside {
    Outside {
        facts: all_facts,
        noise: |agreement, plan| {
            let charges = plan.rounds.checked_add(plan.retries)?;
            plan_noise(agreement, &plan.asset, plan.sampling_rate, charges, None).ok()
        },
    }
}
