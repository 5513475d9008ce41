//! `concordat model`: what one party does with a model by itself.

use std::path::Path;

use concordat_data::band;
use concordat_learn::adapt::{Adaptation, Adapted, NotAdapted, Sharing, adapt, losses};
use concordat_learn::compared::{Figure, Metric};
use concordat_learn::metrics::Interval;
use concordat_learn::query::Bounds;
use concordat_learn::{Model, Target, Units};
use concordat_terms::Digest;
use serde::Serialize;

use super::predict;
use crate::args::{Adapt, ModelCommand};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

/// What was written. Figures of rows are for whoever has the rows.
#[derive(Debug, Serialize)]
struct Written<'a> {
    file: String,
    model: Digest,
    #[serde(flatten)]
    adapted: &'a Adapted,
    /// How both models do on rows that it was not fitted to; none where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out: Option<HeldOut>,
}

#[derive(Debug, Serialize)]
struct HeldOut {
    rows: usize,
    metrics: Vec<Change>,
}

#[derive(Debug, Serialize)]
struct Change {
    metric: &'static str,
    before: f64,
    after: f64,
    /// After less before, row by row.
    difference: Figure,
}

pub(super) fn run(command: &ModelCommand, out: Out) -> Result<(), Failure> {
    match command {
        ModelCommand::Adapt(args) => adapt_here(args, out),
    }
}

/// Fits to the persons whom the recipe's split trains on, and measures on the others.
fn adapt_here(args: &Adapt, out: Out) -> Result<(), Failure> {
    let parent = predict::read(&args.model)?;
    let units = predict::units(&args.rows, parent.recipe())?;
    let (own, test) = units.split(&parent.recipe().split);
    let method = Adaptation::from(args.method);
    let model = adapt(&parent, &own, method, args.pull, band(own.rows()))
        .map_err(|why| not_adapted(&args.rows, &why))?;
    let held_out = held_out(&parent, &model, &test);
    files::write_private(&args.out, &model.to_bytes())?;
    let Some(adapted) = model.adapted() else { return Ok(()) };
    let file = args.out.display().to_string();
    let written = Written { file, model: model.digest(), adapted, held_out };
    out.answer(&written, || text(&written))?;
    let worse = |held: &HeldOut| held.metrics.first().is_some_and(|loss| !is_better(loss));
    if written.held_out.as_ref().is_some_and(worse) {
        out.say("note: on the rows held out it is no better than before, or by chance");
    }
    Ok(())
}

fn is_better(loss: &Change) -> bool {
    loss.difference.bounds.high < 0.0
}

fn held_out(parent: &Model, model: &Model, test: &Units) -> Option<HeldOut> {
    let (before, after) = (losses(parent, test).ok()?, losses(model, test).ok()?);
    let apart = Interval::of_differences(&after, &before)?;
    let mean = |values: &[f64]| Interval::of(values).map(|own| own.mean);
    let difference =
        Figure { value: apart.mean, bounds: Bounds { low: apart.low, high: apart.high } };
    let mut metrics =
        vec![Change { metric: "loss", before: mean(&before)?, after: mean(&after)?, difference }];
    if matches!(model.recipe().target, Target::YesNo { .. }) {
        let (labels, was, is) = (test.labels(), parent.predict(test), model.predict(test));
        metrics.extend(Metric::ALL.into_iter().filter_map(|metric| {
            let value = |said: &[f64]| Some(metric.of_rows(&labels, said)?.value);
            Some(Change {
                metric: metric.as_str(),
                before: value(&was)?,
                after: value(&is)?,
                difference: metric.of_pair(&labels, &was, &is)?,
            })
        }));
    }
    Some(HeldOut { rows: test.rows(), metrics })
}

fn text(written: &Written<'_>) -> String {
    let Written { file, model, adapted, held_out } = written;
    let how = match adapted.method {
        Adaptation::Calibrated => "calibrated",
        Adaptation::LastLayer => "its last layer tuned",
        Adaptation::AllLayers => "all its layers tuned",
    };
    let mut lines = vec![
        format!("{file}: model {model}"),
        format!("    {}, {how} on {} rows or some more", adapted.parent, adapted.rows_band),
        format!("    {}", Sharing::WORDS),
    ];
    match held_out {
        None => lines.push("    no rows were held out to measure it on".to_owned()),
        Some(HeldOut { rows, metrics }) => {
            lines.push(format!("    on {rows} rows held out, before and after:"));
            lines.extend(metrics.iter().map(|own| {
                let Figure { value, bounds } = own.difference;
                format!(
                    "        {} {:.4}, {:.4}; apart by {value:+.4} [{:+.4}, {:+.4}]",
                    own.metric, own.before, own.after, bounds.low, bounds.high
                )
            }));
        }
    }
    lines.join("\n")
}

fn not_adapted(rows: &Path, why: &NotAdapted) -> Failure {
    let hint = match why {
        NotAdapted::OtherRows => "name the file with the rows of the model's recipe",
        NotAdapted::TooFewRows => "name more rows: those held out are not fitted to",
        NotAdapted::NothingToGain => {
            "use the model as it is, or tune a layer (`--method last-layer`)"
        }
        NotAdapted::Pull => "name a `--pull` of 0 or more",
    };
    let what = format!("the model is not adapted to `{}`: {why}", rows.display());
    Failure::usage("not-adapted", what, hint)
}
