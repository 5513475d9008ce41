//! `concordat node egress`: what has left a folder, by day and kind, and whether the list is what was
//! written.

use std::collections::BTreeMap;

use concordat_node::egress::{Authority, Checked, Entry, Head, Kind, Sent, Totals, What, read};
use concordat_node::home::Config;
use concordat_terms::Timestamp;
use serde::Serialize;

use super::super::desk::failure;
use crate::args::Egress;
use crate::failure::Failure;
use crate::harmless::line;
use crate::out::Out;
use crate::width::wrapped;

#[derive(Debug, Serialize)]
struct Told {
    /// What holds of the ledger as a whole.
    #[serde(flatten)]
    checked: Checked,
    /// From when on `days` counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// By the day on which they were sent, UTC.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    days: BTreeMap<String, Totals>,
}

pub(super) fn run(args: &Egress, out: Out) -> Result<(), Failure> {
    // Whose folder it is, and that it is one.
    Config::read(&args.home).map_err(failure)?;
    let mut days = BTreeMap::<String, Totals>::new();
    let (mut shown, mut lost) = (Vec::new(), Ok(()));
    let each = |entry: &Entry| {
        if args.verify || args.since.is_some_and(|since| entry.time < since.0) {
            return;
        }
        if args.each && lost.is_ok() {
            shown.push(entry.clone());
            lost = told(&mut shown, out, EACH);
        }
        if let What::Sent(sent) = &entry.what {
            let total = days.entry(day(entry.time)).or_default().entry(sent.kind).or_default();
            total.messages += 1;
            total.bytes = total.bytes.saturating_add(sent.bytes);
        }
    };
    let checked = read(&args.home, args.noted, each).map_err(failure)?;
    lost.and_then(|()| told(&mut shown, out, 0))?;
    let checked = checked.map_err(|broken| Failure::Refused(broken.problem()))?;
    let told = Told { checked, since: args.since.map(|since| since.0), days };
    out.answer(&told, || told.text())
}

/// How many lines are shown at once.
const EACH: usize = 1_000;

/// Shows what waits, once it is more than so many lines.
fn told(shown: &mut Vec<Entry>, out: Out, more_than: usize) -> Result<(), Failure> {
    if shown.len() <= more_than {
        return Ok(());
    }
    let entries = std::mem::take(shown);
    let shown = |entry| wrapped(&line(&one(entry)), 4);
    out.list(&entries, || entries.iter().map(shown).collect::<Vec<_>>().join("\n"))
}

fn one(entry: &Entry) -> String {
    let Entry { n, time, what } = entry;
    let said = match what {
        What::Sent(Sent { kind, to, path, bytes, digest, by }) => {
            let by = match by {
                Authority::Log(_) => "the log's founding".to_owned(),
                Authority::Act(id) => format!("act {}", id.short()),
                Authority::Run { run, entry } => format!("entry {entry}, run {run}"),
            };
            format!("{kind}  {bytes} bytes {}  by {by}  {to}{path}", digest.short())
        }
        What::Begun { .. } => "a file begins".to_owned(),
        What::Paused {} => "paused".to_owned(),
        What::Resumed {} => "resumed".to_owned(),
    };
    format!("{n}  {time}  {said}")
}

fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

impl Told {
    fn text(&self) -> String {
        let Checked { party, first, head, totals, paused, noted, .. } = &self.checked;
        let mut lines = Vec::new();
        let row = |day: &str, kind: &str, messages: u64, bytes: u64| {
            format!("{day:<10}  {kind:<18}  {messages:>9}  {bytes:>13}")
        };
        if !self.days.is_empty() {
            lines
                .push(format!("{:<10}  {:<18}  {:>9}  {:>13}", "day", "kind", "messages", "bytes"));
        }
        for (day, kinds) in &self.days {
            lines.extend(
                kinds.iter().map(|(kind, of)| row(day, kind.as_str(), of.messages, of.bytes)),
            );
        }
        let all = |fits: &dyn Fn(Kind) -> bool| {
            totals.iter().filter(|(kind, _)| fits(**kind)).fold((0, 0), |(messages, bytes), of| {
                (messages + of.1.messages, bytes + of.1.bytes)
            })
        };
        let (messages, bytes) = all(&|_| true);
        let (masked, of_masked) = all(&Kind::is_masked);
        lines.push(format!("ever    {messages} messages with {bytes} bytes"));
        lines.push(format!(
            "masked  {masked} of them with {of_masked} bytes: sums over rows, under masks"
        ));
        let whose = party.as_ref().map(ToString::to_string).unwrap_or_default();
        lines.push(format!("chain   holds for `{whose}`, lines {first} to {}", head.lines - 1));
        lines.push(format!("head    {head}"));
        lines.extend(noted.map(|holds| match holds {
            true => "noted   holds".to_owned(),
            false => "noted   not asked: it is older than the lines that are kept".to_owned(),
        }));
        if *paused {
            lines.push("paused  nothing of a run leaves".to_owned());
        }
        let lines: Vec<String> = lines.iter().map(|text| wrapped(&line(text), 8)).collect();
        lines.join("\n")
    }
}

/// A moment, or the beginning of a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since(pub(crate) Timestamp);

impl std::str::FromStr for Since {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let moment = text.parse().or_else(|_| format!("{text}T00:00:00Z").parse());
        let not = |_| "a day is like `2027-03-01`, a moment like `2027-03-01T12:00:00Z`".to_owned();
        moment.map(Self).map_err(not)
    }
}

/// What somebody noted of the ledger.
pub(crate) fn noted(text: &str) -> Result<Head, String> {
    text.parse()
}
