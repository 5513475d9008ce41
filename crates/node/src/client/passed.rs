//! The pass with which a party's requests go to its coordinator, drawn anew before it ends.

use std::sync::{Arc, Mutex, PoisonError};

use concordat_terms::{Digest, Period, Timestamp};
use concordat_tlog::SigningKey;
use concordat_wire::pass::{PASS_HEADER, Pass};

/// For how many seconds one is drawn: two clocks may differ by some minutes.
const COUNTS: u32 = 600;
/// A new one is drawn where one would count for fewer seconds.
const RENEWED: u32 = 300;

/// A party's key, and the pass that it signed last. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Passed {
    log: Digest,
    key: SigningKey,
    last: Arc<Mutex<Option<Pass>>>,
}

impl Passed {
    pub(super) fn new(log: Digest, key: SigningKey) -> Self {
        Self { log, key, last: Arc::default() }
    }

    /// The header of a request that is sent now.
    pub(super) fn header(&self) -> Option<(&'static str, String)> {
        self.header_at(crate::now())
    }

    fn header_at(&self, now: Timestamp) -> Option<(&'static str, String)> {
        // A pass is whole whoever panicked.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (least, until) = (now.plus(seconds(RENEWED)), now.plus(seconds(COUNTS)));
        // A clock that was set back has left one that nobody takes yet.
        if !last.as_ref().is_some_and(|pass| least <= pass.until && pass.until <= until) {
            *last = Pass::seal(self.log, until, &self.key);
        }
        Some((PASS_HEADER, last.as_ref()?.to_string()))
    }
}

fn seconds(n: u32) -> Period {
    Period::of_seconds(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_drawn_anew_before_it_ends_and_when_the_clock_is_set_back() {
        let passed = Passed::new(Digest::of(b"log"), SigningKey::from_seed(&[7; 32]));
        let noon: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let until = |at: Timestamp| {
            let (name, text) = passed.header_at(at).unwrap();
            assert_eq!(name, "concordat-pass");
            text.parse::<Pass>().unwrap().until
        };
        let first = noon.plus(seconds(COUNTS));
        assert_eq!(until(noon), first);
        assert_eq!(until(noon.plus(seconds(300))), first);
        assert_eq!(until(noon.plus(seconds(301))), noon.plus(seconds(901)));
        assert_eq!(until(noon), first);
    }
}
