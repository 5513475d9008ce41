//! `concordat query show`: an answer, held against what the log says of its run.

use concordat_learn::query::view::{Chart, charts, svg, terminal};
use concordat_learn::query::{
    Answer, Axis, Drift, Estimate, Finding, Part, Query, Reference, Released, Summary, drift,
};
use concordat_node::follow::Follower;
use concordat_partnership::RunStatus;
use concordat_partnership::act::Plan;
use concordat_terms::{Decimal, Digest, PartyId, RunId, jcs};
use serde::Serialize;

use super::super::desk::{answered, open_latest};
use crate::args::ShowQuery;
use crate::failure::Failure;
use crate::files;
use crate::out::Out;

#[derive(Debug, Serialize)]
struct Shown<'a> {
    run: &'a RunId,
    /// The answer's digest, which the log has.
    answer: Digest,
    plan: &'a Plan,
    query: &'a Query,
    /// Whose rows are in it.
    of: Vec<&'a PartyId>,
    /// What it spends of each holder's account.
    epsilon: Decimal,
    delta: Decimal,
    /// Standard deviation of the noise in each count, in rows.
    deviation: f64,
    findings: &'a [Finding],
    /// How far axes have drifted since another query.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    drift: Vec<Drift>,
}

pub(super) fn run(args: &ShowQuery, out: Out) -> Result<(), Failure> {
    let (_, mut follower) = open_latest(&args.home)?;
    let (digest, plan, released) = released(&mut follower, &args.run)?;
    let answer = released.answer();
    let since = match &args.against {
        None => Vec::new(),
        Some(run) => {
            let (_, _, other) = self::released(&mut follower, run)?;
            drifted((&released, &answer), &other, run)?
        }
    };
    let shown = Shown {
        run: &args.run,
        answer: digest,
        plan: &plan,
        query: &released.query,
        of: released.of.iter().collect(),
        epsilon: released.made.epsilon,
        delta: released.made.delta,
        deviation: released.deviation(),
        findings: &answer.findings,
        drift: since,
    };
    let mut pictures: Vec<Chart> = answer.findings.iter().flat_map(charts).collect();
    pictures.extend(shown.drift.iter().flat_map(|drift| charts(&Finding::Drift(drift.clone()))));
    if let Some(path) = &args.svg {
        files::write_whole(path, document(&pictures).as_bytes())?;
    }
    out.answer(&shown, || text(&shown, &pictures))
}

/// The answer to a query, as its participants signed it.
fn released(follower: &mut Follower, run: &RunId) -> Result<(Digest, Plan, Released), Failure> {
    let Some(known) = follower.state().runs().get(run) else {
        let what = format!("there is no run `{run}`");
        return Err(Failure::usage("unknown-run", what, "run `concordat status`"));
    };
    let plan = known.proposed.plan.clone();
    if plan.kind != concordat_agreement::RunKind::Query {
        let what = format!("run `{run}` is no query: it has a model, and no answer");
        return Err(Failure::usage("no-query", what, "run `concordat run show`"));
    }
    let RunStatus::Closed(close) = &known.status else {
        let what = format!("query `{run}` is {}: it has no answer", known.status.as_str());
        let hint = format!("run `concordat run watch {run}` to wait for it");
        return Err(Failure::refused("no-answer", what, hint));
    };
    let (digest, roster) = (close.model, close.roster.clone());
    let bytes = follower.blob(&digest).map_err(|fault| answered(&fault))?;
    let other = |why: &str| {
        let what = format!("what run `{run}` was closed with is not its answer: {why}");
        Failure::refused("other-answer", what, "ask another participant; do not rely on it")
    };
    if Digest::of(&bytes) != digest {
        return Err(other("it has another digest"));
    }
    let released = Released::from_bytes(&bytes).map_err(|e| other(&e.to_string()))?;
    let planned = jcs::to_bytes(&plan).map(|bytes| Digest::of(&bytes)).ok();
    if released.made.run != *run || Some(released.made.plan) != planned {
        return Err(other("it is of another plan"));
    }
    if released.query.digest() != plan.recipe {
        return Err(other("it is of another query"));
    }
    if released.of != roster {
        return Err(other("it is of other holders than signed it"));
    }
    Ok((digest, plan, released))
}

/// How far each axis that two answers share has drifted.
fn drifted(
    (now, answer): (&Released, &Answer),
    then: &Released,
    run: &RunId,
) -> Result<Vec<Drift>, Failure> {
    let before = then.answer();
    let mut found = Vec::new();
    for (name, axes) in histograms(&now.query) {
        for (at, axis) in axes.iter().enumerate() {
            let same = histograms(&then.query)
                .find_map(|(other, axes)| Some((other, axes.iter().position(|of| of == axis)?)));
            let Some((other, place)) = same else { continue };
            let (Some(table), Some(reference)) = (answer.table(name), before.table(other)) else {
                continue;
            };
            let reference = Reference::measured(reference, place);
            found.extend(reference.and_then(|reference| drift(table, at, &reference)));
        }
    }
    if found.is_empty() {
        let what = format!("no axis has the same cells in both queries, this one and `{run}`");
        return Err(Failure::usage("no-common-axis", what, "ask both in the same bins or levels"));
    }
    Ok(found)
}

