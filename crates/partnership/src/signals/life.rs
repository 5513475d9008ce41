//! What measured values and test results do.

use std::collections::BTreeSet;

use concordat_agreement::{Signal, Warranty};
use concordat_terms::{AssetId, ClauseRef, Decimal, Digest, Timestamp};

use super::{BrokenWarranty, Change, Measured};
use crate::act::EvidenceSubmit;
use crate::duties::Trigger;
use crate::state::State;
use crate::verdict::Effect;

impl State {
    pub(crate) fn change_signal(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let Change::Measured { by, until, batch } = change;
        let mut effects = Vec::new();
        let signal = self.agreement.signal(&batch.signal).map(|own| own.terms.clone());
        let Some(signal) = signal else { return effects };
        let crossing = batch.values.iter().filter(|value| crosses(&signal, **value)).count();
        let Some(last) = batch.values.last().copied() else { return effects };
        let across = crosses(&signal, last);
        let key = (batch.signal.clone(), by.clone());
        let others = self.is_across(&batch.signal, Some(&by));
        let before = self.signals.series.get(&key);
        let count = |before: u64, more: usize| before + u64::try_from(more).unwrap_or(u64::MAX);
        let measured = Measured {
            until,
            last,
            across,
            values: count(before.map_or(0, |b| b.values), batch.values.len()),
            crossed: count(before.map_or(0, |b| b.crossed), crossing),
            digest: batch.digest,
            index: self.index,
        };
        self.signals.series.insert_mut(key, measured);
        if crossing > 0 {
            effects.push(Effect::SignalCrossed(batch.signal.clone(), by));
            let trigger = Trigger::Signal(batch.signal.clone());
            self.start_clocks(&trigger, None, now, &mut effects);
        }
        let tied = self.duties.triggers.tied.get(&batch.signal).cloned().unwrap_or_default();
        for warranty in tied {
            let broken = self.signals.is_breached(&warranty);
            let below = self.signals.below(&warranty);
            // What else speaks against it.
            let else_broken = others || !below.is_empty();
            if breaks(&signal, &batch.values, broken, else_broken) {
                // What a table of amounts prices is credited; any other liability is claimed.
                let claimed = (!self.is_priced(&warranty)).then_some(batch.digest);
                self.break_warranty(&warranty, below, claimed, now, &mut effects);
            }
            if crossing > 0 {
                self.credit(&warranty, &signal, &batch.values, now, &mut effects);
            }
            if !across && !else_broken {
                self.signals.broken.remove_mut(&warranty);
            }
        }
        effects
    }

    /// Holds a test result against the warranties that its method measures.
    pub(crate) fn hold_warranties(
        &mut self,
        evidence: &EvidenceSubmit,
        now: Timestamp,
    ) -> Vec<Effect> {
        let mut effects = Vec::new();
        let measured = self.duties.triggers.measured.get(&evidence.method).cloned();
        let asset = self.models.get(&evidence.subject).map(|model| model.asset.clone());
        for clause in measured.unwrap_or_default() {
            let Some(warranty) = self.warranty(&clause) else { continue };
            let about = warranty.on.is_empty()
                || asset.as_ref().is_some_and(|asset| warranty.on.contains(asset));
            let (Some(metric), Some(least)) = (&warranty.metric, warranty.at_least) else {
                continue;
            };
            let Some(value) = evidence.results.get(metric).filter(|_| about) else { continue };
            let across = warranty.measured_by.as_ref().map(|name| name.cited(&clause.module));
            let across = across.is_some_and(|signal| self.is_across(&signal, None));
            let mut below = self.signals.below(&clause);
            if *value >= least {
                asset.as_ref().map(|asset| below.remove(asset));
            } else {
                below.extend(asset.clone());
            }
            match self.signals.broken.get(&clause).cloned() {
                Some(_) if *value >= least && below.is_empty() && !across => {
                    self.signals.broken.remove_mut(&clause);
                }
                Some(broken) => {
                    self.signals.broken.insert_mut(clause, BrokenWarranty { below, ..broken });
                }
                None if *value < least => {
                    let shown = Some(evidence.subject);
                    self.break_warranty(&clause, below, shown, now, &mut effects);
                }
                None => {}
            }
        }
        effects
    }

    fn warranty(&self, clause: &ClauseRef) -> Option<&Warranty> {
        use concordat_agreement::Terms;
        match &self.law_of(clause).clause(clause)?.terms {
            Terms::Warranty(warranty) => Some(warranty),
            _ => None,
        }
    }

    /// Whether the remedy of a warranty says in a table what is owed for a value.
    fn is_priced(&self, clause: &ClauseRef) -> bool {
        let remedy = self.warranty(clause).and_then(|warranty| warranty.remedy.as_ref());
        let under = remedy.map(|remedy| remedy.cited(&clause.module));
        under.is_some_and(|under| self.law_of(clause).credits(&under).is_some())
    }

    /// A warranty that held does not hold any more: that is claimed by what shows it, where it is
    /// claimed at all, and its remedy is owed.
    fn break_warranty(
        &mut self,
        clause: &ClauseRef,
        below: BTreeSet<AssetId>,
        claimed: Option<Digest>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(shown) = claimed {
            self.claim_by_itself(clause, shown, now, effects);
        }
        let broken = BrokenWarranty { since: now, index: self.index, below };
        self.signals.broken.insert_mut(clause.clone(), broken);
        effects.push(Effect::WarrantyBroken(clause.clone()));
        self.start_clocks(&Trigger::Breach(clause.clone()), None, now, effects);
    }
}

/// Whether values cross while a warranty holds: that held before them, unless it was `broken`, or
/// holds again from a good one on, unless something else speaks against it.
fn breaks(signal: &Signal, values: &[Decimal], broken: bool, else_broken: bool) -> bool {
    let mut holds = !broken;
    values.iter().any(|value| {
        let crosses = crosses(signal, *value);
        let breaks = holds && crosses;
        holds = (holds || !else_broken) && !crosses;
        breaks
    })
}

fn crosses(signal: &Signal, value: Decimal) -> bool {
    signal.above.is_some_and(|above| value > above)
        || signal.below.is_some_and(|below| value < below)
}
