//! The threads that read ahead, and what is on its way through them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

use crate::keyring::Keyring;
use crate::opened::Opened;

type Piece<'a> = Vec<Cow<'a, [u8]>>;
/// What was read of a piece, by its number; nothing, where the thread was lost.
type Done<'a> = (usize, Option<Vec<Opened<'a>>>);

/// What a thread is given.
enum Job<'a> {
    /// To be read.
    Piece(usize, Piece<'a>),
    /// To be let go: whoever made it frees it sooner than another thread, and the fold goes on.
    Folded(Vec<Opened<'a>>),
}

/// Threads that read pieces in whatever order, and hand them back in theirs.
pub(super) struct Readers<'a> {
    jobs: Sender<Job<'a>>,
    done: Receiver<Done<'a>>,
    /// The keys that they know.
    known: Arc<Mutex<Keyring>>,
    /// The number of the next piece that is given, and of the next that is taken.
    given: usize,
    taken: usize,
    /// What was read before its turn.
    early: BTreeMap<usize, Option<Vec<Opened<'a>>>>,
}

impl<'a> Readers<'a> {
    /// So many threads, which end when this is dropped.
    pub(super) fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        threads: usize,
        keyring: Keyring,
    ) -> Self
    where
        'a: 'scope,
    {
        let (jobs, waiting) = channel();
        let (tell, done) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let known = Arc::new(Mutex::new(keyring));
        for _ in 0..threads {
            let (waiting, tell, known) = (waiting.clone(), tell.clone(), known.clone());
            scope.spawn(move || read(&waiting, &tell, &known));
        }
        Self { jobs, done, known, given: 0, taken: 0, early: BTreeMap::new() }
    }

    /// How many pieces were given and not taken yet.
    pub(super) fn on_their_way(&self) -> usize {
        self.given - self.taken
    }

    /// Has a piece read.
    pub(super) fn give(&mut self, piece: Piece<'a>) {
        // Unsent where all threads are lost, which shows when it is waited for.
        self.jobs.send(Job::Piece(self.given, piece)).ok();
        self.given += 1;
    }

    /// Has what was folded let go.
    pub(super) fn give_back(&self, folded: Vec<Opened<'a>>) {
        self.jobs.send(Job::Folded(folded)).ok();
    }

    /// The next piece in order, once it was read; none if none is on its way. A thread that was lost
    /// with it has panicked, and whoever started it will: nothing is left to do.
    pub(super) fn next(&mut self) -> Option<Vec<Opened<'a>>> {
        if self.taken == self.given {
            return None;
        }
        while !self.early.contains_key(&self.taken) {
            let (number, read) = self.done.recv().ok()?;
            self.early.insert(number, read);
        }
        self.taken += 1;
        self.early.remove(&(self.taken - 1))?
    }

    /// From here on they know these keys.
    pub(super) fn tell(&self, keyring: Keyring) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = keyring;
    }
}

/// A piece that a thread has in hand; a thread that is lost with it says so.
struct InHand<'t, 'a> {
    number: usize,
    read: Option<Vec<Opened<'a>>>,
    tell: &'t Sender<Done<'a>>,
}

impl Drop for InHand<'_, '_> {
    fn drop(&mut self) {
        self.tell.send((self.number, self.read.take())).ok();
    }
}

fn read<'a>(
    waiting: &Mutex<Receiver<Job<'a>>>,
    tell: &Sender<Done<'a>>,
    known: &Mutex<Keyring>,
) {
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok(job) = next() {
        let Job::Piece(number, piece) = job else { continue };
        let mut own = InHand { number, read: None, tell };
        let keyring = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        own.read = Some(piece.into_iter().map(|entry| keyring.read(entry)).collect());
    }
}
