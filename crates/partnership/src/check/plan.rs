//! The plan of a run, as far as a step leaves it out.

use std::cell::RefCell;
use std::collections::BTreeMap;

use concordat_agreement::{Agreement, AssetKind, RunKind};
use concordat_terms::{ActName, AssetId, Decimal, Digest, PartyId, ProjectId, PurposeId, RunId};

use crate::act::{Plan, ProjectCharter, RunPropose};
use crate::state::State;

use super::Outside;
use super::fill::{Fill, Unfilled, datasets, id, no_dataset};
use super::world::stand_in;

/// Sampling rates that are tried where none is given, until the noise is one that is allowed.
const RATES: [&str; 7] = ["1", "0.5", "0.2", "0.1", "0.05", "0.02", "0.01"];

/// Rounds that are planned where none are given.
const ROUNDS: u32 = 10;

/// Parameters of a model that has as many as it may, up to this.
const DIMENSION: u32 = 10;

/// What was calibrated: it takes milliseconds, and scenarios plan alike.
#[derive(Debug, Default)]
pub(super) struct Noises(RefCell<BTreeMap<Planned, Option<Decimal>>>);

/// What a plan's least noise depends on: agreement, dataset, purpose, sampling rate, charges.
type Planned = (Digest, AssetId, PurposeId, Decimal, u64);

impl Noises {
    fn least(&self, outside: Outside, state: &State, plan: &Plan) -> Option<Decimal> {
        let agreement = state.agreement_digest();
        let (asset, purpose) = (plan.asset.clone(), plan.purpose.clone());
        let planned = (agreement, asset, purpose, plan.sampling_rate, plan.charges());
        let known = self.0.borrow().get(&planned).copied();
        known.unwrap_or_else(|| {
            let least = (outside.noise)(state.agreement(), plan);
            self.0.borrow_mut().insert(planned, least);
            least
        })
    }
}

/// The proposal of a run.
pub(super) fn proposal(fill: &mut Fill<'_>) -> Result<RunPropose, Unfilled> {
    let run: RunId = fill.makes("run")?;
    fill.world.named.run = Some(run.clone());
    Ok(RunPropose { run, plan: plan(fill)? })
}

fn plan(fill: &Fill<'_>) -> Result<Plan, Unfilled> {
    let (deed, state) = (fill.deed, &fill.world.state);
    let agreement = state.agreement();
    let last = fill.world.named.project.as_ref().map_or("project", ProjectId::as_str);
    let project = id(deed.word("project").unwrap_or(last))?;
    let charter = state.projects().get(&project).map(|project| &project.charter);
    let kind = kind(fill, agreement);
    let asset = one(fill, charter, AssetKind::Dataset)?.ok_or_else(no_dataset)?;
    let model = one(fill, charter, AssetKind::Model)?;
    // A query gives no model; one that names a model is put as it is written.
    let model = model.filter(|model| kind != RunKind::Query || deed.on.contains(model));
    if model.is_none() && kind != RunKind::Query {
        let what = "no clause declares a model";
        return Err(Unfilled::new(what, "add an asset clause of kind `model`"));
    }
    if let Some(other) = deed.on.iter().find(|id| **id != asset && Some(*id) != model.as_ref()) {
        let what = format!("a run is on one dataset and one model, and `{other}` is more");
        return Err(Unfilled::new(what, "leave it out"));
    }
    let purpose = purpose(fill, charter, agreement, &asset)?;
    let terms = agreement.aggregation().map(|cited| cited.terms);
    let clip = deed.decimal("clip").or_else(|| {
        let one = Decimal::whole(1)?;
        Some(terms.map_or(one, |terms| terms.clip_most.min(one)))
    });
    let mut plan = Plan {
        project,
        kind,
        purpose,
        datasets: participants(fill, agreement, &asset),
        recipe: stand_in(&["recipe"]),
        code: stand_in(&["code", deed.word("code").unwrap_or("code")]),
        rounds: deed.count("rounds").unwrap_or(ROUNDS),
        retries: deed.count("retries").unwrap_or(0),
        sampling_rate: some(deed.decimal("sampling-rate").or_else(|| Decimal::whole(1)))?,
        noise: some(deed.decimal("noise").or_else(|| Decimal::whole(1)))?,
        clip: some(clip)?,
        dimension: deed.count("dimension").unwrap_or_else(|| {
            terms.map_or(DIMENSION, |terms| terms.dimension_most.min(DIMENSION))
        }),
        local_steps: None,
        trainer: None,
        asset,
        model,
    };
    if deed.decimal("noise").is_none() {
        let most = terms.map(|terms| terms.noise_most);
        let given = deed.decimal("sampling-rate");
        let rates = RATES.iter().filter_map(|rate| rate.parse().ok());
        let mut rates: Vec<Decimal> = given.map_or_else(|| rates.collect(), |rate| vec![rate]);
        // The last, if none will do: then the account says no.
        let last = rates.pop();
        let mut least = |rate: Decimal| {
            plan.sampling_rate = rate;
            fill.noises.least(fill.outside, state, &plan).map(|noise| (rate, noise))
        };
        let fits = |(_, noise): &(Decimal, Decimal)| most.is_none_or(|most| *noise <= most);
        let found = rates.into_iter().find_map(|rate| least(rate).filter(fits));
        let found = found.or_else(|| last.and_then(&mut least));
        let (rate, noise) = found.unzip();
        plan.sampling_rate = rate.or(last).unwrap_or(plan.sampling_rate);
        plan.noise = noise.into_iter().chain(most).min().unwrap_or(plan.noise);
    }
    Ok(plan)
}

