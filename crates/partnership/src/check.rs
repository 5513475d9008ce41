//! Scenarios on the real fold: a partnership of the agreement's own parties is founded, its
//! modules enter into force, and each step is judged as an entry of the log would be.
//!
//! Keys, digests and versions are stand-ins, the same in every run. What the fold is told from
//! outside ([`Facts`]) comes from whoever calls: `replay` tells what it tells the log's own
//! entries, so that a step has the verdict that the log would give.

mod accounts;
mod assets;
mod bodies;
mod cases;
mod decide;
mod fill;
mod opening;
mod owed;
mod plan;
mod powers;
mod stock;
mod story;
mod testing;
mod told;
mod work;
mod world;

use concordat_agreement::{Agreement, Level};
use concordat_terms::{Decimal, Diagnostic, Digest, ModuleId, PartyId, SeatId, Timestamp};
use serde::Serialize;

use crate::act::{Act, Plan};
use crate::state::State;
use crate::verdict::{Facts, Proved, Verdict};

/// Texts by digest, as far as acts name them.
pub type Texts = rpds::RedBlackTreeMapSync<Digest, Vec<u8>>;

/// What scenarios need and the fold does not compute.
#[derive(Clone, Copy, Debug)]
pub struct Outside {
    /// What judging an act takes, as for an entry of the log.
    pub facts: fn(&State, &Texts, &Act) -> Facts,
    /// The least noise with which a plan alone keeps within its dataset's account: by the
    /// agreement, the dataset, the sampling rate, the rounds and the retries, and nothing else.
    pub noise: fn(&Agreement, &Plan) -> Option<Decimal>,
}

/// What became of an agreement's scenarios.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Every scenario, in the order of the modules' names and their texts.
    pub stories: Vec<Story>,
    /// An error for each step that is not as written.
    pub findings: Vec<Diagnostic>,
}

/// One scenario that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The module that holds it.
    pub module: ModuleId,
    /// Its name.
    pub name: String,
    /// Its steps, in order.
    pub steps: Vec<Played>,
}

/// One step that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Played {
    /// The line of the file.
    pub line: u32,
    /// The step in one spelling.
    pub step: String,
    /// How it stands.
    pub stands: Stands,
    /// The entries it became, in order: where several parties act, one each, and what had to be
    /// done before.
    pub entries: Vec<Entry>,
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stands {
    /// The verdict is the one that was written.
    AsWritten,
    /// It is another.
    Differs,
    /// It was not run, since a step before it differs.
    NotRun,
}

/// An act of a step, as the log would hold it, and its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// Who signs, for which seat; the first is who acts.
    pub signers: Vec<(SeatId, PartyId)>,
    /// How strong the signatures are: what the step says, or what the agreement demands.
    pub level: Level,
    /// The act.
    pub act: Act,
    /// The fold's answer.
    pub verdict: Verdict,
}

impl Report {
    /// How many steps there are, and how many of them are as written.
    pub fn count(&self) -> (usize, usize) {
        let steps = || self.stories.iter().flat_map(|story| &story.steps);
        let as_written = steps().filter(|step| step.stands == Stands::AsWritten).count();
        (steps().count(), as_written)
    }
}

/// Runs every scenario of an agreement.
pub fn scenarios(proved: &Proved, outside: Outside) -> Report {
    story::run(proved, &proved.agreement, outside)
}

/// Runs the scenarios of a project beside its frame, which was proved: each that does not go on from
/// another of the project begins with the project chartered and open, as the frame lets that happen,
/// and its modules in force. `narrowed` is both together, as [`concordat_agreement::narrow`] makes it.
pub fn project_scenarios(frame: &Proved, narrowed: &Agreement, outside: Outside) -> Report {
    story::run(frame, narrowed, outside)
}
