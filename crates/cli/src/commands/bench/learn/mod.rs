//! `concordat bench learn`: epochs of private training on one thread, beside Opacus where there is
//! one.

mod epochs;
mod python;

use std::fmt::Write as _;

use serde::Serialize;

use self::epochs::{BATCH, HIDDEN, INPUTS, Noise, ROWS, Rows, STEPS, train};
use self::python::ask;
use super::{Folder, Spread, within};
use crate::args::BenchLearn;
use crate::failure::Failure;
use crate::out::Out;

/// How many times as fast as the other's default way we are at least: with noise in floats, and
/// as released.
const FLOAT_LEAST: f64 = 8.0;
const EXACT_LEAST: f64 = 6.0;
/// How far the ranks of the two may be apart.
const AUC_APART: f64 = 0.02;

#[derive(Debug, Serialize)]
struct Table {
    epochs: u32,
    float: Figure,
    exact: Figure,
    /// The other's ways, as it names them.
    others: Vec<Other>,
}

#[derive(Debug, Serialize)]
struct Figure {
    took: Spread,
    auc: f64,
}

#[derive(Debug, Serialize)]
struct Other {
    mode: String,
    took: Spread,
    auc: f64,
    steps: usize,
    /// How many times as long it takes as ours with noise in floats, and as released.
    times: [f64; 2],
}

pub(super) fn run(args: &BenchLearn, out: Out) -> Result<(), Failure> {
    out.say(&format!("{} epochs of {STEPS} steps, two ways", args.epochs));
    let rows = Rows::drawn();
    let of = |noise| {
        let done = train(&rows, args.epochs, noise).map_err(super::dp::wrong)?;
        Ok::<_, Failure>(Figure { took: Spread::of(done.took), auc: done.auc })
    };
    let (float, exact) = (of(Noise::Float)?, of(Noise::Exact)?);
    let mut others = vec![];
    if let Some(python) = &args.python {
        out.say(&format!("the same by `{}`: this can take a minute", python.display()));
        let folder = Folder::made(None)?;
        let told = ask(python, &rows, folder.path(), args.epochs)?;
        let ours = [float.took.median_ms, exact.took.median_ms];
        others = told.into_iter().map(|told| told.beside(ours)).collect();
    }
    let table = Table { epochs: args.epochs, float, exact, others };
    out.answer(&table, || text(&table))?;
    within(&missed(&table))
}

fn missed(table: &Table) -> Vec<&'static str> {
    let apart = |other: &Other| (other.auc - table.exact.auc).abs() > AUC_APART;
    let mut missed = vec![];
    // Its default is what it tells first.
    if let Some(Other { times: [float, exact], .. }) = table.others.first() {
        missed.extend((*float < FLOAT_LEAST).then_some("an epoch with noise in floats"));
        missed.extend((*exact < EXACT_LEAST).then_some("an epoch as released"));
    }
    missed.extend(table.others.iter().any(apart).then_some("how well the models rank"));
    missed
}

fn text(table: &Table) -> String {
    let mut out = String::new();
    let [first, second] = HIDDEN;
    writeln!(
        out,
        "DP-SGD, {INPUTS}-{first}-{second}-1, {ROWS} rows, batches of {BATCH}, one thread: an epoch, \
         the median of {}",
        table.epochs
    )
    .ok();
    writeln!(out, "\n{:<36}{:>26}{:>9}{:>16}", "", "ms [least, most]", "AUC", "times as long").ok();
    for (name, figure) in [
        ("noise in floats, for training only", &table.float),
        ("exact noise, as released", &table.exact),
    ] {
        writeln!(out, "{name:<36}{:>26}{:>9.4}", figure.took.shown(), figure.auc).ok();
    }
    for Other { mode, took, auc, times: [float, exact], .. } in &table.others {
        let (name, took) = (format!("Opacus, `{mode}`"), took.shown());
        let times = format!("{float:.1}, {exact:.1}");
        writeln!(out, "{name:<36}{took:>26}{auc:>9.4}{times:>16}").ok();
    }
    if !table.others.is_empty() {
        writeln!(out, "\ntarget: {FLOAT_LEAST:.0} and {EXACT_LEAST:.0} times, by its default").ok();
    }
    out
}
