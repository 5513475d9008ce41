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
//!
//! A course is as long as its log: it is told, read and compared line by line, and none is held whole.

use std::io::{self, BufRead, Read as _};

use concordat_partnership::{State, Verdict};
use concordat_terms::{ActName, ClauseRef, Digest};
use concordat_tlog::Frontier;
use concordat_tlog::merkle::leaf_hash;
use serde::{Deserialize, Serialize};

/// The longest line, in bytes.
const LINE_MOST: u64 = 4_096;

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

/// A line of a course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The first.
    Head(Head),
    /// Any other.
    Step(Step),
}

impl Line {
    /// Its text, without a newline.
    pub fn text(&self) -> String {
        let text = match self {
            Self::Head(head) => serde_json::to_string(head),
            Self::Step(step) => serde_json::to_string(step),
        };
        text.unwrap_or_default()
    }
}

/// Why a text is no course.
#[derive(Debug, thiserror::Error)]
pub enum NoCourse {
    /// What the disk says.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line cannot be read.
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

/// Tells the course of a fold, entry by entry.
#[derive(Debug, Default)]
pub struct Teller {
    /// Of the bytes as they are here, whatever a fold makes of them.
    tree: Frontier,
}

impl Teller {
    /// The lines of the next entry, with what the fold says of it and the state after it: its step, and
    /// before that of the first the head.
    pub fn tell(&mut self, entry: &[u8], verdict: &Verdict, state: &State) -> Vec<Line> {
        let index = self.tree.size();
        self.tree.append(leaf_hash(entry));
        let (act, clause) = match verdict {
            Verdict::Admitted { act, clause, .. } => (Some(*act), clause.clone()),
            Verdict::Refused { act, refusal, .. } => (*act, refusal.clause().cloned()),
        };
        let verdict = verdict.refusal().map_or("admitted", |refusal| refusal.code()).to_owned();
        let (root, rolling) = (self.tree.root(), state.rolling());
        let step = Step { index, root, rolling, act, verdict, clause };
        let none = Digest([0; 32]);
        let head = || Head {
            log: state.log().unwrap_or(none),
            rules: state.genesis().map_or(none, |genesis| genesis.rules),
            program: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let head = (index == 0).then(head).map(Line::Head);
        head.into_iter().chain([Line::Step(step)]).collect()
    }
}

/// The lines of a course that somebody wrote.
#[derive(Debug)]
pub struct Written<R> {
    from: R,
    /// How many lines were read.
    read: usize,
}

impl<R: BufRead> Written<R> {
    /// Reads from here.
    pub fn from(from: R) -> Self {
        Self { from, read: 0 }
    }

    /// The next line, if there is one.
    fn line(&mut self) -> Result<Option<Line>, NoCourse> {
        let mut text = Vec::new();
        self.from.by_ref().take(LINE_MOST).read_until(b'\n', &mut text)?;
        if text.is_empty() {
            return if self.read == 0 { Err(NoCourse::Empty) } else { Ok(None) };
        }
        self.read += 1;
        let line = self.read;
        let bad = |why: String| NoCourse::Line { line, why };
        if text.pop_if(|last| *last == b'\n').is_none() && text.len() as u64 == LINE_MOST {
            return Err(bad(format!("it has more than {LINE_MOST} bytes")));
        }
        if line == 1 {
            let head: Head = serde_json::from_slice(&text).map_err(|e| bad(e.to_string()))?;
            let shown = head.program.chars().all(|c| c.is_ascii_graphic());
            if !shown || head.program.len() > 32 {
                return Err(bad("the program's release is none".to_owned()));
            }
            return Ok(Some(Line::Head(head)));
        }
        let step: Step = serde_json::from_slice(&text).map_err(|e| bad(e.to_string()))?;
        if step.index != line as u64 - 2 {
            return Err(bad(format!("entry {} stands here", step.index)));
        }
        let code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !step.verdict.chars().all(code) || step.verdict.len() > 64 {
            return Err(bad("the verdict is no code".to_owned()));
        }
        Ok(Some(Line::Step(step)))
    }
}

impl<R: BufRead> Iterator for Written<R> {
    type Item = Result<Line, NoCourse>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line().transpose()
    }
}

/// Where two courses part, found as both go on.
///
/// Both digests of a step go on from those of the step before: the first steps that differ in one are
/// where the folds part.
#[derive(Debug, Default)]
pub struct Comparison {
    /// How many entries both have alike.
    same: u64,
    /// What parts them, and the step of each.
    parted: Option<(Parted, Step, Step)>,
}

impl Comparison {
    /// What each makes of the next entry that both have.
    pub fn see(&mut self, one: Step, other: Step) {
        let parted = match &self.parted {
            // What is only told otherwise parts no folds: something may yet.
            Some((Parted::Told(_), ..)) | None if one.root != other.root => {
                Some(Parted::Entry(one.index))
            }
            Some((Parted::Told(_), ..)) | None if one.rolling != other.rolling => {
                Some(Parted::Verdict(one.index))
            }
            None if one != other => Some(Parted::Told(one.index)),
            _ => None,
        };
        self.same += u64::from(parted.is_none() && self.parted.is_none());
        if let Some(parted) = parted {
            self.parted = Some((parted, one, other));
        }
    }

    /// What was found.
    pub fn end(self) -> (Parted, Option<(Step, Step)>) {
        match self.parted {
            Some((parted, one, other)) => (parted, Some((one, other))),
            None => (Parted::Nowhere { entries: self.same }, None),
        }
    }
}
