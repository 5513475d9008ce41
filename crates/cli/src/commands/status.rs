//! `concordat status`: what waits for a party, and where the partnership stands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use concordat_dp::epsilon;
use concordat_node::egress::is_paused;
use concordat_partnership::{Charged, InForce, Motion, MotionStatus, Need, State};
use concordat_store::Store;
use concordat_terms::{Decimal, Digest, ModuleId, MotionId, PartyId, Problem, Timestamp};
use concordat_wire::api::{Standing, Witnesses};
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
    /// What the party's node, or a command, has kept against whoever signs for the log.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alerts: Vec<Alert>,
    /// Whether somebody has paused the party's node.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    paused: bool,
    /// What waits for whom it was asked about.
    needs: Vec<Need>,
    log: Option<Digest>,
    size: u64,
    /// How many entries the party's node has, whose copy of the log is its own; none where it has not run here.
    #[serde(skip_serializing_if = "Option::is_none")]
    node_size: Option<u64>,
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
    /// How many acts of whom the coordinator turned away, by its own counts in the log.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    turned_away: BTreeMap<PartyId, u64>,
    /// Who has cosigned what, by the coordinator's word; none offline.
    #[serde(skip_serializing_if = "Option::is_none")]
    witnesses: Option<Witnesses>,
    /// That the sequencer has broken a promise to this party.
    #[serde(skip_serializing_if = "Option::is_none")]
    promise_broken: Option<Problem>,
    /// Why this party takes part in no run any more: the coordinator's verdicts are not its own.
    verdicts_differ: Option<Problem>,
    /// Why this party does not act any more, if it does not.
    stopped: Option<Problem>,
}

/// Evidence that whoever signs for the log broke its word.
#[derive(Debug, Serialize)]
struct Alert {
    /// The code of the problem that it was found as.
    code: &'static str,
    /// Where it lies.
    folder: PathBuf,
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
    let mut status = status(&seen, args.party.as_ref());
    status.alerts = args.at.home.iter().flat_map(|home| alerts(home)).collect();
    status.paused = args.at.home.as_ref().is_some_and(|home| is_paused(home));
    status.node_size = args.at.home.as_ref().and_then(|home| node_size(home));
    // An older coordinator does not tell.
    status.witnesses = seen
        .follower()
        .filter(|_| !args.at.offline)
        .and_then(|follower| follower.client().witnesses().ok());
    out.answer(&status, || text(&status))
}

fn status(seen: &Seen, asked: Option<&PartyId>) -> Status {
    let (state, replica, follower) = (seen.state(), seen.replica(), seen.follower());
    let party = follower.map(|follower| follower.party().clone());
    let asked = asked.or(party.as_ref()).cloned();
    // Who has left may still owe something.
    let of = asked.clone().map_or_else(|| state.parties_ever(), |party| vec![party]);
    Status {
        needs: of.iter().flat_map(|party| state.needs(party)).collect(),
        asked,
        alerts: Vec::new(),
        paused: false,
        party,
        log: state.log(),
        size: replica.size(),
        node_size: None,
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
            .iter()
            .map(|(id, motion)| (id.to_string(), stands(state, id, motion)))
            .collect(),
        datasets: datasets(seen),
        runs: state.runs().iter().map(|(id, run)| (id.to_string(), run.status.as_str())).collect(),
        models: state
            .models()
            .iter()
            .filter(|(id, _)| seen.reads_version(id))
            .map(|(id, model)| (*id, model.status.as_str()))
            .collect(),
        accounts: accounts(seen),
        turned_away: state.turned_away(),
        witnesses: None,
        promise_broken: follower.and_then(|own| own.broken_promise().cloned()),
        verdicts_differ: follower
            .and_then(|own| own.verdicts_differ().map(|differ| differ.problem.clone())),
        stopped: follower.and_then(|own| own.stopped().cloned()),
    }
}

/// How many entries the node's copy of the log has, read beside the node while that works.
fn node_size(home: &Path) -> Option<u64> {
    Store::snapshot(&home.join("store")).and_then(|store| store.len()).ok()
}

