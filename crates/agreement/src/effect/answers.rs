//! Every question about one act, asked of two agreements.
//!
//! Questions that no list of a clause can tell apart are asked once; of those, only the
//! conditions of the clauses that speak to them cut the cells.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ActName, ClauseRef, PartyId, SeatId};

use crate::ask::Lacks;
use crate::space::{Cells, Group, Groups, Interval, Point, Space, Topic, Where, about};
use crate::when::{Root, Text};
use crate::{Agreement, Ask, AssetKind, Cited, Gate, Label, Permit, Reach, Rule, RunKind, When};

use super::boxes::{Region, boxes};
use super::{ActChange, Answer, Demand};

/// What one of the agreements says about an act.
#[derive(Clone)]
pub(super) struct Side<'a> {
    pub(super) agreement: &'a Agreement,
    pub(super) permits: Vec<Cited<'a, Rule>>,
    pub(super) forbids: Vec<Cited<'a, Rule>>,
    pub(super) gates: Vec<Cited<'a, Gate>>,
    /// A project's permits, one of which must cover what is permitted; none, where the project
    /// leaves the act to its frame.
    pub(super) narrowing: Option<Vec<Cited<'a, Rule>>>,
}

impl<'a> Side<'a> {
    pub(super) fn of(agreement: &'a Agreement, act: ActName) -> Self {
        let narrowing: Vec<_> = agreement.narrowing(act).collect();
        Self {
            agreement,
            permits: agreement
                .permits(act)
                .filter(|permit| agreement.mute(&permit.clause, act).is_none())
                .collect(),
            forbids: agreement.forbids(act).filter(|f| agreement.strikes(&f.clause)).collect(),
            gates: agreement.gates(act).filter(|g| agreement.strikes(&g.clause)).collect(),
            narrowing: (!narrowing.is_empty()).then_some(narrowing),
        }
    }

    fn names(&self, seat: &SeatId) -> bool {
        self.permits.iter().any(|permit| permit.terms.by.contains(seat))
    }

    fn rules(&self) -> impl Iterator<Item = (&'a Rule, Reach)> {
        let permits = self.permits.iter().map(|permit| (permit.terms, Reach::All));
        let narrowing = self.narrowing.iter().flatten().map(|permit| (permit.terms, Reach::All));
        let forbids = self.forbids.iter().map(|forbid| (forbid.terms, Reach::Any));
        permits.chain(forbids).chain(narrowing)
    }
}

/// What a side says to the topics of a group: the clauses whose lists speak to them.
struct Open<'a> {
    agreement: &'a Agreement,
    permits: Vec<Cited<'a, Rule>>,
    forbids: Vec<Cited<'a, Rule>>,
    /// The same of a project's permits, with the one that comes nearest.
    narrowing: Option<(Vec<Cited<'a, Rule>>, Option<ClauseRef>)>,
    gates: Demand,
    /// Where no list of a permit speaks, the first of those that lack least.
    nearest: Option<ClauseRef>,
    /// Whether the agreement knows the asset and the purpose.
    there: bool,
    /// What conditions may ask about the assets.
    assets: Vec<Option<(Label, AssetKind)>>,
    parties: BTreeSet<PartyId>,
}

impl<'a> Open<'a> {
    fn of(
        side: &Side<'a>,
        seat: &SeatId,
        topic: &Topic,
        lacks: &[Option<Lacks>],
        there: bool,
    ) -> Self {
        let (permits, rest) = lacks.split_at(side.permits.len().min(lacks.len()));
        let (forbids, narrowing) = rest.split_at(side.forbids.len().min(rest.len()));
        let open = |rules: &[Cited<'a, Rule>], lacks: &[Option<Lacks>]| {
            let open = rules.iter().zip(lacks).filter(|(_, lacks)| lacks.is_none());
            open.map(|(rule, _)| rule.clone()).collect::<Vec<_>>()
        };
        let gates = side.gates.iter().filter(|gate| gate.terms.before(topic.kind));
        let assets = topic.things.iter().map(|id| side.agreement.asset(id));
        let assets = assets.map(|asset| asset.map(|asset| (asset.terms.label, asset.terms.kind)));
        Self {
            agreement: side.agreement,
            permits: open(&side.permits, permits),
            forbids: open(&side.forbids, forbids),
            narrowing: side
                .narrowing
                .as_ref()
                .map(|rules| (open(rules, narrowing), nearest(rules, narrowing))),
            gates: Demand::of(gates.map(|gate| gate.terms)),
            nearest: nearest(&side.permits, permits),
            there,
            assets: assets.collect(),
            parties: side.agreement.parties_of(seat).clone(),
        }
    }

