//! The closed space of questions about one act.

use std::collections::BTreeSet;
use std::fmt;

use concordat_terms::{ActName, Aspect, AssetId, Country, PartyId, PurposeId, SeatId};
use serde::Serialize;

use crate::{Agreement, AssetKind, Place, RunKind, When};

use super::boxes::{DIMENSIONS, Found, Region};

/// Everything that can be asked about one act, under either of two agreements.
pub(super) struct Space {
    pub(super) act: ActName,
    pub(super) seats: Vec<(SeatId, Vec<PartyId>)>,
    pub(super) kinds: Vec<Option<RunKind>>,
    pub(super) things: Vec<Vec<AssetId>>,
    pub(super) purposes: Vec<Option<PurposeId>>,
    pub(super) places: Vec<Option<Where>>,
    pub(super) rounds: Vec<Interval>,
    pub(super) participants: Vec<Interval>,
}

/// Whole numbers from one to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Interval {
    /// The lowest.
    pub from: u32,
    /// The highest; all above, if it is absent.
    pub to: Option<u32>,
}

impl Interval {
    pub(super) fn lowest(&self) -> u32 {
        self.from
    }

    /// The line of whole numbers cut so that no condition with these numbers in it can tell two
    /// numbers of one interval apart.
    fn cut(at: &BTreeSet<u32>) -> Vec<Self> {
        let mut starts: BTreeSet<u32> = [0].into();
        for number in at {
            starts.insert(*number);
            starts.extend(number.checked_add(1));
        }
        let starts: Vec<u32> = starts.into_iter().collect();
        let ends = starts.iter().skip(1).map(|next| Some(next - 1)).chain([None]);
        starts.iter().zip(ends).map(|(from, to)| Self { from: *from, to }).collect()
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to {
            Some(to) if to == self.from => write!(f, "{to}"),
            Some(to) => write!(f, "{} to {to}", self.from),
            None => write!(f, "{} or more", self.from),
        }
    }
}

/// A kind of place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Where {
    /// Its isolation class.
    pub class: u8,
    /// Its country.
    pub jurisdiction: Jurisdiction,
}

/// A country that a condition names, or any that none names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Jurisdiction {
    /// This one.
    Named(Country),
    /// Any that no condition names.
    Elsewhere {
        /// The countries that conditions name.
        but: BTreeSet<Country>,
        /// A code that stands for the others.
        code: Country,
    },
}

impl Where {
    pub(super) fn place(&self) -> Place {
        let (Jurisdiction::Named(code) | Jurisdiction::Elsewhere { code, .. }) = &self.jurisdiction;
        Place { class: self.class, jurisdiction: code.clone() }
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.jurisdiction {
            Jurisdiction::Named(country) => write!(f, "class {} in {country}", self.class),
            Jurisdiction::Elsewhere { .. } => write!(f, "class {} elsewhere", self.class),
        }
    }
}

/// Acts that clauses permit; the others are open to whom the log's own rules name.
pub(super) fn ruled(act: ActName) -> bool {
    !matches!(
        act,
        ActName::Genesis
            | ActName::Tick
            | ActName::DigestRecord
            | ActName::ModulePropose
            | ActName::ModuleSign
            | ActName::ModuleEnter
    )
}

impl Space {
    pub(super) fn of(old: &Agreement, new: &Agreement, act: ActName) -> Self {
        let both = [old, new];
        let seats: BTreeSet<SeatId> =
            both.iter().flat_map(|a| a.seats()).filter_map(|seat| seat.id()).collect();
        let seats = seats.into_iter().map(|seat| {
            let parties: BTreeSet<PartyId> =
                both.iter().flat_map(|agreement| agreement.parties_of(&seat)).collect();
            (seat, parties.into_iter().collect())
        });
        let about = |aspect| act.about().contains(&aspect);
        let whens: Vec<&When> = both
            .iter()
            .flat_map(|a| a.permits(act).chain(a.forbids(act)))
            .filter_map(|rule| rule.terms.when.as_ref())
            .collect();
        let asks = |name: &str| whens.iter().any(|when| when.asks_about(name));
        let numbers: BTreeSet<u32> = whens.iter().flat_map(|when| when.numbers()).collect();
        let cut = |asked: bool| Interval::cut(if asked { &numbers } else { &EMPTY });
        let run = about(Aspect::Run);
        Self {
            act,
            seats: seats.collect(),
            kinds: if run {
                [RunKind::Train, RunKind::Query, RunKind::Evaluate].map(Some).into()
            } else {
                vec![None]
            },
            things: things(both, act),
            purposes: if about(Aspect::Purpose) {
                let all: BTreeSet<PurposeId> =
                    both.iter().flat_map(|a| a.purposes()).filter_map(|p| p.id()).collect();
                all.into_iter().map(Some).collect()
            } else {
                vec![None]
            },
            places: if about(Aspect::Place) && asks("place") { places(&whens) } else { vec![None] },
            rounds: cut(run && asks("rounds")),
            participants: cut(run && asks("participants")),
        }
    }

