//! `concordat pilot --bench`: how good the model is, exactly, over many keyed splits.
//!
//! Outside any partnership: the rows are published ones, or those of whoever runs it. No processes: the node's
//! own kernels, quantiser, noise and ring in one loop, without the masks, which cancel anyway.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::thread;

use concordat_learn::metrics::{Interval, Scores, score};
use concordat_learn::{Model, Units, pooled};
use concordat_node::plan::Task;
use concordat_node::train::{Noise, OutsideAnyPartnership, federate};
use concordat_terms::PartyId;
use serde::Serialize;

use super::cast::Cast;
use super::example::Example;
use super::outset::Outset;
use super::{fault_of, judged};
use crate::args::Pilot;
use crate::failure::Failure;
use crate::out::Out;

/// A mean over splits and its 95 % interval.
#[derive(Clone, Copy, Debug, Serialize)]
struct Mean {
    mean: f64,
    low: f64,
    high: f64,
}

/// One way of training, scored on the pooled test rows of every split.
#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    accuracy: Mean,
    balanced: Mean,
    auc: Mean,
    brier: Mean,
}

/// One holder's test rows.
#[derive(Debug, Serialize)]
struct Site {
    holder: PartyId,
    majority: Mean,
    without_noise: Mean,
    private: Mean,
}

#[derive(Debug, Serialize)]
struct Table100 {
    splits: usize,
    noise: String,
    /// What the accountant proves against one curious party after every allowed dropout.
    epsilon: f64,
    delta: String,
    rows: Vec<Row>,
    majority: Mean,
    /// Accuracy without noise minus with it, on the same splits and batches.
    lost_to_noise: Mean,
    /// Accuracy of pooled, centralised training minus federated without noise.
    lost_to_federation: Mean,
    sites: Vec<Site>,
}

/// The scores of one split.
struct Scored {
    pooled: Scores,
    plain: Scores,
    private: Scores,
    sites: BTreeMap<PartyId, (Scores, Scores)>,
}

pub(super) fn run(args: &Pilot, out: Out) -> Result<(), Failure> {
    let example = Example::read(args.example.as_deref())?;
    let outset = Outset::of(&example, Path::new(""))?;
    let cast = &outset.cast;
    let task = judged::task(&outset)?;
    let tables: BTreeMap<&PartyId, &Units> =
        outset.tables.iter().map(|(holder, rows)| (holder, &rows.units)).collect();
    out.say(&format!("{} splits of {} tables, two ways each", args.splits, tables.len()));
    let epsilon =
        concordat_dp::epsilon(&task.cost, cast.delta).map_err(|e| fault_of(&e.to_string()))?;
    let scored = all_splits(&task, &tables, args.splits)?;
    let table =
        summarise(&scored, &task, cast, epsilon).ok_or_else(|| fault_of("too few splits"))?;
    out.answer(&table, || text(&table, example.is_own()))
}

fn all_splits(
    task: &Task,
    tables: &BTreeMap<&PartyId, &Units>,
    splits: u32,
) -> Result<Vec<Scored>, Failure> {
    let halves: Vec<Vec<u32>> =
        (0..2).map(|half| (0..splits).filter(|split| split % 2 == half).collect()).collect();
    let done: Vec<Result<Vec<Scored>, Failure>> = thread::scope(|scope| {
        let workers: Vec<_> = halves
            .iter()
            .map(|half| {
                scope.spawn(move || half.iter().map(|s| one_split(task, tables, *s)).collect())
            })
            .collect();
        let ended = workers.into_iter().map(|worker| worker.join());
        ended.map(|worker| worker.unwrap_or_else(|_| Err(fault_of("a thread ended")))).collect()
    });
    let mut scored = Vec::new();
    for half in done {
        scored.extend(half?);
    }
    Ok(scored)
}

fn one_split(
    task: &Task,
    tables: &BTreeMap<&PartyId, &Units>,
    split: u32,
) -> Result<Scored, Failure> {
    let mut task = task.clone();
    // Keys like the plan's own, numbered; fixed before anything was measured with them.
    let family = task.recipe.split.key.split('/').next().unwrap_or_default().to_owned();
    task.recipe.split.key = format!("{family}/split-{split}");
    let parts: BTreeMap<&PartyId, (Units, Units)> =
        tables.iter().map(|(party, units)| (*party, units.split(&task.recipe.split))).collect();
    let train: Vec<&Units> = parts.values().map(|(train, _)| train).collect();
    let test: Vec<&Units> = parts.values().map(|(_, test)| test).collect();
    let outside = OutsideAnyPartnership::declare();
    let plain =
        federate(&task, &train, Noise::Off(outside), split, outside).map_err(Failure::Fault)?;
    let private = federate(&task, &train, Noise::Exact, split, outside).map_err(Failure::Fault)?;
    let reference =
        pooled::train(&task.recipe, &Units::pool(&train)).map_err(|e| fault_of(&e.to_string()))?;
    let together = Units::pool(&test);
    let mut sites = BTreeMap::new();
    for (party, (_, test)) in &parts {
        sites.insert((*party).clone(), (scores(&plain, test)?, scores(&private, test)?));
    }
    Ok(Scored {
        pooled: scores(&reference, &together)?,
        plain: scores(&plain, &together)?,
        private: scores(&private, &together)?,
        sites,
    })
}