fn histograms(query: &Query) -> impl Iterator<Item = (&str, &[Axis])> {
    query.parts.iter().filter_map(|part| match part {
        Part::Histogram(of) => Some((of.name.as_str(), of.axes.as_slice())),
        Part::Moments(_) => None,
    })
}

/// All pictures below each other, in one document.
fn document(pictures: &[Chart]) -> String {
    let height = |picture: &str| -> f64 {
        let rest = picture.split_once("height=\"").map_or("", |(_, rest)| rest);
        rest.split('"').next().and_then(|number| number.parse().ok()).unwrap_or(0.0)
    };
    let (mut body, mut top) = (String::new(), 0.0);
    for picture in pictures.iter().map(svg) {
        body.push_str(&picture.replacen("<svg ", &format!("<svg y=\"{top}\" "), 1));
        top += height(&picture);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"{top}\" \
         viewBox=\"0 0 720 {top}\">\n{body}</svg>\n"
    )
}

fn text(shown: &Shown<'_>, pictures: &[Chart]) -> String {
    let Shown { run, plan, of, epsilon, delta, deviation, .. } = shown;
    let of: Vec<&str> = of.iter().map(|party| party.as_str()).collect();
    let Plan { asset, purpose, .. } = plan;
    let mut lines = vec![
        format!("{run}: query on {asset} for {purpose}"),
        format!("    rows of {}", of.join(", ")),
        format!("    costs each holder ε = {epsilon} at δ = {delta}"),
        format!("    noise in each count: a standard deviation of {deviation:.2} rows"),
        format!("    answer {}", shown.answer),
    ];
    for finding in shown.findings {
        if let Finding::Moments(summary) = finding {
            lines.push(String::new());
            lines.extend(moments(summary));
        }
    }
    for picture in pictures {
        lines.push(String::new());
        lines.push(terminal(picture).trim_end().to_owned());
    }
    lines.join("\n")
}

/// Means and variances: figures in units of their own, which no common scale shows.
fn moments(summary: &Summary) -> Vec<String> {
    let told = |estimate: Estimate| {
        let Estimate { value, rows, population } = estimate;
        let sampled = population
            .map(|ends| format!("; {:.2} to {:.2} with sampling", ends.low, ends.high))
            .unwrap_or_default();
        format!("{value:.2} ({:.2} to {:.2} from noise{sampled})", rows.low, rows.high)
    };
    let mut lines = vec![format!("Rows with a number in every column: {}", told(summary.complete))];
    for column in &summary.columns {
        lines.push(format!("{}: mean {}", column.column, told(column.mean)));
        if let Some(variance) = column.variance {
            lines.push(format!("{}: variance {}", column.column, told(variance)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use concordat_learn::query::Noise;
    use serde_json::json;

    use super::*;

    #[test]
    fn pictures_stand_below_each_other_in_one_document() {
        let query: Query = serde_json::from_value(json!({
            "person": "person", "rows_per_person": 1, "scale_bits": 10,
            "parts": [{"kind": "histogram", "name": "ages", "axes": [
                {"kind": "bins", "column": "age", "edges": ["0", "50", "100"]},
            ]}],
            "readings": [
                {"kind": "profile", "of": "ages"},
                {"kind": "quantiles", "of": "ages", "axis": "age", "at": ["0.5"]},
            ],
        }))
        .unwrap();
        let sum = [300 << 10, 200 << 10, 0, 0];
        let answer = query.answer(&sum, Noise::of_nodes(1 << 20, 4)).unwrap();
        let pictures: Vec<Chart> = answer.findings.iter().flat_map(charts).collect();
        assert_eq!(pictures.len(), 2);
        let document = document(&pictures);
        let heights = |picture: &str| -> f64 {
            let (_, rest) = picture.split_once(" height=\"").unwrap();
            rest.split('"').next().unwrap().parse().unwrap()
        };
        let each: Vec<f64> = pictures.iter().map(|picture| heights(&svg(picture))).collect();
        assert_eq!(heights(&document), each[0] + each[1]);
        assert!(document.contains("<svg y=\"0\" "), "{document}");
        assert!(document.contains(&format!("<svg y=\"{}\" ", each[0])), "{document}");
        assert_eq!(document.matches("<svg ").count(), document.matches("</svg>").count());
    }
}