    fn whens(&self) -> impl Iterator<Item = &'a When> {
        let narrowing = self.narrowing.iter().flat_map(|(rules, _)| rules);
        let rules = self.permits.iter().chain(&self.forbids).chain(narrowing);
        rules.filter_map(|rule| rule.terms.when.as_ref())
    }

    /// Whether this is the answer to all of it that the other gives, without asking.
    fn like(&self, other: &Self) -> bool {
        let same = |a: &[Cited<'a, Rule>], b: &[Cited<'a, Rule>]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.terms == b.terms)
        };
        let facts = |party| self.agreement.party(party).map(|party| party.terms);
        let theirs = |party| other.agreement.party(party).map(|party| party.terms);
        let refuses = |open: &Self| open.permits.is_empty() || !open.there;
        (refuses(self) && refuses(other))
            || (self.there == other.there
                && self.assets == other.assets
                && self.gates == other.gates
                && self.parties == other.parties
                && same(&self.permits, &other.permits)
                && same(&self.forbids, &other.forbids)
                && match (&self.narrowing, &other.narrowing) {
                    (Some((a, _)), Some((b, _))) => same(a, b),
                    (a, b) => a.is_none() && b.is_none(),
                }
                && self.parties.iter().all(|party| facts(party) == theirs(party)))
    }

    fn answer(&self, point: &Point<'_>) -> Answer {
        if !self.parties.contains(point.party) {
            return Answer::NotSeated;
        }
        if !self.there {
            return Answer::Refused { by: Vec::new() };
        }
        let ask = point.ask();
        let forbids = self.agreement.forbidden(self.forbids.iter().map(Cited::pair), &ask);
        if !forbids.is_empty() {
            return Answer::Refused { by: forbids.into_iter().map(|(clause, _)| clause).collect() };
        }
        match self.agreement.permitted(self.permits.iter().map(Cited::pair), &ask) {
            Permit::By(clause) => self.within_project(&ask, clause),
            Permit::Fails(clause, _)
            | Permit::Nearest(clause, _)
            | Permit::Silent(clause, _)
            | Permit::Power(clause, _) => Answer::Refused { by: vec![clause] },
            Permit::None => Answer::Refused { by: self.nearest.iter().cloned().collect() },
        }
    }

    /// What a permit of the frame allows, as far as the project does.
    fn within_project(&self, ask: &Ask<'_>, by: ClauseRef) -> Answer {
        let allowed = || Answer::Allowed { by, gates: self.gates.clone() };
        let Some((narrowing, nearest)) = &self.narrowing else { return allowed() };
        match self.agreement.permitted(narrowing.iter().map(Cited::pair), ask) {
            Permit::By(_) => allowed(),
            Permit::Fails(clause, _)
            | Permit::Nearest(clause, _)
            | Permit::Silent(clause, _)
            | Permit::Power(clause, _) => Answer::Refused { by: vec![clause] },
            Permit::None => Answer::Refused { by: nearest.iter().cloned().collect() },
        }
    }
}

/// The first of the rules that lack least, where there is any.
fn nearest(rules: &[Cited<'_, Rule>], lacks: &[Option<Lacks>]) -> Option<ClauseRef> {
    let mut nearest: Option<(Lacks, &ClauseRef)> = None;
    for (rule, lacks) in rules.iter().zip(lacks) {
        if let Some(lacks) = lacks
            && nearest.is_none_or(|(most, _)| *lacks > most)
        {
            nearest = Some((*lacks, &rule.clause));
        }
    }
    nearest.map(|(_, clause)| clause.clone())
}

/// The part of a region that lists do not tell: who asks, where and how much.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    parties: Option<BTreeSet<PartyId>>,
    places: Option<BTreeSet<Where>>,
    rounds: Option<BTreeSet<Interval>>,
    participants: Option<BTreeSet<Interval>>,
}

/// What differs in some group: before, after (indexes of answers), and where.
type Differs = BTreeSet<(usize, usize, Part)>;

