//! What the fold needs to be told because it takes the text of a blob, or the arithmetic of
//! privacy and aggregation.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Adjacency, Aggregation, Agreement, Cited, RunKind, TrainerMode};
use concordat_dp::Sensitivity;
use concordat_partnership::act::{MotionExecute, Plan};
use concordat_partnership::{Act, Facts, Proved, Refusal, State, read_module, read_pack};
use concordat_secagg::{Params, Proposal};
use concordat_terms::{ClauseRef, Decimal, Digest, RunId};

use crate::budget::bounds;
use crate::charge::plan_price;
use crate::witnesses::shown_by;

/// Texts by digest.
pub(crate) type Blobs = rpds::RedBlackTreeMapSync<Digest, Vec<u8>>;

/// The blob whose text judging `act` takes, once nothing else stands in its way.
pub(crate) fn needed(state: &State, act: &Act) -> Option<Digest> {
    match act {
        Act::ModulePropose(propose) => Some(propose.module),
        Act::RegimeAdopt(adopt) => Some(adopt.pack),
        Act::MotionExecute(execute) => needed(state, decided(state, execute)?),
        _ => None,
    }
}

/// Whether judging `act` takes reading texts or joining modules: work that only an act is worth in
/// whose way nothing else stands.
pub(crate) fn takes_texts(state: &State, act: &Act) -> bool {
    match act {
        Act::ModulePropose(_) | Act::ModuleEnter(_) | Act::RegimeAdopt(_) => true,
        Act::MotionExecute(execute) => {
            decided(state, execute).is_some_and(|act| takes_texts(state, act))
        }
        _ => false,
    }
}

/// What was decided, which is judged again when it is carried out.
fn decided<'a>(state: &'a State, execute: &MotionExecute) -> Option<&'a Act> {
    state.motions().get(&execute.motion).map(|motion| &*motion.proposed.decision)
}

/// Computes what judging `act` needs beside texts; every part is a function of the log. For whoever
/// folds acts that were never bytes, to measure or to rehearse.
pub fn facts(state: &State, act: &Act) -> Facts {
    let mut facts = Facts::default();
    match act {
        Act::RunPropose(propose) => {
            price(&mut facts, state, Some(&propose.plan));
        }
        Act::RunOpen(open) => price(&mut facts, state, plan_of(state, &open.run)),
        Act::RunJoin(join) => price(&mut facts, state, plan_of(state, &join.run)),
        Act::EquivocationReport(report) => {
            facts.equivocation = state.genesis().map(|genesis| shown_by(genesis, report));
        }
        Act::MotionExecute(execute) => {
            if let Some(act) = decided(state, execute) {
                return self::facts(state, act);
            }
        }
        _ => {}
    }
    facts
}

/// Adds what judging `act` needs of texts: a function of the log and of blobs named in it by
/// digest. How much work that can be is bounded by the limits on a module and on an agreement.
pub(crate) fn read_texts(facts: &mut Facts, state: &State, blobs: &Blobs, act: &Act) {
    match act {
        Act::ModulePropose(propose) => {
            facts.module = blobs.get(&propose.module).map(|bytes| read_module(bytes));
        }
        Act::RegimeAdopt(adopt) => {
            facts.pack = blobs.get(&adopt.pack).map(|bytes| read_pack(bytes));
        }
        Act::ModuleEnter(enter) => facts.agreement = Some(agreement(state, &enter.modules)),
        Act::MotionExecute(execute) => {
            if let Some(act) = decided(state, execute) {
                read_texts(facts, state, blobs, act);
            }
        }
        _ => {}
    }
}

/// Both at once, for acts that nobody else sent.
pub(crate) fn all_facts(state: &State, blobs: &Blobs, act: &Act) -> Facts {
    let mut facts = facts(state, act);
    read_texts(&mut facts, state, blobs, act);
    facts
}

fn plan_of<'s>(state: &'s State, run: &RunId) -> Option<&'s Plan> {
    state.runs().get(run).map(|run| &run.proposed.plan)
}

fn price(facts: &mut Facts, state: &State, plan: Option<&Plan>) {
    let Some(plan) = plan else { return };
    let known = state.known_price(plan).cloned();
    match known.map_or_else(|| plan_price(state.agreement(), plan), Ok) {
        Ok(cost) => facts.cost = Some(cost),
        Err(reason) => facts.unpriced = Some(reason),
    }
}

fn agreement(state: &State, modules: &BTreeSet<Digest>) -> Result<Box<Proved>, Refusal> {
    let agreement = state.would_be(modules)?;
    prove(agreement)
        .map(Box::new)
        .map_err(|Impossible { clause, reason }| Refusal::ParametersImpossible { clause, reason })
}

