//! Courses of folds, held whole.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use concordat_cli::course::{Comparison, Head, Line, NoCourse, Parted, Step, Teller, Written};
use concordat_partnership::Verdict;
use concordat_replay::{Halt, Opened, Replica};

/// A course, held whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    pub head: Head,
    pub steps: Vec<Step>,
}

impl Course {
    fn of(lines: impl IntoIterator<Item = Line>) -> Self {
        let (mut head, mut steps) = (None, Vec::new());
        for line in lines {
            match line {
                Line::Head(own) => assert!(head.replace(own).is_none()),
                Line::Step(step) => steps.push(step),
            }
        }
        Self { head: head.unwrap(), steps }
    }

    /// That of a fold.
    pub fn folded(
        entries: &[Vec<u8>],
        blobs: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<Self, Halt> {
        Self::judged(entries, blobs, Replica::step_opened)
    }

    /// That of a fold by another judge.
    pub fn judged(
        entries: &[Vec<u8>],
        blobs: impl IntoIterator<Item = Vec<u8>>,
        mut judge: impl FnMut(&mut Replica, &Opened<'_>) -> Result<Verdict, Halt>,
    ) -> Result<Self, Halt> {
        let (mut replica, mut teller, mut lines) = (Replica::new(), Teller::default(), Vec::new());
        for text in blobs {
            replica.supply(text);
        }
        for entry in entries {
            let opened = replica.open(entry);
            let verdict = judge(&mut replica, &opened)?;
            lines.extend(teller.tell(entry, &verdict, replica.state()));
        }
        Ok(Self::of(lines))
    }

    pub fn parse(text: &str) -> Result<Self, NoCourse> {
        Written::from(text.as_bytes()).collect::<Result<Vec<_>, _>>().map(Self::of)
    }

    pub fn text(&self) -> String {
        let steps = self.steps.iter().cloned().map(Line::Step);
        let lines = std::iter::once(Line::Head(self.head.clone())).chain(steps);
        lines.map(|line| line.text() + "\n").collect()
    }

    pub fn parts_from(&self, other: &Self) -> Parted {
        let mut comparison = Comparison::default();
        for (one, other) in self.steps.iter().zip(&other.steps) {
            comparison.see(one.clone(), other.clone());
        }
        comparison.end().0
    }
}