fn scores(model: &Model, units: &Units) -> Result<Scores, Failure> {
    score(&units.labels(), &model.predict(units))
        .ok_or_else(|| fault_of("a split has no test rows"))
}

fn summarise(scored: &[Scored], task: &Task, cast: &Cast, epsilon: f64) -> Option<Table100> {
    let of = |pick: &dyn Fn(&Scored) -> f64| -> Vec<f64> { scored.iter().map(pick).collect() };
    let row = |name, pick: fn(&Scored) -> &Scores| {
        Some(Row {
            name,
            accuracy: mean(&of(&|s| pick(s).accuracy))?,
            balanced: mean(&of(&|s| pick(s).balanced_accuracy.unwrap_or(f64::NAN)))?,
            auc: mean(&of(&|s| pick(s).auc.unwrap_or(f64::NAN)))?,
            brier: mean(&of(&|s| pick(s).brier))?,
        })
    };
    let plain = of(&|s| s.plain.accuracy);
    let sites = cast.holders.iter().map(|holder| {
        let site = |pick: fn(&(Scores, Scores)) -> f64| {
            let values: Vec<f64> =
                scored.iter().filter_map(|s| s.sites.get(holder)).map(pick).collect();
            mean(&values)
        };
        Some(Site {
            holder: holder.clone(),
            majority: site(|(plain, _)| plain.majority)?,
            without_noise: site(|(plain, _)| plain.accuracy)?,
            private: site(|(_, private)| private.accuracy)?,
        })
    });
    Some(Table100 {
        splits: scored.len(),
        noise: task.plan.noise.to_string(),
        epsilon,
        delta: cast.delta.to_string(),
        rows: vec![
            row("pooled, centralised", |s| &s.pooled)?,
            row("federated, no noise", |s| &s.plain)?,
            row("federated, private", |s| &s.private)?,
        ],
        majority: mean(&of(&|s| s.pooled.majority))?,
        lost_to_noise: paired(&plain, &of(&|s| s.private.accuracy))?,
        lost_to_federation: paired(&of(&|s| s.pooled.accuracy), &plain)?,
        sites: sites.collect::<Option<_>>()?,
    })
}

fn mean(values: &[f64]) -> Option<Mean> {
    Interval::of(values).map(|interval| within(shown(interval), 0.0, 1.0))
}

fn paired(first: &[f64], second: &[f64]) -> Option<Mean> {
    Interval::of_differences(first, second).map(|interval| within(shown(interval), -1.0, 1.0))
}

fn shown(interval: Interval) -> Mean {
    Mean { mean: interval.mean, low: interval.low, high: interval.high }
}

/// The part of an interval that is possible: with few splits it reaches further than the figure can.
fn within(mean: Mean, least: f64, most: f64) -> Mean {
    Mean { low: mean.low.max(least), high: mean.high.min(most), ..mean }
}

/// One figure of a row.
type Pick = fn(&Row) -> &Mean;

fn text(table: &Table100, own: bool) -> String {
    let mut out = String::new();
    let m = |m: &Mean| format!("{:.4} [{:.4}, {:.4}]", m.mean, m.low, m.high);
    let mut line = |text: String| {
        let _infallible = writeln!(out, "{text}");
    };
    line(format!(
        "{} keyed splits; mean and 95 % interval of the mean over splits (Student t)",
        table.splits
    ));
    line(format!(
        "private: ε = {:.4} at δ = {}, σ = {}, against one curious party after",
        table.epsilon, table.delta, table.noise
    ));
    line("every allowed dropout".into());
    let pooled: [(&str, &str, [Pick; 2]); 2] = [
        ("accuracy", "balanced accuracy", [|row| &row.accuracy, |row| &row.balanced]),
        ("AUC", "Brier score", [|row| &row.auc, |row| &row.brier]),
    ];
    for (first, second, picks) in pooled {
        line(String::new());
        line(format!("{:<22}{first:<26}{second}", "pooled test rows"));
        for row in &table.rows {
            let [first, second] = picks.map(|pick| m(pick(row)));
            line(format!("{:<22}{first:<26}{second}", row.name));
        }
        if first == "accuracy" {
            line(format!("{:<22}{}", "majority label", m(&table.majority)));
        }
    }
    line(String::new());
    line(format!("accuracy lost to noise, paired       {}", m(&table.lost_to_noise)));
    line(format!("accuracy lost to federation, paired  {}", m(&table.lost_to_federation)));
    line(String::new());
    line("accuracy on each site's test rows, and the share of their majority label:".into());
    let wide = table.sites.iter().map(|site| site.holder.as_str().len()).max().unwrap_or(0);
    line(format!("{:wide$}  {:<10}{:<26}{}", "", "majority", "no noise", "private"));
    for site in &table.sites {
        let (plain, private) = (m(&site.without_noise), m(&site.private));
        let (holder, majority) = (site.holder.as_str(), site.majority.mean);
        line(format!("{holder:wide$}  {majority:<10.4}{plain:<26}{private}"));
    }
    if own {
        line(String::new());
        line("context, other splits of the same rows (FLamby Fed-Heart-Disease): pooled".into());
        line(".795, FedAvg .748, FedAdagrad and FedYogi .779, SCAFFOLD .748".into());
    }
    out
}
