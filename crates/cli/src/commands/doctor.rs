//! `concordat node doctor`: what would go wrong, before anything depends on it.

use std::path::Path;

use concordat_agreement::{Agreement, Cited};
use concordat_data::{Table, band};
use concordat_node::home::{Home, Registered};
use concordat_node::plain::Kind;
use concordat_terms::{AssetId, PartyId};
use serde::Serialize;

use super::desk::{failure, open};
use crate::args::Doctor;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

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
}

/// Checks a table before anything is in force, with nothing but files.
fn table(asset: &AssetId, file: &Path, dir: &Path, out: Out) -> Result<(), Failure> {
    let (agreement, _) = files::agreement(dir)?;
    let bytes = files::bytes(file, Kind::Table)?;
    let healthy = fits(&agreement, asset, &bytes)?.ok_or_else(|| {
        let what = format!("the agreement declares no asset `{asset}`");
        Failure::usage("unknown-asset", what, "name an asset of its clauses")
    })?;
    out.answer(&healthy, || healthy.text())
}

/// Whether a table fits its schema; none if no clause declares it.
fn fits(agreement: &Agreement, asset: &AssetId, bytes: &[u8]) -> Result<Option<Healthy>, Failure> {
    let Some(Cited { terms, .. }) = agreement.asset(asset) else { return Ok(None) };
    let table = Table::read(bytes, terms).map_err(|fault| Failure::Usage(fault.problem()))?;
    let (columns, rows_band) = (table.header().len(), band(table.rows()));
    Ok(Some(Healthy { asset: asset.clone(), columns, rows_band }))
}

impl Healthy {
    fn text(&self) -> String {
        let Self { asset, columns, rows_band } = self;
        format!("fits `{asset}`: {columns} columns, {rows_band} rows or more")
    }
}

#[derive(Debug, Serialize)]
struct Examined {
    party: PartyId,
    /// Whether the log knows the ledger key as the party's.
    key_registered: bool,
    /// How many entries of the log this was asked of; 0 before it was followed at all.
    log_size: u64,
    tables: Vec<Healthy>,
    /// Tables of assets that no clause in force declares.
    undeclared: Vec<AssetId>,
}

/// Checks a party's folder: its files, and what its own copy of the log says of them.
fn home(dir: &Path, out: Out) -> Result<(), Failure> {
    Home::load(dir).and_then(|home| home.examine()).map_err(failure)?;
    let (home, mut follower) = open(dir)?;
    if let Err(fault) = follower.catch_up() {
        out.say(&format!("note: not asked of the newest log: {fault}"));
    }
    let state = follower.state();
    let registered = home.registered(state).map_err(failure)?;
    let (mut tables, mut undeclared) = (Vec::new(), Vec::new());
    for asset in home.config().datasets.keys() {
        let bytes = home.table(asset).map_err(failure)?;
        match fits(state.agreement(), asset, &bytes)? {
            Some(healthy) => tables.push(healthy),
            None => undeclared.push(asset.clone()),
        }
    }
    let examined = Examined {
        party: home.party().clone(),
        key_registered: registered == Registered::Yes,
        log_size: follower.replica().size(),
        tables,
        undeclared,
    };
    out.answer(&examined, || examined.text())
}

impl Examined {
    fn text(&self) -> String {
        let mut lines = vec![format!("folder  of `{}`: every file is as it should be", self.party)];
        lines.push(match (self.key_registered, self.log_size) {
            (true, _) => format!("key     registered for `{}` in the log", self.party),
            (false, 0) => "key     not asked: the log was not followed yet".to_owned(),
            (false, _) => "key     not registered in the log: what it signs is refused".to_owned(),
        });
        lines.extend(self.tables.iter().map(|table| format!("table   {}", table.text())));
        let unknown = |asset| format!("table   `{asset}`: no clause in force declares it yet");
        lines.extend(self.undeclared.iter().map(unknown));
        lines.join("\n")
    }
}
