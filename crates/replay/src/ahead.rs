//! Reading ahead: signatures are checked on all cores while the fold, which has one order, goes on.
//!
//! Which keys count is asked again when an entry's turn comes ([`Replica::reopen`]); so the verdicts
//! are those of [`Replica::step`], whatever the number of threads and whoever is faster.

use std::thread;

use crate::opened::Opened;
use crate::replica::Replica;

/// How many entries are read ahead at once.
const AHEAD: usize = 1_024;

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

    /// Hands every entry, in order, to `fold`, opened as of the log that was folded up to it;
    /// meanwhile so many threads read ahead. `fold` is to step the replica, or to fail.
    ///
    /// # Errors
    /// What `fold` says; the entries after that are not handed over.
    pub fn fold_ahead<'a, E>(
        &mut self,
        entries: &'a [Vec<u8>],
        threads: usize,
        mut fold: impl FnMut(&mut Self, &Opened<'a>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut chunks = entries.chunks(AHEAD);
        let mut read = chunks.next().map(|chunk| self.open_all(chunk, threads));
        while let Some(now) = read {
            read = thread::scope(|scope| {
                let seen = self.clone();
                let next = chunks
                    .next()
                    .map(|chunk| (chunk, scope.spawn(move || seen.open_all(chunk, threads))));
                for opened in now {
                    let opened = self.reopen(opened);
                    fold(self, &opened)?;
                }
                Ok(next.map(|(chunk, job)| {
                    job.join().unwrap_or_else(|_| self.open_all(chunk, threads))
                }))
            })?;
        }
        Ok(())
    }
}
