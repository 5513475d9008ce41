//! Which requests a rule and others of its act meet in: a search through every point.

use std::collections::BTreeSet;

use concordat_terms::{ActName, PartyId, SeatId};

use crate::ask::Lacks;
use crate::when::{Root, Text};
use crate::{Agreement, Fit, Reach, Rule};

use super::point::{Point, Topic};
use super::{Cells, Group, Space};

/// What a search finds out about a rule, among the requests that the agreement knows of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Met {
    /// Some request to which the rule speaks.
    pub(crate) speaks: Option<String>,
    /// Whether there is one to which none of the others speaks.
    pub(crate) alone: bool,
    /// For each of the others, some request to which both speak.
    pub(crate) with: Vec<Option<String>>,
}

/// A rule and how much of a request it must speak to.
pub(crate) type Reaching<'r> = (&'r Rule, Reach);

/// What a search costs at most, in comparisons of a rule with a value: a hostile text asks for no
/// more than that. Whatever is agreed among people needs a hundredth of it.
const COST_MAX: usize = 30_000_000;

/// What asking one rule about one request costs.
const ASKED: usize = 30;

/// The searches of one agreement, which together cost no more than [`COST_MAX`].
pub(crate) struct Searches<'a> {
    agreement: &'a Agreement,
    left: usize,
}

impl<'a> Searches<'a> {
    pub(crate) fn of(agreement: &'a Agreement) -> Self {
        Self { agreement, left: COST_MAX }
    }

    /// What an act can be about; `None` if that alone is too much.
    pub(crate) fn space(&mut self, act: ActName) -> Option<Space<'a>> {
        let assets = self.agreement.assets().count();
        self.pay(assets.checked_mul(assets)?)?;
        Some(Space::of(vec![self.agreement], act))
    }

    /// Asks about every request to which `rule` might speak, beside which `others` stand; `None`
    /// where nothing is certain, because there is no such request to ask about, a fact is missing
    /// or it would cost too much.
    pub(crate) fn search(
        &mut self,
        space: &Space<'a>,
        rule: Reaching<'a>,
        others: &[Reaching<'a>],
    ) -> Option<Met> {
        let act = rule.0.act;
        let rules: Vec<Reaching<'_>> = [rule].into_iter().chain(others.iter().copied()).collect();
        let whens = rules.iter().filter_map(|(rule, _)| rule.when.as_ref());
        let cells = Cells::of(whens, &[self.agreement]);
        let seats: Vec<SeatId> = if rule.0.by.is_empty() {
            self.agreement.seats().filter_map(|seat| seat.id()).collect()
        } else {
            rule.0.by.clone()
        };
        let met = Met { with: vec![None; others.len()], ..Met::default() };
        let agreement = self.agreement;
        let mut search = Search { agreement, act, rules: &rules, met, asked: false };
        for seat in &seats {
            self.pay(space.values().checked_mul(rules.len())?)?;
            let groups = space.groups(seat, &rules, &[], &cells, &mut self.left)?;
            let mut seen = BTreeSet::new();
            for group in &groups.all {
                if group.lacks.first() != Some(&None) {
                    continue;
                }
                let cells = search.cells(group);
                let [kind, things, purpose] = group.at;
                let [by_kind, by_purpose] =
                    [Text::RunKind, Text::Purpose].map(|text| cells.texts.contains(&text));
                // A query is about less than the other kinds.
                let by_kind = by_kind || cells.asks(Root::Asset);
                let apart = (
                    group.lacks.clone(),
                    by_kind.then_some(kind),
                    cells.asks(Root::Asset).then_some(things),
                    by_purpose.then_some(purpose),
                );
                if seen.insert(apart) {
                    self.pay(search.cost(seat, group, &cells)?)?;
                    search.group(seat, group, &groups.topic(space, group), &cells)?;
                }
            }
        }
        search.asked.then_some(search.met)
    }

    fn pay(&mut self, cost: usize) -> Option<()> {
        self.left = self.left.checked_sub(cost)?;
        Some(())
    }
}

struct Search<'a> {
    agreement: &'a Agreement,
    act: ActName,
    rules: &'a [Reaching<'a>],
    met: Met,
    /// Whether there was a request to ask about.
    asked: bool,
}

