//! `concordat status`: what waits for a party, and where the partnership stands.

use std::collections::BTreeMap;

use concordat_dp::epsilon;
use concordat_partnership::{InForce, Need, State};
use concordat_terms::{Decimal, Digest, ModuleId, PartyId, Problem, Timestamp};
use serde::Serialize;

use super::look::{Seen, left, see};
use crate::args::Look;
use crate::failure::Failure;
use crate::harmless::line;
use crate::out::Out;
use crate::width::wrapped;

#[derive(Debug, Serialize)]
struct Status {
    /// The party whose folder it is; none, if it is an archive.
    party: Option<PartyId>,
    /// Whom it was asked about: a party named, or the folder's own; anybody, if neither.
    #[serde(skip)]
    asked: Option<PartyId>,
    /// What waits for whom it was asked about.
    needs: Vec<Need>,
    log: Option<Digest>,
    size: u64,
    root: Digest,
    time: Option<Timestamp>,
    rolling: Digest,
    in_force: BTreeMap<ModuleId, InForce>,
    /// Modules that wait for signatures, and by whom they are signed.
    proposed: BTreeMap<Digest, Proposed>,
    projects: BTreeMap<String, &'static str>,
    motions: BTreeMap<String, String>,
    datasets: Vec<Dataset>,
    runs: BTreeMap<String, &'static str>,
    models: BTreeMap<Digest, &'static str>,
    accounts: Vec<Account>,
    /// Why this party takes part in no run any more: the coordinator's verdicts are not its own.
    verdicts_differ: Option<Problem>,
    /// Why this party does not act any more, if it does not.
    stopped: Option<Problem>,
}

#[derive(Debug, Serialize)]
struct Proposed {
    module: ModuleId,
    signed: Vec<PartyId>,
}

#[derive(Debug, Serialize)]
struct Dataset {
    asset: String,
    holder: PartyId,
    version: Digest,
    rows_band: u32,
    withdrawn: bool,
}

#[derive(Debug, Serialize)]
struct Account {
    asset: String,
    holder: PartyId,
    spent: f64,
    epsilon: Decimal,
    delta: Decimal,
}

pub(super) fn run(args: &Look, out: Out) -> Result<(), Failure> {
    let seen = see(args)?;
    let status = status(&seen, args.party.as_ref());
    out.answer(&status, || text(&status))
}

fn status(seen: &Seen, asked: Option<&PartyId>) -> Status {
    let (state, replica, follower) = (seen.state(), seen.replica(), seen.follower());
    let party = follower.map(|follower| follower.party().clone());
    let asked = asked.or(party.as_ref()).cloned();
    let of = asked.clone().map_or_else(|| state.parties_now(), |party| vec![party]);
    Status {
        needs: of.iter().flat_map(|party| state.needs(party)).collect(),
        asked,
        party,
        log: state.log(),
        size: replica.size(),
        root: replica.root(),
        time: state.time(),
        rolling: state.rolling(),
        in_force: state.in_force().clone(),
        proposed: proposed(state),
        projects: state
            .projects()
            .iter()
            .map(|(id, project)| (id.to_string(), project.status.as_str()))
            .collect(),
        motions: state
            .motions()
            .keys()
            .filter_map(|id| Some((id.to_string(), state.tally(id)?.in_words())))
            .collect(),
        datasets: datasets(state),
        runs: state.runs().iter().map(|(id, run)| (id.to_string(), run.status.as_str())).collect(),
        models: state.models().iter().map(|(id, model)| (*id, model.status.as_str())).collect(),
        accounts: accounts(state),
        verdicts_differ: follower
            .and_then(|own| own.verdicts_differ().map(|differ| differ.problem.clone())),
        stopped: follower.and_then(|own| own.stopped().cloned()),
    }
}

fn proposed(state: &State) -> BTreeMap<Digest, Proposed> {
    state
        .waiting()
        .map(|(digest, proposal)| {
            let signed = state.signed_by(proposal).cloned().collect();
            (*digest, Proposed { module: proposal.module.id.clone(), signed })
        })
        .collect()
}

fn datasets(state: &State) -> Vec<Dataset> {
    state
        .datasets()
        .iter()
        .map(|((asset, holder, version), dataset)| Dataset {
            asset: asset.to_string(),
            holder: holder.clone(),
            version: *version,
            rows_band: dataset.registered.rows_band,
            withdrawn: dataset.withdrawn.is_some(),
        })
        .collect()
}

fn accounts(state: &State) -> Vec<Account> {
    let line = |((holder, asset), spent): (&(PartyId, _), &concordat_terms::Cost)| {
        let terms = state.agreement().privacy(asset)?.terms;
        Some(Account {
            asset: concordat_terms::AssetId::to_string(asset),
            holder: holder.clone(),
            spent: epsilon(spent, terms.delta).ok()?,
            epsilon: terms.epsilon,
            delta: terms.delta,
        })
    };
    state.accounts().iter().filter_map(line).collect()
}

fn text(status: &Status) -> String {
    let mut lines: Vec<String> = status.needs.iter().map(needed).collect();
    if status.needs.is_empty() {
        let whom = status.asked.as_ref().map_or("anybody", PartyId::as_str);
        lines.push(format!("nothing waits for {whom}"));
    }
    lines.push(String::new());
    let whose = match &status.party {
        Some(party) => format!("party   {party}"),
        None => "archive, of no one party".to_owned(),
    };
    lines.extend([
        whose,
        format!("log     {}", status.log.map_or("not started".to_owned(), |log| log.to_string())),
        format!("size    {} entries, root {}", status.size, status.root.short()),
    ]);
    lines.extend(status.time.map(|time| format!("time    {time}")));
    for (module, entry) in &status.in_force {
        lines.push(format!("module  {module} {} in force since {}", entry.version, entry.since));
    }
    for (digest, proposed) in &status.proposed {
        let signed: Vec<&str> = proposed.signed.iter().map(PartyId::as_str).collect();
        let (module, short) = (&proposed.module, digest.short());
        lines.push(format!("module  {module} {short} proposed, signed by {}", signed.join(", ")));
    }
    lines.extend(status.projects.iter().map(|(id, is)| format!("project {id}: {is}")));
    lines.extend(status.motions.iter().map(|(id, is)| format!("motion  {id}: {is}")));
    for dataset in &status.datasets {
        let Dataset { asset, holder, version, rows_band, withdrawn } = dataset;
        let more = if *withdrawn { ", withdrawn" } else { "" };
        let short = version.short();
        lines.push(format!("dataset {asset} of {holder} {short}: {rows_band} rows or more{more}"));
    }
    lines.extend(status.runs.iter().map(|(id, is)| format!("run     {id}: {is}")));
    for account in &status.accounts {
        lines.push(format!(
            "account {} of {}: ε {:.4} of {} at δ = {}",
            account.asset, account.holder, account.spent, account.epsilon, account.delta
        ));
    }
    lines.extend(status.models.iter().map(|(id, is)| format!("model   {}: {is}", id.short())));
    lines.extend(status.verdicts_differ.iter().map(|problem| format!("differs {}", problem.what)));
    lines.extend(status.stopped.iter().map(|problem| format!("stopped {}", problem.what)));
    let lines: Vec<String> = lines.iter().map(|text| wrapped(&line(text), 8)).collect();
    lines.join("\n")
}

/// One line of what waits for a party.
fn needed(need: &Need) -> String {
    let Need { party, kind, about, says, left: seconds, .. } = need;
    let until = seconds.map(|seconds| format!(": {}", left(seconds))).unwrap_or_default();
    format!("now     {party}: {} {about}, {says}{until}", kind.as_str())
}
