//! A log that stands still at the one write that a test names, so that its process can be killed
//! there.
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, reason = "tests")]

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use concordat_store::{Fault, Journal};

/// On which side of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Before,
    After,
}

/// Where a log stands still: its append number `write`, from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    pub write: u64,
    pub when: When,
}

impl Stop {
    pub fn never() -> Self {
        Self { write: u64::MAX, when: When::Before }
    }

    /// Puts this in front of a log.
    pub fn before(self, journal: Box<dyn Journal>) -> Box<dyn Journal> {
        Box::new(Stopped { journal, stop: self, writes: 0 })
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", if self.when == When::Before { "before" } else { "after" }, self.write)
    }
}

impl FromStr for Stop {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (when, write) = text.split_once(' ').ok_or("two words")?;
        let when = if when == "before" { When::Before } else { When::After };
        Ok(Self { write: write.parse().map_err(|_| "a number")?, when })
    }
}

#[derive(Debug)]
struct Stopped {
    journal: Box<dyn Journal>,
    stop: Stop,
    writes: u64,
}

/// Says so, and waits for its end.
fn stand_still() {
    println!("stands still");
    loop {
        std::thread::park();
    }
}

impl Journal for Stopped {
    fn append(
        &mut self,
        from: u64,
        entries: &[Vec<u8>],
        notes: &[(&str, &[u8])],
    ) -> Result<(), Fault> {
        self.writes += 1;
        let here = self.writes == self.stop.write;
        if here && self.stop.when == When::Before {
            stand_still();
        }
        let done = self.journal.append(from, entries, notes);
        if here {
            stand_still();
        }
        done
    }

    fn len(&self) -> Result<u64, Fault> {
        self.journal.len()
    }

    fn entries(&self, from: u64, at_most: usize) -> Result<Vec<Vec<u8>>, Fault> {
        self.journal.entries(from, at_most)
    }

    fn put_note(&mut self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.journal.put_note(name, bytes)
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
        self.journal.remove_notes(prefix)
    }

    fn confirm(&mut self) -> Result<(), Fault> {
        self.journal.confirm()
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
