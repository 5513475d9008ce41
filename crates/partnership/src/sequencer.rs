//! The acts of whoever orders the log: time, and the record of verdicts. What it turned away it counts in
//! [`crate::counts`].

use crate::act::{DigestRecord, Genesis, Tick};
use crate::change::Change;
use crate::deed::{Deed, Hearing};
use crate::refusal::Refusal;

impl Deed for Genesis {
    /// A genesis begins a log, and is judged before there is a state to judge it in.
    fn judge(&self, _: &Hearing<'_>, _: &mut Vec<Refusal>) -> Option<Change> {
        None
    }
}

impl Deed for Tick {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        sequencer_alone(hearing, out);
        if let Some(now) = hearing.state.time.filter(|now| self.time <= *now) {
            out.push(Refusal::TimeRunsBackwards { tick: self.time, now });
        }
        Some(Change::Time(self.time))
    }
}

impl Deed for DigestRecord {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Change> {
        sequencer_alone(hearing, out);
        let state = hearing.state;
        if self.index != state.index || self.rolling != state.rolling() {
            out.push(Refusal::DigestDiffers { index: state.index });
        }
        Some(Change::Nothing)
    }
}

pub(crate) fn sequencer_alone(hearing: &Hearing<'_>, out: &mut Vec<Refusal>) {
    if hearing.by.actor.party.is_some() {
        out.push(Refusal::NotTheSequencer { act: hearing.act });
    }
}
