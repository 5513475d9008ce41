//! `concordat bench dp`: accounting and noise, beside the accountants of others where there are
//! some.

mod noise;
mod python;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use concordat_dp::{Event, cost, epsilon, pld};
use concordat_terms::Decimal;
use serde::Serialize;

use self::noise::Noise;
use self::python::{Asked, Task, Told, ask};
use super::{Spread, within};
use crate::args::BenchDp;
use crate::failure::Failure;
use crate::out::Out;

/// How many times as fast as another accountant ours is at least.
const TIMES_LEAST: f64 = 10.0;
/// How far our figure is below another's at most: at fractional orders theirs is an upper bound.
const BELOW_MOST: f64 = 0.004;
/// How far the figure of a distribution is above another's at most.
const ABOVE_MOST: f64 = 0.01;

/// What is accounted: noise multiplier, sampling rate, releases, δ.
const TASKS: [(&str, &str, u32, &str); 8] = [
    ("7.27", "0.2", 102, "0.0001"),
    ("1", "1", 100, "0.00001"),
    ("20", "1", 500, "0.000001"),
    ("1.1", "0.004", 14_062, "0.00001"),
    ("1", "0.01", 1_000, "0.00001"),
    ("2", "0.05", 2_000, "0.00001"),
    ("0.8", "0.1", 50, "0.0001"),
    ("5", "0.2", 5_000, "0.0000001"),
];

/// One task, by both accountants.
#[derive(Debug, Serialize)]
struct Row {
    sigma: String,
    rate: String,
    count: u32,
    delta: String,
    /// From the events to ε: what the filter proves.
    rdp: Figure,
    /// What the distribution says.
    pld: Figure,
}

#[derive(Debug, Serialize)]
struct Figure {
    epsilon: f64,
    took: Spread,
    /// Another accountant's, and how many times as long it took.
    other: Option<Other>,
    met: bool,
}

#[derive(Debug, Serialize)]
struct Other {
    epsilon: f64,
    took: Spread,
    times: f64,
}

#[derive(Debug, Serialize)]
struct Table {
    runs: u32,
    rows: Vec<Row>,
    noise: Noise,
}

pub(super) fn run(args: &BenchDp, out: Out) -> Result<(), Failure> {
    out.say(&format!("{} runs of each accountant", args.runs));
    let mut rows = Vec::new();
    let mut tasks = Vec::new();
    for (sigma, rate, count, delta) in TASKS {
        let number = |text: &str| text.parse::<Decimal>().map_err(|e| wrong(e.to_string()));
        let (event, at) =
            (Event { sigma: number(sigma)?, q: number(rate)?, count }, number(delta)?);
        let impossible = |e: concordat_dp::ParameterError| wrong(e.to_string());
        let rdp = measured(args.runs, || epsilon(&cost(&[event])?, at)).map_err(impossible)?;
        let pld = measured(args.runs, || pld::epsilon(&[event], at)).map_err(impossible)?;
        let [sigma_f, rate_f, delta_f] = [event.sigma, event.q, at].map(Decimal::to_f64);
        tasks.push(Task { sigma: sigma_f, rate: rate_f, count, delta: delta_f });
        let [sigma, rate, delta] = [sigma, rate, delta].map(str::to_owned);
        rows.push(Row { sigma, rate, count, delta, rdp, pld });
    }
    let mut noise = noise::measure()?;
    if let Some(python) = &args.python {
        out.say(&format!("the same by `{}`: this can take minutes", python.display()));
        let (deviation, draws) = (noise::DEVIATION, noise::DRAWS);
        let asked = Asked { runs: args.runs.min(5), tasks: &tasks, deviation, draws };
        let answered = ask(python, &asked)?;
        for (row, theirs) in rows.iter_mut().zip(&answered.tasks) {
            // A cost is rounded up to whole micro-nats.
            row.rdp.hold(&theirs.rdp, -BELOW_MOST);
            row.pld.hold(&theirs.pld, 0.0);
        }
        noise.hold(answered.draw_ns);
    }
    let table = Table { runs: args.runs, rows, noise };
    out.answer(&table, || text(&table))?;
    let missed = table.rows.iter().filter(|row| !(row.rdp.met && row.pld.met));
    let over: Vec<String> =
        missed.map(|row| format!("σ {}, q {} × {}", row.sigma, row.rate, row.count)).collect();
    within(&over.iter().map(String::as_str).collect::<Vec<_>>())
}

pub(in crate::commands::bench) fn wrong(what: String) -> Failure {
    Failure::fault("bench-wrong", what, "report this with the program's version")
}

/// Once unmeasured, and then so many times.
fn measured<E>(runs: u32, what: impl Fn() -> Result<f64, E>) -> Result<Figure, E> {
    let epsilon = what()?;
    let mut took: Vec<Duration> = Vec::new();
    for _ in 0..runs {
        let started = Instant::now();
        std::hint::black_box(what()?);
        took.push(started.elapsed());
    }
    Ok(Figure { epsilon, took: Spread::of(took), other: None, met: true })
}

impl Figure {
    /// Holds it against another accountant's: as fast as it should be, and not below it by more
    /// than a part, or far above.
    fn hold(&mut self, theirs: &Told, least: f64) {
        let took = theirs.took();
        let times = took.median_ms / self.took.median_ms.max(f64::MIN_POSITIVE);
        let apart = self.epsilon / theirs.epsilon - 1.0;
        self.met = times >= TIMES_LEAST && (least..=ABOVE_MOST).contains(&apart);
        self.other = Some(Other { epsilon: theirs.epsilon, took, times });
    }

    fn shown(&self) -> String {
        let mut text = format!("{:>9.4}{:>9.3}", self.epsilon, self.took.median_ms);
        if let Some(Other { epsilon, took, times }) = &self.other {
            let met = if self.met { "" } else { " missed" };
            write!(text, "{epsilon:>9.4}{:>10.2}{times:>7.0}{met}", took.median_ms).ok();
        }
        text
    }
}

fn text(table: &Table) -> String {
    let mut out = String::new();
    let other = table.rows.iter().any(|row| row.rdp.other.is_some());
    writeln!(out, "ε and milliseconds, the median of {} runs", table.runs).ok();
    let columns = if other {
        format!("{:>9}{:>9}{:>9}{:>10}{:>7}", "ε", "ms", "other ε", "ms", "times")
    } else {
        format!("{:>9}{:>9}", "ε", "ms")
    };
    for (title, of) in [("what the filter proves", 0), ("what the distribution says", 1)] {
        writeln!(out, "\n{title:<34}{columns}").ok();
        for row in &table.rows {
            let figure = if of == 0 { &row.rdp } else { &row.pld };
            let task = format!("σ {}, q {}, × {}, δ {}", row.sigma, row.rate, row.count, row.delta);
            writeln!(out, "{task:<34}{}", figure.shown()).ok();
        }
    }
    if other {
        writeln!(out, "\ntarget: {TIMES_LEAST:.0} times as fast, and a distribution never below")
            .ok();
    }
    writeln!(out, "\n{}", table.noise.shown()).ok();
    out
}
