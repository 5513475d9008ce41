//! Which clock counts where a seat stands under several regimes: the one of the regime that
//! prevails, or the strictest, as the instrument says.
//!
//! No contract shortens what a statute asks for: a clock of law is never set aside, and the strictest
//! only brings the others forward.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::Prevailing;
use concordat_evidence::mark::Status;
use concordat_evidence::name::PackId;
use concordat_evidence::regime::Audience;
use concordat_terms::{CaseId, PartyId, Timestamp};

use super::clocks::{number, three_quarters};
use super::{Case, CaseClock, ClockStatus};
use crate::state::State;
use crate::verdict::Effect;

impl CaseClock {
    /// The first moment at which it is too late, as it counts here.
    pub fn counts(&self) -> Option<Timestamp> {
        self.agreed.or(self.due)
    }

    /// Whether it has a say about others: it was not set aside, and something is owed.
    fn speaks(&self) -> bool {
        let aside = matches!(self.status, ClockStatus::Superseded(_) | ClockStatus::NotOwed(_));
        !aside && self.binding != Status::Guidance
    }
}

impl State {
    /// Has the clocks of a case count as the instrument says, after one of them began, moved or was
    /// answered.
    pub(super) fn settle_regimes(
        &mut self,
        id: &CaseId,
        case: &mut Case,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let rows = self.agreement.instrument().map(|own| own.terms.regimes.clone());
        let rows = rows.unwrap_or_default();
        if rows.is_empty() {
            return;
        }
        let mut earliest: BTreeMap<u32, Timestamp> = BTreeMap::new();
        for row in &rows {
            for beside in self.beside_each_other(row, case) {
                match &row.prevails {
                    Some(regime) => {
                        let (own, others): (Vec<u32>, Vec<u32>) =
                            beside.into_iter().partition(|nth| {
                                let clock = case.clock(*nth);
                                clock.is_some_and(|c| c.pack.as_str() == regime.as_str())
                            });
                        if !own.is_empty() {
                            self.set_aside(id, case, &others, now, effects);
                        }
                    }
                    None => strictest(case, &beside, &mut earliest),
                }
            }
        }
        for (at, clock) in case.clocks.iter_mut().enumerate() {
            if clock.status != ClockStatus::Running || clock.binding == Status::Guidance {
                continue;
            }
            let nth = number(at);
            let agreed =
                earliest.get(&nth).copied().filter(|at| clock.due.is_some_and(|d| *at < d));
            if agreed == clock.agreed {
                continue;
            }
            let nears = |clock: &CaseClock| {
                let ends = clock.agreed.map_or(clock.warn, |agreed| agreed.min(clock.warn));
                clock.due.map(|_| three_quarters(clock.start, ends))
            };
            clock.agreed = agreed;
            clock.remind = nears(clock);
            let clock = clock.clone();
            self.await_clock(id, nth, &clock);
            effects.extend(clock.counts().map(|at| Effect::ClockMoved(id.clone(), nth, at)));
        }
    }

    /// The clocks of a seat's regimes that speak before the same kind of addressee, where they are of
    /// several regimes.
    fn beside_each_other(&self, row: &Prevailing, case: &Case) -> Vec<Vec<u32>> {
        let seat = self.agreement.seat(&row.seat);
        let parties: BTreeSet<PartyId> = seat
            .iter()
            .flat_map(|seat| &seat.terms.filled_by)
            .filter_map(|party| self.agreement.now(party))
            .collect();
        let mut by: BTreeMap<Audience, Vec<u32>> = BTreeMap::new();
        for (at, clock) in case.clocks.iter().enumerate() {
            let listed = row.under.iter().any(|regime| regime.as_str() == clock.pack.as_str());
            let pack = self.cases.regimes.pack(&clock.pack);
            let audience = pack.and_then(|pack| pack.row(&clock.row)?.audience);
            if let Some(audience) = audience
                && listed
                && clock.speaks()
                && !clock.owners.is_disjoint(&parties)
            {
                by.entry(audience).or_default().push(number(at));
            }
        }
        let several = |clocks: &Vec<u32>| {
            let packs = clocks.iter().filter_map(|nth| Some(&case.clock(*nth)?.pack));
            packs.collect::<BTreeSet<_>>().len() > 1
        };
        by.into_values().filter(several).collect()
    }

    /// Clocks that are no law give way to the regime that prevails.
    fn set_aside(
        &mut self,
        id: &CaseId,
        case: &mut Case,
        others: &[u32],
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        for nth in others {
            let Some(clock) = case.clock_mut(*nth) else { continue };
            if clock.binding == Status::Law || !clock.status.is_silent() {
                continue;
            }
            clock.status = ClockStatus::Superseded(now);
            let status = clock.status;
            self.quiet_clock(id, *nth);
            effects.push(Effect::ClockStands(id.clone(), *nth, status));
        }
    }
}

/// Of clocks beside each other the first of each regime counts as the one that ends first of all. What
/// a regime wants later keeps its own time: a notification is no early warning.
fn strictest(case: &Case, beside: &[u32], earliest: &mut BTreeMap<u32, Timestamp>) {
    let mut first: BTreeMap<&PackId, (Timestamp, u32)> = BTreeMap::new();
    for nth in beside {
        let Some(clock) = case.clock(*nth) else { continue };
        let Some(due) = clock.due else { continue };
        let kept = first.entry(&clock.pack).or_insert((due, *nth));
        *kept = (*kept).min((due, *nth));
    }
    let Some((strictest, _)) = first.values().min().copied() else { return };
    for (_, nth) in first.into_values() {
        let end = earliest.entry(nth).or_insert(strictest);
        *end = (*end).min(strictest);
    }
}
