//! Whether an example's run could be proposed, opened and joined: asked of its clauses and of the
//! nodes' own arithmetic before anything is created, so that no pilot waits for nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use concordat_agreement::{Ask, Permit, Place, RunFacts};
use concordat_node::plan::Task;
use concordat_partnership::act::Plan;
use concordat_replay::RoundBasis;
use concordat_secagg::VerifyingKey;
use concordat_terms::{ActName, Digest, PartyId, SeatId};
use concordat_tlog::SigningKey;

use super::example::Example;
use super::outset::{Outset, PLAN};
use super::{fault_of, mendable};
use crate::failure::Failure;

/// Judges the plan, its recipe and the rules for its run.
///
/// # Errors
/// What stands in the way: the file, the value and the clause.
pub(super) fn judge(example: &Example, outset: &Outset) -> Result<(), Failure> {
    let in_its_file = |failure: Failure| match failure {
        Failure::Usage(mut problem) => {
            let recipe = problem.code.contains("recipe");
            let name = if recipe { outset.wished.recipe.as_path() } else { Path::new(PLAN) };
            let path = example.path("").join(name);
            problem.what = format!("`{}`: {}", path.display(), problem.what);
            Failure::Usage(problem)
        }
        other => other,
    };
    let (plan, _) = outset.plan_on(unlisted).map_err(in_its_file)?;
    task(outset).map_err(in_its_file)?;
    permitted(outset, &plan).map_err(in_its_file)
}

/// What the nodes of a partnership under this agreement would derive for the plan.
///
/// # Errors
/// Why no node could follow it.
pub(crate) fn task(outset: &Outset) -> Result<Task, Failure> {
    let (plan, recipe) = outset.plan_on(unlisted)?;
    let (agreement, run) = (&outset.agreement, &outset.wished.run);
    let unnamed = Digest([0; 32]);
    let basis = || RoundBasis::on(agreement, (unnamed, unnamed), key_of, run, &plan);
    Task::on(agreement, basis, &plan, &recipe).map_err(Failure::Usage)
}

/// The version of a table that nobody has listed yet.
fn unlisted(_: &PartyId) -> Digest {
    Digest([0; 32])
}

/// A key that signs nothing here: a task has a roster.
fn key_of(party: &PartyId) -> Option<VerifyingKey> {
    let key = SigningKey::from_seed(&Digest::of(party.as_str().as_bytes()).0).public();
    VerifyingKey::from_bytes(key.as_bytes()).ok()
}

/// The clauses let the cast do every act of the run, at the places that the pilot declares.
fn permitted(outset: &Outset, plan: &Plan) -> Result<(), Failure> {
    let cast = &outset.cast;
    let places = cast.holders.iter().map(|holder| {
        let (class, jurisdiction) = cast.place(&outset.agreement, holder)?;
        let jurisdiction = jurisdiction.parse().map_err(|_| fault_of("a country has no name"))?;
        Ok((holder.clone(), Place { class, jurisdiction }))
    });
    let places: BTreeMap<PartyId, Place> = places.collect::<Result<_, Failure>>()?;
    // Who joins answers for its own place.
    let asked_of = |act: ActName, party: &PartyId| -> Vec<Place> {
        let own = places.get(party).filter(|_| act == ActName::RunJoin);
        own.map_or_else(|| places.values().cloned().collect(), |own| vec![own.clone()])
    };
    let of_the_run = [
        (ActName::RunPropose, [&cast.trainer].to_vec()),
        (ActName::RunOpen, [&cast.opener].to_vec()),
    ];
    let holders: Vec<(PartyId, SeatId)> =
        cast.holders.iter().map(|holder| (holder.clone(), cast.holder.clone())).collect();
    let of_the_holders = [ActName::RunApprove, ActName::RunJoin, ActName::RunClose]
        .map(|act| (act, holders.iter().collect()));
    let asked = |act: ActName| act != ActName::RunApprove || cast.approvals > 0;
    let all = of_the_run.into_iter().chain(of_the_holders).filter(|(act, _)| asked(*act));
    for (act, by) in all {
        for (party, seat) in by {
            let ask = Ask {
                act,
                seat,
                party: Some(party),
                assets: [&plan.asset].into_iter().chain(&plan.model).collect(),
                purposes: BTreeSet::from([&plan.purpose]),
                places: asked_of(act, party),
                run: Some(RunFacts {
                    kind: plan.kind,
                    purpose: plan.purpose.clone(),
                    rounds: plan.rounds,
                    participants: u32::try_from(plan.datasets.len()).unwrap_or(u32::MAX),
                }),
                module: None,
                awake: concordat_agreement::Awake::All,
            };
            if let Some(why) = refused(outset, &ask) {
                let run = format!("{} rounds, {} participants", plan.rounds, plan.datasets.len());
                let what = format!("`{act}` by `{party}` would be refused ({run}): {why}");
                let hint = "propose what the clause allows, or amend it";
                return Err(mendable("pilot-not-permitted", what, hint));
            }
        }
    }
    Ok(())
}

/// Why the clauses refuse a request, gates apart: the pilot's line passes those.
fn refused(outset: &Outset, ask: &Ask<'_>) -> Option<String> {
    let said = outset.agreement.says(ask);
    if let Some((clause, _)) = said.forbids.first() {
        return Some(format!("clause `{clause}` forbids it"));
    }
    match said.permit {
        Permit::By(_) | Permit::Power(_, None) => None,
        Permit::Power(clause, Some(body)) => {
            Some(format!("`{body}` would have to ratify what clause `{clause}` empowers"))
        }
        Permit::Silent(clause, why) => Some(format!("clause `{clause}` {}", why.told())),
        Permit::Fails(clause, reason) => {
            Some(format!("the condition of clause `{clause}` cannot be evaluated: {reason}"))
        }
        Permit::Nearest(clause, lacks) => {
            Some(format!("it lacks {lacks} of the nearest clause, `{clause}`"))
        }
        Permit::None => Some("no clause permits it at all".to_owned()),
    }
}