fn some<T>(value: Option<T>) -> Result<T, Unfilled> {
    value.ok_or_else(|| Unfilled::new("a number of the plan is missing", "write it after `with`"))
}

/// The dataset or model of a plan: the one that the step names, the first of the charter, or the
/// agreement's first.
fn one(
    fill: &Fill<'_>,
    charter: Option<&ProjectCharter>,
    kind: AssetKind,
) -> Result<Option<AssetId>, Unfilled> {
    let agreement = fill.world.state.agreement();
    let fits = |id: &&AssetId| agreement.asset(id).is_some_and(|asset| asset.terms.kind == kind);
    let named: Vec<&AssetId> = fill.deed.on.iter().filter(fits).collect();
    if let [_, second, ..] = named.as_slice() {
        let what = format!("a run is on one {}, and `{second}` is a second", kind.as_str());
        return Err(Unfilled::new(what, "leave it out"));
    }
    let chartered = || charter.and_then(|charter| charter.assets.iter().find(fits).cloned());
    let first = || match kind {
        AssetKind::Dataset => datasets(agreement).next().and_then(|asset| asset.id()),
        _ => agreement.assets().find(|a| a.terms.kind == kind).and_then(|asset| asset.id()),
    };
    Ok(named.first().copied().cloned().or_else(chartered).or_else(first))
}

fn purpose(
    fill: &Fill<'_>,
    charter: Option<&ProjectCharter>,
    agreement: &Agreement,
    asset: &AssetId,
) -> Result<PurposeId, Unfilled> {
    if let [_, second, ..] = fill.deed.purposes.as_slice() {
        let what = format!("a run is for one purpose, and `{second}` is a second");
        return Err(Unfilled::new(what, "leave it out"));
    }
    let said = fill.deed.purposes.first().cloned();
    let chartered = || charter.and_then(|charter| charter.purposes.first().cloned());
    let first = || agreement.asset(asset).and_then(|asset| asset.terms.purposes.first().cloned());
    said.or_else(chartered)
        .or_else(first)
        .ok_or_else(|| Unfilled::new("no purpose is named", "write `for` and a purpose"))
}

/// The kind that the step says; else training, where a permit of its seat names that or none does; else the
/// first that one names.
fn kind(fill: &Fill<'_>, agreement: &Agreement) -> RunKind {
    let said = fill.deed.word("kind").and_then(|word| {
        [RunKind::Train, RunKind::Query, RunKind::Evaluate].into_iter().find(|k| k.as_str() == word)
    });
    let permits = agreement.permits(ActName::RunPropose);
    let own = permits.filter(|permit| permit.terms.by.contains(&fill.deed.seat));
    let named: Vec<RunKind> = own.flat_map(|permit| permit.terms.kinds.iter().copied()).collect();
    let usual = if named.contains(&RunKind::Train) { None } else { named.first().copied() };
    said.or(usual).unwrap_or(RunKind::Train)
}

/// The parties whose contributions are summed, each with its last version.
fn participants(
    fill: &Fill<'_>,
    agreement: &Agreement,
    asset: &AssetId,
) -> BTreeMap<PartyId, Digest> {
    let of = agreement.aggregation().map(|cited| cited.terms.of.clone());
    let of = of.or_else(|| agreement.asset(asset).map(|asset| asset.terms.holder.clone()));
    let seat = of.and_then(|of| agreement.seat(&of).map(|seat| seat.terms.filled_by.clone()));
    let parties = seat.unwrap_or_default();
    let most = fill.deed.count("participants").map_or(parties.len(), |n| n as usize);
    let each = parties.into_iter().take(most);
    each.map(|party| {
        let version = fill.last_version(&party, asset);
        (party, version)
    })
    .collect()
}
