//! The closed space of questions about one act: seats and the parties that fill them, kinds of
//! runs, assets and purposes that a text names, and for each number and country in a condition
//! the cells between those that stand there. What is true of every point is true of every request.

mod cells;
mod point;
mod search;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ActName, Aspect, AssetId, PurposeId, SeatId};

use crate::ask::Lacks;
use crate::when::{Root, Text};
use crate::{Agreement, Asset, AssetKind, Gate, Label, Reach, Rule, RunKind};

pub(crate) use cells::Cells;
pub use cells::{Interval, Jurisdiction, Where};
pub(crate) use point::{Point, Topic};
pub(crate) use search::{Met, Reaching, Searches};

/// What one act can be about, under one agreement or either of two.
pub(crate) struct Space<'a> {
    agreements: Vec<&'a Agreement>,
    pub(crate) kinds: Vec<Option<RunKind>>,
    /// Of a run: a dataset and a model. What of that a request names, [`about`] tells.
    pub(crate) things: Vec<Vec<AssetId>>,
    pub(crate) purposes: Vec<Option<PurposeId>>,
}

/// Requests that no rule of some can tell apart, conditions on places, numbers and parties apart.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Which kinds, things and purposes: indexes into [`Groups`].
    pub(crate) at: [usize; 3],
    /// What each rule finds lacking in the lists.
    pub(crate) lacks: Vec<Option<Lacks>>,
    /// Whether each agreement knows the things and the purpose.
    pub(crate) there: Vec<bool>,
}

/// The values of each dimension that are treated alike.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    pub(crate) kinds: Vec<BTreeSet<usize>>,
    pub(crate) things: Vec<BTreeSet<usize>>,
    pub(crate) purposes: Vec<BTreeSet<usize>>,
    pub(crate) all: Vec<Group>,
}

impl<'a> Space<'a> {
    pub(crate) fn of(agreements: Vec<&'a Agreement>, act: ActName) -> Self {
        let about = |aspect| act.about().contains(&aspect);
        let kinds = if about(Aspect::Run) {
            [RunKind::Train, RunKind::Query, RunKind::Evaluate].map(Some).into()
        } else {
            vec![None]
        };
        let purposes = if about(Aspect::Purpose) {
            let purposes = agreements.iter().flat_map(|a| a.purposes());
            let all: BTreeSet<PurposeId> = purposes.filter_map(|p| p.id()).collect();
            all.into_iter().map(Some).collect()
        } else {
            vec![None]
        };
        let mut things = things(&agreements, act);
        // Where a text names none, what does not ask for one is open all the same.
        if things.is_empty() {
            things.push(Vec::new());
        }
        let purposes = if purposes.is_empty() { vec![None] } else { purposes };
        Self { agreements, kinds, things, purposes }
    }

    /// How many values its dimensions have.
    pub(crate) fn values(&self) -> usize {
        self.kinds.len() + self.things.len() + self.purposes.len()
    }

    /// The requests for a seat, as far as the lists of some rules and the texts of their
    /// conditions can tell them apart; `None` if there are more than what is `left` pays for, one
    /// for each rule and request.
    pub(crate) fn groups(
        &self,
        seat: &SeatId,
        rules: &[(&Rule, Reach)],
        gates: &[&Gate],
        cells: &Cells,
        left: &mut usize,
    ) -> Option<Groups> {
        let asked = |text| cells.texts.contains(&text);
        let kinds = grouped(&self.kinds, |kind| {
            let fits = |(rule, _): &(&Rule, _)| {
                rule.kinds.is_empty() || kind.is_some_and(|kind| rule.kinds.contains(&kind))
            };
            let behind: Vec<bool> = gates.iter().map(|gate| gate.before(*kind)).collect();
            let name = kind.filter(|_| asked(Text::RunKind));
            let query = *kind == Some(RunKind::Query);
            (rules.iter().map(fits).collect(), (query, (behind, name)))
        });
        let things = grouped(&self.things, |things| {
            let seen = |kind| self.seen(about(kind, things), rules, cells);
            (Vec::new(), [Some(RunKind::Query), self.kinds.first().copied().flatten()].map(seen))
        });
        let purposes = grouped(&self.purposes, |purpose| {
            let this: BTreeSet<&PurposeId> = purpose.iter().collect();
            let fits = |(rule, reach): &(&Rule, Reach)| rule.covers_purposes(&this, *reach);
            let there: Vec<bool> = self.agreements.iter().map(|a| a.knows(&this)).collect();
            let name = purpose.clone().filter(|_| asked(Text::Purpose));
            (rules.iter().map(fits).collect(), (there, name))
        });
        let seated: Vec<bool> = rules.iter().map(|(rule, _)| rule.seats(seat)).collect();
        let topics = kinds.len().checked_mul(things.len())?.checked_mul(purposes.len())?;
        *left = left.checked_sub(topics.checked_mul(rules.len().max(1))?)?;
        let mut all = Vec::new();
        for (k, (kind, ((query, _), _))) in kinds.iter().enumerate() {
            for (t, (_, ([of_query, of_others], _))) in things.iter().enumerate() {
                let Seen { fits: thing, there: here, .. } =
                    if *query { of_query } else { of_others };
                for (p, (purpose, ((known, _), _))) in purposes.iter().enumerate() {
                    let each = seated.iter().zip(kind).zip(thing).zip(purpose);
                    let lacks = each.map(|(((seat, kind), thing), purpose)| {
                        let first = [
                            (*seat, Lacks::Seat),
                            (*kind, Lacks::Kind),
                            (*thing, Lacks::Asset),
                            (*purpose, Lacks::Purpose),
                        ];
                        first.into_iter().find(|(met, _)| !met).map(|(_, lacks)| lacks)
                    });
                    let there = here.iter().zip(known).map(|(here, known)| *here && *known);
                    let (lacks, there) = (lacks.collect(), there.collect());
                    all.push(Group { at: [k, t, p], lacks, there });
                }
            }
        }
        fn sets<K>(dimension: Grouped<K>) -> Vec<BTreeSet<usize>> {
            dimension.into_iter().map(|(_, (_, set))| set).collect()
        }
        let (kinds, things, purposes) = (sets(kinds), sets(things), sets(purposes));
        Some(Groups { kinds, things, purposes, all })
    }