/// How far one person moves a round's sum under a plan, in ring units: twice as far where the
/// agreement's neighbours replace a person. A query's plan states it, neighbours and all: it adds whole
/// numbers, of which each node proves how far one person moves them.
///
/// # Errors
/// Why no sensitivity can be told, as a phrase.
pub fn plan_sensitivity(agreement: &Agreement, plan: &Plan) -> Result<Sensitivity, String> {
    let Some(Cited { terms: aggregation, .. }) = agreement.aggregation() else {
        return Err("the agreement has no aggregation".to_owned());
    };
    let Some(Cited { terms: privacy, .. }) = agreement.privacy(&plan.asset) else {
        return Err(format!("`{}` has no privacy account", plan.asset));
    };
    if plan.kind == RunKind::Query {
        return Sensitivity::stated(plan.clip, aggregation.scale_bits).map_err(|e| e.to_string());
    }
    let mode = plan.trainer.as_ref().map(|trainer| trainer.mode);
    let neighbours = match mode {
        // Whoever is in a participant's rows, its update may be any other: up to 2C away.
        Some(TrainerMode::UpdateDp) => Adjacency::Replace,
        _ => privacy.adjacency,
    };
    sensitivity(plan.clip, aggregation.scale_bits, plan.dimension, neighbours)
}

/// The aggregation parameters of a plan's rounds: the coordinator and every participant bind the
/// same ones into a round's keys.
///
/// # Errors
/// Why they cannot hold, and what would help, as a phrase.
pub fn plan_params(agreement: &Agreement, plan: &Plan) -> Result<Params, String> {
    let Some(Cited { terms, .. }) = agreement.aggregation() else {
        return Err("the agreement has no aggregation".to_owned());
    };
    let holders = agreement.parties_of(&terms.of).len();
    params(terms, holders, plan.dimension, plan_sensitivity(agreement, plan)?, plan.noise)
}

/// Parameters of a clause that cannot hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parameters of clause `{clause}` are impossible: {reason}")]
pub struct Impossible {
    /// The clause.
    pub clause: ClauseRef,
    /// Why not, and what would help.
    pub reason: String,
}

/// Proves that an agreement's aggregation and privacy parameters are possible: that no plan
/// within them can wrap the ring, open a sum to too few, or thin the noise, and that the parts of
/// privacy accounts fit into the whole; and computes what each account may spend.
///
/// # Errors
/// [`Impossible`], the first clause that cannot hold.
pub fn prove(agreement: Agreement) -> Result<Proved, Impossible> {
    let mut limits = BTreeMap::new();
    for Cited { clause, terms: privacy } in agreement.privacies() {
        let bounds =
            bounds(privacy).map_err(|reason| Impossible { clause: clause.clone(), reason })?;
        limits.insert(privacy.privacy.clone(), bounds);
        if let Some(Cited { clause, terms: aggregation }) = agreement.aggregation() {
            let holders = agreement.parties_of(&aggregation.of).len();
            largest(aggregation, holders, privacy.adjacency)
                .map_err(|reason| Impossible { clause, reason })?;
        }
    }
    Ok(Proved { agreement, limits })
}

/// The largest sum the clause allows must fit the ring.
fn largest(clause: &Aggregation, holders: usize, adjacency: Adjacency) -> Result<Params, String> {
    let sensitivity =
        sensitivity(clause.clip_most, clause.scale_bits, clause.dimension_most, adjacency)?;
    params(clause, holders, clause.dimension_most, sensitivity, clause.noise_most)
}

fn sensitivity(
    clip: Decimal,
    scale_bits: u32,
    dimension: u32,
    adjacency: Adjacency,
) -> Result<Sensitivity, String> {
    Sensitivity::new(clip, scale_bits, dimension)
        .and_then(|s| if adjacency == Adjacency::Replace { s.doubled() } else { Ok(s) })
        .map_err(|e| e.to_string())
}

fn params(
    clause: &Aggregation,
    holders: usize,
    dimension: u32,
    sensitivity: Sensitivity,
    noise: Decimal,
) -> Result<Params, String> {
    // The next whole number above σ·S, exactly. What 64 bits do not hold is beyond every ring, as
    // their largest number is: the proof refuses it.
    let noise = noise.times_whole(sensitivity.ring_units()).saturating_add(1);
    Params::prove(Proposal {
        clients: u32::try_from(holders).map_err(|_| "too many parties".to_owned())?,
        threshold: clause.threshold,
        colluders: clause.colluders,
        dropouts: clause.dropouts,
        ring_bits: clause.ring_bits,
        dimension,
        units_per_round: u64::from(clause.units_per_round),
        levels: sensitivity.ring_units(),
        noise: u64::try_from(noise).unwrap_or(u64::MAX),
    })
    .map_err(|impossible| format!("{impossible}; {}", impossible.remedy()))
}
