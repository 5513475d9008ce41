//! What the coordinator says of its own fold, beside this party's.
//!
//! A node asks its own replica and nobody else, so a coordinator that admits what the agreement
//! refuses moves no node. It has to record what it made of the log all the same, and where its
//! word is another than this party's fold, or is missing, the party says so and vouches no more.

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::{Act, Verdict};
use concordat_replay::{Astray, Records};
use concordat_terms::{ActName, Problem, RunId};
use concordat_tlog::Envelope;
use concordat_wire::act::decode;

use super::Follower;
use crate::problems::problem;

/// How many refused acts a problem names.
const NAMED_MOST: usize = 3;

/// The sequencer's digest records so far, and what this fold refused since the last good one.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts {
    records: Records,
    refused: BTreeMap<u64, RefusedHere>,
    differ: Option<Differ>,
}

#[derive(Clone, Debug)]
struct RefusedHere {
    act: ActName,
    run: Option<RunId>,
    code: &'static str,
}

/// That the coordinator's verdicts are not this party's, as far as can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differ {
    /// The entry by which it is known.
    pub index: u64,
    /// The runs of which this party's fold refused an act that the coordinator may have admitted.
    pub runs: BTreeSet<RunId>,
    /// What to tell people.
    pub problem: Problem,
}

impl Verdicts {
    /// After the records that were heard so far, all of them good.
    pub(super) fn after(records: Records) -> Self {
        Self { records, ..Self::default() }
    }

    pub(super) fn records(&self) -> &Records {
        &self.records
    }

    pub(super) fn differ(&self) -> Option<&Differ> {
        self.differ.as_ref()
    }

    /// Takes the verdict on the entry at `index`; what was found first stays.
    pub(super) fn heard(&mut self, index: u64, entry: &[u8], verdict: &Verdict) {
        if self.differ.is_some() {
            return;
        }
        let since = self.records.last();
        match self.records.heard(verdict) {
            Ok(()) if self.records.last() == Some(index) => self.refused.clear(),
            Ok(()) => self.note_refused(index, entry, verdict),
            Err(astray) => self.differ = Some(self.found(&astray, since)),
        }
    }

    fn note_refused(&mut self, index: u64, entry: &[u8], verdict: &Verdict) {
        if let Verdict::Refused { act: Some(act), refusal, .. } = verdict {
            let (act, run, code) = (*act, run_of(entry), refusal.code());
            self.refused.insert(index, RefusedHere { act, run, code });
        }
    }

    fn found(&self, astray: &Astray, since: Option<u64>) -> Differ {
        let from = since.map_or_else(String::new, |since| format!(" after entry {since}"));
        let mut what = format!("{astray}; this node's fold has refused{from} ");
        let line = |(index, RefusedHere { act, run, code }): (&u64, &RefusedHere)| {
            let run = run.as_ref().map_or_else(String::new, |run| format!(" of `{run}`"));
            format!("entry {index} (`{act}`{run}: `{code}`)")
        };
        let named: Vec<String> = self.refused.iter().take(NAMED_MOST).map(line).collect();
        what += &if named.is_empty() { "nothing".to_owned() } else { named.join(", ") };
        let more = self.refused.len().saturating_sub(NAMED_MOST);
        if more > 0 {
            what += &format!(" and {more} more");
        }
        let hint = "cosign nothing further; compare verdicts with the other parties \
                    (`concordat log`), and show them the entry";
        Differ {
            index: astray.index(),
            runs: self.refused.values().filter_map(|refused| refused.run.clone()).collect(),
            problem: problem("verdicts-differ", what, hint),
        }
    }
}

/// The run that an act is about.
fn run_of(entry: &[u8]) -> Option<RunId> {
    match decode(Envelope::parse(entry).ok()?.payload()).ok()?.act {
        Act::RunPropose(act) => Some(act.run),
        Act::RunApprove(act) | Act::RunOpen(act) => Some(act.run),
        Act::RunJoin(act) => Some(act.run),
        Act::RunClose(act) => Some(act.run),
        Act::RunAbort(act) => Some(act.run),
        _ => None,
    }
}

impl Follower {
    /// Whether the coordinator's verdicts are others than this party's own, and since when. The
    /// log is followed all the same: it is the evidence.
    pub fn verdicts_differ(&self) -> Option<&Differ> {
        self.compared.differ()
    }

    /// An error where the coordinator's verdicts are others than this party's own.
    pub(crate) fn check_verdicts(&self) -> Result<(), Problem> {
        self.verdicts_differ().map_or(Ok(()), |differ| Err(differ.problem.clone()))
    }
}
