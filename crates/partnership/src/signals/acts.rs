//! Measured values as an act.

use concordat_agreement::Signal;
use concordat_terms::{ClauseRef, Decimal, Digest, PartyId, Period, Timestamp};
use serde::{Deserialize, Serialize};

use super::SignalRefusal as No;
use crate::deed::{Deed, Hearing};
use crate::refusal::Refusal;

/// The most values in one batch.
const VALUES_MOST: usize = 1_000;

/// `signal.batch`: the values of consecutive windows of a series.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignalBatch {
    /// The signal's clause.
    pub signal: ClauseRef,
    /// When the first window begins: not before the last one that was measured ended.
    pub from: Timestamp,
    /// One value a window, 1 to 1,000 of them, the earliest first, in the clause's unit.
    pub values: Vec<Decimal>,
    /// What they were computed from, a blob.
    pub digest: Digest,
}

/// What a batch changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Measured { by: PartyId, until: Timestamp, batch: SignalBatch },
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Signal(change)
    }
}

impl SignalBatch {
    /// When its last window ends.
    fn until(&self, signal: &Signal) -> Timestamp {
        let count = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let Period { months, days, seconds } = signal.window;
        self.from.plus(Period {
            months: months.saturating_mul(count),
            days: days.saturating_mul(count),
            seconds: seconds.saturating_mul(count),
        })
    }
}

impl Deed for SignalBatch {
    fn subject(&self) -> Option<Digest> {
        Some(self.digest)
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let state = hearing.state;
        let by = hearing.by.party(out)?.clone();
        let Some(signal) = state.agreement.signal(&self.signal) else {
            out.push(No::UnknownSignal { signal: self.signal.clone() }.into());
            return None;
        };
        let seat = &signal.terms.by;
        let measures = state.agreement.parties_of(seat);
        if !measures.contains(&by) {
            let filled_by = measures.iter().cloned().collect();
            out.push(Refusal::NotYourSeat { seat: seat.clone(), party: by.clone(), filled_by });
        }
        let fails = |what: String| No::BadBatch { signal: self.signal.clone(), what };
        if self.values.is_empty() || self.values.len() > VALUES_MOST {
            let what = format!("it has {} values, and a batch has 1 to 1000", self.values.len());
            out.push(fails(what).into());
        }
        let until = self.until(signal.terms);
        if let Some(now) = state.time.filter(|now| until > *now) {
            let what = format!("its last window ends on {until}, and it is {now}");
            out.push(fails(what).into());
        }
        let before = state.signals.series.get(&(self.signal.clone(), by.clone()));
        // No window is left out: what was not measured is measured later, or not at all.
        if let Some(before) = before.filter(|before| self.from != before.until) {
            let what =
                format!("it begins on {}, and is measured until {}", self.from, before.until);
            out.push(fails(what).into());
        }
        Some(Change::Measured { by, until, batch: self.clone() }.into())
    }
}
