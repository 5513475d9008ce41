//! Reading ahead: signatures are checked on all cores while the fold, which has one order, goes on.
//!
//! They know the keys of the log and nothing else of it. Which keys count is asked when an entry's turn
//! comes ([`Replica::reopen`]); so the verdicts are those of [`Replica::step`], whatever the number of threads and whoever is faster. Of a log that
//! comes piece by piece no more is held at once than is read ahead.

mod readers;

use std::borrow::Cow;
use std::thread;

use crate::opened::Opened;
use crate::replica::Replica;
use readers::Readers;

/// How many entries are read together by one thread.
const PIECE: usize = 32;
/// How many of these are read ahead at most.
const AHEAD: usize = 12;
/// After how many of these the readers learn which keys have come, if any has.
const TOLD: usize = 16;

impl Replica {
    /// [`Replica::open`] of many entries, on so many threads at once.
    pub fn open_all<'a>(&self, entries: &'a [Vec<u8>], threads: usize) -> Vec<Opened<'a>> {
        let each = entries.len().div_ceil(threads.max(1)).max(1);
        if each >= entries.len() {
            return entries.iter().map(|entry| self.open(entry)).collect();
        }
        let open = |part: &'a [Vec<u8>]| -> Vec<Opened<'a>> {
            part.iter().map(|entry| self.open(entry)).collect()
        };
        thread::scope(|scope| {
            let parts: Vec<_> =
                entries.chunks(each).map(|part| (part, scope.spawn(move || open(part)))).collect();
            // A thread that is lost takes no entry with it.
            parts
                .into_iter()
                .flat_map(|(part, job)| job.join().unwrap_or_else(|_| open(part)))
                .collect()
        })
    }

    /// [`Replica::fold_stream`] of entries that are all here.
    ///
    /// # Errors
    /// What `fold` says; the entries after that are not handed over.
    pub fn fold_ahead<'a, E>(
        &mut self,
        entries: &'a [Vec<u8>],
        threads: usize,
        fold: impl FnMut(&mut Self, &Opened<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let pieces = entries.chunks(PIECE).map(|piece| Ok(piece.iter().map(Cow::from).collect()));
        self.fold_stream(pieces, threads, fold)
    }

    /// Hands every entry, in order, to `fold`, opened as of the log that was folded up to it;
    /// meanwhile so many threads read ahead. `fold` steps the replica, or only looks. A piece is
    /// asked for when there is room for it, and is best a few dozen entries long.
    ///
    /// # Errors
    /// What `fold` says, or a piece that cannot be had; nothing after that is handed over.
    pub fn fold_stream<'a, E>(
        &mut self,
        pieces: impl IntoIterator<Item = Result<Vec<Cow<'a, [u8]>>, E>>,
        threads: usize,
        mut fold: impl FnMut(&mut Self, &Opened<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut pieces = pieces.into_iter().fuse();
        if threads < 2 {
            for piece in pieces {
                for entry in piece? {
                    let opened = self.open(entry);
                    fold(self, &opened)?;
                }
            }
            return Ok(());
        }
        thread::scope(|scope| {
            let mut readers = Readers::start(scope, threads, self.keyring().clone());
            let mut told = self.keyring().len();
            for turn in 1_usize.. {
                // What is read before any key is known has to be checked here.
                let most = if told == 0 { threads } else { AHEAD };
                while readers.on_their_way() < most
                    && let Some(piece) = pieces.next()
                {
                    readers.give(piece?);
                }
                let Some(mut read) = readers.next() else { break };
                for opened in &mut read.opened {
                    self.ask_again(opened);
                    fold(self, opened)?;
                }
                readers.give_back(read);
                let known = self.keyring().len();
                if known != told && (told == 0 || turn.is_multiple_of(TOLD)) {
                    told = known;
                    readers.tell(self.keyring().clone());
                }
            }
            Ok(())
        })
    }
}
