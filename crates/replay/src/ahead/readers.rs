//! The threads that read ahead, and what is on its way through them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

use crate::keyring::Keyring;
use crate::opened::Opened;

type Piece<'a> = Vec<Cow<'a, [u8]>>;
/// What was read of a piece, by its number, and the thread that read it; nothing, where it was lost.
type Done<'a> = (usize, Option<Read<'a>>);

/// What a thread has read.
pub(super) struct Read<'a> {
    pub(super) opened: Vec<Opened<'a>>,
    by: usize,
}

/// Threads that read pieces in whatever order, and hand them back in theirs.
pub(super) struct Readers<'a> {
    jobs: Sender<(usize, Piece<'a>)>,
    done: Receiver<Done<'a>>,
    /// What each thread is to let go: whoever made something frees it soonest, and the fold goes on.
    folded: Vec<Sender<Vec<Opened<'a>>>>,
    /// The keys that they know.
    known: Arc<Mutex<Keyring>>,
    /// The number of the next piece that is given, and of the next that is taken.
    given: usize,
    taken: usize,
    /// What was read before its turn.
    early: BTreeMap<usize, Option<Read<'a>>>,
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
        let start = |own| {
            let (waiting, tell, known) = (waiting.clone(), tell.clone(), known.clone());
            let (folded, back) = channel();
            scope.spawn(move || read(own, &waiting, &tell, &back, &known));
            folded
        };
        let folded = (0..threads).map(start).collect();
        Self { jobs, done, folded, known, given: 0, taken: 0, early: BTreeMap::new() }
    }

    /// How many pieces were given and not taken yet.
    pub(super) fn on_their_way(&self) -> usize {
        self.given - self.taken
    }

    /// Has a piece read.
    pub(super) fn give(&mut self, piece: Piece<'a>) {
        // Unsent where all threads are lost, which shows when it is waited for.
        self.jobs.send((self.given, piece)).ok();
        self.given += 1;
    }

    /// Has what was folded let go by the thread that read it.
    pub(super) fn give_back(&self, read: Read<'a>) {
        if let Some(reader) = self.folded.get(read.by) {
            reader.send(read.opened).ok();
        }
    }

    /// The next piece in order, once it was read; none if none is on its way. A thread that was lost
    /// with it has panicked, and whoever started it will: nothing is left to do.
    pub(super) fn next(&mut self) -> Option<Read<'a>> {
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
    read: Option<Read<'a>>,
    tell: &'t Sender<Done<'a>>,
}

impl Drop for InHand<'_, '_> {
    fn drop(&mut self) {
        self.tell.send((self.number, self.read.take())).ok();
    }
}

fn read<'a>(
    own: usize,
    waiting: &Mutex<Receiver<(usize, Piece<'a>)>>,
    tell: &Sender<Done<'a>>,
    folded: &Receiver<Vec<Opened<'a>>>,
    known: &Mutex<Keyring>,
) {
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
    while let Ok((number, piece)) = next() {
        let mut in_hand = InHand { number, read: None, tell };
        folded.try_iter().for_each(drop);
        let keyring = known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // First read and then checked: what each takes stays near while it goes on.
        let mut opened: Vec<_> = piece.into_iter().map(Opened::unasked).collect();
        opened.iter_mut().for_each(|entry| keyring.prove(entry));
        in_hand.read = Some(Read { opened, by: own });
    }
}
