//! `concordat node doctor`: what would go wrong, before anything depends on it.

use std::path::Path;

use concordat_agreement::{Agreement, Asset, Cited};
use concordat_data::{Table, band, commitment};
use concordat_node::code::CODE;
use concordat_node::doctor::{self, Check, Level};
use concordat_node::home::{Home, Registered};
use concordat_node::plain::Kind;
use concordat_partnership::State;
use concordat_terms::{AssetId, Digest, KeyId, PartyId, Problem, Timestamp};
use serde::Serialize;

use super::data::{rows_read, unfit};
use super::desk::{failure, open};
use crate::args::Doctor;
use crate::failure::Failure;
use crate::files;
use crate::harmless::line;
use crate::out::Out;
use crate::width::wrapped;

pub(super) fn run(args: &Doctor, out: Out) -> Result<(), Failure> {
    match args {
        Doctor { home: Some(dir), .. } => home(dir, out),
        Doctor { asset: Some(asset), table: Some(file), agreement: Some(dir), .. } => {
            table(asset, file, dir, out)
        }
        _ => {
            let hint = "run `concordat node doctor --help`";
            Err(Failure::usage("usage", "a folder or a table is to be named", hint))
        }
    }
}

#[derive(Debug, Serialize)]
struct Healthy {
    asset: AssetId,
    columns: usize,
    /// Rounded down: what the catalogue would show.
    rows_band: u32,
    /// Columns that the site says it does not have.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    lacks: Vec<String>,
    /// The key that signed the mapping, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    steward: Option<KeyId>,
    /// The version in use that the rows are, or else the one that was listed last.
    #[serde(skip_serializing_if = "Option::is_none")]
    listed: Option<Digest>,
    /// Whether the rows have changed since they were listed.
    differs: bool,
}

/// The dataset's clause in an agreement that a person named.
pub(super) fn declared<'a>(
    agreement: &'a Agreement,
    asset: &AssetId,
) -> Result<&'a Asset, Failure> {
    let cited = agreement.asset(asset).ok_or_else(|| {
        let what = format!("the agreement declares no asset `{asset}`");
        Failure::usage("unknown-asset", what, "name an asset of its clauses")
    })?;
    Ok(cited.terms)
}

/// Checks a table before anything is in force, with nothing but files.
fn table(asset: &AssetId, file: &Path, dir: &Path, out: Out) -> Result<(), Failure> {
    let (agreement, _) = files::agreement(dir)?;
    let bytes = files::bytes(file, Kind::Table)?;
    let terms = declared(&agreement, asset)?;
    let table = Table::read(&bytes, terms).map_err(unfit)?;
    let (columns, rows_band) = (table.header().len(), band(table.rows()));
    let lacks = table.lacks().iter().cloned().collect();
    let asset = asset.clone();
    let healthy =
        Healthy { asset, columns, rows_band, lacks, steward: None, listed: None, differs: false };
    out.answer(&healthy, || healthy.text())
}

/// Whether a party's rows fit, who signed their mapping, and whether they are still those that are
/// listed.
fn looked(
    home: &Home,
    state: &State,
    asset: &AssetId,
    terms: &Asset,
    out: Out,
) -> Result<Healthy, Failure> {
    let mapped = home.mapped(asset, terms).map_err(failure)?;
    let steward = mapped.steward(state, home.party(), terms).map_err(Failure::Refused)?;
    let table = mapped.table(terms, &mut rows_read(out)).map_err(unfit)?;
    let (listed, differs) = changed(home, state, asset, &table.freeze(terms))?;
    Ok(Healthy {
        asset: asset.clone(),
        columns: table.header().len(),
        rows_band: band(table.rows()),
        lacks: table.lacks().iter().cloned().collect(),
        steward: steward.map(|steward| steward.key),
        listed,
        differs,
    })
}

/// The version in use that these rows are; or the one that was listed last, and that they are not it.
/// None where the party has listed none.
fn changed(
    home: &Home,
    state: &State,
    asset: &AssetId,
    rows: &[u8],
) -> Result<(Option<Digest>, bool), Failure> {
    let own = state.datasets().iter().filter(|((own, holder, _), dataset)| {
        own == asset && holder == home.party() && dataset.withdrawn.is_none()
    });
    let own: Vec<(Digest, Timestamp)> =
        own.map(|((_, _, version), dataset)| (*version, dataset.at)).collect();
    let last = own.iter().max_by_key(|(_, at)| *at).map(|(version, _)| *version);
    // Nothing is drawn here: without a salt nothing can be compared.
    if last.is_none() || !home.has_salt(asset) {
        return Ok((last, false));
    }
    let today = commitment(&*home.salt(asset).map_err(failure)?, rows);
    let same = own.iter().any(|(version, _)| *version == today);
    Ok(if same { (Some(today), false) } else { (last, true) })
}

impl Healthy {
    fn text(&self) -> String {
        let Self { asset, columns, rows_band, lacks, steward, listed, differs } = self;
        let mut text = format!("fits `{asset}`: {columns} columns, {rows_band} rows or more");
        if !lacks.is_empty() {
            text.push_str(&format!("; the site lacks {}", lacks.join(", ")));
        }
        if let Some(steward) = steward {
            text.push_str(&format!("; mapping signed by key {steward}"));
        }
        if let (Some(listed), true) = (listed, differs) {
            text.push_str(&format!(
                "; CHANGED since version {} was listed, which runs go on using: register it anew",
                listed.short()
            ));
        }
        text
    }
}