/// Where the answers about an act differ.
pub(super) fn changes(old: &Agreement, new: &Agreement, act: ActName) -> Vec<ActChange> {
    between(&Side::of(old, act), &Side::of(new, act), act)
}

/// Where two sides answer otherwise about an act.
pub(super) fn between(was: &Side<'_>, is: &Side<'_>, act: ActName) -> Vec<ActChange> {
    let (old, new) = (was.agreement, is.agreement);
    let space = Space::of(vec![old, new], act);
    let rules: Vec<(&Rule, Reach)> = was.rules().chain(is.rules()).collect();
    let whens = rules.iter().filter_map(|(rule, _)| rule.when.as_ref());
    let cells = Cells::of(whens, &[old, new]);
    let seats: BTreeSet<SeatId> =
        [old, new].iter().flat_map(|a| a.seats()).filter_map(|seat| seat.id()).collect();
    // A seat that no permit of either names is refused everything by both.
    let named = seats.iter().filter(|seat| was.names(seat) || is.names(seat));
    let gates: Vec<&Gate> = was.gates.iter().chain(&is.gates).map(|gate| gate.terms).collect();
    let mut found = Vec::new();
    for seat in named {
        // Whoever asks for a difference waits for all of it.
        let Some(groups) = space.groups(seat, &rules, &gates, &cells, &mut { usize::MAX }) else {
            continue;
        };
        let mut asking = Asking {
            was,
            is,
            act,
            seat,
            parties: old.parties_of(seat).union(new.parties_of(seat)).cloned().collect(),
            cells: &cells,
            answers: Vec::new(),
        };
        found.append(&mut asking.changes(&space, &rules, &groups));
    }
    found
}

/// One seat's questions about one act.
struct Asking<'a> {
    was: &'a Side<'a>,
    is: &'a Side<'a>,
    act: ActName,
    seat: &'a SeatId,
    parties: Vec<PartyId>,
    /// The cells of every condition about the act.
    cells: &'a Cells,
    /// The answers met so far, each once.
    answers: Vec<Answer>,
}

