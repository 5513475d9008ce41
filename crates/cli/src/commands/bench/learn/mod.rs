//! `concordat bench learn`: epochs of private training on one thread, beside Opacus where there is
//! one.

mod epochs;
mod python;

use std::fmt::Write as _;

use serde::Serialize;

use self::epochs::{BATCH, HIDDEN, INPUTS, Noise, ROWS, Rows, STEPS, train};
use self::python::{Told, ask};
use super::{Folder, Spread, within};
use crate::args::BenchLearn;
use crate::failure::Failure;
use crate::out::Out;

/// How many times as fast as the other's fastest way we are at least: with noise in floats, and
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
    /// How many times as long the other's fastest way took, and what is asked for.
    times: Option<f64>,
    least: f64,
}

#[derive(Debug, Serialize)]
struct Other {
    mode: String,
    took: Spread,
    auc: f64,
    steps: usize,
}

pub(super) fn run(args: &BenchLearn, out: Out) -> Result<(), Failure> {
    out.say(&format!("{} epochs of {STEPS} steps, two ways", args.epochs));
    let rows = Rows::drawn();
    let of = |noise, least| {
        let done = train(&rows, args.epochs, noise).map_err(super::dp::wrong)?;
        Ok::<_, Failure>(Figure { took: Spread::of(done.took), auc: done.auc, times: None, least })
    };
    let mut float = of(Noise::Float, FLOAT_LEAST)?;
    let mut exact = of(Noise::Exact, EXACT_LEAST)?;
    let mut others = vec![];
    if let Some(python) = &args.python {
        out.say(&format!("the same by `{}`: this can take a minute", python.display()));
        let folder = Folder::made(None)?;
        others =
            ask(python, &rows, folder.path(), args.epochs)?.into_iter().map(Told::seen).collect();
        let fastest =
            others.iter().map(|other: &Other| other.took.median_ms).fold(f64::MAX, f64::min);
        for figure in [&mut float, &mut exact] {
            figure.times = Some(fastest / figure.took.median_ms.max(f64::MIN_POSITIVE));
        }
    }
    let table = Table { epochs: args.epochs, float, exact, others };
    out.answer(&table, || text(&table))?;
    within(&missed(&table))
}

fn missed(table: &Table) -> Vec<&'static str> {
    let slow = |figure: &Figure| figure.times.is_some_and(|times| times < figure.least);
    let apart = |other: &Other| (other.auc - table.exact.auc).abs() > AUC_APART;
    let mut missed = vec![];
    missed.extend(slow(&table.float).then_some("an epoch with noise in floats"));
    missed.extend(slow(&table.exact).then_some("an epoch as released"));
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
    writeln!(out, "\n{:<34}{:>26}{:>9}{:>8}", "", "ms [least, most]", "AUC", "times").ok();
    for (name, figure) in [
        ("noise in floats, for training only", &table.float),
        ("exact noise, as released", &table.exact),
    ] {
        let times = figure.times.map_or(String::new(), |times| format!("{times:.1}"));
        let (took, auc) = (figure.took.shown(), figure.auc);
        writeln!(out, "{name:<34}{took:>26}{auc:>9.4}{times:>8}").ok();
    }
    for other in &table.others {
        let name = format!("Opacus, {}", other.mode);
        writeln!(out, "{name:<34}{:>26}{:>9.4}", other.took.shown(), other.auc).ok();
    }
    if !table.others.is_empty() {
        writeln!(out, "\ntarget: {FLOAT_LEAST:.0} and {EXACT_LEAST:.0} times as fast").ok();
    }
    out
}
