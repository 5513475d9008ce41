//! `concordat node`: beside a holder's data.

use std::collections::BTreeSet;

use concordat_agreement::Cited;
use concordat_data::{Table, band, commitment};
use concordat_partnership::Act;
use concordat_partnership::act::DatasetRegister;
use concordat_terms::AssetId;
use serde::Serialize;

use super::act::submit;
use super::desk::{failure, open_latest};
use crate::args::{Doctor, Node, NodeCommand, Register};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

pub(super) fn run(args: &Node, out: Out) -> Result<(), Failure> {
    match &args.command {
        Some(NodeCommand::Register(args)) => register(args, out),
        Some(NodeCommand::Doctor(args)) => doctor(args, out),
        None => Ok(()),
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
fn doctor(args: &Doctor, out: Out) -> Result<(), Failure> {
    let (agreement, _) = files::agreement(&args.agreement)?;
    let Some(Cited { terms: asset, .. }) = agreement.asset(&args.asset) else {
        let what = format!("the agreement declares no asset `{}`", args.asset);
        return Err(Failure::usage("unknown-asset", what, "name an asset of its clauses"));
    };
    let bytes = files::bytes(&args.table)?;
    let table = Table::read(&bytes, asset).map_err(|fault| Failure::Usage(fault.problem()))?;
    let healthy = Healthy {
        asset: args.asset.clone(),
        columns: table.header().len(),
        rows_band: band(table.rows()),
    };
    out.answer(&healthy, || {
        let Healthy { asset, columns, rows_band } = &healthy;
        format!("fits `{asset}`: {columns} columns, {rows_band} rows or more")
    })
}

/// Checks the table against the agreement's schema, and lists its commitment: no row leaves.
fn register(args: &Register, out: Out) -> Result<(), Failure> {
    let (home, follower) = open_latest(&args.home)?;
    let agreement = follower.state().agreement();
    let Some(Cited { terms: asset, .. }) = agreement.asset(&args.asset) else {
        let what = format!("no clause in force declares the asset `{}`", args.asset);
        return Err(Failure::refused("unknown-asset", what, "bring the agreement into force"));
    };
    let bytes = home.table(&args.asset).map_err(failure)?;
    let table = Table::read(&bytes, asset).map_err(|fault| Failure::Usage(fault.problem()))?;
    let salt = home.salt(&args.asset).map_err(failure)?;
    let purposes: BTreeSet<_> = if args.purposes.is_empty() {
        asset.purposes.iter().cloned().collect()
    } else {
        args.purposes.iter().cloned().collect()
    };
    let act = Act::DatasetRegister(DatasetRegister {
        asset: args.asset.clone(),
        version: commitment(&salt, &bytes),
        place: args.place.clone(),
        rows_band: band(table.rows()),
        purposes,
    });
    let seat = args.seat.clone().unwrap_or_else(|| asset.holder.clone());
    submit(&follower, &seat, &act, out).map(drop)
}
