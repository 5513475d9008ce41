//! Many points as few boxes, for people.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{AssetId, PartyId, PurposeId};
use serde::Serialize;

use crate::space::{Interval, Jurisdiction, Where, about};
use crate::{Ask, Place, RunKind};

/// Which requests a change is about; what is `None` may be anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Region {
    /// The parties that ask; all that fill the seat before or after, if it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parties: Option<BTreeSet<PartyId>>,
    /// The kinds of runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kinds: Option<BTreeSet<RunKind>>,
    /// The assets, those of one request together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assets: Option<BTreeSet<Vec<AssetId>>>,
    /// The purposes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purposes: Option<BTreeSet<PurposeId>>,
    /// The places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub places: Option<BTreeSet<Where>>,
    /// How many rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<BTreeSet<Interval>>,
    /// How many participants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participants: Option<BTreeSet<Interval>>,
}

impl Region {
    /// Whether a request lies in it.
    pub fn holds(&self, ask: &Ask<'_>) -> bool {
        fn any<T: Ord>(set: Option<&BTreeSet<T>>, holds: impl Fn(&T) -> bool) -> bool {
            set.is_none_or(|set| set.iter().any(holds))
        }
        let run = ask.run.as_ref();
        let within = |interval: &Interval, number: u32| {
            interval.from <= number && interval.to.is_none_or(|to| number <= to)
        };
        let at = |place: &Where, asked: &Place| {
            place.class == asked.class
                && match &place.jurisdiction {
                    Jurisdiction::Named(country) => *country == asked.jurisdiction,
                    Jurisdiction::Elsewhere { but, .. } => !but.contains(&asked.jurisdiction),
                }
        };
        any(self.parties.as_ref(), |party| Some(party) == ask.party)
            && any(self.kinds.as_ref(), |kind| run.is_some_and(|run| run.kind == *kind))
            && any(self.assets.as_ref(), |assets| {
                about(run.map(|run| run.kind), assets).iter().collect::<BTreeSet<_>>() == ask.assets
            })
            && any(self.purposes.as_ref(), |purpose| ask.purposes == [purpose].into())
            && any(self.places.as_ref(), |place| ask.places.iter().any(|asked| at(place, asked)))
            && any(self.rounds.as_ref(), |i| run.is_some_and(|run| within(i, run.rounds)))
            && any(self.participants.as_ref(), |i| {
                run.is_some_and(|run| within(i, run.participants))
            })
    }
}

/// Boxes that together hold exactly these points: values of a dimension with the same boxes in the
/// dimensions after it are joined.
pub(super) fn boxes<const N: usize>(points: &BTreeSet<[usize; N]>) -> Vec<[BTreeSet<usize>; N]> {
    let points: Vec<&[usize]> = points.iter().map(<[usize; N]>::as_slice).collect();
    let found = split(&points).into_iter().filter_map(|found| found.try_into().ok());
    found.collect()
}

fn split(points: &[&[usize]]) -> Vec<Vec<BTreeSet<usize>>> {
    let mut by_value: BTreeMap<usize, Vec<&[usize]>> = BTreeMap::new();
    for point in points {
        let Some((first, rest)) = point.split_first() else { return vec![Vec::new()] };
        by_value.entry(*first).or_default().push(rest);
    }
    let mut by_shape: BTreeMap<Vec<Vec<BTreeSet<usize>>>, BTreeSet<usize>> = BTreeMap::new();
    for (value, rest) in by_value {
        by_shape.entry(split(&rest)).or_default().insert(value);
    }
    let mut found = Vec::new();
    for (shapes, values) in by_shape {
        for shape in shapes {
            found.push([vec![values.clone()], shape].concat());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_box_is_one_and_a_corner_less_is_few() {
        let mut points: BTreeSet<[usize; 4]> = BTreeSet::new();
        for a in 0..3 {
            for b in 0..4 {
                points.insert([0, a, b, 0]);
            }
        }
        assert_eq!(boxes(&points).len(), 1);
        points.remove(&[0, 2, 3, 0]);
        let found = boxes(&points);
        assert_eq!(found.len(), 2);
        let count: usize =
            found.iter().map(|b| b.iter().map(BTreeSet::len).product::<usize>()).sum();
        assert_eq!(count, points.len());
    }
}
