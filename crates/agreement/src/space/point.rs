//! One point of the space, as a request that clauses can be asked about.

use std::collections::BTreeSet;

use concordat_terms::{ActName, AssetId, PartyId, PurposeId, SeatId};

use crate::{Ask, Awake, RunFacts, RunKind};

use super::{Cells, Group, Groups, Interval, Space, Where, about};

/// What an act is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(crate) kind: Option<RunKind>,
    pub(crate) things: Vec<AssetId>,
    pub(crate) purpose: Option<PurposeId>,
}

/// Where and how much: one cell in each dimension, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) place: usize,
    pub(crate) rounds: usize,
    pub(crate) participants: usize,
}

/// A request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point<'p> {
    pub(crate) act: ActName,
    pub(crate) seat: &'p SeatId,
    pub(crate) party: &'p PartyId,
    pub(crate) topic: &'p Topic,
    pub(crate) place: Option<&'p Where>,
    pub(crate) rounds: Interval,
    pub(crate) participants: Interval,
}

impl Groups {
    /// One of the topics of a group, which stands for all of them.
    pub(crate) fn topic(&self, space: &Space<'_>, group: &Group) -> Topic {
        fn first<T: Clone>(all: &[T], sets: &[BTreeSet<usize>], at: usize) -> Option<T> {
            all.get(*sets.get(at)?.first()?).cloned()
        }
        let [kind, things, purpose] = group.at;
        let kind = first(&space.kinds, &self.kinds, kind).flatten();
        let things = first(&space.things, &self.things, things).unwrap_or_default();
        Topic {
            kind,
            things: about(kind, &things).to_vec(),
            purpose: first(&space.purposes, &self.purposes, purpose).flatten(),
        }
    }
}

impl Cells {
    /// How many cells there are.
    pub(crate) fn count(&self) -> Option<usize> {
        self.places.len().checked_mul(self.rounds.len())?.checked_mul(self.participants.len())
    }

    /// Every cell.
    pub(crate) fn all(&self) -> impl Iterator<Item = Cell> + '_ {
        (0..self.places.len()).flat_map(move |place| {
            (0..self.rounds.len()).flat_map(move |rounds| {
                (0..self.participants.len()).map(move |participants| Cell {
                    place,
                    rounds,
                    participants,
                })
            })
        })
    }

    /// A request in a cell.
    pub(crate) fn point<'p>(
        &'p self,
        act: ActName,
        seat: &'p SeatId,
        party: &'p PartyId,
        topic: &'p Topic,
        cell: Cell,
    ) -> Option<Point<'p>> {
        let place = self.places.get(cell.place)?.as_ref();
        let rounds = *self.rounds.get(cell.rounds)?;
        let participants = *self.participants.get(cell.participants)?;
        Some(Point { act, seat, party, topic, place, rounds, participants })
    }
}

impl<'p> Point<'p> {
    /// As the clauses are asked.
    pub(crate) fn ask(&self) -> Ask<'p> {
        let Topic { kind, things, purpose } = self.topic;
        let run = kind.zip(purpose.as_ref()).map(|(kind, purpose)| RunFacts {
            kind,
            purpose: purpose.clone(),
            rounds: self.rounds.from,
            participants: self.participants.from,
        });
        Ask {
            act: self.act,
            seat: self.seat,
            party: Some(self.party),
            assets: things.iter().collect(),
            purposes: purpose.iter().collect(),
            places: self.place.map(Where::place).into_iter().collect(),
            run,
            module: None,
            awake: Awake::All,
        }
    }
}
