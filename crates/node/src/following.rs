//! A log that one thread follows while others go by it: what a node and an aggregator have in common.
//! Nothing leaves either on the word of a log that only it was shown: what it goes by must have been
//! seen by a quorum of witnesses, and lately.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use concordat_agreement::{Cited, Witnesses};
use concordat_terms::{Period, Problem, Timestamp};
use concordat_tlog::trust::Trusted;

use crate::client::{Client, Fault};
use crate::follow::{Follower, advance};
use crate::home::Home;
use crate::now;

/// Seconds that the coordinator may hold a poll.
pub(crate) const LONG_POLL: u32 = 20;

/// How long the witnesses are waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Problems that waiting does not mend, where this party found them itself: the coordinator's word
/// ends nothing.
pub(crate) const FOR_GOOD: [&str; 7] = [
    "two-histories",
    "other-log",
    "other-party",
    "other-witness-key",
    "unknown-rules",
    "store-corrupt",
    "unreadable-note",
];

/// A party's copy of the log, shared by threads, and its line to the coordinator.
#[derive(Debug)]
pub(crate) struct Following {
    pub(crate) home: Home,
    pub(crate) client: Client,
    follower: Mutex<Follower>,
    stop: Arc<AtomicBool>,
}

impl Following {
    /// Opens the copy in `store`; whatever waits for an answer waits no longer once `stop` is set.
    pub(crate) fn open(
        home: &Home,
        store: PathBuf,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, Problem> {
        let client = Client::of(home)?.stopping_with(stop.clone());
        let follower = Mutex::new(Follower::open_in(home, client.clone(), store)?);
        Ok(Self { home: home.clone(), client, follower, stop })
    }

    pub(crate) fn follower(&self) -> MutexGuard<'_, Follower> {
        // A panic of another thread cannot leave the follower half changed: it swaps whole folds.
        self.follower.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// What ends all threads.
    pub(crate) fn stop(&self) -> &Arc<AtomicBool> {
        &self.stop
    }

    /// Waits, but not when all is to stop.
    pub(crate) fn pause(&self, long: Duration) {
        let until = Instant::now() + long;
        while !self.is_stopping() && Instant::now() < until {
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for a larger checkpoint, or asks for the latest at `first`, and follows it, without
    /// holding the follower meanwhile. `followed` hears to which size.
    pub(crate) fn catch_up(&self, first: bool, mut followed: impl FnMut(u64)) -> Result<(), Fault> {
        // A witness may have told of another history meanwhile.
        if let Some(stopped) = self.follower().stopped().cloned() {
            return Err(stopped.into());
        }
        let size = self.follower().replica().size();
        let asked = now();
        let note = if first {
            Some(self.client.checkpoint()?)
        } else {
            self.client.checkpoint_after(size, LONG_POLL)?
        };
        let Some(note) = note else {
            self.follower().nothing_new(asked);
            return Ok(());
        };
        let advanced = advance(&self.follower, &note, asked, &mut followed);
        advanced.map_err(|fault| if self.is_stopping() { Fault::Stopped } else { fault })?;
        Ok(())
    }

    /// Whether a quorum of witnesses has lately seen the entry at `index`.
    ///
    /// # Errors
    /// [`Fault`]: the coordinator does not answer, or shows another history.
    pub(crate) fn is_covered(&self, index: u64) -> Result<bool, Fault> {
        // Asked without holding the follower: who keeps the answer back keeps nobody else waiting.
        let Some(note) = self.client.quorum_checkpoint()? else { return Ok(false) };
        let mut follower = self.follower();
        let mut trusted = follower.trusted(&note)?;
        if trusted.checkpoint.size > follower.replica().size() {
            drop(follower);
            advance(&self.follower, &note, now(), &mut |_| {})?;
            follower = self.follower();
            // Who must cosign may have changed on the way there.
            trusted = follower.trusted(&note)?;
        }
        // What is not all here yet will be looked at again.
        let here = follower.confirm(&note, &trusted)?;
        Ok(here && trusted.checkpoint.size > index && is_fresh(&mut follower, &trusted, now())?)
    }

    /// Waits until a quorum has lately seen the entry at `index`, and `still` finds nothing in the log
    /// as far as it was shown then; false where no quorum has for [`PATIENCE`].
    ///
    /// # Errors
    /// What `still` finds; what the coordinator answers instead of a checkpoint; [`Fault::Stopped`].
    pub(crate) fn await_cover(
        &self,
        index: u64,
        still: impl Fn() -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        let started = Instant::now();
        loop {
            if self.is_stopping() {
                return Err(Fault::Stopped);
            }
            let covered = match self.is_covered(index) {
                Ok(covered) => covered,
                Err(Fault::Offline(_)) => false,
                Err(fault) => return Err(fault),
            };
            still()?;
            if covered || started.elapsed() > PATIENCE {
                return Ok(covered);
            }
            self.pause(Duration::from_millis(50));
        }
    }
}

/// How long to wait before the same is tried again: a tenth of a second at first, two seconds at most.
pub(crate) fn backoff(tries: u32) -> Duration {
    Duration::from_millis((50_u64 << tries.min(6)).min(2000))
}

/// Whether a quorum signed within the agreed staleness; a time that is yet to come is nobody's.
fn is_fresh(follower: &mut Follower, trusted: &Trusted, at: Timestamp) -> Result<bool, Problem> {
    let (staleness, skew) = (staleness(follower), follower.skew());
    let recent = |when: Timestamp| when.plus(staleness) >= at && when <= at.plus(skew);
    let by = trusted.cosigned_by.iter().filter(|(_, when)| recent(**when));
    // By the policy again, which knows who counts: a party may have signed in two schemes.
    Ok(follower.witnesses()?.satisfied(&by.map(|(name, _)| name.clone()).collect()))
}

/// How old a quorum's checkpoint may be when a round starts.
fn staleness(follower: &Follower) -> Period {
    let found = follower.state().agreement().witnesses();
    found.map_or(Witnesses::MAX_STALENESS_UNSAID, |Cited { terms, .. }| terms.max_staleness)
}