    /// How rules and agreements see what a request is about; its conditions, where one asks about
    /// assets.
    fn seen(&self, things: &[AssetId], rules: &[(&Rule, Reach)], cells: &Cells) -> Seen {
        let these: BTreeSet<&AssetId> = things.iter().collect();
        let fits = |(rule, reach): &(&Rule, Reach)| rule.covers_assets(&these, *reach);
        let looks = self.agreements.iter().filter(|_| cells.asks(Root::Asset));
        let looks = looks.flat_map(|agreement| {
            things.iter().map(move |id| {
                let facts = agreement.asset(id).map(|asset| (asset.terms.label, asset.terms.kind));
                let on = |(rule, _): &(&Rule, _)| rule.on.contains(id);
                Look { facts, listed: rules.iter().map(on).collect() }
            })
        });
        Seen {
            fits: rules.iter().map(fits).collect(),
            there: self.agreements.iter().map(|agreement| agreement.has(things)).collect(),
            looks: looks.collect(),
        }
    }
}

/// What a request names of a dataset and a model: of a query the dataset alone, since it gives no
/// model; of another run nothing, where a text has no model.
pub(crate) fn about(kind: Option<RunKind>, things: &[AssetId]) -> &[AssetId] {
    match (kind, things) {
        (Some(RunKind::Query), [dataset, ..]) => std::slice::from_ref(dataset),
        (Some(_), [_]) => &[],
        _ => things,
    }
}

/// How what a request is about is seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    fits: Vec<bool>,
    there: Vec<bool>,
    looks: Vec<Look>,
}

/// How conditions see an asset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    facts: Option<(Label, AssetKind)>,
    listed: Vec<bool>,
}

impl Agreement {
    /// Whether all of these are purposes of it.
    pub(crate) fn knows(&self, purposes: &BTreeSet<&PurposeId>) -> bool {
        purposes.iter().all(|purpose| self.purpose(purpose).is_some())
    }

    /// Whether all of these are assets of it.
    pub(crate) fn has(&self, assets: &[AssetId]) -> bool {
        assets.iter().all(|asset| self.asset(asset).is_some())
    }
}

/// The values of a dimension that are alike: what each rule answers, the rest of the key, and which.
type Grouped<K> = Vec<(Vec<bool>, (K, BTreeSet<usize>))>;

/// The values that have the same answers and the same key, by index.
fn grouped<T, K: Ord>(values: &[T], key: impl Fn(&T) -> (Vec<bool>, K)) -> Grouped<K> {
    let mut by_key: BTreeMap<(Vec<bool>, K), BTreeSet<usize>> = BTreeMap::new();
    for (index, value) in values.iter().enumerate() {
        by_key.entry(key(value)).or_default().insert(index);
    }
    by_key.into_iter().map(|((fits, key), set)| (fits, (key, set))).collect()
}

/// What an act can be about: a run of a dataset and a model, as far as there is one, other acts of one
/// asset. A charter of
/// several is allowed where each of them is by one permit, which pairs of one asset cannot tell
/// apart from two permits; that much is left to the fold.
fn things(agreements: &[&Agreement], act: ActName) -> Vec<Vec<AssetId>> {
    if !act.about().contains(&Aspect::Asset) {
        return vec![Vec::new()];
    }
    let of = |wanted: &dyn Fn(&Asset) -> bool| -> BTreeSet<AssetId> {
        let assets = agreements.iter().flat_map(|agreement| agreement.assets());
        assets.filter(|asset| wanted(asset.terms)).filter_map(|asset| asset.id()).collect()
    };
    if !act.about().contains(&Aspect::Run) {
        return of(&|_| true).into_iter().map(|asset| vec![asset]).collect();
    }
    let models = of(&|asset| asset.kind == AssetKind::Model);
    let datasets = of(&|asset| asset.kind == AssetKind::Dataset);
    if models.is_empty() {
        return datasets.into_iter().map(|dataset| vec![dataset]).collect();
    }
    let pairs = datasets.into_iter().flat_map(|dataset| {
        models.iter().map(move |model| vec![dataset.clone(), model.clone()]).collect::<Vec<_>>()
    });
    pairs.collect()
}
