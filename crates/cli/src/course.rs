//! The course of a fold: what it made of each entry, line by line, for another party to compare with
//! its own.
//!
//! ```text
//! {"log":"3f1c…","rules":"9ab0…","program":"0.1.0"}
//! {"index":0,"root":"…","rolling":"…","act":"genesis","verdict":"admitted","clause":null}
//! …
//! ```
//!
//! `root` is the Merkle root of the log with this entry, `rolling` the digest over every verdict with
//! this one. Each goes on from the line before: where two courses differ in either, they differ in it
//! ever after.

use concordat_partnership::Verdict;
use concordat_replay::{Halt, Opened, Replica};
use concordat_terms::{ActName, ClauseRef, Digest};
use concordat_tlog::Frontier;
use serde::{Deserialize, Serialize};

use crate::verify::cores;

/// Whose course it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The log: the id of its genesis.
    pub log: Digest,
    /// The rules that the genesis names.
    pub rules: Digest,
    /// The release of the program that folded.
    pub program: String,
}

/// What a fold made of one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Which.
    pub index: u64,
    /// The log's Merkle root with it.
    pub root: Digest,
    /// The digest over every verdict, with this one.
    pub rolling: Digest,
    /// The act, where the bytes are one.
    pub act: Option<ActName>,
    /// `admitted`, or the refusal's code.
    pub verdict: String,
    /// The clause by which it was admitted or refused.
    pub clause: Option<ClauseRef>,
}

/// A whole course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// Whose.
    pub head: Head,
    /// The steps, from the first entry on.
    pub steps: Vec<Step>,
}

/// Why a text is no course.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCourse {
    /// It cannot be read.
    #[error("line {line}: {why}")]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// It has no first line.
    #[error("it is empty")]
    Empty,
}

/// Where two courses part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parted {
    /// The same, as far as both go.
    Nowhere {
        /// How many entries that is.
        entries: u64,
    },
    /// Two logs: this entry is another one.
    Entry(u64),
    /// One log, and this entry has another verdict, or something else followed from it.
    Verdict(u64),
    /// The digests are the same, and yet another verdict is told of this entry.
    Told(u64),
}

impl Course {
    /// Folds entries, with the blobs that their verdicts depend on.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn folded(
        entries: &[Vec<u8>],
        blobs: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<Self, Halt> {
        Self::judged(entries, blobs, Replica::step_opened)
    }

    /// [`Course::folded`] by somebody's own judge.
    ///
    /// # Errors
    /// [`Halt`].
    pub fn judged(
        entries: &[Vec<u8>],
        blobs: impl IntoIterator<Item = Vec<u8>>,
        mut judge: impl FnMut(&mut Replica, &Opened<'_>) -> Result<Verdict, Halt>,
    ) -> Result<Self, Halt> {
        let mut replica = Replica::new();
        for blob in blobs {
            replica.supply(blob);
        }
        // Of the bytes as they are here, whatever the judge makes of them.
        let mut tree = Frontier::default();
        let mut steps = Vec::new();
        replica.fold_ahead(entries, cores(), |replica, opened| {
            let index = tree.size();
            tree.append(opened.leaf());
            let verdict = judge(replica, opened)?;
            let (act, clause) = match &verdict {
                Verdict::Admitted { act, clause, .. } => (Some(*act), clause.clone()),
                Verdict::Refused { act, refusal, .. } => (*act, refusal.clause().cloned()),
            };
            let verdict = verdict.refusal().map_or("admitted", |refusal| refusal.code());
            steps.push(Step {
                index,
                root: tree.root(),
                rolling: replica.state().rolling(),
                act,
                verdict: verdict.to_owned(),
                clause,
            });
            Ok(())
        })?;
        let state = replica.state();
        let none = Digest([0; 32]);
        let head = Head {
            log: state.log().unwrap_or(none),
            rules: state.genesis().map_or(none, |genesis| genesis.rules),
            program: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Ok(Self { head, steps })
    }

    /// Reads what [`Course::text`] wrote.
    ///
    /// # Errors
    /// [`NoCourse`].
    pub fn parse(text: &str) -> Result<Self, NoCourse> {
        let bad = |line: usize, why: String| NoCourse::Line { line, why };
        let mut lines = (1..).zip(text.lines());
        let (line, first) = lines.next().ok_or(NoCourse::Empty)?;
        let head: Head = serde_json::from_str(first).map_err(|e| bad(line, e.to_string()))?;
        if !head.program.chars().all(|c| c.is_ascii_graphic()) || head.program.len() > 32 {
            return Err(bad(line, "the program's release is none".to_owned()));
        }
        let mut steps: Vec<Step> = Vec::new();
        for (line, text) in lines {
            let step: Step = serde_json::from_str(text).map_err(|e| bad(line, e.to_string()))?;
            if step.index != steps.len() as u64 {
                return Err(bad(line, format!("entry {} stands here", step.index)));
            }
            let code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !step.verdict.chars().all(code) || step.verdict.len() > 64 {
                return Err(bad(line, "the verdict is no code".to_owned()));
            }
            steps.push(step);
        }
        Ok(Self { head, steps })
    }

    /// The lines, each with its newline.
    pub fn text(&self) -> String {
        let line = |line: Result<String, _>| line.unwrap_or_default() + "\n";
        let mut text = line(serde_json::to_string(&self.head));
        for step in &self.steps {
            text += &line(serde_json::to_string(step));
        }
        text
    }

    /// Where this course and another of the same log part: found by halving, since both digests of a
    /// step go on from those of the step before.
    pub fn parts_from(&self, other: &Self) -> Parted {
        let both = self.steps.len().min(other.steps.len());
        let pair = |at: usize| self.steps.get(at).zip(other.steps.get(at));
        let same = |at: usize| {
            pair(at)
                .is_some_and(|(one, other)| (one.root, one.rolling) == (other.root, other.rolling))
        };
        let (mut known, mut apart) = (0, both);
        while known < apart {
            let middle = known.midpoint(apart);
            if same(middle) {
                known = middle + 1;
            } else {
                apart = middle;
            }
        }
        match pair(known).filter(|_| known < both) {
            None => {
                let told = self.steps.iter().zip(&other.steps).find(|(one, other)| one != other);
                told.map_or(Parted::Nowhere { entries: both as u64 }, |(one, _)| {
                    Parted::Told(one.index)
                })
            }
            Some((one, other)) if one.root != other.root => Parted::Entry(known as u64),
            Some(_) => Parted::Verdict(known as u64),
        }
    }

    /// The step of an entry.
    pub fn step(&self, index: u64) -> Option<&Step> {
        self.steps.get(usize::try_from(index).ok()?)
    }
}
