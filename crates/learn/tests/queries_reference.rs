//! Queries against `reference/queries.py`, which shares no line with them: vectors to the last
//! integer, answers without noise as the libraries of statisticians give them, and intervals as
//! searches find them where ours are closed forms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use serde::Deserialize;

use concordat_learn::query::{Answer, Bounds, Estimate, Finding, Noise, Outcomes, Query, Rows};

#[derive(Deserialize)]
struct Reference {
    query: Query,
    header: Vec<String>,
    tables: BTreeMap<String, Vec<Vec<String>>>,
    vectors: BTreeMap<String, Vec<i64>>,
    exact: Exact,
    noise_deviation: f64,
    noise: Vec<i64>,
    noisy: Noisy,
}

#[derive(Deserialize)]
struct Exact {
    rows: f64,
    missing: f64,
    other: f64,
    shares: Vec<f64>,
    quantiles: Vec<f64>,
    psi: f64,
    ks: f64,
    sites: BTreeMap<String, Distance>,
    all: Group,
    #[serde(rename = "F")]
    women: Group,
    #[serde(rename = "M")]
    men: Group,
    complete: f64,
    means: Vec<f64>,
    variances: Vec<f64>,
    correlation: [f64; 3],
}

#[derive(Deserialize)]
struct Distance {
    psi: f64,
    ks: f64,
}

#[derive(Deserialize)]
struct Group {
    tp: f64,
    fp: f64,
    tn: f64,
    #[serde(rename = "fn")]
    missed: f64,
    accuracy: f64,
    precision: f64,
    auc: f64,
    auc_unbinned: f64,
    calibration: Vec<f64>,
    selected: [f64; 3],
}

/// Of each figure the interval from noise alone, then with sampling.
#[derive(Deserialize)]
struct Noisy {
    selected: [BTreeMap<String, [f64; 3]>; 2],
    opportunity: [[f64; 2]; 2],
    auc: [[f64; 3]; 2],
    missing: [[f64; 2]; 2],
    quantiles: Vec<[[f64; 2]; 2]>,
    psi: [[f64; 2]; 2],
    ks: [[f64; 2]; 2],
    mean: [[f64; 2]; 2],
    variance: [[f64; 2]; 2],
    variance_value: f64,
    correlation: [[f64; 2]; 2],
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/queries.json")).unwrap()
}

fn sum_of(reference: &Reference) -> Vec<i64> {
    let mut sum = vec![0; reference.query.length()];
    for (holder, records) in &reference.tables {
        let rows = Rows { holder, header: &reference.header, records };
        let vector = reference.query.vector(&rows).unwrap().into_values();
        sum.iter_mut().zip(vector.iter()).for_each(|(total, value)| *total += value);
    }
    sum
}

fn near(found: f64, expected: f64, within: f64, what: &str) {
    assert!((found - expected).abs() <= within, "{what}: {found} where {expected} is right");
}

/// Both intervals of an estimate.
fn intervals(estimate: &Estimate, expected: &[[f64; 2]; 2], within: f64, what: &str) {
    let ends = |found: Bounds, expected: [f64; 2]| {
        near(found.low, expected[0], within, &format!("low end of {what}"));
        near(found.high, expected[1], within, &format!("high end of {what}"));
    };
    ends(estimate.rows, expected[0]);
    ends(estimate.population.unwrap(), expected[1]);
}

#[test]
fn the_query_is_good_and_its_vectors_are_the_reference_s_to_the_last_integer() {
    let reference = reference();
    assert_eq!(reference.query.check(), Ok(()));
    assert_eq!(reference.query.length(), 4 * 4 * 10 + 4 * 7 + 7);
    for (holder, records) in &reference.tables {
        let rows = Rows { holder, header: &reference.header, records };
        let vector = reference.query.vector(&rows).unwrap().into_values();
        assert_eq!(vector.as_slice(), reference.vectors[holder], "{holder}");
    }
}

