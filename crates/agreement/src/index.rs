//! The clauses of an agreement under what they are looked up by, so that no question walks through
//! all of them: a verdict about a run finds the permits of `run.propose`, and nothing else.
//!
//! It says nothing that the modules do not say. It is made anew when they change, and when somebody
//! takes a party's place ([`Agreement::reindex`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use concordat_terms::{ActName, ClauseRef, PartyId, SeatId};

use crate::{Agreement, Clause, Terms};

/// Clauses under what they are looked up by; each list in the order of modules and of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    /// By kind.
    kinds: BTreeMap<&'static str, Vec<Listed>>,
    /// Permits, forbids, gates and powers by the act that they are about, and by kind.
    acts: BTreeMap<(ActName, &'static str), Vec<Listed>>,
    /// By name, of which modules may have the same.
    names: BTreeMap<Box<str>, Vec<Listed>>,
    /// The laws that clauses say that they carry out.
    laws: BTreeSet<String>,
    /// Who fills a seat of the frame, as the parties stand now.
    seats: BTreeMap<SeatId, BTreeSet<PartyId>>,
}

/// A clause where it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) name: ClauseRef,
    pub(crate) clause: Arc<Clause>,
    /// Whether it is the frame's, and not a project's.
    pub(crate) frame: bool,
}

impl Index {
    fn of(agreement: &Agreement) -> Self {
        let mut index = Self::default();
        for module in agreement.modules.values() {
            for clause in module.clauses.values() {
                index.list(Listed {
                    name: ClauseRef::new(&module.id, &clause.id),
                    clause: clause.clone(),
                    frame: module.project.is_none(),
                });
            }
        }
        let mut seats = BTreeMap::new();
        for listed in index.of_kind("seat").iter().filter(|listed| listed.frame) {
            if let Terms::Seat(seat) = &listed.clause.terms
                && let Ok(id) = listed.clause.id.as_str().parse()
            {
                let fill = seat.filled_by.iter().filter_map(|party| agreement.now(party));
                // Of two seats with one name the first stands.
                seats.entry(id).or_insert_with(|| fill.collect());
            }
        }
        index.seats = seats;
        index
    }

    fn list(&mut self, listed: Listed) {
        let kind = listed.clause.terms.kind();
        let act = match &listed.clause.terms {
            Terms::Permit(rule) | Terms::Forbid(rule) => Some(rule.act),
            Terms::Gate(gate) => Some(gate.gate),
            Terms::Power(power) => Some(power.power),
            _ => None,
        };
        if let Some(act) = act {
            self.acts.entry((act, kind)).or_default().push(listed.clone());
        }
        self.laws.extend(listed.clause.standing.laws.iter().cloned());
        self.names.entry(listed.clause.id.as_str().into()).or_default().push(listed.clone());
        self.kinds.entry(kind).or_default().push(listed);
    }

    /// The clauses of a kind.
    pub(crate) fn of_kind(&self, kind: &'static str) -> &[Listed] {
        self.kinds.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The clauses of a kind that are about an act.
    pub(crate) fn about(&self, act: ActName, kind: &'static str) -> &[Listed] {
        self.acts.get(&(act, kind)).map_or(&[], Vec::as_slice)
    }

    /// The clauses of a name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Listed> {
        self.names.get(name).into_iter().flatten()
    }

    /// The seats that a party fills.
    pub(crate) fn filled_by(&self, party: &PartyId) -> impl Iterator<Item = &SeatId> {
        let filled = self.seats.iter().filter(move |(_, parties)| parties.contains(party));
        filled.map(|(seat, _)| seat)
    }

    /// Who fills a seat.
    pub(crate) fn fill(&self, seat: &SeatId) -> Option<&BTreeSet<PartyId>> {
        self.seats.get(seat)
    }
}

impl Agreement {
    /// The laws that clauses say that they carry out.
    pub fn laws(&self) -> &BTreeSet<String> {
        &self.index.laws
    }

    /// Puts the index right after a change of the modules or of who the parties are.
    pub(crate) fn reindex(&mut self) {
        self.index = Arc::new(Index::of(self));
    }
}
