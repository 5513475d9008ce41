//! How a run went, by the log alone: when, with whom, without whom.

use std::collections::{BTreeMap, BTreeSet};

use concordat_dp::epsilon;
use concordat_partnership::act::{AbortReason, Plan};
use concordat_partnership::{Act, Run, RunStatus, Verdict};
use concordat_terms::{AssetId, Cost, Decimal, Digest, PartyId, RunId, Timestamp};
use serde::Serialize;

use super::super::look::{Seen, Step, count};
use super::super::views::list;
use crate::failure::Failure;

/// How one run went.
#[derive(Debug, Serialize)]
pub(super) struct Course {
    pub(super) run: RunId,
    pub(super) by: PartyId,
    pub(super) status: &'static str,
    pub(super) proposed: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) opened: Option<Timestamp>,
    /// When it was closed or aborted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<Timestamp>,
    /// From its opening to its end, by the log's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seconds: Option<u64>,
    /// Who was to take part and did not join.
    pub(super) absent: BTreeSet<PartyId>,
    pub(super) joined: BTreeSet<PartyId>,
    /// Who joined and is not in the last round's sum.
    pub(super) dropped: BTreeSet<PartyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<Digest>,
    /// Attempts that gave no sum, of a run that is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) lost: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) aborted: Option<AbortReason>,
    /// Whom the act that aborted it names.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) named: BTreeSet<PartyId>,
}

/// What the log says of one run as it is folded, beside its state at the end.
#[derive(Default)]
pub(super) struct Told {
    pub(super) opened: Option<Timestamp>,
    pub(super) ended: Option<Timestamp>,
    pub(super) named: BTreeSet<PartyId>,
    /// What joining charged to each account, and at which δ that is told.
    charged: BTreeMap<(PartyId, AssetId), (Cost, Decimal)>,
}

/// A run that who looks may read about: whoever proposed it knows its plan.
pub(super) fn found<'a>(seen: &'a Seen, id: &RunId) -> Result<&'a Run, Failure> {
    let run = seen.state().runs().get(id);
    let reads = |run: &&Run| seen.reader() == Some(&run.by) || seen.reads(&run.proposed.plan.asset);
    run.filter(reads).ok_or_else(|| {
        let what = format!("there is no run `{id}`");
        Failure::usage("unknown-run", what, "run `concordat status`")
    })
}

impl Told {
    pub(super) fn see(&mut self, step: &Step<'_>, id: &RunId) {
        let Verdict::Admitted { by, .. } = step.verdict else { return };
        let at = step.state.time();
        match step.signed.map(|signed| &signed.act) {
            Some(Act::RunOpen(open)) if open.run == *id => self.opened = at,
            Some(Act::RunClose(close)) if close.run == *id => self.ended = at,
            Some(Act::RunAbort(abort)) if abort.run == *id => {
                (self.ended, self.named) = (at, abort.named.clone());
            }
            Some(Act::RunJoin(join)) if join.run == *id => {
                let party = by.as_ref().and_then(|by| by.party.as_ref());
                let run = step.state.runs().get(id);
                if let (Some(party), Some(run)) = (party, run) {
                    self.join(step, party, &run.proposed.plan, &join.cost);
                }
            }
            _ => {}
        }
    }

    fn join(&mut self, step: &Step<'_>, party: &PartyId, plan: &Plan, cost: &Cost) {
        for account in step.state.populations(plan, party) {
            let Some(own) = step.state.privacy_account(&account) else { continue };
            let delta = own.terms.delta;
            let charged = self.charged.entry(account).or_insert_with(|| (Cost::zero(), delta));
            charged.0 = charged.0.plus(cost);
        }
    }

    /// What was charged to each account, as ε.
    pub(super) fn charged(&self) -> BTreeMap<(PartyId, AssetId), f64> {
        let told = self.charged.iter().filter_map(|(account, (cost, delta))| {
            Some((account.clone(), epsilon(cost, *delta).ok()?))
        });
        told.collect()
    }
}

impl Course {
    pub(super) fn of(run: &Run, told: Told) -> Self {
        let Told { opened, ended, named, .. } = told;
        let planned = run.proposed.plan.datasets.keys();
        let close = match &run.status {
            RunStatus::Closed(close) => Some(close),
            _ => None,
        };
        let dropped = close.map(|close| run.joined.difference(&close.roster).cloned().collect());
        Self {
            run: run.proposed.run.clone(),
            by: run.by.clone(),
            status: run.status.as_str(),
            proposed: run.at,
            opened,
            ended,
            seconds: opened
                .zip(ended)
                .map(|(from, to)| to.seconds().saturating_sub(from.seconds())),
            absent: planned.filter(|party| !run.joined.contains(*party)).cloned().collect(),
            joined: run.joined.clone(),
            dropped: dropped.unwrap_or_default(),
            model: close.map(|close| close.model),
            lost: close.map(|close| close.attempts.saturating_sub(close.rounds)),
            aborted: match run.status {
                RunStatus::Aborted(reason) => Some(reason),
                _ => None,
            },
            named,
        }
    }

    /// In lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let took = self.seconds.map(|seconds| format!(" after {}", count(seconds)));
        let mut lines = vec![format!("{}: {}{}", self.run, self.status, took.unwrap_or_default())];
        let mut add = |text: String| lines.push(format!("    {text}"));
        if let Some(reason) = self.aborted {
            let named = serde_json::to_value(reason).unwrap_or_default();
            add(format!("for {}", named.as_str().unwrap_or_default()));
        }
        for (what, parties) in [
            ("joined by", &self.joined),
            ("not joined by", &self.absent),
            ("dropped before the last sum:", &self.dropped),
            ("aborted naming", &self.named),
        ] {
            if !parties.is_empty() {
                add(format!("{what} {}", list(parties)));
            }
        }
        match self.lost {
            None | Some(0) => {}
            Some(1) => add("1 attempt gave no sum, and was charged".to_owned()),
            Some(lost) => add(format!("{lost} attempts gave no sum, and were charged")),
        }
        lines
    }
}