#[derive(Debug, Serialize)]
struct Examined {
    party: PartyId,
    /// What was found of machine, network and log, in the order in which one rests on the other.
    checks: Vec<Check>,
    /// Whether the log knows the ledger key as the party's.
    key_registered: bool,
    /// How many entries of the log this was asked of; 0 before it was followed at all.
    log_size: u64,
    tables: Vec<Healthy>,
    /// Tables of assets that no clause in force declares.
    undeclared: Vec<AssetId>,
}

/// Checks a party's folder: its files, the way to the coordinator, the machine, and what its own copy of
/// the log says of all that.
fn home(dir: &Path, out: Out) -> Result<(), Failure> {
    Home::load(dir).and_then(|home| home.examine()).map_err(failure)?;
    let (home, mut follower) = open(dir)?;
    let mut checks = doctor::line(&home);
    if checks.iter().all(|check| check.level != Level::Fail) {
        let skew = follower.skew();
        let skew = u64::from(skew.days) * 86_400 + u64::from(skew.seconds);
        checks.push(doctor::clock(&home, skew));
        if let Err(fault) = follower.catch_up() {
            let problem = fault.problem();
            checks.push(Check::fail("log", problem.what, problem.hint));
        }
    } else {
        out.say("note: not asked of the newest log");
    }
    let state = follower.state();
    checks.extend(doctor::disk(&home));
    checks.push(doctor::sandbox());
    checks.extend(doctor::egress(dir));
    checks.push(version(&home, state));
    checks.extend(snapshots(&home, state));
    let registered = home.registered(state).map_err(failure)?;
    let (mut tables, mut undeclared) = (Vec::new(), Vec::new());
    for asset in home.config().datasets.keys() {
        match state.agreement().asset(asset) {
            Some(Cited { terms, .. }) => tables.push(looked(&home, state, asset, terms, out)?),
            None => undeclared.push(asset.clone()),
        }
    }
    let examined = Examined {
        party: home.party().clone(),
        checks,
        key_registered: registered == Registered::Yes,
        log_size: follower.replica().size(),
        tables,
        undeclared,
    };
    out.answer(&examined, || examined.text())?;
    let failed: Vec<&Check> =
        examined.checks.iter().filter(|check| check.level == Level::Fail).collect();
    let Some(first) = failed.first() else { return Ok(()) };
    let names: Vec<&str> = failed.iter().map(|check| check.check).collect();
    let what = format!("a node does not work here: {}", names.join(", "));
    let hint = first.hint.clone().unwrap_or_default();
    Err(Failure::Told(Problem::new("unfit-machine", what, hint, PAGE)))
}

/// The page that explains what is looked at.
const PAGE: &str = "docs/reference/node.md";

/// Whether this release folds the log, and may read the rows that the party has listed.
fn version(home: &Home, state: &State) -> Check {
    let (release, code) = (env!("CARGO_PKG_VERSION"), CODE.short());
    let Some(rules) = state.rules() else {
        return Check::warn(
            "version",
            format!("release {release}, code {code}; the log was not followed yet"),
            "ask again once the coordinator is reached",
        );
    };
    let rules = rules.short();
    let found = format!("release {release}, code {code}; the log's rules {rules} are known here");
    let mut listed = in_use(home, state).map(|(asset, _)| asset);
    match listed.find(|asset| state.code_approval(home.party(), asset, &CODE).is_none()) {
        Some(asset) => Check::warn(
            "version",
            format!("{found}; this code is not approved beside `{asset}`"),
            "approve it with `code.approve`, or install the release whose code is approved",
        ),
        None => Check::ok("version", found),
    }
}

/// The party's versions in use.
fn in_use<'a>(
    home: &'a Home,
    state: &'a State,
) -> impl Iterator<Item = (&'a AssetId, &'a Digest)> + 'a {
    let own = state.datasets().iter().filter(move |((_, holder, _), dataset)| {
        holder == home.party() && dataset.withdrawn.is_none()
    });
    own.map(|((asset, _, version), _)| (asset, version))
}

/// Whether the rows of each version in use are kept here, as they were listed.
fn snapshots(home: &Home, state: &State) -> Vec<Check> {
    let kept = |(asset, version): (&AssetId, &Digest)| match home.frozen(asset, version) {
        Ok(_) => {
            let found = format!("`{asset}` {} is kept as it was listed", version.short());
            Check::ok("snapshot", found)
        }
        Err(problem) => Check::fail("snapshot", problem.what, problem.hint),
    };
    in_use(home, state).map(kept).collect()
}

impl Examined {
    fn text(&self) -> String {
        let mut lines = vec![format!("folder  of `{}`: every file is as it should be", self.party)];
        for Check { check, level, found, hint } in &self.checks {
            lines.push(format!("{:<6}  {check}: {found}", level.as_str()));
            lines.extend(hint.iter().map(|hint| format!("        hint: {hint}")));
        }
        lines.push(match (self.key_registered, self.log_size) {
            (true, _) => format!("key     registered for `{}` in the log", self.party),
            (false, 0) => "key     not asked: the log was not followed yet".to_owned(),
            (false, _) => "key     not registered in the log: what it signs is refused".to_owned(),
        });
        lines.extend(self.tables.iter().map(|table| format!("table   {}", table.text())));
        let unknown = |asset| format!("table   `{asset}`: no clause in force declares it yet");
        lines.extend(self.undeclared.iter().map(unknown));
        let lines: Vec<String> = lines.iter().map(|text| wrapped(&line(text), 8)).collect();
        lines.join("\n")
    }
}