fn of_exact(answer: &Answer, exact: &Exact) {
    let [profile, quantiles, drift, sites, audit, calibration, moments] =
        answer.findings.as_slice()
    else {
        panic!("seven readings");
    };
    let Finding::Profile { axes } = profile else { panic!() };
    assert_eq!(axes[1].rows.value, exact.rows);
    near(axes[1].missing.value, exact.missing, 1e-12, "missing");
    near(axes[1].other.value, exact.other, 1e-12, "other");
    for (found, expected) in axes[1].shares.iter().zip(&exact.shares) {
        near(found.share.value, *expected, 1e-12, &found.label);
    }
    let Finding::Quantiles { quantiles, .. } = quantiles else { panic!() };
    for (found, expected) in quantiles.iter().zip(&exact.quantiles) {
        near(found.value.value, *expected, 1e-9, "quantile");
    }
    let Finding::Drift(drift) = drift else { panic!() };
    near(drift.psi.value, exact.psi, 1e-12, "psi");
    near(drift.ks.unwrap().value, exact.ks, 1e-12, "ks");
    let Finding::Sites { sites } = sites else { panic!() };
    assert_eq!(sites.len(), 2);
    for site in sites {
        let expected = &exact.sites[&site.holder];
        near(site.drift.psi.value, expected.psi, 1e-12, "psi of a site");
        near(site.drift.ks.unwrap().value, expected.ks, 1e-12, "ks of a site");
    }
    let Finding::Fairness(audit) = audit else { panic!() };
    let Finding::Calibration { groups } = calibration else { panic!() };
    let found: [&Outcomes; 3] = [&audit.overall, &audit.groups[0], &audit.groups[1]];
    let expected = [&exact.all, &exact.women, &exact.men];
    for ((found, expected), calibration) in found.into_iter().zip(expected).zip(groups) {
        let group = &found.group;
        assert_eq!(found.true_positives.value, expected.tp, "{group}");
        assert_eq!(found.false_positives.value, expected.fp, "{group}");
        assert_eq!(found.true_negatives.value, expected.tn, "{group}");
        assert_eq!(found.false_negatives.value, expected.missed, "{group}");
        near(found.accuracy.value, expected.accuracy, 1e-12, group);
        near(found.precision.value, expected.precision, 1e-12, group);
        near(found.ranking.auc.value, expected.auc, 1e-12, group);
        near(expected.auc_unbinned, expected.auc, found.ranking.grain, group);
        near(found.selected.value, expected.selected[0], 1e-12, group);
        let population = found.selected.population.unwrap();
        near(population.low, expected.selected[1], 1e-9, group);
        near(population.high, expected.selected[2], 1e-9, group);
        assert_eq!(&calibration.group, group);
        for (bin, rate) in calibration.bins.iter().zip(&expected.calibration) {
            near(bin.rate.value, *rate, 1e-12, group);
        }
    }
    let women = expected[1].tp / (expected[1].tp + expected[1].missed);
    let men = expected[2].tp / (expected[2].tp + expected[2].missed);
    near(audit.opportunity.widest.value, (women - men).abs(), 1e-12, "opportunity");
    let Finding::Moments(moments) = moments else { panic!() };
    assert_eq!(moments.complete.value, exact.complete);
    // Rounding to 2^-16 of half the range, row by row.
    for (n, column) in moments.columns.iter().enumerate() {
        near(column.mean.value, exact.means[n], 1e-3, &column.column);
        near(column.variance.unwrap().value, exact.variances[n], 2e-2, &column.column);
    }
    let r = moments.correlations[0].r;
    near(r.value, exact.correlation[0], 1e-4, "correlation");
    near(r.population.unwrap().low, exact.correlation[1], 1e-4, "correlation");
    near(r.population.unwrap().high, exact.correlation[2], 1e-4, "correlation");
}

#[test]
fn without_noise_the_answers_are_those_of_scipy_and_scikit_learn() {
    let reference = reference();
    let answer = reference.query.answer(&sum_of(&reference), Noise::NONE).unwrap();
    of_exact(&answer, &reference.exact);
}

#[test]
fn with_noise_every_interval_ends_where_a_search_ends() {
    let reference = reference();
    let mut sum = sum_of(&reference);
    sum.iter_mut().zip(&reference.noise).for_each(|(total, noise)| *total += noise);
    let deviation = reference.noise_deviation * f64::from(1 << reference.query.scale_bits);
    let noise = Noise::of_nodes((deviation * deviation) as u64, 1);
    let answer = reference.query.answer(&sum, noise).unwrap();
    let noisy = &reference.noisy;

    let Finding::Profile { axes } = &answer.findings[0] else { panic!() };
    intervals(&axes[1].missing, &noisy.missing, 1e-9, "missing");
    let Finding::Quantiles { quantiles, .. } = &answer.findings[1] else { panic!() };
    for (found, expected) in quantiles.iter().zip(&noisy.quantiles) {
        intervals(&found.value, expected, 0.0, "quantile");
    }
    let Finding::Drift(drift) = &answer.findings[2] else { panic!() };
    intervals(&drift.psi, &noisy.psi, 1e-8, "psi");
    intervals(&drift.ks.unwrap(), &noisy.ks, 1e-8, "ks");
    let Finding::Fairness(audit) = &answer.findings[4] else { panic!() };
    let of = |group: &str| noisy.selected.each_ref().map(|of| [of[group][1], of[group][2]]);
    intervals(&audit.groups[0].selected, &of("F"), 1e-9, "women selected");
    intervals(&audit.groups[1].selected, &of("M"), 1e-9, "men selected");
    intervals(&audit.parity.from_first[0], &of("gap"), 1e-9, "parity");
    near(audit.parity.from_first[0].value, noisy.selected[0]["gap"][0], 1e-12, "parity");
    intervals(&audit.opportunity.widest, &noisy.opportunity, 1e-9, "opportunity");
    let auc = noisy.auc.map(|[_, low, high]| [low, high]);
    near(audit.groups[0].ranking.auc.value, noisy.auc[0][0], 1e-12, "auc");
    intervals(&audit.groups[0].ranking.auc, &auc, 1e-9, "auc");
    let Finding::Moments(moments) = &answer.findings[6] else { panic!() };
    intervals(&moments.columns[0].mean, &noisy.mean, 1e-8, "mean");
    let variance = moments.columns[0].variance.unwrap();
    near(variance.value, noisy.variance_value, 1e-8, "variance");
    intervals(&variance, &noisy.variance, 1e-4, "variance");
    // The reference's derivatives leave the bias of the variances out, the closed form does not.
    intervals(&moments.correlations[0].r, &noisy.correlation, 5e-3, "correlation");
}