impl Search<'_> {
    /// The cells of the conditions that a group leaves open.
    fn cells(&self, group: &Group) -> Cells {
        let open = self.rules.iter().zip(&group.lacks).filter(|(_, lacks)| lacks.is_none());
        let whens = open.filter_map(|((rule, _), _)| rule.when.as_ref());
        Cells::of(whens, &[self.agreement])
    }

    /// The parties that a group's conditions can tell apart.
    fn parties(&self, seat: &SeatId, cells: &Cells) -> Vec<PartyId> {
        let all = self.agreement.parties_of(seat).iter().cloned();
        if cells.asks(Root::Party) { all.collect() } else { all.take(1).collect() }
    }

    fn cost(&self, seat: &SeatId, group: &Group, cells: &Cells) -> Option<usize> {
        let open = group.lacks.iter().filter(|lacks| lacks.is_none()).count();
        let each = open.checked_mul(ASKED)?.checked_mul(self.parties(seat, cells).len())?;
        each.checked_mul(cells.count()?)
    }

    /// Asks about every cell of a group; `None` where a fact is missing.
    fn group(&mut self, seat: &SeatId, group: &Group, topic: &Topic, cells: &Cells) -> Option<()> {
        for party in &self.parties(seat, cells) {
            for cell in cells.all() {
                let point = cells.point(self.act, seat, party, topic, cell)?;
                self.point(&point, &group.lacks)?;
            }
        }
        Some(())
    }

    fn point(&mut self, point: &Point<'_>, lacks: &[Option<Lacks>]) -> Option<()> {
        self.asked = true;
        let ask = point.ask();
        let speaks = |(rule, reach): &Reaching<'_>| match self.agreement.fits(rule, &ask, *reach) {
            Fit::Yes => Some(true),
            Fit::No(..) => Some(false),
            Fit::Fails(_) => None,
        };
        let ((first, others), lacks) = (self.rules.split_first()?, lacks.get(1..)?);
        if !speaks(first)? {
            return Some(());
        }
        self.met.speaks.get_or_insert_with(|| told(point, &[first.0]));
        let mut alone = true;
        for ((other, slot), lacks) in others.iter().zip(&mut self.met.with).zip(lacks) {
            if lacks.is_none() && speaks(other)? {
                alone = false;
                slot.get_or_insert_with(|| told(point, &[first.0, other.0]));
            }
        }
        self.met.alone |= alone;
        Some(())
    }
}

/// A request in words, as far as it matters to some rules.
fn told(point: &Point<'_>, rules: &[&Rule]) -> String {
    let cells = Cells::of(rules.iter().filter_map(|rule| rule.when.as_ref()), &[]);
    let any = |named: fn(&Rule) -> bool| rules.iter().any(|rule| named(rule));
    let asks = |text| cells.texts.contains(&text);
    let Topic { kind, things, purpose } = point.topic;
    let mut parts = Vec::new();
    let who = if cells.asks(Root::Party) { point.party.as_str() } else { point.seat.as_str() };
    parts.push(format!("`{who}` asking `{}`", point.act));
    if any(|rule| !rule.kinds.is_empty()) || asks(Text::RunKind) {
        parts.extend(kind.map(|kind| format!("to {}", kind.as_str())));
    }
    if any(|rule| !rule.on.is_empty()) || cells.asks(Root::Asset) {
        let things: Vec<String> = things.iter().map(|id| format!("`{id}`")).collect();
        if !things.is_empty() {
            parts.push(format!("on {}", things.join(" with ")));
        }
    }
    if any(|rule| !rule.purposes.is_empty()) || asks(Text::Purpose) {
        parts.extend(purpose.iter().map(|purpose| format!("for `{purpose}`")));
    }
    if cells.asks(Root::Place) {
        parts.extend(point.place.map(|place| format!("in a place of {place}")));
    }
    if cells.rounds.len() > 1 {
        parts.push(format!("with rounds of {}", point.rounds));
    }
    if cells.participants.len() > 1 {
        parts.push(format!("with participants of {}", point.participants));
    }
    parts.join(" ")
}
