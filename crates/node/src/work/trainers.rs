//! From an open run with an external trainer to its rows: programs may take long, so the log is
//! followed meanwhile.

use concordat_agreement::{Asset, TrainerMode};
use concordat_data::{Table, commitment};
use concordat_partnership::act::Plan;
use concordat_terms::{Problem, RunId};

use crate::following::Following;
use crate::plan::{Ready, Task, check_with, refuse, still_allowed};
use crate::trainers::{Outside, embed};

/// Checks the run, and has its trainer make numbers of the records where that is what it does.
pub(super) fn ready(
    log: &Following,
    run: &RunId,
    plan: &Plan,
    (recipe, table, salt): (&[u8], &[u8], &[u8; 32]),
) -> Result<Ready, Problem> {
    let follower = log.follower();
    let task = Task::derive(follower.state(), run, plan, recipe)?;
    let outside = Outside::of(&log.home, follower.state(), run, plan, &task.recipe)?;
    let asset = follower.state().agreement().asset(&plan.asset);
    let asset: Asset = match asset {
        Some(cited) => cited.terms.clone(),
        None => return Err(refuse("unknown-asset", format!("`{}` is no dataset", plan.asset))),
    };
    let party = follower.party().clone();
    drop(follower);

    let makes = plan.trainer.as_ref().is_some_and(|own| own.mode == TrainerMode::Features);
    let embedded = match &outside {
        // Nothing is run on rows that the plan does not name.
        Some(outside) if makes && plan.datasets.get(&party) == Some(&commitment(salt, table)) => {
            let table = Table::read(table, &asset).map_err(|fault| fault.problem())?;
            Some(embed(outside, plan, &task.recipe, &table)?)
        }
        _ => None,
    };
    // What was allowed before may have been taken back meanwhile.
    let follower = log.follower();
    still_allowed(follower.state(), &party, run)?;
    let ready = check_with(follower.state(), &party, run, recipe, table, salt, embedded.as_ref())?;
    Ok(Ready { outside: outside.filter(|_| !makes), ..ready })
}
