//! How fast a run's rounds go, and who keeps the others waiting: for people.

use std::collections::BTreeMap;

use concordat_terms::PartyId;
use concordat_wire::api::{Late, Pace};
use tokio::time::Instant;

/// Looks at the clock when messages arrive and rounds end.
#[derive(Debug, Default)]
pub(super) struct Timekeeper {
    begun: Option<Instant>,
    pace: Option<Pace>,
    /// When the messages of this step came that count.
    arrived: BTreeMap<PartyId, Instant>,
    late: BTreeMap<PartyId, Late>,
}

impl Timekeeper {
    /// The rounds begin, or go on.
    pub(super) fn begin(&mut self, now: Instant) {
        self.begun.get_or_insert(now);
    }

    /// Somebody's message of the current step is here.
    pub(super) fn arrived(&mut self, party: PartyId, now: Instant) {
        self.arrived.entry(party).or_insert(now);
    }

    /// The step is over, or its attempt is: who came a whole second or more after half of them?
    pub(super) fn close_step(&mut self) {
        let arrived = std::mem::take(&mut self.arrived);
        let mut times: Vec<Instant> = arrived.values().copied().collect();
        times.sort_unstable();
        let Some(half) = times.get(times.len().saturating_sub(1) / 2).copied() else { return };
        for (party, at) in arrived {
            let seconds = at.saturating_duration_since(half).as_secs();
            if seconds > 0 {
                let late = self.late.entry(party).or_default();
                late.steps = late.steps.saturating_add(1);
                late.seconds = late.seconds.saturating_add(seconds);
            }
        }
    }

    /// A round has its sum.
    pub(super) fn close_round(&mut self, now: Instant) {
        let Some(begun) = self.begun else { return };
        let rounds = self.pace.map_or(0, |pace| pace.rounds).saturating_add(1);
        let ms = now.saturating_duration_since(begun).as_millis();
        self.pace = Some(Pace { rounds, ms: u64::try_from(ms).unwrap_or(u64::MAX) });
    }

    pub(super) fn pace(&self) -> Option<Pace> {
        self.pace
    }

    pub(super) fn late(&self) -> &BTreeMap<PartyId, Late> {
        &self.late
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn party(name: &str) -> PartyId {
        name.parse().unwrap()
    }

    #[test]
    fn whoever_comes_after_half_of_the_others_is_late_by_whole_seconds() {
        let (mut times, begun) = (Timekeeper::default(), Instant::now());
        let at = |ms| begun + Duration::from_millis(ms);
        times.begin(begun);
        times.begin(at(500));
        for step in 0..2 {
            let from = step * 10_000;
            times.arrived(party("alder"), at(from));
            times.arrived(party("birch"), at(from + 900));
            times.arrived(party("cypress"), at(from + 1_800));
            times.arrived(party("dogwood"), at(from + 4_000));
            // Said again, it came when it came first.
            times.arrived(party("alder"), at(from + 9_000));
            times.close_step();
        }
        // Half had come after 0.9 seconds.
        let late = Late { steps: 2, seconds: 6 };
        assert_eq!(times.late(), &BTreeMap::from([(party("dogwood"), late)]));
        assert_eq!(times.pace(), None);
        times.close_round(at(10_000));
        times.close_round(at(16_000));
        assert_eq!(times.pace(), Some(Pace { rounds: 2, ms: 16_000 }));
        assert_eq!(times.pace().unwrap().left(98), Some(784));
        assert_eq!(Pace { rounds: 0, ms: 5 }.left(3), None);
        // A step to which nobody came makes nobody late.
        times.close_step();
        assert_eq!(times.late().len(), 1);
    }
}