impl Asking<'_> {
    fn changes(
        &mut self,
        space: &Space<'_>,
        rules: &[(&Rule, Reach)],
        groups: &Groups,
    ) -> Vec<ActChange> {
        let mut known = BTreeMap::new();
        let mut regions: BTreeMap<(usize, usize, Part), BTreeSet<[usize; 3]>> = BTreeMap::new();
        for group in &groups.all {
            let topic = groups.topic(space, group);
            let key = self.told_apart(rules, group, &topic);
            let differs = match known.get(&key) {
                Some(differs) => differs,
                None => {
                    let differs = self.differs(group, &topic);
                    known.entry(key).or_insert(differs)
                }
            };
            for differing in differs {
                regions.entry(differing.clone()).or_default().insert(group.at);
            }
        }
        let mut changes = Vec::new();
        for ((was, is, part), at) in regions {
            let answer = |index: usize| self.answers.get(index).cloned();
            let Some((was, is)) = answer(was).zip(answer(is)) else { continue };
            for found in boxes(&at) {
                let region = region(space, groups, &part, &found);
                let (was, is) = (was.clone(), is.clone());
                changes.push(ActChange { act: self.act, seat: self.seat.clone(), was, is, region });
            }
        }
        changes
    }

    /// What a group's answers can depend on; groups that agree in it are asked once.
    fn told_apart(
        &self,
        rules: &[(&Rule, Reach)],
        group: &Group,
        topic: &Topic,
    ) -> (Vec<Option<Lacks>>, Vec<bool>, [Option<usize>; 3]) {
        let open = rules.iter().zip(&group.lacks).filter(|(_, lacks)| lacks.is_none());
        let whens = open.filter_map(|((rule, _), _)| rule.when.as_ref());
        let (mut texts, mut assets) = (BTreeSet::new(), false);
        for atom in whens.flat_map(|when| when.expr().atoms()) {
            assets |= atom.roots().contains(&Root::Asset);
            texts.extend(atom.text());
        }
        let mut bits = group.there.clone();
        for side in [self.was, self.is] {
            bits.extend(side.gates.iter().map(|gate| gate.terms.before(topic.kind)));
        }
        let [kind, things, purpose] = group.at;
        // A query is about less than the other kinds.
        let kind = (assets || texts.contains(&Text::RunKind)).then_some(kind);
        let purpose = texts.contains(&Text::Purpose).then_some(purpose);
        (group.lacks.clone(), bits, [kind, assets.then_some(things), purpose])
    }

    /// Asks everything that the lists leave open.
    fn differs(&mut self, group: &Group, topic: &Topic) -> Differs {
        let split = self.was.rules().count();
        let (before, after) = group.lacks.split_at(split.min(group.lacks.len()));
        let there = |at: usize| group.there.get(at).copied().unwrap_or_default();
        let was = Open::of(self.was, self.seat, topic, before, there(0));
        let is = Open::of(self.is, self.seat, topic, after, there(1));
        if was.like(&is) {
            return Differs::new();
        }
        let both = [self.was.agreement, self.is.agreement];
        let cells = Cells::of(was.whens().chain(is.whens()), &both);
        let parties = std::mem::take(&mut self.parties);
        let mut points: BTreeMap<(usize, usize), BTreeSet<[usize; 4]>> = BTreeMap::new();
        for (index, party) in parties.iter().enumerate() {
            for cell in cells.all() {
                let Some(point) = cells.point(self.act, self.seat, party, topic, cell) else {
                    continue;
                };
                let (was, is) = (was.answer(&point), is.answer(&point));
                if !was.same(&is) {
                    let pair = (self.index(was), self.index(is));
                    let at = [index, cell.place, cell.rounds, cell.participants];
                    points.entry(pair).or_default().insert(at);
                }
            }
        }
        self.parties = parties;
        let mut differs = Differs::new();
        for ((was, is), points) in points {
            differs.extend(boxes(&points).iter().map(|found| (was, is, self.part(&cells, found))));
        }
        differs
    }

    fn index(&mut self, answer: Answer) -> usize {
        self.answers.iter().position(|known| *known == answer).unwrap_or_else(|| {
            self.answers.push(answer);
            self.answers.len() - 1
        })
    }

    /// A box of local cells, in words that all cells of the act share.
    fn part(&self, cells: &Cells, found: &[BTreeSet<usize>; 4]) -> Part {
        let [parties, places, rounds, participants] = found;
        let places = picked(&cells.places, places);
        let places = places.map(|set| set.into_iter().flatten().collect());
        Part {
            parties: picked(&self.parties, parties),
            places: places.map(|set| cells.widened(set, self.cells)),
            rounds: picked(&cells.rounds, rounds).map(Interval::joined),
            participants: picked(&cells.participants, participants).map(Interval::joined),
        }
    }
}

/// The chosen of some values; `None` if that is all of them.
fn picked<T: Clone + Ord>(all: &[T], chosen: &BTreeSet<usize>) -> Option<BTreeSet<T>> {
    let picked = chosen.iter().filter_map(|index| all.get(*index)).cloned().collect();
    (chosen.len() < all.len()).then_some(picked)
}

/// A box of groups and a part of each, in words of the agreement.
fn region(space: &Space<'_>, groups: &Groups, part: &Part, found: &[BTreeSet<usize>; 3]) -> Region {
    fn of(groups: &[BTreeSet<usize>], found: &BTreeSet<usize>) -> BTreeSet<usize> {
        found.iter().filter_map(|index| groups.get(*index)).flatten().copied().collect()
    }
    fn flat<T: Ord>(picked: Option<BTreeSet<Option<T>>>) -> Option<BTreeSet<T>> {
        picked.map(|set| set.into_iter().flatten().collect())
    }
    let [kinds, things, purposes] = found;
    let kinds = flat(picked(&space.kinds, &of(&groups.kinds, kinds)));
    let mut assets = picked(&space.things, &of(&groups.things, things));
    // A query is about a dataset, with whatever model it stands here.
    if kinds.as_ref().is_some_and(|kinds| *kinds == [RunKind::Query].into()) {
        assets = assets.map(|set| {
            set.iter().map(|things| about(Some(RunKind::Query), things).to_vec()).collect()
        });
    }
    Region {
        parties: part.parties.clone(),
        kinds,
        assets,
        purposes: flat(picked(&space.purposes, &of(&groups.purposes, purposes))),
        places: part.places.clone(),
        rounds: part.rounds.clone(),
        participants: part.participants.clone(),
    }
}
