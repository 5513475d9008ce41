//! What a view is taken from: a party's own copy of the log, or an archive that somebody exported.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use concordat_agreement::suggest;
use concordat_node::follow::Follower;
use concordat_partnership::act::Signed;
use concordat_partnership::{State, Verdict};
use concordat_replay::{Halt, Replica};
use concordat_terms::{Digest, PartyId};

use super::desk::{failure, open, open_latest};
use crate::archive::{BLOBS, act_in, load};
use crate::args::Look;
use crate::failure::Failure;

/// A folded log with its entries, and the blobs beside it.
pub(super) enum Seen {
    /// A party's own.
    Home(Box<Follower>),
    /// An archive's.
    Archive { replica: Box<Replica>, entries: Vec<Vec<u8>>, files: BTreeMap<String, Vec<u8>> },
}

/// Opens what is to be looked at.
///
/// # Errors
/// A folder that cannot be used, a log that does not hold, a party that is none.
pub(super) fn see(look: &Look) -> Result<Seen, Failure> {
    let seen = match (&look.home, &look.archive) {
        (Some(home), _) => {
            let opened = if look.offline { open(home) } else { open_latest(home) };
            Seen::Home(Box::new(opened?.1))
        }
        (None, Some(archive)) => {
            let files = load(archive)?;
            let (replica, entries) =
                crate::refold::refold_files(&files).map_err(Failure::Refused)?;
            Seen::Archive { replica: Box::new(replica), entries, files }
        }
        (None, None) => {
            let hint = "name a party's folder with `--home`, or an archive with `--archive`";
            return Err(Failure::usage("usage", "nothing to look at is named", hint));
        }
    };
    let parties = seen.state().parties_now();
    match &look.party {
        Some(party) if !parties.contains(party) => {
            let names: Vec<&str> = parties.iter().map(PartyId::as_str).collect();
            let what = format!("`{party}` is no party of this partnership");
            Err(Failure::usage("unknown-party", what, suggest(party.as_str(), names)))
        }
        _ => Ok(seen),
    }
}

impl Seen {
    /// The log, folded.
    pub(super) fn replica(&self) -> &Replica {
        match self {
            Self::Home(follower) => follower.replica(),
            Self::Archive { replica, .. } => replica,
        }
    }

    /// The partnership's state.
    pub(super) fn state(&self) -> &State {
        self.replica().state()
    }

    /// The party's own copy, where it is one.
    pub(super) fn follower(&self) -> Option<&Follower> {
        match self {
            Self::Home(follower) => Some(follower),
            Self::Archive { .. } => None,
        }
    }

    /// The entries, in order.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub(super) fn entries(&self) -> Result<Vec<Vec<u8>>, Failure> {
        match self {
            Self::Home(follower) => {
                let size = usize::try_from(follower.replica().size()).unwrap_or(usize::MAX);
                let entries = follower.store().entries(0, size);
                entries.map_err(|fault| failure(fault.problem()))
            }
            Self::Archive { entries, .. } => Ok(entries.clone()),
        }
    }

    /// Folds the log once more and shows each entry with what it says, its verdict, and the state
    /// after it; until the end, or until nobody wants to see more.
    ///
    /// # Errors
    /// A store that cannot be read, a log that stops.
    pub(super) fn fold_again(
        &self,
        mut each: impl FnMut(u64, Option<&Signed>, &Verdict, &State) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let mut replica = Replica::new();
        for (index, entry) in (0..).zip(self.entries()?) {
            let signed = act_in(&entry);
            let verdict = loop {
                match replica.step(&entry) {
                    Ok(verdict) => break verdict,
                    Err(halt) => {
                        // What a verdict depends on was here when the log was folded first.
                        let missing = match &halt {
                            Halt::MissingBlob { blob, .. } => self.replica().blob(blob),
                            _ => None,
                        };
                        let Some(blob) = missing else {
                            let hint = "follow the log online once";
                            return Err(Failure::fault("fold-halted", halt.to_string(), hint));
                        };
                        replica.supply(blob.to_vec());
                    }
                }
            };
            if each(index, signed.as_ref(), &verdict, replica.state()).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// A blob, if it is here.
    pub(super) fn blob(&self, digest: &Digest) -> Option<Vec<u8>> {
        match self {
            Self::Home(follower) => follower.store().blob(digest).ok().flatten(),
            Self::Archive { files, .. } => files.get(&format!("{BLOBS}{digest}")).cloned(),
        }
    }
}

/// How much time is left, in words.
pub(super) fn left(seconds: u64) -> String {
    if seconds == 0 { "over".to_owned() } else { format!("{} left", count(seconds)) }
}

/// A length of time in words.
pub(super) fn count(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7_199 => (seconds / 60, "minute"),
        7_200..=172_799 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
