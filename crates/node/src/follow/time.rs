//! The log's time beside this machine's clock.
//!
//! The sequencer says what time it is, and dates, votes and expiries follow its word. A witness
//! vouches for a tree only if every tick in it was told within the agreed skew of the witness' own
//! clock, and none after too long a silence. What once was bent stays bent, over restarts too,
//! until somebody accepts it by name.

use concordat_agreement::{Cited, Witnesses};
use concordat_partnership::{RunStatus, State};
use concordat_terms::{Period, Problem, Timestamp};
use serde::{Deserialize, Serialize};

use super::Follower;
use crate::problems::problem;

/// What was seen of the log's time; kept in the store beside the entries it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Watch {
    /// When the log was last asked and had no more than what is here.
    looked: Option<Timestamp>,
    /// The first tick that nobody can vouch for, and the last.
    bent: Option<(Bent, Bent)>,
}

/// A tick that this party cannot vouch for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bent {
    index: u64,
    tick: Timestamp,
    seconds: u64,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum How {
    /// Later than this machine's clock when it was heard.
    Ahead,
    /// Earlier than this machine's clock when the log had not got it yet.
    Behind,
    /// So long after the tick before it, while something was due.
    Silent,
}

/// What the agreement allows at a tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Agreed {
    skew: Period,
    /// The longest silence, where something was due.
    gap: Option<Period>,
}

impl Agreed {
    /// The terms by which a tick is judged that follows the time `before`. A tick changes nothing
    /// that could be due.
    pub(super) fn of(state: &State, before: Option<Timestamp>) -> Self {
        match state.agreement().witnesses() {
            None => Self { skew: Witnesses::SKEW_UNSAID, gap: None },
            Some(Cited { terms, .. }) => {
                Self { skew: terms.skew, gap: is_due(state, before).then_some(terms.max_gap) }
            }
        }
    }
}

/// Whether somebody waited for time to go on: a run was open, or a vote not over.
fn is_due(state: &State, since: Option<Timestamp>) -> bool {
    let voting = |until: Timestamp| since.is_some_and(|since| until > since);
    state.runs().values().any(|run| run.status == RunStatus::Open)
        || state.motions().values().any(|m| m.executed.is_none() && voting(m.open_until))
}

impl Watch {
    /// Takes note that everything which is not here was logged later.
    pub(super) fn looked_at(&mut self, at: Timestamp) {
        self.looked = self.looked.max(Some(at));
    }

    pub(super) fn forget_look(&mut self) -> Option<Timestamp> {
        self.looked.take()
    }

    /// A tick at `index`, heard at `at`, and the time it followed.
    pub(super) fn heard(
        &mut self,
        index: u64,
        (before, tick): (Option<Timestamp>, Timestamp),
        at: Timestamp,
        agreed: Agreed,
    ) {
        let between = |early: Timestamp, late: Timestamp| late.seconds() - early.seconds();
        let late = self.looked.filter(|looked| tick.plus(agreed.skew) < *looked);
        let (seconds, how) = if tick > at.plus(agreed.skew) {
            (between(at, tick), How::Ahead)
        } else if let Some(looked) = late {
            (between(tick, looked), How::Behind)
        } else if let (Some(before), Some(gap)) = (before, agreed.gap)
            && tick > before.plus(gap)
        {
            (between(before, tick), How::Silent)
        } else {
            return;
        };
        let found = Bent { index, tick, seconds, how };
        let known =
            self.bent.map(|(first, last)| (first, if index > last.index { found } else { last }));
        self.bent = known.or(Some((found, found)));
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The first tick beyond the entry `accepted` that is not to be vouched for, as far as known.
    fn bent(&self, accepted: Option<u64>) -> Option<Bent> {
        let (first, last) = self.bent?;
        let open = |bent: &Bent| accepted.is_none_or(|until| bent.index > until);
        [first, last].into_iter().find(open)
    }
}

impl Bent {
    fn problem(&self) -> Problem {
        let Self { index, tick, seconds, how } = self;
        let accept = format!(
            "write `time_accepted_until = {index}` below `[node]` to vouch for it all the same"
        );
        match how {
            How::Ahead | How::Behind => {
                let side = if *how == How::Ahead { "ahead of" } else { "behind" };
                problem(
                    "bent-time",
                    format!("entry {index} says it is {tick}, {seconds} s {side} this clock"),
                    format!("check this machine's clock, ask the coordinator's operator; {accept}"),
                )
            }
            How::Silent => problem(
                "silent-log",
                format!("entry {index} broke a silence of {seconds} s while something was due"),
                format!("ask the coordinator's operator what it kept waiting; {accept}"),
            ),
        }
    }
}

impl Follower {
    /// Why the log's time is not to be vouched for, if it is not: the first tick that was bent and
    /// that nobody accepted.
    pub fn bent_time(&self) -> Option<Problem> {
        self.watch.bent(self.accepted).map(|bent| bent.problem())
    }

    /// How far another party's clock may be from this one's.
    pub fn skew(&self) -> Period {
        Agreed::of(self.state(), None).skew
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
    }

    const AGREED: Agreed = Agreed { skew: Period::of_seconds(300), gap: None };

    #[test]
    fn the_first_bent_tick_is_kept_whatever_comes_after_it() {
        let mut watch = Watch::default();
        watch.heard(3, (None, at(301)), at(0), AGREED);
        watch.heard(5, (None, at(10)), at(10), AGREED);
        let found = watch.bent(None).unwrap();
        assert_eq!((found.index, found.seconds, found.how), (3, 301, How::Ahead));
        let kept: Watch = serde_json::from_slice(&watch.to_bytes()).unwrap();
        assert_eq!(kept, watch);
    }

    #[test]
    fn a_tick_is_of_after_the_last_look_at_the_log() {
        let mut watch = Watch::default();
        watch.looked_at(at(1000));
        watch.looked_at(at(900));
        watch.heard(3, (None, at(700)), at(1010), AGREED);
        assert_eq!(watch.bent(None), None);
        watch.heard(4, (None, at(699)), at(1010), AGREED);
        let found = watch.bent(None).unwrap();
        assert_eq!((found.index, found.seconds, found.how), (4, 301, How::Behind));
    }

    #[test]
    fn a_silence_counts_while_something_is_due() {
        let day = Period { months: 0, days: 1, seconds: 0 };
        let (before, after) = (at(0), at(86_401));
        let mut watch = Watch::default();
        watch.heard(3, (Some(before), after), after, AGREED);
        assert_eq!(watch.bent(None), None);
        watch.heard(3, (Some(before), after), after, Agreed { gap: Some(day), ..AGREED });
        assert_eq!(watch.bent(None).unwrap().problem().code, "silent-log");
    }

    #[test]
    fn what_somebody_accepts_is_accepted_up_to_there() {
        let mut watch = Watch::default();
        watch.heard(3, (None, at(301)), at(0), AGREED);
        assert_eq!(watch.bent(Some(3)), None);
        watch.heard(9, (None, at(999)), at(0), AGREED);
        assert_eq!(watch.bent(Some(3)).unwrap().index, 9);
        assert_eq!(watch.bent(Some(9)), None);
    }
}
