//! The figures under `tests/reference` of the workspace, read.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing)]

use concordat_dp::Event;
use concordat_terms::Decimal;

/// A job, and what dp-accounting 0.6.0 and mpmath say of it.
pub(crate) struct Row {
    /// Its releases, as decimals.
    pub(crate) events: Vec<Event>,
    /// The same: noise multiplier, sampling rate, how often.
    pub(crate) releases: Vec<(f64, f64, f64)>,
    pub(crate) delta: f64,
    /// ε by dp-accounting's RDP, and the order.
    pub(crate) rdp: f64,
    pub(crate) order: f64,
    /// The same with the integral at fractional orders, where the file has it.
    pub(crate) exact: Option<f64>,
    /// ε by dp-accounting's PLD, an upper bound.
    pub(crate) pld: f64,
    /// ε by the closed form, where nothing is sampled and the file has it.
    pub(crate) closed: Option<f64>,
}

/// The rows of both files.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for f in fields(include_str!("../../../../tests/reference/accounting_reference.csv")) {
        let number = |i: usize| f[i].parse::<f64>().unwrap();
        let releases = vec![(number(0), number(1), number(2))];
        rows.push(Row {
            events: events(&releases),
            releases,
            delta: number(3),
            rdp: number(4),
            order: number(5),
            exact: None,
            pld: number(6),
            closed: None,
        });
    }
    assert_eq!(rows.len(), 12);
    for f in fields(include_str!("../../../../tests/reference/accounting.csv")) {
        let number = |i: usize| f[i].parse::<f64>().unwrap();
        let release = |text: &str| {
            let part: Vec<f64> = text.split(':').map(|part| part.parse().unwrap()).collect();
            (part[0], part[1], part[2])
        };
        let releases: Vec<_> = f[0].split(' ').map(release).collect();
        rows.push(Row {
            events: events(&releases),
            releases,
            delta: number(1),
            rdp: number(2),
            order: number(3),
            exact: Some(number(4)),
            pld: number(6),
            closed: f[8].parse().ok(),
        });
    }
    assert!(rows.len() >= 12 + 30);
    rows
}

/// The fields of a file's lines below its heading.
pub(crate) fn fields(file: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = file.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines.map(|line| line.split(',').collect())
}

/// The decimal that a double is shown as, to twelve places.
pub(crate) fn decimal(value: f64) -> Decimal {
    let text = format!("{value:.12}");
    text.trim_end_matches('0').trim_end_matches('.').parse().unwrap()
}

fn events(releases: &[(f64, f64, f64)]) -> Vec<Event> {
    let event = |&(sigma, rate, count): &(f64, f64, f64)| Event {
        sigma: decimal(sigma),
        q: decimal(rate),
        count: count as u32,
    };
    releases.iter().map(event).collect()
}
