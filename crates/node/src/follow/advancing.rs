//! To a later checkpoint, holding the follower only while it is looked at or changed.

use std::sync::{Mutex, PoisonError};

use concordat_terms::Timestamp;

use super::fetching::{Walk, Walked};
use super::{Caught, Follower};
use crate::client::Fault;

/// A follower that somebody else may need while the coordinator takes its time.
pub(crate) trait Hold {
    /// Holds it for as long as `act` takes.
    fn with<T>(&mut self, act: impl FnOnce(&mut Follower) -> T) -> T;
}

impl Hold for &mut Follower {
    fn with<T>(&mut self, act: impl FnOnce(&mut Follower) -> T) -> T {
        act(self)
    }
}

impl Hold for &Mutex<Follower> {
    fn with<T>(&mut self, act: impl FnOnce(&mut Follower) -> T) -> T {
        // A panic of another thread cannot leave it half changed: it swaps whole folds.
        act(&mut self.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a checkpoint asks for.
pub(super) enum Next {
    /// It has nothing that is not here.
    Nothing(Caught),
    /// What it adds is to be looked at.
    Walk(Box<Walk>),
}

/// Follows the log to a checkpoint that was asked for at `asked`: fetches and verifies all that it
/// adds, then folds and keeps it a few MiB at a time. `tell` hears how far each of them led.
/// Where somebody else has followed the log meanwhile, the rest is left to the next time.
///
/// # Errors
/// As [`Follower::catch_up`]; what was kept before stays.
pub(crate) fn advance(
    mut held: impl Hold,
    note: &[u8],
    asked: Timestamp,
    tell: &mut dyn FnMut(u64),
) -> Result<Caught, Fault> {
    let walk = match held.with(|follower| follower.next(note, asked))? {
        Next::Nothing(caught) => return Ok(caught),
        Next::Walk(walk) => walk,
    };
    let way = match walk.go()? {
        Walked::Way(way) => way,
        Walked::Forked(tree) => {
            let found = held.with(|follower| follower.two_histories(note, Some(&tree)));
            return Err(found.into());
        }
    };
    let mut frontier = walk.frontier.clone();
    let mut first = Some(way.first);
    for (end, root) in way.ends {
        let from = frontier.size();
        let entries = match first.take() {
            Some(entries) => {
                entries.iter().for_each(|entry| frontier.append(super::leaf_hash(entry)));
                entries
            }
            None => walk.again(&mut frontier, end, root)?,
        };
        let last = (end == walk.checkpoint.size).then_some(asked);
        let kept = held.with(|follower| follower.take_in(note, from, &entries, last))?;
        if !kept {
            return Ok(Caught { size: held.with(|follower| follower.replica.size()), added: 0 });
        }
        tell(end);
    }
    let (size, old) = (walk.checkpoint.size, walk.frontier.size());
    Ok(Caught { size, added: size - old })
}
