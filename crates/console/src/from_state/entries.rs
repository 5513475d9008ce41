//! The log as pages need it: what is counted of every entry, and those entries that are shown.

use std::collections::BTreeMap;
use std::fmt::Debug;

use concordat_partnership::{Actor, Refusal, Verdict};
use concordat_terms::{ActName, ClauseRef, Problem, Timestamp};

/// One entry of the log with the verdict that the server's own fold gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log.
    pub index: u64,
    /// The log's time there; none before there was one.
    pub time: Option<Timestamp>,
    /// Which act it is, where it is one that was signed by those whom it names.
    pub act: Option<ActName>,
    /// Who acted.
    pub by: Option<Actor>,
    /// What became of it.
    pub became: Became,
}

/// What became of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// It took effect, by this clause, where one permits it.
    Admitted(Option<ClauseRef>),
    /// It changed nothing.
    Refused(Problem),
}

impl Entry {
    /// An entry as a fold judged it.
    pub fn of(index: u64, time: Option<Timestamp>, verdict: &Verdict) -> Self {
        let (act, by, became) = match verdict {
            Verdict::Admitted { act, by, clause, .. } => {
                (Some(*act), by, Became::Admitted(clause.clone()))
            }
            Verdict::Refused { act, by, refusal } => (*act, by, Became::Refused(refusal.problem())),
        };
        Self { index, time, act, by: by.clone(), became }
    }
}

/// Where entries are read that a page shows: a log may be longer than there is memory.
pub trait Entries: Debug {
    /// Those at these indices, as far as they can be read.
    fn entries(&self, indices: &[u64]) -> Vec<Entry>;
}

/// Of a short log, all of them are held.
impl Entries for Vec<Entry> {
    fn entries(&self, indices: &[u64]) -> Vec<Entry> {
        let found = |index: &u64| self.get(usize::try_from(*index).ok()?).cloned();
        indices.iter().filter_map(found).collect()
    }
}

/// How often a clause was the ground of a verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cites {
    /// Acts that it permitted.
    pub admitted: u64,
    /// Acts that it refused.
    pub refused: u64,
    /// The last entry that rests on it.
    pub last: u64,
}

/// What is counted of every entry as the log is folded: some bytes of each that was refused, and nothing
/// of any other.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    size: u64,
    /// The clauses that were cited, each where it was first.
    clauses: Vec<ClauseRef>,
    cites: BTreeMap<ClauseRef, (usize, Cites)>,
    /// The entries that were refused, and the place of the clause by which.
    refused: Vec<(u64, Option<usize>)>,
}

impl Tally {
    /// Counts the next entry.
    pub fn hear(&mut self, verdict: &Verdict) {
        let index = self.size;
        self.size += 1;
        let clause = match verdict {
            Verdict::Admitted { clause, .. } => clause.as_ref(),
            Verdict::Refused { refusal, .. } => clause_of(refusal),
        };
        let place = clause.map(|clause| self.cite(clause, index, verdict.is_admitted()));
        if !verdict.is_admitted() {
            self.refused.push((index, place));
        }
    }

    /// How many entries were counted.
    pub fn size(&self) -> u64 {
        self.size
    }

    fn cite(&mut self, clause: &ClauseRef, index: u64, admitted: bool) -> usize {
        let next = self.clauses.len();
        let (place, cites) = self.cites.entry(clause.clone()).or_insert_with(|| {
            self.clauses.push(clause.clone());
            (next, Cites::default())
        });
        cites.admitted += u64::from(admitted);
        cites.refused += u64::from(!admitted);
        cites.last = index;
        *place
    }

    /// How often a clause was the ground of a verdict.
    pub(super) fn cites(&self, clause: &ClauseRef) -> Cites {
        self.cites.get(clause).map(|(_, cites)| *cites).unwrap_or_default()
    }

    /// How many were refused.
    pub(super) fn refused(&self) -> usize {
        self.refused.len()
    }

    /// Some of those that were refused, from the last one back.
    pub(super) fn refused_back(&self, skip: usize, take: usize) -> Vec<u64> {
        self.refused.iter().rev().skip(skip).take(take).map(|(index, _)| *index).collect()
    }

    /// The clause by which an entry was refused, where one did.
    pub(super) fn refused_by(&self, index: u64) -> Option<&ClauseRef> {
        let at = self.refused.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        self.clauses.get(self.refused.get(at)?.1?)
    }
}

/// The clause that a refusal rests on. The nearest permit of `not-permitted` is none: what that
/// refusal rests on is that no clause permits.
fn clause_of(refusal: &Refusal) -> Option<&ClauseRef> {
    match refusal {
        Refusal::NotPermitted { .. } => None,
        other => other.clause(),
    }
}