    pub(super) fn sizes(&self, parties: usize) -> [usize; DIMENSIONS] {
        [
            parties,
            self.kinds.len(),
            self.things.len(),
            self.purposes.len(),
            self.places.len(),
            self.rounds.len(),
            self.participants.len(),
        ]
    }

    /// A box of points in words of the agreement; a dimension that the box fills says nothing.
    pub(super) fn region(
        &self,
        parties: &[PartyId],
        found: &Found,
        sizes: [usize; DIMENSIONS],
    ) -> Region {
        fn picked<T: Clone + Ord>(
            all: &[T],
            chosen: &BTreeSet<usize>,
            size: usize,
        ) -> Option<BTreeSet<T>> {
            let picked = chosen.iter().filter_map(|index| all.get(*index)).cloned().collect();
            (chosen.len() < size).then_some(picked)
        }
        fn flat<T: Ord>(picked: Option<BTreeSet<Option<T>>>) -> Option<BTreeSet<T>> {
            picked.map(|set| set.into_iter().flatten().collect())
        }
        let [party, kind, thing, purpose, place, rounds, participants] = found;
        let [n0, n1, n2, n3, n4, n5, n6] = sizes;
        Region {
            parties: picked(parties, party, n0),
            kinds: flat(picked(&self.kinds, kind, n1)),
            assets: picked(&self.things, thing, n2),
            purposes: flat(picked(&self.purposes, purpose, n3)),
            places: flat(picked(&self.places, place, n4)),
            rounds: picked(&self.rounds, rounds, n5).map(joined),
            participants: picked(&self.participants, participants, n6).map(joined),
        }
    }
}

static EMPTY: BTreeSet<u32> = BTreeSet::new();

/// Neighbouring intervals as one.
fn joined(intervals: BTreeSet<Interval>) -> BTreeSet<Interval> {
    let mut out: Vec<Interval> = Vec::new();
    for next in intervals {
        match out.last_mut() {
            Some(last) if last.to.and_then(|to| to.checked_add(1)) == Some(next.from) => {
                last.to = next.to;
            }
            _ => out.push(next),
        }
    }
    out.into_iter().collect()
}

/// What an act can be about: a run of a dataset and a model, other acts of one asset. A charter of
/// several is allowed where each of them is by one permit, which pairs of one asset cannot tell
/// apart from two permits; that much is left to the fold.
fn things(both: [&Agreement; 2], act: ActName) -> Vec<Vec<AssetId>> {
    if !act.about().contains(&Aspect::Asset) {
        return vec![Vec::new()];
    }
    let of = |kind: Option<AssetKind>| -> BTreeSet<AssetId> {
        let assets = both.iter().flat_map(|agreement| agreement.assets());
        let those = assets.filter(|asset| kind.is_none_or(|kind| asset.terms.kind == kind));
        those.filter_map(|asset| asset.id()).collect()
    };
    if !act.about().contains(&Aspect::Run) {
        return of(None).into_iter().map(|asset| vec![asset]).collect();
    }
    let models = of(Some(AssetKind::Model));
    let pairs = of(Some(AssetKind::Dataset)).into_iter().flat_map(|dataset| {
        models.iter().map(move |model| vec![dataset.clone(), model.clone()]).collect::<Vec<_>>()
    });
    pairs.collect()
}

fn places(whens: &[&When]) -> Vec<Option<Where>> {
    let named: BTreeSet<Country> =
        whens.iter().flat_map(|when| when.texts()).filter_map(|text| text.parse().ok()).collect();
    // Of the codes that ISO 3166 leaves to users, one that no condition names.
    let spare = ('A'..='Z').filter_map(|c| format!("X{c}").parse::<Country>().ok());
    let spare = spare.into_iter().find(|country| !named.contains(country));
    let jurisdictions: Vec<Jurisdiction> = named
        .iter()
        .cloned()
        .map(Jurisdiction::Named)
        .chain(spare.map(|code| Jurisdiction::Elsewhere { but: named.clone(), code }))
        .collect();
    let of = |class| {
        jurisdictions
            .iter()
            .map(move |jurisdiction| Where { class, jurisdiction: jurisdiction.clone() })
    };
    (1..=3).flat_map(of).map(Some).collect()
}

/// Every point of a space of these sizes.
pub(super) fn points(sizes: [usize; DIMENSIONS]) -> impl Iterator<Item = [usize; DIMENSIONS]> {
    let total: usize = sizes.iter().product();
    (0..total).map(move |mut rest| {
        sizes.map(|size| {
            let at = rest % size.max(1);
            rest /= size.max(1);
            at
        })
    })
}
