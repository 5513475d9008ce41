//! A log that fails at the one write that a test names: not done, or done but not told.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    dead_code,
    reason = "tests; not every one uses all of it"
)]

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use concordat_store::{Fault, Journal};

/// What becomes of the write that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Nothing of it is done.
    Refused,
    /// It is done, and the answer is lost.
    Unanswered,
    /// Half of it is done. A transaction has no half: then it is not done.
    Torn,
}

pub const ALL: [How; 3] = [How::Refused, How::Unanswered, How::Torn];

/// Counts writes, and says which one fails.
#[derive(Debug)]
pub struct Plan {
    writes: AtomicU64,
    at: u64,
    how: How,
    /// Notes of this name are not written, whichever write it is.
    refused: Mutex<Option<&'static str>>,
}

impl Plan {
    /// Lets the write number `at`, from zero, fail.
    pub fn new(at: u64, how: How) -> Arc<Self> {
        Arc::new(Self { writes: AtomicU64::new(0), at, how, refused: Mutex::new(None) })
    }

    /// Counts only.
    pub fn none() -> Arc<Self> {
        Self::new(u64::MAX, How::Refused)
    }

    /// From now on the note of this name is not written; of none, all are.
    pub fn refuse(&self, name: Option<&'static str>) {
        *self.refused.lock().unwrap() = name;
    }

    /// How many writes there were.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::SeqCst)
    }

    /// Puts this in front of a log.
    pub fn before_log(self: &Arc<Self>, journal: Box<dyn Journal>) -> Box<dyn Journal> {
        Box::new(Faulty { journal, plan: self.clone() })
    }

    pub fn next(&self) -> Option<How> {
        let nth = self.writes.fetch_add(1, Ordering::SeqCst);
        (nth == self.at).then_some(self.how)
    }

    fn write(&self, does: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
        match self.next() {
            None => does(),
            Some(How::Unanswered) => does().and(Err(broken())),
            Some(How::Refused | How::Torn) => Err(broken()),
        }
    }
}

fn broken() -> Fault {
    let source = io::Error::other("the test pulled the cable");
    Fault::Io { doing: "write", path: "test".into(), source }
}

#[derive(Debug)]
struct Faulty {
    journal: Box<dyn Journal>,
    plan: Arc<Plan>,
}

impl Journal for Faulty {
    fn append(
        &mut self,
        from: u64,
        entries: &[Vec<u8>],
        notes: &[(&str, &[u8])],
    ) -> Result<(), Fault> {
        self.plan.write(|| self.journal.append(from, entries, notes))
    }

    fn len(&self) -> Result<u64, Fault> {
        self.journal.len()
    }

    fn entries(&self, from: u64, at_most: usize) -> Result<Vec<Vec<u8>>, Fault> {
        self.journal.entries(from, at_most)
    }

    fn put_note(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        if *self.plan.refused.lock().unwrap() == Some(name) {
            return Err(broken());
        }
        self.plan.write(|| self.journal.put_note(name, bytes))
    }

    fn note(&self, name: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.journal.note(name)
    }

    fn notes(&self, prefix: &str) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
        self.journal.notes(prefix)
    }

    fn note_names(&self, prefix: &str) -> Result<Vec<String>, Fault> {
        self.journal.note_names(prefix)
    }

    fn remove_notes(&mut self, prefix: &str) -> Result<(), Fault> {
        self.plan.write(|| self.journal.remove_notes(prefix))
    }

    fn confirm(&mut self) -> Result<(), Fault> {
        self.plan.write(|| self.journal.confirm())
    }

    fn writer(&self) -> Result<Option<String>, Fault> {
        self.journal.writer()
    }

    fn wait(&self, beyond: u64, at_most: Duration) -> Result<u64, Fault> {
        self.journal.wait(beyond, at_most)
    }

    fn reader(&self) -> Result<Box<dyn Journal>, Fault> {
        self.journal.reader()
    }
}