/// What lies beside the copies of the log that the node and the commands have.
fn alerts(home: &Path) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for store in ["store", "store-desk"] {
        let folder = home.join(store).join("evidence");
        let names: Vec<_> = std::fs::read_dir(&folder).into_iter().flatten().flatten().collect();
        let any = |fits: &dyn Fn(&Path) -> bool| {
            names.iter().any(|entry| fits(Path::new(&entry.file_name())))
        };
        if any(&|name| name == Path::new("checkpoint-other")) {
            alerts.push(Alert { code: "two-histories", folder: folder.clone() });
        }
        let ends = |end: &str| any(&|name| name.extension().is_some_and(|own| own == end));
        if ends("receipt") {
            alerts.push(Alert { code: "promise-broken", folder: folder.clone() });
        }
        if ends("turned-away") {
            alerts.push(Alert { code: "miscounted", folder });
        }
    }
    alerts
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

/// Where a motion stands; while votes are taken, with the votes.
fn stands(state: &State, id: &MotionId, motion: &Motion) -> String {
    let status = motion.status.as_str();
    match state.tally(id).filter(|_| motion.status == MotionStatus::Open) {
        Some(tally) => format!("{status}; {}", tally.in_words()),
        None => status.to_owned(),
    }
}

fn datasets(seen: &Seen) -> Vec<Dataset> {
    let shown = seen.state().datasets().iter();
    shown
        .filter(|((asset, _, version), _)| seen.reads(asset) && seen.reads_version(version))
        .map(|((asset, holder, version), dataset)| Dataset {
            asset: asset.to_string(),
            holder: holder.clone(),
            version: *version,
            rows_band: dataset.registered.rows_band,
            withdrawn: dataset.withdrawn.is_some(),
        })
        .collect()
}

fn accounts(seen: &Seen) -> Vec<Account> {
    let state = seen.state();
    let line = |((holder, asset), spent): (&(PartyId, _), &Charged)| {
        let terms = state.agreement().privacy(asset)?.terms;
        Some(Account {
            asset: concordat_terms::AssetId::to_string(asset),
            holder: holder.clone(),
            spent: epsilon(&spent.total(), terms.delta).ok()?,
            epsilon: terms.epsilon,
            delta: terms.delta,
        })
    };
    state.accounts().iter().filter(|((_, asset), _)| seen.reads(asset)).filter_map(line).collect()
}

fn text(status: &Status) -> String {
    let alert = |alert: &Alert| format!("alert   {}: see `{}`", alert.code, alert.folder.display());
    let mut lines: Vec<String> = status.alerts.iter().map(alert).collect();
    if status.paused {
        lines.push(
            "paused  the party's node takes part in no run: `node pause --resume`".to_owned(),
        );
    }
    lines.extend(status.needs.iter().map(needed));
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
    lines.extend(status.node_size.map(|size| format!("node    {size} entries in its own copy")));
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
    for (party, count) in &status.turned_away {
        lines.push(format!("turned  {count} acts of {party} away, by the coordinator's counts"));
    }
    for witness in status.witnesses.iter().flat_map(|told| &told.witnesses) {
        lines.push(standing(witness));
    }
    lines.extend(status.promise_broken.iter().map(|problem| format!("broken  {}", problem.what)));
    lines.extend(status.verdicts_differ.iter().map(|problem| format!("differs {}", problem.what)));
    lines.extend(status.stopped.iter().map(|problem| format!("stopped {}", problem.what)));
    let lines: Vec<String> = lines.iter().map(|text| wrapped(&line(text), 8)).collect();
    lines.join("\n")
}

/// One line of how a witness stands.
fn standing(witness: &Standing) -> String {
    let Standing { name, counts, size, at, problem, .. } = witness;
    let cosigned = match (size, at) {
        (Some(size), Some(at)) => format!("cosigned {size} entries at {at}"),
        _ => "has cosigned nothing yet".to_owned(),
    };
    let counts = if *counts { "" } else { ", counts for nothing" };
    let why = problem.as_ref().map(|problem| format!("; {}", problem.what)).unwrap_or_default();
    format!("witness {name}: {cosigned}{counts}{why}")
}

/// One line of what waits for a party.
fn needed(need: &Need) -> String {
    let Need { party, kind, about, says, left: seconds, .. } = need;
    let until = seconds.map(|seconds| format!(": {}", left(seconds))).unwrap_or_default();
    format!("now     {party}: {} {about}, {says}{until}", kind.as_str())
}
