//! External trainers: programs of others beside the rows, behind walls, on files.
//!
//! A party keeps their files and what they run in by digest; the log says which of them may run on
//! what, for which plan, how often and until when; a node runs nothing else. What comes out is read
//! strictly, bounded and noised here. A trainer that fails sends zeros and noise as if it had not:
//! why it failed is in a report that its steward alone reads, and its duration is hidden behind the
//! time that the plan gives it.

mod embedding;
mod environment;
mod folder;
mod outside;
mod rehearsal;
mod report;
mod store;
mod update;

use concordat_learn::Recipe;
use concordat_partnership::State;
use concordat_partnership::act::{Plan, Trainer};
use concordat_sandbox::{Unwalled, Walls};
use concordat_terms::{Problem, RunId};

pub use self::embedding::{Embedded, embed};
pub use self::environment::LOCK;
pub use self::folder::Files;
pub use self::outside::{Failure, Outside};
pub use self::rehearsal::{Rehearsed, dummy, rehearse};
pub use self::report::Report;
pub use self::store::Kept;
pub use self::update::contribution;
use crate::home::{Home, make_dir};

impl Outside {
    /// The trainer of a plan that its steward has approved, if the plan has one.
    ///
    /// # Errors
    /// A [`Problem`]: it is not here or has changed, or there are no walls and no clause lets it
    /// run without.
    pub fn of(
        home: &Home,
        state: &State,
        run: &RunId,
        plan: &Plan,
        recipe: &Recipe,
    ) -> Result<Option<Self>, Problem> {
        let (Some(Trainer { code, environment, .. }), Some(_)) = (&plan.trainer, &recipe.trainer)
        else {
            return Ok(None);
        };
        let kept = home.kept(code, environment)?;
        let walls = walls(state, plan)?;
        let work = home.trainers().join("work");
        make_dir(&work)?;
        Ok(Some(Self { walls, kept, work, run: run.clone() }))
    }
}

/// The walls behind which a plan's trainer runs: none only where the clause of the account says so,
/// and there are none to be had.
///
/// # Errors
/// `no-sandbox`.
pub fn walls(state: &State, plan: &Plan) -> Result<Walls, Problem> {
    Walls::find().or_else(|why| {
        let privacy = state.agreement().privacy(&plan.asset);
        match privacy.is_some_and(|cited| cited.terms.trainers_unsandboxed) {
            true => Walls::none(Unwalled::declare()).map_err(|why| outside::no_walls(&why)),
            false => Err(outside::no_walls(&why)),
        }
    })
}
