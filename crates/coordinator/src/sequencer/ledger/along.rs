//! Reading along: the same fold over a log that another process writes.

use std::path::Path;
use std::time::Duration;

use concordat_store::Store;
use concordat_terms::Problem;
use concordat_tlog::note::Unlisted;
use concordat_tlog::{Note, SigningKey, vkey};

use super::{Ledger, QUORUM, differs, first_entry, lock_log};
use crate::config::{Clock, ForTests};

/// A log that another process writes.
pub(crate) struct Along {
    ledger: Ledger,
    /// The checkpoint that counted last, as the store has it.
    quorum: Option<Vec<u8>>,
}

impl Along {
    /// Folds the whole log that `store` reads, as [`Ledger::open`] would, and writes nothing into it.
    pub(crate) fn open(
        store: Store,
        key: SigningKey,
        (home, clock): (&Path, Clock),
        ForTests { judge, append, .. }: ForTests,
    ) -> Result<Self, Problem> {
        let first = first_entry(&store)?;
        let mut ledger = Ledger::over(store, key, &first, (home, clock), (judge, append))?;
        let (mut published, kept) = (0, ledger.store.note_names(super::RECEIPTS));
        let kept = kept.map_err(|e| e.problem())?.len();
        ledger.folded = ledger.resume(&mut published, kept)?;
        let mut along = Self { ledger, quorum: None };
        along.catch_up()?;
        Ok(along)
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Folds what has been appended, and publishes it once the checkpoint of all of it is there.
    ///
    /// # Errors
    /// A [`Problem`]: the database does not answer, the fold halts, or the log is not the one whose
    /// checkpoint was signed.
    pub(crate) fn catch_up(&mut self) -> Result<(), Problem> {
        let ledger = &mut self.ledger;
        loop {
            // What a fault cut short was published all the same.
            let published = lock_log(&ledger.shared, |log| log.len());
            ledger.fold_rest(ledger.folded.clone(), published, |_, _| Ok(()))?;
            let (size, root) = (ledger.folded.frontier.size(), ledger.folded.frontier.root());
            let published = ledger.shared.snapshot.borrow().size;
            if size == published {
                break;
            }
            // Read after the entries, so it covers them all: it is appended with them.
            let (note, checkpoint) = ledger.stored_checkpoint()?.ok_or_else(|| differs(size))?;
            if checkpoint.size > size {
                continue;
            }
            let same = (checkpoint.size, checkpoint.root) == (size, root);
            if !same || checkpoint.origin != ledger.origin || !is_signed(ledger, &note) {
                return Err(differs(size));
            }
            ledger.publish(note);
            ledger.keep_snapshot();
            break;
        }
        // What counts is known later than what is appended.
        let quorum = ledger.store.note(QUORUM).map_err(|e| e.problem())?;
        if quorum != self.quorum {
            ledger.resume_witnessed()?;
            self.quorum = quorum;
        }
        Ok(())
    }

    /// Waits until more is appended, but not for long; says who writes, none where nobody does.
    ///
    /// # Errors
    /// A [`Problem`]: the database does not answer.
    pub(crate) fn wait(&self, at_most: Duration) -> Result<Option<String>, Problem> {
        let store = &self.ledger.store;
        let size = self.ledger.folded.frontier.size();
        let waited = store.wait(size, at_most).and_then(|_| store.writer());
        waited.map_err(|fault| fault.problem())
    }
}

fn is_signed(ledger: &Ledger, note: &Note) -> bool {
    let key = vkey::Key::Log(ledger.key.public());
    let Ok(vkey) = concordat_tlog::Vkey::new(&ledger.origin, key) else { return false };
    note.verify([&vkey], Unlisted::Ignored).is_ok_and(|signed| !signed.is_empty())
}
