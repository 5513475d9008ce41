//! `concordat run compare`: what differs between two runs, and whether it did any good.

mod plans;
mod tell;
mod tested;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use concordat_partnership::act::Plan;
use concordat_partnership::{Run, RunStatus};
use concordat_terms::{AssetId, Decimal, Digest, PartyId};
use serde::Serialize;

use self::plans::Differs;
use self::tested::Tested;
use super::super::look::{Seen, see_folding};
use super::charged;
use super::course::{Course, Told, found};
use crate::args::CompareRuns;
use crate::exposed::{Faced, faced_by_plan};
use crate::failure::Failure;
use crate::out::Out;

/// Two of something: of the first run, and of the second.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Both<T> {
    first: T,
    second: T,
}

/// The answer.
#[derive(Debug, Serialize)]
struct Compared {
    runs: Both<Course>,
    /// What the plans, and the recipes where both are here, do not say alike.
    plan: Vec<Differs>,
    /// Whether both recipes are here.
    recipes: bool,
    privacy: Privacy,
    /// What each run told of its own batches, where its recipe says so.
    #[serde(skip_serializing_if = "nobody_told")]
    charged: Both<Option<charged::Told>>,
    /// Tests by the same method of the same party, of both models.
    tests: Vec<Tested>,
}

fn nobody_told(charged: &Both<Option<charged::Told>>) -> bool {
    charged.first.is_none() && charged.second.is_none()
}

/// What both runs disclose and were charged.
#[derive(Debug, Serialize)]
struct Privacy {
    /// At which δ; none where nothing accounts for it.
    delta: Both<Option<Decimal>>,
    /// What each adversary learns from the plan.
    faced: Both<Vec<Faced>>,
    /// What was charged to each holder's account of each dataset, as ε.
    charged: Vec<Charged>,
}

#[derive(Debug, Serialize)]
struct Charged {
    holder: PartyId,
    asset: AssetId,
    #[serde(flatten)]
    epsilon: Both<Option<f64>>,
}

pub(super) fn run(args: &CompareRuns, out: Out) -> Result<(), Failure> {
    if args.first == args.second {
        let what = format!("`{}` is compared with itself", args.first);
        return Err(Failure::usage("same-run", what, "name two runs"));
    }
    let mut told: Both<Told> = Both::default();
    let mut seen = see_folding(&args.look, out, |step| {
        told.first.see(step, &args.first);
        told.second.see(step, &args.second);
        ControlFlow::Continue(())
    })?;
    let first = found(&seen, &args.first)?.clone();
    let second = found(&seen, &args.second)?.clone();
    let plans = [&first, &second].map(|run| &run.proposed.plan);
    let recipes = plans.map(|plan| seen.brought(&plan.recipe));
    let models = Both { first: model(&first), second: model(&second) };
    let told_by =
        |seen: &mut Seen, run: &Run| charged::Told::by_card(seen, &run.proposed.plan, &model(run)?);
    let charged = Both { first: told_by(&mut seen, &first), second: told_by(&mut seen, &second) };
    let compared = Compared {
        charged,
        plan: plans::differ(plans, recipes.each_ref().map(Option::as_deref)),
        recipes: recipes.iter().all(Option::is_some),
        privacy: privacy(&seen, plans, &told),
        tests: tested::tested(&mut seen, &models),
        runs: Both {
            first: Course::of(&first, told.first),
            second: Course::of(&second, told.second),
        },
    };
    out.answer(&compared, || tell::text(&compared))
}

fn model(run: &Run) -> Option<Digest> {
    match &run.status {
        RunStatus::Closed(close) => Some(close.model),
        _ => None,
    }
}

fn privacy(seen: &Seen, plans: [&Plan; 2], told: &Both<Told>) -> Privacy {
    let agreement = seen.state().agreement();
    let of = |plan: &Plan| {
        let delta = agreement.privacy(&plan.asset).map(|cited| cited.terms.delta);
        let faced = delta.map(|delta| faced_by_plan(agreement, plan, delta)).unwrap_or_default();
        (delta, faced)
    };
    let [first, second] = plans.map(of);
    let told = [&told.first, &told.second].map(Told::charged);
    let accounts: BTreeSet<_> = told.iter().flat_map(|charged| charged.keys()).collect();
    // What was charged to an account is for those who may read about its dataset.
    let read = accounts.into_iter().filter(|(_, asset)| seen.reads(asset));
    let charged = read.map(|account| {
        let [first, second] = told.each_ref().map(|charged| charged.get(account).copied());
        let (holder, asset) = account.clone();
        Charged { holder, asset, epsilon: Both { first, second } }
    });
    Privacy {
        delta: Both { first: first.0, second: second.0 },
        charged: charged.collect(),
        faced: Both { first: first.1, second: second.1 },
    }
}
