//! What `effect` tells, as points.

use std::collections::BTreeSet;

use concordat_agreement::effect::{ActChange, Answer, Demand, Jurisdiction};
use concordat_terms::AssetId;

use crate::generated::{DATA, KINDS, PARTIES, PURPOSES, SEATS};
use crate::oracle::{Answered, COUNTRIES, PARTICIPANTS, ROUNDS};

fn demanded(demand: &Demand) -> (bool, u32) {
    let approvals = demand.approvals.values().copied().max().unwrap_or_default();
    (!demand.modules.is_empty(), approvals)
}

pub(crate) fn answered(answer: &Answer) -> Answered {
    match answer {
        Answer::Allowed { gates, .. } => Some(demanded(gates)),
        _ => None,
    }
}

/// Which of a dimension's values a region holds.
fn within<T: Ord>(
    set: &Option<BTreeSet<T>>,
    size: usize,
    holds: impl Fn(&T, usize) -> bool,
) -> Vec<usize> {
    let any = |index: &usize| set.as_ref().is_none_or(|set| set.iter().any(|of| holds(of, *index)));
    (0..size).filter(any).collect()
}

/// The points of a change, as indexes into [`crate::oracle::Point::all`].
pub(crate) fn points_of(change: &ActChange) -> Vec<usize> {
    let region = &change.region;
    let seat = SEATS.iter().position(|seat| *seat == change.seat.as_str()).unwrap();
    let data =
        |of: &Vec<AssetId>, index: usize| of.first().is_some_and(|id| id.as_str() == DATA[index]);
    let sets = [
        vec![seat],
        within(&region.parties, 3, |of, index| of.as_str() == PARTIES[index]),
        within(&region.kinds, 3, |of, index| of.as_str() == KINDS[index]),
        within(&region.assets, 2, data),
        within(&region.purposes, 2, |of, index| of.as_str() == PURPOSES[index]),
        // Places as pairs: class and country.
        within(&region.places, 15, |of, index| {
            usize::from(of.class) == index % 3 + 1
                && match &of.jurisdiction {
                    Jurisdiction::Named(country) => country.as_str() == COUNTRIES[index / 3],
                    Jurisdiction::Elsewhere { but, .. } => {
                        !but.iter().any(|country| country.as_str() == COUNTRIES[index / 3])
                    }
                }
        }),
        within(&region.rounds, 7, |of, index| {
            of.from <= ROUNDS[index] && of.to.is_none_or(|to| ROUNDS[index] <= to)
        }),
        within(&region.participants, 5, |of, index| {
            of.from <= PARTICIPANTS[index] && of.to.is_none_or(|to| PARTICIPANTS[index] <= to)
        }),
    ];
    let mut found = vec![0];
    let mut stride = 1;
    for (set, size) in sets.iter().zip([2, 3, 3, 2, 2, 15, 7, 5]) {
        found =
            found.iter().flat_map(|at| set.iter().map(move |index| at + index * stride)).collect();
        stride *= size;
    }
    found
}
